"""How one person's answers differ from readings, and readings corrected by that.

On each axis, what a person feels less what is read is taken for a normal process (Rasmussen & Williams 2006, "Gaussian
Processes for Machine Learning", chapter 2): a level, slopes, and a deviation of each group that items belong to (the
genres of a song). Without answers it is nothing, and every reading stays as it is. How much the person differs at all,
and how much of the answers is noise, is weighed by how probable each makes the answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution

Floats = NDArray[np.float64]
Groups = Sequence[frozenset[str]]

# Standard deviations beforehand, on the unit scale. People's ratings of one photo of OASIS vary by 0.19 in valence and
# 0.28 in arousal; these are parts of that.
LEVEL = 0.12
SLOPE = 0.3
"""Of an axis on what is read on it."""
CROSS = 0.4
"""Of an axis on what is read on the other, and of arousal on how far valence is from neutral: people differ in these
more than in others (Kuppens, Tuerlinckx, Russell & Barrett 2013, "The relation between valence and arousal in
subjective experience", Psychological Bulletin 139, 917-940)."""
GROUP = 0.25
USUAL = 0.15
"""How far valence usually is from neutral."""
SHARES = (0.0, 0.3, 1.0)
"""How much a person may differ, as shares of these variances."""
NOISES = (0.12, 0.18, 0.25, 0.36)
"""Standard deviations of answers about corrected readings; as those, all equally probable beforehand."""


class Items(NamedTuple):
    """What is read in pictures or songs."""

    read: Floats  # valence and arousal, shape (n, 2)
    groups: Groups | None = None  # that each belongs to


@dataclass(frozen=True)
class Correction:
    """What is added to readings for one person."""

    answered: Items
    duals: Floats  # weight of each answer, shape (n, 2)

    @classmethod
    def fit(cls, answered: Items, felt: Floats) -> "Correction":
        """Learn from what a person said that items feel like, shape (n, 2)."""
        duals = np.zeros((len(felt), 2))
        if len(felt):
            for axis in range(2):
                basis = _basis(answered.read, axis)
                compared = basis @ basis.T + _alike(answered.groups, answered.groups, len(felt))
                duals[:, axis] = _weights(compared, felt[:, axis] - answered.read[:, axis])
        return cls(answered, duals)

    def apply(self, items: Items) -> Floats:
        """Readings corrected, on the unit scale: shape (n, 2)."""
        return np.clip(items.read + self.common(items.read) + self.of_groups(items.groups), 0.0, 1.0)

    def common(self, read: Floats) -> Floats:
        """The part of it that level and slopes are."""
        slopes = [_basis(self.answered.read, axis).T @ self.duals[:, axis] for axis in range(2)]
        return np.column_stack([_basis(read, axis) @ slopes[axis] for axis in range(2)])

    def of_groups(self, groups: Groups | None) -> Floats:
        """The part of it that is due to groups; one row of zeros where none are known."""
        if groups is None:
            return np.zeros((1, 2))
        kinds = {kind: index for index, kind in enumerate(dict.fromkeys(groups))}  # few beside the items
        of_kinds = _alike(list(kinds), self.answered.groups, len(self.duals)) @ self.duals
        return np.asarray(of_kinds[[kinds[each] for each in groups]])

    def population(self, sample: AffectDistribution) -> AffectDistribution:
        """A population as this person feels it, of which each axis alone is known."""
        neutral = np.full((1, 2), 0.5)
        axes = []
        for axis, (own, other) in enumerate(((sample.valence, sample.arousal), (sample.arousal, sample.valence))):
            along, across = np.full((len(own), 2), 0.5), np.full((len(other), 2), 0.5)
            along[:, axis], across[:, 1 - axis] = own, other
            shifts = self.common(along) + self.common(across).mean(axis=0) - self.common(neutral)
            axes.append(np.clip(own + shifts[:, axis], 0.0, 1.0))
        return AffectDistribution.of(*axes)


def as_array(affects: Sequence[Affect]) -> Floats:
    """Affects as rows of two numbers."""
    return np.array([(each.valence, each.arousal) for each in affects], dtype=np.float64).reshape(-1, 2)


def _basis(read: Floats, axis: int) -> Floats:
    """What there are slopes on, each as large as it matters beforehand."""
    own, other = read[:, axis] - 0.5, read[:, 1 - axis] - 0.5
    columns = [np.full(len(read), LEVEL), SLOPE * own, CROSS * other]
    return np.column_stack([*columns, *([CROSS * (np.abs(other) - USUAL)] if axis == 1 else [])])


def _alike(one: Groups | None, other: Groups | None, count: int) -> Floats:
    """Covariance by groups: the cosine of the sets, of which ``other`` are so many."""
    if one is None or other is None:
        return np.zeros((1, count))
    names = {name: index for index, name in enumerate(sorted(frozenset().union(*other)))}
    tables = [np.zeros((len(groups), len(names))) for groups in (one, other)]
    for table, groups in zip(tables, (one, other), strict=True):
        for row, each in enumerate(groups):
            for name in each & names.keys():
                table[row, names[name]] = len(each) ** -0.5
    return np.asarray(GROUP**2 * tables[0] @ tables[1].T)


def _weights(compared: Floats, apart: Floats) -> Floats:
    """Weights of answers, averaged over how much the person differs and how noisy the answers are."""
    variances, axes = np.linalg.eigh(compared)
    along = axes.T @ apart
    share, noise = (each.reshape(-1, 1) for each in np.meshgrid(SHARES, NOISES))
    spread = share * np.maximum(variances, 0.0) + noise**2
    evidence = -0.5 * (along**2 / spread + np.log(spread)).sum(axis=1)
    probable = np.exp(evidence - evidence.max())
    return np.asarray(axes @ (probable @ (share * along / spread)) / probable.sum())
