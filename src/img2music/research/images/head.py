"""Heads that are solved for in one go: pooled features -> affect, by ridge regression.

`Head` is that of the image model. Its kernel is a polynomial of degree 2 of the cosine between two images' features
(Shawe-Taylor & Cristianini 2004, "Kernel Methods for Pattern Analysis", sections 7.3 and 9.1). The sum over training
images then folds into one quadratic form an axis: within 0.01 of a Gaussian kernel in r on OASIS, and nothing of any
single image is kept. `RidgeHead` is the same without a kernel: one slope a feature (Hoerl & Kennard 1970, "Ridge
regression", Technometrics 12, 55-67).

Word norms of what the images show may stand beside the features of `Head`. They get a kernel of their own, the inner
product, which adds up to a line that the ridge hardly holds down: few numbers that carry further than the features do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from img2music.research.evaluation import Floats, Indices
from img2music.research.onnx_graph import GraphBuilder

# Chosen once, on ten-fold splits of Emotion6 and OASIS of other seeds (100 and 101) than those that are reported.
GAMMA = 4.0
RIDGE = 27.0
COMPONENTS = 192

ONE_PERSON = 5.0
"""How much larger the ridge is of an image that a single person rated; of n, it is by an n-th of this."""

SHARED = 0.625
"""How much two sets have in common: their images' kernel, in terms of that of images of one set."""

SHARES = np.geomspace(1e-3, 1e2, 11)
"""Ridge constants to choose from, in terms of an image's kernel with itself."""


class Codes(NamedTuple):
    """What the kernel compares images by."""

    units: Floats  # unit vectors
    words: Floats  # standardised word norms; m may be 0


class CodeNames(NamedTuple):
    """Names of the same in an ONNX graph; ``words`` is None where there are none."""

    units: str
    words: str | None


@dataclass(frozen=True)
class Forms:
    """A sum of kernels over training images, folded: ``u' Q u + u' w + g' s + b`` for each axis."""

    quadratic: Floats  # Q of valence and arousal
    linear: Floats  # w of valence and arousal
    slope: Floats  # s of valence and arousal, of the word norms g
    constant: Floats  # b of valence and arousal

    @classmethod
    def fold(cls, codes: Codes, dual: Floats, average: Floats) -> "Forms":
        """Fold ``kernel(., codes) @ dual + average``; ``codes`` of n images, ``dual`` of shape (n, 2)."""
        units, words = codes
        # (1 + g c)^2 = 1 + 2 g c + g^2 c^2, with c = u'v for each training image v, summed over these.
        return cls(
            quadratic=np.stack([GAMMA**2 * (units.T * weight) @ units for weight in dual.T]),
            linear=2 * GAMMA * dual.T @ units,
            slope=dual.T @ words,
            constant=average + dual.sum(axis=0),
        )

    def of(self, codes: Codes) -> Floats:
        """Give the values for the codes of n images: shape (n, 2)."""
        units, words = codes
        values = [
            ((units @ quadratic + linear) * units).sum(axis=1)
            for quadratic, linear in zip(self.quadratic, self.linear, strict=True)
        ]
        return np.stack(values, axis=1) + words @ self.slope.T + self.constant

    def add_to(self, graph: GraphBuilder, codes: CodeNames) -> str:
        """Add the same computation to an ONNX graph and return the name of its values."""
        units, words = codes
        axes = []
        for quadratic, linear in zip(self.quadratic, self.linear, strict=True):
            slope = graph.single(linear)
            terms = graph.add("Mul", graph.add("Gemm", units, graph.half(quadratic), slope), units)
            axes.append(graph.add("ReduceSum", terms, graph.constant(np.array([1])), keepdims=1))
        values = graph.add("Concat", *axes, axis=1)
        if words is not None:
            line = graph.add("MatMul", words, graph.single(self.slope.T))
            values = graph.add("Add", values, line)
        return graph.add("Add", values, graph.single(self.constant))


@dataclass(frozen=True)
class Head:
    """With ``u = z / |z|``, ``z = x @ reduction + shift``: the forms of ``u`` and the word norms, clipped to [0, 1]."""

    reduction: Floats  # standardisation and principal components in one
    shift: Floats  # so that the mean of the training images becomes the origin
    centre: Floats  # mean and standard deviation of the training images' word norms
    width: Floats  # mean and standard deviation of the training images' word norms
    forms: tuple[Forms, ...]  # affect before it is clipped, as people of each set rate; the first is what users read
    ridge: float  # the ridge constant

    @classmethod
    def fit(
        cls,
        features: ArrayLike,
        affect: Floats,
        depths: Sequence[int],
        *,
        sets: Indices | None = None,
        noise: Floats | None = None,
        themes: Sequence[str] | None = None,
    ) -> "Head":
        """Fit to rated images; with ``themes``, these choose the ridge.

        Of each image, ``sets`` tells the set, from 0, and ``noise`` by how much its ridge is that of others.
        """
        from scipy.linalg import eigh

        inputs, norms = np.split(np.asarray(features, dtype=np.float64), [sum(depths)], axis=1)
        sets = np.zeros(len(inputs), dtype=np.intp) if sets is None else sets
        standard, mean, scale = _standardised(inputs, depths)
        # Principal components by way of the images' inner products, of which there are fewer than of features.
        last = len(standard) - 1
        variances, combinations = eigh(standard @ standard.T, subset_by_index=[max(0, last + 1 - COMPONENTS), last])
        # Directions in which the images do not differ are none.
        kept = variances > 1e-9 * len(standard)
        axes = standard.T @ combinations[:, kept] / np.sqrt(variances[kept])
        centre, width = norms.mean(axis=0), norms.std(axis=0) + 1e-6
        codes = Codes(_units(standard @ axes), (norms - centre) / width)

        averages = means_of(affect, sets)
        compared = kernel(codes, sets)
        ridge = RIDGE if themes is None else choose_ridge(compared, affect - averages[sets], themes)
        ridges = ridge * (np.ones(len(compared)) if noise is None else noise)
        dual = np.linalg.solve(compared + np.diag(ridges), affect - averages[sets])
        forms = [
            Forms.fold(codes, dual * in_common(sets, one)[:, None], average) for one, average in enumerate(averages)
        ]
        reduction = scale[:, None] * axes
        return cls(reduction, -mean @ reduction, centre, width, tuple(forms), ridge)

    def codes(self, features: ArrayLike) -> Codes:
        """Give what the kernel compares images by, from features of shape (n, d + m)."""
        inputs, norms = np.split(np.asarray(features, dtype=np.float64), [len(self.reduction)], axis=1)
        return Codes(_units(inputs @ self.reduction + self.shift), (norms - self.centre) / self.width)

    def predict(self, features: ArrayLike) -> Floats:
        """Read affect from features, as people of the first set rate."""
        return np.clip(self.forms[0].of(self.codes(features)), 0, 1)

    def add_to(self, graph: GraphBuilder, features: str, norms: str | None, outputs: Sequence[str]) -> CodeNames:
        """Add the same computation to an ONNX graph; ``outputs`` are the names to give to what each set reads."""
        # The length of z does not matter, so its entries may be of the size that float16 holds best.
        size = float(np.abs(self.reduction).max())
        shift = graph.single(self.shift / size)
        reduced = graph.add("Gemm", features, graph.half(self.reduction / size), shift)
        units = graph.add("LpNormalization", reduced, axis=1, p=2)
        words = None
        if norms is not None:
            centred = graph.add("Sub", norms, graph.single(self.centre))
            words = graph.add("Div", centred, graph.single(self.width))
        codes = CodeNames(units, words)
        ends = [graph.constant(np.array(end, np.float32)) for end in (0, 1)]
        for forms, output in zip(self.forms, outputs, strict=True):
            graph.add("Clip", forms.add_to(graph, codes), *ends, output=output)
        return codes


@dataclass(frozen=True)
class RidgeHead:
    """``x @ slopes + constant``, clipped to [0, 1]."""

    slopes: Floats  # of valence and arousal
    constant: Floats  # of valence and arousal
    ridge: float  # the ridge constant

    @classmethod
    def fit(cls, features: ArrayLike, affect: Floats, themes: Sequence[str]) -> "RidgeHead":
        """Fit to rated images."""
        standard, mean, scale = _standardised(features, (np.shape(features)[1],))
        compared = standard @ standard.T
        average = affect.mean(axis=0)
        ridge = choose_ridge(compared, affect - average, themes)
        dual = np.linalg.solve(compared + ridge * np.eye(len(compared)), affect - average)
        slopes = scale[:, None] * (standard.T @ dual)
        return cls(slopes, average - mean @ slopes, ridge)

    def predict(self, features: ArrayLike) -> Floats:
        """Read affect from features of shape (n, d): valence and arousal on the unit scale, shape (n, 2)."""
        return np.clip(np.asarray(features, dtype=np.float64) @ self.slopes + self.constant, 0, 1)


def kernel(codes: Codes, sets: Indices) -> Floats:
    """Compare n images, of which ``sets`` tells the set, with each other: shape (n, n)."""
    units, words = codes
    alike = (1 + GAMMA * units @ units.T) ** 2 + words @ words.T
    return np.asarray(alike * np.where(sets[:, None] == sets, 1, SHARED))


def in_common(sets: Indices, one: int) -> Floats:
    """How much images of some sets have in common with one set."""
    return np.where(sets == one, 1.0, SHARED)


def means_of(values: Floats, sets: Indices) -> Floats:
    """Give the mean of each set: shape (sets, 2)."""
    return np.stack([values[sets == one].mean(axis=0) for one in range(sets.max() + 1)])


def choose_ridge(compared: Floats, targets: Floats, themes: Sequence[str]) -> float:
    """Choose the ridge constant with the least squared error on each theme when that is left out."""
    one = len(set(themes)) == 1
    groups = list(map(str, range(len(themes)))) if one else themes
    # Where no two images differ there is nothing to choose, and a ridge of 0 could not be solved with.
    ridges = SHARES * (float(np.trace(compared)) / len(compared) or 1.0)
    errors = [float((solve(compared, targets, ridge, groups)[1] ** 2).sum()) for ridge in ridges]
    return float(ridges[int(np.argmin(errors))])


def noise_of(raters: int | None) -> float:
    """Give by how much the ridge of an image is larger that so many people rated than that of one rated by all."""
    return 1 + ONE_PERSON / raters if raters else 1.0


def solve(compared: Floats, targets: Floats, ridge: float | Floats, themes: Sequence[str]) -> tuple[Floats, Floats]:
    """Solve kernel ridge regression, and tell its errors on each theme when that is left out.

    With ``A = K + ridge I`` (or a ridge for each image) and dual weights ``a = A^-1 y``, the errors on a group of
    training images that is left out are ``[A^-1]_gg^-1 a_g`` (An, Liu & Venkatesh 2007, "Fast cross-validation
    algorithms for least squares support vector machine and kernel ridge regression", Pattern Recognition 40,
    2154-2162).

    Parameters
    ----------
    compared : ndarray of float64, shape (n, n)
        ``K``.
    targets : ndarray of float64, shape (n, 2)
        ``y``: what to predict, less its mean.
    ridge : float or ndarray of float64, shape (n,)
    themes : sequence of str, length n

    Returns
    -------
    dual, errors : ndarray of float64, shape (n, 2)
    """
    _, theme_of = np.unique(np.array(themes), return_inverse=True)
    inverse = np.linalg.inv(compared + np.diag(np.broadcast_to(ridge, len(compared))))
    dual = inverse @ targets
    errors = np.empty_like(dual)
    for theme in range(theme_of.max() + 1):
        left_out = np.flatnonzero(theme_of == theme)
        errors[left_out] = np.linalg.solve(inverse[np.ix_(left_out, left_out)], dual[left_out])
    return dual, errors


def _standardised(features: ArrayLike, depths: Sequence[int]) -> tuple[Floats, Floats, Floats]:
    """Give ``(features - mean) * scale``, in which each depth has the same say, with the mean and the scale."""
    inputs = np.asarray(features, dtype=np.float64)
    mean = inputs.mean(axis=0)
    say = np.concatenate([np.full(length, 1 / (length * len(depths))) for length in depths])
    scale = np.sqrt(say) / (inputs.std(axis=0) + 1e-6)
    return (inputs - mean) * scale, mean, scale


def _units(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))
