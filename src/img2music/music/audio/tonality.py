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

# Probe-tone ratings of Krumhansl & Kessler (1982), Psychological Review 89; Krumhansl (1990), p. 30.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


@dataclass(frozen=True, slots=True)
class Tonality:
    """Key and mode of a track."""

    key: int  # pitch class of the tonic, 0 = C to 11 = B
    mode: int  # 1 major, 0 minor


def spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Magnitude of each frame of an excerpt, shape (frames, bins)."""
    import scipy.fft

    if len(samples) < N_FFT:
        samples = np.pad(samples, (0, N_FFT - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    window = np.hanning(N_FFT).astype(np.float32)
    return np.asarray(np.abs(scipy.fft.rfft(frames * window, axis=-1)))


def chroma(magnitude: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum how much of each pitch class sounds in an excerpt, of its spectrum."""
    first, weights = _pitch_classes()
    root = np.sqrt(magnitude[:, first : first + weights.shape[1]])
    return np.asarray(np.einsum("ij,j->i", weights, root.sum(axis=0, dtype=np.float64)))


def tonality(pitch_classes: NDArray[np.float64]) -> Tonality | None:
    """Find the key whose profile the pitch classes follow best (Krumhansl & Schmuckler)."""
    centred = pitch_classes - pitch_classes.mean()
    norm = float(np.linalg.norm(centred))
    if not norm > 1e-6 * pitch_classes.sum():
        return None
    scores = np.array([[_correlation(centred, norm, np.roll(p, k)) for k in range(12)] for p in (MINOR, MAJOR)])
    mode, key = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return Tonality(int(key), int(mode))


def _correlation(centred: NDArray[np.float64], norm: float, profile: NDArray[np.float64]) -> float:
    other = profile - profile.mean()
    return float(centred @ other / (norm * np.linalg.norm(other)))


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
