"""The nearest tracks, read in batches."""

import math

import numpy as np
import pytest

from img2music.distribution import AffectDistribution
from img2music.library.search import AffectIndex
from img2music.matching.diversity import Diversity
from img2music.matching.ranking import FIRST_BATCH, TrackIndex, TrackSpace
from tests.support.songs import track


def space(count: int, *, artists: int, mask: np.ndarray | None = None) -> tuple[TrackSpace, list[int]]:
    rng = np.random.default_rng(3)
    tracks = {id_: track(id_, artist=f"artist {id_ % artists}") for id_ in range(10, 10 + count)}
    read: list[int] = []

    def reading(ids):
        read.extend(ids)
        return [tracks[id_] for id_ in ids]

    index = TrackIndex(np.arange(10, 10 + count), [(None, AffectIndex(rng.random((count, 2))))])
    return TrackSpace(index, reading, mask), read


def test_all_come_nearest_first_and_each_is_read_once() -> None:
    tracks, read = space(500, artists=5)
    found = list(tracks.near((0.4, 0.6)))
    assert sorted(neighbour.track.id for neighbour in found) == list(range(10, 510))
    distances = [neighbour.distance for neighbour in found]
    assert distances == sorted(distances)
    assert [math.dist(c.position, (0.4, 0.6)) for c in found] == pytest.approx(distances)
    assert len(read) == len(set(read)) == 500


def test_only_what_is_needed_is_read() -> None:
    tracks, read = space(5000, artists=5000)
    assert len(tracks.nearest((0.4, 0.6), 10, Diversity(2))) == 10
    assert len(read) == FIRST_BATCH


def test_looks_further_until_the_list_is_full() -> None:
    tracks, read = space(1000, artists=2)
    found = tracks.nearest((0.4, 0.6), 600, Diversity(300))
    assert len(found) == 600
    assert np.bincount([c.track.id % 2 for c in found]).tolist() == [300, 300]
    assert len(read) > 600
    assert len(tracks.nearest((0.4, 0.6), 5, Diversity(1))) == 2


def test_a_mask_holds() -> None:
    mask = np.arange(300) % 3 == 0
    tracks, _ = space(300, artists=300, mask=mask)
    assert tracks.size == 100
    assert {neighbour.track.id for neighbour in tracks.near((0.1, 0.1))} == set(range(10, 310, 3))


def test_a_track_that_is_gone_is_passed_over() -> None:
    index = TrackIndex(np.array([1, 2, 3]), [(None, AffectIndex([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]))])
    tracks = TrackSpace(index, lambda ids: [track(3)])
    assert [neighbour.track.id for neighbour in tracks.near((0.0, 0.0))] == [3]


def test_groups_are_placed_each_among_their_own_and_found_together() -> None:
    points, mask = np.random.default_rng(5).random((400, 2)), np.arange(400) % 5 > 0
    groups = [np.flatnonzero(np.arange(400) % 3 == 0), np.flatnonzero(np.arange(400) % 3 > 0)]
    among = [AffectDistribution.of(*points[group].T) for group in groups]
    index = TrackIndex(
        np.arange(400), [(group, AffectIndex(points[group], own)) for group, own in zip(groups, among, strict=True)]
    )
    ranks = np.empty_like(points)
    for group, own in zip(groups, among, strict=True):
        ranks[group] = own.ranks(points[group])
    distances = np.where(mask, np.hypot(*(ranks - (0.3, 0.8)).T), np.inf)
    indices, found = index.nearest((0.3, 0.8), 20, index.masks(mask))
    assert indices.tolist() == np.argsort(distances, kind="stable")[:20].tolist()
    assert found == pytest.approx(distances[indices])
    assert index.positions(indices).tolist() == ranks[indices].tolist()
