"""Key and mode, from how much of each pitch class sounds."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import SAMPLE_RATE

N_FFT = 8192  # half a second: semitones are apart from A2 up
HOP = 4096
LOWEST, HIGHEST = 65.0, 2100.0  # hertz: C2 to C7
CONCERT_PITCH = 440.0
SHARPNESS = 0.25  # semitones: standard deviation of a pitch class around its frequency

PROFILES = np.array([
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
])  # fmt: skip
"""Shares of pitch classes in minor and in major pieces: Albrecht & Shanahan (2013), Music Perception 31, 59-67."""
RATINGS = np.array([
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
])  # fmt: skip
"""Probe-tone ratings in minor and in major keys: Krumhansl & Kessler (1982), Psychological Review 89, 334-368."""


@dataclass(frozen=True, slots=True)
class Tonality:
    """Key and mode of a track."""

    key: int  # pitch class of the tonic, 0 = C to 11 = B
    mode: int  # 1 major, 0 minor
    majorness: float  # correlation with the ratings of the best major key less those of the best minor, in [-2, 2]


def chroma(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum how much of each pitch class sounds in an excerpt."""
    import scipy.fft

    if len(samples) < N_FFT:
        samples = np.pad(samples, (0, N_FFT - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    window = np.hanning(N_FFT).astype(np.float32)
    first, weights = _pitch_classes()
    spectrum = scipy.fft.rfft(frames * window, axis=-1)[:, first : first + weights.shape[1]]
    magnitude = np.sqrt(np.abs(spectrum))
    return np.asarray(np.einsum("ij,j->i", weights, magnitude.sum(axis=0, dtype=np.float64)))


def tonality(pitch_classes: NDArray[np.float64]) -> Tonality | None:
    """Find the key whose profile the pitch classes follow best (Krumhansl & Schmuckler)."""
    centred = pitch_classes - pitch_classes.mean()
    norm = float(np.linalg.norm(centred))
    if not norm > 1e-6 * pitch_classes.sum():
        return None
    scores, ratings = (_correlations(centred / norm, each) for each in (PROFILES, RATINGS))
    mode, key = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return Tonality(int(key), int(mode), float(ratings[1].max() - ratings[0].max()))


def _correlations(unit: NDArray[np.float64], profiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of pitch classes with the profile of each mode in each key, shape (2, 12)."""
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    return np.array([[unit @ np.roll(profile, key) for key in range(12)] for profile in centred])


@lru_cache(maxsize=1)
def _pitch_classes() -> tuple[int, NDArray[np.float64]]:
    """Index of the lowest FFT bin used, and each bin's weight for each pitch class."""
    frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLE_RATE)
    used = np.flatnonzero((frequencies >= LOWEST) & (frequencies <= HIGHEST))
    pitch = 12 * np.log2(frequencies[used] / CONCERT_PITCH) + 9  # semitones above C
    away = (pitch[np.newaxis] - np.arange(12)[:, np.newaxis] + 6) % 12 - 6
    weights = np.exp(-0.5 * (away / SHARPNESS) ** 2) / frequencies[used]  # bins a semitone grow with frequency
    weights /= weights.sum(axis=1, keepdims=True)  # an even noise sounds alike in all classes
    return int(used[0]), weights
