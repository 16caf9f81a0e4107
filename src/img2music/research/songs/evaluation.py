"""Judges a trained recipe on splits at random and by artist: what it owes to which inputs, and to which it does not."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError
from img2music.research.accuracy import accuracy_of, accuracy_of_means
from img2music.research.songs.features import SPOTIFY, columns_of
from img2music.research.songs.journal import Journal
from img2music.research.songs.search import Candidate, Search, Stack, quietly
from img2music.research.songs.splitting import Split, artists_of, folds_of, hold_out
from img2music.research.songs.targets import Target
from img2music.research.songs.training import CIRCULAR, INNER_FOLDS, TEST_SHARE, Data

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Progress = Callable[[str, int, int], None]

SCHEMA = "img2music/evaluate-music/1"
SHUFFLES = 5
TUNED_ELSEWHERE = (
    "Regressors and settings are those that the training chose by its own training part: other splits fit them anew, "
    "and do not choose anew. To choose by artists that are not judged by: train music --split artist."
)


@dataclass(frozen=True)
class Chosen:
    """What a training chose for one target."""

    bases: tuple[Candidate, ...]
    shares: tuple[float, ...]  # how much each counts
    meta: Candidate


@dataclass(frozen=True)
class Judged:
    """An evaluation with the predictions that it is about."""

    report: dict[str, Any]  # in the documented shape img2music/evaluate-music/1 (docs/schemas/evaluate-music.json)
    rated: dict[str, Floats]  # by target: of the songs that the headline split holds out
    predicted: dict[str, Floats]  # by target: of the songs that the headline split holds out


@dataclass(frozen=True)
class _Side:
    """One split, with the groups fitted on its training part."""

    learn: Indices
    test: Indices
    parts: list[Indices]
    inputs: Floats
    names: list[str]


def chosen_of(facts: Mapping[str, Any]) -> dict[str, Chosen]:
    """Read what a training chose from the description of its model."""

    def candidate(one: Mapping[str, Any]) -> Candidate:
        return Candidate(one["name"], dict(one["settings"]), float(one["mse"]), 0.0)

    try:
        return {
            axis: Chosen(
                tuple(candidate(base) for base in chosen["bases"]),
                tuple(float(base["share"]) for base in chosen["bases"]),
                candidate(chosen["meta"]),
            )
            for axis, chosen in facts["chosen"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"The model's description does not say what was chosen ({error!r}).") from None


@quietly()
def evaluate(data: Data, chosen: Mapping[str, Chosen], *, seed: int, progress: Progress | None = None) -> Judged:
    """Fit what was chosen anew on several splits and inputs, and judge it each time on what is held out."""
    several = len(set(artists_of(data.songs))) < len(data.songs)
    splits = [Split.RANDOM, *([Split.ARTIST] if several else [])]
    subsets = _subsets(data)
    total = (len(splits) + len(subsets)) * len(data.targets)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress("judging", done, total)

    targets: dict[str, dict[str, Any]] = {
        target.axis: {"source": target.source, "people": target.human, "splits": {}} for target in data.targets
    }
    rated, predicted = dict[str, Floats](), dict[str, Floats]()
    for split in splits:
        side = _side(data, split, seed)
        for target in data.targets:
            stack = _refit(side, target, chosen[target.axis], seed)
            found = stack.predict(side.inputs[side.test])
            targets[target.axis]["splits"][str(split)] = _split_json(
                data, target, side, predicted=found, split=split, seed=seed
            )
            if split is Split.RANDOM:
                targets[target.axis]["importance"] = _importance(stack, side, target, seed)
                targets[target.axis]["columns"] = _columns(data, target, side.test)
            rated[target.axis], predicted[target.axis] = target.values[side.test], found
            tell()
    for title, groups in subsets.items():
        side = _side(replace(data, groups=groups), Split.RANDOM, seed)
        for target in data.targets:
            found = _mean(side, target, chosen[target.axis], seed)
            accuracy = accuracy_of(found, target.values[side.test], target.scale, _alone(side.test), seed)
            targets[target.axis].setdefault("ablation", {})[title] = asdict(accuracy)
            tell()
    notes = [TUNED_ELSEWHERE, *([] if all(target.human for target in data.targets) else [CIRCULAR])]
    if not several:
        notes.append("No two songs share an artist, so there is no split by artist.")
    notes += [f"{count} songs are left out: {lack} is missing." for lack, count in data.left_out.items()]
    report = {
        "schema": SCHEMA,
        "scale": "unit",
        "seed": seed,
        "songs": len(data.songs),
        "artists": len(set(artists_of(data.songs))),
        "left_out": data.left_out,
        "inputs": [group.name for group in data.groups],
        "targets": targets,
        "notes": notes,
    }
    return Judged(report, rated, predicted)


def _subsets(data: Data) -> dict[str, tuple[Any, ...]]:
    """Give the groups to try: all, all but one, and one alone."""
    if len(data.groups) < 2:
        return {}
    every = {"all": data.groups}
    without = {f"without {one.name}": tuple(group for group in data.groups if group is not one) for one in data.groups}
    alone = {f"{one.name} alone": (one,) for one in data.groups}
    return every | (alone if len(data.groups) == 2 else without | alone)


def _side(data: Data, split: Split, seed: int) -> _Side:
    learn, test = hold_out(data.songs, split, TEST_SHARE, seed)
    parts = folds_of([data.songs[place] for place in learn], split, INNER_FOLDS, seed)
    inputs, names = data.inputs(learn, parts, split)
    return _Side(learn, test, parts, inputs, names)


def _refit(side: _Side, target: Target, chosen: Chosen, seed: int) -> Stack:
    search = Search(
        side.inputs[side.learn], target.values[side.learn], side.parts, seed, Journal(None, ""), target.axis
    )
    return search.refit(chosen.bases, chosen.meta)


def _mean(side: _Side, target: Target, chosen: Chosen, seed: int) -> Floats:
    """Predict what is held out without the meta-learner, whose training would fit each regressor six times."""
    search = Search(
        side.inputs[side.learn], target.values[side.learn], side.parts, seed, Journal(None, ""), target.axis
    )
    return search.mean_of(chosen.bases, chosen.shares, side.inputs[side.test])


def _alone(places: Indices) -> list[str]:
    return [str(place) for place in places]


def _split_json(
    data: Data, target: Target, side: _Side, *, predicted: Floats, split: Split, seed: int
) -> dict[str, Any]:
    rated = target.values[side.test]
    groups = artists_of([data.songs[place] for place in side.test]) if split is Split.ARTIST else _alone(side.test)
    means = np.full(len(rated), target.values[side.learn].mean())
    return {
        "train": len(side.learn),
        "test": asdict(accuracy_of(predicted, rated, target.scale, groups, seed)),
        "songs": len(side.test),
        "mean": asdict(accuracy_of_means(means, rated, target.scale)),
    }


def _importance(stack: Stack, side: _Side, target: Target, seed: int) -> list[dict[str, Any]]:
    """Give what R2 loses when the values of one input are dealt out anew among the songs that are held out.

    Breiman, L. (2001). Random forests. Machine Learning 45(1), section 10.
    """
    inputs, rated = side.inputs[side.test], target.values[side.test]
    variance = float(rated.var()) or 1.0
    whole = float(np.mean((stack.predict(inputs) - rated) ** 2))
    random = np.random.default_rng(seed)
    found = []
    for place, name in enumerate(side.names):
        losses = []
        for _ in range(SHUFFLES):
            shuffled = inputs.copy()
            shuffled[:, place] = random.permutation(shuffled[:, place])
            losses.append((float(np.mean((stack.predict(shuffled) - rated) ** 2)) - whole) / variance)
        found.append({"input": name, "r2_lost": float(np.mean(losses)), "deviation": float(np.std(losses))})
    return sorted(found, key=lambda one: -one["r2_lost"])


def _columns(data: Data, target: Target, test: Indices) -> dict[str, float | None]:
    """Give the correlation of each column of the table, as it is, with the target."""
    values = columns_of([data.songs[place] for place in test], SPOTIFY)
    found: dict[str, float | None] = {}
    for place, name in enumerate(SPOTIFY):
        known = ~np.isnan(values[:, place])
        if not target.human and name in {"energy", "valence"}:
            continue  # the targets themselves
        column, rated = values[known, place], target.values[test][known]
        able = len(column) > 1 and np.ptp(column) > 0 and np.ptp(rated) > 0
        found[name] = float(np.corrcoef(column, rated)[0, 1]) if able else None
    return found
