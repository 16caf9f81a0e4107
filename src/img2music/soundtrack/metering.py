"""Loudness and true peak along time, measured block by block (ITU-R BS.1770-4)."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.loudness import (
    BLOCK,
    OFFSET,
    STEP,
    SURROUND,
    SURROUND_GAIN,
    WITHOUT_WEIGHT,
    integrated_loudness,
    k_weighting,
)
from img2music.soundtrack.blocks import RATE, Samples

STEP_SAMPLES = round(STEP * RATE)
"""Samples from one gating block to the next: what loudness along time is told in."""

OVERSAMPLING = 4  # annex 2: enough at 48 kHz
REACH = 6  # samples on each side which a value between two samples is made of; annex 2 has as many


class PowerMeter:
    """Measures the weighted power of a sound along time."""

    def __init__(self, layout: Sequence[str]) -> None:
        self._sections = k_weighting(RATE)
        self._state = np.zeros((len(self._sections), 2, len(layout)))
        self._weights = np.array(
            [0.0 if name in WITHOUT_WEIGHT else SURROUND_GAIN if name in SURROUND else 1.0 for name in layout]
        )

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
    return integrated_loudness(moving_mean(powers, round(BLOCK / STEP)))


def moving_mean(powers: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Mean of every so many neighbours."""
    if len(powers) < steps:
        return np.zeros(0)
    return np.convolve(powers, np.full(steps, 1.0 / steps), mode="valid")


def in_lufs(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted power as loudness."""
    return np.asarray(OFFSET + 10.0 * np.log10(np.maximum(powers, 1e-20)))
