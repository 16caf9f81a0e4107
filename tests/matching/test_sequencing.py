"""One playlist for several photos."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.library.search import AffectIndex
from img2music.matching.diversity import Diversity
from img2music.matching.ranking import TrackIndex, TrackSpace
from img2music.matching.sequencing import STEP_WEIGHT, Pick, sequence, slots
from tests.support.songs import track


def space(positions: np.ndarray, artists: int = 10_000) -> TrackSpace:
    tracks = [track(number, artist=f"artist {number % artists}") for number in range(len(positions))]
    index = TrackIndex(np.arange(len(positions)), [(None, AffectIndex(positions))])
    return TrackSpace(index, lambda ids: [tracks[number] for number in ids])


def cost(picks: list[Pick]) -> float:
    songs = [song for _, song in picks]
    jumps = sum(math.dist(a.position, b.position) for a, b in itertools.pairwise(songs))
    return sum(song.distance for song in songs) + STEP_WEIGHT * jumps


@given(st.integers(1, 50), st.integers(1, 100))
def test_slots_are_shared_evenly_in_order(photos: int, songs: int) -> None:
    plan = slots(photos, songs)
    assert len(plan) == songs
    assert plan == sorted(plan)
    counts = np.bincount(plan, minlength=photos)
    assert counts.max() - counts.min() <= 1
    if songs >= photos:
        assert counts.min() >= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 12), st.integers(1, 30), st.integers(1, 4))
def test_a_playlist_keeps_order_and_promises(seed: int, size: int, photos: int, songs: int, per_artist: int) -> None:
    rng = np.random.default_rng(seed)
    picks = sequence(
        space(rng.random((size, 2)), artists=7),
        [(float(x), float(y)) for x, y in rng.random((photos, 2))],
        songs,
        Diversity(per_artist),
    )
    ids = [song.track.id for _, song in picks]
    assert len(ids) == len(set(ids))
    assert [photo for photo, _ in picks] == sorted(photo for photo, _ in picks)
    assert max(np.bincount([number % 7 for number in ids])) <= per_artist
    possible = sum(min(per_artist, -(-(size - artist) // 7)) for artist in range(min(7, size)))
    assert len(picks) == min(songs, possible)


def test_finds_the_best_of_all_playlists_in_a_small_field() -> None:
    rng = np.random.default_rng(5)
    positions = rng.random((7, 2))
    photos = [(0.2, 0.2), (0.5, 0.9), (0.9, 0.3)]
    found = cost(sequence(space(positions), photos, 3, Diversity()))

    def price(order: tuple[int, ...]) -> float:
        songs = [positions[number] for number in order]
        fit = sum(math.dist(song, photo) for song, photo in zip(songs, photos, strict=True))
        return fit + STEP_WEIGHT * sum(math.dist(a, b) for a, b in itertools.pairwise(songs))

    assert found == pytest.approx(min(map(price, itertools.permutations(range(7), 3))))


def test_steps_are_smoother_than_the_nearest_songs_alone() -> None:
    rng = np.random.default_rng(11)
    tracks = space(rng.random((3000, 2)))
    photos = [(float(x), float(y)) for x, y in rng.random((20, 2))]
    smooth = sequence(tracks, photos, 20, Diversity())
    seen = Diversity()
    nearest = [(i, tracks.nearest(photo, 1, seen)[0]) for i, photo in enumerate(photos)]
    assert cost(smooth) < cost(nearest)
    assert max(song.distance for _, song in smooth) < 0.1


def test_many_songs_for_the_same_photo() -> None:
    picks = sequence(space(np.random.default_rng(2).random((400, 2))), [(0.5, 0.5)] * 100, 150, Diversity())
    assert len({song.track.id for _, song in picks}) == 150
