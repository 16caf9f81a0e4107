"""How well predictions of one axis follow people's ratings, with intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale

Floats = NDArray[np.float64]

RESAMPLES = 2000
LEVEL = 0.95
CELLS = 4_000_000  # numbers held at once, which bounds the memory of resampling
CONSTANT = 1e-20  # variance below which all values count as the same: a standard deviation of 1e-10


@dataclass(frozen=True, slots=True)
class OwnScale:
    """Errors on the scale that the set is written on."""

    rmse: float  # as in `Accuracy`
    mae: float  # as in `Accuracy`
    mse: float  # as in `Accuracy`


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well predictions of one axis follow people's ratings, on the unit scale."""

    r: float | None
    """Pearson's correlation over all items; None for the baseline and for constants, which have none."""
    r2: float
    """Share of the ratings' variance that is explained, 1 - MSE / variance."""
    rmse: float
    """Root of the mean squared error."""
    mse: float
    """Mean squared error."""
    accuracy: float
    """Share of items on the right side of 0.5 (at least 0.5, or below)."""
    ccc: float | None
    """Concordance correlation coefficient (Lin 1989, "A concordance correlation coefficient to evaluate
    reproducibility", Biometrics 45, 255-268): r, lowered by what differs in mean and in spread. None as for r."""
    mae: float
    """Mean absolute error."""
    spearman: float | None
    """Rank correlation. None as for r."""
    mse_minmax: float | None
    """Mean squared error on the scale on which the lowest rating is 0 and the highest 1."""
    own_scale: OwnScale
    """The errors on the set's own scale."""
    intervals: dict[str, tuple[float, float] | None] | None
    """Bootstrap 95 % intervals of r, r2, ccc, rmse, mae, mse and accuracy: percentiles of 2,000 resamplings (Efron &
    Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13). None for the baseline."""


def accuracy_of(predicted: Floats, rated: Floats, scale: Scale, groups: Sequence[str], seed: int) -> Accuracy:
    """Compare predictions of one axis with ratings."""
    return _accuracy(predicted, rated, scale, intervals=_intervals(predicted, rated, groups, seed))


def accuracy_of_means(means: Floats, rated: Floats, scale: Scale) -> Accuracy:
    """Compare the mean of other items' ratings with ratings.

    Their correlation would be an artefact, since the means of folds move against what was left out: none is given.
    """
    return replace(_accuracy(means, rated, scale, intervals=None), r=None, ccc=None, spearman=None)


def _accuracy(
    predicted: Floats, rated: Floats, scale: Scale, *, intervals: dict[str, tuple[float, float] | None] | None
) -> Accuracy:
    once = _Sums(predicted, rated).figures(np.ones((1, len(rated))))
    found = {name: float(values[0]) for name, values in once.items()}
    rmse, mae, mse = found["rmse"], found["mae"], found["mse"]
    span = scale.high - scale.low
    reach = float(np.ptp(rated))
    correlated = not np.isnan(found["r"])
    return Accuracy(
        r=found["r"] if correlated else None,
        r2=found["r2"],
        rmse=rmse,
        mse=mse,
        accuracy=found["accuracy"],
        ccc=found["ccc"] if correlated else None,
        mae=mae,
        spearman=spearman(predicted, rated) if correlated else None,
        mse_minmax=mse / reach**2 if reach else None,
        own_scale=OwnScale(rmse * span, mae * span, mse * span**2),
        intervals=intervals,
    )


def correlation(one: Floats, other: Floats) -> float | None:
    """Pearson's correlation; None where either never varies or is no number."""
    if np.ptp(one) == 0 or np.ptp(other) == 0 or not np.isfinite(one).all():
        return None
    return float(np.corrcoef(one, other)[0, 1])


def spearman(one: Floats, other: Floats) -> float | None:
    """Rank correlation; None where either never varies."""
    from scipy.stats import rankdata

    found = correlation(rankdata(one), rankdata(other))
    return None if found is None else float(np.clip(found, -1, 1))


class _Sums:
    """Sums over items, from which all figures follow for any weighting of them."""

    def __init__(self, predicted: Floats, rated: Floats) -> None:
        # About their means, so that nothing is lost to cancellation.
        self.bias = float(predicted.mean() - rated.mean())
        p, y = predicted - predicted.mean(), rated - rated.mean()
        error = predicted - rated
        hit = (predicted >= 0.5) == (rated >= 0.5)
        self.columns = np.column_stack([np.ones_like(p), p, y, p * p, y * y, p * y, np.abs(error), error**2, hit])

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Give the figures for each row of weights, shape (rows, n); NaN where there is none."""
        sums = weights @ self.columns
        p, y, pp, yy, py, absolute, squared, hits = (sums[:, 1:] / sums[:, :1]).T
        spread_p, spread_y, joint = pp - p * p, yy - y * y, py - p * y
        both = (spread_p > CONSTANT) & (spread_y > CONSTANT)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.where(both, joint / np.sqrt(spread_p * spread_y), np.nan)
            ccc = np.where(both, 2 * joint / (spread_p + spread_y + (p - y + self.bias) ** 2), np.nan)
        return {
            "r": np.clip(r, -1, 1),
            "r2": 1 - np.divide(squared, spread_y, where=spread_y > CONSTANT, out=np.ones(len(sums))),
            "ccc": ccc,
            "rmse": np.sqrt(squared),
            "mae": absolute,
            "mse": squared,
            "accuracy": hits,
        }


def _intervals(
    predicted: Floats, rated: Floats, groups: Sequence[str], seed: int
) -> dict[str, tuple[float, float] | None]:
    sums = _Sums(predicted, rated)
    parts = [sums.figures(weights) for weights in _resamples(groups, seed)]
    ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    intervals: dict[str, tuple[float, float] | None] = {}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        known = values[~np.isnan(values)]
        intervals[name] = None
        if len(known):
            low, high = np.quantile(known, ends)
            intervals[name] = (float(low), float(high))
    return intervals


def _resamples(groups: Sequence[str], seed: int) -> Iterator[Floats]:
    """Draw groups with replacement; yields how often each item is drawn, some resamplings at a time."""
    _, group_of = np.unique(np.array(groups), return_inverse=True)
    count = int(group_of.max()) + 1
    random = np.random.default_rng(seed)
    rows = max(1, CELLS // len(groups))
    for start in range(0, RESAMPLES, rows):
        drawn = random.multinomial(count, np.full(count, 1 / count), size=min(rows, RESAMPLES - start))
        yield drawn[:, group_of].astype(np.float64)
