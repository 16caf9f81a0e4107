"""The passage of a track that fits a query best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from img2music.analysis import CurvePoint

LENGTH = 30.0
"""Seconds of a passage: what music services play as a preview, and about one scene of a film."""
SILENT = 2.0
"""What silence counts as, in place of its distance: more than any in the space of the match."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A start and an end within a track, in seconds."""

    start: float
    end: float

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


def clock(seconds: float, decimals: int = 0) -> str:
    """Seconds as people write them, such as 3:07, 3:07.2 or 1:02:03."""
    minutes, rest = divmod(round(seconds, decimals), 60)
    hours, minutes = divmod(int(minutes), 60)
    shown_rest = f"{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{hours}:{minutes:02}:{shown_rest}" if hours else f"{minutes}:{shown_rest}"


def best_passage(
    curve: Sequence[CurvePoint],
    positions: Sequence[tuple[float, float]],
    target: tuple[float, float],
    duration: float | None,
) -> Passage | None:
    """Choose the passage whose affect is nearest to a target; None for a song without a curve.

    ``positions`` are the curve's in the space of the match, where the target is; windows may overlap or have gaps
    between them. Passages of `LENGTH` are tried that start with, end with or have in their middle a window of the
    curve, within the track. Each is judged by the mean distance of its windows from the target, weighted by how long
    each sounds in it; stretches that were not heard count as the mean of all windows that are not silent, and
    silence as far from any target. Of equals the earliest is chosen.
    """
    if duration is None or not curve:
        return None
    if duration <= LENGTH:
        return Passage(0.0, max(0.0, duration))
    distances = [
        SILENT if window.silent else math.dist(position, target)
        for window, position in zip(curve, positions, strict=True)
    ]
    sounding = [distance for window, distance in zip(curve, distances, strict=True) if not window.silent]
    mean = sum(sounding) / len(sounding) if sounding else SILENT
    last = duration - LENGTH
    starts = sorted(
        {
            min(last, max(0.0, start))
            for window in curve
            for start in (window.start, window.end - LENGTH, (window.start + window.end - LENGTH) / 2.0)
        }
    )

    def misfit(start: float) -> float:
        heard = weighted = 0.0
        for window, distance in zip(curve, distances, strict=True):
            overlap = min(window.end, start + LENGTH) - max(window.start, start)
            if overlap > 0.0:
                heard += overlap
                weighted += overlap * distance
        unheard = max(0.0, LENGTH - heard)
        return (weighted + unheard * mean) / (heard + unheard)

    start = min(starts, key=lambda start: (round(misfit(start), 9), start))
    start = math.floor(start * 100.0) / 100.0  # down, to stay within the track
    return Passage(start, start + LENGTH)
