"""Register and dynamics, from the log-mel spectrogram."""

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.mel import N_MELS

RANGE_DB = 60.0  # below the loudest frame of a track, levels count as the same quiet


def centroid_and_level(mel: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find where the sound of each frame lies, and how strong it is."""
    power = np.exp(mel * np.float32(np.log(10.0) / 10.0))
    total = power.sum(axis=0, dtype=np.float64)
    moment = np.einsum("i,ij->j", np.arange(N_MELS, dtype=np.float64), power)
    level = 10.0 * np.log10(total)
    return moment / total, np.maximum(level, level.max() - RANGE_DB)


def register(centroid: NDArray[np.float64], level: NDArray[np.float64]) -> float:
    """Average the centroid over frames, each weighted by its amplitude, so that what is quiet says little."""
    amplitude = 10.0 ** ((level - level.max()) / 20.0)
    return float((centroid * amplitude).sum() / amplitude.sum())
