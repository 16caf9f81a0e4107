import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from img2music.soundtrack.mastering import (
    CELL,
    MOST_GAIN,
    STEP_SAMPLES,
    PowerMeter,
    TruePeakMeter,
    gain_curve,
    limiter,
    loudness,
    mastered,
    measure,
)
from tests.support.soundtracks import RATE, Sound, metered

STEREO = ("FL", "FR")
FIVE_ONE = ("FL", "FR", "FC", "LFE", "BL", "BR")


def blocks(sound: Sound) -> list[Sound]:
    return [sound[first : first + RATE] for first in range(0, len(sound), RATE)]


def made(sound: Sound, target: float, peak: float, layout: tuple[str, ...] = STEREO) -> list[Sound]:
    return list(mastered(blocks(sound), gain_curve(measure(blocks(sound), layout), target, peak)))


def drums(seconds: float, level: float, channels: int = 2) -> Sound:
    """Hits over soft noise."""
    chance = np.random.default_rng(5)
    sound = chance.normal(0, 0.1, (round(seconds * RATE), channels))
    decay = np.exp(-np.arange(RATE // 4) / (RATE / 50))
    for hit in range(0, len(sound) - RATE // 4, RATE // 3):
        sound[hit : hit + RATE // 4] += chance.normal(0, 1.0, (RATE // 4, channels)) * decay[:, None] * 0.5
    smooth = np.apply_along_axis(np.convolve, 0, sound, np.ones(3) / 3, mode="same")  # music has little at 24 kHz
    return (level * smooth).astype(np.float32)


@pytest.mark.parametrize(("name", "layout"), [("stereo", STEREO), ("5.1", FIVE_ONE)])
def test_loudness_and_true_peak_are_those_that_libav_measures(name: str, layout: tuple[str, ...]) -> None:
    sound = drums(8.3, 0.2, len(layout))
    sound[3 * RATE : 4 * RATE] *= 0.01
    meter = PowerMeter(layout)
    own = loudness(np.concatenate([meter.add(block, STEP_SAMPLES) for block in blocks(sound)]))
    peaks = TruePeakMeter(len(layout))
    peak = max(float(peaks.add(block, CELL).max()) for block in blocks(sound))
    theirs = metered(blocks(sound), name)
    assert own == pytest.approx(theirs[0], abs=0.1)
    assert 20 * np.log10(peak) == pytest.approx(theirs[1], abs=0.2)


def test_a_peak_between_samples_is_seen() -> None:
    time = np.arange(RATE)
    wave = (0.5 * np.sin(2 * np.pi * time / 4 + np.pi / 4)).astype(np.float32)[:, None]  # samples are 3 dB lower
    assert np.abs(wave).max() < 0.36
    assert TruePeakMeter(1).add(wave, CELL)[10:-10].max() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("target", [-23.0, -16.0, -14.0])
@pytest.mark.parametrize("level", [0.3, 1.5])
def test_the_result_is_as_loud_as_asked_and_nowhere_too_loud(target: float, level: float) -> None:
    result = made(drums(9.0, level), target, -1.0)
    heard, peak = metered(result)
    assert heard == pytest.approx(target, abs=0.3)
    assert peak <= -1.5


def test_the_limiter_is_silent_where_there_is_nothing_to_limit() -> None:
    sound = (0.1 * np.sin(np.arange(5 * RATE) / 20)).astype(np.float32)[:, None].repeat(2, axis=1)
    curve = gain_curve(measure(blocks(sound), STEREO), -16.0, -1.0)
    assert np.ptp(curve) == 0.0


@given(
    st.lists(st.floats(-80.0, 20.0, width=32), min_size=1, max_size=300), st.floats(-20.0, 0.0), st.floats(10.0, 2000.0)
)
@settings(max_examples=100)
def test_no_cell_is_over_the_ceiling(peaks: list[float], ceiling: float, release: float) -> None:
    levels = np.array(peaks, dtype=np.float32)
    gain = limiter(levels, ceiling, release)
    after = np.append(gain[1:], gain[-1])
    assert gain.max() <= 0.0
    assert (levels + np.maximum(gain, after)).max() <= ceiling + 1e-4 or (levels <= ceiling).all()


@pytest.mark.parametrize("samples", [0, 1, 47, 48, 1000, 19_000, 48_001])
def test_short_sounds_keep_their_length(samples: int) -> None:
    sound = np.full((samples, 2), 0.1, dtype=np.float32)
    result = made(sound, -16.0, -1.0)
    assert sum(map(len, result)) == samples
    assert all(np.isfinite(block).all() for block in result)


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_stays_silence(level: float) -> None:
    noise: NDArray[np.float32] = np.random.default_rng(2).normal(0, level, (4 * RATE, 2)).astype(np.float32)
    result = np.concatenate(made(noise, -16.0, -1.0))
    assert np.abs(result).max() <= np.abs(noise).max() * 10 ** (MOST_GAIN / 20) * 1.001
