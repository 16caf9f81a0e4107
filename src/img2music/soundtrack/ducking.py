"""Music that makes room for speech in the film's own sound, and comes back."""

from collections.abc import Iterable

from img2music.soundtrack.speech import Spans

DEPTH = 12.0
"""Decibels by which music is lowered under speech, unless asked otherwise. Music in front of which nobody speaks is as
loud as the speech, so it then lies 12 dB beneath it: mixers of films and broadcasts put it 12 to 15 dB there, and
listeners ask for at least 10 LU (Torcoli et al. 2019, "Preferred Levels for Background Ducking", J. Audio Eng. Soc.
67)."""

AHEAD, HOLD = 0.2, 0.6
"""Seconds that music is low before someone speaks, and after."""

DOWN, UP = 0.4, 1.0
"""Seconds in which it goes down and comes back."""

PAUSE = 3.0
"""Seconds of the longest pause in which it stays low: it does not come back between two sentences."""

Level = tuple[float, float]
"""Seconds of the film, and decibels there."""


def ducked(speech: Spans, depth: float) -> list[Level]:
    """Tell how the music's level goes: in straight lines between points, level before the first and after the last.

    All speech is known beforehand, so the music is down before someone begins, and stays down when they go on at once,
    which a compressor with a side chain can't do.
    """
    if depth <= 0.0:
        return []
    points: list[Level] = []
    for start, end in _joined(speech):
        points += [(start - AHEAD - DOWN, 0.0), (start - AHEAD, -depth), (end + HOLD, -depth), (end + HOLD + UP, 0.0)]
    return points


def _joined(speech: Iterable[tuple[float, float]]) -> Spans:
    """Speech without its pauses."""
    joined: list[tuple[float, float]] = []
    for start, end in speech:
        if joined and start - joined[-1][1] <= PAUSE:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)
