"""Lyrics as text: what every source of them gives, the LRC format, and how names of songs and artists compare."""

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
_NO_AUTHOR = re.compile(r"\s*\[au\s*:\s*instrumental\s*\]\s*", re.IGNORECASE)  # LRCLIB's word for it
# What stands in place of words where there are none, apart from brackets and other signs around it.
_NO_WORDS = re.compile(
    r"(?:this (?:(?:song|track|piece) )?is )?(?:an )?inst(?:rumental)?(?: (?:track|song|piece|version|music|only))?|"
    r"no (?:lyrics|vocals|words)|instrumentale?|strumentale|"
    r"(?:此歌曲为)?没有填词的纯音乐|纯音乐|純音樂|請欣賞|请您?欣赏|インスト(?:ゥ?ルメンタル)?|연주곡|경음악|가사 없음",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\s*\[(?:ar|al|ti|au|lr|by|re|ve|id|la|length|offset|tool|#)\s*:[^\]]*\]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lyrics:
    """What a source knows of the words of one song."""

    text: str | None = None  # lines, without times; None if it knows none
    instrumental: bool = False  # whether it knows that there are none


def lyrics_of(text: str | None) -> Lyrics:
    """Make lyrics of what a file or a service holds."""
    if text is None:
        return Lyrics()
    given = text[: 4 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [_tidy(line) for line in _untimed(given)]
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")[:LONGEST].rstrip()
    words = [part for line in lines for part in re.split(r"[^\w ]+", line.replace("_", " ")) if part.strip()]
    if words and all(_NO_WORDS.fullmatch(part.strip()) for part in words):
        return Lyrics(instrumental=True)
    if words:
        return Lyrics(tidy)
    return Lyrics(instrumental=any(_NO_AUTHOR.fullmatch(line) for line in given))


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


def first_artist(artist: str) -> str:
    """Tell the first of several artists."""
    return artist.split("; ", maxsplit=1)[0]


def same_words(ours: str, theirs: object) -> bool:
    """Tell whether two names are of the same thing, whatever their case, accents and punctuation."""
    if not isinstance(theirs, str):
        return False
    wanted = _words(ours)
    return bool(wanted) and _words(theirs)[: len(wanted)] == wanted


def _words(text: str) -> list[str]:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.findall(r"\w+", plain.replace("'", "").replace("\u2019", ""))
