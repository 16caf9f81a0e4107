"""Which tracks are meant, as a person writes it."""

import dataclasses
import os
import re
from collections.abc import Callable, Collection, Iterable
from numbers import Real
from typing import Any, TypedDict

from img2music.arguments import SHOWN, require_kind
from img2music.errors import UsageError, printable, shown
from img2music.locations import absolute, real
from img2music.track import FILTERED, LONGEST

Range = tuple[float | None, float | None]
"""Inclusive least and greatest; None where it is open."""
AnyPath = str | os.PathLike[str]
HUGE = 1e12
"""More than any year, tempo or length; databases hold no number of any size."""
MOST_WISHES = 100
"""Texts, or folders, of one condition: databases take no question of any length."""
LONGEST_NUMBER = 20
"""Characters of one end of a range."""
RangeWish = Range | range | float | str | None

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DECADE = re.compile(r"'?((?:[12]\d)?\d0)'?s", re.IGNORECASE)
_LENGTH = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_KEY = re.compile(r"([a-g])\s*(#|♯|sharp|b|♭|flat)?\s*(major|maj|dur|minor|min|moll|m)?", re.IGNORECASE)
_PITCH_CLASSES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_FLATS = ("b", "♭", "flat")
_MAJOR = ("major", "maj", "dur")


def condition(
    kind: str,
    help: str,  # noqa: A002
    *,
    flag: str | None = None,
    metavar: str | None = None,
) -> Any:
    """Declare a condition; its kind, a key of `_READERS`, tells how it is written."""
    default: Any = () if kind in ("text", "folder") else None
    return dataclasses.field(default=default, metadata={"kind": kind, "help": help, "flag": flag, "metavar": metavar})


def _text(name: str, *, no: bool = False) -> Any:
    words = "does not contain this; may be repeated." if no else "contains this; may be repeated (one must fit)."
    return condition("text", f"{name} {words}")


_Declared: Any = dataclasses.make_dataclass(
    "_Declared",
    [
        (no + name, str | Iterable[str], _text(name.replace("_", " ").capitalize(), no=bool(no)))
        for name in FILTERED
        for no in ("", "not_")
    ],
    frozen=True,
    slots=True,
)


@dataclasses.dataclass(frozen=True, slots=True)
class TrackFilter(_Declared):  # type: ignore[misc]  # conditions on declared fields need no line below; types do
    """Conditions that a track must meet, all of them; None (or nothing) means any.

    Each is given as a person writes it: ``TrackFilter(genre="jazz", year="1990-1999", key="D minor")``.

    Text is contained in the tag, regardless of case; of several, one is (100 may be given, of 500 characters each).
    With ``not_`` before the name, the track fails, and one without the tag passes. A track without a year, tempo,
    length or key fails where one is asked for.

    Raises
    ------
    UsageError
        If one of them can't be read.
    """

    genre: str | Iterable[str] = _text("Genre")
    not_genre: str | Iterable[str] = _text("Genre", no=True)
    artist: str | Iterable[str] = _text("Artist")
    not_artist: str | Iterable[str] = _text("Artist", no=True)
    album: str | Iterable[str] = _text("Album")
    not_album: str | Iterable[str] = _text("Album", no=True)
    label: str | Iterable[str] = _text("Label")
    not_label: str | Iterable[str] = _text("Label", no=True)
    folder: AnyPath | Iterable[AnyPath] = condition(
        "folder", "In this folder, or below; may be repeated (one must fit).", metavar="DIR"
    )
    """The file is in one of these folders, or below; ``~`` is the user's home."""
    not_folder: AnyPath | Iterable[AnyPath] = condition("folder", "Not in this folder; may be repeated.", metavar="DIR")
    year: RangeWish = condition("years", "Year of release, such as 1990-1999, 90s or ..1979.", metavar="FROM-TO")
    """Such as 1990, ``"1990-1999"``, ``"90s"``, ``"2010-"``, ``range(1955, 1966)`` (without its end) or
    ``(None, 1979)``; both ends included."""
    tempo: RangeWish = condition("range", "Beats per minute, such as 90-120, 90- or ..120.", metavar="FROM-TO")
    """Beats a minute, such as ``"90-120"``, ``"..120"`` or ``(90, None)``."""
    duration: RangeWish = condition(
        "length", "Length, such as 2:00-5:00, 90- or ..5:00.", flag="length", metavar="FROM-TO"
    )
    """Seconds, or text such as ``"2:00-5:00"``."""
    instrumental: bool | None = condition("flag", "Without voice, or with.")
    """Whether ``instrumentalness`` is at least 0.5."""
    key: str | tuple[int, int | None] | None = condition(
        "key", "Musical key, such as 'D minor', 'F# major' or Bb.", metavar="KEY"
    )
    """Such as ``"D minor"``, ``"F#"`` or ``"Bb major"``; or a pitch class (0 = C), and 1 (major), 0 (minor) or None."""
    file: bool | None = condition("flag", "Songs with a file, or those of imported tables.", flag="files")
    """Whether the track has a file."""
    speech: bool | None = condition("flag", "Speech, noise and sounds shorter than 5 seconds, too, or not.")
    """Whether tracks pass that are no music: speech, noise and very short sounds (`Track.kind`). None: where tracks are
    listed, but not where music is chosen."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, _READERS[field.metadata["kind"]](value, field.name))

    @property
    def narrows(self) -> bool:
        """Whether a person asked for some of the music only."""
        return dataclasses.replace(self, speech=None) != TrackFilter()


class FilterWishes(TypedDict, total=False):
    """Keywords of a `TrackFilter`."""

    genre: str | Iterable[str]
    not_genre: str | Iterable[str]
    artist: str | Iterable[str]
    not_artist: str | Iterable[str]
    album: str | Iterable[str]
    not_album: str | Iterable[str]
    label: str | Iterable[str]
    not_label: str | Iterable[str]
    folder: AnyPath | Iterable[AnyPath]
    not_folder: AnyPath | Iterable[AnyPath]
    year: RangeWish
    tempo: RangeWish
    duration: RangeWish
    instrumental: bool | None
    key: str | tuple[int, int | None] | None
    file: bool | None
    speech: bool | None


def _texts(value: Any, name: str) -> tuple[str, ...]:
    texts = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    _require_few(texts, name)
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"`{name}` must be text, not {_told(text)}.")
        if len(text) > LONGEST:
            raise UsageError(f"`{name}` {shown(text)} has {len(text):,} characters; a tag has at most {LONGEST}.")
        if not text.isprintable():
            raise UsageError(f"`{name}` {shown(text)} is no text that a tag can hold.")
    return texts


def _require_few(values: Collection[str], name: str) -> None:
    if len(values) > MOST_WISHES:
        raise UsageError(f"`{name}` may be given {MOST_WISHES} times, not {len(values):,}.")


def _told(value: Any) -> str:
    """A wrong value for a message."""
    return shown(value) if isinstance(value, str) else printable(repr(value))[:SHOWN]


def _folders(value: Any, name: str) -> tuple[str, ...]:
    """Absolute paths, those that links lead to as well: a scan may have come by either."""
    folders = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes) else (value,)
    for folder in folders:
        require_kind(name, folder, AnyPath)
    if not all(map(os.fspath, folders)):
        raise UsageError(f"`{name}` is empty; give a folder.")
    given = [os.path.expanduser(os.fspath(folder)) for folder in folders]  # noqa: PTH111 - names may be any bytes
    paths = {absolute(each): real(each) for each in given}
    _require_few(set(paths.values()), name)
    return tuple(dict.fromkeys(path for each in paths.items() for path in each))


def _range_reader(part: Callable[[str], tuple[float, float] | None], wanted: str) -> Callable[[Any, str], Range]:
    """Read a range of parts such as ``"90-120"``, ``"90-"``, ``"-120"``, the same with ``".."``, or ``"90"``."""

    def read(value: Any, name: str) -> Range:
        if isinstance(value, str):
            least, greatest = _ends(value, name, part, wanted)
        else:
            pair = (value.start, value.stop - 1) if isinstance(value, range) else value
            least, greatest = pair if isinstance(pair, tuple) and len(pair) == 2 else (pair, pair)
        for number in (least, greatest):
            if number is not None and (
                isinstance(number, bool) or not isinstance(number, Real) or not abs(number) < HUGE
            ):
                raise UsageError(f"`{name}` must be a number, a range, or text such as '90-120', not {_told(value)}.")
        if least is not None and greatest is not None and least > greatest:
            raise UsageError(f"`{name}`: {_told(value)} ends before it starts.")
        return _plain(least), _plain(greatest)

    return read


def _ends(text: str, name: str, read: Callable[[str], tuple[float, float] | None], wanted: str) -> Range:
    compact = text.strip().replace("\u2013", "-")  # an en dash, as people copy it
    start, separator, end = compact.partition(".." if ".." in compact else "-")
    parts = [part.strip() for part in ((start, end) if separator else (start, start))]
    values = [read(part) if len(part) <= LONGEST_NUMBER else None for part in parts]
    unread = any(part and value is None for part, value in zip(parts, values, strict=True))
    if unread or not any(parts):
        raise UsageError(f"`{name}` must be {wanted}, not {shown(text)}.")
    return values[0] and values[0][0], values[1] and values[1][1]


def _plain(number: Any) -> float | None:
    """A number of Python's, also of one of numpy's."""
    return number if number is None or isinstance(number, int) else float(number)


def _key(value: Any, name: str) -> tuple[int, int | None]:
    """Read a musical key: ``"D minor"``, ``"F# major"``, ``"Bb"`` (both modes), ``"Am"``, or as numbers."""
    if isinstance(value, str):
        found = _KEY.fullmatch(value.strip())
        if found is None:
            raise UsageError(f"`{name}` must be a key such as 'D minor' or 'F# major', not {shown(value)}.")
        note, sign, word = (part.lower() if part else "" for part in found.groups())
        pitch_class = _PITCH_CLASSES[note] + (0 if not sign else -1 if sign in _FLATS else 1)
        return pitch_class % 12, None if not word else int(word in _MAJOR)
    tonic, mode = value if isinstance(value, tuple) and len(value) == 2 else (value, None)
    if isinstance(value, int) or tonic not in range(12) or mode not in (0, 1, None):
        raise UsageError(f"`{name}` must be a pitch class from 0 to 11 and a mode (1, 0 or None), not {_told(value)}.")
    return tonic, mode


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"`{name}` must be True or False, not {_told(value)}.")
    return value


def _number(part: str) -> tuple[float, float] | None:
    return (float(part), float(part)) if _NUMBER.fullmatch(part) else None


def _years(part: str) -> tuple[float, float] | None:
    decade = _DECADE.fullmatch(part)
    if decade:
        first = int(decade[1])
        first += 0 if first >= 1000 else 2000 if first < 30 else 1900
        return first, first + 9
    return (int(part), int(part)) if re.fullmatch(r"[12]\d{3}", part) else None


def _seconds(part: str) -> tuple[float, float] | None:
    """Minutes and seconds, or seconds; one length without seconds' fraction means the whole second that it names."""
    found = _LENGTH.fullmatch(part)
    if found is None:
        return None
    hours, minutes, rest = found.groups(default="0")
    total = 3600.0 * int(hours) + 60.0 * int(minutes) + float(rest)
    return total, total


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "text": _texts,
    "folder": _folders,
    "years": _range_reader(_years, "a year, a decade or a range such as 1990-1999, 90s, 2010- or ..1980"),
    "range": _range_reader(_number, "a range such as 90-120, 90- or ..120"),
    "length": _range_reader(_seconds, "a range of lengths such as 2:00-5:00, 2:00- or ..5:00"),
    "key": _key,
    "flag": _flag,
}
