"""Judges the image model's recipe on images that it has not seen, fold by fold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from img2music.errors import UsageError
from img2music.vision.efficientnet import DEPTHS
from img2music.vision.head import Head
from img2music.vision.oasis import RatedImages

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well predictions of one axis follow people's ratings, on the unit scale.

    Attributes
    ----------
    r : float or None
        Pearson's correlation over all images; None for the baseline and for constants, which have none.
    r2 : float
        Share of the ratings' variance that is explained, 1 - MSE / variance.
    rmse, mse : float
        Root of the mean squared error, and the mean squared error.
    accuracy : float
        Share of images on the right side of 0.5 (at least 0.5, or below).
    """

    r: float | None
    r2: float
    rmse: float
    mse: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Split:
    """Accuracy on one way of splitting, and that of always predicting the training images' mean.

    Attributes
    ----------
    valence, arousal : Accuracy
        Of the model.
    baseline_valence, baseline_arousal : Accuracy
        Of the mean.
    """

    valence: Accuracy
    arousal: Accuracy
    baseline_valence: Accuracy
    baseline_arousal: Accuracy


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy on images that the model has not seen.

    Attributes
    ----------
    images, themes : int
        How many there are.
    folds, seed : int
        Of the splits.
    random : Split
        Images in random folds: other photos of the same theme may be among those that the model saw.
    grouped : Split
        All photos of a theme in the same fold: themes that the model has not seen.
    """

    images: int
    themes: int
    folds: int
    seed: int
    random: Split
    grouped: Split


def evaluate(features: NDArray[np.float32], images: RatedImages, *, folds: int = 10, seed: int = 0) -> Evaluation:
    """Retrain fold by fold, with the same recipe, and compare with the ratings.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        Pooled features of the images.
    images : RatedImages
        The ratings and themes.
    folds : int
        Number of folds.
    seed : int
        Seed of the folds.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        If there are fewer than 2 folds, or more than themes.
    """
    themes = len(set(images.themes))
    if not 2 <= folds <= themes:
        raise UsageError(f"folds must be from 2 to the number of themes, {themes}, not {folds}.")

    def split(parts: list[NDArray[np.intp]]) -> Split:
        predicted = fold_predictions(features, images.affect, parts)
        means = np.empty_like(predicted)
        for train, test in _sides(parts, len(images.affect)):
            means[test] = images.affect[train].mean(axis=0)
        valence, arousal = (_accuracy(predicted[:, axis], images.affect[:, axis]) for axis in (0, 1))
        # The means of the folds move against what was left out; their correlation would be an artefact.
        lows = (replace(_accuracy(means[:, axis], images.affect[:, axis]), r=None) for axis in (0, 1))
        return Split(valence, arousal, *lows)

    return Evaluation(
        images=len(images.paths),
        themes=themes,
        folds=folds,
        seed=seed,
        random=split(random_folds(len(images.paths), folds, seed)),
        grouped=split(grouped_folds(images.themes, folds, seed)),
    )


def random_folds(count: int, folds: int, seed: int) -> list[NDArray[np.intp]]:
    """Split images at random into parts whose sizes differ by one at most.

    Returns
    -------
    list of ndarray of int
        Indices of each part's images.
    """
    return np.array_split(np.random.default_rng(seed).permutation(count), folds)


def grouped_folds(themes: Sequence[str], folds: int, seed: int) -> list[NDArray[np.intp]]:
    """Split themes at random into parts of as equal a number of images as the themes allow.

    Returns
    -------
    list of ndarray of int
        Indices of each part's images; all images of a theme are in the same part.
    """
    _, theme_of, sizes = np.unique(np.array(themes), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sizes))
    part_of = np.empty(len(sizes), dtype=np.intp)
    filled = np.zeros(folds, dtype=np.intp)
    for theme in order[np.argsort(-sizes[order], kind="stable")]:
        part_of[theme] = filled.argmin()
        filled[part_of[theme]] += sizes[theme]
    return [np.flatnonzero(part_of[theme_of] == part) for part in range(folds)]


def fold_predictions(features: NDArray[np.float32], affect: Floats, parts: Sequence[NDArray[np.intp]]) -> Floats:
    """Predict each part with a head that was fitted on all the others.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Valence and arousal on the unit scale.
    """
    predicted = np.empty_like(affect)
    for train, test in _sides(parts, len(affect)):
        predicted[test] = Head.fit(features[train], affect[train], DEPTHS).predict(features[test])
    return predicted


def _sides(parts: Sequence[NDArray[np.intp]], count: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for test in parts:
        yield np.setdiff1d(np.arange(count), test), test


def _accuracy(predicted: Floats, rated: Floats) -> Accuracy:
    mse = float(np.mean((predicted - rated) ** 2))
    constant = np.ptp(predicted) == 0 or np.ptp(rated) == 0
    return Accuracy(
        r=None if constant else float(np.corrcoef(predicted, rated)[0, 1]),
        r2=1 - mse / float(np.var(rated)) if np.ptp(rated) else 0.0,
        rmse=float(np.sqrt(mse)),
        mse=mse,
        accuracy=float(np.mean((predicted >= 0.5) == (rated >= 0.5))),
    )
