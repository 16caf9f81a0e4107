"""Judges image models by people's ratings: the recipe, fold by fold on unseen images, or a finished model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.errors import InputError, UsageError
from img2music.research.accuracy import Accuracy, accuracy_of, accuracy_of_means
from img2music.research.images.efficientnet import DEPTHS
from img2music.research.images.head import Head
from img2music.research.images.rated_images import RatedImages
from img2music.vision.model import ImageModel

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

FOLDS = 10


class Reader(Protocol):
    """What reads affect from features: shape (n, d) to valence and arousal on the unit scale, shape (n, 2)."""

    def predict(self, features: NDArray[np.float32], /) -> Floats:
        """Read affect from features."""


@dataclass(frozen=True, slots=True)
class Category:
    """Accuracy on the images of one category."""

    images: int  # how many there are
    valence: Accuracy
    arousal: Accuracy


@dataclass(frozen=True, slots=True)
class Split:
    """Accuracy on one way of splitting, and that of always predicting the training images' mean."""

    valence: Accuracy  # of the model
    arousal: Accuracy  # of the model
    baseline_valence: Accuracy  # of the mean
    baseline_arousal: Accuracy  # of the mean
    categories: dict[str, Category]  # of the model, by category; empty where a set has none


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well images are read, by people's ratings."""

    images: int  # how many there are
    themes: int  # how many there are
    folds: int | None  # of the splits; None for a finished model
    seed: int  # of the splits and of the bootstrap
    # Images in random folds: other photos of the same theme may be among those that the model saw. Intervals are drawn
    # by image. None for a finished model
    random: Split | None
    # All photos of a theme in the same fold: themes that the model has not seen. Intervals are drawn by theme. None
    # where no two images share a theme, and for a finished model
    grouped: Split | None
    dataset: str  # name of the data set
    dataset_scale: Scale  # how the set writes its ratings
    model: str | None = None  # name and version of the finished model; None where the recipe is judged
    # Of the finished model as it is. The baseline is the mean of these very images, which is more than the model knows
    # of them. Intervals are drawn by theme where images share themes
    finished: Split | None = None
    # Network and head that were retrained; None for a finished model and for the recipe of the shipped one
    recipe: str | None = None


@dataclass(frozen=True)
class Judged:
    """An evaluation with the predictions that it is about."""

    evaluation: Evaluation
    images: RatedImages  # those that could be read
    # Valence and arousal on the unit scale, by the name of the split: "random", "grouped", "finished"
    predicted: dict[str, Floats]
    errors: tuple[InputError, ...] = ()  # images that were left out


def evaluate(features: NDArray[np.float32], images: RatedImages, *, folds: int = FOLDS, seed: int = 0) -> Evaluation:
    """Retrain fold by fold, with the same recipe, and compare with the ratings.

    As `judge_recipe`, without the predictions.
    """
    return judge_recipe(features, images, folds=folds, seed=seed).evaluation


def judge_recipe(
    features: NDArray[np.float32],
    images: RatedImages,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    fit: Callable[[Indices], Reader] | None = None,
    recipe: str | None = None,
) -> Judged:
    """Retrain fold by fold, with the same recipe, and compare with the ratings."""
    require_folds(images, folds)
    parts = {"random": random_folds(len(images.paths), folds, seed)}
    if images.has_themes:
        parts["grouped"] = grouped_folds(images.themes, folds, seed)
    predicted = {name: fold_predictions(features, images.affect, part, fit) for name, part in parts.items()}
    splits = {
        name: split(predicted[name], fold_means(images.affect, part), images, by_theme=name == "grouped", seed=seed)
        for name, part in parts.items()
    }
    evaluation = Evaluation(
        images=len(images.paths),
        themes=len(set(images.themes)),
        folds=folds,
        seed=seed,
        random=splits["random"],
        grouped=splits.get("grouped"),
        dataset=images.dataset,
        dataset_scale=images.scale,
        recipe=recipe,
    )
    return Judged(evaluation, images, predicted)


def require_folds(images: RatedImages, folds: int) -> None:
    """Refuse images that can't be split into so many parts."""
    _require_several(images)
    themes = len(set(images.themes))
    if not 2 <= folds <= themes:
        raise UsageError(f"folds must be from 2 to the number of themes, {themes}, not {folds}.")


def judge_model(
    model: ImageModel, images: RatedImages, *, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> Judged:
    """Compare what a finished model reads with the ratings."""
    _require_several(images)
    read, predicted, errors = [], [], []
    for number, found in enumerate(model.analyze(images.paths)):
        if isinstance(found, InputError):
            errors.append(found)
        else:
            read.append(number)
            predicted.append((found.affect.valence, found.affect.arousal))
        if progress is not None:
            progress(number + 1, len(images.paths))
    if len(read) < 2:
        raise UsageError(f"Only {len(read)} of {len(images.paths)} images can be read: {errors[0]}")
    kept = replace(
        images,
        paths=tuple(images.paths[number] for number in read),
        affect=images.affect[read],
        themes=tuple(images.themes[number] for number in read),
        categories=tuple(images.categories[number] for number in read) if images.categories else (),
    )
    readings = np.array(predicted)
    means = np.tile(kept.affect.mean(axis=0), (len(read), 1))
    evaluation = Evaluation(
        images=len(read),
        themes=len(set(kept.themes)),
        folds=None,
        seed=seed,
        random=None,
        grouped=None,
        dataset=images.dataset,
        dataset_scale=images.scale,
        model=model.name,
        finished=split(readings, means, kept, by_theme=kept.has_themes, seed=seed),
    )
    return Judged(evaluation, kept, {"finished": readings}, tuple(errors))


def split(predicted: Floats, means: Floats, images: RatedImages, *, by_theme: bool, seed: int) -> Split:
    """Compare predictions with ratings, in all and by category."""
    units = np.array(images.themes if by_theme else [str(number) for number in range(len(images.paths))])

    def axes(which: NDArray[np.bool_]) -> tuple[Accuracy, Accuracy]:
        valence, arousal = (
            accuracy_of(predicted[which, axis], images.affect[which, axis], images.scale, units[which].tolist(), seed)
            for axis in (0, 1)
        )
        return valence, arousal

    low_valence, low_arousal = (
        accuracy_of_means(means[:, axis], images.affect[:, axis], images.scale) for axis in (0, 1)
    )
    categories = np.array(images.categories)
    by_category = {}
    for name in np.unique(categories[categories != ""]):
        which = categories == name
        by_category[str(name)] = Category(int(which.sum()), *axes(which))
    return Split(*axes(np.ones(len(units), dtype=bool)), low_valence, low_arousal, by_category)


def random_folds(count: int, folds: int, seed: int) -> list[Indices]:
    """Split images at random into parts whose sizes differ by one at most."""
    return np.array_split(np.random.default_rng(seed).permutation(count), folds)


def grouped_folds(themes: Sequence[str], folds: int, seed: int) -> list[Indices]:
    """Split themes at random into parts of as equal a number of images as the themes allow."""
    _, theme_of, sizes = np.unique(np.array(themes), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sizes))
    part_of = np.empty(len(sizes), dtype=np.intp)
    filled = np.zeros(folds, dtype=np.intp)
    for theme in order[np.argsort(-sizes[order], kind="stable")]:
        part_of[theme] = filled.argmin()
        filled[part_of[theme]] += sizes[theme]
    return [np.flatnonzero(part_of[theme_of] == part) for part in range(folds)]


def fold_predictions(
    features: NDArray[np.float32],
    affect: Floats,
    parts: Sequence[Indices],
    fit: Callable[[Indices], Reader] | None = None,
) -> Floats:
    """Predict each part with a head fitted on all the others, by default as the shipped recipe does."""

    def fit_shipped(train: Indices) -> Reader:
        return Head.fit(features[train], affect[train], DEPTHS)

    predicted = np.empty_like(affect)
    for train, test in _sides(parts, len(affect)):
        predicted[test] = (fit or fit_shipped)(train).predict(features[test])
    return predicted


def fold_means(affect: Floats, parts: Sequence[Indices]) -> Floats:
    """Predict each part with the mean of all the others."""
    means = np.empty_like(affect)
    for train, test in _sides(parts, len(affect)):
        means[test] = affect[train].mean(axis=0)
    return means


def _require_several(images: RatedImages) -> None:
    if len(images.paths) < 2:
        raise UsageError("A single image can't be judged: there must be at least 2.")


def _sides(parts: Sequence[Indices], count: int) -> Iterator[tuple[Indices, Indices]]:
    for test in parts:
        yield np.setdiff1d(np.arange(count), test), test
