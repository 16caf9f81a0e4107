"""What a sound file says of itself, and decoded parts of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OPPOSED = -0.5
"""Correlation with the loudest channel below which another counts as turned over: a sum would cancel what both hold."""
LOUDEST_SAMPLE = 16.0  # +24 dBFS; floating-point files may exceed 1.0, damaged ones reach 1e38


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a sound file says of itself."""

    duration: float  # length in seconds
    codec: str  # libav's name of the encoding
    channels: int
    rate: int  # samples a second
    # Seconds of the day at which its first sample was recorded, by which editors find it; 0 where it does not say
    begins: float = 0.0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Decoded sound of one part of a file."""

    start: float  # seconds from the start of the file
    rate: int  # samples a second
    layout: tuple[str, ...]  # channel names as libav writes them (FL, FR, LFE...)
    samples: NDArray[np.float32]  # samples; full scale is 1.0. Finite

    @property
    def end(self) -> float:
        """Seconds from the start of the file to the excerpt's end."""
        return self.start + float(self.samples.shape[1]) / self.rate


def mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average channels, those that are turned over the right way round."""
    powers = np.einsum("ij,ij->i", samples, samples)
    loudest = int(np.argmax(powers))
    alike = np.einsum("ij,j->i", samples, samples[loudest])
    signs = np.where(alike < OPPOSED * np.sqrt(powers * powers[loudest]), -1.0, 1.0)
    return np.asarray(np.einsum("i,ij->j", (signs / len(samples)).astype(np.float32), samples))


def tame(samples: NDArray[np.float32]) -> None:
    """See to it that decoded samples are finite, and not absurdly loud; in place."""
    # Written so that what is not a number is caught too.
    if samples.size and not (samples.max() <= LOUDEST_SAMPLE and samples.min() >= -LOUDEST_SAMPLE):
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=LOUDEST_SAMPLE, neginf=-LOUDEST_SAMPLE)
        np.clip(samples, -LOUDEST_SAMPLE, LOUDEST_SAMPLE, out=samples)
