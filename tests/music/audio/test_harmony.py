"""Mode and clarity of key against known answers and laws."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.music.audio.harmony import Harmony, harmony
from img2music.music.audio.tonality import spectrum
from tests.support.sounds import chords, noise

MAJOR = [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)]
MINOR = [(0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7)]  # with its leading note, as it is played


def heard(samples: np.ndarray) -> Harmony:
    return harmony(spectrum(samples))


def moved(progression: list[tuple[int, ...]], steps: int) -> list[tuple[int, ...]]:
    return [tuple(pitch + steps for pitch in chord) for chord in progression]


@settings(deadline=None, max_examples=12)
@given(steps=st.integers(-9, 9))
def test_major_is_told_from_minor_in_every_key(steps: int) -> None:
    major, minor = (heard(chords(moved(progression, steps))[0]) for progression in (MAJOR, MINOR))
    assert major.mode > 0.1
    assert minor.mode < -0.1
    assert min(major.clarity, minor.clarity) > 0.6


@settings(deadline=None, max_examples=12)
@given(decibels=st.floats(-60, 12))
def test_gain_changes_nothing(decibels: float) -> None:
    sound = chords(MAJOR)[0] + noise(4, 16_000, 0.01)[0]
    plain, changed = heard(sound), heard(sound * np.float32(10 ** (decibels / 20)))
    assert astuple(replace(changed, weight=0)) == pytest.approx(astuple(replace(plain, weight=0)), abs=1e-4)


def test_a_key_is_clearer_than_a_cluster() -> None:
    cluster = heard(chords([tuple(range(36))] * 4)[0])
    assert heard(chords(MAJOR)[0]).clarity > cluster.clarity + 0.3


@pytest.mark.parametrize("samples", [0, 100, 8192, 20_000])
def test_silence_has_numbers(samples: int) -> None:
    assert all(np.isfinite(astuple(heard(np.zeros(samples, np.float32)))))
