"""AutoML for one target: a field of regressors, the best tuned, and a stack of what is worth its place.

Not scikit-learn's `StackingRegressor`: shares follow a prior, too, the meta-learner corrects their mean, and fits are
kept, so that a training can be stopped.
"""

import contextlib
import json
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from img2music.errors import UsageError
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.songs.blending import shares_of, worth_keeping
from img2music.research.songs.groups import Floats, Indices
from img2music.research.songs.journal import Fit, Journal
from img2music.research.songs.options import StackRecipe
from img2music.research.songs.regressors import FIELD, GENTLE, Hyperparameters, as_single, make

BASES = 3
LEAST = 30
"""Songs to learn from."""
BY_ERROR = attrgetter("mse")
STARTUP = 6
"""Trials drawn at random before the tuner (a tree-structured Parzen estimator) goes by what it has seen."""

ORIGINAL: Mapping[str, tuple[str, ...]] = {
    "valence": ("gradient-boosting", "random-forest", "extra-trees"),
    "arousal": ("gradient-boosting", "random-forest", "lightgbm"),
}
"""What the original's AutoML arrived at; the first of each is its meta-learner too."""


@dataclass(frozen=True)
class Tuned:
    """A regressor with settings, and how it did in cross-validation."""

    name: str  # in `regressors.FIELD`
    settings: Hyperparameters
    mse: float  # cross-validated on the training part, mean of the folds


@dataclass(frozen=True)
class Base(Tuned):
    """A regressor of a stack."""

    share: float  # how much it counts in the mean of the bases' predictions


@dataclass(frozen=True)
class Meta(Tuned):
    """The regressor on top, which predicts from what the bases predict what is to be added to their mean.

    The bases differ little, and trees draw no straight line.
    """

    weight: float  # how much of that is added, in [0, 1]: what cross-validation bears out


@dataclass(frozen=True)
class StackChoice:
    """What was chosen for one target: part of a model's description."""

    bases: tuple[Base, ...]
    meta: Meta


@dataclass(frozen=True)
class Stack:
    """A fitted stack."""

    choice: StackChoice
    bases: list[Any]  # fitted regressors, as they are chosen
    meta: Any

    @property
    def shares(self) -> Floats:
        """How much each base counts."""
        return np.array([base.share for base in self.choice.bases])

    def predict(self, inputs: Floats) -> Floats:
        """Predict."""
        given = as_single(inputs)
        between = np.column_stack([regressor.predict(given) for regressor in self.bases])
        correction = self.choice.meta.weight * self.meta.predict(as_single(between))
        return np.asarray(np.clip(between @ self.shares + correction, 0.0, 1.0), dtype=np.float64)


@dataclass(frozen=True)
class Compared:
    """A regressor of the field, as it did before tuning."""

    name: str
    mse: float
    seconds: float


@dataclass(frozen=True)
class Found:
    """What AutoML found for one target."""

    leaderboard: list[Compared]  # the field before tuning, best first
    stack: Stack  # fitted on the whole training part
    seconds: float  # what the fits of cross-validation took
    cut_short: bool  # whether the time budget ended before the trials did


@dataclass(frozen=True)
class _Level:
    """What regressors of one level learn: the target less what is predicted already."""

    inputs: Floats
    start: Floats
    title: str
    key: str = ""  # sets its fits apart from others in the journal; "" for the first level


@dataclass
class Search:
    """AutoML on a training part."""

    inputs: Floats
    target: Floats
    parts: Sequence[Indices]  # folds of cross-validation: indices of the rows that each leaves out
    seed: int
    scope: str  # sets these fits apart from others in the journal
    journal: Journal = field(default_factory=Journal)  # what is in it already is not fitted again
    progress: Progress = unwatched
    budget: float = math.inf  # seconds that the fits may take; then tuning stops. Three regressors are always fitted
    _spent: float = field(default=0.0, init=False)
    _cut_short: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if len(self.target) < LEAST:
            raise UsageError(f"{len(self.target)} songs are too few to learn from: there must be {LEAST} at least.")
        self.inputs = as_single(self.inputs)
        self._first = _Level(self.inputs, np.zeros(len(self.target)), "tuning")

    def run(self, recipe: StackRecipe, axis: str, trials: int) -> Found:
        """Compare regressors, tune three, and stack them."""
        whole = recipe is StackRecipe.AUTO
        with _one_thread("blas"):
            leaderboard = self._compare(tuple(FIELD) if whole else ORIGINAL[axis])
            best = _of_each_kind(leaderboard) if whole else leaderboard[:BASES]
            pool = sorted((self._tune(one, trials, self._first) for one in best), key=BY_ERROR)
            if whole:
                pool += [one for one in leaderboard if one not in best and math.isfinite(one.mse)]
                pool = [pool[index] for index in worth_keeping(self._left_out(pool), self.target)]
            task = self._second(pool)
            learner = min(pool, key=BY_ERROR).name if whole else ORIGINAL[axis][0]
            meta = self._tune(self._score(learner, GENTLE.get(learner, {}), task), trials, task)
            stack = self._stack(pool, meta)
        told = [
            Compared(one.name, one.mse, round(self._fit_of(one.name, one.settings, self._first).seconds, 3))
            for one in leaderboard
            if math.isfinite(one.mse)
        ]
        return Found(told, stack, self._spent, self._cut_short)

    def refit(self, choice: StackChoice) -> Stack:
        """Fit a stack whose regressors and settings are known already."""
        with _one_thread("blas"):
            return self._stack(choice.bases, choice.meta)

    def mean_of(self, bases: Sequence[Base], inputs: Floats) -> Floats:
        """Predict by regressors whose settings and shares are known already, without a meta-learner."""
        with _one_thread("blas"):
            between = np.column_stack([regressor.predict(as_single(inputs)) for regressor in self._all_fitted(bases)])
        return np.asarray(np.clip(between @ np.array([base.share for base in bases]), 0.0, 1.0), dtype=np.float64)

    def _second(self, bases: Sequence[Tuned]) -> _Level:
        between = self._left_out(bases)
        key = "meta:" + ",".join(_key(base.name, base.settings) for base in bases)
        return _Level(as_single(between), between @ shares_of(between, self.target), "stacking", key)

    def _left_out(self, bases: Sequence[Tuned]) -> Floats:
        """Give what each predicts for songs that it was not fitted on."""
        return np.column_stack([self._fit_of(base.name, base.settings, self._first).predicted for base in bases])

    def _stack(self, bases: Sequence[Tuned], meta: Tuned) -> Stack:
        task = self._second(bases)
        fitted = list(self._all_fitted(bases))
        correction = self._fitted(meta, task.inputs, self.target - task.start)
        weight = self._weight(self._fit_of(meta.name, meta.settings, task).predicted, task)
        shares = shares_of(self._left_out(bases), self.target).tolist()
        chosen = [Base(one.name, one.settings, one.mse, share) for one, share in zip(bases, shares, strict=True)]
        return Stack(StackChoice(tuple(chosen), Meta(meta.name, meta.settings, meta.mse, weight)), fitted, correction)

    def _weight(self, predicted: Floats, task: _Level) -> float:
        """Find how much of the meta-learner's correction lowers the squared error most."""
        correction = predicted - task.start
        size = float(correction @ correction)
        return float(np.clip(correction @ (self.target - task.start) / size, 0.0, 1.0)) if size else 0.0

    def _compare(self, names: Sequence[str]) -> list[Tuned]:
        board = []
        for done, name in enumerate(names):
            if done >= BASES and self._over():
                break
            board.append(self._score(name, {}, self._first))
            self._tell("comparing", done + 1, len(names))
        return sorted(board, key=BY_ERROR)

    def _tune(self, start: Tuned, trials: int, task: _Level) -> Tuned:
        import optuna

        space = FIELD[start.name].space
        if not space or not trials:
            return start
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=self.seed, n_startup_trials=STARTUP)
        study = optuna.create_study(direction="minimize", sampler=sampler)
        best = start
        for done in range(trials):
            if self._over():
                break
            trial = study.ask()
            for name, reach in space.items():
                suggest: Any = trial.suggest_int if reach.whole else trial.suggest_float
                suggest(name, reach.low, reach.high, log=reach.log)
            found = self._score(start.name, trial.params, task)
            study.tell(trial, found.mse)
            best = min(best, found, key=BY_ERROR)
            self._tell(f"{task.title} {start.name}", done + 1, trials)
        return best

    def _over(self) -> bool:
        self._cut_short = self._cut_short or self._spent >= self.budget
        return self._cut_short

    def _score(self, name: str, settings: Hyperparameters, task: _Level) -> Tuned:
        fit = self._fit_of(name, settings, task)
        self._spent += fit.seconds
        if not task.key:
            return Tuned(name, settings, self._error(fit.predicted))
        weighted = task.start + self._weight(fit.predicted, task) * (fit.predicted - task.start)
        return Tuned(name, settings, self._error(weighted))

    def _error(self, predicted: Floats) -> float:
        mse = float(np.mean([np.mean((predicted[test] - self.target[test]) ** 2) for test in self.parts]))
        return mse if math.isfinite(mse) else math.inf

    def _fit_of(self, name: str, settings: Hyperparameters, task: _Level) -> Fit:
        key = f"{self.scope}|{task.key}|{_key(name, settings)}"
        known = self.journal.fits.get(key)
        if known is not None and len(known.values) == self.target.nbytes:
            return known
        begun = time.monotonic()
        rest = self.target - task.start

        def left_out(test: Indices) -> Floats:
            train = np.setdiff1d(np.arange(len(self.target)), test)
            with _one_thread("openmp"):
                regressor = make(name, settings, self.seed, len(train)).fit(task.inputs[train], rest[train])
                return np.asarray(regressor.predict(task.inputs[test]))

        predicted = np.empty_like(self.target)
        for test, values in zip(self.parts, in_order(left_out, self.parts, processors()), strict=True):
            predicted[test] = task.start[test] + values
        fit = Fit(key, time.monotonic() - begun, predicted.astype("<f8").tobytes())
        self.journal.add(fit)
        return fit

    def _all_fitted(self, bases: Sequence[Tuned]) -> Iterator[Any]:
        return in_order(lambda base: self._fitted(base, self.inputs, self.target), bases, processors())

    def _fitted(self, base: Tuned, inputs: Floats, target: Floats) -> Any:
        with _one_thread("openmp"):
            return make(base.name, base.settings, self.seed, len(target)).fit(inputs, target)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self.progress(Step(f"{self.scope}: {stage}", done, total, unit="fits"))


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep warnings of regressors from standard error: one that does not converge does badly, as its figure tells.

    Not by filters, which the threads of scikit-learn set and unset for each other.
    """
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)


@contextlib.contextmanager
def _one_thread(api: str) -> Iterator[None]:
    """Keep matrix products ("blas") or loops ("openmp", for the calling thread alone) on one thread.

    Folds are what runs side by side, and the result is the same anywhere.
    """
    import threadpoolctl

    with threadpoolctl.threadpool_limits(1, user_api=api):
        yield


def _of_each_kind(leaderboard: Sequence[Tuned]) -> list[Tuned]:
    """Take the best of each of the best kinds: regressors of one kind err alike, and add little to each other."""
    best: dict[str, Tuned] = {}
    for one in leaderboard:
        best.setdefault(FIELD[one.name].kind, one)
    return list(best.values())[:BASES]


def _key(name: str, settings: Hyperparameters) -> str:
    return f"{name}{json.dumps(dict(settings), sort_keys=True)}"
