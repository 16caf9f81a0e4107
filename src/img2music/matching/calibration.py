"""The space in which pictures and songs are matched.

Pictures and songs fill the affect plane differently: people rate photos over most of it, while the songs of
a library crowd in a part. Compared as they are, one or two songs at the rim answer every photo. *Relative*
matching compares ranks instead: how pleasant a photo is among photos with how pleasant a song is among the
songs of its library. *Absolute* matching compares the affects themselves, as the original Img2Music did.

A reading is not what people feel, and pictures and songs are not read equally well. A picture that is read as livelier
than nine tenths of pictures is, if little is known of arousal, expected only a little above their middle; so is a song.
Relative matching looks for the songs whose expected rank is that of the picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.distribution import AffectDistribution
from img2music.library.search import AffectIndex, Axes
from img2music.options import MatchMode

HEARD = (0.51, 0.73)
"""Correlation of readings of songs with people's ratings, on Emotify, of a genre that did not train the model
(docs/models/music-affect.md): valence, arousal."""

REGION_HOLDS = 0.8
"""Share of pictures of which what people feel lies in the region that is shown of a reading."""

REGION_CORNERS = 64


def expected(correlation: ArrayLike) -> NDArray[np.float64]:
    """Share of the quantile at which a reading stands that is kept at the quantile where it is expected.

    Let a reading x and what is read, y, be standard normal with correlation r. Given x, y is normal with mean r x and
    variance 1 - r^2, so its rank, Phi(y), is Phi(r x / sqrt(2 - r^2)) on average (Rasmussen & Williams 2006, Gaussian
    Processes for Machine Learning, equation 3.82).

    Parameters
    ----------
    correlation : array_like
        Of readings with what is read, in [0, 1].

    Returns
    -------
    ndarray of float64
        In [0, 1]; 0 where readings say nothing, 1 where they are right.
    """
    r = np.asarray(correlation, dtype=np.float64)
    return np.asarray(r / np.sqrt(2.0 - r**2))


def targets(
    points: ArrayLike, among: AffectDistribution, spread: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """Ranks of the songs whose true rank is expected to be that of the given affects, shape (n, 2), among their kind.

    ``spread`` is how unsure the readings are, by default as unsure as is usual; songs, of which it is not known, stand
    at their own ranks. Quantiles are those of a logistic distribution, which needs no tables and keeps 0 and 1.
    """
    ranks = among.ranks(points)
    spread = spread or among.spread
    return ranks if spread is None else _scaled(ranks, _share(among, spread))


def affect_at(position: tuple[float, float], among: AffectDistribution) -> Affect:
    """The affect, felt for sure, whose target this position is, as far as the sample reaches; inverse of `targets`."""
    return Affect(*affects_at(np.array([position]), among, (0.0, 0.0))[0].tolist())


def affects_at(
    positions: NDArray[np.float64], among: AffectDistribution, spread: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """The affects whose targets, where they are as unsure, are these positions, shape (n, 2)."""
    spread = spread or among.spread
    ranks = positions if spread is None else _scaled(positions, 1.0 / _share(among, spread))
    samples = (among.valence, among.arousal)
    return np.column_stack(
        [
            np.interp(rank * len(each) - 0.5, np.arange(len(each)), each)
            for rank, each in zip(ranks.T, samples, strict=True)
        ]
    )


def _share(among: AffectDistribution, spread: tuple[float, float]) -> NDArray[np.float64]:
    """Share of the quantile of a reading, so unsure, that is kept at the quantile of the songs that are looked for."""
    varying = np.array([among.valence.var(), among.arousal.var()])
    seen = np.sqrt(varying / np.maximum(varying + np.square(spread), 1e-12))
    return np.asarray(expected(seen) / expected(HEARD))


def _scaled(ranks: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks with their quantiles scaled."""
    odds, against = ranks**share, (1.0 - ranks) ** share
    return np.asarray(odds / (odds + against))


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

    def index(self, points: Axes | NDArray[np.float64]) -> AffectIndex:
        """Index the positions of the library's own tracks, of these affects: axes, or shape (n, 2)."""
        return AffectIndex(points, self.library if self.mode is MatchMode.RELATIVE else None)

    def place(
        self, affect: Affect, among: AffectDistribution | None, spread: tuple[float, float] | None = None
    ) -> tuple[float, float]:
        """Position of an affect, which is so unsure, of its kind: natural images, or `library` for music.

        What a person asks for in numbers is of no kind: it *is* the position, so that (1, 1) means the most pleasant
        and most excited songs there are.
        """
        valence, arousal = self._place([(affect.valence, affect.arousal)], among, spread)[0].tolist()
        return valence, arousal

    def place_curve(self, curve: Sequence[CurvePoint]) -> list[tuple[float, float]]:
        """Positions of the windows of one of the library's own tracks."""
        points = np.array([(each.affect.valence, each.affect.arousal) for each in curve]).reshape(-1, 2)
        return [(valence, arousal) for valence, arousal in self._place(points, self.library, None).tolist()]

    def region(
        self, affect: Affect, among: AffectDistribution | None, spread: tuple[float, float]
    ) -> tuple[tuple[float, float], ...]:
        """Outline of where an affect may stand that is so unsure: an ellipse, placed as the affect itself is.

        Valence and arousal are taken to be normal and independent.
        """
        radius = math.sqrt(-2.0 * math.log(1.0 - REGION_HOLDS))  # by Rayleigh's distribution, in standard deviations
        angles = np.linspace(0.0, 2.0 * np.pi, REGION_CORNERS, endpoint=False)
        circle = radius * np.column_stack([np.cos(angles), np.sin(angles)])
        ellipse = np.clip((affect.valence, affect.arousal) + circle * spread, 0.0, 1.0)
        return tuple((valence, arousal) for valence, arousal in self._place(ellipse, among, spread).tolist())

    def _place(
        self, points: ArrayLike, among: AffectDistribution | None, spread: tuple[float, float] | None
    ) -> NDArray[np.float64]:
        if self.mode is MatchMode.ABSOLUTE or among is None:
            return np.asarray(points, dtype=np.float64)
        return targets(points, among, spread)
