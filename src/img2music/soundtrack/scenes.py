"""Shots that belong together by their affect make a scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.soundtrack.film import Shot

LEAST_SCENE = 12.0
"""Seconds that a scene lasts at least, unless asked otherwise: music that changes sooner is restless."""

PRICE = 0.06
"""What a further scene costs, in seconds times squared affect: what is won by parting two stretches of 12 seconds
whose affects lie 0.1 apart."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Neighbouring shots whose affect belongs together."""

    start: float  # seconds
    end: float  # seconds
    affect: Affect  # mean of its shots', each as long as it lasts
    shots: tuple[Shot, ...]


def group(shots: Sequence[Shot], least: float = LEAST_SCENE, price: float = PRICE) -> list[Scene]:
    """Merge shots into scenes.

    Of all ways to part the film at its shots, the one whose total of squared deviations from each scene's mean (every
    shot weighted by its length) and of the price of its scenes is least, among those in which no scene is shorter than
    ``least``. By dynamic programming over the shots, which finds the best of them all.
    """
    lengths = np.array([shot.end - shot.start for shot in shots])
    points = np.array([(shot.affect.valence, shot.affect.arousal) for shot in shots])
    cuts = partition(lengths, points, least, price)
    return [_scene(shots[first:last]) for first, last in zip(cuts, [*cuts[1:], len(shots)], strict=True)]


def partition(lengths: NDArray[np.float64], points: NDArray[np.float64], least: float, price: float) -> list[int]:
    """Find where scenes begin."""
    count = len(lengths)
    ends = np.concatenate([[0.0], np.cumsum(lengths)])
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(points * lengths[:, None], axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((points**2).sum(axis=1) * lengths)])
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    before = np.zeros(count + 1, dtype=np.int64)
    for last in range(1, count + 1):
        length = ends[last] - ends[:last]
        deviation = squares[last] - squares[:last] - ((sums[last] - sums[:last]) ** 2).sum(axis=1) / length
        cost = best[:last] + np.maximum(deviation, 0.0) + price
        cost[length < least - 1e-9] = np.inf
        before[last] = int(cost.argmin())
        best[last] = cost[before[last]]
    if not np.isfinite(best[count]):
        return [0]
    starts = [int(before[count])]
    while starts[0]:
        starts.insert(0, int(before[starts[0]]))
    return starts


def _scene(shots: Sequence[Shot]) -> Scene:
    lengths = np.array([shot.end - shot.start for shot in shots])
    points = np.array([(shot.affect.valence, shot.affect.arousal) for shot in shots])
    valence, arousal = np.average(points, axis=0, weights=lengths).clip(0.0, 1.0).tolist()
    return Scene(shots[0].start, shots[-1].end, Affect(valence, arousal), tuple(shots))
