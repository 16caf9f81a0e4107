"""Ogg files that libav refuses and libsndfile reads, such as Vorbis with padded headers."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np

from img2music.errors import InputError
from img2music.media.excerpts import AudioInfo, Excerpt, excerpt_of

LAYOUTS = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FC", "FR"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
}
"""Channel order of Vorbis and Opus (Vorbis I specification, section 4.3.9)."""


class SndfileAudio:
    """A sound file, open for decoding by libsndfile; otherwise the same as `AudioFile`.

    Parameters
    ----------
    path : str
        A regular file.

    Raises
    ------
    InputError
        If libsndfile can't read it.
    """

    def __init__(self, path: str) -> None:
        import soundfile

        self.path = path
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            raise InputError(f"libsndfile can't read this as sound ({error}).", path) from error
        sound = self._file
        self.info = AudioInfo(
            sound.frames / sound.samplerate, sound.format, sound.subtype, sound.channels, sound.samplerate
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def remeasure(self) -> bool:
        """Libsndfile counts the samples when it opens a file: there is nothing to measure again."""
        return False

    def excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode parts of the file.

        Parameters
        ----------
        spans : sequence of (float, float)
            Start and end of each part in seconds.

        Yields
        ------
        Excerpt
            One for each part that holds any sound, shorter where the file ends or is damaged.
        """
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
                continue
            if len(samples):
                yield excerpt_of(first / rate, rate, layout, np.ascontiguousarray(samples.T))
