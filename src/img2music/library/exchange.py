"""The library as JSON Lines: for copies, for moving to another machine, for other programs.

The first line is ``{"schema": "img2music/library/1"}``. Every other line holds one ``"track"`` with a file,
one ``"song"`` without a file, what one source knows of the words of one of them (``"lyrics"``), or one ``"failure"``,
in this order and that of their paths. Times are seconds, affects are on the unit scale, ``mtime_ns`` is nanoseconds
since 1970, ``fetched`` seconds; a curve is a list of ``[start, end, valence, arousal]``. Text is ASCII with JSON
escapes; a byte of a file name that is not UTF-8 is a lone surrogate, as Python's ``surrogateescape`` writes it.
"""

import dataclasses
import json
import math
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, InputError
from img2music.files import FileKind, replacing
from img2music.library.record import Failure, LyricsRecord, SongRecord, TrackRecord
from img2music.library.store import LibraryStore
from img2music.library.transaction import Transaction
from img2music.track import Tags

SCHEMA = "img2music/library/1"

EXPORT = FileKind("an exported library", (), FileKind.json("", SCHEMA).start)
LONGEST_LINE = 16 << 20
"""Bytes of a line that are read; what comes after them counts as the next."""

_OPTIONAL = {"tempo", "key", "mode", "loudness"}  # features that may be null in a file's analysis
_WHOLE = {"key": range(12), "mode": range(2)}
_UNIT = {"danceability", "energy", "valence", "acousticness", "instrumentalness", "liveness", "speechiness"}


def export_library(store: LibraryStore, path: str | os.PathLike[str]) -> int:
    """Write a library to a file, whole or not at all."""
    count = 0
    with replacing(Path(path), EXPORT) as stream:
        _line(stream, {"schema": SCHEMA})
        for record in store.records():
            _line(stream, {"track": _track(record)})
            count += 1
        for song in store.songs():
            _line(stream, {"song": dataclasses.asdict(song)})
            count += 1
        for track, identifier, lyrics in store.all_lyrics():
            of = {"path": track} if track is not None else {"identifier": identifier}
            _line(stream, {"lyrics": of | dataclasses.asdict(lyrics)})
        for failure in store.failures():
            row = {"path": failure.file.path, "size": failure.file.size, "mtime_ns": failure.file.mtime_ns}
            _line(stream, {"failure": row | {"analyzer": failure.analyzer, "reason": failure.reason}})
    return count


def import_library(store: LibraryStore, path: str | os.PathLike[str]) -> tuple[int, list[InputError]]:
    """Read tracks from a file into a library, in one transaction; known paths and identifiers are replaced."""
    name = os.fspath(path)
    errors: list[InputError] = []
    count = 0
    try:
        with Path(path).open("rb") as stream, store.alone(), store.writing() as transaction:
            lines = iter(partial(stream.readline, LONGEST_LINE), b"")
            _check_header(next(lines, b""), name)
            batch: list[TrackRecord | SongRecord | _TrackLyrics] = []
            for number, line in enumerate(lines, start=2):
                try:
                    item = _parse(line)
                except (Img2MusicError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
                    errors.append(InputError(f"line {number}: {_why(error)}.", name))
                    continue
                if isinstance(item, Failure):
                    transaction.put_failure(item)
                elif item is not None:
                    batch.append(item)
                    count += not isinstance(item, _TrackLyrics)
                if len(batch) == 500:
                    _put(transaction, batch)
                    batch.clear()
            _put(transaction, batch)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", name) from None
    return count, errors


class _LineError(ValueError):
    """What is wrong with a line, in plain words."""


@dataclass(frozen=True, slots=True)
class _TrackLyrics:
    """Lyrics, and what they belong to: a path, or an identifier."""

    path: str | None
    identifier: str | None
    record: LyricsRecord


def _put(transaction: Transaction, batch: Sequence[TrackRecord | SongRecord | _TrackLyrics]) -> None:
    transaction.put(record for record in batch if isinstance(record, TrackRecord))
    transaction.put_songs(record for record in batch if isinstance(record, SongRecord))
    lyrics = [item for item in batch if isinstance(item, _TrackLyrics)]
    by_path = transaction.ids_of_paths(item.path for item in lyrics if item.path is not None)
    by_identifier = transaction.ids_of_identifiers(item.identifier for item in lyrics if item.identifier is not None)
    numbers = [by_path.get(item.path or "") or by_identifier.get(item.identifier or "") for item in lyrics]
    transaction.put_lyrics((number, item.record) for number, item in zip(numbers, lyrics, strict=True) if number)


def _line(stream: BinaryIO, value: dict[str, Any]) -> None:
    stream.write(json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n")


def _track(record: TrackRecord) -> dict[str, Any]:
    analysis = record.analysis
    return {
        "path": record.file.path,
        "size": record.file.size,
        "mtime_ns": record.file.mtime_ns,
        "content": record.content,
        "sound": record.sound,
        "missing": record.missing,
        "tags": dataclasses.asdict(record.tags),
        "analyzer": analysis.analyzer,
        "duration": analysis.duration,
        "listened": analysis.listened,
        "affect": dataclasses.asdict(analysis.affect),
        "features": dataclasses.asdict(analysis.features),
        "curve": [[p.start, p.end, p.affect.valence, p.affect.arousal] for p in analysis.curve],
    }


def _check_header(line: bytes, name: str) -> None:
    try:
        found = json.loads(line)["schema"]
    except (ValueError, TypeError, KeyError, RecursionError):
        found = None
    if found != SCHEMA:
        raise InputError(
            f"is not an exported library (its first line must be the schema {SCHEMA}). Nothing was imported.",
            name,
        )


def _parse(line: bytes) -> TrackRecord | SongRecord | _TrackLyrics | Failure | None:
    if not line.strip():
        return None
    value = json.loads(line)
    if "failure" in value:
        row = value["failure"]
        return Failure(_file(row), _text(row, "analyzer"), _text(row, "reason"))
    if "song" in value:
        return _song(value["song"])
    if "lyrics" in value:
        return _lyrics(value["lyrics"])
    row = value["track"]
    return TrackRecord(
        file=_file(row),
        content=_text(row, "content"),
        sound=_optional_text({"sound": None, **row}, "sound"),
        missing=_flag(row, "missing"),
        tags=_tags(row["tags"]),
        analysis=TrackAnalysis(
            analyzer=_text(row, "analyzer"),
            duration=_number(row["duration"], "duration"),
            listened=_number(row["listened"], "listened"),
            affect=_affect(row["affect"]),
            features=_features(row["features"], _OPTIONAL),
            curve=tuple(_point(point) for point in row["curve"]),
        ),
    )


def _song(row: dict[str, Any]) -> SongRecord:
    identifier = _optional_text(row, "identifier")
    if not identifier:
        raise _LineError("'identifier' must not be empty")
    return SongRecord(
        identifier=identifier,
        tags=_tags(row["tags"]),
        duration=None if row["duration"] is None else _number(row["duration"], "duration"),
        analyzer=_text(row, "analyzer"),
        affect=_affect(row["affect"]),
        features=_features(row["features"], {field.name for field in dataclasses.fields(Features)}),
        sources=tuple(_text({"source": source}, "source") for source in row.get("sources", ())),
    )


def _lyrics(row: dict[str, Any]) -> _TrackLyrics:
    path = None
    if "path" in row:
        path = _path(row)
    return _TrackLyrics(
        path=path,
        identifier=_optional_text(row, "identifier") if path is None else None,
        record=LyricsRecord(
            source=_text(row, "source"),
            text=_optional_text(row, "text"),
            instrumental=_flag(row, "instrumental"),
            language=_optional_text(row, "language"),
            fetched=_whole(row, "fetched"),
            valence=None if row.get("valence") is None else _unit(row["valence"], "valence"),
        ),
    )


def _tags(row: dict[str, Any]) -> Tags:
    return Tags(
        title=_optional_text(row, "title"),
        artist=_optional_text(row, "artist"),
        album=_optional_text(row, "album"),
        album_artist=_optional_text(row, "album_artist"),
        genre=_optional_text(row, "genre"),
        year=None if row["year"] is None else _whole(row, "year"),
    )


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "not JSON"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is lacking"
    if isinstance(error, Img2MusicError | _LineError):
        return str(error).rstrip(".")
    return "a value is of another kind than it should be"


def _file(row: dict[str, Any]) -> FileState:
    path = _path(row)
    if not Path(path).is_absolute() or "\0" in path:
        raise _LineError("'path' must be absolute")
    return FileState(path, _whole(row, "size"), _whole(row, "mtime_ns"))


def _path(row: dict[str, Any]) -> str:
    path = row["path"]
    if not isinstance(path, str):
        raise _LineError("'path' must be text")
    os.fsencode(path)  # a surrogate that stands for no byte is refused here
    return path


def _text(row: dict[str, Any], name: str) -> str:
    text = row[name]
    if not isinstance(text, str):
        raise _LineError(f"{name!r} must be text")
    text.encode()  # a lone surrogate is refused here
    return text


def _optional_text(row: dict[str, Any], name: str) -> str | None:
    return None if row[name] is None else _text(row, name)


def _flag(row: dict[str, Any], name: str) -> bool:
    if not isinstance(row[name], bool):
        raise _LineError(f"{name!r} must be true or false")
    return bool(row[name])


def _whole(row: dict[str, Any], name: str) -> int:
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise _LineError(f"{name!r} must be a whole number")
    return value


def _number(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise _LineError(f"{name!r} must be a number")
    return float(value)


def _unit(value: Any, name: str) -> float:
    number = _number(value, name)
    if not 0.0 <= number <= 1.0:
        raise _LineError(f"{name!r} must be from 0 to 1")
    return number


def _affect(row: dict[str, Any]) -> Affect:
    return Affect(_number(row["valence"], "valence"), _number(row["arousal"], "arousal"))


def _features(row: dict[str, Any], optional: Collection[str]) -> Features:
    values: dict[str, Any] = {}
    for name in (field.name for field in dataclasses.fields(Features)):
        if row[name] is None and name in optional:
            values[name] = None
        elif name in _WHOLE:
            values[name] = _whole(row, name)
            if values[name] not in _WHOLE[name]:
                raise _LineError(f"{name!r} is out of range")
        else:
            values[name] = _unit(row[name], name) if name in _UNIT else _number(row[name], name)
    return Features(**values)


def _point(point: list[float]) -> CurvePoint:
    start, end, valence, arousal = (_number(value, "curve") for value in point)
    return CurvePoint(start, end, Affect(valence, arousal))
