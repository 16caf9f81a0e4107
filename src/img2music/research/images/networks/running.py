"""Trains one network or several settings of it, and writes the best as a model file."""

import csv
import io
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from img2music.errors import UsageError
from img2music.files import FileKind, write_atomically
from img2music.media.images import read_image
from img2music.parallel import in_order, processors
from img2music.research.images.networks import saving
from img2music.research.images.networks.exporting import Exported, describe, export, require_writable
from img2music.research.images.networks.settings import (
    DEFAULT_NETWORK,
    PRETRAINED,
    RANDOM,
    Device,
    HeadKind,
    Learning,
    Settings,
)
from img2music.research.images.networks.training import Epoch, Progress, StepByStep, make_folder, require_fresh, train
from img2music.research.images.rated_images import RatedImages

SCHEMA = "img2music/train-image/1"
RESULTS = {
    "results.csv": FileKind.csv("a table of runs", ("label", *(field.name for field in fields(Settings)))),
    "results.json": FileKind.json("results of a training", SCHEMA),
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


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to."""

    settings: Settings
    best: Epoch
    seconds: float  # that it took this time, without what an earlier one had done


def refuse_network_options(given: Mapping[str, object]) -> None:
    """Say so if options of networks that PyTorch runs are given for the one that it does not."""
    for option in _given(given):
        raise UsageError(
            f"{option} is for networks that PyTorch runs, and {DEFAULT_NETWORK} is not one: it and its head are those "
            "of the shipped model. Name another with --network, or leave the option out."
        )


def refuse_retraining(model: str | None, given: Mapping[str, object]) -> None:
    """Say so if options of retraining are given for a finished model."""
    for option in _given(given):
        if model is not None:
            raise UsageError(f"{option} is for retraining, and --model judges a model as it is: give one of them.")


def refuse_step_options(head: HeadKind, learning: Sequence[Learning], given: Mapping[str, object]) -> None:
    """Say so if options of training step by step are given for a head that is solved for."""
    if Learning.FINETUNE in learning:
        raise UsageError(
            f"--learning finetune trains all weights step by step, and --head {head} is solved for on features that "
            "stay as they are: leave one of them out."
        )
    for option in _given(given):
        raise UsageError(
            f"{option} is for training step by step, and --head {head} is solved for in one go: leave one of them out."
        )


def _given(options: Mapping[str, object]) -> list[str]:
    return [
        f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None and value is not False
    ]


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
    data: str = "",
    resume: bool = False,
    device: Device = Device.AUTO,
    jobs: int = 0,
    progress: Progress | None = None,
) -> tuple[list[Run], Exported]:
    """Train with all settings and write the model of the run with the least validation loss."""
    require_writable(output)
    labels = [Path(wanted.label if len(settings) > 1 else "") for wanted in settings]
    if not resume:
        for inner in labels:  # the last as early as the first
            require_fresh(folders.checkpoints / inner / saving.LAST)
    _read_all(images.paths, progress)
    runs: list[Run] = []
    chosen: StepByStep | None = None
    for number, (wanted, inner) in enumerate(zip(settings, labels, strict=True), start=1):
        checkpoints = folders.checkpoints / inner
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
            progress=_numbered(progress, number, len(settings)),
        )
        runs.append(Run(wanted, trained.best, time.monotonic() - start))
        if chosen is None or trained.best.validation_loss < chosen.best.validation_loss:
            chosen = trained
        make_folder(folders.results)
        _write_result(_table(runs), folders, "results.csv")
    assert chosen is not None
    course = {"best_epoch": asdict(chosen.best)}
    exported = export(
        chosen,
        images,
        output,
        name=name or output.stem,
        data=data,
        command=command_of(chosen.settings, output.name, data, name),
        course=course,
    )
    results = {"schema": SCHEMA, **report(runs, exported), **describe(exported, chosen), **course}
    _write_result(json.dumps(results, indent=2, allow_nan=False).encode(), folders, "results.json")
    return runs, exported


def report(runs: Sequence[Run], exported: Exported) -> dict[str, Any]:
    """Give what was trained as JSON has it: every run, the label of the best, and what its model reads."""
    best = min(runs, key=lambda run: run.best.validation_loss)
    return {
        "scale": "unit",
        "runs": [
            {"label": run.settings.label, **asdict(run.settings), **_prefixed(run.best), "seconds": run.seconds}
            for run in runs
        ],
        "best": best.settings.label,
        "model": asdict(exported),
    }


def command_of(settings: Settings, output: str, data: str, name: str, head: HeadKind = HeadKind.LINEAR) -> str:
    """Give the command that trains a network with these settings and this head."""
    words: list[object] = [
        "img2music train image --data",
        data or "DATA",
        "--out",
        output,
        "--network",
        settings.network,
    ]
    known = settings.weights in (PRETRAINED, RANDOM)
    words += ["--weights", settings.weights if known else Path(settings.weights).name]
    words += ["--learning", settings.learning, "--head", head]
    if head is HeadKind.LINEAR:
        words += ["--recipe", settings.recipe, "--normalization", settings.normalization]
        words += ["--lr", f"{settings.lr:g}", "--momentum", f"{settings.momentum:g}", "--epochs", settings.epochs]
    words += ["--batch-size", settings.batch_size, "--validation", f"{settings.validation:g}", "--seed", settings.seed]
    words += ["--group-by-theme"] if settings.by_theme else []
    words += ["--size", settings.size] if settings.size else []
    words += ["--name", name] if name else []
    return " ".join(str(word) for word in words)


def _read_all(paths: Sequence[Path], progress: Progress | None) -> None:
    """Find an image that can't be read now, not in the middle of the first epoch."""

    def check(path: Path) -> None:
        read_image(path, least_side=1)

    for done, _ in enumerate(in_order(check, paths, processors()), start=1):
        if progress is not None:
            progress("Reading images", done, len(paths))


def _numbered(progress: Progress | None, number: int, count: int) -> Progress | None:
    if progress is None or count == 1:
        return progress
    return lambda title, done, of: progress(f"Run {number} of {count}: {title}", done, of)


def _prefixed(best: Epoch) -> dict[str, Any]:
    row = asdict(best)
    row.pop("lr")
    return {"best_epoch": row.pop("epoch"), **row}


def _write_result(content: bytes, folders: Folders, name: str) -> None:
    write_atomically(content, folders.results / name, RESULTS[name])


def _table(runs: Sequence[Run]) -> bytes:
    text = io.StringIO(newline="")
    rows = [
        {"label": run.settings.label, **asdict(run.settings), **_prefixed(run.best), "seconds": round(run.seconds, 1)}
        for run in runs
    ]
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
