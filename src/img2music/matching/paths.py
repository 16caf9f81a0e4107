"""Songs that lead from one to another in even steps of what they feel like."""

import numpy as np
from numpy.typing import NDArray

NEAR = 8
"""Songs that come into question for each place."""
ALIKE = 0.05
"""Distance within which songs feel the same, so that a step between them is none."""
LONGER = 1e-9
"""How much better, in squared distance, a path with one song more is."""


def even_path(points: NDArray[np.float64], start: int, end: int, count: int) -> list[int]:
    """Find songs that lead from one to another.

    On the straight line between both lie as many places as the path may have songs. For each the nearest songs come
    into question, every song for one place. Of all ways along the line that take a song for each place, or none, the
    one is chosen whose squared steps, as far as they are longer than `ALIKE`, have the least sum, and of these the one
    of most songs: many small steps are better than few large ones, and a song far off the line is left out rather than
    gone to.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where songs stand on the plane.
    start, end : int
        Index of the first and of the last song.
    count : int
        Songs of the path at most, both among them.

    Returns
    -------
    list of int
        Indices of different songs, from start to end. No step is longer than the one from start to end would be, and
        than `ALIKE`.
    """
    if start == end:
        return [start]
    layers = [np.array([start]), *_near(points, start, end, count - 2), np.array([end])]
    order = np.concatenate(layers)
    layer = np.repeat(np.arange(len(layers)), [len(each) for each in layers])
    along = points[order]
    cost, before = np.full(len(order), np.inf), np.zeros(len(order), dtype=np.intp)
    cost[0] = 0.0
    for index in range(1, len(order)):
        earlier = int(np.searchsorted(layer, layer[index]))
        steps = np.linalg.norm(along[:earlier] - along[index], axis=1)
        ways = cost[:earlier] + np.square(np.maximum(steps - ALIKE, 0.0)) - LONGER
        before[index] = np.argmin(ways)
        cost[index] = ways[before[index]]
    found = [len(order) - 1]
    while found[-1] != 0:
        found.append(int(before[found[-1]]))
    return [int(order[each]) for each in reversed(found)]


def _near(points: NDArray[np.float64], start: int, end: int, places: int) -> list[NDArray[np.intp]]:
    """The songs that come into question for each place between two."""
    left = np.ones(len(points), dtype=bool)
    left[[start, end]] = False
    line = np.linspace(points[start], points[end], places + 2)[1:-1] if places > 0 else points[:0]
    near: list[list[int]] = [[] for _ in line]
    for _ in range(NEAR):  # in turns, since where both are close to each other all places want the same
        for place, own in zip(line, near, strict=True):
            if not left.any():
                break
            nearest = int(np.argmin(np.where(left, np.square(points - place).sum(axis=1), np.inf)))
            left[nearest] = False
            own.append(nearest)
    return [np.array(own, dtype=np.intp) for own in near if own]
