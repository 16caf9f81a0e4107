"""Passages moved a little, so that they begin on a beat and end as music does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.soundtrack.beats import Beats, beats_around, last_sound
from img2music.soundtrack.music import TOLERANCE

REACH = 4.0
"""Seconds by which a passage moves at most to begin on a beat: two bars of slow music."""

ON_BEAT = 0.035
"""Seconds within which two sounds are heard as one; what evaluations of onset detectors allow is 0.05."""

WITHIN_BAR, OFF_BEAT, MOVED = 0.25, 0.25, 0.02
"""Prices, in seconds times distance as in `choosing.Prices`: of beginning within a bar, of ending off the beat where
another song follows, and of each second that a passage moves."""

ENDING = 2.0
"""What it may cost more, in seconds times distance, that a film ends with the end of its last song."""

EARLY, LATE = 0.6, 1.5
"""Seconds before a song's last sound, and after it, at which a film may end with it."""

CROSS_FADE, WITHOUT_BEAT = 0.8, 2.0
"""Seconds of a cross-fade into a song with a steady beat, to its nearest number of beats, and into one without."""

CROSS_FADES = (0.4, 1.6)
"""Seconds of the shortest and the longest cross-fade of whole beats."""

PHRASE = 8
"""Beats of the phrase in which a song fades out at the end of a film: two bars."""

PHRASES = (3.0, 8.0)
"""Seconds of the shortest and the longest of these."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A passage as it lies under the film.

    Attributes
    ----------
    path : str
        The song's file.
    duration : float
        Seconds of the song.
    start : float
        Seconds of the song.
    length : float
        Seconds of the cue.
    opens, closes : bool
        Whether it is the film's first cue, and its last.
    """

    path: str
    duration: float
    start: float
    length: float
    opens: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class Aligned:
    """A passage in its place among the beats of its song.

    Attributes
    ----------
    start : float
        Seconds of the song.
    period : float or None
        Seconds from beat to beat where it begins; None where no steady beat is heard.
    start_offset, end_offset : float or None
        Seconds by which its start and its end come after the nearest beat; None where no steady beat is heard.
    fade_out : float or None
        Seconds of the fade at the film's end, for the last passage: short where the song ends by itself, else a phrase.
    """

    start: float
    period: float | None = None
    start_offset: float | None = None
    end_offset: float | None = None
    fade_out: float | None = None


def align(laid: Laid, cost: Callable[[float], float]) -> Aligned:
    """Move a passage to the best of the beats near its start.

    Parameters
    ----------
    laid : Laid
    cost : callable
        Of a start in seconds of the song: the distance of film and music along the cue, in seconds times distance.

    Returns
    -------
    Aligned
        Where it was, if hardly a sound is heard there. Where no steady beat is, a tracker's guess is as good a place to
        begin as any.
    """
    ended = _with_its_end(laid, cost) if laid.closes else None
    start = laid.start if ended is None else ended
    before, after = beats_around(laid.path, [start, start + laid.length])
    if ended is None and before is not None and not (laid.opens and start == 0.0):
        start = _on_beat(laid, before, after, cost)
    fade_out = None
    if laid.closes:
        fade_out = EARLY if ended is not None else _phrase(laid, start, after)
    if before is None or not before.steady:
        return Aligned(start, fade_out=fade_out)
    return Aligned(
        start,
        before.period,
        before.offset(start),
        after.offset(start + laid.length) if after is not None and after.steady else None,
        fade_out,
    )


def _on_beat(laid: Laid, before: Beats, after: Beats | None, cost: Callable[[float], float]) -> float:
    latest = max(laid.start, laid.duration + TOLERANCE - laid.length)
    near = (np.abs(before.times - laid.start) <= REACH) & (before.times >= 0.0) & (before.times <= latest)
    if not near.any():
        return laid.start

    def price(time: float, first: bool) -> float:
        end_is_off = (
            not laid.closes and after is not None and after.steady and abs(after.offset(time + laid.length)) > ON_BEAT
        )
        within_bar = bool(before.first.any()) and not first
        moved = MOVED * abs(time - laid.start)
        return cost(time) + moved + WITHIN_BAR * within_bar + OFF_BEAT * end_is_off

    starts: NDArray[np.float64] = before.times[near]
    prices = [price(float(time), bool(first)) for time, first in zip(starts, before.first[near], strict=True)]
    return float(starts[int(np.argmin(prices))])


def _with_its_end(laid: Laid, cost: Callable[[float], float]) -> float | None:
    """Where the passage starts if the film ends with the song; None where that can't be, or fits too badly."""
    end = last_sound(laid.path)
    if end is None:
        return None
    earliest = max(0.0, end - EARLY - laid.length)
    latest = min(end + LATE, laid.duration + TOLERANCE) - laid.length
    if latest < earliest:
        return None
    start = min(max(end - laid.length, earliest), latest)
    if not laid.opens:
        (before,) = beats_around(laid.path, [start])
        if before is not None:
            there = before.times[(before.times >= earliest) & (before.times <= latest)]
            if not len(there):
                return None
            start = float(there[np.abs(there - start).argmin()])
    return start if cost(start) <= cost(laid.start) + ENDING else None


def _phrase(laid: Laid, start: float, after: Beats | None) -> float:
    """Seconds of the last fade: from a beat about a phrase before the end."""
    end = start + laid.length
    shortest, longest = PHRASES
    if after is None or not after.steady:
        return min(longest / 2, laid.length / 3)
    wanted = min(max(PHRASE * after.period, shortest), longest)
    longest = min(longest, laid.length / 3)
    lengths = end - after.times
    fitting = lengths[(lengths > 0.0) & (lengths <= longest)]
    return float(fitting[np.abs(fitting - wanted).argmin()]) if len(fitting) else min(wanted, longest)


def cross_fade(period: float | None) -> float:
    """Choose the length of a cross-fade.

    Parameters
    ----------
    period : float or None
        Seconds from beat to beat of the song that comes in; None if it has none.

    Returns
    -------
    float
        Seconds; whole beats if there are any.
    """
    if period is None:
        return WITHOUT_BEAT
    shortest, longest = CROSS_FADES
    beats = max(1, round(CROSS_FADE / period))
    while beats * period < shortest:
        beats += 1
    return beats * period if beats * period <= longest else CROSS_FADE
