"""Shots of a film: where it cuts, dissolves and fades.

Hard cuts are found by PySceneDetect's own detector, dissolves by one of ours, and fades by following the picture to
where it is one colour and back. All see the same small pictures, so that a film is decoded once, whoever
decodes it.
"""

import bisect
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra

with require_extra("Finding the shots of a film", "soundtrack"):
    import cv2
    from scenedetect import FrameTimecode
    from scenedetect.common import Timecode
    from scenedetect.detectors import AdaptiveDetector

WIDTH, HEIGHT = 128, 72
"""Size of the pictures that detectors see. PySceneDetect itself scales films down to about 256 wide."""

LEAST_SHOT = 0.4  # seconds from one hard cut to the next, at least; what is shorter is a flash
CUT_CONTENT = 12.0
"""Least change of hue, saturation and brightness at a cut (0 to 255, their mean; PySceneDetect's default is 15)."""

CUT_RATIO = 3.0  # how many times the change of the pictures around it a cut must change (PySceneDetect's default)
BLANK = 2.5
"""Standard deviation (0 to 255) of a picture without detail below which it is one colour: black, white or grey. How
dark it is says nothing: a city at night is as dark as a film that is fading out, but shows something."""

HELD = 3.0  # seconds for which a picture of one colour may lie within a fade; what lasts longer is a shot
LONGEST_FADE, PLATEAU, RATIO = 8.0, 0.2, 1.5
"""Seconds for which a picture fades to one colour at most, and seconds in which it must change further; and the
factor by which its contrast may meanwhile change against its distance from that colour: both fade alike, while lights
that come into a dark picture add more contrast than brightness."""

WINDOWS = (0.3, 0.45, 0.7, 1.0, 1.4, 2.0, 2.8)  # lengths in seconds in which dissolves are looked for
DISSOLVE_CHANGE = 7.0  # least mean change of a pixel (0 to 255) from one side of a dissolve to the other
DISSOLVE_CONTRAST = 2.5
"""How many times as much as the stretches before and after it a dissolve must change: movement goes on, it ends."""

DISSOLVE_RESIDUAL = 0.3
"""Greatest part of a picture in a dissolve that is no mixture of its two sides, as a share of their difference."""

ALIKE = 0.9  # correlation of the two sides from which on they are one picture in another light, and no dissolve
DIMMEST = 0.3  # share of a picture's contrast below which it is faded out
CUT_CHANGE = 5.0
"""Least change (0 to 255) of a picture without detail at a cut: where an encoder begins anew, only noise changes."""

DARK = 32.0
"""Mean brightness (0 to 255) below which a picture cuts wherever it changes without detail, whatever its hue does."""

CUT_SHARE = 0.5
"""Share of what changes in a dissolve from which on a jump within it makes it a cut, with something moving."""

COLUMNS, ROWS = 32, 18  # pictures without detail: no noise, and small movement is nothing
FASTEST = 31.0  # pictures a second that the dissolve detector looks at; of faster films some are left out
GAP = 0.2  # seconds between two dissolves, at least
EDGE = 0.5  # seconds from an end of the film within which a transition parts no shots
TICKS = 1_000_000  # a second, in the time codes of detectors


class Change(StrEnum):
    """How one shot gives way to the next."""

    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class Transition:
    """Where one shot gives way to the next."""

    kind: Change
    start: float  # seconds; equal for a cut
    end: float  # seconds; equal for a cut
    cut: float  # seconds: where the next shot is said to begin


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of film that may be a dissolve."""

    start: float  # seconds; of estimated length
    end: float
    middle: float
    change: float  # mean change of a pixel from one side to the other, 0 to 255
    score: float  # the higher the surer


class DissolveDetector:
    """Finds dissolves, and fades as well: stretches in which one picture turns linearly into another.

    In a dissolve every picture is a mixture ``start + a (end - start)`` of its two sides, with ``a`` growing from 0 to
    1. For stretches of several lengths (`WINDOWS`) the ``a`` of three pictures within are fitted by least squares. A
    hard cut has no ``a`` near a half; movement leaves a residual; what goes on before and after is no dissolve, nor is
    one picture in another light.
    """

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self._times: list[float] = []
        self._pictures: list[NDArray[np.float32]] = []

    def add(self, time: float, picture: NDArray[np.float32]) -> None:
        """Take the next picture; what is found is in ``candidates`` (times are only sure when all are compared)."""
        if self._times and time - self._times[-1] < 1.0 / FASTEST:
            return
        self._times.append(time)
        self._pictures.append(picture)
        for window in WINDOWS:
            self._look(time - 1.5 * window, window)
        if self._times[0] < time - 4.0 * WINDOWS[-1]:  # now and then, forget what no window reaches
            keep = bisect.bisect_left(self._times, time - 3.1 * WINDOWS[-1])
            del self._times[:keep], self._pictures[:keep]

    def end(self) -> None:
        """Look at the end of the film, where stretches have less after them."""
        for window in WINDOWS:
            for time in self._times:
                if self._times[-1] - 1.5 * window < time <= self._times[-1] - 0.5 * window:
                    self._look(time, window)

    def _look(self, middle: float, window: float) -> None:
        start, end = self._at(middle - window / 2), self._at(middle + window / 2)
        if start is None or end is None:
            return
        difference = end - start
        change = float(np.abs(difference).mean())
        if change < DISSOLVE_CHANGE:
            return
        for far, near in ((self._at(middle - 1.5 * window), start), (self._at(middle + 1.5 * window), end)):
            if far is not None and change < DISSOLVE_CONTRAST * float(np.abs(far - near).mean()):
                return
        if _another_light(start, end):
            return
        within = [self._at(middle + offset * window) for offset in (-0.25, 0.0, 0.25)]
        mixed = np.stack([picture for picture in within if picture is not None]) - start
        size = float(difference @ difference)
        shares = mixed @ difference / size
        residual = float(np.sqrt(((mixed - shares[:, None] * difference) ** 2).sum(axis=1).max() / size))
        first, half, last = shares.tolist()
        if residual > DISSOLVE_RESIDUAL or not (first - 0.1 <= half <= last + 0.1 and 0.2 < half < 0.8):
            return
        length = min(window, 0.5 * window / max(0.25, last - first))
        score = change * (1.0 - 2.0 * abs(half - 0.5)) * (1.0 - residual) * (1.0 - 0.05 * window)
        self.candidates.append(Candidate(middle - length / 2, middle + length / 2, middle, change, score))

    def _at(self, time: float) -> NDArray[np.float32] | None:
        """The picture that is shown at a time; None before the film and after it."""
        if not self._times or time < self._times[0] - 1e-6 or time > self._times[-1] + 1e-6:
            return None
        index = bisect.bisect_left(self._times, time)
        if index and (index == len(self._times) or time - self._times[index - 1] < self._times[index] - time):
            index -= 1
        return self._pictures[index]


class ShotFinder:
    """Finds the shots of a film from its pictures."""

    def __init__(self, rate: float) -> None:
        self.times: list[float] = []
        self._rate = Fraction(rate).limit_denominator(1_000_000)
        # Which of several close cuts is meant is decided when all are known: the first may be an encoder's.
        self._cuts = AdaptiveDetector(adaptive_threshold=CUT_RATIO, min_scene_len=0, min_content_val=CUT_CONTENT)
        self._dissolves = DissolveDetector()
        self._found: list[float] = []
        self._brightness: list[float] = []
        self._contrast: list[float] = []
        self._changes: list[float] = []
        self._before: Any = None

    def add(self, time: float, picture: NDArray[np.uint8]) -> None:
        """Take the next picture."""
        self.times.append(time)
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        small = _without_detail(bgr)
        self._brightness.append(float(small.mean()))
        self._contrast.append(float(small.std()))
        self._changes.append(float(np.abs(small - self._before).mean()) if self.times[1:] else 0.0)
        self._before = small
        code = FrameTimecode(Timecode(round(time * TICKS), Fraction(1, TICKS)), self._rate)
        self._found += [float(cut.seconds) for cut in self._cuts.process_frame(code, bgr)]
        self._dissolves.add(float(code.seconds), small)

    def transitions(self) -> list[Transition]:
        """All transitions between the pictures that are in, in order of time; those of the last seconds may change."""
        if not self.times:
            return []
        dissolves = copy.deepcopy(self._dissolves)
        dissolves.end()
        changes = {cut: self._changes[bisect.bisect_left(self.times, cut - 1e-5)] for cut in self._found}
        changes |= {self.times[index]: self._changes[index] for index in self._in_the_dark()}
        cuts: list[float] = []
        for cut in sorted((cut for cut in changes if changes[cut] > CUT_CHANGE), key=lambda cut: -changes[cut]):
            if all(abs(cut - other) >= LEAST_SHOT for other in cuts):
                cuts.append(cut)
        cuts.sort()

        def is_cut(each: Candidate) -> bool:
            within = cuts[bisect.bisect_right(cuts, each.start) : bisect.bisect_left(cuts, each.end)]
            return any(changes[cut] > CUT_SHARE * each.change for cut in within)

        found = _strongest([each for each in dissolves.candidates if not is_cut(each)])
        found = self._with_fades(found)

        def is_part(cut: float, each: Transition) -> bool:
            reach = LEAST_SHOT if each.kind is Change.FADE else 0.0  # a quick way to black and out of it
            return each.start - reach <= cut <= each.end + reach

        free = [cut for cut in cuts if not any(is_part(cut, each) for each in found)]
        found += [Transition(Change.CUT, cut, cut, cut) for cut in free]
        return sorted(found, key=lambda each: each.start)

    def _in_the_dark(self) -> list[int]:
        """Where dark pictures come and go: the hue of what is nearly black is noise, which hides cuts from others."""
        changes, brightness = np.array(self._changes), np.array(self._brightness)
        around = np.convolve(np.pad(changes, 2), [0.25, 0.25, 0.0, 0.25, 0.25], "valid")
        dark = np.minimum(brightness, np.roll(brightness, 1)) < DARK
        return np.flatnonzero(dark & (changes > CUT_CHANGE) & (changes >= CUT_RATIO * around)).tolist()

    def _with_fades(self, found: list[Transition]) -> list[Transition]:
        """Join what leads to one colour and what leads out of it; a fade no window is long enough for stands alone."""
        joined = list(found)
        for first, last in self._blank():
            start, end = self.times[first], self.times[last]
            colour = self._brightness[first + int(np.argmin(self._contrast[first : last + 1]))]
            out, into = self._faded(first, -1, colour), self._faded(last, 1, colour)
            if end - start > HELD:  # a shot, with a fade before it, after it, or both
                fades = [(out, start, start), (end, into, end)]
            elif out is not None or into is not None or (first == 0) != (last == len(self.times) - 1):
                cut = self.times[min(last + 1, len(self.times) - 1)] if into is None else (start + end) / 2
                fades = [(start if out is None else out, end if into is None else into, cut)]
            else:  # it cuts to one colour and back
                continue
            for begins, ends, cut in fades:
                if begins is not None and ends is not None:
                    parts = [each for each in joined if each.start - GAP <= ends and begins <= each.end + GAP]
                    joined = [each for each in joined if each not in parts]
                    earliest = min([begins, *(each.start for each in parts)])
                    latest = max([ends, *(each.end for each in parts)])
                    joined.append(Transition(Change.FADE, earliest, latest, cut))
        return joined

    def _blank(self) -> list[tuple[int, int]]:
        """First and last number of the pictures of each stretch that shows one colour."""
        edges = np.diff(np.concatenate([[False], np.array(self._contrast) < BLANK, [False]]).astype(np.int8))
        return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))

    def _faded(self, edge: int, step: int, colour: float) -> float | None:
        """Where a picture begins to fade to one colour, or has come out of it; None if it does not fade."""
        numbers = range(edge + step, len(self.times) if step > 0 else -1, step)
        distances: list[float] = []  # from that colour, of one picture after another away from it
        furthest = 0
        for number in numbers:
            distances.append(float(np.hypot(self._brightness[number] - colour, self._contrast[number])))
            if distances[-1] > distances[furthest]:
                furthest = len(distances) - 1
            since = abs(self.times[number] - self.times[numbers[furthest]])
            if since > PLATEAU or abs(self.times[number] - self.times[edge]) > LONGEST_FADE:
                break
        reached = max(distances, default=0.0)
        if reached < CUT_CHANGE:
            return None
        whole = next(index for index, distance in enumerate(distances) if distance >= 0.95 * reached)
        partly = [index for index in range(whole) if 0.2 * reached < distances[index] < 0.8 * reached]
        ratios = [
            self._contrast[numbers[index]] / max(1.0, abs(self._brightness[numbers[index]] - colour))
            for index in [*partly, whole]
        ]
        return self.times[numbers[whole]] if partly and max(ratios) <= RATIO * min(ratios) else None


def _without_detail(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).ravel()


def _another_light(start: NDArray[np.float32], end: NDArray[np.float32]) -> bool:
    """Tell whether one picture is the other, brighter; not so where one is nearly one colour, which is a fade."""
    fainter, stronger = sorted((float(start.std()), float(end.std())))
    if fainter <= DIMMEST * stronger:
        return False
    left, right = start - start.mean(), end - end.mean()
    return float(left @ right) > ALIKE * float(np.sqrt((left @ left) * (right @ right)))


def _strongest(candidates: Sequence[Candidate]) -> list[Transition]:
    """Of candidates that overlap, keep the best (non-maximum suppression)."""
    kept: list[Transition] = []  # in order of time
    for each in sorted(candidates, key=lambda each: -each.score):
        index = bisect.bisect_right(kept, each.end + GAP, key=lambda other: other.start)
        if not index or kept[index - 1].end < each.start - GAP:
            kept.insert(index, Transition(Change.DISSOLVE, each.start, each.end, each.middle))
    return kept


def boundaries(transitions: Sequence[Transition], duration: float) -> list[float]:
    """Where shots begin."""
    inside = {each.cut for each in transitions if each.start > EDGE and each.end < duration - EDGE}
    return [0.0, *sorted(inside)]
