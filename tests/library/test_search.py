"""Exact search equals brute force, ties and masks included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from img2music.errors import UsageError
from img2music.library.search import TREE_COST, AffectIndex

COORDINATES = st.one_of(
    st.floats(0, 1, width=32),
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),  # a coarse grid, so that ties abound
)


def brute(
    points: NDArray[np.float64], point: NDArray[np.float64], k: int, mask: NDArray[np.bool_] | None
) -> tuple[list[int], list[float]]:
    """Sort every allowed point by distance, then by index."""
    allowed = range(len(points)) if mask is None else [i for i in range(len(points)) if mask[i]]
    distance = {}
    for i in allowed:
        dx, dy = points[i] - point
        distance[i] = float(np.sqrt(dx * dx + dy * dy))
    order = sorted(allowed, key=lambda i: (distance[i], i))[:k]
    return order, [distance[i] for i in order]


@pytest.mark.slow
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_equals_brute_force_with_and_without_the_tree(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 120))
    points = data.draw(arrays(np.float64, (n, 2), elements=COORDINATES))
    point = data.draw(arrays(np.float64, (2,), elements=COORDINATES))
    k = data.draw(st.integers(0, n + 2))
    mask = data.draw(st.one_of(st.none(), arrays(np.bool_, (n,))))
    index = AffectIndex(points)
    expected = brute(points, point, k, mask)
    for _ in ("scan", "tree"):
        indices, distances = index.nearest(point, k, mask)
        assert (indices.tolist(), distances.tolist()) == expected
        index.build()


@pytest.mark.parametrize("grid", [None, 50, 3])
@pytest.mark.parametrize("share", [None, 0.9, 0.2, 0.01, 0.0])
def test_equals_brute_force_in_a_large_library(grid: int | None, share: float | None) -> None:
    rng = np.random.default_rng(7)
    points = rng.random((20_000, 2))
    if grid:
        points = np.round(points * grid) / grid
    mask = None if share is None else rng.random(len(points)) < share
    scanning, descending = AffectIndex(points), AffectIndex(points)
    descending.build()
    for point in rng.random((10, 2)):
        distance = np.sqrt((points[:, 0] - point[0]) ** 2 + (points[:, 1] - point[1]) ** 2)
        if mask is not None:
            distance[~mask] = np.inf
        expected = np.lexsort((np.arange(len(points)), distance))[:10]
        expected = expected[np.isfinite(distance[expected])]
        for index in (scanning, descending):
            indices, distances = index.nearest(point, 10, mask)
            assert indices.tolist() == expected.tolist()
            assert distances.tolist() == distance[expected].tolist()


def test_builds_the_tree_only_when_it_pays() -> None:
    index = AffectIndex(np.random.default_rng(1).random((500, 2)))
    answers = [index.nearest((0.3, 0.6), 5)[0].tolist() for _ in range(TREE_COST)]
    assert index._tree is None
    answers.append(index.nearest((0.3, 0.6), 5)[0].tolist())
    assert index._tree is not None
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("points", [[[0.1, float("nan")]], [[0.1, 0.2, 0.3]], [0.1, 0.2]])
def test_refuses_points_that_are_none(points: list[object]) -> None:
    with pytest.raises(UsageError):
        AffectIndex(points)


def test_refuses_questions_without_sense() -> None:
    index = AffectIndex([[0.1, 0.2]])
    with pytest.raises(UsageError):
        index.nearest((float("nan"), 0.5), 1)
    with pytest.raises(UsageError):
        index.nearest((0.5, 0.5), -1)
    with pytest.raises(UsageError):
        index.nearest((0.5, 0.5), 1, np.ones(2, dtype=bool))
