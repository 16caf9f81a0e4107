"""Sound as it goes through the mix: blocks of samples, one after another."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 48_000  # samples a second of all that is mixed: the rate of film sound, and of Opus
BLOCK = RATE  # samples of a block

Samples = NDArray[np.float32]
"""Shape (n, channels); full scale is 1.0."""


class Reader:
    """Gives pieces of any length as blocks of the length asked for, and silence after the last."""

    def __init__(self, pieces: Iterator[Samples], channels: int) -> None:
        self._pieces = pieces
        self._rest: Samples = np.zeros((0, channels), dtype=np.float32)

    def read(self, count: int) -> Samples:
        """Give the next samples."""
        parts, found = [self._rest], len(self._rest)
        while found < count:
            piece = next(self._pieces, None)
            if piece is None:
                piece = np.zeros((count - found, self._rest.shape[1]), dtype=np.float32)
            parts.append(piece)
            found += len(piece)
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._rest = joined[count:]
        return joined[:count]


def lengths(end: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """Part a stretch into blocks: the first sample and the length of each."""
    for first in range(start, end, BLOCK):
        yield first, min(BLOCK, end - first)
