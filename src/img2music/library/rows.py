"""Rows of the library's tables <-> values."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

import sqlalchemy as sa

from img2music.affect import Affect
from img2music.analysis import Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, LibraryError
from img2music.library.affects import affects_of
from img2music.library.record import SongRecord, TrackRecord, unpack_curve
from img2music.library.schema import FEATURES, fold, tracks
from img2music.track import FILTERED, TAG_NAMES, Tags, Track, TrackKind

Item = TypeVar("Item")

IDS_A_QUERY = 500  # SQLite's least limit is 999 parameters


def batches(values: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Cut values into parts that fit one query."""
    iterator = iter(values)
    while batch := list(itertools.islice(iterator, IDS_A_QUERY)):
        yield batch


_TAG_VALUES, _FEATURE_VALUES = attrgetter(*TAG_NAMES), attrgetter(*FEATURES)


def values_of(record: TrackRecord | SongRecord) -> dict[str, Any]:
    """Values of a row of the table of tracks."""
    if isinstance(record, SongRecord):
        measured: SongRecord | TrackAnalysis = record
        values: dict[str, Any] = dict.fromkeys(("path", "size", "mtime_ns", "content", "sound", "listened"))
        values |= {"missing": False, "identifier": record.identifier}
    else:
        measured, file = record.analysis, record.file
        values = {
            "path": os.fsencode(file.path),
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "content": record.content,
        }
        values |= {"sound": record.sound, "missing": record.missing, "identifier": None, "listened": measured.listened}
    values |= {"duration": measured.duration, "analyzer": measured.analyzer}
    values |= {"valence": measured.affect.valence, "arousal": measured.affect.arousal}
    values |= zip(FEATURES.values(), _FEATURE_VALUES(measured.features), strict=True)
    values |= zip(TAG_NAMES, _TAG_VALUES(record.tags), strict=True)
    return values | {f"{name}_folded": None if values[name] is None else fold(values[name]) for name in FILTERED}


_COLUMNS = list(tracks.columns.keys())
_TAGS = itemgetter(*map(_COLUMNS.index, TAG_NAMES))
_FEATURES = itemgetter(*map(_COLUMNS.index, FEATURES.values()))
"""What picks values out of rows that begin with all columns of tracks, quicker than by name."""


def tracks_of(rows: Sequence[sa.Row[Any]]) -> list[Track]:
    """Make tracks of rows that were read with `affects.WORDS` and `filters.KIND`."""
    return [
        Track(
            *_TAGS(row),
            id=row.id,
            path=row.path,
            identifier=row.identifier,
            duration=row.duration,
            missing=row.missing,
            kind=TrackKind(row.kind),
            affect=_affect(row, valence, arousal),
            features=Features(*_FEATURES(row)),
            content=row.content,
            analyzer=row.analyzer,
            sound=row.sound,
        )
        for row, (valence, arousal) in zip(rows, affects_of(rows), strict=True)
    ]


def _affect(row: sa.Row[Any], valence: float, arousal: float) -> Affect:
    try:
        return Affect(valence, arousal)
    except Img2MusicError as error:
        remedy = "scan its folder with `full=True`." if row.path else "import its table again."
        what = f"track {row.id} of the library is damaged ({error}); mend it:"
        raise LibraryError(what, row.path or row.identifier, remedy=remedy) from None


def _measured(row: sa.Row[Any]) -> dict[str, Any]:
    affect, features = _affect(row, row.valence, row.arousal), Features(*_FEATURES(row))
    return {"analyzer": row.analyzer, "duration": row.duration, "affect": affect, "features": features}


def record_of(row: sa.Row[Any]) -> TrackRecord:
    """Make a record of the row of a track with a file."""
    file = FileState(row.path, row.size, row.mtime_ns)
    analysis = TrackAnalysis(listened=row.listened, curve=unpack_curve(row.points), **_measured(row))
    return TrackRecord(file, row.content, Tags(*_TAGS(row)), analysis, row.missing, row.sound)


def song_of(row: sa.Row[Any], sources: Sequence[str]) -> SongRecord:
    """Make a record of the row of a song without a file."""
    return SongRecord(row.identifier, Tags(*_TAGS(row)), sources=tuple(sources), **_measured(row))
