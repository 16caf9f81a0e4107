"""AutoML for one target: a field of regressors, the best tuned, and a stack of what is worth its place."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, UsageError
from img2music.parallel import in_order, processors
from img2music.research.songs.blending import shares_of, worth_keeping
from img2music.research.songs.export import as_single
from img2music.research.songs.journal import Fit, Journal
from img2music.research.songs.regressors import EXTRA, FIELD, GENTLE, Settings, make

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Progress = Callable[[str, int, int], None]

BASES = 3
LEAST = 30
"""Songs to learn from."""
STARTUP = 6
"""Trials drawn at random before the tuner (a tree-structured Parzen estimator) goes by what it has seen."""

ORIGINAL: Mapping[str, tuple[str, ...]] = {
    "valence": ("gradient-boosting", "random-forest", "extra-trees"),
    "arousal": ("gradient-boosting", "random-forest", "lightgbm"),
}
"""What the original's AutoML arrived at; the first of each is its meta-learner too."""


@dataclass(frozen=True)
class Candidate:
    """A regressor with settings, and how it did in cross-validation."""

    name: str  # in `regressors.FIELD`
    settings: Settings
    mse: float  # cross-validated on the training part, mean of the folds
    seconds: float  # how long that took


@dataclass(frozen=True)
class Stack:
    """Regressors, and one that makes a prediction of theirs."""

    bases: tuple[tuple[Candidate, Any], ...]  # with the fitted regressor of each
    shares: Floats  # how much each counts in the mean of their predictions
    # Its inputs are the predictions of the bases, in their order; it predicts what is to be added to their mean, since
    # the bases differ little, and trees draw no straight line
    meta: tuple[Candidate, Any]
    weight: float  # how much of that is added, in [0, 1]: what cross-validation bears out

    def predict(self, inputs: Floats) -> Floats:
        """Predict."""
        given = as_single(inputs)
        between = np.column_stack([regressor.predict(given) for _, regressor in self.bases])
        return np.asarray(
            np.clip(between @ self.shares + self.weight * self.meta[1].predict(as_single(between)), 0.0, 1.0),
            dtype=np.float64,
        )


@dataclass(frozen=True)
class Found:
    """What AutoML found for one target."""

    leaderboard: tuple[Candidate, ...]  # the field before tuning, best first
    tuned: tuple[Candidate, ...]  # the best after tuning, best first
    stack: Stack  # fitted on the whole training part
    seconds: float  # what the fits of cross-validation took
    cut_short: bool  # whether the time budget ended before the trials did


@dataclass(frozen=True)
class _Task:
    """What regressors of one level learn: the target less what is predicted already."""

    inputs: Floats
    start: Floats
    title: str
    key: str = ""


@dataclass
class Search:
    """AutoML on a training part."""

    inputs: Floats
    target: Floats
    parts: Sequence[Indices]  # folds of cross-validation: places of the rows that each leaves out
    seed: int
    journal: Journal  # what is in it already is not fitted again
    scope: str  # what sets these fits apart from others in the journal
    progress: Progress | None = None  # called with the stage, how much of it is done, and how much there is
    # Seconds that the fits may take; then tuning stops. Three regressors are always fitted
    budget: float = float("inf")
    _spent: float = field(default=0.0, init=False)
    _cut_short: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if len(self.target) < LEAST:
            raise UsageError(f"{len(self.target)} songs are too few to learn from: there must be {LEAST} at least.")
        self.inputs = as_single(self.inputs)

    def run(self, names: Sequence[str], trials: int, *, meta: str | None = None, whole: bool = False) -> Found:
        """Compare regressors, tune three, and stack them."""
        with _one_blas_thread():
            task = self._first()
            leaderboard = self._compare(names, task)
            best = _of_each_kind(leaderboard) if whole else leaderboard[:BASES]
            tuned = sorted((self._tune(candidate, trials, task) for candidate in best), key=_by_error)
            pool = tuned
            if whole:
                pool = [*tuned, *(one for one in leaderboard if one not in best and math.isfinite(one.mse))]
                pool = [pool[place] for place in worth_keeping(self._left_out(pool), self.target)]
            between = self._left_out(pool)
            task = self._second(pool, between)
            learner = meta or min(pool, key=_by_error).name
            first = self._score(learner, GENTLE.get(learner, {}), task)
            stack = self._stack(pool, self._tune(first, trials, task), between)
        return Found(tuple(leaderboard), tuple(tuned), stack, self._spent, self._cut_short)

    def refit(self, bases: Sequence[Candidate], meta: Candidate) -> Stack:
        """Fit a stack whose regressors and settings are known already."""
        with _one_blas_thread():
            return self._stack(bases, meta, self._left_out(bases))

    def mean_of(self, bases: Sequence[Candidate], shares: Sequence[float], inputs: Floats) -> Floats:
        """Predict by regressors whose settings and shares are known already, without a meta-learner."""
        with _one_blas_thread():
            fitted = in_order(lambda base: self._fitted(base, self.inputs, self.target), bases, processors())
            between = np.column_stack([regressor.predict(as_single(inputs)) for regressor in fitted])
        return np.asarray(np.clip(between @ np.array(shares), 0.0, 1.0), dtype=np.float64)

    def _first(self) -> _Task:
        return _Task(self.inputs, np.zeros(len(self.target)), "tuning")

    def _second(self, bases: Sequence[Candidate], between: Floats) -> _Task:
        key = "meta:" + ",".join(_key(base.name, base.settings) for base in bases)
        return _Task(as_single(between), between @ shares_of(between, self.target), "stacking", key)

    def _left_out(self, bases: Sequence[Candidate]) -> Floats:
        """Give what each predicts for songs that it was not fitted on."""
        return np.column_stack([self._fit_of(base, self._first()).predicted for base in bases])

    def _stack(self, bases: Sequence[Candidate], meta: Candidate, between: Floats) -> Stack:
        task = self._second(bases, between)
        fitted = list(in_order(lambda base: self._fitted(base, self.inputs, self.target), bases, processors()))
        correction = self._fitted(meta, task.inputs, self.target - task.start)
        weight = self._weight(self._fit_of(meta, task).predicted, task)
        shares = shares_of(between, self.target)
        return Stack(tuple(zip(bases, fitted, strict=True)), shares, (meta, correction), weight)

    def _weight(self, predicted: Floats, task: _Task) -> float:
        """Find how much of the meta-learner's correction lowers the squared error most."""
        correction = predicted - task.start
        size = float(correction @ correction)
        return float(np.clip(correction @ (self.target - task.start) / size, 0.0, 1.0)) if size else 0.0

    def _compare(self, names: Sequence[str], task: _Task) -> list[Candidate]:
        board = []
        for number, name in enumerate(names):
            if number >= BASES and self._spent >= self.budget:
                self._cut_short = True
                break
            board.append(self._score(name, {}, task))
            self._tell("comparing", number + 1, len(names))
        return sorted(board, key=_by_error)

    def _tune(self, start: Candidate, trials: int, task: _Task) -> Candidate:
        try:
            import optuna
        except ImportError:
            raise MissingExtraError("Training on tables", EXTRA) from None

        space = FIELD[start.name].space
        if not space or not trials:
            return start
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=self.seed, n_startup_trials=STARTUP)
        study = optuna.create_study(direction="minimize", sampler=sampler)
        wanted = {
            name: optuna.distributions.IntDistribution(int(reach.low), int(reach.high), log=reach.log)
            if reach.whole
            else optuna.distributions.FloatDistribution(reach.low, reach.high, log=reach.log)
            for name, reach in space.items()
        }
        best = start
        for number in range(trials):
            if self._spent >= self.budget:
                self._cut_short = True
                break
            trial = study.ask(wanted)
            found = self._score(start.name, trial.params, task)
            study.tell(trial, found.mse)
            best = min(best, found, key=_by_error)
            self._tell(f"{task.title} {start.name}", number + 1, trials)
        return best

    def _score(self, name: str, settings: Settings, task: _Task) -> Candidate:
        fit = self._fit_of(Candidate(name, settings, 0.0, 0.0), task)
        self._spent += fit.seconds
        if not task.key:
            return Candidate(name, settings, fit.mse, fit.seconds)
        weighted = task.start + self._weight(fit.predicted, task) * (fit.predicted - task.start)
        return Candidate(name, settings, self._error(weighted), fit.seconds)

    def _error(self, predicted: Floats) -> float:
        return float(np.mean([np.mean((predicted[test] - self.target[test]) ** 2) for test in self.parts]))

    def _fit_of(self, candidate: Candidate, task: _Task) -> Fit:
        key = f"{self.scope}|{task.key}|{_key(candidate.name, candidate.settings)}"
        known = self.journal.get(key)
        if known is not None and known.predicted.shape == self.target.shape:
            return known
        begun = time.monotonic()
        rest = self.target - task.start

        def left_out(test: Indices) -> Floats:
            train = np.setdiff1d(np.arange(len(self.target)), test)
            with _one_openmp_thread():
                regressor = make(candidate.name, candidate.settings, self.seed, len(train))
                return np.asarray(regressor.fit(task.inputs[train], rest[train]).predict(task.inputs[test]))

        predicted = np.empty_like(self.target)
        for test, values in zip(self.parts, in_order(left_out, self.parts, processors()), strict=True):
            predicted[test] = task.start[test] + values
        mse = self._error(predicted)
        fit = Fit(mse if math.isfinite(mse) else math.inf, time.monotonic() - begun, predicted)
        self.journal.add(key, fit)
        return fit

    def _fitted(self, candidate: Candidate, inputs: Floats, target: Floats) -> Any:
        with _one_openmp_thread():
            return make(candidate.name, candidate.settings, self.seed, len(target)).fit(inputs, target)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(f"{self.scope}: {stage}", done, total)


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
def _one_blas_thread() -> Iterator[None]:
    """Keep matrix products on one thread: folds are what runs side by side, and the result is the same anywhere."""
    try:
        import threadpoolctl
    except ImportError:
        raise MissingExtraError("Training on tables", EXTRA) from None
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        yield


@contextlib.contextmanager
def _one_openmp_thread() -> Iterator[None]:
    """Keep loops of OpenMP, whose limit is each thread's own, from competing for the processors."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(1, user_api="openmp"):
        yield


def _of_each_kind(leaderboard: Sequence[Candidate]) -> list[Candidate]:
    """Take the best of each of the best kinds: regressors of one kind err alike, and add little to each other."""
    best: dict[str, Candidate] = {}
    for candidate in leaderboard:
        best.setdefault(FIELD[candidate.name].kind, candidate)
    return list(best.values())[:BASES]


def _by_error(candidate: Candidate) -> float:
    return candidate.mse


def _key(name: str, settings: Settings) -> str:
    return f"{name}{json.dumps(dict(settings), sort_keys=True)}"
