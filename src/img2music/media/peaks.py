"""What a waveform is drawn from."""

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from img2music.media.audio import open_audio

PER_SECOND = 20
WINDOW = 400
"""Samples of which each peak is the largest."""


def read_peaks(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read the largest levels along a sound file, `PER_SECOND` of them a second; its loudest is 255."""
    with open_audio(path) as audio:
        return peaks_of((piece[:, 0] for piece in audio.pieces(0.0, rate=PER_SECOND * WINDOW, layout="mono")), WINDOW)


def peaks_of(pieces: Iterable[NDArray[np.float32]], window: int) -> NDArray[np.uint8]:
    """Find the largest levels of every so many samples; the loudest of all is 255."""
    found, rest = [np.empty(0, dtype=np.float32)], np.empty(0, dtype=np.float32)
    for piece in pieces:
        level = np.concatenate([rest, np.abs(piece)])
        windows = len(level) // window * window
        found.append(level[:windows].reshape(-1, window).max(axis=1))
        rest = level[windows:]
    peaks = np.concatenate([*found, rest.max(keepdims=True) if len(rest) else rest])
    return np.rint(255.0 * peaks / max(float(peaks.max(initial=0.0)), 1e-9)).astype(np.uint8)
