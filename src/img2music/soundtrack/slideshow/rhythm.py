"""Beats of the music under a slideshow."""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.soundtrack.beats import Beats, listen
from img2music.soundtrack.cue_sheet import Cue, clock

PART, AROUND = 120.0, 10.0
"""Seconds of music that are in memory at once, and that are heard beyond either end of a part to tell its beats."""

NEAR = 0.04
"""Seconds from a beat that count as on it."""


def beats_under(cues: Iterable[Cue]) -> Beats:
    """Find the beats of the passages under a film."""
    found: list[NDArray[np.float64]] = [np.empty(0)]
    without: list[tuple[float, float, str]] = []
    for cue in cues:
        shift = cue.start - cue.passage.start
        length = cue.passage.end - cue.passage.start
        edges = np.linspace(cue.passage.start, cue.passage.end, math.ceil(length / PART) + 1).tolist()
        for start, end in itertools.pairwise(edges):
            heard = listen(cue.track.path, [(start - AROUND, end + AROUND)])
            found.append(heard.times[(heard.times >= start) & (heard.times < end)] + shift)
            name = cue.track.title or cue.track.path
            without += [(start + shift, end + shift, f"of {name}, {why}") for *_, why in heard.without]
    times = np.concatenate(found)
    return Beats(times, np.zeros(len(times), dtype=np.bool_), without=tuple(without))


def beat_note(changes: Sequence[float], beats: Beats, rate: int) -> str:
    """Say how many changes of photos are on beats, and why the others are not."""
    reach = max(NEAR, 0.5 / rate + 0.02)
    off = [time for time in changes if not (np.abs(beats.times - time) <= reach).any()]
    reasons: dict[str, list[str]] = {}
    for time in off:
        reasons.setdefault(beats.why_not(time), []).append(clock(time))
    told = "; ".join(f"at {', '.join(times)}: {why}" for why, times in reasons.items())
    return (
        f"{len(changes) - len(off)} of {len(changes)} changes of photos are on beats{f'; not {told}' if told else ''}."
    )
