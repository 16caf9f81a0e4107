"""The film's own sound, laid on the time of its pictures by its time stamps."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from img2music.media.film_sound import FilmSound
from img2music.media.resampling import Resampler
from img2music.soundtrack.blocks import RATE, Reader, Samples, lengths

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

JUMP = 0.04
"""Seconds by which a time stamp must differ from the end of what came before to be obeyed. Below, they are rounded
(Matroska has milliseconds), or clocks drift; above, sound that leads the picture is noticed (45 ms: ITU-R BT.1359)."""

SEAM = 240
"""Samples (5 ms) of the fades on both sides of a gap."""

SURROUND = {"5.0": "5.1", "5.0(side)": "5.1", "5.1": "5.1", "5.1(side)": "5.1", "6.1": "5.1", "7.1": "7.1"}
"""Layouts of films that are kept, and the one which encoders know; all others become stereo."""


class OriginalSound:
    """The sound of a film."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        with FilmSound(path) as film:
            self.layout = None if film.layout is None else SURROUND.get(film.layout, "stereo")

    @property
    def places(self) -> tuple[str, ...]:
        """Names of its channels."""
        import av

        assert self.layout is not None, "a film without sound"
        return tuple(channel.name for channel in av.AudioLayout(self.layout).channels)

    def blocks(self, samples: int) -> Iterator[Samples]:
        """Decode it, from the first picture on."""
        assert self.layout is not None, "a film without sound"
        with FilmSound(self._path) as film:
            resampler = Resampler(RATE, self.layout, film.path)
            reader = Reader(placed(film.sound(), resampler), resampler.channels)
            for _, count in lengths(samples):
                yield reader.read(count)


def placed(frames: "Iterator[tuple[float | None, AudioFrame]]", resampler: Resampler) -> Iterator[Samples]:
    """Join frames to one sound that begins at 0 s: with silence in gaps, and without what comes twice."""
    stretch = _Stretch(resampler.channels)
    expected: float | None = None  # seconds at which the next frame should begin
    for stamp, frame in frames:
        time = expected or 0.0 if stamp is None else stamp
        if expected is None or abs(time - expected) > JUMP:
            yield from stretch.add(resampler.add(None))
            yield from stretch.end()
            yield from stretch.begin(round(time * RATE))
            expected = time
        yield from stretch.add(resampler.add(frame))
        expected += frame.samples / frame.sample_rate
    yield from stretch.add(resampler.add(None))
    yield from stretch.end()


class _Stretch:
    """Sound without a gap: faded in and out at its ends, unless it begins before the film."""

    def __init__(self, channels: int) -> None:
        self._position = 0  # samples given so far
        self._held: Samples = np.zeros((0, channels), dtype=np.float32)  # the last ones, which may have to fade
        self._skipped = 0
        self._risen = SEAM
        self._ramp: Samples = ((np.arange(SEAM)[:, np.newaxis] + 0.5) / SEAM).astype(np.float32)

    def begin(self, start: int) -> Iterator[Samples]:
        """Give silence up to ``start``; what lies before the present position will be left out."""
        self._skipped = max(0, self._position - start)
        self._risen = SEAM if not self._position and start <= 0 else 0
        while self._position < start:
            count = min(RATE, start - self._position)
            self._position += count
            yield np.zeros((count, self._held.shape[1]), dtype=np.float32)

    def add(self, samples: Samples) -> Iterator[Samples]:
        """Take what follows."""
        left_out = min(self._skipped, len(samples))
        self._skipped -= left_out
        samples = samples[left_out:]
        if self._risen < SEAM and len(samples):
            rising = samples[: SEAM - self._risen]
            rising *= self._ramp[self._risen : self._risen + len(rising)]
            self._risen += len(rising)
        joined = np.concatenate([self._held, samples])
        ready = max(0, len(joined) - SEAM)
        self._held = joined[ready:]
        self._position += ready
        if ready:
            yield joined[:ready]

    def end(self) -> Iterator[Samples]:
        """Fade out what is left."""
        held, self._held = self._held, self._held[:0]
        self._position += len(held)
        if len(held):
            yield np.multiply(held, self._ramp[: len(held)][::-1])
