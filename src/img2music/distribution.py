"""Where an affect stands among others: ranks on both axes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.errors import UsageError

MANY = 100_000


def midranks(values: ArrayLike, among: ArrayLike) -> NDArray[np.float64]:
    """Rank values within a sample, on [0, 1].

    The rank of ``v`` is the share of the sample below ``v`` plus half the share equal to it, so the ranks
    of a sample within itself average 0.5 whatever its ties.
    """
    sample = np.asarray(among)
    if sample.size == 0:
        raise UsageError("There is nothing to rank against: the sample is empty.")
    wanted = np.asarray(values)
    if wanted.size > MANY:  # near ones are looked up one after the other: nine times as fast among millions
        order = np.argsort(wanted)
        ranks = np.empty(wanted.size)
        ranks[order] = _midranks(wanted[order], sample)
        return ranks
    return _midranks(wanted, sample)


def _midranks(wanted: NDArray[Any], sample: NDArray[Any]) -> NDArray[np.float64]:
    below = np.searchsorted(sample, wanted, side="left")
    not_above = np.searchsorted(sample, wanted, side="right")
    return np.asarray((below + not_above) / (2.0 * sample.size), dtype=np.float64)


@dataclass(frozen=True)
class AffectDistribution:
    """How a population fills the affect plane: an ascending sample (or quantiles) an axis, on the unit scale."""

    valence: NDArray[np.float64]
    arousal: NDArray[np.float64]
    # Standard deviation of what people say around a usual reading, on each axis; None where it is not known
    spread: tuple[float, float] | None = None

    @classmethod
    def of(
        cls,
        valence: ArrayLike | Sequence[float],
        arousal: ArrayLike | Sequence[float],
        spread: tuple[float, float] | None = None,
    ) -> "AffectDistribution":
        """Build it from unordered samples."""
        axes = (np.asarray(axis, dtype=np.float64) for axis in (valence, arousal))
        with ThreadPoolExecutor() as pool:  # the longest part of a first question of millions of songs
            first, second = pool.map(np.sort, axes)
        return cls(first, second, spread)

    def ranks(self, points: ArrayLike) -> NDArray[np.float64]:
        """Rank points on both axes."""
        array = np.asarray(points, dtype=np.float64)
        return np.column_stack([midranks(array[:, 0], self.valence), midranks(array[:, 1], self.arousal)])
