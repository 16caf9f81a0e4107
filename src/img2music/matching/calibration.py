"""The space in which pictures and songs are matched.

Pictures and songs fill the affect plane differently: people rate photos over most of it, while the songs of
a library crowd in a part. Compared as they are, one or two songs at the rim answer every photo. *Relative*
matching compares ranks instead: how pleasant a photo is among photos with how pleasant a song is among the
songs of its library. *Absolute* matching compares the affects themselves, as the original Img2Music did.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.options import MatchMode


def similarity(distance: float) -> float:
    """Similarity of two positions at a Euclidean distance, as in the original Img2Music (DSL 23-1); 1 at none."""
    return 1.0 / (1.0 + distance)


def ranks_within(points: ArrayLike) -> NDArray[np.float64]:
    """Mid-ranks of points among themselves, axis by axis: in (0, 1), 0.5 on average.

    One sort an axis instead of the two of ``AffectDistribution.of(...).ranks(points)``; `scipy.stats.rankdata` takes
    0.4 seconds to import.
    """
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    ranks = np.empty_like(array)
    for axis in range(2):
        order = np.argsort(array[:, axis])
        ascending = array[order, axis]
        starts = np.flatnonzero(np.diff(ascending, prepend=-np.inf))  # where each different value begins
        counts = np.diff(starts, append=len(array))
        ranks[order, axis] = np.repeat((2 * starts + counts) / (2.0 * len(array)), counts)
    return ranks


@dataclass(frozen=True)
class Calibration:
    """Places pictures and songs in the space of the match."""

    mode: MatchMode
    library: AffectDistribution  # the affects of the tracks that are matched

    def place_library(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions of the library's own tracks, whose affects have shape (n, 2)."""
        return ranks_within(points) if self.mode is MatchMode.RELATIVE else points

    def place(self, affect: Affect, among: AffectDistribution | None) -> tuple[float, float]:
        """Position of an affect among its kind: natural images, or `library` for music.

        What a person asks for in numbers is among none: it *is* the position, so that (1, 1) means the most pleasant
        and most excited songs there are.
        """
        if self.mode is MatchMode.ABSOLUTE or among is None:
            return affect.valence, affect.arousal
        valence, arousal = among.ranks([(affect.valence, affect.arousal)])[0]
        return float(valence), float(arousal)
