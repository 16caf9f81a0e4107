"""What a waveform is drawn from."""

import os

import numpy as np
from numpy.typing import NDArray

from img2music.media.audio import open_audio

PER_SECOND = 20
WINDOW = 400
"""Samples of which each peak is the largest."""


def read_peaks(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read the largest levels along a sound file, `PER_SECOND` of them a second; its loudest is 255."""
    found, rest = [np.empty(0, dtype=np.float32)], np.empty(0, dtype=np.float32)
    with open_audio(path) as audio:
        for piece in audio.pieces(0.0, rate=PER_SECOND * WINDOW, layout="mono"):
            level = np.concatenate([rest, np.abs(piece[:, 0])])
            windows = len(level) // WINDOW * WINDOW
            found.append(level[:windows].reshape(-1, WINDOW).max(axis=1))
            rest = level[windows:]
    return scaled(np.concatenate([*found, rest.max(keepdims=True) if len(rest) else rest]))


def scaled(peaks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Levels as a waveform is drawn from them: the loudest is 255."""
    return np.asarray(np.rint(255.0 * peaks / max(float(peaks.max(initial=0.0)), 1e-9)), dtype=np.uint8)
