"""Music that makes room for the film's own sound, and comes back."""

import numpy as np
from numpy.typing import NDArray

from img2music.music.audio.loudness import STEP
from img2music.soundtrack.metering import in_lufs, loudness

BENEATH = 14.0
"""LU by which music lies beneath the film's own sound while that is active. Under a commentary at least 10 LU are
advised (Torcoli et al. 2019, "Preferred Levels for Background Ducking", J. Audio Eng. Soc. 67); music is not even,
hence more."""

DEEPEST = -30.0
"""Decibels by which music is lowered at most."""

STANDS_OUT, STAYS_OUT = 8.0, 4.0
"""LU over the background at which the film's own sound becomes active, and down to which it stays so."""

BACKGROUND, QUIETEST = 60.0, 5
"""Seconds around a moment of which the background is told, and the percentile of their levels which it is: people who
talk without end still breathe. Noise that lasts longer is background."""

INAUDIBLE = -50.0
"""LUFS below which the film's own sound is never active."""

FAINT = -20.0
"""LU below the film's own loudness where it is not active either."""

AROUND = 1.5
"""Seconds before and after a moment over which levels are compared: about a sentence."""

AHEAD, HOLD = 0.3, 1.2
"""Seconds that music is low before the film's own sound begins, and after it ends: it stays low between sentences."""

DOWN, UP = 40.0, 10.0
"""Decibels a second in which it goes down and comes back."""

SOFT = 2
"""Steps before and after over which the gain is averaged, so that it has no corners."""


def active(own: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell where a film's own sound stands out: speech, laughter, a door; not rain, a road or an empty room.

    Parameters
    ----------
    own : ndarray of float64, shape (n,)
        Its weighted power every `STEP` seconds.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    from scipy.ndimage import binary_propagation, percentile_filter, uniform_filter1d

    whole = loudness(own)
    if whole is None:
        return np.zeros(len(own), dtype=np.bool_)
    momentary = in_lufs(uniform_filter1d(own, 3, mode="nearest"))
    background = percentile_filter(momentary, QUIETEST, size=2 * round(BACKGROUND / STEP / 2) + 1, mode="reflect")
    least = max(INAUDIBLE, whole + FAINT)
    stands_out = momentary > np.maximum(background + STANDS_OUT, least)
    stays_out = momentary > np.maximum(background + STAYS_OUT, least)
    return np.asarray(binary_propagation(stands_out, mask=stays_out))


def ducking(own: NDArray[np.float64], music: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of the music that keeps it beneath the film's own sound.

    Both are known to the end, so the music is down before someone speaks and stays down when they go on at once, which
    a compressor with a side chain can't do; and a level that never changes lowers nothing.

    Parameters
    ----------
    own, music : ndarray of float64, shape (n,)
        Weighted power of both every `STEP` seconds.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        Decibels from `DEEPEST` to 0 at the start of every step, and at the end of the last.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    if not len(own):
        return np.zeros(1)
    heard = active(own)
    around = 2 * round(AROUND / STEP) + 1
    share = np.maximum(uniform_filter1d(heard.astype(np.float64), around, mode="constant"), 1e-9)
    own_level = in_lufs(uniform_filter1d(np.where(heard, own, 0.0), around, mode="constant") / share)
    music_level = in_lufs(uniform_filter1d(music, around, mode="nearest"))
    wanted = np.where(heard, np.clip(own_level - BENEATH - music_level, DEEPEST, 0.0), 0.0)
    ahead, hold = round(AHEAD / STEP), round(HOLD / STEP)
    # Low from `ahead` before to `hold` after: the window of step k goes from k - hold to k + ahead.
    low = minimum_filter1d(wanted, ahead + hold + 1, origin=(hold - ahead) // 2, mode="nearest")
    moving = _no_steeper(_no_steeper(low, UP * STEP)[::-1], DOWN * STEP)[::-1]
    soft = uniform_filter1d(minimum_filter1d(moving, 2 * SOFT + 1, mode="nearest"), 2 * SOFT + 1, mode="nearest")
    return np.append(soft, soft[-1])


def _no_steeper(values: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    """The highest curve under ``values`` that rises by no more than ``slope`` from one to the next."""
    line = slope * np.arange(len(values))
    return np.asarray(np.minimum.accumulate(values - line) + line)
