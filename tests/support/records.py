"""Records of tracks for tests."""

import os
import random
from collections.abc import Iterable

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.library.record import SongRecord, TrackRecord
from img2music.library.store import LibraryStore
from img2music.track import Tags


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
    chance = random.Random(os.fsencode(path))
    features = Features(
        danceability=chance.random(),
        energy=chance.random(),
        valence=chance.random(),
        acousticness=chance.random(),
        instrumentalness=instrumentalness,
        liveness=chance.random(),
        speechiness=chance.random(),
        tempo=tempo,
        key=key,
        mode=mode,
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
            analyzer=analyzer,
            duration=duration,
            listened=min(duration, 60.0),
            affect=Affect(chance.random(), chance.random()),
            features=features,
            curve=curve,
        ),
        missing=missing,
        sound=f"{chance.getrandbits(128):032x}",
    )


def make_song(
    identifier: str = "spotify:a",
    *,
    tags: Tags | None = None,
    duration: float | None = 200.0,
    tempo: float | None = None,
    instrumentalness: float | None = None,
) -> SongRecord:
    chance = random.Random(identifier)
    features = Features(
        danceability=None,
        energy=chance.random(),
        valence=chance.random(),
        acousticness=None,
        instrumentalness=instrumentalness,
        liveness=None,
        speechiness=None,
        tempo=tempo,
        key=None,
        mode=None,
        loudness=None,
        onset_rate=None,
    )
    return SongRecord(
        identifier=identifier,
        tags=tags if tags is not None else Tags(title="A", artist="B"),
        duration=duration,
        analyzer="table/1",
        affect=Affect(chance.random(), chance.random()),
        features=features,
    )


def put(store: LibraryStore, records: Iterable[TrackRecord]) -> None:
    """Store tracks in one transaction."""
    with store.writing() as transaction:
        transaction.put(records)
