"""Lyrics as text: what every source of them gives, and the LRC format."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 100_000
"""Characters of lyrics that are kept; an opera's libretto has about as many."""

# https://en.wikipedia.org/wiki/LRC_(file_format): times of lines, of words (enhanced), what a file says of itself.
_TIME = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_TIMES = re.compile(rf"\s*(?:{_TIME.pattern}\s*)+")
_WORD_TIME = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_ABOUT = re.compile(r"\s*\[(?:ar|al|ti|au|lr|by|re|ve|id|la|length|offset|tool|#)\s*:[^\]]*\]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lyrics:
    """What a source knows of the words of one song.

    Attributes
    ----------
    text : str or None
        Lines, without times; None if it knows none.
    instrumental : bool
        Whether it knows that there are none.
    """

    text: str | None = None
    instrumental: bool = False


def lyrics_of(text: str | None) -> Lyrics:
    """Make lyrics of what a file or a service holds.

    Parameters
    ----------
    text : str or None
        Plain lines, or LRC.

    Returns
    -------
    Lyrics
        Without text if there is no letter or digit in it.
    """
    if text is None:
        return Lyrics()
    lines = [
        _tidy(line) for line in _untimed(text[: 4 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    ]
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")[:LONGEST].rstrip()
    return Lyrics(tidy if any(char.isalnum() for char in tidy) else None)


def _untimed(lines: Iterable[str]) -> list[str]:
    """Lines in the order in which they are sung: one with several times comes as often."""
    sung: list[tuple[float, int, str]] = []
    last = -1.0
    timed = False
    for line in lines:
        if _ABOUT.fullmatch(line):
            continue
        found = _TIMES.match(line)
        words = line[found.end() :] if found else line
        if found:
            timed = True
            times = [int(m) * 60 + int(s) + float(f"0.{f or 0}") for m, s, f in _TIME.findall(found[0])]
            last = times[0]
        else:
            times = [last]  # a line without a time belongs to the one before
        sung += [(time, len(sung), words) for time in times]
    if timed:
        sung = [(time, number, re.sub(" {2,}", " ", _WORD_TIME.sub("", words))) for time, number, words in sorted(sung)]
    return [words for _, _, words in sung]


def _tidy(line: str) -> str:
    shown = (" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in line)
    return "".join(shown).strip()
