"""How much each regressor of a stack counts."""

import numpy as np

from img2music.research.songs.groups import Floats

EXPECTED = 0.1
"""How far shares are expected to lie from equal ones (the standard deviation of a normal prior). What cross-validation
says of thousands of songs outweighs it; of hundreds, shares without it follow chance."""
TINY = 1e-6
LEAST = 0.04
"""Share below which a regressor is not worth keeping."""


def shares_of(predicted: Floats, target: Floats) -> Floats:
    """Find the weighted mean of predictions, shape (n, regressors), that comes nearest to the target.

    No share is below 0, and their sum is 1. The regressors must not have seen the songs that they predict.

    Breiman, L. (1996). Stacked regressions. Machine Learning 24(1), 49-64: least squares without negative weights.
    """
    from scipy.optimize import nnls

    songs, regressors = predicted.shape
    noise = float(((predicted - target[:, None]) ** 2).mean(axis=0).min())
    pull = max(np.sqrt(noise) / EXPECTED, TINY)
    sure = 1e3 * np.sqrt(songs)  # what holds the sum to 1
    rows = [predicted - target[:, None], pull * np.eye(regressors), np.full((1, regressors), sure)]
    wanted = np.concatenate([np.zeros(songs), np.full(regressors, pull / regressors), [sure]])
    shares = np.asarray(nnls(np.vstack(rows), wanted)[0], dtype=np.float64)
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def worth_keeping(predicted: Floats, target: Floats) -> list[int]:
    """Find the regressors that have a share worth the time they take."""
    kept = list(range(predicted.shape[1]))
    while len(kept) > 1:
        shares = shares_of(predicted[:, kept], target)
        least = int(shares.argmin())
        if shares[least] >= LEAST:
            break
        del kept[least]
    return kept
