"""What is in a library, as JSON and as CSV."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TextIO

from img2music.analysis import FailureKind
from img2music.library.record import Failure
from img2music.library.schema import FEATURES
from img2music.shapes import Result
from img2music.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackList:
    """``img2music/tracks/1``."""

    schema: Literal["img2music/tracks/1"] = "img2music/tracks/1"
    tracks: list[Track]


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not be analysed."""

    path: str
    error: str
    kind: FailureKind
    silent: bool  # whether it can be read and holds nothing to hear


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureList:
    """``img2music/failures/1``."""

    schema: Literal["img2music/failures/1"] = "img2music/failures/1"
    failures: list[FailedFile]


@dataclass(frozen=True, slots=True, repr=False)
class LibraryInfo(Result):
    """What is in a library."""

    schema: Literal["img2music/library-info/1"] = field(default="img2music/library-info/1", init=False, repr=False)
    location: str
    """Where it is."""
    bytes: int | None
    """Size of the database on the disk; None on a server."""
    present: int
    """Tracks whose file was there at the last scan, and songs without a file."""
    missing: int
    """Tracks whose file was gone."""
    without_file: int
    """Of the present tracks, those that are known from tables only."""
    failures: int
    """Files that could not be analysed."""
    silent: int
    """Files that hold nothing to hear."""
    seconds: float
    """Length of all tracks that are present, where it is known."""
    analyzers: dict[str, int]
    """Tracks by the analyzer version that measured them."""
    sources: dict[str, int]
    """Songs by the table or playlist that they are from."""


def failure_list(found: Iterable[Failure]) -> FailureList:
    """List what scans could not analyse."""
    return FailureList(failures=[FailedFile(each.path, each.reason, each.kind, each.silent) for each in found])


_COLUMNS = sorted(
    (each.name for each in fields(Track) if each.metadata.get("listed", True)),
    key=("id", "path", "identifier").__contains__,  # what tells a track comes first
    reverse=True,
)


_HEADS = {"affect": ["valence", "arousal"], "features": list(FEATURES.values())}


def _cells(track: Track) -> Iterator[Any]:
    for name in _COLUMNS:
        value = getattr(track, name)
        if name == "affect":
            yield from (value.valence, value.arousal)
        elif name == "features":
            yield from (getattr(value, feature) for feature in FEATURES)
        else:
            yield value


def write_csv(stream: TextIO, tracks: Iterable[Track]) -> None:
    """Write tracks as CSV with a head line.

    ``valence`` and ``arousal`` are the track's affect; the feature of that name is ``raw_valence``. What the stream's
    encoding can't hold (a byte of a path that is not UTF-8) becomes a backslash escape.
    """
    encoding = stream.encoding or "utf-8"
    writer = csv.writer(stream, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
    writer.writerow(head for name in _COLUMNS for head in _HEADS.get(name, [name]))
    for track in tracks:
        writer.writerow(
            cell.encode(encoding, "backslashreplace").decode(encoding) if isinstance(cell, str) else cell
            for cell in _cells(track)
        )
