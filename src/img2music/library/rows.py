"""Rows of the library's tables <-> values."""

import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa

from img2music.affect import Affect
from img2music.analysis import Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, LibraryError, printable
from img2music.library.record import LyricsRecord, SongRecord, TrackRecord, unpack_curve
from img2music.library.schema import fold
from img2music.track import Tags, Track, TrackKind

Item = TypeVar("Item")

PACKED_AFFECT = struct.Struct("<qdd")
AFFECT_DTYPE = np.dtype([("id", "<i8"), ("valence", "<f8"), ("arousal", "<f8")])
"""A row of the table of affects: id, valence, arousal."""

IDS_A_QUERY = 500  # SQLite's least limit is 999 parameters


def batches(values: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Cut values into parts that fit one query."""
    iterator = iter(values)
    while batch := list(itertools.islice(iterator, IDS_A_QUERY)):
        yield batch


def values_of(record: TrackRecord | SongRecord) -> dict[str, Any]:
    """Values of a row of the table of tracks."""
    if isinstance(record, SongRecord):
        own = dict.fromkeys(("path", "size", "mtime_ns", "content", "sound", "listened"))
        own |= {"missing": False, "identifier": record.identifier, "duration": record.duration}
        return own | _described(record.tags, record.analyzer, record.affect, record.features)
    analysis = record.analysis
    own = {
        "path": record.file.path,
        "size": record.file.size,
        "mtime_ns": record.file.mtime_ns,
        "content": record.content,
        "sound": record.sound,
        "missing": record.missing,
        "identifier": None,
        "duration": analysis.duration,
        "listened": analysis.listened,
    }
    return own | _described(record.tags, analysis.analyzer, analysis.affect, analysis.features)


def _described(tags: Tags, analyzer: str, affect: Affect, features: Features) -> dict[str, Any]:
    return {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "album_artist": tags.album_artist,
        "genre": tags.genre,
        "year": tags.year,
        "artist_folded": None if tags.artist is None else fold(tags.artist),
        "album_folded": None if tags.album is None else fold(tags.album),
        "genre_folded": None if tags.genre is None else fold(tags.genre),
        "analyzer": analyzer,
        "valence": affect.valence,
        "heard_valence": affect.valence,
        "arousal": affect.arousal,
        "danceability": features.danceability,
        "energy": features.energy,
        "raw_valence": features.valence,
        "acousticness": features.acousticness,
        "instrumentalness": features.instrumentalness,
        "liveness": features.liveness,
        "speechiness": features.speechiness,
        "tempo": features.tempo,
        "key": features.key,
        "mode": features.mode,
        "loudness": features.loudness,
        "onset_rate": features.onset_rate,
    }


def _tags(row: sa.Row[Any]) -> Tags:
    return Tags(
        title=row.title,
        artist=row.artist,
        album=row.album,
        album_artist=row.album_artist,
        genre=row.genre,
        year=row.year,
    )


def _features(row: sa.Row[Any]) -> Features:
    return Features(
        danceability=row.danceability,
        energy=row.energy,
        valence=row.raw_valence,
        acousticness=row.acousticness,
        instrumentalness=row.instrumentalness,
        liveness=row.liveness,
        speechiness=row.speechiness,
        tempo=row.tempo,
        key=row.key,
        mode=row.mode,
        loudness=row.loudness,
        onset_rate=row.onset_rate,
    )


def track_of(row: sa.Row[Any]) -> Track:
    """Make a track of a row."""
    return Track(
        id=row.id,
        path=row.path,
        title=row.title,
        artist=row.artist,
        album=row.album,
        album_artist=row.album_artist,
        genre=row.genre,
        year=row.year,
        duration=row.duration,
        content=row.content,
        analyzer=row.analyzer,
        missing=row.missing,
        affect=_affect(row, row.valence),
        features=_features(row),
        identifier=row.identifier,
        sound=row.sound,
        kind=TrackKind(row.kind),
    )


def _affect(row: sa.Row[Any], valence: float) -> Affect:
    try:
        return Affect(valence, row.arousal)
    except Img2MusicError as error:
        name, mend = (row.path, "scan --full FOLDER") if row.path else (row.identifier or "", "import table FILE")
        raise LibraryError(
            f"Track {row.id} of the library, {printable(name)}, is damaged ({error}) Mend it with: img2music {mend}"
        ) from None


def record_of(row: sa.Row[Any]) -> TrackRecord:
    """Make a record of the row of a track with a file."""
    return TrackRecord(
        file=FileState(row.path, row.size, row.mtime_ns),
        content=row.content,
        tags=_tags(row),
        analysis=TrackAnalysis(
            analyzer=row.analyzer,
            duration=row.duration,
            listened=row.listened,
            affect=_affect(row, row.heard_valence),
            features=_features(row),
            curve=unpack_curve(row.points),
        ),
        missing=row.missing,
        sound=row.sound,
    )


def song_of(row: sa.Row[Any], sources: Sequence[str]) -> SongRecord:
    """Make a record of the row of a song without a file."""
    return SongRecord(
        identifier=row.identifier,
        tags=_tags(row),
        duration=row.duration,
        analyzer=row.analyzer,
        affect=_affect(row, row.heard_valence),
        features=_features(row),
        sources=tuple(sources),
    )


def lyrics_record_of(row: sa.Row[Any]) -> LyricsRecord:
    """Make a record of the row of what a source knows of the words of a track."""
    return LyricsRecord(row.source, row.text, bool(row.instrumental), row.language, row.fetched, row.valence)
