"""A film with other sound: its pictures copied untouched where the new file may hold them, everything else kept."""

import heapq
import io
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from img2music.errors import UsageError
from img2music.files import replacing
from img2music.media.film_packets import Copied, Packets, Survey, survey
from img2music.media.film_pictures import Encoded
from img2music.media.film_subtitles import TEXTS, Converted
from img2music.media.sound_writer import Progress, Sound, SoundEncoder, opened
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer, OutputContainer
    from numpy.typing import NDArray

Timed = tuple[float, Any]
"""Seconds of the film, and a packet that is to be written there."""


@dataclass(frozen=True, slots=True)
class FilmFormat:
    """How a film is written.

    Attributes
    ----------
    container : str
        libav's name.
    video, sound, text : str
        libav's names of the encoders for pictures that can't be copied, for sound, and for subtitles that can't.
    """

    container: str
    video: str
    sound: str
    text: str


FORMATS = {
    ".mp4": FilmFormat("mp4", "libx264", "aac", "mov_text"),
    ".mov": FilmFormat("mov", "libx264", "aac", "mov_text"),
    ".mkv": FilmFormat("matroska", "libx264", "libopus", "subrip"),  # where AAC is not cut to its length
    ".webm": FilmFormat("webm", "libvpx-vp9", "libopus", "webvtt"),
}
"""By the ending of a file's name."""

MOV = ("mp4", "mov")
"""Containers with edit lists: what lies before the first picture is there, and not shown."""

TRIED = 60
"""Packets of pictures that are written to nowhere first, to see whether a container takes them."""

FORGOTTEN = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "vendor_id"}
"""Tags that tell of the old file, and not of the film."""

COUNTED = ("BPS", "NUMBER_OF_", "_STATISTICS_", "DURATION", "SOURCE_ID")
"""How tags begin in which Matroska tells how many bytes and seconds a stream has."""


def film_format(file: Path) -> FilmFormat:
    """Find how a film is to be written.

    Parameters
    ----------
    file : Path

    Returns
    -------
    FilmFormat

    Raises
    ------
    UsageError
        If its ending is none of `FORMATS`.
    """
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise UsageError(f"The name of a film to be written must end in {', '.join(FORMATS)}.")
    return found


def write_film(
    film: str | os.PathLike[str], seen: Survey, sound: Sound, file: Path, progress: Progress | None = None
) -> tuple[str, ...]:
    """Write a film with other sound.

    Its pictures are copied where the container holds them, and else encoded anew. Subtitles, chapters, tags, cover
    pictures, further pictures and attached files are kept as far as the container has a place for them.

    Parameters
    ----------
    film : str or path-like
        Where everything but the sound comes from.
    seen : Survey
        What its packets say.
    sound : Sound
        Sounds from the first picture on; nothing is written beyond its end.
    file : Path
        Its ending says the container; replaced if it exists.
    progress : callable, optional

    Returns
    -------
    tuple of str
        What was not kept as it was.

    Raises
    ------
    UsageError
        If the ending is not known.
    InputError
        If the film can't be read, or the file can't be written; then nothing has changed.
    """
    form = film_format(file)
    duration = sound.samples / sound.rate
    with replacing(file) as stream, VideoFile(film) as pictures, VideoFile(film) as rest:
        tags, options = _tags(pictures.container, form)
        with opened(stream, form.container, file, options) as out:
            out.metadata.update(tags)
            work = _Work(film, file, form, seen, duration, out)
            sources = [work.pictures(pictures), work.sound(sound, pictures.container), work.rest(rest)]
            out.start_encoding()
            for seconds, packet in heapq.merge(*sources, key=lambda timed: timed[0]):
                out.mux(packet)
                if progress is not None:
                    progress(min(max(seconds, 0.0), duration), duration)
    return tuple(work.notes)


class _Work:
    """One film being written: each method adds streams, and returns what goes into them."""

    def __init__(
        self,
        film: str | os.PathLike[str],
        file: Path,
        form: FilmFormat,
        seen: Survey,
        duration: float,
        out: "OutputContainer",
    ) -> None:
        self.film, self.form, self.seen, self.duration, self.out = film, form, seen, duration, out
        self.ending = file.suffix.lower()
        self.notes: list[str] = []

    def pictures(self, video: VideoFile) -> Iterator[Timed]:
        fault = self.seen.fault
        if fault is None and self.seen.hidden and self.form.container not in MOV:
            fault = f"it begins within a group of pictures, for which {self.ending} has no edit list"
        if fault is None:
            fault = f"{self.ending} can't hold {video.info.codec}"
            for tag in _code_tags(video, self.form):
                if _holds(self.film, self.form, self.seen, self.duration, tag):
                    stream = _twin(self.out, video.stream, tag)
                    _describe(stream, video.stream)
                    return _copies(video, stream, self.form, self.seen, self.duration)
        encoded = Encoded(self.out, self.form.video, video, self.duration)
        _describe(encoded.stream, video.stream)
        self.notes.append(f"The pictures were encoded anew as {encoded.name}, since {fault}.")
        return encoded.packets()

    def sound(self, sound: Sound, source: "InputContainer") -> Iterator[Timed]:
        encoder = SoundEncoder(self.out, self.form.sound, sound.rate, sound.layout)
        tracks = [stream for stream in source.streams if stream.type == "audio"]
        best = source.streams.best("audio")
        if best is not None and best.language:
            encoder.stream.metadata["language"] = best.language
        if len(tracks) > 1:
            self.notes.append(f"Of the film's {len(tracks)} sound tracks, only the first was used.")

        def packets() -> Iterator[Timed]:
            block: NDArray[np.float32] | None
            for block in itertools.chain(sound.blocks, [None]):
                for packet in encoder.encode(block):
                    yield float((packet.pts or 0) * packet.time_base), packet

        return packets()

    def rest(self, video: VideoFile) -> Iterator[Timed]:
        source = video.container
        chapters = _chapters(source, self.seen.origin, self.duration)
        if chapters and self.form.container != "webm":
            self.out.set_chapters(chapters)
        takers: dict[int, Any] = {}
        for stream in source.streams:
            if stream.type == "audio" or stream.index == video.stream.index:
                continue
            try:
                taker = self._taker(stream, bool(chapters))
            except _HomelessError as error:
                self.notes.append(f"{error} left out: {self.ending} has no place for it.")
                continue
            if taker is not None:
                takers[stream.index] = taker
                if stream.type != "data":
                    _describe(taker.stream, stream)
        streams = [stream for stream in source.streams if stream.index in takers]

        def packets() -> Iterator[Timed]:
            for packet in demuxed(source, streams):
                yield from takers[packet.stream.index].take(packet)

        return packets()
