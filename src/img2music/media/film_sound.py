"""The sound of a film, piece by piece, with its place on the time of the pictures."""

import itertools
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from img2music.errors import InputError
from img2music.media.film_survey import demuxed
from img2music.media.resampling import check_frame, layout_of
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


class FilmSound(VideoFile):
    """A film, open for decoding its sound; of several sound streams the default one.

    Use it in a ``with`` statement. A frame at most is in memory at once.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        try:
            self._first = float(self.survey.origin)
            frame = next(self._sound(), None)
            self.layout = None
            if frame is not None:
                check_frame(frame, self.path)
                self.layout = layout_of(frame)
        except BaseException:
            self.close()
            raise

    def sound(self) -> "Iterator[tuple[float | None, AudioFrame]]":
        """Decode all of the sound, from its start."""
        for frame in self._sound():
            stamp = _seconds(frame)
            yield None if stamp is None else stamp - self._first, frame

    def _sound(self) -> "Iterator[AudioFrame]":
        import av

        self._container.close()
        self._file.seek(0)
        self._container = self._opened()
        stream: Any = self._container.streams.best("audio")
        if stream is None:
            return
        if stream.codec_context is None:
            raise InputError("The encoding of this film's sound is not known to libav; leave it out.", self.path)
        decoded = damaged = 0
        for packet in itertools.chain(demuxed(self._container, [stream], self.survey.seams), [None]):
            try:
                frames = stream.codec_context.decode(packet)
            except (av.error.FFmpegError, ValueError):
                damaged += 1  # a gap, not the end
                continue
            decoded += bool(frames)
            yield from (frame for frame in frames if frame.samples)
        if damaged > decoded:
            raise InputError("Most of this film's sound can't be decoded: it is damaged; leave it out.", self.path)


def _seconds(frame: Any) -> float | None:
    return None if frame.pts is None or not frame.time_base else float(frame.pts * frame.time_base)
