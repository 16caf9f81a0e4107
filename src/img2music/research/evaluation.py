"""The one evaluator: readings of valence and arousal against people's ratings, also of what a model has not seen.

    parts = random_folds(count, folds, seed)               # or grouped_folds(groups, folds, seed)
    predicted = predict_folds(parts, affect, predict)      # predict(train, test) gives what is read in test
    valence, arousal = accuracies(predicted, affect, scale, groups, seed)
    valence, arousal = baseline(fold_means(affect, parts), affect, scale)

Affect and predictions have the shape (n, 2) and are on the unit scale. Intervals are drawn by group.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.research.accuracy import Accuracy, accuracy_of, accuracy_of_means

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def random_folds(count: int, folds: int, seed: int) -> list[Indices]:
    """Split items at random into parts whose sizes differ by one at most."""
    return np.array_split(np.random.default_rng(seed).permutation(count), folds)


def grouped_folds(groups: Sequence[str], folds: int, seed: int | None = None) -> list[Indices]:
    """Split groups, the largest first, into parts of as equal a number of items as they allow.

    Groups of the same size come in random order, or in that of their names where there is no seed.
    """
    _, group_of, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    order = np.arange(len(sizes)) if seed is None else np.random.default_rng(seed).permutation(len(sizes))
    part_of = np.empty(len(sizes), dtype=np.intp)
    filled = np.zeros(folds, dtype=np.intp)
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        part_of[group] = filled.argmin()
        filled[part_of[group]] += sizes[group]
    return [np.flatnonzero(part_of[group_of] == part) for part in range(folds)]


def predict_folds(parts: Sequence[Indices], affect: Floats, predict: Callable[[Indices, Indices], Floats]) -> Floats:
    """Predict each part by what is learned from all the others."""
    predicted = np.empty_like(affect)
    for test in parts:
        predicted[test] = predict(np.setdiff1d(np.arange(len(affect)), test), test)
    return predicted


def fold_means(affect: Floats, parts: Sequence[Indices]) -> Floats:
    """Predict each part with the mean of all the others."""
    return predict_folds(parts, affect, lambda train, _: affect[train].mean(axis=0))


def accuracies(
    predicted: Floats, affect: Floats, scale: Scale, groups: Sequence[str], seed: int
) -> tuple[Accuracy, Accuracy]:
    """Compare predictions of valence and arousal with ratings."""
    valence, arousal = (
        accuracy_of(np.ascontiguousarray(ours), theirs, scale, groups, seed)
        for ours, theirs in zip(predicted.T, affect.T, strict=True)
    )
    return valence, arousal


def baseline(means: Floats, affect: Floats, scale: Scale) -> tuple[Accuracy, Accuracy]:
    """Compare the mean of other items' ratings with ratings."""
    valence, arousal = (accuracy_of_means(ours, theirs, scale) for ours, theirs in zip(means.T, affect.T, strict=True))
    return valence, arousal
