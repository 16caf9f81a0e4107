"""As loud as it should be, and nowhere too loud: meters, one gain for all, and a limiter that sees ahead.

Loudness and true peak are measured along time, block by block, as in ITU-R BS.1770-4.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.loudness import BLOCK, OFFSET, STEP, channel_weights, integrated_loudness, k_weighting
from img2music.soundtrack.blocks import RATE, Samples

STEP_SAMPLES = round(STEP * RATE)  # samples from one gating block to the next: what loudness along time is told in
OVERSAMPLING = 4  # annex 2: enough at 48 kHz
REACH = 6  # samples on each side which a value between two samples is made of; annex 2 has as many

CELL = 96  # samples (2 ms) that have one peak and one power
MOST_GAIN = 20.0  # decibels: what is nearly silent is not made loud
LOOK_AHEAD = 1  # cells before and after a peak over which the limiter rounds its way
TRIES = ((2.0, 100.0), (2.0, 400.0), (2.0, 1600.0), (1.0, 1600.0))
"""Decibels left below the greatest peak, and decibels a second in which the limiter comes back; the first that reach
the loudness are taken. Encoders add to peaks: AAC up to 0.8 dB, and Opus too, rarely 1.8. A slow limiter leaves the
waves of a bass alone, but single beats that are much louder than all else, or a deep bass that is hardly heard, need a
quick one."""

CHUNK = 2**16  # cells that the limiter's way back is reckoned for at once
NEAR_ENOUGH = 0.02  # LU by which the loudness that is reckoned may miss its target
FAR = 0.2  # LU that may be missed before the next of the `TRIES` is made
ROUNDS = 20


class PowerMeter:
    """Measures the weighted power of a sound along time."""

    def __init__(self, layout: Sequence[str]) -> None:
        self._sections = k_weighting(RATE)
        self._state = np.zeros((len(self._sections), 2, len(layout)))
        self._weights = channel_weights(layout)

    def add(self, block: Samples, size: int) -> NDArray[np.float64]:
        """Take a block, and measure it."""
        from scipy.signal import sosfilt

        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), axis=0, zi=self._state)
        return np.asarray(_parted(np.square(weighted) @ self._weights, size).mean(axis=1))


class TruePeakMeter:
    """Measures the greatest amplitude along time, also between samples."""

    def __init__(self, channels: int) -> None:
        self._before: Samples = np.zeros((2 * REACH, channels), dtype=np.float32)

    def add(self, block: Samples, size: int) -> Samples:
        """Take a block, and measure it."""
        from scipy.signal import upfirdn

        joined = np.concatenate([self._before, block])
        self._before = joined[len(block) :]
        between = upfirdn(_interpolation(), joined, up=OVERSAMPLING, axis=0)
        first = OVERSAMPLING * 2 * REACH
        amplitudes = np.abs(between[first : first + OVERSAMPLING * len(block)])
        return np.asarray(_parted(amplitudes.reshape(-1), OVERSAMPLING * size * block.shape[1]).max(axis=1))


@cache
def _interpolation() -> NDArray[np.float32]:
    from scipy.signal import firwin

    taps = firwin(2 * REACH * OVERSAMPLING + 1, 1.0 / OVERSAMPLING, window=("kaiser", 5.0))
    return np.asarray(OVERSAMPLING * taps, dtype=np.float32)


def _parted(values: NDArray[Any], size: int) -> NDArray[Any]:
    missing = -len(values) % size
    return np.pad(values, (0, missing)).reshape(-1, size) if missing else values.reshape(-1, size)


def loudness(powers: NDArray[np.float64]) -> float | None:
    """Integrated loudness of a sound."""
    steps = round(BLOCK / STEP)
    enough = len(powers) >= steps
    return integrated_loudness(np.convolve(powers, np.full(steps, 1.0 / steps), "valid") if enough else np.zeros(0))


def in_lufs(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted power as loudness."""
    return np.asarray(OFFSET + 10.0 * np.log10(np.maximum(powers, 1e-20)))


Measured = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A sound along time, in cells: greatest amplitude, also between samples, and weighted power."""


def measure(blocks: Iterable[Samples], layout: tuple[str, ...]) -> Measured:
    """Measure a sound."""
    power, peak = PowerMeter(layout), TruePeakMeter(len(layout))
    silence = np.zeros((CELL, len(layout)), dtype=np.float32)  # peaks come a little late
    powers, peaks = [], []
    for block in itertools.chain(blocks, [silence]):
        powers.append(power.add(block, CELL).astype(np.float32))
        peaks.append(peak.add(block, CELL))
    return np.concatenate(peaks), np.concatenate(powers)


def gain_curve(measured: Measured, target: float, peak: float) -> NDArray[np.float32]:
    """Find the gain along time that brings a sound to its loudness, its peaks limited.

    What the limiter takes from the loudness is reckoned from the cells, and given back by more gain, until both hold.
    """
    amplitudes, powers = measured
    peaks: NDArray[np.float32] = np.maximum(amplitudes, np.float32(1e-9))
    np.log10(peaks, out=peaks)
    peaks *= np.float32(20.0)
    for headroom, release in TRIES:
        gain, ceiling = 0.0, peak - headroom
        limited = limiter(peaks, ceiling, release)
        for _ in range(ROUNDS):
            reached = loudness(_steps(powers, limited, gain))
            missing = 0.0 if reached is None else target - reached
            before, gain = gain, min(gain + missing, MOST_GAIN)
            if abs(missing) < NEAR_ENOUGH or gain == before:
                break
            limited = limiter(peaks, ceiling - gain, release)
        if abs(missing) < FAR or not limited.any():
            break
    curve = np.append(limited, limited[-1:]) + np.float32(gain)
    return np.asarray(np.power(np.float32(10.0), curve / np.float32(20.0)))


def limiter(peaks: NDArray[np.float32], ceiling: float, release: float) -> NDArray[np.float32]:
    """Gain that keeps peaks under a ceiling: down before each, and slowly back."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    wanted: NDArray[np.float32] = np.minimum(np.float32(0.0), np.float32(ceiling) - peaks)
    if not wanted.any():
        return wanted
    low = minimum_filter1d(wanted, 2 * LOOK_AHEAD + 3, mode="nearest")
    line = release * CELL / RATE * np.arange(1, CHUNK + 1)
    before = 0.0
    for first in range(0, len(low), CHUNK):  # not all at once: in double precision, for the line is long
        chunk = low[first : first + CHUNK] - line[: len(low) - first]
        np.minimum.accumulate(chunk, out=chunk)
        low[first : first + CHUNK] = np.minimum(chunk, before) + line[: len(chunk)]
        before = float(low[first + len(chunk) - 1])
    # A mean that runs along may end a hair above what it is of.
    return np.asarray(np.minimum(uniform_filter1d(low, 2 * LOOK_AHEAD + 1, mode="nearest"), np.float32(0.0)))


def mastered(blocks: Iterable[Samples], curve: NDArray[np.float32]) -> Iterator[Samples]:
    """Apply a gain along time."""
    share = (np.arange(CELL, dtype=np.float32) / CELL)[np.newaxis]
    cell = 0
    for block in blocks:
        count = -(-len(block) // CELL)
        edges = curve[cell : cell + count + 1, np.newaxis]
        gain = edges[:-1] + (edges[1:] - edges[:-1]) * share
        cell += count
        yield np.multiply(block, gain.reshape(-1)[: len(block), np.newaxis])


def _steps(powers: NDArray[np.float32], limited: NDArray[np.float32], gain: float) -> NDArray[np.float64]:
    """Weighted power of whole steps after the limiter and a gain."""
    cells = STEP_SAMPLES // CELL
    count = len(powers) // cells * cells
    after = limited[:count] / np.float32(10.0)
    np.power(np.float32(10.0), after, out=after)
    after *= powers[:count]
    return np.asarray(after.reshape(-1, cells).mean(axis=1, dtype=np.float64) * 10.0 ** (gain / 10.0))
