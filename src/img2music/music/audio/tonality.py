"""Key and mode, from how much of each pitch class sounds."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import SAMPLE_RATE

N_FFT = 8192  # half a second: semitones are apart from A2 up
HOP = 4096
LOWEST, HIGHEST = 65.0, 2100.0  # hertz: C2 to C7
HIGHEST_OF_KEY = 1050.0  # hertz: C6, above which there are more overtones than notes
CONCERT_PITCH = 440.0
SHARPNESS = 0.25  # semitones: standard deviation of a pitch class around its frequency
FINE = 10  # parts of a semitone by which a tuning is told
QUIET = 0.01  # share of the strongest frame that is added to each before frames are made to count alike

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
class Key:
    """Key of a track."""

    key: int  # pitch class of the tonic, 0 = C to 11 = B
    mode: int  # 1 major, 0 minor


def spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root of the magnitude of each frame of an excerpt, from `LOWEST` to `HIGHEST`, shape (frames, bins)."""
    import scipy.fft

    if len(samples) < N_FFT:
        samples = np.pad(samples, (0, N_FFT - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    window = np.hanning(N_FFT).astype(np.float32)
    pitch = _pitch()
    first = _first()
    return np.asarray(np.sqrt(np.abs(scipy.fft.rfft(frames * window, axis=-1)[:, first : first + len(pitch)])))


def chroma(magnitude: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum how much of each pitch class sounds in an excerpt, of its spectrum."""
    return np.asarray(np.einsum("ij,j->i", _pitch_classes(), magnitude.sum(axis=0, dtype=np.float64)))


def majorness(pitch_classes: NDArray[np.float64]) -> float:
    """Correlation with the ratings of the best major key less those of the best minor key, in [-2, 2]."""
    ratings = _correlations(pitch_classes, RATINGS)
    return 0.0 if ratings is None else float(ratings[1].max() - ratings[0].max())


def pitches(magnitude: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much of each tenth of a semitone sounds in each frame of an excerpt, in any octave, shape (frames, 120)."""
    weights = _fine_pitch_classes()
    return np.asarray((weights @ magnitude[:, : weights.shape[1]].T.astype(np.float64)).T)


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
    scores = _correlations(np.roll(heard.ravel(), -tuning)[::FINE], PROFILES)
    if scores is None:
        return None
    mode, tonic = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return Key(int(tonic), int(mode))


def _correlations(pitch_classes: NDArray[np.float64], profiles: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Correlation of pitch classes with the profile of each mode in each key, shape (2, 12); None if all are alike."""
    centred = pitch_classes - pitch_classes.mean()
    norm = float(np.linalg.norm(centred))
    if not norm > 1e-6 * pitch_classes.sum():
        return None
    shapes = profiles - profiles.mean(axis=1, keepdims=True)
    shapes /= norm * np.linalg.norm(shapes, axis=1, keepdims=True)
    return np.array([[centred @ np.roll(shape, tonic) for tonic in range(12)] for shape in shapes])


@lru_cache(maxsize=1)
def _first() -> int:
    """Lowest bin of the FFT that is used."""
    return int(np.ceil(LOWEST * N_FFT / SAMPLE_RATE))


@lru_cache(maxsize=1)
def _pitch() -> NDArray[np.float64]:
    """Semitones above C of each bin that is used."""
    frequencies = np.arange(_first(), int(HIGHEST * N_FFT / SAMPLE_RATE) + 1) * SAMPLE_RATE / N_FFT
    return np.asarray(12 * np.log2(frequencies / CONCERT_PITCH) + 9)


@lru_cache(maxsize=1)
def _pitch_classes() -> NDArray[np.float64]:
    """Weight of each bin for each pitch class."""
    return _weights(_pitch(), np.arange(12))


@lru_cache(maxsize=1)
def _fine_pitch_classes() -> Any:
    """Weight of each bin for each tenth of a semitone; sparse, so that the product adds in one fixed order."""
    from scipy.sparse import csr_array

    pitch = _pitch()
    weights = _weights(pitch[pitch <= 12 * np.log2(HIGHEST_OF_KEY / CONCERT_PITCH) + 9], np.arange(12 * FINE) / FINE)
    return csr_array(np.where(weights > 1e-3 * weights.max(), weights, 0.0))


def _weights(pitch: NDArray[np.float64], classes: NDArray[Any]) -> NDArray[np.float64]:
    away = (pitch[np.newaxis] - classes[:, np.newaxis] + 6) % 12 - 6
    weights = np.exp(-0.5 * (away / SHARPNESS) ** 2) / 2 ** (pitch / 12)  # bins a semitone grow with frequency
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))  # an even noise sounds alike in all classes
