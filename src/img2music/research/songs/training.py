"""Trains stacks on song tables and reports how they do on songs that they have not seen."""

import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, ModelError, UsageError
from img2music.files import FileKind, write_atomically
from img2music.music.song import Song
from img2music.research.accuracy import accuracy_of, accuracy_of_means
from img2music.research.songs import journal as journals
from img2music.research.songs.export import to_onnx
from img2music.research.songs.groups import InputGroup, Learning
from img2music.research.songs.journal import Journal
from img2music.research.songs.model import AXES, DESCRIPTION, FILE, SongModel, StackFiles, save_model
from img2music.research.songs.regressors import FIELD, GENTLE
from img2music.research.songs.search import ORIGINAL, Candidate, Found, Progress, Search, Stack, quietly
from img2music.research.songs.splitting import Split, artists_of, fingerprint, folds_of, hold_out
from img2music.research.songs.targets import Target, refuse_circular

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SCHEMA = "img2music/train-music/1"
REPORT = "train-music.json"
OUTPUTS = {journals.NAME: journals.JOURNAL, FILE: DESCRIPTION, REPORT: FileKind.json("a report of a training", SCHEMA)}
"""By these files a folder is known to hold a training."""
INNER_FOLDS = 5
TEST_SHARE = 0.2
TRIALS = 10
TOLERANCE = 1e-4
"""Mean difference between scikit-learn and ONNX that is let pass, unit scale. Single precision may put a song on the
other side of a branch of the last tree, once in thousands, so that the greatest difference says little."""
COMPARED = 500
"""Songs, about, that both are asked about."""

CIRCULAR = (
    "The targets are Spotify's own columns, which its programs compute from the sound and nobody rated: these figures "
    "say how well Spotify's numbers can be guessed, not how well the music's affect is read."
)


class Recipe(StrEnum):
    """What is stacked."""

    ORIGINAL = "original"
    AUTO = "auto"


@dataclass(frozen=True)
class Options:
    """How to train."""

    recipe: Recipe = Recipe.AUTO
    seed: int = 42  # of the split, the folds, the tuner and the regressors
    split: Split = Split.RANDOM  # also of the folds that settings are chosen by
    # Judge by so many folds, each with a search of its own, and train on all songs; None holds out a fifth
    folds: int | None = None
    trials: int = TRIALS  # settings to try for each regressor that is tuned
    budget: float = float("inf")  # seconds that the fits may take in all


@dataclass(frozen=True)
class Data:
    """Songs that lack nothing, with what to predict of them."""

    songs: tuple[Song, ...]
    targets: tuple[Target, ...]  # without NaN
    groups: tuple[InputGroup, ...]  # to be fitted
    left_out: dict[str, int]  # how many songs of the table lack what

    def inputs(self, train: Indices, parts: Sequence[Indices], split: Split) -> tuple[Floats, list[str]]:
        """Fit the groups on some songs and give the inputs of all."""
        rest = np.setdiff1d(np.arange(len(self.songs)), train)
        learning = Learning(
            np.column_stack([target.values[train] for target in self.targets]),
            tuple(target.axis for target in self.targets),
            parts,
            split is Split.ARTIST,
        )
        blocks, names = [], []
        for group in self.groups:
            learned = group.fit([self.songs[place] for place in train], learning)
            block = np.empty((len(self.songs), learned.shape[1]))
            block[train] = learned
            if len(rest):
                block[rest] = group.transform([self.songs[place] for place in rest])
            blocks.append(block)
            names += group.columns()
        return np.hstack(blocks), names


def complete(songs: Sequence[Song], targets: Sequence[Target], groups: Sequence[InputGroup]) -> Data:
    """Keep the songs that have all inputs and targets."""
    if any(group.name == "other-songs" for group in groups) and any(target.human for target in targets):
        raise UsageError(
            "Other songs teach Spotify's valence and energy: they go with these targets, not with ratings."
        )
    if any(group.name == "spotify" for group in groups) and not all(target.human for target in targets):
        raise UsageError(
            "The inputs 'spotify' hold Spotify's valence and energy, which are the targets here: predicting them from "
            "themselves says nothing. Take 'music', or name columns of people's ratings as targets."
        )
    kept, left_out = [], dict[str, int]()
    for place, song in enumerate(songs):
        missing = next((lack for group in groups if (lack := group.lacks(song)) is not None), None)
        if missing is None:
            missing = next((f"target {one.axis}" for one in targets if np.isnan(one.values[place])), None)
        if missing is None:
            kept.append(place)
        else:
            left_out[missing] = left_out.get(missing, 0) + 1
    if not kept:
        most = max(left_out, key=lambda lack: left_out[lack]) if left_out else "songs"
        raise UsageError(f"No song of the table has all inputs and targets; most lack: {most}.")
    return Data(
        tuple(songs[place] for place in kept),
        tuple(Target(one.axis, one.values[kept], one.scale, one.source, one.human) for one in targets),
        tuple(groups),
        left_out,
    )


@quietly()
def train(
    data: Data,
    options: Options,
    folder: Path,
    *,
    source: Mapping[str, Any],
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train a stack for each target, judge it, and write model and report into a folder."""
    outer = _outer(data, options)
    inner = [
        folds_of([data.songs[place] for place in learn], options.split, INNER_FOLDS, options.seed) for learn, _ in outer
    ]
    require_folder(folder, resume=resume)
    if progress is not None:
        progress("inputs", 0, len(outer))
    first = data.inputs(outer[0][0], inner[0], options.split)
    journal = Journal(folder / journals.NAME, _run_of(data, options, outer, first), resume=resume)
    share = options.budget / (len(data.targets) * len(outer))
    found: dict[str, list[Found]] = {target.axis: [] for target in data.targets}
    predicted = {target.axis: np.full(len(data.songs), np.nan) for target in data.targets}
    means = {target.axis: np.full(len(data.songs), np.nan) for target in data.targets}
    inputs, names = np.empty((0, 0)), list[str]()
    for number, ((learn, test), parts) in enumerate(zip(outer, inner, strict=True), start=1):
        inputs, names = first if number == 1 else data.inputs(learn, parts, options.split)
        if progress is not None:
            progress("inputs", number, len(outer))
        for target in data.targets:
            refuse_circular(target, inputs, names)
            scope = target.axis if len(outer) == 1 else f"{target.axis}, part {number} of {len(outer)}"
            search = Search(inputs[learn], target.values[learn], parts, options.seed, journal, scope, progress, share)
            result = _run(search, target.axis, options)
            found[target.axis].append(result)
            if len(test):
                predicted[target.axis][test] = result.stack.predict(inputs[test])
            means[target.axis][test] = target.values[learn].mean()
    learn, _ = outer[-1]  # with folds, all songs: what is kept
    stacks = {axis: _files(results[-1].stack, inputs.shape[1]) for axis, results in found.items()}
    report = _report(data, options, outer, found=found, predicted=predicted, means=means, names=names)
    about = {
        "train": {key: report[key] for key in ("recipe", "seed", "split", "songs", "inputs", "versions")},
        "source": dict(source),
        "chosen": {axis: _chosen(results[-1]) for axis, results in found.items()},
    }
    save_model(folder, data.groups, stacks, inputs.shape[1], about)
    differences = _differences(data, folder, {axis: results[-1].stack for axis, results in found.items()})
    for axis, difference in differences.items():
        report["targets"][axis]["onnx_difference"] = difference
    write_atomically(json.dumps(report, indent=2, allow_nan=False).encode() + b"\n", folder / REPORT, OUTPUTS[REPORT])
    return report


def _outer(data: Data, options: Options) -> list[tuple[Indices, Indices]]:
    """Give what to learn from and what to judge by; with folds, at last all songs, which nothing is judged by."""
    if options.folds is None:
        return [hold_out(data.songs, options.split, TEST_SHARE, options.seed)]
    every = np.arange(len(data.songs))
    tests = folds_of(data.songs, options.split, options.folds, options.seed)
    return [*((np.setdiff1d(every, test), test) for test in tests), (every, every[:0])]


def require_folder(folder: Path, *, resume: bool) -> None:
    """Refuse early a folder that no training could be written into, and make it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {file.name for file in folder.iterdir()}
    except OSError as error:
        raise InputError(f"can't be made a folder ({error.strerror}).", str(folder)) from None
    if names and not names & set(OUTPUTS):
        raise InputError("holds other files; give a new folder, or that of an earlier training.", str(folder))
    if journals.NAME in names and FILE not in names and not resume:
        raise UsageError(
            f"{folder} holds a training that was stopped: --resume goes on with it; or give another folder."
        )


def _run_of(
    data: Data, options: Options, outer: Sequence[tuple[Indices, Indices]], first: tuple[Floats, list[str]]
) -> str:
    """Give a fingerprint of all that the fits depend on."""
    return fingerprint(
        *first,
        *(part for target in data.targets for part in (target.axis, target.values)),
        *(part for parts in outer for part in parts),
        replace(options, budget=0.0),  # more time may be given to a training that was stopped
        versions(),
        {name: (dict(family.fixed), dict(family.space)) for name, family in FIELD.items()},
        dict(GENTLE),
    )


def _run(search: Search, axis: str, options: Options) -> Found:
    if options.recipe is Recipe.ORIGINAL:
        names = ORIGINAL[axis]
        return search.run(names, options.trials, meta=names[0])
    return search.run(tuple(FIELD), options.trials, whole=True)


def _files(stack: Stack, columns: int) -> StackFiles:
    bases = tuple(to_onnx(regressor, columns) for _, regressor in stack.bases)
    return StackFiles(bases, tuple(stack.shares.tolist()), to_onnx(stack.meta[1], len(bases)), stack.weight)


def _differences(data: Data, folder: Path, stacks: Mapping[str, Stack]) -> dict[str, dict[str, float]]:
    """Compare what was saved with what was trained, on songs from the whole table: all would be embedded once more."""
    songs = data.songs[:: max(1, len(data.songs) // COMPARED)]
    given = next((group for group in data.groups if group.name == "lyric-embedding"), None)
    read = SongModel.load(folder, embedding=given).predict(songs)
    inputs = np.hstack([group.transform(songs) for group in data.groups])
    found = {}
    for axis, stack in stacks.items():
        distances = np.abs(read[:, AXES.index(axis)] - stack.predict(inputs))
        found[axis] = {"mean": float(distances.mean()), "greatest": float(distances.max())}
        if not found[axis]["mean"] <= TOLERANCE:
            raise ModelError(f"What was saved for {axis} differs from what was trained by {distances.mean():g}.")
    return found


def _report(
    data: Data,
    options: Options,
    outer: Sequence[tuple[Indices, Indices]],
    *,
    found: Mapping[str, Sequence[Found]],
    predicted: Mapping[str, Floats],
    means: Mapping[str, Floats],
    names: Sequence[str],
) -> dict[str, Any]:
    judged = np.concatenate([test for _, test in outer])
    groups = (
        artists_of([data.songs[place] for place in judged])
        if options.split is Split.ARTIST
        else [str(place) for place in judged]
    )
    targets = {}
    for target in data.targets:
        axis, rated = target.axis, target.values[judged]
        last = found[axis][-1]
        targets[axis] = {
            "source": target.source,
            "people": target.human,
            "test": asdict(accuracy_of(predicted[axis][judged], rated, target.scale, groups, options.seed)),
            "mean": asdict(accuracy_of_means(means[axis][judged], rated, target.scale)),
            "raw": dict(_raw(data, target, judged, groups, options.seed)),
            "leaderboard": [
                {"name": one.name, "mse": one.mse, "seconds": round(one.seconds, 3)} for one in last.leaderboard
            ],
            "stack": _chosen(last),
            "seconds": round(sum(result.seconds for result in found[axis]), 3),
            "cut_short": any(result.cut_short for result in found[axis]),
        }
    notes = [] if all(target.human for target in data.targets) else [CIRCULAR]
    if options.folds is not None:
        notes.append(
            "Each fold has a search of its own; the model that is kept, and its leaderboard, are of all songs."
        )
    notes += [f"{count} songs are left out: {lack} is missing." for lack, count in data.left_out.items()]
    return {
        "schema": SCHEMA,
        "scale": "unit",
        "recipe": str(options.recipe),
        "seed": options.seed,
        "split": {
            "by": str(options.split),
            "folds": options.folds,
            "train": len(outer[-1][0]),
            "test": len(judged),
        },
        "songs": len(data.songs),
        "left_out": data.left_out,
        "inputs": [group.name for group in data.groups],
        "columns": list(names),
        "versions": versions(),
        "targets": targets,
        "notes": notes,
    }


def _raw(
    data: Data, target: Target, judged: Indices, groups: Sequence[str], seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Judge Spotify's own column as it is, where people are the judges and the table has it."""
    from img2music.research.songs.features import columns_of
    from img2music.research.songs.targets import SPOTIFY_COLUMN

    column = SPOTIFY_COLUMN[target.axis]
    values = columns_of([data.songs[place] for place in judged], [column])[:, 0]
    if target.human and not np.isnan(values).any():
        yield column, asdict(accuracy_of(values, target.values[judged], target.scale, groups, seed))


def _chosen(found: Found) -> dict[str, Any]:
    def facts(candidate: Candidate) -> dict[str, Any]:
        return {"name": candidate.name, "settings": dict(candidate.settings), "mse": candidate.mse}

    meta = {**facts(found.stack.meta[0]), "weight": found.stack.weight}
    shares = found.stack.shares.tolist()
    bases = [{**facts(base), "share": share} for (base, _), share in zip(found.stack.bases, shares, strict=True)]
    return {"bases": bases, "meta": meta}


def versions() -> dict[str, str]:
    """Give the versions of what the figures depend on."""
    return {name: importlib.metadata.version(name) for name in ("scikit-learn", "lightgbm", "optuna", "numpy")}
