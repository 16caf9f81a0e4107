"""Exact search equals brute force, ties, masks and ranks included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.library.search import GRID_COST, AffectIndex

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
def test_equals_brute_force_with_and_without_the_grid(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 120))
    points = data.draw(arrays(np.float64, (n, 2), elements=COORDINATES))
    point = data.draw(arrays(np.float64, (2,), elements=COORDINATES))
    k = data.draw(st.integers(0, n + 2))
    mask = data.draw(st.one_of(st.none(), arrays(np.bool_, (n,))))
    among = AffectDistribution.of(*points.T) if n and data.draw(st.booleans()) else None
    index = AffectIndex(points, among)
    expected = brute(points if among is None else among.ranks(points), point, k, mask)
    for _ in ("scan", "grid"):
        indices, distances = index.nearest(point, k, mask)
        assert (indices.tolist(), distances.tolist()) == expected
        index.build()


@pytest.mark.parametrize("grid", [None, 50, 3])
@pytest.mark.parametrize("share", [None, 0.9, 0.2, 0.01, 0.0])
@pytest.mark.parametrize("ranked", [False, True])
def test_equals_brute_force_in_a_large_library(grid: int | None, share: float | None, *, ranked: bool) -> None:
    rng = np.random.default_rng(7)
    points = rng.beta(3, 7, (20_000, 2))
    if grid:
        points = np.round(points * grid) / grid
    mask = None if share is None else rng.random(len(points)) < share
    among = AffectDistribution.of(*points.T) if ranked else None
    scanning, looking = AffectIndex(points, among), AffectIndex(points, among)
    looking.build()
    if among is not None:
        points = among.ranks(points)
    assert looking.positions(slice(None)).tolist() == points.tolist()
    for point in rng.random((10, 2)):
        distance = np.sqrt((points[:, 0] - point[0]) ** 2 + (points[:, 1] - point[1]) ** 2)
        if mask is not None:
            distance[~mask] = np.inf
        expected = np.lexsort((np.arange(len(points)), distance))[:10]
        expected = expected[np.isfinite(distance[expected])]
        for index in (scanning, looking):
            indices, distances = index.nearest(point, 10, mask)
            assert indices.tolist() == expected.tolist()
            assert distances.tolist() == distance[expected].tolist()


def test_builds_the_grid_only_when_it_pays() -> None:
    index = AffectIndex(np.random.default_rng(1).random((500, 2)))
    answers = [index.nearest((0.3, 0.6), 5)[0].tolist() for _ in range(GRID_COST)]
    assert index._grid is None
    answers.append(index.nearest((0.3, 0.6), 5)[0].tolist())
    assert index._grid is not None
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
