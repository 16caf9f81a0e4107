"""Trains one network or several settings of it, and writes the best as a model file."""

import csv
import io
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from img2music.files import FileKind, make_folder, write_atomically
from img2music.media.images import read_image
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.images.datasets import RatedImages
from img2music.research.images.evaluation import READING
from img2music.research.images.networks import saving
from img2music.research.images.networks.exporting import Exported, describe, export, require_writable
from img2music.research.images.networks.settings import Device, HeadKind, Learning, Settings
from img2music.research.images.networks.steps import StepByStep, require_fresh, train
from img2music.shapes import to_dict

RESULTS = {
    "results.csv": FileKind.csv("a table of runs", ("label", *(field.name for field in fields(Settings)))),
    "results.json": FileKind.json("results of a training", "img2music/train-image/1"),
}
"""What is written beside the model file, besides checkpoints and logs."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a training writes beside the model file; each of several runs has a folder in the first two."""

    checkpoints: Path
    logs: Path
    results: Path

    @classmethod
    def beside(cls, output: Path, checkpoints: Path | None, logs: Path | None, results: Path | None) -> "Folders":
        """Choose those that are not given: folders in one that is named after the model file."""
        folder = output.with_name(f"{output.stem}-training")
        return cls(checkpoints or folder / "checkpoints", logs or folder / "logs", results or folder / "results")

    def files(self) -> list[tuple[Path, FileKind]]:
        """Give the files of results that an earlier training may have written."""
        return [(self.results / name, kind) for name, kind in RESULTS.items() if self.results.is_dir()]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRun(Settings):
    """A run in ``img2music/train-image/1``: its settings, and its best epoch."""

    label: str = field()  # in place of the property
    best_epoch: int  # from 1
    training_loss: float  # on the network's own scale, as the next
    validation_loss: float
    valence_r: float | None  # pearson's, of the validation images; None where one side is constant
    arousal_r: float | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainImageReport:
    """``img2music/train-image/1``."""

    schema: Literal["img2music/train-image/1"] = "img2music/train-image/1"
    scale: Literal["unit"] = "unit"  # of the model's figures
    runs: list[TrainedRun]
    best: str  # label of the run with the least validation loss, which the model file is of
    model: Exported


def sweep(first: Settings, learning: Sequence[Learning], lr: Sequence[float], epochs: Sequence[int]) -> list[Settings]:
    """Combine all that is given with the rest of some settings."""
    choices = itertools.product(learning or [first.learning], lr or [first.lr], epochs or [first.epochs])
    return list(dict.fromkeys(replace(first, learning=how, lr=rate, epochs=count) for how, rate, count in choices))


def run_all(
    images: RatedImages,
    settings: Sequence[Settings],
    output: Path,
    folders: Folders,
    *,
    name: str = "",
    resume: bool = False,
    device: Device = Device.AUTO,
    jobs: int = 0,
    progress: Progress = unwatched,
) -> dict[str, Any]:
    """Train with all settings, write the model of the run with the least validation loss, and tell what came out.

    It is told in the documented shape ``img2music/train-image/1`` (docs/schemas/train-image.json).
    """
    require_writable(output)
    labels = [Path(wanted.label if len(settings) > 1 else "") for wanted in settings]
    if not resume:
        for inner in labels:  # the last as early as the first
            require_fresh(folders.checkpoints / inner / saving.LAST)
    _read_all(images.paths, progress)
    runs: list[TrainedRun] = []
    chosen: StepByStep | None = None
    for index, (wanted, inner) in enumerate(zip(settings, labels, strict=True), start=1):
        checkpoints = folders.checkpoints / inner
        which = f"Run {index} of {len(settings)}: " if len(settings) > 1 else ""
        start = time.monotonic()
        trained = train(
            images,
            wanted,
            checkpoints,
            folders.logs / inner,
            # Of several runs, some may not have begun.
            resume=resume and (len(settings) == 1 or (checkpoints / saving.LAST).exists()),
            device=device,
            jobs=jobs,
            progress=_named(progress, which),
        )
        best = asdict(trained.best)
        del best["lr"]
        course = {"best_epoch": best.pop("epoch"), **best, "seconds": time.monotonic() - start}
        runs.append(TrainedRun(**asdict(wanted), label=wanted.label, **course))
        if chosen is None or trained.best.validation_loss < chosen.best.validation_loss:
            chosen = trained
        make_folder(folders.results)
        _write_result(_table(runs), folders, "results.csv")
    assert chosen is not None
    course = {"best_epoch": asdict(chosen.best)}
    exported = export(chosen, images, output, name, head=HeadKind.LINEAR, course=course)
    best_run = min(runs, key=lambda run: run.validation_loss)
    report = to_dict(TrainImageReport(runs=runs, best=best_run.label, model=exported))
    results = {**report, **describe(exported, chosen), **course}
    _write_result(json.dumps(results, indent=2, allow_nan=False), folders, "results.json")
    return report


def _named(progress: Progress, which: str) -> Progress:
    return lambda step: progress(replace(step, stage=which + step.stage))


def _read_all(paths: Sequence[Path], progress: Progress) -> None:
    """Find an image that can't be read now, not in the middle of the first epoch."""

    def check(path: Path) -> Path:
        read_image(path, least_side=1)
        return path

    for done, path in enumerate(in_order(check, paths, processors()), start=1):
        progress(Step(READING, done, len(paths), path.name, "images"))


def _write_result(content: str, folders: Folders, name: str) -> None:
    write_atomically(content.encode("utf-8", "backslashreplace"), folders.results / name, RESULTS[name])


def _table(runs: Sequence[TrainedRun]) -> str:
    text = io.StringIO(newline="")
    rows = [{"label": run.label, **asdict(run), "seconds": round(run.seconds, 1)} for run in runs]
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
