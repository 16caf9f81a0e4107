"""A library of any size that looks like a real one: written through the library's own store."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.library.record import TrackRecord
from img2music.library.store import LibraryStore
from img2music.track import Tags

SEED = 20
GENRES = ("Rock", "Jazz", "Electronic", "Classical", "Pop", "Folk", "Hip-Hop", "Metal", "Blues", "Ambient")


def affects(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Valence and arousal, crowded as those of real libraries are: shape (count, 2)."""
    rng = np.random.default_rng(SEED)
    return np.column_stack([rng.beta(5, 5, count), rng.beta(6, 4, count)])


def records(count: int) -> Iterator[TrackRecord]:
    rng = np.random.default_rng(SEED + 1)
    numbers = rng.random((count, 3))
    for i, (valence, arousal) in enumerate(affects(count).tolist()):
        first, second, third = numbers[i].tolist()
        affect = Affect(valence, arousal)
        duration = 90.0 + 300.0 * first
        features = Features(
            danceability=first,
            energy=arousal,
            valence=valence,
            acousticness=second,
            instrumentalness=third,
            liveness=0.1,
            speechiness=0.05,
            tempo=60.0 + 120.0 * second,
            key=i % 12,
            mode=i % 2,
            loudness=-9.0 - 10.0 * third,
            onset_rate=1.0 + 4.0 * first,
        )
        artist, album = i // 20, i // 10
        yield TrackRecord(
            FileState(f"/music/{artist:06}/{album:06}/{i:07}.flac", 30_000_000, 1_700_000_000_000_000_000),
            f"{i:064x}",
            Tags(
                title=f"Song {i}",
                artist=f"Artist {artist}",
                album=f"Album {album}",
                genre=GENRES[album % 10],
                year=1950 + album % 75,
            ),
            TrackAnalysis("audio/1", duration, 80.0, affect, features, (CurvePoint(0.0, 10.0, affect),)),
        )


def put(store: LibraryStore, tracks: Iterable[TrackRecord]) -> None:
    """Store tracks in one transaction."""
    with store.writing() as transaction:
        transaction.put(tracks)


def make_library(file: Path, count: int) -> None:
    """Write a library, unless it is there already."""
    if not file.exists():
        partial = file.with_suffix(".part")
        partial.unlink(missing_ok=True)
        with LibraryStore.open(partial, create=True) as store:
            put(store, records(count))
        partial.rename(file)
