"""Ogg files that libav refuses and libsndfile reads, such as Vorbis with padded headers."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, reason_of
from img2music.files import Closing
from img2music.locations import local
from img2music.media.excerpts import AudioInfo, Excerpt, tame
from img2music.media.resampling import USUAL_LAYOUTS, Resampler, channels_of

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

LAYOUTS = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FC", "FR"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
}
"""Channel order of Vorbis and Opus (Vorbis I specification, section 4.3.9)."""


class SndfileAudio(Closing):
    """A sound file, open for decoding by libsndfile; otherwise the same as `AudioFile`."""

    def __init__(self, path: str) -> None:
        import soundfile

        self.path = path
        self.damaged = False
        try:
            with local(path) as here:
                self._file = soundfile.SoundFile(here)
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            said = getattr(error, "error_string", reason_of(error)).rstrip(".")
            raise InputError(f"libsndfile can't read this as sound ({said}).", path) from error
        sound = self._file
        self.info = AudioInfo(sound.frames / sound.samplerate, sound.subtype, sound.channels, sound.samplerate)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def remeasure(self) -> bool:
        """Libsndfile counts the samples when it opens a file: there is nothing to measure again."""
        return False

    def excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode parts of the file."""
        import soundfile

        rate = self._file.samplerate
        layout = LAYOUTS.get(self._file.channels)
        if layout is None:
            raise InputError(f"It has {self._file.channels} channels, and at most {max(LAYOUTS)} are read.", self.path)
        for start, end in spans:
            first = round(start * rate)
            try:
                self._file.seek(first)
                samples = self._file.read(round(end * rate) - first, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, ValueError):
                self.damaged = True
                continue
            if len(samples):
                tame(samples)
                yield Excerpt(first / rate, rate, layout, np.ascontiguousarray(samples.T))

    def pieces(self, start: float, *, rate: int, layout: str) -> Iterator[NDArray[np.float32]]:
        """Decode from a moment on to the end of the file, in one form."""
        return Resampler(rate, layout, self.path).resampled(self._frames(start))

    def _frames(self, start: float) -> "Iterator[AudioFrame]":
        import av

        rate = self._file.samplerate
        for second in itertools.count():
            excerpt = next(self.excerpts([(start + second, start + second + 1)]), None)
            if excerpt is None:
                return
            # libav has its own order of channels.
            name = next(name for name in USUAL_LAYOUTS if set(channels_of(name)) == set(excerpt.layout))
            order = [excerpt.layout.index(channel) for channel in channels_of(name)]
            frame = av.AudioFrame.from_ndarray(excerpt.samples[order], format="fltp", layout=name)
            frame.sample_rate = rate
            yield frame
