"""The report on an image model: tables, plots, thumbnails."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from img2music.errors import InputError, MissingExtraError
from img2music.media.images import read_image
from img2music.research.accuracy import Accuracy
from img2music.research.evaluation import Floats
from img2music.research.images.anchors import ANCHORS
from img2music.research.images.datasets import DATASETS, is_as_published
from img2music.research.images.evaluation import Evaluation, Judged, Split
from img2music.research.report import (
    AXES,
    INTERVAL,
    MEASURES,
    Gallery,
    Picture,
    Plot,
    Report,
    ReportKind,
    Table,
    accuracy_cells,
    accuracy_columns,
    figure,
    scatter,
)
from img2music.shapes import problems

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

KIND = ReportKind("img2music/evaluate-image/1", "Image model against people's ratings")

SPLITS = {"random": "random", "grouped": "by theme", "others": "other sets alone", "finished": "none"}
"""How tables name the folds."""

SHOWN = ("r", "r" + INTERVAL, "spearman", "ccc", "r2", "rmse", "mae", "mse", "accuracy")
COVERAGE = "80 % interval"
ANCHORED = "Published by others, not measured here"
WIDE = {
    "Accuracy": {"MSE"},
    "By category": {"R2", "MAE", "MSE", "right side of 0.5"},
    COVERAGE: set[str](),
    ANCHORED: set[str](),
}
"""Tables that a terminal shows, with the columns that it has no room for."""
WORST = 24
GRID = 8  # the plane is parted into 8 x 8 cells, of which each shows one image at most
PLANE_SIDE = 44
WORST_SIDE = 160


def report_on(judged: Judged, notes: Sequence[str]) -> Report:
    """Make the report of an evaluation."""
    anchors = ANCHORS.get(judged.evaluation.dataset, ())
    content = replace(judged.evaluation, anchors=anchors, notes=tuple(notes), errors=tuple(problems(judged.errors)))
    sections = [*_tables(judged), *_pictures(judged)]
    return Report(KIND, title_of(judged.evaluation), notes, sections, content)


def report_of_training(evaluation: Evaluation) -> Report:
    """Make the report of an evaluation that goes with a training: its figures, and no more."""
    return Report(KIND, title_of(evaluation), (), [accuracy_table(evaluation)], evaluation)


def for_terminal(report: Report) -> list[Table]:
    """Give the tables and columns that a terminal has room for."""
    return [table.without(WIDE[table.heading]) for table in report.tables if table.heading in WIDE]


def notes_on(judged: Judged) -> tuple[str, ...]:
    """Say what a reader of the figures must know of the data and the folds."""
    evaluation, notes = judged.evaluation, []
    if evaluation.folds is not None:
        notes.append("Each image is read by a model that was trained without it.")
        if evaluation.grouped is None:
            notes.append("No two images share a group, so there are no folds by theme.")
    if is_as_published(judged.images) is False:
        title = DATASETS[evaluation.dataset].title.split(",")[0]
        notes.append(f"These are not the {DATASETS[evaluation.dataset].images} published ratings of {title}.")
    if judged.errors:
        count = evaluation.images + len(judged.errors)
        notes.append(f"{len(judged.errors)} of {count} images can't be read and are left out.")
    return tuple(notes)


def title_of(evaluation: Evaluation) -> str:
    """Say in one line what was judged."""
    what = f"{evaluation.images} images of {evaluation.themes} themes"
    how = f"model {evaluation.model} as it is" if evaluation.folds is None else f"{evaluation.folds} folds"
    how = f"{evaluation.recipe}, {how}" if evaluation.recipe else how
    return f"{what}, {how}, seed {evaluation.seed}, unit scale"


def splits_of(evaluation: Evaluation) -> dict[str, Split]:
    """Give the splits that there are, by their names; the last counts most, as random folds flatter."""
    named = {"random": evaluation.random, "grouped": evaluation.grouped, "others": evaluation.others}
    named["finished"] = evaluation.finished
    return {name: split for name, split in named.items() if split is not None}


def accuracy_table(evaluation: Evaluation) -> Table:
    """Tabulate all splits, the model and the mean."""
    mean = (
        "the mean of the training images"
        if evaluation.folds is not None
        else "the mean of these very images, which the model does not know"
    )
    return Table(
        "Accuracy",
        f'Unit scale. The predictor "mean" always gives {mean}. Intervals: bootstrap, 95 %, drawn by image; by theme '
        "where images share themes and folds are not random.",
        ["folds", "predictor", "axis", *accuracy_columns(SHOWN)],
        [[*names, *accuracy_cells(found, SHOWN)] for *names, found in _lines(evaluation)],
    )


def categories_table(evaluation: Evaluation) -> Table:
    """Tabulate the model's accuracy by category; no rows where a set has none."""
    return Table(
        "By category",
        "The model, unit scale.",
        ["folds", "category", ">images", "axis", *accuracy_columns(SHOWN)],
        [
            [SPLITS[name], category, str(found.images), axis, *accuracy_cells(getattr(found, axis), SHOWN)]
            for name, split in splits_of(evaluation).items()
            for category, found in split.categories.items()
            for axis in AXES
        ],
    )


def coverage_table(evaluation: Evaluation) -> Table:
    """Tabulate how many ratings the interval holds; no rows where readings have no spread."""
    return Table(
        COVERAGE,
        "Share of ratings within 1.28 spreads, by models that have not seen the theme (wanted: 0.8).",
        ["axis", ">share"],
        [[axis, figure(share)] for axis, share in (evaluation.coverage or {}).items()],
    )


def anchors_table(evaluation: Evaluation) -> Table:
    """Tabulate what others published on the same data; no rows where nothing is known."""
    metrics = {"r": ("r", "g"), "mse_minmax": ("MSE, min-max", ".4f")}
    rows = []
    for anchor in ANCHORS.get(evaluation.dataset, ()):
        metric, digits = metrics[anchor.metric]
        figures = ["-" if value is None else f"{value:{digits}}" for value in (anchor.valence, anchor.arousal)]
        rows.append([anchor.what, metric, *figures, anchor.source])
    return Table(
        ANCHORED,
        "Not by these folds: a frame for the figures above.",
        ["who", "figure", ">valence", ">arousal", "source"],
        rows,
    )


def _tables(judged: Judged) -> Iterator[Table]:
    evaluation, scale = judged.evaluation, judged.evaluation.dataset_scale
    lines = list(_lines(evaluation))
    yield accuracy_table(evaluation)
    names = [name for name in MEASURES if name != "spearman"]
    yield Table(
        "Intervals",
        "All bootstrap 95 % intervals of the model.",
        ["folds", "axis", *accuracy_columns(names)],
        [
            [folds, axis, *accuracy_cells(found, [name + INTERVAL for name in names])]
            for folds, _, axis, found in lines
            if found.intervals is not None
        ],
    )
    span = f"{scale.low:g} to {scale.high:g}"
    yield Table(
        "Other scales",
        "Errors on the set's own scale; min-max puts its lowest rating at 0 and its highest at 1.",
        ["folds", "predictor", "axis", f">RMSE, {span}", f">MAE, {span}", f">MSE, {span}", ">MSE, min-max"],
        [
            [*names, *(figure(value, 4) for value in (own.rmse, own.mae, own.mse, found.mse_minmax))]
            for *names, found in lines
            for own in (found.own_scale,)
        ],
    )
    yield categories_table(evaluation)
    yield coverage_table(evaluation)
    yield anchors_table(evaluation)
    yield Table("Left out", "", ["image"], [[str(error)] for error in judged.errors])


def _lines(evaluation: Evaluation) -> Iterator[tuple[str, str, str, Accuracy]]:
    for name, split in splits_of(evaluation).items():
        yield SPLITS[name], "model", "valence", split.valence
        yield SPLITS[name], "model", "arousal", split.arousal
        yield SPLITS[name], "mean", "valence", split.baseline_valence
        yield SPLITS[name], "mean", "arousal", split.baseline_arousal


def _pictures(judged: Judged) -> Iterator[Plot | Gallery]:
    shown = list(judged.predicted)[-1]  # by theme where there are themes
    rated, predicted = judged.images.affect, judged.predicted[shown]
    folds = "" if shown == "finished" else f" (folds: {SPLITS[shown]})"

    def against(values: Floats) -> dict[str, tuple[Floats, Floats]]:
        return {axis: (rated[:, index], values[:, index]) for index, axis in enumerate(AXES)}

    yield Plot(
        f"Prediction against rating{folds}",
        "On the line, the model says what people say.",
        lambda: scatter(against(predicted), "rated", "predicted"),
    )
    yield Plot(
        f"Residuals{folds}",
        "Prediction less rating: a slope down is the pull towards the mean.",
        lambda: scatter(against(predicted - rated), "rated", "predicted - rated", diagonal=False),
    )
    yield Plot(
        f"The plane{folds}",
        "One image of each part of the plane, where people put it and where the model puts the same one.",
        lambda: _plane(judged, predicted),
    )
    yield Gallery(
        f"Worst misses{folds}",
        "The images that lie farthest from where people put them, worst first; unit scale.",
        lambda: _misses(judged, predicted),
    )


def _plane(judged: Judged, predicted: Floats) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    rated = judged.images.affect
    thumbnails = {index: _thumbnail(judged.images.paths[index], PLANE_SIDE) for index in _spread_out(rated)}
    figure = Figure(figsize=(13, 6.8), dpi=110, layout="constrained")
    for panel, (name, points) in enumerate((("people", rated), ("model", predicted)), start=1):
        axes = figure.add_subplot(1, 2, panel)
        axes.scatter(points[:, 0], points[:, 1], s=6, color="#999999", alpha=0.5, linewidths=0)
        for index, thumbnail in thumbnails.items():
            if thumbnail is not None:
                picture = OffsetImage(np.asarray(thumbnail), zoom=0.7)
                axes.add_artist(AnnotationBbox(picture, tuple(points[index]), frameon=False, pad=0))
        axes.set(title=name, xlabel="valence", ylabel="arousal", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    return figure


def _spread_out(points: Floats) -> list[int]:
    """Choose one point of each cell of a grid: the one nearest to the cell's centre."""
    cells = np.minimum((points * GRID).astype(int), GRID - 1)
    distances = np.linalg.norm(points - (cells + 0.5) / GRID, axis=1)
    nearest: dict[tuple[int, int], int] = {}
    for index in np.argsort(-distances, kind="stable").tolist():
        nearest[cells[index, 0], cells[index, 1]] = index
    return sorted(nearest.values())


def _misses(judged: Judged, predicted: Floats) -> Iterator[Picture]:
    rated = judged.images.affect
    distances = np.linalg.norm(predicted - rated, axis=1)
    for index in np.argsort(-distances, kind="stable")[:WORST].tolist():
        path, content = judged.images.paths[index], io.BytesIO()
        if (thumbnail := _thumbnail(path, WORST_SIDE)) is not None:
            thumbnail.save(content, "JPEG", quality=80)
        figures = "; ".join(
            f"{name} rated {rated[index, axis]:.2f}, predicted {predicted[index, axis]:.2f}"
            for axis, name in enumerate(AXES)
        )
        yield Picture(path.name, figures, content.getvalue() or None)


def _thumbnail(path: Path, side: int) -> "Image.Image | None":
    try:
        image = read_image(path, least_side=side)
    except (InputError, MissingExtraError):  # it could be read a moment ago
        return None
    image.thumbnail((side, side))
    return image
