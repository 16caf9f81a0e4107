"""Exact nearest neighbours in the affect plane, or among ranks in it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.distribution import AffectDistribution, midranks
from img2music.errors import UsageError

GRID_COST = 3
"""Making the grid takes about as long as this many scans of all points (measured at 10 million points)."""

SCANNED = 32
"""Where no more than so many points are allowed for each that is wanted, these are scanned: cells would hold hardly any
of them."""

ROUNDING = 1e-9
"""Relative slack on a radius, far above the rounding of a distance, so that ties are never cut off."""

CELLS = 256
"""Cells an axis: their numbers fit 16 bits, by which NumPy sorts fastest (radix sort)."""
FINE = 1 << 16
"""Steps an axis in which cells begin: finer than cells are, so that each holds about as many points as the next."""


class Axes(NamedTuple):
    """Points by their coordinates: millions are not copied."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


class AffectIndex:
    """Exact nearest neighbours among points of the plane or, ``among`` others, among their mid-ranks on both axes.

    A single question is answered by scanning the points, which is faster than sorting them for it. When the scans have
    taken as long as that would, they are sorted into cells, and questions take well under a millisecond from then on;
    so the time spent is never more than twice the least possible. No point is ranked that can't be among the nearest.
    """

    def __init__(self, points: "Axes | ArrayLike", among: AffectDistribution | None = None) -> None:
        if isinstance(points, Axes):
            self._axes: tuple[NDArray[np.float64], ...] = points
        else:
            array = np.asarray(points, dtype=np.float64)
            if array.size == 0:
                array = array.reshape(0, 2)
            if array.ndim != 2 or array.shape[1] != 2:
                raise UsageError("An index needs points of two coordinates each.")
            self._axes = tuple(np.ascontiguousarray(axis) for axis in array.T)
        if not all(np.isfinite((axis.min(), axis.max())).all() for axis in self._axes if len(axis)):
            raise UsageError("An index needs points that are finite.")
        self._sorted = None if among is None else (among.valence, among.arousal)
        self._grid: _Grid | None = None
        self._scanned = 0

    def __len__(self) -> int:
        return len(self._axes[0])

    @property
    def points(self) -> tuple[NDArray[np.float64], ...]:
        """The points' own coordinates, axis by axis."""
        return self._axes

    def build(self) -> None:
        """Sort the points into cells now, for many questions to come."""
        if self._grid is None and len(self):
            self._grid = _grid(self._axes)

    def positions(self, indices: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Where points stand among which neighbours are looked for, shape (n, 2)."""
        return np.column_stack(self._placed(indices))

    def nearest(
        self, point: ArrayLike, k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the k nearest points, by distance and then by index."""
        x, y = (float(value) for value in np.asarray(point, dtype=np.float64).reshape(2))
        if not (math.isfinite(x) and math.isfinite(y)) or k < 0:
            raise UsageError("Nearest neighbours need a finite point and a count of at least 0.")
        if mask is not None and mask.shape != (len(self),):
            raise UsageError(f"The mask has shape {mask.shape}, the index {len(self)} points.")
        allowed = len(self) if mask is None else int(np.count_nonzero(mask))
        k = min(k, allowed)
        if k == 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        if allowed <= SCANNED * k:
            return self._scan((x, y), k, mask, allowed)
        if self._grid is None and self._scanned >= GRID_COST * len(self):
            self.build()
        if self._grid is None:
            self._scanned += len(self)
            return self._scan((x, y), k, mask, allowed)
        return self._look_around(self._grid, (x, y), k, mask)

    def _scan(
        self, point: tuple[float, float], k: int, mask: NDArray[np.bool_] | None, allowed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rank some of the points, evenly chosen, and then all that may be as near as the k-th of these."""
        step = math.isqrt(allowed // k)  # so that about as many are ranked first as then
        pool = None
        some = np.arange(0, len(self), step)
        if mask is not None:
            some = some[mask[some]]
            if len(some) < k or 2 * allowed < len(self):
                pool = np.flatnonzero(mask)
                some = pool[::step]
        radius = float(self._closest(point, k, some)[1][-1])
        near = self._inside(point, radius, pool)
        return self._closest(point, k, near if pool is not None or mask is None else near[mask[near]])

    def _look_around(
        self, grid: "_Grid", point: tuple[float, float], k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rank the points of the cells around, and then those of all cells that may hold one as near as the k-th."""
        values = [box[0] for box in self._box(point, 0.0)]
        width = 0
        while True:
            lows, highs = grid.cells(values, -width), grid.cells(values, width)
            if grid.size(lows, highs) >= k or width >= CELLS:
                some = grid.members(lows, highs)
                some = some if mask is None else some[mask[some]]
                if len(some) >= k:
                    break
            width = 2 * width + 1
        radius = float(self._closest(point, k, some)[1][-1])
        box = self._box(point, radius)
        lows, highs = ([grid.cell(axis, each) for axis, each in enumerate(side)] for side in zip(*box, strict=True))
        pool = grid.members(lows, highs)
        near = np.sort(self._inside(point, radius, pool))
        return self._closest(point, k, near if mask is None else near[mask[near]])

    def _box(self, point: tuple[float, float], radius: float) -> list[tuple[float, float]]:
        """Least and greatest coordinates, on each axis, of points that may be so near."""
        radius *= 1.0 + ROUNDING
        if self._sorted is None:
            return [(at - radius, at + radius) for at in point]
        found = []
        for at, values in zip(point, self._sorted, strict=True):
            last = len(values) - 1
            # A value of mid-rank r has no more than r of the sample below it, and no less up to it.
            low, high = math.floor((at - radius) * len(values)) - 2, math.ceil((at + radius) * len(values)) + 2
            found.append((float(values[min(max(low, 0), last)]), float(values[min(max(high, 0), last)])))
        return found

    def _inside(self, point: tuple[float, float], radius: float, pool: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """Those in the box, in their order."""
        inside: NDArray[np.bool_] | None = None
        for values, (low, high) in zip(self._axes, self._box(point, radius), strict=True):
            part = values if pool is None else values[pool]
            own = (part >= low) & (part <= high)
            inside = own if inside is None else inside & own
        assert inside is not None
        return np.flatnonzero(inside) if pool is None else pool[inside]

    def _placed(self, indices: NDArray[np.int64] | slice) -> list[NDArray[np.float64]]:
        axes = [axis[indices] for axis in self._axes]
        return axes if self._sorted is None else list(map(midranks, axes, self._sorted))

    def _closest(
        self, point: tuple[float, float], k: int, indices: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Sort those of some points that are nearest; equally far ones keep their order."""
        dx, dy = (placed - at for placed, at in zip(self._placed(indices), point, strict=True))
        dx *= dx
        dy *= dy
        dx += dy
        squared = dx
        if k < len(squared):
            bound = np.partition(squared, k - 1)[k - 1]
            near = np.flatnonzero(squared <= bound * (1.0 + ROUNDING))
        else:
            near = np.arange(len(squared))
        distances = np.sqrt(squared[near])
        order = np.argsort(distances, kind="stable")[:k]
        return indices[near[order]], distances[order]


class _Grid(NamedTuple):
    """Points in order of their cells, rows of which lie side by side."""

    least: tuple[float, float]
    scale: tuple[float, float]  # fine steps a unit
    columns: tuple[NDArray[np.uint16], NDArray[np.uint16]]  # the cell of each fine step, on both axes
    order: NDArray[np.int32]
    starts: NDArray[np.int64]  # where each cell begins

    def cell(self, axis: int, value: float) -> int:
        """The cell of a coordinate; the first or the last where it lies beyond."""
        step = (value - self.least[axis]) * self.scale[axis]
        return int(self.columns[axis][int(min(max(step, 0.0), FINE - 1.0))])

    def cells(self, values: list[float], off: int) -> list[int]:
        """The cells so many beside those of coordinates."""
        return [min(max(self.cell(axis, value) + off, 0), CELLS - 1) for axis, value in enumerate(values)]

    def size(self, lows: list[int], highs: list[int]) -> int:
        """How many points are in a box of cells."""
        rows = np.arange(lows[0], highs[0] + 1) * CELLS
        return int((self.starts[rows + highs[1] + 1] - self.starts[rows + lows[1]]).sum())

    def members(self, lows: list[int], highs: list[int]) -> NDArray[np.int64]:
        """The points in a box of cells."""
        rows = range(lows[0] * CELLS, highs[0] * CELLS + 1, CELLS)
        parts = [self.order[self.starts[row + lows[1]] : self.starts[row + highs[1] + 1]] for row in rows]
        return np.concatenate(parts).astype(np.int64)


def _grid(axes: tuple[NDArray[np.float64], ...]) -> _Grid:
    cell = np.zeros(len(axes[0]), dtype=np.uint16)
    least, scale, columns = [], [], []
    for values in axes:
        low, high = float(values.min()), float(values.max())
        steps = (FINE - 1.0) / (high - low) if high - low > np.finfo(np.float64).tiny * FINE else 0.0
        fine = ((values - low) * steps).astype(np.uint16)
        counts = np.bincount(fine, minlength=FINE)
        column = ((np.cumsum(counts) - counts) * CELLS // len(values)).astype(np.uint16)
        cell *= CELLS
        cell += np.minimum(column, CELLS - 1)[fine]
        least.append(low)
        scale.append(steps)
        columns.append(np.minimum(column, np.uint16(CELLS - 1)))
    starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=CELLS * CELLS))])
    order = np.argsort(cell, kind="stable").astype(np.int32)
    return _Grid((least[0], least[1]), (scale[0], scale[1]), (columns[0], columns[1]), order, starts)
