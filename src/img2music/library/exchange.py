"""The library as JSON Lines: for copies, for moving to another machine, for other programs.

The first line is ``{"schema": "img2music/library/1"}``. Every other one is a `Line`: tracks with a file in order of
path, then songs without one, what sources know of their words, failures, and what people said. Text is ASCII with JSON
escapes; a byte of a file name that is not UTF-8 is a lone surrogate, as Python's ``surrogateescape`` writes it.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState, under
from img2music.errors import Img2MusicError, InputError
from img2music.files import FileKind, replacing
from img2music.library.record import Failure, Feedback, LyricsRecord, SongRecord, TrackRecord
from img2music.library.store import LibraryStore
from img2music.library.transaction import Transaction
from img2music.locations import absolute, is_url
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result, to_dict
from img2music.track import Seconds, Tags, Text

SCHEMA = "img2music/library/1"

EXPORT = FileKind("an exported library", (), FileKind.json("", SCHEMA).start)
LONGEST_LINE = 16 << 20
"""Bytes of a line that are read; what comes after them counts as the next."""
A_BATCH = 500
MOST_ERRORS = 100_000
"""Lines of no use, above which a file is no library."""

Unit = Annotated[float, msgspec.Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTrack:
    """A track with a file."""

    path: str
    size: int  # bytes
    mtime_ns: int  # nanoseconds since 1970
    content: Text  # BLAKE2b hash (32 bytes) of the file
    sound: Text | None = None  # hash (16 bytes) of its encoded sound
    missing: bool
    tags: Tags
    analyzer: Text
    duration: Seconds
    listened: Seconds
    affect: Affect  # what was heard, without what the words say
    features: Features
    curve: Annotated[
        tuple[tuple[Seconds, Seconds, Unit, Unit], ...], msgspec.Meta(min_length=1)
    ]  # start, end, valence, arousal

    @classmethod
    def of(cls, record: TrackRecord) -> "ExportedTrack":
        """Put a record into this shape."""
        parts = (record, record.file, record.analysis)
        known = {each.name: getattr(part, each.name) for part in parts for each in fields(part)}
        known["curve"] = tuple((each.start, each.end, *astuple(each.affect)) for each in record.analysis.curve)
        return cls(**{each.name: known[each.name] for each in fields(cls)})

    def record(self) -> TrackRecord:
        """Make a record of it."""
        curve = tuple(CurvePoint(start, end, Affect(*affect)) for start, end, *affect in self.curve)
        heard = TrackAnalysis(self.analyzer, self.duration, self.listened, self.affect, self.features, curve)
        file = FileState(self.path, self.size, self.mtime_ns)
        return TrackRecord(file, self.content, self.tags, heard, self.missing, self.sound)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedLyrics(LyricsRecord):
    """What one source knows of the words of a track with a path, or of one with an identifier."""

    path: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line but the first: one of these."""

    track: ExportedTrack | None = None
    song: SongRecord | None = None
    lyrics: ExportedLyrics | None = None
    failure: Failure | None = None
    feedback: Feedback | None = None


_SHAPES = {
    "track": ExportedTrack,
    "song": SongRecord,
    "lyrics": ExportedLyrics,
    "failure": Failure,
    "feedback": Feedback,
}
_KNOWN = {name: {each.name for each in fields(shape)} for name, shape in _SHAPES.items()}
_KNOWN |= {"tags": {each.name for each in fields(Tags)}, "features": {each.name for each in fields(Features)}}


@dataclass(repr=False)
class LibraryImport(Result):
    """What an import did."""

    count: int = 0
    """Tracks and songs that are in the library now."""
    errors: list[InputError] = field(default_factory=list)
    """Lines that could not be used."""
    notes: list[str] = field(default_factory=list)
    """What a newer version has written that this one does not know."""


def export_library(store: LibraryStore, path: str | os.PathLike[str], progress: Progress = unwatched) -> int:
    """Write a library to a file, whole or not at all, and give the number of tracks."""
    count = 0
    totals = store.count() + store.count(missing=True)
    with replacing(Path(path), EXPORT) as stream:
        _write(stream, {"schema": SCHEMA})
        for record in store.records():
            _write(stream, {"track": to_dict(ExportedTrack.of(record))})
            count += 1
            progress(Step("Exporting", count, totals, record.file.path, "tracks"))
        for song in store.songs():
            _write(stream, {"song": to_dict(song)})
            count += 1
            progress(Step("Exporting", count, totals, song.identifier, "tracks"))
        for track, identifier, lyrics in store.all_lyrics():
            of = {"path": track} if track is not None else {"identifier": identifier}
            _write(stream, {"lyrics": of | to_dict(lyrics)})
        for failure in store.failures():
            _write(stream, {"failure": to_dict(failure)})
        for said in store.feedback():
            _write(stream, {"feedback": to_dict(said)})
    return count


def _write(stream: BinaryIO, value: dict[str, Any]) -> None:
    stream.write(json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n")


def import_library(
    store: LibraryStore,
    path: str | os.PathLike[str],
    progress: Progress = unwatched,
    within: Sequence[str] | None = None,
) -> LibraryImport:
    """Read tracks from a file into a library, some hundreds at a time; known paths and identifiers are replaced.

    Of files, only those in some folders are taken where these are given. Reading the same file again changes nothing.
    """
    name = os.fspath(path)
    found = LibraryImport()
    unknown: Counter[str] = Counter()
    try:
        with Path(path).open("rb") as stream, store.alone():
            total = os.fstat(stream.fileno()).st_size
            lines = iter(partial(stream.readline, LONGEST_LINE), b"")
            _check_header(next(lines, b""), name)
            batch: list[Line] = []
            for number, text in enumerate(lines, start=2):
                try:
                    line = _parse(text, unknown)
                    _require_within(line, within)
                except (Img2MusicError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
                    found.errors.append(InputError(f"line {number}: {_why(error)}.", name))
                    line = None
                if len(found.errors) > MOST_ERRORS:
                    reason = f"more than {MOST_ERRORS:,} lines are of no use, the first: {found.errors[0].reason}"
                    raise InputError(reason, name)
                if line is not None:
                    batch.append(line)
                if number % A_BATCH == 0:
                    found.count += _put(store, batch)
                    batch.clear()
                    progress(Step("Importing", stream.tell(), total, name, "bytes"))
            found.count += _put(store, batch)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", name) from None
    if unknown:
        told = ", ".join(f"{each} ({count} lines)" for each, count in unknown.items())
        found.notes.append(f"was written by a newer img2music; what this one does not know is left out: {told}.")
    return found


def _put(store: LibraryStore, lines: Sequence[Line]) -> int:
    """Store lines, and give the number of tracks and songs among them."""
    with store.writing() as transaction:
        return _put_into(transaction, lines)


def _put_into(transaction: Transaction, lines: Sequence[Line]) -> int:
    songs = [line.song for line in lines if line.song is not None]
    records = [line.track.record() for line in lines if line.track is not None]
    transaction.put(records)
    transaction.put_songs(songs)
    lyrics = [line.lyrics for line in lines if line.lyrics is not None]
    by_path = transaction.ids_of_paths(each.path for each in lyrics if each.path is not None)
    by_identifier = transaction.ids_of_identifiers(each.identifier for each in lyrics if each.identifier is not None)
    ids = [by_path.get(each.path or "") or by_identifier.get(each.identifier or "") for each in lyrics]
    transaction.put_lyrics((track, each) for track, each in zip(ids, lyrics, strict=True) if track)
    for failure in (line.failure for line in lines if line.failure is not None):
        transaction.put_failure(failure)
    transaction.put_feedback(line.feedback for line in lines if line.feedback is not None)
    return len(records) + len(songs)


def _check_header(line: bytes, name: str) -> None:
    try:
        found = json.loads(line)["schema"]
    except (ValueError, TypeError, KeyError, RecursionError):
        found = None
    if found != SCHEMA:
        raise InputError(
            f"is not an exported library (its first line must be the schema {SCHEMA}). Nothing was imported.", name
        )


class _LineError(ValueError):
    """What is wrong with a line, in plain words."""


def _parse(text: bytes, unknown: Counter[str]) -> Line | None:
    """Read a line; None for an empty one. What it has that nobody knows here is counted."""
    if not text.strip():
        return None
    value = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    line = msgspec.convert(value, Line)
    (name,) = [name for name in _SHAPES if getattr(line, name) is not None] or [""]
    if not name:
        raise _LineError(f"none of {', '.join(_SHAPES)} is in it")
    row = value[name]
    _check_path(row)
    if (
        line.feedback is None and b"\\ud" in text.lower()
    ):  # perhaps half of a surrogate pair, which only a path may hold
        json.dumps({key: item for key, item in row.items() if key != "path"}, ensure_ascii=False).encode()
    if line.song is not None and not line.song.identifier:
        raise _LineError("the identifier must not be empty")
    if line.track is not None and any(start > end for start, end, *_ in line.track.curve):
        raise _LineError("a window of the curve ends before it starts")
    if found := line.track or line.song:
        _check_features(found.features, measured=line.track is not None)
    unknown.update(_unknown(name, row))
    return line


def _unknown(name: str, row: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name}.{each}" for each in row.keys() - _KNOWN[name])
    for part in ("tags", "features"):
        yield from (f"{part}.{each}" for each in row.get(part, {}).keys() - _KNOWN[part])


def _check_path(row: dict[str, Any]) -> None:
    path = row.get("path")
    if path is not None:
        os.fsencode(path)  # a surrogate that stands for no byte is refused here
        absolute_ = absolute(path) == path if is_url(path) else Path(path).is_absolute()
        if not absolute_ or "\0" in path:
            raise _LineError("the path must be absolute")


def _require_within(line: Line | None, folders: Sequence[str] | None) -> None:
    path = None if line is None or line.track is None else line.track.path
    if folders is None or path is None:
        return
    if (not is_url(path) and os.path.normpath(path) != path) or not under(path, folders):
        raise _LineError("its file is in no folder that is shared")


def _check_features(features: Features, *, measured: bool) -> None:
    for each in fields(Features):
        value, limits = getattr(features, each.name), each.metadata
        if value is None:
            if measured and not limits["lacking"]:
                raise _LineError(f"{each.name} must be a number")
        elif not limits["least"] <= value <= limits["most"]:
            raise _LineError(f"{each.name} must be from {limits['least']:g} to {limits['most']:g}")


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise _LineError("a whole number is too large")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise _LineError("a number is not finite")
    return number


def _why(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError | Img2MusicError | _LineError):
        return str(error).replace("`", "'").rstrip(".")
    if isinstance(error, UnicodeEncodeError):
        return "text holds half of a surrogate pair"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "not JSON"
    return "a value is of another kind than it should be"
