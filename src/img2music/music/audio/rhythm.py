"""Onsets and tempo, from the log-mel spectrogram."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import FRAME_RATE

SLOWEST, FASTEST = 40.0, 220.0  # beats a minute
PREFERRED, OCTAVES = (120.0, 0.9)  # log-normal prior over tempi (Ellis 2007, J. New Music Research 36): centre, width
CANDIDATES = 1200
BEATS = (1.0, 1.0, 0.5, 0.5)  # weight of the autocorrelation one, two, three and four beats apart
LEAST_PERIODICITY = 0.05  # of the autocorrelation at a beat's lag; below it nothing repeats
HALVED = 90.0  # beats a minute from which on every second one may be no beat
UNACCENTED = 0.65  # correlation of accents a beat apart, less than this share of that two beats apart: strong, weak
DENSE = 2.2  # onsets a beat; where there are more, every beat is filled, and none is too short for one
FAST, SPARSE = 150.0, 0.95  # beats a minute of which no more than this share has an onset are too fast
LEAST_SECONDS = 4.0  # of sound, to tell a tempo from
RANGE_DB = 60.0  # below a track's loudest mel bin a change can't be heard as an onset
ONSET_THRESHOLD = 1.5  # decibels above the neighbourhood, averaged over the mel bins
NEIGHBOURHOOD = 0.4  # seconds
ONSET_GAP = 0.06  # seconds between two onsets, at least
PULSE = 0.25, 1.5  # seconds from beat to beat, at least and at most


def onset_strength(mel: NDArray[np.float32], loudest: float) -> NDArray[np.float64]:
    """How much louder each frame is than the one before it: spectral flux in decibels."""
    heard = np.maximum(mel, loudest - RANGE_DB)
    rise = np.maximum(0.0, np.diff(heard, axis=1, prepend=heard[:, :1]))
    return np.asarray(rise.mean(axis=0, dtype=np.float64))


def accents(mel: NDArray[np.float32], loudest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much each frame rises over the one before it in amplitude, so that what is quiet counts for little."""
    amplitude = np.exp((mel - np.float32(loudest)) * np.float32(np.log(10.0) / 20.0))
    rise = np.maximum(0.0, np.diff(amplitude, axis=1, prepend=amplitude[:, :1]))
    return np.asarray(rise.mean(axis=0, dtype=np.float64)), np.asarray(amplitude.mean(axis=0, dtype=np.float64))


def onset_count(strength: NDArray[np.float64]) -> int:
    """Count the peaks of the onset strength of one excerpt."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    width = 2 * round(NEIGHBOURHOOD * FRAME_RATE / 2) + 1
    gap = 2 * round(ONSET_GAP * FRAME_RATE) + 1
    local = uniform_filter1d(strength, width, mode="nearest")
    peaks = (strength == maximum_filter1d(strength, gap, mode="nearest")) & (strength > local + ONSET_THRESHOLD)
    return int(np.count_nonzero(peaks))


def pulse_clarity(strength: NDArray[np.float64]) -> float:
    """How much one beat's lag stands out of the autocorrelation of the onset strength, in a window of some seconds.

    After Lartillot et al. (2008, "Multi-feature modeling of pulse clarity", ISMIR): the most less the median.
    """
    first, last = (round(seconds * FRAME_RATE) for seconds in PULSE)
    correlation = _joint_autocorrelation([strength], last)
    if correlation is None:
        return 0.0
    return float(correlation[first:].max() - np.median(correlation[first:]))


def tempo(strengths: Sequence[NDArray[np.float64]], rises: Sequence[NDArray[np.float64]]) -> float | None:
    """Estimate the tempo of a track that has one.

    The autocorrelation of the onset strength, summed over one to four beats, weighted by a log-normal prior. Where
    every second of these beats is weak, as quavers between beats are, or beats are many and onsets few, the tempo is
    half as fast.
    """
    tempi = np.geomspace(SLOWEST, FASTEST, CANDIDATES)
    longest = int(np.ceil(len(BEATS) * 60.0 / SLOWEST * FRAME_RATE)) + 2
    correlation = _joint_autocorrelation(strengths, longest)
    if correlation is None:
        return None
    lags = 60.0 / tempi * FRAME_RATE
    steps = np.arange(longest)
    hearings = [np.interp(count * lags, steps, correlation) for count in range(1, len(BEATS) + 1)]
    beats = np.average(hearings, axis=0, weights=BEATS)
    prior = np.exp(-0.5 * (np.log2(tempi / PREFERRED) / OCTAVES) ** 2)
    best = int(np.argmax(beats * prior))
    if beats[best] < LEAST_PERIODICITY:
        return None
    found = float(tempi[best])
    seconds = sum(map(len, strengths)) / FRAME_RATE
    onsets = sum(map(onset_count, strengths)) / seconds * 60.0 / found  # a beat
    if found >= FAST and onsets < SPARSE:
        return found / 2.0
    if found >= HALVED and onsets <= DENSE:
        accented = _joint_autocorrelation(rises, longest)
        if accented is not None and _near(accented, lags[best]) < UNACCENTED * _near(accented, 2.0 * lags[best]):
            return found / 2.0
    return found


def _near(correlation: NDArray[np.float64], lag: float) -> float:
    """Correlation within some frames of a lag: a short sound falls into one or the other, and players are no clocks."""
    return float(correlation[int(lag) - 1 : int(lag) + 3].sum())


def _joint_autocorrelation(signals: Sequence[NDArray[np.float64]], longest: int) -> NDArray[np.float64] | None:
    """Autocorrelation over all excerpts that are long enough, 1 at no lag; None where nothing changes in them."""
    power = np.zeros(longest)
    pairs = np.zeros(longest)
    for signal in signals:
        if len(signal) >= LEAST_SECONDS * FRAME_RATE:
            lagged = _autocorrelation(signal - signal.mean())[:longest]
            power[: len(lagged)] += lagged
            pairs[: len(lagged)] += len(signal) - np.arange(len(lagged))
    if not power[0] > 0:
        return None
    correlation: NDArray[np.float64] = (power / np.maximum(pairs, 1.0)) / (power[0] / pairs[0])
    correlation[pairs < LEAST_SECONDS / 2 * FRAME_RATE] = 0.0
    return correlation


def _autocorrelation(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    import scipy.fft

    size = scipy.fft.next_fast_len(2 * len(signal), real=True)
    spectrum = scipy.fft.rfft(signal, n=size)
    return np.asarray(scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, n=size)[: len(signal)])
