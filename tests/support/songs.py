"""Songs to test with: records of a real library, and tracks without one."""

import dataclasses
import hashlib
import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.library.record import SongRecord, TrackRecord
from img2music.library.store import LibraryStore
from img2music.track import Tags, Track

UNKNOWN: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Features))
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


def make_record(
    path: str = "/music/a.mp3",
    *,
    tags: Tags | None = None,
    content: str | None = None,
    missing: bool = False,
    tempo: float | None = 120.0,
    key: int | None = 2,
    mode: int | None = 0,
    duration: float = 200.0,
    instrumentalness: float = 0.7,
    analyzer: str = "audio/test",
    analysis: TrackAnalysis | None = None,
) -> TrackRecord:
    """A record of music whose readings depend on its path alone."""
    chance = random.Random(os.fsencode(path))
    measured = features(
        tempo,
        key,
        mode,
        danceability=chance.random(),
        energy=chance.random(),
        raw_valence=chance.random(),
        acousticness=chance.random(),
        instrumentalness=instrumentalness,
        liveness=chance.random(),
        speechiness=0.1 * chance.random(),  # music: nothing below 0.12 is taken for speech or noise
        loudness=-12.5,
        onset_rate=chance.uniform(0, 5),
    )
    curve = tuple(CurvePoint(3.0 * n, 3.0 * n + 3.0, Affect(chance.random(), chance.random())) for n in range(5))
    return TrackRecord(
        file=FileState(path, chance.randrange(10**9), chance.randrange(2 * 10**18)),
        content=content if content is not None else f"{chance.getrandbits(256):064x}",
        tags=tags if tags is not None else Tags(title="A", artist="B"),
        analysis=analysis
        or TrackAnalysis(
            analyzer, duration, min(duration, 60.0), Affect(chance.random(), chance.random()), measured, curve
        ),
        missing=missing,
        sound=f"{chance.getrandbits(128):032x}",
    )


def song(identifier: str, valence: float, arousal: float, *, duration: float | None = 180.0, **tags: Any) -> SongRecord:
    """A record of a song without a file."""
    return SongRecord(identifier, Tags(**tags), duration, "table/1", Affect(valence, arousal), Features(**UNKNOWN))


def make_song(
    identifier: str = "spotify:a",
    *,
    tags: Tags | None = None,
    duration: float | None = 200.0,
    tempo: float | None = None,
    instrumentalness: float | None = None,
) -> SongRecord:
    """A record of a song without a file, whose readings depend on its identifier alone."""
    chance = random.Random(identifier)
    told: dict[str, Any] = {"energy": chance.random(), "valence": chance.random()}
    told |= {"instrumentalness": instrumentalness, "tempo": tempo}
    affect = Affect(chance.random(), chance.random())
    return SongRecord(
        identifier, tags or Tags(title="A", artist="B"), duration, "table/1", affect, Features(**(UNKNOWN | told))
    )


def library(file: Path | str, records: Iterable[TrackRecord], songs: Iterable[SongRecord] = ()) -> LibraryStore:
    store = LibraryStore.open(file, create=True)
    with store.writing() as transaction:
        transaction.put(records)
        transaction.put_songs(songs)
    return store


def put(store: LibraryStore, records: Iterable[TrackRecord]) -> None:
    """Store tracks in one transaction."""
    with store.writing() as transaction:
        transaction.put(records)


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
