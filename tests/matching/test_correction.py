"""Laws of the correction of readings: nothing without answers, closer to the truth with more, whatever their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from img2music.distribution import AffectDistribution
from img2music.matching.correction import Correction, Items

unit = st.floats(0.0, 1.0, width=32)
GENRES = st.sampled_from([frozenset(), frozenset({"jazz"}), frozenset({"rock"}), frozenset({"jazz", "rock"})])


def points(least: int = 1, most: int = 20):
    return st.integers(least, most).flatmap(lambda count: npst.arrays(np.float64, (count, 2), elements=unit))


@settings(max_examples=25, deadline=None)
@given(points())
def test_without_answers_every_reading_stays_as_it_is(read):
    nothing = Correction.fit(Items(np.empty((0, 2)), []), np.empty((0, 2)))
    assert np.array_equal(nothing.apply(Items(read)), read)
    assert np.array_equal(nothing.apply(Items(read, [frozenset({"jazz"})] * len(read))), read)
    sample = AffectDistribution.of(*read.T)
    assert np.array_equal(nothing.population(sample).valence, sample.valence)


@settings(max_examples=25, deadline=None)
@given(points())
def test_answers_that_agree_change_nothing(read):
    agreed = Correction.fit(Items(read), read)
    assert np.allclose(agreed.apply(Items(read)), read)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_order_does_not_matter(data):
    read = data.draw(points(2, 12))
    felt = data.draw(npst.arrays(np.float64, read.shape, elements=unit))
    groups = data.draw(st.lists(GENRES, min_size=len(read), max_size=len(read)))
    order = data.draw(st.permutations(range(len(read))))
    there = Items(read, groups)
    one = Correction.fit(there, felt)
    other = Correction.fit(Items(read[order], [groups[each] for each in order]), felt[order])
    assert np.allclose(one.apply(there), other.apply(there), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_results_are_affects(data):
    read = data.draw(points())
    felt = data.draw(npst.arrays(np.float64, read.shape, elements=unit))
    others = data.draw(points())
    found = Correction.fit(Items(read, [frozenset({"jazz"})] * len(read)), felt).apply(Items(others))
    assert ((found >= 0.0) & (found <= 1.0)).all()


def errors(count: int, seed: int) -> float:
    """How far corrected readings are off for somebody whose feelings are known, in songs that they did not judge."""
    chance = np.random.default_rng(seed)
    read = chance.uniform(0.2, 0.8, (400, 2))
    jazz = chance.uniform(size=400) < 0.5
    felt = np.clip(read + np.where(jazz[:, None], [0.25, -0.05], [0.1, -0.15]), 0.0, 1.0)
    said = np.clip(felt + chance.normal(0.0, 0.1, felt.shape), 0.0, 1.0)
    groups = [frozenset({"jazz" if each else "rock"}) for each in jazz.tolist()]
    found = Correction.fit(Items(read[:count], groups[:count]), said[:count]).apply(Items(read, groups))
    return float(np.abs(found - felt)[200:].mean())


@pytest.mark.parametrize("seed", range(3))
def test_more_answers_bring_it_closer_to_the_truth(seed):
    none, few, some, many = (errors(count, seed) for count in (0, 4, 20, 200))
    assert none > few > many
    assert some < none / 2
    assert many < 0.03


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_answers_at_random_move_readings_less_than_they_are_off(seed):
    chance = np.random.default_rng(seed)
    read, said = chance.uniform(0.3, 0.7, (60, 2)), chance.uniform(size=(60, 2))
    moved = Correction.fit(Items(read), said).apply(Items(read)) - read
    assert np.abs(moved).mean() < np.abs(said - read).mean()


def test_a_population_is_corrected_as_its_members_are():
    chance = np.random.default_rng(0)
    read = chance.uniform(0.3, 0.7, (300, 2))
    correction = Correction.fit(Items(read[:50]), np.clip(read[:50] * 0.7 + [0.25, 0.05], 0.0, 1.0))
    found = correction.population(AffectDistribution.of(*read.T))
    felt = AffectDistribution.of(*correction.apply(Items(read)).T)
    assert np.abs(found.valence - felt.valence).max() < 0.03
    assert np.abs(found.arousal - felt.arousal).max() < 0.03
