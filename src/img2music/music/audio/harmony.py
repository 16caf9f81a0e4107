"""Mode and clarity of key of a window, from the partials that stand out."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import SAMPLE_RATE
from img2music.music.audio.tonality import CONCERT_PITCH, N_FFT

LOWEST, HIGHEST_PITCH, HIGHEST = 65.0, 2100.0, 4000.0  # hertz: C2, C7, and the highest partials that compete
SHARPNESS = 0.25  # semitones: standard deviation of a pitch class around its frequency
PARTIALS = 24  # of a frame, the strongest
BLOCK = 8  # bins

# Shares of segments that hold each degree, in 46 excerpts from Kostka & Payne: Temperley (2007), Music and Probability,
# chapter 6. Unlike ratings of probe tones they set major and minor apart.
MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)


@dataclass(frozen=True, slots=True)
class Harmony:
    """Measures of one window. Neither mode nor clarity changes with its gain."""

    mode: float  # correlation with the best major key less that with the best minor key, in [-2, 2]
    clarity: float  # correlation with the best key of either mode, in [-1, 1]
    weight: float  # sum over frames of the root of the amplitude, by which the window counts in its track


def harmony(magnitude: NDArray[np.float32]) -> Harmony:
    """Measure a window of some seconds, of its `tonality.spectrum`."""
    lowest, highest, classes, keys = _tables()
    band = magnitude[:, lowest:highest]
    inner = band[:, 2:-2]
    # The strongest of some blocks of bins: the bins themselves would take much longer to sort.
    blocks = inner[:, : inner.shape[1] // BLOCK * BLOCK].reshape(len(inner), -1, BLOCK).max(axis=2)
    stands_out = inner >= np.partition(blocks, -PARTIALS, axis=1)[:, [-PARTIALS]]
    for neighbour in (band[:, :-4], band[:, 1:-3], band[:, 3:-1], band[:, 4:]):
        stands_out &= inner >= neighbour
    partials = np.where(stands_out, inner, np.float32(0))[:, : classes.shape[1]]
    # einsum adds in one fixed order; BLAS doesn't promise that.
    pitch_classes = np.einsum("kj,j->k", classes, np.sqrt(partials).sum(axis=0, dtype=np.float64))
    centred = pitch_classes - pitch_classes.mean()
    scores = np.einsum("mkc,c->mk", keys, centred) / max(float(np.sqrt(np.square(centred).sum())), 1e-12)
    minor, major = scores.max(axis=1).tolist()
    weight = float(np.sqrt(magnitude.sum(axis=1, dtype=np.float64)).sum())
    return Harmony(mode=major - minor, clarity=max(major, minor), weight=weight)


@lru_cache(maxsize=1)
def _tables() -> tuple[int, int, NDArray[np.float64], NDArray[np.float64]]:
    """First bin and that behind the last, how much each belongs to each pitch class, and the profile of each key.

    Profiles have shape (2, 12, 12), minor before major, and unit length around their mean. Two bins at each end have
    no neighbours to stand out of.
    """
    frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLE_RATE)
    lowest, highest_pitch, highest = np.searchsorted(frequencies, [LOWEST, HIGHEST_PITCH, HIGHEST]).tolist()
    pitch = 12 * np.log2(frequencies[lowest + 2 : highest_pitch] / CONCERT_PITCH) + 9  # semitones above C
    away = (pitch - np.arange(12)[:, np.newaxis] + 6) % 12 - 6
    profiles = np.array([MINOR, MAJOR])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    keys = np.array([[np.roll(profile, key) for key in range(12)] for profile in profiles])
    return lowest, highest, np.exp(-0.5 * (away / SHARPNESS) ** 2), keys
