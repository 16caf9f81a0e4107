"""Cues on beats: each passage moves a little within its song, so that beats fall where cues meet."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.parallel import in_order, processors
from img2music.soundtrack.beats import Beats, listen
from img2music.soundtrack.cue_sheet import CueBeats

REACH = 4.0
"""Seconds by which a passage may move within its song."""

AROUND = 20.0
"""Seconds of a song that are heard on either side of where a passage begins and ends: enough to tell beats from their
halves and thirds."""

ON_BEAT = 0.03
"""Seconds from a beat that count as on it; a little less than the 35 ms that are asked for."""

EARLY, LATE = 0.045, 0.125
"""Seconds by which music may change before and after the picture without anyone noticing (ITU-R BT.1359-1: the
thresholds of detectability of sound before and after picture)."""

OFF_BEAT, OFF_BAR, END_OFF_BEAT = 2.0, 0.25, 0.4
"""Prices, in seconds times distance as those of choosing: a cue that begins off the beats of its song; on a beat that
is not the first of its bar; and that ends off the beats while the next begins."""

INTRO = 0.25
"""Price of each second that is left out where a film would begin as its first song does; staying costs two bars."""

SEAM, QUIET = 2.0, 1.0
"""Seconds before and after a change of songs that should sound, and the price of each second in which they don't."""

ENDING = 2.0
"""What it is worth, likewise, that the song's own end closes the film."""

RING = 1.0
"""Seconds of a song's dying away that may be lost at the film's end, or that it may end before it."""

PHRASE = 8
"""Beats over which the music fades at the end of a film: two bars."""

SHORTEST_FADE_OUT, LONGEST_FADE_OUT = 3.0, 8.0
"""Seconds of that fade."""

CROSS_FADE_ON_BEATS, SHORTEST_CROSS_FADE, LONGEST_CROSS_FADE = 1.0, 0.4, 2.0
"""Seconds that a cross-fade of whole beats comes near, and between which it lies."""

FADE_IN, CROSS_FADE, FADE_OUT = 1.0, 2.0, 4.0
"""Seconds of the fades of songs without beats: at the film's start, between two cues, and at its end."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage that lies under a part of a film."""

    path: str  # the song's file
    duration: float  # seconds of the song
    start: float  # seconds of the film
    end: float  # seconds of the film
    begin: float  # second of the song at which the passage begins
    fade_in: float = 0.0  # seconds, as `cue_sheet.Cue` has them
    fade_out: float = 0.0  # seconds, as `cue_sheet.Cue` has them
    beats: CueBeats | None = None


Misfit = Callable[[int, float], float]
"""What a cue (its number, 0 for the first) costs if its passage begins at a second of its song."""


def align(placed: Sequence[Placed], times: NDArray[np.float64], misfit: Misfit) -> list[Placed]:
    """Move passages so that cues begin and end on beats, and the last one with its song; set all fades.

    A cue stays where the picture changes. It may begin at any beat within `REACH` of the place that was chosen for it;
    what it then costs in affect is weighed against prices for a beat that is not the first of a bar, and for an end off
    the beats. So that both songs are on the beat where they meet, the join may move to another picture, as far as
    nobody notices. The last passage may end where its song ends.
    """
    if not placed:
        return []
    import librosa.beat  # noqa: F401 - it is compiled as it is imported, and not on several threads at once

    last = len(placed) - 1
    asked = [(each, _spans(each, ending=number == last)) for number, each in enumerate(placed)]
    heard = list(in_order(lambda one: listen(one[0].path, one[1]), asked, processors()))
    found: list[Placed] = []
    start = placed[0].start
    for number, each in enumerate(placed):
        ending = number == last
        joins = np.array([each.end]) if ending else _joins(each.end, times)
        begin, end = _best(number, each, start, joins, beats=heard[number], misfit=misfit, ending=ending)
        found.append(Placed(each.path, each.duration, start, end, begin))
        start = end
    return [_finished(number, found, heard) for number in range(len(found))]


def _spans(each: Placed, *, ending: bool) -> list[tuple[float, float]]:
    """Parts of a song to hear: around where its passage begins and ends, and where it would to end with the song."""
    lasts = each.end - each.start
    places = [each.begin, each.begin + lasts]
    if ending:
        places += [each.duration - lasts, each.duration]
    return [(place - AROUND, place + AROUND) for place in places]


def _joins(cut: float, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of the film at which two songs may meet, the nearest to the cut first."""
    near = times[(times >= cut - EARLY) & (times <= cut + LATE)]
    near = np.unique(np.append(near[np.abs(near - cut) > 1e-3], cut))
    return near[np.argsort(np.abs(near - cut), kind="stable")]


def _best(
    number: int, each: Placed, start: float, joins: NDArray[np.float64], *, beats: Beats, misfit: Misfit, ending: bool
) -> tuple[float, float]:
    """Where a passage begins in its song, and where the cue ends on the film."""
    lasts = float(joins.max()) - start
    left = each.duration - lasts - (0.0 if ending else LONGEST_CROSS_FADE)  # the next cue fades in over what follows
    off = OFF_BEAT if len(beats.times) else 0.0
    opening = number == 0 and each.begin == 0.0  # a film may begin as the song does
    sounds = each.begin if opening else beats.sounding(each.begin)
    options: list[tuple[float, float]] = [(each.begin, min(off, 2 * OFF_BAR) if opening else off), (sounds, off)]
    near = (np.abs(beats.times - each.begin) <= REACH) | (np.abs(beats.times - sounds) <= REACH)
    closing = np.zeros_like(near)
    if ending and beats.ends is not None:
        closing = np.abs(beats.times + lasts - beats.ends) <= RING
        options.append((beats.ends - lasts, off - ENDING))
    bars = bool(beats.first.any())
    for time, first, closes in zip(
        beats.times[near | closing], beats.first[near | closing], closing[near | closing], strict=True
    ):
        options.append((float(time), (OFF_BAR if bars and not first else 0.0) - (ENDING if closes else 0.0)))
    best, chosen = math.inf, (each.begin, float(joins[0]))
    for begin, price in options:
        if begin != each.begin and not 0.0 <= begin <= left:
            continue
        end, apart = float(joins[0]), False
        if not ending:
            end, apart = _join(begin - start, joins, beats)
        cost = misfit(number, begin) + price + (END_OFF_BEAT if apart else 0.0) + 1e-3 * abs(begin - each.begin)
        if opening:
            cost += INTRO * begin
        else:
            cost += QUIET * beats.quiet(begin, begin + SEAM)
        if not ending:
            cost += QUIET * beats.quiet(begin + lasts - SEAM, begin + lasts)
        if cost < best:
            best, chosen = cost, (begin, end)
    return chosen


def _join(shift: float, joins: NDArray[np.float64], beats: Beats) -> tuple[float, bool]:
    """The join at which the outgoing song is on a beat, else the cut, and whether it is off the beats there."""
    for join in joins.tolist():
        offset = beats.offset(join + shift)
        if offset is None:
            return float(joins[0]), False
        if abs(offset) <= ON_BEAT:
            return join, False
    return float(joins[0]), True


def _finished(number: int, found: Sequence[Placed], heard: Sequence[Beats]) -> Placed:
    """A passage with its fades and what its beats are."""
    each, beats = found[number], heard[number]
    lasts = each.end - each.start
    length = beats.length(each.begin)
    fade_in = _cross_fade(number, found, heard) if number else min(_whole(length, FADE_IN), lasts / 3)
    following = number + 1 < len(found)
    fade_out = _cross_fade(number + 1, found, heard) if following else _fade_out(each, beats)
    told = beats_of(each.begin, each.begin + lasts if following else None, beats)
    return Placed(each.path, each.duration, each.start, each.end, each.begin, fade_in, fade_out, told)


def beats_of(begin: float, end: float | None, beats: Beats) -> CueBeats:
    """How a passage lies on the beats of its song."""
    offset = beats.offset(begin)
    end_offset = None if end is None else beats.offset(end)
    length = beats.length(begin) or (None if end is None else beats.length(end))
    note = None
    if offset is None:
        note = beats.why_not(begin)
    elif abs(offset) > ON_BEAT:
        note = "it begins as its song does" if begin == 0.0 else "no beat in reach fits the film and leaves room"
    return CueBeats(60.0 / length if length else None, offset, end_offset, note)


def _whole(length: float | None, wanted: float) -> float:
    """The number of whole beats that lasts nearest to ``wanted`` seconds, in seconds; ``wanted`` without beats."""
    return wanted if length is None else max(1, round(wanted / length)) * length


def _cross_fade(number: int, found: Sequence[Placed], heard: Sequence[Beats]) -> float:
    """Seconds in which a cue takes over from the one before: whole beats of its own, else of the other's."""
    before, each = found[number - 1], found[number]
    leaves = before.begin + before.end - before.start
    most = min((each.end - each.start) / 3, (before.end - before.start) / 3, max(0.0, before.duration - leaves))
    length = heard[number].length(each.begin) or heard[number - 1].length(leaves)
    if length is None:
        return min(CROSS_FADE, most)
    wanted = _whole(length, CROSS_FADE_ON_BEATS)
    if wanted < SHORTEST_CROSS_FADE:
        wanted = math.ceil(SHORTEST_CROSS_FADE / length) * length
    if wanted > min(most, LONGEST_CROSS_FADE):
        wanted = max(1, math.floor(min(most, LONGEST_CROSS_FADE) / length)) * length
    return min(wanted, most)


def _fade_out(each: Placed, beats: Beats) -> float:
    """Seconds of the last fade: what is left of the song's own end, or about a phrase, from a beat on."""
    lasts = each.end - each.start
    end = each.begin + lasts
    if beats.ends is not None and beats.ends - end <= RING:
        return min(max(0.05, 2.0 * (beats.ends - end)), lasts / 3)
    length = beats.length(end)
    if length is None:
        return min(FADE_OUT, lasts / 3)
    wanted = min(max(PHRASE * length, SHORTEST_FADE_OUT), LONGEST_FADE_OUT, lasts / 3)
    lengths = end - beats.times
    within = (lengths >= min(SHORTEST_FADE_OUT, lasts / 6)) & (lengths <= min(LONGEST_FADE_OUT, lasts / 3))
    if not within.any():
        return wanted
    price = np.abs(lengths - wanted) - np.where(beats.first, length, 0.0)
    return float(lengths[within][price[within].argmin()])
