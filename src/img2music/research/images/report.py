"""An evaluation of an image model as JSON, as tables and as Markdown."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from img2music.research.accuracy import Accuracy
from img2music.research.images.anchors import ANCHORS
from img2music.research.images.datasets import DATASETS, is_as_published
from img2music.research.images.evaluation import Evaluation, Judged, Split
from img2music.research.pages import Table, markdown, markdown_table

SCHEMA = "img2music/evaluate-image/1"
TITLE = "Image model against people's ratings"

SPLITS = {"random": "random", "grouped": "by theme", "finished": "none"}
"""How tables name the folds."""


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Give the figures in the documented shape ``img2music/evaluate-image/1`` (docs/evaluation.md)."""
    return {"schema": SCHEMA, "scale": "unit", **asdict(evaluation)}


def full_json(judged: Judged, notes: Sequence[str]) -> dict[str, Any]:
    """Give the figures, what was published on the same data, notes and images left out."""
    return {
        **to_json(judged.evaluation),
        "anchors": [asdict(anchor) for anchor in ANCHORS.get(judged.evaluation.dataset, ())],
        "notes": list(notes),
        "errors": [{"path": error.path, "error": error.reason} for error in judged.errors],
    }


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
    """Give the splits that there are, by their names."""
    named = {"random": evaluation.random, "grouped": evaluation.grouped, "finished": evaluation.finished}
    return {name: split for name, split in named.items() if split is not None}


def headline(evaluation: Evaluation) -> str:
    """Name the split that counts: folds by theme where there are themes, as random folds flatter."""
    return next(name for name in ("finished", "grouped", "random") if name in splits_of(evaluation))


COLUMNS = ["folds", "predictor", "axis", ">r", ">95 %", ">Spearman", ">CCC", ">R2", ">RMSE", ">MAE", ">MSE"]


def accuracy_table(evaluation: Evaluation) -> Table:
    """Tabulate all splits, the model and the mean."""
    rows = [[*names, *_cells(found)] for *names, found in _lines(evaluation)]
    return [*COLUMNS, ">right side of 0.5"], rows


def scales_table(evaluation: Evaluation) -> Table:
    """Tabulate the errors on the set's own scale and on that from its lowest to its highest rating."""
    scale = evaluation.dataset_scale
    span = f"{scale.low:g} to {scale.high:g}"
    columns = ["folds", "predictor", "axis", f">RMSE, {span}", f">MAE, {span}", f">MSE, {span}", ">MSE, min-max"]
    rows = [
        [*names, *(f"{value:.4f}" for value in (own.rmse, own.mae, own.mse)), _cell(found.mse_minmax, 4)]
        for *names, found in _lines(evaluation)
        for own in (found.own_scale,)
    ]
    return columns, rows


def intervals_table(evaluation: Evaluation) -> Table:
    """Tabulate the bootstrap intervals."""
    names = {"r": "r", "ccc": "CCC", "r2": "R2", "rmse": "RMSE", "mae": "MAE", "mse": "MSE", "accuracy": "right side"}
    rows = [
        [folds, axis, *(_interval(found, name, 4 if "m" in name else 3) for name in names)]
        for folds, _, axis, found in _lines(evaluation)
        if found.intervals is not None
    ]
    return ["folds", "axis", *(f">{name}" for name in names.values())], rows


def categories_table(evaluation: Evaluation) -> Table:
    """Tabulate the model's accuracy by category; no rows where a set has none."""
    rows = [
        [SPLITS[name], category, str(found.images), axis, *_cells(accuracy)]
        for name, split in splits_of(evaluation).items()
        for category, found in split.categories.items()
        for axis, accuracy in (("valence", found.valence), ("arousal", found.arousal))
    ]
    return ["folds", "category", ">images", "axis", *COLUMNS[3:], ">right side of 0.5"], rows


def anchors_table(evaluation: Evaluation) -> Table:
    """Tabulate what others published on the same data; no rows where nothing is known."""
    metrics = {"r": ("r", "g"), "mse_minmax": ("MSE, min-max", ".4f")}
    rows = []
    for anchor in ANCHORS.get(evaluation.dataset, ()):
        metric, digits = metrics[anchor.metric]
        figures = ["-" if value is None else f"{value:{digits}}" for value in (anchor.valence, anchor.arousal)]
        rows.append([anchor.what, metric, *figures, anchor.source])
    return ["who", "figure", ">valence", ">arousal", "source"], rows


def without(table: Table, names: Collection[str]) -> Table:
    """Leave columns out of a table, for a narrow terminal."""
    columns, rows = table
    kept = [number for number, column in enumerate(columns) if column.removeprefix(">") not in names]
    return [columns[number] for number in kept], [[row[number] for number in kept] for row in rows]


def to_markdown(judged: Judged, notes: Sequence[str]) -> str:
    """Write the report as Markdown."""
    lines = [f"# {TITLE}", "", f"{markdown(title_of(judged.evaluation))}.", ""]
    lines += [f"- {markdown(note)}" for note in notes]
    for heading, text, (columns, rows) in sections(judged.evaluation):
        if rows:
            lines += ["", f"## {heading}", "", text, "", *markdown_table(columns, rows)]
    if judged.errors:
        lines += ["", "## Left out", "", *(f"- {markdown(str(error))}" for error in judged.errors)]
    return "\n".join(lines) + "\n"


def sections(evaluation: Evaluation) -> Iterator[tuple[str, str, Table]]:
    """Give the tables of a report, each with a heading and what it shows."""
    mean = (
        "the mean of the training images"
        if evaluation.folds is not None
        else "the mean of these very images, which the model does not know"
    )
    drawn = "drawn by image; by theme where images share themes and folds are not random"
    yield (
        "Accuracy",
        f"Unit scale. The predictor *mean* always gives {mean}. Intervals: bootstrap, 95 %, {drawn}.",
        accuracy_table(evaluation),
    )
    yield "Intervals", "All bootstrap 95 % intervals of the model.", intervals_table(evaluation)
    yield (
        "Other scales",
        "Errors on the set's own scale; min-max puts its lowest rating at 0 and its highest at 1.",
        scales_table(evaluation),
    )
    yield "By category", "The model, unit scale.", categories_table(evaluation)
    yield (
        "Published by others",
        "Not measured here, and not by these folds: a frame for the figures above.",
        anchors_table(evaluation),
    )


def _lines(evaluation: Evaluation) -> Iterator[tuple[str, str, str, Accuracy]]:
    for name, split in splits_of(evaluation).items():
        yield SPLITS[name], "model", "valence", split.valence
        yield SPLITS[name], "model", "arousal", split.arousal
        yield SPLITS[name], "mean", "valence", split.baseline_valence
        yield SPLITS[name], "mean", "arousal", split.baseline_arousal


def _cells(found: Accuracy) -> list[str]:
    return [
        _cell(found.r, 3),
        _interval(found, "r", 3),
        _cell(found.spearman, 3),
        _cell(found.ccc, 3),
        _cell(found.r2, 3),
        _cell(found.rmse, 4),
        _cell(found.mae, 4),
        _cell(found.mse, 5),
        _cell(found.accuracy, 3),
    ]


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _interval(found: Accuracy, name: str, digits: int) -> str:
    ends = (found.intervals or {}).get(name)
    return "-" if ends is None else f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"
