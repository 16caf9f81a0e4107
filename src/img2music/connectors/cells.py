"""Cells of a table of songs -> values; what can't be one is refused with the reason."""

import math
import re

from img2music.analysis import FASTEST
from img2music.connectors.lyrics import LONGEST as LONGEST_LYRICS
from img2music.connectors.tags import find_mbid, find_number, find_year, one_line
from img2music.errors import shown
from img2music.track import LONGEST

MISSING = frozenset({"", "na", "n/a", "#n/a", "null", "none"})
"""How tables write that there is no value, in small letters."""

LONGEST_SONG = 24 * 3600.0
"""Seconds."""
LOUDNESS = (-120.0, 30.0)
"""Decibels: from below the noise of 16 bits to above what clips."""

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)")
_ITEM = r"""(?:np\.str_\()?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)?"""
_LIST = re.compile(rf"(?:array\()?[\[({{]\s*(?:{_ITEM}[\s,]*)*[\])}}](?:,\s*dtype=\S+)?\)?", re.DOTALL)
_LIST_ITEM = re.compile(_ITEM, re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_TONIC = re.compile(
    r"([A-G])\s*([#\u266fb\u266d]?)(?:\s*/\s*[A-G][#\u266fb\u266d]?)?\s*(major|maj|minor|min|m)?", re.IGNORECASE
)
_PITCH_CLASSES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_MODES = {"major": 1, "maj": 1, "minor": 0, "min": 0}
_SPOTIFY = re.compile(
    r"(?:spotify:(?:track:)?|https?://open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?"
)
_ISRC = re.compile(r"(?:isrc:)?([A-Z]{2}-?[0-9A-Z]{3}-?\d{2}-?\d{5})", re.IGNORECASE)
_UUID = re.compile(r"(?:mbid:)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.IGNORECASE)
_NAMED = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


class CellError(ValueError):
    """A cell holds no value of its column; the message says why."""


def read_text(cell: str) -> str | None:
    """Read one line of text; a list as Python, JSON and NumPy write it is joined by ``"; "``."""
    if cell.strip() in ("", "NA"):  # R's missing value; "none" and "null" are titles of songs
        return None
    if len(cell) > LONGEST:
        raise CellError(f"has {len(cell):,} characters, more than {LONGEST}")
    if _LIST.fullmatch(cell.strip()):
        cell = "; ".join(filter(None, (_unescaped(item[1:-1]).strip() for item in _LIST_ITEM.findall(cell))))
    if cell.isprintable() and "  " not in cell:
        return cell.strip() or None
    return one_line(cell) or None


def read_names(cell: str) -> str | None:
    """Read one line of text of which ``;`` parts names, however it is spaced."""
    text = read_text(cell)
    return text and ("; ".join(filter(None, map(str.strip, text.split(";")))) or None)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else found[3], text)
    # JSON writes a character beyond U+FFFF in two halves.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_lyrics(cell: str) -> str | None:
    """Read several lines of text."""
    text = cell.replace("\0", "").strip()
    if text in ("", "NA"):
        return None
    if len(text) > LONGEST_LYRICS:
        raise CellError(f"has {len(text):,} characters, more than {LONGEST_LYRICS:,}")
    return text


def read_number(cell: str, decimal_comma: bool) -> float | None:
    """Read a finite number."""
    text = cell.strip()
    if text.lower() in MISSING:
        return None
    plain = text
    if "," in text:
        if decimal_comma:
            plain = text.replace(".", "").replace(",", ".") if text.count(",") == 1 else "?"
        else:
            plain = text.replace(",", "") if _THOUSANDS.fullmatch(text) else "?"
    try:
        value = float("?" if "_" in plain else plain)
    except ValueError:
        raise CellError(f"{shown(text)} is no number") from None
    if not math.isfinite(value):
        raise CellError(f"{shown(text)} is no finite number")
    return value


def _within(cell: str, value: float | None, least: float, most: float, what: str) -> float | None:
    if value is not None and not least <= value <= most:
        raise CellError(f"{shown(cell.strip())} is no {what}")
    return value


def read_tempo(cell: str, decimal_comma: bool) -> float | None:
    """Read beats per minute; Spotify's 0 says that no beat was found."""
    value = read_number(cell, decimal_comma) or None
    return _within(cell, value, 0.0, FASTEST, f"tempo (beats per minute, up to {FASTEST:.0f})")


def read_loudness(cell: str, decimal_comma: bool) -> float | None:
    """Read decibels."""
    return _within(
        cell, read_number(cell, decimal_comma), *LOUDNESS, "loudness ({:.0f} to {:.0f} dB)".format(*LOUDNESS)
    )


def read_key(cell: str, decimal_comma: bool) -> int | None:
    """Read a pitch class, as a number or a name such as ``F#``; Spotify's -1 says that no key was found."""
    named = _TONIC.fullmatch(cell.strip())
    if named:
        sign = {"": 0, "#": 1, "\u266f": 1}.get(named[2], -1)
        return (_PITCH_CLASSES[named[1].lower()] + sign) % 12
    value = read_number(cell, decimal_comma)
    return None if value == -1.0 else _one_of(cell, value, 12, "key (0 = C to 11 = B)")


def read_mode(cell: str, decimal_comma: bool) -> int | None:
    """Read a mode, as a number or a word."""
    word = _MODES.get(cell.strip().lower())
    return (
        word if word is not None else _one_of(cell, read_number(cell, decimal_comma), 2, "mode (1 = major, 0 = minor)")
    )


def _one_of(cell: str, value: float | None, below: int, what: str) -> int | None:
    if value not in (None, *range(below)):
        raise CellError(f"{shown(cell.strip())} is no {what}")
    return None if value is None else int(value)


def read_seconds(cell: str, decimal_comma: bool, unit: float = 1.0) -> float | None:
    """Read a length as a number, in units of so many seconds, or as ``m:ss``; 0 says that it is not known."""
    clock = _CLOCK.fullmatch(cell.strip())
    if clock:
        value = int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3].replace(",", "."))
    else:
        value = (read_number(cell, decimal_comma) or 0.0) * unit
    hint = "; if it is in milliseconds: `mapping=duration_ms=COLUMN`" if unit == 1.0 and value > 0.0 else ""
    return _within(cell, value or None, 0.0, LONGEST_SONG, f"length of a song{hint}")


def read_year(cell: str) -> int | None:
    """Read a year, also out of a date; Spotify's 0000 says that it is not known."""
    text = cell.strip()
    if text.lower() in MISSING or text.startswith("0000") or text == "0":
        return None
    year = find_year([text.removesuffix(".0")])
    if year is None:
        raise CellError(f"{shown(text)} holds no year")
    return year


def read_ordinal(cell: str) -> int | None:
    """Read the number of a song on its disc, or of the disc; 0 says that it is not known."""
    text = cell.strip().removesuffix(".0")
    if text.lower() in MISSING or text == "0":
        return None
    number = find_number([text])
    if number is None:
        raise CellError(f"{shown(text)} is no number of a song or a disc")
    return number


def read_mbid(cell: str) -> str | None:
    """Read an id of MusicBrainz's."""
    text = read_text(cell)
    mbid = None if text is None else find_mbid([text])
    if text is not None and mbid is None:
        raise CellError(f"{shown(text)} is no id of MusicBrainz's")
    return mbid


def read_identifier(cell: str, *, chosen: bool) -> str | None:
    """Read the name of a song at its source."""
    text = read_text(cell)
    if text is None:
        return None
    if spotify := _SPOTIFY.fullmatch(text):
        return f"spotify:{spotify[1]}"
    if isrc := _ISRC.fullmatch(text):
        return "isrc:" + isrc[1].replace("-", "").upper()
    if uuid := _UUID.fullmatch(text):
        return "mbid:" + uuid[1].lower()
    return text if chosen or _NAMED.fullmatch(text) else None
