"""Judges image models by people's ratings: the recipe, fold by fold on unseen images, or a finished model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.errors import InputError, UsageError
from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import Accuracy
from img2music.research.evaluation import (
    Floats,
    Indices,
    accuracies,
    baseline,
    fold_means,
    grouped_folds,
    predict_folds,
    random_folds,
)
from img2music.research.images.anchors import Anchor
from img2music.research.images.datasets import RatedImages
from img2music.shapes import Problem
from img2music.vision.model import ImageModel

FOLDS = 10
READING = "Reading images"


class Reader(Protocol):
    """What reads affect from features: shape (n, d) to valence and arousal on the unit scale, shape (n, 2)."""

    def predict(self, features: NDArray[np.float32], /) -> Floats:
        """Read affect from features."""


@dataclass(frozen=True, slots=True)
class Category:
    """Accuracy on the images of one category."""

    images: int
    valence: Accuracy
    arousal: Accuracy


@dataclass(frozen=True, slots=True)
class Split:
    """Accuracy of a model on one way of splitting, and that of always predicting the training images' mean."""

    valence: Accuracy
    arousal: Accuracy
    baseline_valence: Accuracy
    baseline_arousal: Accuracy
    categories: dict[str, Category]  # of the model; empty where a set has none


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well images are read, by people's ratings: ``img2music/evaluate-image/1``."""

    schema: Literal["img2music/evaluate-image/1"] = field(default="img2music/evaluate-image/1", kw_only=True)
    scale: Literal["unit"] = field(default="unit", kw_only=True)
    images: int
    themes: int
    folds: int | None  # None for a finished model
    seed: int  # of the splits and of the bootstrap
    # Images in random folds: other photos of the same theme may be among those that the model saw. Intervals are drawn
    # by image. None for a finished model
    random: Split | None
    # All photos of a theme in the same fold: themes that the model has not seen, in as many folds as there are themes
    # at most. Intervals are drawn by theme. None where no two images share a theme, and for a finished model
    grouped: Split | None
    dataset: str
    dataset_scale: Scale  # how the set writes its ratings
    # Learned from the other sets alone, and read as people of the first of these rate. The baseline is the mean of that
    # set. None where one set is given
    others: Split | None = None
    # Share of the ratings that the 80 % interval holds, by axis, by models that have not seen the image's theme. None
    # where readings have no spread, and for a finished model
    coverage: dict[str, float] | None = None
    model: str | None = None  # name and version of the finished model; None where the recipe is judged
    # Of the finished model as it is. The baseline is the mean of these very images, which is more than the model knows
    # of them. Intervals are drawn by theme where images share themes
    finished: Split | None = None
    # Network and head that were retrained, and the other sets that every fold learned from; None for a finished model,
    # and for the recipe of the shipped one on this set alone
    recipe: str | None = None
    anchors: tuple[Anchor, ...] = ()  # what others published on the same data
    notes: tuple[str, ...] = ()  # what a reader must know
    errors: tuple[Problem, ...] = ()  # images that can't be read


@dataclass(frozen=True)
class Judged:
    """An evaluation with the predictions that it is about."""

    evaluation: Evaluation
    images: RatedImages  # those that could be read
    # Valence and arousal on the unit scale, by the name of the split: "random", "grouped", "finished"
    predicted: dict[str, Floats]
    errors: tuple[InputError, ...] = ()  # images that were left out


def judge_recipe(
    features: NDArray[np.float32],
    images: RatedImages,
    fit: Callable[[Indices], Reader],
    *,
    folds: int = FOLDS,
    seed: int = 0,
    recipe: str | None = None,
) -> Judged:
    """Retrain fold by fold, and compare with the ratings; ``fit`` is given the images to learn from."""
    require_folds(images, folds)
    parts = {"random": random_folds(len(images.paths), folds, seed)}
    if images.has_themes and len(set(images.themes)) > 1:
        parts["grouped"] = theme_folds(images, folds, seed)
    predicted = {
        name: predict_folds(part, images.affect, lambda train, test: fit(train).predict(features[test]))
        for name, part in parts.items()
    }
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
    if not 2 <= folds <= len(images.paths):
        raise UsageError(f"`folds` must be from 2 to the number of images, {len(images.paths)}, not {folds}.")


def theme_folds(images: RatedImages, folds: int, seed: int) -> list[Indices]:
    """Split images into parts that share no theme, no more of them than there are themes."""
    return grouped_folds(images.themes, min(folds, len(set(images.themes))), seed)


def judge_model(model: ImageModel, images: RatedImages, *, seed: int = 0, progress: Progress = unwatched) -> Judged:
    """Compare what a finished model reads with the ratings, as people of the same set rate if it learned from them."""
    _require_several(images)
    model = model.read_as(images.name)
    read, predicted, errors = [], [], []
    for index, found in enumerate(model.analyze(images.paths)):
        if isinstance(found, InputError):
            errors.append(found)
        else:
            read.append(index)
            predicted.append((found.affect.valence, found.affect.arousal))
        progress(Step(READING, index + 1, len(images.paths), images.paths[index].name, "images"))
    if len(read) < 2:
        raise UsageError(f"Only {len(read)} of {len(images.paths)} images can be read: {errors[0]}")
    kept = images.take(np.array(read))
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
    units = np.array(images.themes if by_theme else [str(index) for index in range(len(images.paths))])

    def axes(which: NDArray[np.bool_]) -> tuple[Accuracy, Accuracy]:
        return accuracies(predicted[which], images.affect[which], images.scale, units[which].tolist(), seed)

    categories = np.array(images.categories)
    by_category = {}
    for name in np.unique(categories[categories != ""]):
        which = categories == name
        by_category[str(name)] = Category(int(which.sum()), *axes(which))
    everything = np.ones(len(units), dtype=bool)
    return Split(*axes(everything), *baseline(means, images.affect, images.scale), by_category)


def _require_several(images: RatedImages) -> None:
    if len(images.paths) < 2:
        raise UsageError("A single image can't be judged: there must be at least 2.")
