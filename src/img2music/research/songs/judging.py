"""Judges a trained stack on splits at random and by artist: what it owes to which inputs, and to which it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import accuracy_of, accuracy_of_means, correlation
from img2music.research.report import Report
from img2music.research.songs.column_inputs import SPOTIFY, columns_of
from img2music.research.songs.groups import Floats, Indices, InputGroup
from img2music.research.songs.model import FILE, GroupFacts, read_facts
from img2music.research.songs.model_files import checked
from img2music.research.songs.options import SplitBy
from img2music.research.songs.regressors import require_training
from img2music.research.songs.reports import EvaluateMusicReport, Importance, JudgedSplit, JudgedTarget
from img2music.research.songs.search import Search, Stack, StackChoice, quietly
from img2music.research.songs.splitting import artists_of, hold_out
from img2music.research.songs.stacking import TEST_SHARE, HeldOut, SongSource, TrainingSongs
from img2music.research.songs.targets import SongTarget

SHUFFLES = 5
TUNED_ELSEWHERE = (
    "Regressors and settings are those that the training chose by its own training part: other splits fit them anew, "
    "and do not choose anew. To choose by artists that are not judged by, train with `split=artist`."
)


@dataclass(frozen=True)
class Training:
    """What a model's description says of its training."""

    inputs: list[GroupFacts]
    source: SongSource
    chosen: dict[Literal["valence", "arousal"], StackChoice]

    @classmethod
    def read(cls, folder: Path) -> "Training":
        """Read it from a model's folder."""
        return checked(read_facts(folder), cls, folder / FILE)


@quietly()
def evaluate(
    data: TrainingSongs, chosen: Mapping[Any, StackChoice], *, seed: int, progress: Progress = unwatched
) -> Report:
    """Fit what was chosen anew on several splits and inputs, and judge it each time on what is held out."""
    require_training()
    artists = artists_of(data.songs)
    several = len(set(artists)) < len(data.songs)
    splits = [SplitBy.RANDOM, *([SplitBy.ARTIST] if several else [])]
    subsets = _subsets(data)
    total, done = (len(splits) + len(subsets)) * len(data.targets), 0
    judged: dict[Any, JudgedTarget] = {one.axis: JudgedTarget(one.source, one.human) for one in data.targets}
    predictions: dict[str, tuple[Floats, Floats]] = {}
    for by in splits:
        side = _side(data, by, seed)
        for target in data.targets:
            stack = _search(side, target, seed).refit(chosen[target.axis])
            predicted, rated = stack.predict(side.inputs[side.test]), target.values[side.test]
            accuracy = accuracy_of(predicted, rated, target.scale, data.resampled(side.test, by), seed)
            means = np.full(len(rated), target.values[side.learn].mean())
            mean = accuracy_of_means(means, rated, target.scale)
            found = judged[target.axis]
            found.splits[by] = JudgedSplit(len(side.learn), accuracy, len(side.test), mean)
            if by is SplitBy.RANDOM:
                found.importance = _importance(stack, side, target, seed)
                found.columns = _columns(data, target, side.test)
            predictions[target.axis] = rated, predicted
            progress(Step("judging", done := done + 1, total))
    for title, groups in subsets.items():
        side = _side(replace(data, groups=groups), SplitBy.RANDOM, seed)
        for target in data.targets:
            predicted = _search(side, target, seed).mean_of(chosen[target.axis].bases, side.inputs[side.test])
            rated, alone = target.values[side.test], data.resampled(side.test, SplitBy.RANDOM)
            judged[target.axis].ablation[title] = accuracy_of(predicted, rated, target.scale, alone, seed)
            progress(Step("judging", done := done + 1, total))
    lonely = [] if several else ["No two songs share an artist, so there is no split by artist."]
    report = EvaluateMusicReport(
        seed=seed,
        songs=len(data.songs),
        artists=len(set(artists)),
        left_out=data.left_out,
        inputs=[group.name for group in data.groups],
        targets=judged,
        notes=[TUNED_ELSEWHERE, *data.notes(), *lonely],
    )
    return report.report(predictions)


def _subsets(data: TrainingSongs) -> dict[str, tuple[InputGroup, ...]]:
    """Give the groups to try: all, all but one, and one alone."""
    if len(data.groups) < 2:
        return {}
    every = {"all": data.groups}
    without = {f"without {one.name}": tuple(group for group in data.groups if group is not one) for one in data.groups}
    alone = {f"{one.name} alone": (one,) for one in data.groups}
    return every | (alone if len(data.groups) == 2 else without | alone)


def _side(data: TrainingSongs, by: SplitBy, seed: int) -> HeldOut:
    return data.held_out(*hold_out(data.songs, by, TEST_SHARE, seed), by, seed)


def _search(side: HeldOut, target: SongTarget, seed: int) -> Search:
    return Search(side.inputs[side.learn], target.values[side.learn], side.parts, seed, target.axis)


def _importance(stack: Stack, side: HeldOut, target: SongTarget, seed: int) -> list[Importance]:
    """Give what R2 loses when the values of one input are dealt out anew among the songs that are held out.

    Breiman, L. (2001). Random forests. Machine Learning 45(1), section 10.
    """
    inputs, rated = side.inputs[side.test], target.values[side.test]
    variance = float(rated.var()) or 1.0
    whole = float(np.mean((stack.predict(inputs) - rated) ** 2))
    random = np.random.default_rng(seed)
    found = []
    for column, name in enumerate(side.names):
        losses = []
        for _ in range(SHUFFLES):
            shuffled = inputs.copy()
            shuffled[:, column] = random.permutation(shuffled[:, column])
            losses.append((float(np.mean((stack.predict(shuffled) - rated) ** 2)) - whole) / variance)
        found.append(Importance(name, float(np.mean(losses)), float(np.std(losses))))
    return sorted(found, key=lambda one: -one.r2_lost)


def _columns(data: TrainingSongs, target: SongTarget, test: Indices) -> dict[str, float | None]:
    """Give the correlation of each column of the table, as it is, with the target."""
    found: dict[str, float | None] = {}
    for name, values in zip(SPOTIFY, columns_of(data.chosen(test), SPOTIFY).T, strict=True):
        if not target.human and name in {"energy", "valence"}:
            continue  # the targets themselves
        known = ~np.isnan(values)
        found[name] = correlation(values[known], target.values[test][known]) if known.any() else None
    return found
