import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from img2music.music.audio.loudness import STEP
from img2music.soundtrack.ducking import DEEPEST, DOWN, UP, active, ducking
from img2music.soundtrack.metering import STEP_SAMPLES, PowerMeter, in_lufs
from tests.soundtracks import Sound, talk

MUSIC = 10 ** ((-16 + 0.691) / 10)


def powers(sound: Sound) -> NDArray[np.float64]:
    return PowerMeter(("FC",)).add(sound.T, STEP_SAMPLES)


def test_music_lies_beneath_speech_and_comes_back_after_it() -> None:
    spans = ((10.0, 16.0), (17.0, 22.0), (40.0, 50.0))
    own = powers(talk(70.0, spans, noise=0.002))
    gain = ducking(own, np.full(len(own), MUSIC))[:-1]
    time = np.arange(len(gain)) * STEP
    for start, end in spans:
        within = (time >= start) & (time < end)
        apart = in_lufs(own[within].mean()) - in_lufs((MUSIC * 10 ** (gain[within] / 10)).mean())
        assert 12.0 < apart < 17.0
        assert np.ptp(gain[within]) < 3.0  # it does not move while someone speaks
    assert gain[(time >= 16) & (time < 17)].max() < -6.0  # nor between two sentences
    assert not gain[(time < 8.0) | ((time > 27.0) & (time < 38.0)) | (time > 55.0)].any()


@pytest.mark.parametrize("level", [0.001, 0.03, 0.3])
def test_noise_that_goes_on_lowers_nothing(level: float) -> None:
    own = powers(np.random.default_rng(1).normal(0, level, (1, 48_000 * 60)).astype(np.float32))
    assert not active(own).any()
    assert not ducking(own, np.full(len(own), MUSIC)).any()


def test_noise_that_begins_is_got_used_to() -> None:
    own = powers(np.random.default_rng(1).normal(0, 0.05, (1, 48_000 * 200)).astype(np.float32))
    own[:500] *= 1e-4  # 50 s
    gain = ducking(own, np.full(len(own), MUSIC))
    assert gain[520:600].max() < -5.0
    assert not gain[1000:].any()


def test_speech_in_noise_is_found() -> None:
    spans = ((10.0, 16.0), (22.0, 30.0), (38.0, 50.0))
    own = powers(talk(60.0, spans, level=0.2, noise=0.03))
    heard = active(own)
    time = np.arange(len(own)) * STEP
    speaking = np.any([(time >= start) & (time < end) for start, end in spans], axis=0)
    assert heard[speaking].mean() > 0.7
    assert heard[~speaking].mean() < 0.05


def test_silence_lowers_nothing() -> None:
    assert not ducking(np.zeros(100), np.full(100, MUSIC)).any()
    assert not ducking(np.full(100, MUSIC), np.zeros(100)).any()
    assert ducking(np.zeros(0), np.zeros(0)).shape == (1,)


@given(
    own=arrays(np.float64, 200, elements=st.sampled_from([0.0, 1e-7, 1e-5, 1e-3, 0.02, 0.3])),
    music=st.floats(0.0, 1.0),
)
@settings(max_examples=50)
def test_gain_is_bounded_and_smooth(own: NDArray[np.float64], music: float) -> None:
    gain = ducking(own, np.full(len(own), music))
    assert len(gain) == len(own) + 1
    assert gain.min() >= DEEPEST - 1e-9
    assert gain.max() <= 1e-9
    assert np.diff(gain).max() <= UP * STEP + 1e-9
    assert np.diff(gain).min() >= -DOWN * STEP - 1e-9
