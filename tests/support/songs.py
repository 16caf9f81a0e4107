"""Songs to test with: records of a real library, and tracks without one."""

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.library.record import SongRecord, TrackRecord
from img2music.library.store import LibraryStore
from img2music.track import Tags, Track

TAGS = {field.name for field in dataclasses.fields(Tags)}


def features(
    tempo: float | None = 120.0, key: int | None = 0, mode: int | None = 1, raw_valence: float = 0.5, **others: float
) -> Features:
    values: dict[str, Any] = dict.fromkeys(
        ("danceability", "energy", "acousticness", "instrumentalness", "liveness"), 0.5
    )
    values |= {"speechiness": 0.05, "loudness": -14.0, "onset_rate": 2.0}
    return Features(**(values | others), valence=raw_valence, tempo=tempo, key=key, mode=mode)


def record(
    path: str,
    valence: float,
    arousal: float,
    *,
    duration: float = 180.0,
    content: str | None = None,
    curve: Iterable[CurvePoint] | None = None,
    missing: bool = False,
    sound: str | None = None,
    **others: Any,
) -> TrackRecord:
    affect = Affect(valence, arousal)
    tags = Tags(**{name: value for name, value in others.items() if name in TAGS})
    measured = features(**{name: value for name, value in others.items() if name not in TAGS})
    points = tuple(curve) if curve is not None else (CurvePoint(0.0, duration, affect),)
    return TrackRecord(
        FileState(path, 1000, 1),
        content or hashlib.blake2b(path.encode("utf-8", "surrogateescape")).hexdigest(),
        tags,
        TrackAnalysis("audio/1", duration, duration, affect, measured, points),
        missing,
        sound,
    )


def song(identifier: str, valence: float, arousal: float, *, duration: float | None = 180.0, **tags: Any) -> SongRecord:
    """A record of a song without a file."""
    unknown = dict.fromkeys(field.name for field in dataclasses.fields(Features))
    return SongRecord(identifier, Tags(**tags), duration, "table/1", Affect(valence, arousal), Features(**unknown))


def library(file: Path, records: Iterable[TrackRecord], songs: Iterable[SongRecord] = ()) -> LibraryStore:
    store = LibraryStore.open(file, create=True)
    with store.writing() as transaction:
        transaction.put(records)
        transaction.put_songs(songs)
    return store


def track(number: int = 1, path: str | None = "/music/song.flac", **others: Any) -> Track:
    fields: dict[str, Any] = {
        "title": None,
        "artist": None,
        "album": None,
        "album_artist": None,
        "genre": None,
        "year": None,
        "duration": 180.0,
        "content": f"{number:x}",
        "analyzer": "audio/1",
        "missing": False,
        "affect": Affect(0.5, 0.5),
        "features": features(),
    }
    return Track(id=number, path=path, **(fields | others))


def unheard(number: int, identifier: str, **others: Any) -> Track:
    """A song without a file."""
    return track(number, None, **({"content": None, "identifier": identifier, "analyzer": "table/1"} | others))
