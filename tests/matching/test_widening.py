"""Points around a reading."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.matching.widening import widened

units = st.floats(0.0, 1.0)


@given(units, units, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(1, 60))
def test_the_middle_comes_first_and_all_stay_on_the_plane(v: float, a: float, sv: float, sa: float, count: int) -> None:
    points = widened(Affect(v, a), (sv, sa), count)
    assert len(points) == count
    assert points[0] == Affect(v, a)


@given(units, units, st.integers(1, 60))
def test_a_sure_reading_is_one_point(v: float, a: float, count: int) -> None:
    assert set(widened(Affect(v, a), (0.0, 0.0), count)) == {Affect(v, a)}


def test_many_points_are_spread_as_a_normal_distribution() -> None:
    points = np.array([(p.valence, p.arousal) for p in widened(Affect(0.5, 0.5), (0.05, 0.02), 4000)])
    assert np.allclose(points.mean(axis=0), 0.5, atol=5e-4)
    assert np.allclose(points.std(axis=0), (0.05, 0.02), rtol=0.02)
    inside = np.hypot((points[:, 0] - 0.5) / 0.05, (points[:, 1] - 0.5) / 0.02) <= math.sqrt(2 * math.log(2))
    assert abs(inside.mean() - 0.5) < 1e-3
