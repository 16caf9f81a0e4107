"""Positions in the space of the match."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.matching.calibration import Calibration, ranks_within, similarity
from img2music.options import MatchMode

POINTS = arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(2)),
    elements=st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])),
)


@given(POINTS)
def test_ranks_within_are_the_ranks_of_the_distribution(points: NDArray[np.float64]) -> None:
    expected = AffectDistribution.of(points[:, 0], points[:, 1]).ranks(points)
    assert ranks_within(points).tolist() == expected.tolist()


@given(POINTS, st.integers(0, 1))
def test_ranks_keep_the_order_and_average_a_half(points: NDArray[np.float64], axis: int) -> None:
    ranks = ranks_within(points)
    assert ranks.mean(axis=0) == pytest.approx([0.5, 0.5])
    order = np.argsort(points[:, axis])
    assert (np.diff(ranks[order, axis]) >= 0).all()
    same = points[:, axis][:, None] == points[:, axis]
    assert ((ranks[:, axis][:, None] == ranks[:, axis]) == same).all()


def test_relative_ranks_each_side_among_its_own() -> None:
    library = AffectDistribution.of([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8])
    photos = AffectDistribution.of([0.4, 0.6, 0.8, 0.9], [0.2, 0.4, 0.6, 0.7])
    relative = Calibration(MatchMode.RELATIVE, library)
    assert relative.place(Affect(0.85, 0.3), photos) == (0.75, 0.25)
    assert relative.place(Affect(0.25, 0.65), library) == (0.5, 0.5)
    points = np.array([[0.1, 0.8], [0.2, 0.7], [0.3, 0.6], [0.4, 0.5]])
    assert relative.place_library(points).tolist() == [[0.125, 0.875], [0.375, 0.625], [0.625, 0.375], [0.875, 0.125]]


def test_numbers_are_the_position_itself() -> None:
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    for matching in MatchMode:
        assert Calibration(matching, library).place(Affect(0.9, 1.0), None) == (0.9, 1.0)


def test_absolute_is_the_affect() -> None:
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    absolute = Calibration(MatchMode.ABSOLUTE, library)
    assert absolute.place(Affect(0.3, 0.9), library) == (0.3, 0.9)
    points = np.array([[0.4, 0.5], [0.5, 0.4]])
    assert absolute.place_library(points).tolist() == points.tolist()


def test_similarity_is_the_originals() -> None:
    assert similarity(0.0) == 1.0
    assert similarity(0.25) == 0.8
