"""Positions in the space of the match."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import MANY, AffectDistribution, midranks
from img2music.matching.calibration import (
    HEARD,
    Calibration,
    affect_at,
    affects_at,
    expected,
    ranks_within,
    similarity,
    targets,
)
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
    assert relative.index(points).positions(np.arange(4)).tolist() == [
        [0.125, 0.875],
        [0.375, 0.625],
        [0.625, 0.375],
        [0.875, 0.125],
    ]


def natural(spread: tuple[float, float] | None = None) -> AffectDistribution:
    sample = np.linspace(0.0, 1.0, 101)
    return AffectDistribution.of(sample, sample, spread)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_what_is_put_at_a_position_stands_there(valence: float, arousal: float) -> None:
    felt = affect_at((valence, arousal), natural())
    assert 0.0 <= min(felt.valence, felt.arousal) <= max(felt.valence, felt.arousal) <= 1.0
    there = targets([(felt.valence, felt.arousal)], natural(), (0.0, 0.0))[0]
    assert there == pytest.approx([valence, arousal], abs=0.03)  # a sample of 101 has steps


@pytest.mark.parametrize("spread", [None, (0.2, 0.1)])
def test_affects_stand_where_they_are_looked_for(spread: tuple[float, float] | None) -> None:
    points = np.random.default_rng(0).uniform(0.05, 0.95, (50, 2))
    assert affects_at(targets(points, natural(spread)), natural(spread)) == pytest.approx(points, abs=0.02)


def test_the_expected_rank_is_that_of_many_who_feel_differently() -> None:
    chance = np.random.default_rng(0)
    reading, r = 1.2, 0.6
    felt = r * reading + np.sqrt(1 - r**2) * chance.standard_normal(200_000)
    normal = NormalDist()
    assert normal.cdf(reading * float(expected(r))) == pytest.approx(np.mean([normal.cdf(x) for x in felt]), abs=0.005)


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_is_read_better_keeps_more(one: float, other: float) -> None:
    assert (expected(one) <= expected(other)) == (one <= other)
    assert 0.0 <= float(expected(one)) <= one


@given(POINTS, st.floats(0.01, 2), st.floats(0.01, 2))
def test_unsure_pictures_stand_nearer_to_the_middle(points: NDArray[np.float64], one: float, other: float) -> None:
    low, high = sorted((one, other))
    sure, unsure = (targets(points, natural(), (spread, spread)) for spread in (low, high))
    assert (np.abs(unsure - 0.5) <= np.abs(sure - 0.5) + 1e-9).all()
    assert ((sure - 0.5) * (unsure - 0.5) >= -1e-9).all()
    for axis in range(2):
        order = np.argsort(points[:, axis], kind="stable")
        assert (np.diff(sure[order, axis]) >= -1e-12).all()


def test_as_sure_as_songs_are_is_the_rank_itself() -> None:
    among = natural()
    spread = tuple(float(among.valence.std() * np.sqrt(1 / r**2 - 1)) for r in HEARD)
    points = np.array([[0.2, 0.9], [0.5, 0.5], [0.0, 1.0]])
    assert targets(points, among, (spread[0], spread[1])) == pytest.approx(among.ranks(points))
    assert targets(points, among).tolist() == among.ranks(points).tolist()
    assert targets(points, natural((0.3, 0.3))) == pytest.approx(targets(points, among, (0.3, 0.3)))


def test_numbers_are_the_position_itself() -> None:
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    for matching in MatchMode:
        assert Calibration(matching, library).place(Affect(0.9, 1.0), None) == (0.9, 1.0)


def test_absolute_is_the_affect() -> None:
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    absolute = Calibration(MatchMode.ABSOLUTE, library)
    assert absolute.place(Affect(0.3, 0.9), library) == (0.3, 0.9)
    points = np.array([[0.4, 0.5], [0.5, 0.4]])
    assert absolute.index(points).positions(np.arange(len(points))).tolist() == points.tolist()


def test_similarity_is_the_originals() -> None:
    assert similarity(0.0) == 1.0
    assert similarity(0.25) == 0.8


def test_the_region_of_a_reading_holds_what_is_felt_of_four_in_five_pictures() -> None:
    chance = np.random.default_rng(0)
    reading, spread = Affect(0.45, 0.6), (0.08, 0.05)
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    felt = chance.normal((reading.valence, reading.arousal), spread, (4000, 2))
    for mode in MatchMode:
        calibration = Calibration(mode, library)
        corners = np.array(calibration.region(reading, natural(), spread))
        assert ((corners >= 0) & (corners <= 1)).all()
        placed = felt if mode is MatchMode.ABSOLUTE else targets(felt, natural(), spread)
        assert np.mean([inside(point, corners) for point in placed]) == pytest.approx(0.8, abs=0.04)
        assert inside(np.array(calibration.place(reading, natural(), spread)), corners)


def inside(point: NDArray[np.float64], corners: NDArray[np.float64]) -> bool:
    """Whether sides are crossed an odd number of times on the way out to the right."""
    (x, y), ends = point, np.roll(corners, 1, axis=0)
    crossed = (corners[:, 1] > y) != (ends[:, 1] > y)
    start, end = corners[crossed], ends[crossed]
    at = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return bool(np.count_nonzero(at > x) % 2)


def test_a_reading_beyond_the_rim_of_the_scale_stays_on_it() -> None:
    library = AffectDistribution.of([0.4, 0.5], [0.4, 0.5])
    corners = np.array(Calibration(MatchMode.ABSOLUTE, library).region(Affect(0.95, 0.5), None, (0.2, 0.1)))
    assert corners[:, 0].max() == 1.0


def test_many_ranks_are_those_of_each() -> None:
    sample, values = np.sort(np.random.default_rng(2).random(50).round(1)), np.random.default_rng(3).random(MANY + 1)
    assert midranks(values, sample)[:100].tolist() == midranks(values[:100], sample).tolist()
