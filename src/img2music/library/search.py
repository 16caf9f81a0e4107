"""Exact nearest neighbours in the affect plane."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.errors import UsageError

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

TREE_COST = 60
"""Building the k-d tree takes about as long as this many scans of all points (measured at 1 million points)."""

SCAN_SHARE = 0.02
"""A tree query for more than this share of all points takes longer than scanning them (measured likewise)."""

ROUNDING = 1e-9
"""Relative slack on a radius, far above the rounding of a distance, so that ties are never cut off."""


class AffectIndex:
    """Exact nearest neighbours among points of the plane.

    A single question is answered by scanning the points, which is faster than building a k-d tree for it.
    When the scans have taken as long as the tree would, it is built, and questions take microseconds from
    then on; so the time spent is never more than twice the least possible.
    """

    def __init__(self, points: ArrayLike) -> None:
        array = np.ascontiguousarray(points, dtype=np.float64)
        if array.size == 0:
            array = array.reshape(0, 2)
        if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
            raise UsageError("An index needs finite points of two coordinates each.")
        self._points = array
        self._x = np.ascontiguousarray(array[:, 0])
        self._y = np.ascontiguousarray(array[:, 1])
        self._tree: cKDTree | None = None
        self._scanned = 0

    def __len__(self) -> int:
        return len(self._points)

    def build(self) -> None:
        """Build the k-d tree now, for many questions to come."""
        if self._tree is None:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(self._points)

    def nearest(
        self, point: ArrayLike, k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the k nearest points, by distance and then by index."""
        x, y = (float(value) for value in np.asarray(point, dtype=np.float64).reshape(2))
        if not (math.isfinite(x) and math.isfinite(y)) or k < 0:
            raise UsageError("Nearest neighbours need a finite point and a count of at least 0.")
        if mask is not None and mask.shape != (len(self),):
            raise UsageError(f"The mask has shape {mask.shape}, the index {len(self)} points.")
        if self._tree is None and self._scanned >= TREE_COST * len(self):
            self.build()
        if self._tree is not None:
            found = self._descend(x, y, k, mask)
            if found is not None:
                return found
        allowed = None if mask is None else np.flatnonzero(mask)
        self._scanned += len(self) if allowed is None else len(allowed)
        return self._closest(x, y, k, allowed)

    def _closest(
        self, x: float, y: float, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Scan the allowed points (all, if None), which are in ascending order."""
        dx = (self._x if allowed is None else self._x[allowed]) - x
        dy = (self._y if allowed is None else self._y[allowed]) - y
        dx *= dx
        dy *= dy
        dx += dy
        squared = dx
        if k < len(squared):
            if k == 0:
                return np.empty(0, dtype=np.int64), np.empty(0)
            bound = np.partition(squared, k - 1)[k - 1]
            near = np.flatnonzero(squared <= bound * (1.0 + ROUNDING))
        else:
            near = np.arange(len(squared))
        distances = np.sqrt(squared[near])
        order = np.argsort(distances, kind="stable")[:k]  # near is ascending, so ties keep that order
        chosen = near[order]
        return (chosen if allowed is None else allowed[chosen]), distances[order]

    def _descend(
        self, x: float, y: float, k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """Ask the tree for more and more neighbours until enough of them are allowed; None where a scan is faster."""
        assert self._tree is not None
        share = 1.0 if mask is None else float(np.count_nonzero(mask)) / max(1, len(self))
        wanted = k if mask is None or not share else math.ceil(2.0 * k / share)
        while share and 0 < wanted <= max(1.0, SCAN_SHARE * len(self)):
            distance, _ = self._tree.query((x, y), k=[wanted])
            # All that are as near as the last: the tree itself breaks ties at random.
            ball = self._tree.query_ball_point((x, y), float(distance[0]) * (1.0 + ROUNDING))
            indices, distances = self._closest(x, y, wanted, np.sort(np.asarray(ball, dtype=np.int64)))
            allowed = slice(None) if mask is None else mask[indices]
            if len(indices[allowed]) >= k:
                return indices[allowed][:k], distances[allowed][:k]
            wanted *= 2
        return None
