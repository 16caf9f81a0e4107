"""Key and mode, from how much of each pitch class sounds."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import SAMPLE_RATE

N_FFT = 8192  # half a second: semitones are apart from A2 up
HOP = 4096
LOWEST, HIGHEST = 65.0, 1050.0  # hertz: C2 to C6, above which there are more overtones than notes
CONCERT_PITCH = 440.0
SHARPNESS = 0.25  # semitones: standard deviation of a pitch class around its frequency
FINE = 10  # parts of a semitone by which a tuning is told
QUIET = 0.01  # share of the strongest frame that is added to each before frames are made to count alike

PROFILES = np.array([
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
])  # fmt: skip
"""Shares of pitch classes in minor and in major pieces: Albrecht & Shanahan (2013), Music Perception 31, 59-67."""


@dataclass(frozen=True, slots=True)
class Key:
    """Key of a track."""

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


def pitches(magnitude: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much of each tenth of a semitone sounds in each frame of an excerpt, in any octave, shape (frames, 120)."""
    first, weights = _pitch_classes()
    root = np.sqrt(magnitude[:, first : first + weights.shape[1]])
    return np.asarray((weights @ root.T.astype(np.float64)).T)


def key(frames: NDArray[np.float64]) -> Key | None:
    """Find the key whose profile the pitches follow best (Krumhansl & Schmuckler); None where all sound alike.

    All frames but the quietest count alike, and pitch classes lie where the track is tuned to.
    """
    strength = frames.sum(axis=1)
    if not strength.max(initial=0.0) > 0.0:
        return None
    heard = (frames / (strength + QUIET * strength.max())[:, np.newaxis]).sum(axis=0).reshape(12, FINE)
    turn = np.exp(2j * np.pi * np.arange(FINE) / FINE)
    tuning = round(float(np.angle(heard.sum(axis=0) @ turn)) / (2 * np.pi) * FINE)
    pitch_classes = np.roll(heard.ravel(), -tuning)[::FINE]
    centred = pitch_classes - pitch_classes.mean()
    if not float(np.linalg.norm(centred)) > 1e-6 * pitch_classes.sum():
        return None
    shapes = PROFILES - PROFILES.mean(axis=1, keepdims=True)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    scores = np.array([[centred @ np.roll(shape, tonic) for tonic in range(12)] for shape in shapes])
    mode, tonic = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return Key(int(tonic), int(mode))


@lru_cache(maxsize=1)
def _pitch_classes() -> tuple[int, Any]:
    """Lowest bin of the FFT that is used, and how much each bin belongs to each tenth of a semitone.

    The weights are sparse, so that the product adds in one fixed order.
    """
    from scipy.sparse import csr_array

    frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLE_RATE)
    used = np.flatnonzero((frequencies >= LOWEST) & (frequencies <= HIGHEST))
    pitch = 12 * np.log2(frequencies[used] / CONCERT_PITCH) + 9  # semitones above C
    away = (pitch - np.arange(12 * FINE)[:, np.newaxis] / FINE + 6) % 12 - 6
    weights = np.exp(-0.5 * (away / SHARPNESS) ** 2) / frequencies[used]  # bins a semitone grow with frequency
    weights /= weights.sum(axis=1, keepdims=True)  # an even noise sounds alike in all classes
    return int(used[0]), csr_array(np.where(weights > 1e-3 * weights.max(), weights, 0.0))
