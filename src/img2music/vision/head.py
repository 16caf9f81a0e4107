"""The head of the image model: pooled features -> affect, by kernel ridge regression.

The kernel is a polynomial of degree 2 of the cosine between two images' features (Shawe-Taylor & Cristianini 2004,
"Kernel Methods for Pattern Analysis", sections 7.3 and 9.1). The sum over training images then folds into one
quadratic form an axis: within 0.01 of a Gaussian kernel in r on OASIS, and nothing of any single image is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.vision.efficientnet import GraphBuilder

# Chosen once, on ten-fold splits of OASIS of other seeds (100 to 102) than the one that is reported.
GAMMA = 4.0
RIDGE = 12.0
COMPONENTS = 256

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forms:
    """A sum of kernels over training images, folded: ``u' Q u + u' w + b`` for each axis.

    Attributes
    ----------
    quadratic : ndarray of float64, shape (2, k, k)
        ``Q`` of valence and arousal.
    linear : ndarray of float64, shape (2, k)
        ``w`` of valence and arousal.
    constant : ndarray of float64, shape (2,)
        ``b`` of valence and arousal.
    """

    quadratic: Floats
    linear: Floats
    constant: Floats

    @classmethod
    def fold(cls, units: Floats, dual: Floats, average: Floats) -> "Forms":
        """Fold ``kernel(., units) @ dual + average``; ``units`` of shape (n, k), ``dual`` of (n, 2)."""
        # (1 + g c)^2 = 1 + 2 g c + g^2 c^2, with c = u'v for each training image v, summed over these.
        return cls(
            quadratic=np.stack([GAMMA**2 * (units.T * weight) @ units for weight in dual.T]),
            linear=2 * GAMMA * dual.T @ units,
            constant=average + dual.sum(axis=0),
        )

    def of(self, units: Floats) -> Floats:
        """Give the values for ``units`` of shape (n, k): shape (n, 2)."""
        values = [
            ((units @ quadratic + linear) * units).sum(axis=1)
            for quadratic, linear in zip(self.quadratic, self.linear, strict=True)
        ]
        return np.stack(values, axis=1) + self.constant

    def add_to(self, graph: GraphBuilder, units: str) -> str:
        """Add the same computation to an ONNX graph and return the name of its values."""
        axes = []
        for quadratic, linear in zip(self.quadratic, self.linear, strict=True):
            slope = graph.constant(linear.astype(np.float32))
            terms = graph.add("Mul", graph.add("Gemm", units, graph.half(quadratic), slope), units)
            axes.append(graph.add("ReduceSum", terms, graph.constant(np.array([1])), keepdims=1))
        return graph.add("Add", graph.add("Concat", *axes, axis=1), graph.constant(self.constant.astype(np.float32)))


@dataclass(frozen=True)
class Head:
    """With ``u = z / |z|``, ``z = x @ reduction + shift``: the forms of ``u``, clipped to [0, 1].

    Attributes
    ----------
    reduction : ndarray of float64, shape (d, k)
        Standardisation and principal components in one.
    shift : ndarray of float64, shape (k,)
        So that the mean of the training images becomes the origin.
    forms : Forms
        Affect before it is clipped.
    """

    reduction: Floats
    shift: Floats
    forms: Forms

    @classmethod
    def fit(cls, features: ArrayLike, affect: Floats, depths: Sequence[int]) -> "Head":
        """Fit to rated images.

        Parameters
        ----------
        features : array_like of float, shape (n, d)
            Pooled features of several depths of the network, side by side.
        affect : ndarray of float64, shape (n, 2)
            Ratings on the unit scale.
        depths : sequence of int
            Lengths of the depths' features, which add up to ``d``; each depth has the same say.

        Returns
        -------
        Head
        """
        inputs = np.asarray(features, dtype=np.float64)
        mean = inputs.mean(axis=0)
        say = np.concatenate([np.full(length, 1 / (length * len(depths))) for length in depths])
        scale = np.sqrt(say) / (inputs.std(axis=0) + 1e-6)
        standard = (inputs - mean) * scale
        # Principal components by way of the images' inner products, of which there are fewer than of features.
        variances, combinations = np.linalg.eigh(standard @ standard.T)
        # Directions in which the images do not differ are none.
        kept = np.flatnonzero(variances > 1e-9 * len(inputs))[-COMPONENTS:]
        axes = standard.T @ combinations[:, kept] / np.sqrt(variances[kept])
        units = _units(standard @ axes)

        average = affect.mean(axis=0)
        dual = np.linalg.solve(kernel(units) + RIDGE * np.eye(len(units)), affect - average)
        reduction = scale[:, None] * axes
        return cls(reduction=reduction, shift=-mean @ reduction, forms=Forms.fold(units, dual, average))

    def units(self, features: ArrayLike) -> Floats:
        """Give the unit vectors between which the kernel compares images: shape (n, k)."""
        return _units(np.asarray(features, dtype=np.float64) @ self.reduction + self.shift)

    def predict(self, features: ArrayLike) -> Floats:
        """Read affect from features.

        Parameters
        ----------
        features : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Valence and arousal on the unit scale.
        """
        return np.clip(self.forms.of(self.units(features)), 0, 1)

    def add_to(self, graph: GraphBuilder, features: str, output: str) -> str:
        """Add the same computation to an ONNX graph.

        Parameters
        ----------
        graph : GraphBuilder
            Where to add it.
        features : str
            Name of the features: float32, shape (n, d).
        output : str
            Name to give to the affect: float32, shape (n, 2).

        Returns
        -------
        str
            Name of the unit vectors: float32, shape (n, k).
        """
        # The length of z does not matter, so its entries may be of the size that float16 holds best.
        size = float(np.abs(self.reduction).max())
        shift = graph.constant((self.shift / size).astype(np.float32))
        reduced = graph.add("Gemm", features, graph.half(self.reduction / size), shift)
        units = graph.add("LpNormalization", reduced, axis=1, p=2)
        ends = (graph.constant(np.array(end, np.float32)) for end in (0, 1))
        graph.add("Clip", self.forms.add_to(graph, units), *ends, output=output)
        return units


def kernel(units: Floats) -> Floats:
    """Compare images with each other: from ``units`` of shape (n, k), shape (n, n)."""
    return np.asarray((1 + GAMMA * units @ units.T) ** 2)


def _units(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))
