"""Kernel ridge regression with a polynomial kernel of degree 2 between unit vectors, folded into a quadratic form.

The kernel is ``((1 + GAMMA cos) / (1 + GAMMA))^2`` (Shawe-Taylor & Cristianini 2004, "Kernel Methods for Pattern
Analysis", sections 7.3 and 9.1). The sum over training texts folds, so that nothing of any single text is kept.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAMMA = 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forms:
    """``u' Q u + w' u + b`` of unit vectors ``u``, for valence and for arousal."""

    quadratic: NDArray[np.float16]  # Q
    linear: NDArray[np.float32]  # w
    constant: NDArray[np.float32]  # b

    @classmethod
    def fold(cls, units: Floats, dual: Floats, average: Floats) -> Self:
        """Fold ``kernel(u, units) @ dual + average``; ``units`` of shape (n, k), ``dual`` of (n, 2)."""
        # (1 + g c)^2 = 1 + 2 g c + g^2 c^2, with c = u'v for each training text v, summed over these.
        size = (1.0 + GAMMA) ** 2
        quadratic = np.stack([GAMMA**2 / size * (units.T * weight) @ units for weight in dual.T])
        linear = 2.0 * GAMMA / size * dual.T @ units
        constant = average + dual.sum(axis=0) / size
        return cls(quadratic.astype(np.float16), linear.astype(np.float32), constant.astype(np.float32))

    def of(self, units: Floats) -> Floats:
        """Give the values for ``units`` of shape (n, k): shape (n, 2)."""
        values = [
            ((units @ quadratic.astype(np.float64) + linear) * units).sum(axis=1)
            for quadratic, linear in zip(self.quadratic, self.linear, strict=True)
        ]
        return np.stack(values, axis=1) + self.constant


def kernel(units: Floats) -> Floats:
    """Compare training texts with each other: from ``units`` of shape (n, k), shape (n, n)."""
    values = units @ units.T
    values *= GAMMA
    values += 1.0
    values /= 1.0 + GAMMA
    return np.asarray(np.square(values, out=values))


def unit_rows(rows: ArrayLike) -> Floats:
    """Bring each row to length 1; rows of zeros stay."""
    given = np.asarray(rows, dtype=np.float64)
    length = np.linalg.norm(given, axis=1, keepdims=True)
    return np.asarray(np.divide(given, length, out=np.zeros_like(given), where=length > 0))
