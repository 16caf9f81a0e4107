import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.research.songs.blending import LEAST, shares_of, worth_keeping


def made(songs, noises, seed=0):
    random = np.random.default_rng(seed)
    target = random.random(songs)
    return target[:, None] + random.normal(0, 1, (songs, len(noises))) * noises, target


@given(st.integers(1, 200), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_shares_are_a_mean(songs, regressors, seed):
    random = np.random.default_rng(seed)
    shares = shares_of(random.random((songs, regressors)), random.random(songs))
    assert shares.shape == (regressors,)
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)


def test_the_better_a_regressor_the_greater_its_share():
    predicted, target = made(3000, [0.05, 0.1, 0.5])
    shares = shares_of(predicted, target)
    assert shares[0] > shares[1] > shares[2]
    blended = np.mean((predicted @ shares - target) ** 2)
    assert blended < np.mean((predicted[:, 0] - target) ** 2) * 0.95


def test_regressors_that_are_alike_share_alike():
    predicted, target = made(500, [0.1])
    assert shares_of(np.repeat(predicted, 4, axis=1), target) == pytest.approx([0.25] * 4)
    assert shares_of(np.repeat(target[:, None], 2, axis=1), target) == pytest.approx([0.5, 0.5])


def test_of_few_songs_little_is_concluded():
    few, many = (shares_of(*made(songs, [0.1, 0.2, 0.2, 0.2], seed=3)) for songs in (10, 10_000))
    assert abs(few - 0.25).max() < abs(many - 0.25).max()


def test_what_hardly_helps_is_dropped():
    predicted, target = made(3000, [0.05, 3.0, 0.05, 3.0])
    kept = worth_keeping(predicted, target)
    assert kept == [0, 2]
    assert shares_of(predicted[:, kept], target).min() >= LEAST
    assert worth_keeping(predicted[:, :1], target) == [0]
