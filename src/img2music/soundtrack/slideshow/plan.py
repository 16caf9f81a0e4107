"""Which photo is seen when, and which beats of the music that is moved to."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from img2music.errors import UsageError
from img2music.matching.passages import clock
from img2music.options import SlideshowOptions, limits
from img2music.soundtrack.beats import Beats, listen
from img2music.soundtrack.cue_sheet import Cue, cross_fades, darkening

LEAST_SECONDS, MOST_SECONDS = limits(SlideshowOptions, "seconds_per_photo")  # seconds for which a photo may be seen
REACH = 0.25  # part of a photo's time by which a change may move to meet a beat
JOIN = 0.2
"""Seconds by which the music may change before or after the photo with which it was meant to: a little more than by
what it is moved to be on the beat of both songs."""

PART, AROUND = 120.0, 10.0
"""Seconds of music that are in memory at once, and that are heard beyond either end of a part to tell its beats."""

NEAR = 0.04  # seconds from a beat that count as on it


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture of the film shows."""

    photo: int  # its index in the film
    share: float  # how much of its time is over, in [0, 1]
    mixed: float = 0.0  # share of the next photo in the picture, in [0, 1]
    following: float = 0.0  # how much of the next photo's time is over
    light: float = 1.0  # 1, or less where the film goes dark


@dataclass(frozen=True)
class Schedule:
    """When each photo is seen."""

    rate: int  # pictures a second
    # Number of the picture from which on each photo is seen more than the one before; 0 first, and the number of
    # pictures last
    changes: NDArray[np.int64]
    fade: float  # seconds of a cross-fade, where both photos are seen long enough

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of ``changes``."""
        return self.changes / self.rate

    @property
    def duration(self) -> float:
        """Seconds of the film."""
        return float(self.times[-1])

    @cached_property
    def fades(self) -> list[float]:
        """Seconds of the cross-fade at each of ``changes``."""
        return cross_fades(self.times.tolist(), self.fade)

    def seconds(self, photo: int) -> float:
        """How long a photo is seen, with all of its cross-fades."""
        first, last = self.span(photo)
        return last - first

    def span(self, photo: int) -> tuple[float, float]:
        """From when until when a photo is seen, with all of its cross-fades."""
        times, fades = self.times, self.fades
        return float(times[photo] - fades[photo] / 2), float(times[photo + 1] + fades[photo + 1] / 2)

    def pictures(self) -> Iterator[Seen]:
        """Tell what each picture of the film shows."""
        times, fades, last = self.times, self.fades, len(self.changes) - 2
        dark = darkening(float(self.duration - times[last]))
        photo = 0
        for number in range(int(self.changes[-1])):
            time = number / self.rate
            while photo < last and time >= times[photo + 1] + fades[photo + 1] / 2:
                photo += 1
            light = min(1.0, (self.duration - time) / dark)
            begins = times[photo + 1] - fades[photo + 1] / 2
            if photo == last or time <= begins:
                yield Seen(photo, self._share(photo, time), light=light)
            else:
                mixed = min(1.0, (time - begins) / fades[photo + 1])
                yield Seen(photo, self._share(photo, time), mixed, self._share(photo + 1, time), light)

    def _share(self, photo: int, time: float) -> float:
        first, last = self.span(photo)
        return min(1.0, max(0.0, (time - first) / (last - first)))


def lasting(lengths: Sequence[float], rate: int, fade: float) -> Schedule:
    """Show each photo for so many seconds."""
    return Schedule(rate, np.rint(np.cumsum([0.0, *lengths]) * rate).astype(np.int64), fade)


def at_times(times: NDArray[np.float64], rate: int, fade: float) -> Schedule:
    """Show photos from given times on."""
    changes = np.rint(times * rate).astype(np.int64)
    lengths = np.diff(changes)
    if (lengths < 1).any():
        raise UsageError(f"Photo {int(lengths.argmin()) + 1} is seen for less than a picture of the film.")
    return Schedule(rate, changes, fade)


def on_beats(
    schedule: Schedule,
    beats: NDArray[np.float64],
    joins: NDArray[np.float64],
    most: Sequence[float] | None = None,
    kept: NDArray[np.bool_] | None = None,
) -> Schedule:
    """Move each change to where the music changes, if that is meant (`JOIN`), else to the nearest beat in `REACH`.

    No photo is then seen for longer than the ``most`` seconds of it, if it is not now: so much does a clip have. A
    clip that is seen whole stays so: where it comes and where it goes move together. Changes that are ``kept`` stay.
    """
    longest = np.full(len(schedule.changes) - 1, np.inf) if most is None else np.asarray(most, dtype=np.float64)
    times, lengths = schedule.times, np.diff(schedule.times)
    changes, last = schedule.changes.copy(), len(schedule.changes) - 1
    whole = lengths >= longest - 1.0 / schedule.rate
    stays = np.zeros(last + 1, dtype=np.bool_) if kept is None else kept.copy()
    stays[[0, last]] = True  # the film begins and ends where it does
    first = 0
    while first <= last:
        end = first
        while end < last and whole[end]:
            end += 1
        if not stays[first : end + 1].any():
            reach = REACH * float(min(lengths[first - 1], lengths[end]))
            # The one before has begun where it will, and the next one ends where it is now, or moves.
            latest = changes[first - 1] / schedule.rate + longest[first - 1]
            earliest = float(times[end + 1]) - longest[end]
            together = times[first : end + 1]
            lowest = min(earliest, float(times[end])) - float(times[end])
            highest = max(latest, float(times[first])) - float(times[first])
            for moments, within in ((joins, min(JOIN, reach)), (beats, reach)):
                shifts = (moments[:, np.newaxis] - together).ravel()
                shifts = shifts[(shifts >= lowest) & (shifts <= highest)]
                nearest = float(shifts[np.abs(shifts).argmin()]) if len(shifts) else np.inf
                if abs(nearest) <= within:
                    changes[first : end + 1] += round(nearest * schedule.rate)
                    break
        first = end + 1
    return Schedule(schedule.rate, changes, schedule.fade)


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
            without += [(start + shift, end + shift, f"of {cue.track.shown_title}, {why}") for *_, why in heard.without]
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
