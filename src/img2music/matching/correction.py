"""How one person's answers differ from readings, and readings corrected by that.

On each axis, what a person feels less what is read is a level, slopes, and a deviation of each group that items belong
to (the genres of a song): a Bayesian linear regression whose coefficients are normal and nothing beforehand, so that
without answers every reading stays as it is (Bishop 2006, "Pattern Recognition and Machine Learning", section 3.3). How
much the person differs at all, and how much of the answers is noise, is weighed by how probable each makes the answers
(section 3.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
CROSS = 0.25
"""Of an axis on what is read on the other, and of arousal on how far valence is from neutral, in which people differ
(Kuppens, Tuerlinckx, Russell & Barrett 2013, "The relation between valence and arousal in
subjective experience", Psychological Bulletin 139, 917-940)."""
GROUP = 0.18
USUAL = 0.15
"""How far valence usually is from neutral."""
SHARES = (0.0, 0.0, 0.1, 0.3, 1.0)
"""How much a person may differ, as shares of these variances, all equally probable beforehand: not at all as twice."""
NOISES = (0.18, 0.25, 0.36)
"""Standard deviations of answers about corrected readings, likewise."""


class Items(NamedTuple):
    """What is read in pictures or songs."""

    read: Floats  # valence and arousal, shape (n, 2)
    groups: Groups | None = None  # that each belongs to


@dataclass(frozen=True)
class Correction:
    """What is added to readings for one person."""

    slopes: Floats  # of what `_basis` gives, shape (4, 2)
    deviations: Mapping[str, Floats]  # of each group that was judged, shape (2,)
    usual: Floats  # what level and slopes add on average to what was judged, shape (2,)
    count: int  # answers

    @classmethod
    def fit(cls, answered: Items, felt: Floats) -> "Correction":
        """Learn from what a person said that items feel like, shape (n, 2)."""
        names = sorted(frozenset().union(*(answered.groups or ())))
        table = _table(answered.groups or [frozenset()] * len(felt), names)
        learnt = np.zeros((4 + len(names), 2))
        for axis in range(2) if len(felt) else ():
            inputs = np.hstack([_basis(answered.read, axis), table])
            learnt[:, axis] = _slopes(inputs, felt[:, axis] - answered.read[:, axis])
        slopes, deviations = learnt[:4], dict(zip(names, GROUP * learnt[4:], strict=True))
        found = cls(slopes, deviations, np.zeros(2), len(felt))
        return replace(found, usual=found.common(answered.read).mean(axis=0)) if len(felt) else found

    def apply(self, items: Items) -> Floats:
        """Readings corrected, on the unit scale: shape (n, 2)."""
        return np.clip(items.read + self.common(items.read) + self.of_groups(items.groups), 0.0, 1.0)

    def common(self, read: Floats) -> Floats:
        """The part of it that level and slopes are."""
        return np.column_stack([_basis(read, axis) @ self.slopes[:, axis] for axis in range(2)])

    def of_groups(self, groups: Groups | None) -> Floats:
        """The part of it that is due to groups; one row of zeros where none are known."""
        if groups is None or not self.deviations:
            return np.zeros((1, 2))
        kinds = {kind: index for index, kind in enumerate(dict.fromkeys(groups))}  # few beside the items
        of_kinds = _table(list(kinds), list(self.deviations)) @ np.array(list(self.deviations.values())) / GROUP
        return np.asarray(of_kinds[[kinds[each] for each in groups]])

    def population(self, sample: AffectDistribution) -> AffectDistribution:
        """A population as this person feels it, of which each axis alone is known.

        Readings of it say as much of it as they did: how unsure they are grows and shrinks with how far they are apart.
        """
        neutral = np.full((1, 2), 0.5)
        axes = []
        for axis, (own, other) in enumerate(((sample.valence, sample.arousal), (sample.arousal, sample.valence))):
            along, across = np.full((len(own), 2), 0.5), np.full((len(other), 2), 0.5)
            along[:, axis], across[:, 1 - axis] = own, other
            shifts = self.common(along) + self.common(across).mean(axis=0) - self.common(neutral)
            axes.append(np.clip(own + shifts[:, axis], 0.0, 1.0))
        valence, arousal = axes
        if sample.spread is None:
            return AffectDistribution.of(valence, arousal)
        scale = valence.std() / (sample.valence.std() or 1.0), arousal.std() / (sample.arousal.std() or 1.0)
        return AffectDistribution.of(valence, arousal, (sample.spread[0] * scale[0], sample.spread[1] * scale[1]))


def as_array(affects: Sequence[Affect]) -> Floats:
    """Affects as rows of two numbers."""
    return np.array([(each.valence, each.arousal) for each in affects], dtype=np.float64).reshape(-1, 2)


def _basis(read: Floats, axis: int) -> Floats:
    """What there are slopes on, each as large as it matters beforehand."""
    own, other = read[:, axis] - 0.5, read[:, 1 - axis] - 0.5
    bend = np.abs(other) - USUAL if axis == 1 else np.zeros(len(read))
    return np.column_stack([np.full(len(read), LEVEL), SLOPE * own, CROSS * other, CROSS * bend])


def _table(groups: Groups, names: Sequence[str]) -> Floats:
    """Who belongs to which group, as large as that matters beforehand; of several groups each counts less."""
    index = {name: column for column, name in enumerate(names)}
    table = np.zeros((len(groups), len(names)))
    for row, each in enumerate(groups):
        for name in each & index.keys():
            table[row, index[name]] = GROUP * len(each) ** -0.5
    return table


def _slopes(inputs: Floats, apart: Floats) -> Floats:
    """Regress on inputs that matter alike, averaged over how much they do and how noisy the answers are."""
    axes, sizes, directions = np.linalg.svd(inputs, full_matrices=False)
    along = axes.T @ apart
    rest, free = max(0.0, float(apart @ apart - along @ along)), len(apart) - len(sizes)
    share, noise = (each.reshape(-1, 1) for each in np.meshgrid(SHARES, NOISES))
    spread = share * sizes**2 + noise**2
    evidence = -0.5 * ((along**2 / spread + np.log(spread)).sum(axis=1, keepdims=True) + rest / noise**2)
    evidence -= free * np.log(noise)
    probable = np.exp(evidence - evidence.max())
    return np.asarray((probable / probable.sum() * share * sizes * along / spread).sum(axis=0) @ directions)
