"""The sound of a film, piece by piece, with its place on the time of the pictures."""

import itertools
import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from img2music.errors import InputError
from img2music.media.film_survey import demuxed
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


def film_sound(path: str | os.PathLike[str]) -> "Generator[tuple[float | None, AudioFrame], None, None]":
    """Decode the sound of a film, of several streams the default one, with seconds from the first picture.

    A frame at most is in memory at once.
    """
    import av

    with VideoFile(path) as film:
        stream: Any = film.container.streams.best("audio")
        if stream is None:
            return
        if stream.codec_context is None:
            raise InputError("The encoding of this film's sound is not known to libav; leave it out.", film.path)
        origin, decoded, damaged = float(film.survey.origin), 0, 0
        for packet in itertools.chain(demuxed(film.container, [stream], film.survey.seams), [None]):
            try:
                frames = stream.codec_context.decode(packet)
            except (av.error.FFmpegError, ValueError):
                damaged += 1  # a gap, not the end
                continue
            decoded += bool(frames)
            for frame in frames:
                if frame.samples:
                    stamped = frame.pts is not None and frame.time_base
                    yield float(frame.pts * frame.time_base) - origin if stamped else None, frame
        if damaged > decoded:
            raise InputError("Most of this film's sound can't be decoded: it is damaged; leave it out.", film.path)
