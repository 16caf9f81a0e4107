import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from img2music.soundtrack.scenes import group, partition

from img2music.affect import Affect
from img2music.soundtrack.film import Shot


def price_of(starts, lengths, points, price):
    total = 0.0
    for first, last in zip(starts, [*starts[1:], len(lengths)], strict=True):
        mean = np.average(points[first:last], axis=0, weights=lengths[first:last])
        total += (((points[first:last] - mean) ** 2).sum(axis=1) * lengths[first:last]).sum() + price
    return total


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.3, 20), st.floats(0, 1), st.floats(0, 1)),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([0.0, 0.05, 0.5, 3.0]),
    st.sampled_from([0.0, 5.0, 12.0, 100.0]),
)
def test_scenes_equal_an_exhaustive_search(shots, price, least):
    lengths = np.array([shot[0] for shot in shots])
    points = np.array([shot[1:] for shot in shots])
    found = partition(lengths, points, least, price)
    ways = [
        [0, *inner]
        for count in range(len(shots))
        for inner in itertools.combinations(range(1, len(shots)), count)
        if all(part.sum() >= least - 1e-9 for part in np.split(lengths, inner))
    ]
    if not ways:
        assert lengths.sum() < least
        assert found == [0]
        return
    assert found in ways
    best = min(price_of(way, lengths, points, price) for way in ways)
    assert price_of(found, lengths, points, price) == pytest.approx(best, abs=1e-6)


def shots_of(*parts):
    ends = np.cumsum([part[0] for part in parts]).tolist()
    return [Shot(end - part[0], end, Affect(*part[1:])) for part, end in zip(parts, ends, strict=True)]


def test_shots_of_one_mood_are_one_scene():
    scenes = group(shots_of((7, 0.8, 0.7), (6, 0.75, 0.7), (4, 0.2, 0.3), (9, 0.25, 0.3)))
    assert [(scene.start, scene.end, len(scene.shots)) for scene in scenes] == [(0, 13, 2), (13, 26, 2)]
    assert scenes[1].affect.valence == pytest.approx((4 * 0.2 + 9 * 0.25) / 13)


def test_a_short_film_is_one_scene():
    assert len(group(shots_of((2, 0.1, 0.1), (3, 0.9, 0.9)))) == 1
