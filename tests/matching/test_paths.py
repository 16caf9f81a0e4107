"""Ways from one song to another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from img2music.matching.paths import ALIKE, even_path

POINTS = st.integers(1, 40).flatmap(lambda n: arrays(float, (n, 2), elements=st.floats(0, 1, width=16)))


@given(POINTS, st.data(), st.integers(0, 12))
def test_a_path_joins_both_by_different_songs_and_no_step_is_longer_than_the_direct_one(
    points: np.ndarray, data: st.DataObject, count: int
) -> None:
    start, end = (data.draw(st.integers(0, len(points) - 1)) for _ in range(2))
    found = even_path(points, start, end, count)
    assert (found[0], found[-1]) == (start, end)
    assert len(found) == len(set(found)) <= max(count, 2)
    steps = np.linalg.norm(np.diff(points[found], axis=0), axis=1)
    assert (steps <= max(np.linalg.norm(points[end] - points[start]), ALIKE) + 1e-3).all()


def test_steps_are_even_and_what_lies_aside_is_left_out() -> None:
    line = np.column_stack([np.linspace(0, 1, 11), np.linspace(0, 1, 11)])
    points = np.concatenate([line, [[0.0, 1.0], [1.0, 0.0]]])
    assert even_path(points, 0, 10, 11) == list(range(11))
    assert even_path(points, 10, 0, 6) == [10, 8, 6, 4, 2, 0]
    assert even_path(points[[0, 5, 11, 12]], 0, 1, 9) == [0, 1]


def test_between_songs_that_feel_the_same_come_those_that_do_too() -> None:
    points = np.array([[0.5, 0.5]] * 6 + [[0.9, 0.9]])
    assert len(even_path(points, 2, 4, 4)) == 4
    assert sorted(even_path(points, 2, 4, 9)) == list(range(6))
