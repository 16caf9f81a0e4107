"""Filters as people type them."""

import os
import re
from collections.abc import Callable, Iterable, Sequence

from img2music.errors import UsageError, printable
from img2music.track import TrackFilter

Range = tuple[float | None, float | None]

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DECADE = re.compile(r"'?((?:[12]\d)?\d0)'?s", re.IGNORECASE)
_LENGTH = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_KEY = re.compile(r"([a-g])\s*(#|♯|sharp|b|♭|flat)?\s*(major|maj|dur|minor|min|moll|m)?", re.IGNORECASE)
_PITCH_CLASSES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_FLATS = ("b", "♭", "flat")
_MAJOR = ("major", "maj", "dur")


def track_filter(
    *,
    genre: Sequence[str] = (),
    artist: Sequence[str] = (),
    album: Sequence[str] = (),
    folder: Sequence[str | os.PathLike[str]] = (),
    not_genre: Sequence[str] = (),
    not_artist: Sequence[str] = (),
    not_album: Sequence[str] = (),
    not_folder: Sequence[str | os.PathLike[str]] = (),
    year: str | None = None,
    tempo: str | None = None,
    length: str | None = None,
    instrumental: bool | None = None,
    key: str | None = None,
    files: bool | None = None,
    speech: bool | None = None,
) -> TrackFilter:
    """Build a filter from what was typed."""
    return TrackFilter(
        genre=tuple(genre),
        artist=tuple(artist),
        album=tuple(album),
        folder=_paths(folder),
        not_genre=tuple(not_genre),
        not_artist=tuple(not_artist),
        not_album=tuple(not_album),
        not_folder=_paths(not_folder),
        year=None if year is None else parse_year_range(year),
        tempo=None if tempo is None else parse_range(tempo, "--tempo"),
        duration=None if length is None else parse_length_range(length),
        instrumental=instrumental,
        key=None if key is None else parse_key(key),
        file=files,
        speech=speech,
    )


def _paths(folders: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Absolute paths, those that links lead to as well: a scan may have come by either."""
    given = [os.path.expanduser(os.fspath(folder)) for folder in folders]  # noqa: PTH111 - names may be any bytes
    return tuple(dict.fromkeys(path for each in given for path in (os.path.abspath(each), os.path.realpath(each))))  # noqa: PTH100


def parse_range(text: str, name: str) -> Range:
    """Read a range of numbers: ``"90-120"``, ``"90-"``, ``"-120"``, the same with ``".."``, or ``"90"``."""

    def number(part: str) -> tuple[float, float] | None:
        return (float(part), float(part)) if _NUMBER.fullmatch(part) else None

    return _range(text, name, number, "a range such as 90-120, 90- or ..120")


def parse_year_range(text: str) -> Range:
    """Read a range of years, in years and decades: ``"1990-1999"``, ``"90s"``, ``"1980s-"``, ``"..2010"``."""

    def years(part: str) -> tuple[float, float] | None:
        decade = _DECADE.fullmatch(part)
        if decade:
            first = int(decade[1])
            first += 0 if first >= 1000 else 2000 if first < 30 else 1900
            return first, first + 9
        return (int(part), int(part)) if re.fullmatch(r"[12]\d{3}", part) else None

    return _range(text, "--year", years, "a year, a decade or a range such as 1990-1999, 90s, 2010- or ..1980")


def parse_length_range(text: str) -> Range:
    """Read a range of lengths, in minutes and seconds or in seconds: ``"2:00-5:00"``, ``"90-"``, ``"..1:02:03"``.

    One length without seconds' fraction means the whole second that it names.
    """

    def seconds(part: str) -> tuple[float, float] | None:
        found = _LENGTH.fullmatch(part)
        if found is None:
            return None
        hours, minutes, rest = found.groups(default="0")
        total = 3600.0 * int(hours) + 60.0 * int(minutes) + float(rest)
        return total, total

    return _range(text, "--length", seconds, "a range of lengths such as 2:00-5:00, 2:00- or ..5:00")


def parse_key(text: str) -> tuple[int, int | None]:
    """Read a musical key: ``"D minor"``, ``"F# major"``, ``"Bb"`` (both modes), ``"Am"``."""
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--key must be a key such as 'D minor' or 'F# major', not {printable(text)!r}.")
    tonic, sign, mode = (part.lower() if part else "" for part in found.groups())
    pitch_class = _PITCH_CLASSES[tonic] + (0 if not sign else -1 if sign in _FLATS else 1)
    return pitch_class % 12, None if not mode else int(mode in _MAJOR)


def _range(text: str, name: str, read: Callable[[str], tuple[float, float] | None], wanted: str) -> Range:
    compact = text.strip().replace("\u2013", "-")  # an en dash, as people copy it
    start, separator, end = compact.partition(".." if ".." in compact else "-")
    parts = [part.strip() for part in ((start, end) if separator else (start, start))]
    values = [read(part) for part in parts]
    unread = any(part and value is None for part, value in zip(parts, values, strict=True))
    if unread or not any(parts):
        raise UsageError(f"{name} must be {wanted}, not {printable(text)!r}.")
    least, greatest = values[0] and values[0][0], values[1] and values[1][1]
    if least is not None and greatest is not None and least > greatest:
        raise UsageError(f"{name}: {printable(text)!r} ends before it starts.")
    return least, greatest
