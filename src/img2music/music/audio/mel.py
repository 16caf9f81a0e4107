"""The log-mel spectrogram that vibenet's network was trained on; register and dynamics from it."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples a second that the network hears."""
HOP = 320
"""Samples from one frame to the next."""
FRAME_RATE = SAMPLE_RATE / HOP
"""Frames a second."""
WINDOW = 640
N_FFT = 1024
N_MELS = 128
FLOOR = 1e-16  # power: digital silence is -160 dB, far below what the quietest of files holds
FRAMES_AT_ONCE = 2048  # bounds memory
RANGE_DB = 60.0  # below the loudest frame of a track, levels count as the same quiet


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel power spectrogram in decibels.

    Equal to ``extract_mel`` of vibenet 0.1.0 before it cuts off what is 80 dB below the maximum.
    """
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    mel = mel_power(samples, WINDOW, HOP, N_FFT, N_MELS)
    np.log10(np.maximum(mel, FLOOR, out=mel), out=mel)
    mel *= 10.0
    return mel


def mel_power(samples: NDArray[np.float32], size: int, hop: int, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """Mel power spectrogram of whole windows (Hann's) of a size, shape (n_mels, windows)."""
    import scipy.fft

    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    filters = _sparse_filters(n_fft, n_mels)
    mel = np.empty((n_mels, len(frames)), dtype=np.float32)
    for first in range(0, len(frames), FRAMES_AT_ONCE):
        spectrum = scipy.fft.rfft(frames[first : first + FRAMES_AT_ONCE] * window, n=n_fft, axis=-1)
        power = spectrum.real**2 + spectrum.imag**2
        mel[:, first : first + FRAMES_AT_ONCE] = filters @ np.ascontiguousarray(power.T)
    return mel


@lru_cache(maxsize=2)
def _sparse_filters(n_fft: int, n_mels: int) -> Any:
    """`mel_filters` as a sparse array, whose product adds in one fixed order, which BLAS doesn't promise."""
    from scipy.sparse import csr_array

    return csr_array(mel_filters(n_fft, n_mels))


def mel_filters(n_fft: int = N_FFT, n_mels: int = N_MELS) -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale (Auditory Toolbox, 1998), each of unit area, from 0 to 8 kHz.

    Equal to ``librosa.filters.mel(sr=16000, n_fft=n_fft, n_mels=n_mels)``, of shape (n_mels, n_fft / 2 + 1).
    """
    # Linear below 1 kHz (200/3 Hz a mel), logarithmic above (27 mels for a factor of 6.4).
    step, knee, log_step = 200.0 / 3, 1000.0, np.log(6.4) / 27.0
    knee_mel = knee / step
    highest = knee_mel + np.log(SAMPLE_RATE / 2 / knee) / log_step
    mels = np.linspace(0.0, highest, n_mels + 2)
    edges = np.where(mels < knee_mel, mels * step, knee * np.exp(log_step * (mels - knee_mel)))
    frequencies = np.fft.rfftfreq(n_fft, 1.0 / SAMPLE_RATE)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters: NDArray[np.float32] = (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)
    return filters


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
