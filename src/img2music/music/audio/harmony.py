"""What harmony and timbre say of valence: mode, clarity of key, tonalness, change of harmony, brightness."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import SAMPLE_RATE

N_FFT = 8192  # half a second: semitones are apart from A2 up
HOP = 4096
LOWEST, HIGHEST_CHROMA, HIGHEST = 65.0, 2100.0, 4000.0  # hertz: C2, C7, and where partials end
CONCERT_PITCH = 440.0
SHARPNESS = 0.25  # semitones: standard deviation of a pitch class around its frequency
PARTIALS = 24  # of a frame, the strongest
BLOCK = 8  # bins
BRIGHT = 3000.0  # hertz; more power above it sounds bright (Juslin 2000, JEP: Human Perception and Performance 26)
LEAST_BRIGHTNESS = 1e-6

# Shares of segments that hold each degree, in the pieces of Kostka & Payne's book: Temperley (2007), Music and
# Probability, p. 85. Unlike ratings of probe tones they set major and minor apart.
MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)


@dataclass(frozen=True, slots=True)
class Harmony:
    """Measures of one window. None of them changes with its gain."""

    mode: float  # correlation with the best major key less that with the best minor key, in [-2, 2]
    clarity: float  # correlation with the best key of either mode, in [-1, 1]
    tonalness: float  # share of the power that lies in partials, in [0, 1]
    change: float  # distance from frame to frame in tonal space, at least 0
    brightness: float  # logarithm of the share of power above `BRIGHT`
    weight: float  # amplitude, by which the window counts in its track


def harmony(samples: NDArray[np.float32]) -> Harmony:
    """Measure a window of some seconds.

    Frames count by the root of their amplitude. Change is the harmonic change detection function of Harte, Sandler &
    Gasser (2006, "Detecting harmonic change in musical audio", AMCMM), averaged.
    """
    import scipy.fft

    if len(samples) < N_FFT:
        samples = np.pad(samples, (0, N_FFT - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    spectrum = np.abs(scipy.fft.rfft(frames * np.hanning(N_FFT).astype(np.float32), axis=-1))
    bins = _bins()
    amplitude = np.sqrt(spectrum.sum(axis=1, dtype=np.float64))
    weight = float(amplitude.sum())
    if not weight > 0:
        return Harmony(0.0, 0.0, 0.0, 0.0, float(np.log(LEAST_BRIGHTNESS)), 0.0)
    share = amplitude / weight
    band = spectrum[:, bins.lowest : bins.highest]
    inner = band[:, 2:-2]
    # The strongest of some blocks of bins: the bins themselves would take much longer to sort.
    blocks = inner[:, : inner.shape[1] // BLOCK * BLOCK].reshape(len(inner), -1, BLOCK).max(axis=2)
    stands_out = inner >= np.partition(blocks, -PARTIALS, axis=1)[:, [-PARTIALS]]
    for neighbour in (band[:, :-4], band[:, 1:-3], band[:, 3:-1], band[:, 4:]):
        stands_out &= inner >= neighbour
    partials = np.where(stands_out, inner, np.float32(0))
    chroma = np.einsum("ij,kj->ik", np.sqrt(partials[:, : bins.classes.shape[1]]), bins.classes)
    centred = chroma.sum(axis=0) - chroma.sum() / 12
    scores = np.einsum("mkc,c->mk", bins.keys, centred) / max(float(np.linalg.norm(centred)), 1e-12)
    minor, major = scores.max(axis=1).tolist()
    place = np.einsum("ij,jk->ik", chroma / np.maximum(chroma.sum(axis=1, keepdims=True), 1e-12), bins.tonal_space)
    steps = np.linalg.norm(np.diff(place, axis=0), axis=1)
    power = spectrum**2
    total = np.maximum(power.sum(axis=1, dtype=np.float64), 1e-30)
    inside = np.maximum(power[:, bins.lowest : bins.highest].sum(axis=1, dtype=np.float64), 1e-30)
    tonalness = np.square(partials).sum(axis=1, dtype=np.float64) / inside
    bright = power[:, bins.bright :].sum(axis=1, dtype=np.float64) / total
    return Harmony(
        mode=major - minor,
        clarity=max(major, minor),
        tonalness=float((tonalness * share).sum()),
        change=float(steps.mean()) if steps.size else 0.0,
        brightness=float(np.log((bright * share).sum() + LEAST_BRIGHTNESS)),
        weight=weight,
    )


@dataclass(frozen=True)
class _Bins:
    lowest: int
    highest: int
    bright: int
    classes: NDArray[np.float64]  # shape (12, bins): how much a partial in each bin belongs to each pitch class
    keys: NDArray[np.float64]  # shape (2, 12, 12): unit profiles of the minor and major keys
    tonal_space: NDArray[np.float64]  # shape (12, 6): circles of fifths, minor thirds and major thirds


@lru_cache(maxsize=1)
def _bins() -> _Bins:
    frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLE_RATE)
    lowest, chroma_end, highest, bright = np.searchsorted(
        frequencies, [LOWEST, HIGHEST_CHROMA, HIGHEST, BRIGHT]
    ).tolist()
    pitch = 12 * np.log2(frequencies[lowest + 2 : chroma_end] / CONCERT_PITCH) + 9  # semitones above C
    away = (pitch[np.newaxis] - np.arange(12)[:, np.newaxis] + 6) % 12 - 6
    profiles = np.array([MINOR, MAJOR])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    keys = np.array([[np.roll(profile, key) for key in range(12)] for profile in profiles])
    angles = np.arange(12)[:, np.newaxis] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    radii = np.array([1.0, 1.0, 0.5])
    space = np.concatenate([radii * np.sin(angles), radii * np.cos(angles)], axis=1)
    return _Bins(lowest, highest, bright, np.exp(-0.5 * (away / SHARPNESS) ** 2), keys, space)
