"""Trains stacks on song tables and reports how they do on songs that they have not seen."""

import importlib.metadata
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from img2music.affect import Scale
from img2music.connectors.tables import SongTable
from img2music.errors import InputError, ModelError, UsageError
from img2music.files import FileKind
from img2music.music.song import Song
from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import Accuracy, accuracy_of, accuracy_of_means
from img2music.research.songs import journal as journals
from img2music.research.songs.column_inputs import columns_of
from img2music.research.songs.groups import COMPONENTS, Floats, Indices, InputGroup, LyricSource, Sources, TrainingPart
from img2music.research.songs.inputs import make_groups
from img2music.research.songs.journal import Journal
from img2music.research.songs.model import AXES, DESCRIPTION, FILE, BaseFile, SongModel, StackFiles, save_model
from img2music.research.songs.model_files import NetworkFile, write_json
from img2music.research.songs.options import SplitBy, StackOptions
from img2music.research.songs.regressors import FIELD, GENTLE, require_training, to_onnx
from img2music.research.songs.reports import Difference, SplitFacts, TrainedTarget, TrainMusicReport
from img2music.research.songs.search import Found, Search, Stack, quietly
from img2music.research.songs.splitting import artists_of, folds_of, hold_out
from img2music.research.songs.targets import SPOTIFY_COLUMN, SongTarget, refuse_circular, targets_of
from img2music.shapes import to_dict

REPORT = "train-music.json"
REPORT_KIND = FileKind.json("a report of a training", TrainMusicReport.schema)
OUTPUTS = {journals.NAME: journals.JOURNAL, FILE: DESCRIPTION, REPORT: REPORT_KIND}
"""By these files a folder is known to hold a training."""
INNER_FOLDS = 5
TEST_SHARE = 0.2
TOLERANCE = 1e-4
"""Mean difference between scikit-learn and ONNX that is let pass, unit scale. Single precision may put a song on the
other side of a branch of the last tree, once in thousands, so that the greatest difference says little."""
COMPARED = 500
"""Songs, about, that both are asked about."""

CIRCULAR = (
    "The targets are Spotify's own columns, which its programs compute from the sound and nobody rated: these figures "
    "say how well Spotify's numbers can be guessed, not how well the music's affect is read."
)


EACH_FOLD = "Each fold has a search of its own; the model that is kept, and its leaderboard, are of all songs."


@dataclass(frozen=True)
class HeldOut:
    """Songs parted into those to learn from and those to judge by, with inputs that are fitted on the first."""

    learn: Indices
    test: Indices
    parts: list[Indices]  # folds of what is learned from, as indices of it
    inputs: Floats  # of all songs
    names: list[str]  # of the inputs


@dataclass(frozen=True)
class TrainingSongs:
    """Songs that lack nothing, with what to predict of them."""

    songs: tuple[Song, ...]
    targets: tuple[SongTarget, ...]  # without NaN
    groups: tuple[InputGroup, ...]  # to be fitted
    left_out: dict[str, int]  # how many songs of the table lack what

    def chosen(self, indices: Sequence[int] | Indices) -> list[Song]:
        """Give some of the songs."""
        return [self.songs[index] for index in indices]

    def held_out(self, learn: Indices, test: Indices, by: SplitBy, seed: int) -> HeldOut:
        """Fit the groups on some songs and give the inputs of all."""
        songs = self.chosen(learn)
        parts = folds_of(songs, by, INNER_FOLDS, seed)
        learning = TrainingPart(
            np.column_stack([target.values[learn] for target in self.targets]),
            tuple(target.axis for target in self.targets),
            parts,
            by is SplitBy.ARTIST,
        )
        rest = np.setdiff1d(np.arange(len(self.songs)), learn)
        blocks, names = [], list[str]()
        for group in self.groups:
            learned = group.fit(songs, learning)
            block = np.empty((len(self.songs), learned.shape[1]))
            block[learn] = learned
            if len(rest):
                block[rest] = group.transform(self.chosen(rest))
            blocks.append(block)
            names += group.columns()
        return HeldOut(learn, test, parts, np.hstack(blocks), names)

    def resampled(self, indices: Indices, by: SplitBy) -> list[str]:
        """Give what each song belongs to that intervals are drawn by: its artist, or itself."""
        return artists_of(self.chosen(indices)) if by is SplitBy.ARTIST else [str(index) for index in indices]

    def notes(self) -> list[str]:
        """What a reader of figures must know."""
        circular = [] if all(target.human for target in self.targets) else [CIRCULAR]
        return [
            *circular,
            *(f"{count} songs are left out: {lack} is missing." for lack, count in self.left_out.items()),
        ]


def complete(songs: Sequence[Song], targets: Sequence[SongTarget], groups: Sequence[InputGroup]) -> TrainingSongs:
    """Keep the songs that have all inputs and targets."""
    names = {group.name for group in groups}
    if "other-songs" in names and any(target.human for target in targets):
        raise UsageError(
            "Other songs teach Spotify's valence and energy: they go with these targets, not with ratings."
        )
    if "spotify" in names and not all(target.human for target in targets):
        raise UsageError(
            "The inputs 'spotify' hold Spotify's valence and energy, which are the targets here: predicting them from "
            "themselves says nothing. Take 'music', or name columns of people's ratings as targets."
        )

    def missing(index: int) -> str | None:
        lacks = [group.lacks(songs[index]) for group in groups]
        lacks += [f"target {one.axis}" for one in targets if np.isnan(one.values[index])]
        return next(filter(None, lacks), None)

    lacking = [missing(index) for index in range(len(songs))]
    kept = [index for index, lack in enumerate(lacking) if lack is None]
    left_out = Counter(lack for lack in lacking if lack is not None)
    if not kept:
        most = next((lack for lack, _ in left_out.most_common(1)), "songs")
        raise UsageError(f"No song of the table has all inputs and targets; most lack: {most}.")
    whole = tuple(replace(one, values=one.values[kept]) for one in targets)
    return TrainingSongs(tuple(songs[index] for index in kept), whole, tuple(groups), dict(left_out))


@dataclass(frozen=True)
class SongSource:
    """What a model is trained on: part of its description, so that it can be judged anew."""

    columns: dict[str, str]  # of ratings in the table, by axis
    scale: str | None  # of the ratings
    lyrics: LyricSource

    @classmethod
    def of(cls, options: StackOptions, *, given: bool) -> Self:
        """Read it from options; ``given`` tells whether lyric embeddings are ready."""
        if given and (options.embedding or options.vectors or options.components):
            raise UsageError("`lyric_embedding` gives vectors that are ready: leave `embedding` and its options out.")
        named = {"valence": options.valence_column, "arousal": options.arousal_column}
        lexicon, vectors = (
            None if path is None else str(Path(path).resolve()) for path in (options.lexicon, options.vectors)
        )
        embedder, components = options.embedding or "word2vec", options.components or COMPONENTS
        lyrics = LyricSource(lexicon, embedder, vectors, components, given, options.seed)
        return cls({axis: column for axis, column in named.items() if column is not None}, options.scale, lyrics)

    def read(
        self, table: SongTable, path: Path, axes: Sequence[str], inputs: Sequence[str], sources: Sources
    ) -> TrainingSongs:
        """Make songs to train on of a table, with these axes to predict by these groups of inputs."""
        if self.lyrics.given != (sources.given is not None):
            was, do = ("", "give theirs with") if self.lyrics.given else ("not ", "leave out")
            raise UsageError(
                f"The model was {was}trained with lyric embeddings that were ready: {do} `lyric_embedding`."
            )
        scale = None if self.scale is None else Scale.parse(self.scale)
        targets = targets_of(table, path, axes, self.columns, scale)
        return complete(table.songs, targets, make_groups(inputs, replace(sources, lyrics=self.lyrics)))


@dataclass
class _Judgement:
    """What was found for one target, fold by fold, and what is predicted of songs that were not learned from."""

    target: SongTarget
    found: list[Found]
    predicted: Floats
    means: Floats  # of the training parts

    @property
    def stack(self) -> Stack:
        """What is kept."""
        return self.found[-1].stack


@quietly()
def train(
    data: TrainingSongs,
    options: StackOptions,
    folder: Path,
    *,
    source: SongSource | None = None,
    resume: bool = False,
    progress: Progress = unwatched,
) -> TrainMusicReport:
    """Train a stack for each target, judge it, and write model and report into a folder."""
    require_training()
    outer = _outer(data, options)
    require_folder(folder, resume=resume)
    progress(Step("inputs", 0, len(outer)))
    first = data.held_out(*outer[0], options.split, options.seed)
    # All that the fits depend on; more time may be given to a training that was stopped.
    chosen = (options.recipe, options.seed, options.split, options.folds, options.trials)
    learned = (first.inputs, first.names, *(part for one in data.targets for part in (one.axis, one.values)))
    tests = np.concatenate([test for _, test in outer])
    run = journals.fingerprint(
        *learned, *(part for parts in outer for part in parts), chosen, _versions(), FIELD, GENTLE
    )
    journal = Journal(folder / journals.NAME, run, resume=resume)
    budget = math.inf if options.time_budget is None else options.time_budget / (len(data.targets) * len(outer))
    empty = np.full(len(data.songs), np.nan)
    judged = {one.axis: _Judgement(one, [], empty.copy(), empty.copy()) for one in data.targets}
    side = first
    for number, (learn, test) in enumerate(outer, start=1):
        side = first if number == 1 else data.held_out(learn, test, options.split, options.seed)
        progress(Step("inputs", number, len(outer)))
        for axis, one in judged.items():
            refuse_circular(one.target, side.inputs, side.names)
            scope = axis if len(outer) == 1 else f"{axis}, part {number} of {len(outer)}"
            rated = one.target.values[learn]
            search = Search(side.inputs[learn], rated, side.parts, options.seed, scope, journal, progress, budget)
            one.found.append(search.run(options.recipe, axis, options.trials))
            if len(test):
                one.predicted[test] = one.stack.predict(side.inputs[test])
            one.means[test] = rated.mean()
    facts: dict[str, Any] = {
        "recipe": options.recipe,
        "seed": options.seed,
        "split": SplitFacts(options.split, options.folds, len(outer[-1][0]), len(tests)),
        "songs": len(data.songs),
        "inputs": [group.name for group in data.groups],
        "versions": _versions(),
    }
    differences = _save(data, folder, judged, side.inputs.shape[1], {"train": facts, "source": source})
    report = TrainMusicReport(
        **facts,
        left_out=data.left_out,
        columns=side.names,
        targets={axis: _trained(data, options, one, tests, differences[axis]) for axis, one in judged.items()},  # type: ignore[misc]
        notes=[*data.notes(), *([] if options.folds is None else [EACH_FOLD])],
    )
    write_json(to_dict(report), folder / REPORT, REPORT_KIND, indent=2)
    return report


def _outer(data: TrainingSongs, options: StackOptions) -> list[tuple[Indices, Indices]]:
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
            f"{folder} holds a training that was stopped: `resume` goes on with it; or give another folder."
        )


def _save(
    data: TrainingSongs, folder: Path, judged: Mapping[str, _Judgement], columns: int, about: Mapping[str, Any]
) -> dict[str, Difference]:
    """Save a model, and compare it with what was trained, on songs from the whole table: all would take long."""
    files = {}
    for axis, one in judged.items():
        stack = one.stack
        bases = [
            BaseFile.write(folder / f"{axis}-{number}.onnx", to_onnx(fitted, columns), share=chosen.share)
            for number, (fitted, chosen) in enumerate(zip(stack.bases, stack.choice.bases, strict=True), start=1)
        ]
        meta = NetworkFile.write(folder / f"{axis}-stack.onnx", to_onnx(stack.meta, len(bases)))
        files[axis] = StackFiles(bases, meta, stack.choice.meta.weight)
    chosen = {axis: one.stack.choice for axis, one in judged.items()}
    save_model(folder, data.groups, files, columns, to_dict({**about, "chosen": chosen}))
    songs = data.songs[:: max(1, len(data.songs) // COMPARED)]
    given = next((group for group in data.groups if group.name == "lyric-embedding"), None)
    read = SongModel.load(folder, given).predict(songs)
    inputs = np.hstack([group.transform(songs) for group in data.groups])
    differences = {}
    for axis, one in judged.items():
        distances = np.abs(read[:, AXES.index(axis)] - one.stack.predict(inputs))
        differences[axis] = Difference(float(distances.mean()), float(distances.max()))
        if not differences[axis].mean <= TOLERANCE:
            raise ModelError(f"What was saved for {axis} differs from what was trained by {differences[axis].mean:g}.")
    return differences


def _trained(
    data: TrainingSongs, options: StackOptions, one: _Judgement, tests: Indices, difference: Difference
) -> TrainedTarget:
    target, last = one.target, one.found[-1]
    groups = data.resampled(tests, options.split)

    def judge(predicted: Floats) -> Accuracy:
        return accuracy_of(predicted, target.values[tests], target.scale, groups, options.seed)

    column = SPOTIFY_COLUMN[target.axis]
    raw = columns_of(data.chosen(tests), [column])[:, 0]
    return TrainedTarget(
        source=target.source,
        people=target.human,
        test=judge(one.predicted[tests]),
        mean=accuracy_of_means(one.means[tests], target.values[tests], target.scale),
        raw={column: judge(raw)} if target.human and not np.isnan(raw).any() else {},
        leaderboard=last.leaderboard,
        stack=last.stack.choice,
        seconds=round(sum(found.seconds for found in one.found), 3),
        cut_short=any(found.cut_short for found in one.found),
        onnx_difference=difference,
    )


def _versions() -> dict[str, str]:
    """Give the versions of what the figures depend on."""
    return {name: importlib.metadata.version(name) for name in ("scikit-learn", "lightgbm", "optuna", "numpy")}
