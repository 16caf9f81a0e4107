"""Onsets and tempo, from the log-mel spectrogram."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import FRAME_RATE

SLOWEST, FASTEST = 40.0, 220.0  # beats a minute
PREFERRED, OCTAVES = (110.0, 1.2)  # log-normal prior over the tempi that are compared: centre, width
TEMPI = 1200
BEATS = (1.0, 1.0, 0.5, 0.5)  # weight of the autocorrelation one, two, three and four beats apart
LEAST_PERIODICITY = 0.05  # of the autocorrelation at a beat's lag; below it nothing repeats
PEAKS, RELATED_PEAKS = 5, 2  # of the salience that are compared, and that are compared with their relations, too
RELATIONS = (1.0, 1 / 2, 2.0, 2 / 3, 3 / 2, 3 / 4, 4 / 3, 1 / 3, 3.0)
LEVELS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0, 4.0)
"""Beats after which a change comes again or doesn't: parts of the beat, beats and bars."""
WEIGHTS = np.array([
    # Onset strength at each level
    0.194, 0.414, 0.804, -0.217, -0.473, 1.89, -0.394, 0.247, 0.988, 1.04, 1.09,
    # Rises in amplitude
    0.245, 0.205, -0.274, -0.541, -0.623, 2.52, -0.449, -0.55, 1.4, 1.33, 1.97,
    # Octaves from 120 beats a minute, octaves from one onset a beat
    -1.5, -2.14, 0.481, -0.172, 0.355,
])  # fmt: skip
"""Weights of what is heard of a tempo, fitted to music of known tempo; docs/analyzer.md says which."""
APART = 0.03  # share by which two tempi differ
SWAY = 0.015  # share of a lag by which players are early or late
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

    Salient tempi, and those that are a half, a third, two thirds... of them, are compared by what is heard at each
    level of their metre.
    """
    found = tempo_candidates(strengths, rises)
    if found is None:
        return None
    tempi, hearings, periodicity = found
    best = int(np.argmax(hearings @ WEIGHTS))
    return float(tempi[best]) if periodicity[best] >= LEAST_PERIODICITY else None


def tempo_candidates(
    strengths: Sequence[NDArray[np.float64]], rises: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Find the tempi that a track may have, what is heard at each, and how well its beats repeat.

    What is heard are the autocorrelations of onset strength and of rises in amplitude at `LEVELS` of the beat, and how
    far the tempo lies from 120 beats a minute and its onsets a beat from one, in octaves and in squares.
    """
    longest = int(np.ceil(len(BEATS) * 60.0 / SLOWEST * FRAME_RATE)) + 2
    strength, rise = (_joint_autocorrelation(signals, longest) for signals in (strengths, rises))
    if strength is None or rise is None:
        return None
    tempi = np.geomspace(SLOWEST, FASTEST, TEMPI)
    steps, lags = np.arange(longest), 60.0 / tempi * FRAME_RATE
    beats, rising = (
        np.average([np.interp(count * lags, steps, each) for count in range(1, 5)], axis=0, weights=BEATS)
        for each in (strength, rise)
    )
    salience = beats + rising
    likely = salience * np.exp(-0.5 * (np.log2(tempi / PREFERRED) / OCTAVES) ** 2)
    peaks = np.flatnonzero((salience[1:-1] >= salience[:-2]) & (salience[1:-1] > salience[2:])) + 1
    peaks = peaks[np.argsort(-likely[peaks])][:PEAKS]
    chosen: list[int] = []
    for wanted in [*np.outer(tempi[peaks[:RELATED_PEAKS]], RELATIONS).ravel(), *tempi[peaks]]:
        near = np.flatnonzero(np.abs(tempi / wanted - 1.0) < APART)
        if len(near):
            index = int(near[salience[near].argmax()])
            if all(abs(tempi[index] / tempi[other] - 1.0) > APART for other in chosen):
                chosen.append(index)
    if not chosen:
        return None
    heard = [_at_levels(each, lags[chosen]) for each in (strength, rise)]
    seconds = sum(map(len, strengths)) / FRAME_RATE
    onsets = sum(map(onset_count, strengths)) / seconds * 60.0 / tempi[chosen]  # a beat
    far, dense = np.log2(tempi[chosen] / 120.0), np.log2(onsets + 0.1)
    hearings = np.column_stack([*heard, far, far**2, dense, dense**2, far * dense])
    return tempi[chosen], hearings, beats[chosen]


def _at_levels(correlation: NDArray[np.float64], lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greatest correlation around each of `LEVELS` of some lags, shape (lags, levels)."""
    around = lags[:, None, None] * np.array(LEVELS)[:, None] * np.linspace(1.0 - SWAY, 1.0 + SWAY, 5)
    return np.asarray(np.interp(around, np.arange(len(correlation)), correlation).max(axis=2))


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
