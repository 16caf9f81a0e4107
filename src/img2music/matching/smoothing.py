"""The order of songs in which neighbours feel alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import UsageError

MOST = 1000
"""Songs that are ordered at once: the distances of all pairs are looked at."""


def smooth_order(affects: Sequence[Affect]) -> list[int]:
    """Order songs by small steps of affect; the first stays first.

    The nearest song that is left comes next, and then parts of the order are reversed as long as that makes the sum of
    steps smaller (2-opt; G. A. Croes, "A Method for Solving Traveling-Salesman Problems", Operations Research 6, 1958).

    Parameters
    ----------
    affects : sequence of Affect
        What the songs feel like, at most `MOST`.

    Returns
    -------
    list of int
        Their indices, in order.

    Raises
    ------
    UsageError
        If there are too many.
    """
    if len(affects) > MOST:
        raise UsageError(f"At most {MOST:,} songs are ordered at once, not {len(affects):,}.")
    points = np.array([(each.valence, each.arousal) for each in affects]).reshape(-1, 2)
    steps = np.linalg.norm(points[:, None] - points, axis=2)
    return [int(each) for each in _improved(_nearest_next(steps), steps)]


def _nearest_next(steps: NDArray[np.float64]) -> NDArray[np.intp]:
    order = np.zeros(len(steps), dtype=np.intp)
    left = np.ones(len(steps), dtype=bool)
    for index in range(1, len(steps)):
        left[order[index - 1]] = False
        order[index] = np.argmin(np.where(left, steps[order[index - 1]], np.inf))
    return order


def _improved(order: NDArray[np.intp], steps: NDArray[np.float64]) -> NDArray[np.intp]:
    better = True
    while better:
        better = False
        for first in range(1, len(order) - 1):
            before, ends = order[first - 1], order[first:]
            # Reversed from here to each later end: the step to its beginning and the one after its end change; after
            # the last song comes none.
            after = np.append(order[first + 1 :], order[-1])
            old = steps[before, order[first]] + steps[ends, after]
            new = steps[before, ends] + np.where(np.arange(len(ends)) < len(ends) - 1, steps[order[first], after], 0.0)
            gain = old - new
            best = int(np.argmax(gain))
            if gain[best] > 1e-12:
                order[first : first + best + 1] = order[first : first + best + 1][::-1].copy()
                better = True
    return order
