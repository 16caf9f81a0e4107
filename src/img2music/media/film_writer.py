"""A film with other sound: its pictures copied untouched where the new file may hold them, everything else kept."""

import heapq
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from img2music.errors import UsageError, printable
from img2music.files import FileKind, replacing
from img2music.media.film_packets import Copied
from img2music.media.film_pictures import Encoded
from img2music.media.film_streams import (
    COVERS,
    chapters,
    code_tags,
    codec_of,
    cover,
    covering,
    describe,
    redundant,
    tags,
    timecode,
    twin,
)
from img2music.media.film_subtitles import KEPT, TEXTS, Converted
from img2music.media.film_survey import Survey, dated, demuxed
from img2music.media.sound_writer import Sound, SoundEncoder, opened
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer, OutputContainer
    from numpy.typing import NDArray

Timed = tuple[float, Any]
"""Seconds of the film, and a packet that is to be written there."""


@dataclass(frozen=True, slots=True)
class FilmFormat:
    """How a film is written."""

    container: str  # libav's name
    # libav's names of the encoders for pictures that can't be copied, for sound, and for subtitles that can't
    video: str
    # libav's names of the encoders for pictures that can't be copied, for sound, and for subtitles that can't
    sound: str
    # libav's names of the encoders for pictures that can't be copied, for sound, and for subtitles that can't
    text: str
    kind: FileKind


ISO_MEDIA = rb".{4}(ftyp|moov|mdat|free|skip|wide)"
"""The first box of a file of the MP4 family (ISO/IEC 14496-12, Apple's QuickTime)."""

EBML = rb"\x1a\x45\xdf\xa3"
"""How Matroska and WebM begin (RFC 8794)."""

FORMATS = {
    ".mp4": FilmFormat("mp4", "libx264", "aac", "mov_text", FileKind("an MP4 film", (".mp4",), ISO_MEDIA)),
    ".mov": FilmFormat("mov", "libx264", "aac", "mov_text", FileKind("a QuickTime film", (".mov",), ISO_MEDIA)),
    # Opus where AAC is not cut to its length
    ".mkv": FilmFormat("matroska", "libx264", "libopus", "subrip", FileKind("a Matroska film", (".mkv",), EBML)),
    ".webm": FilmFormat("webm", "libvpx-vp9", "libopus", "webvtt", FileKind("a WebM film", (".webm",), EBML)),
}
"""By the ending of a file's name."""

MOV = ("mp4", "mov")
"""Containers with edit lists: what lies before the first picture is there, and not shown."""

TRIED = 60
"""Packets of pictures that are written to nowhere first, to see whether a container takes them."""


def film_format(file: Path) -> FilmFormat:
    """Find how a film is to be written."""
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise UsageError(f"The name of a film to be written must end in {', '.join(FORMATS)}.")
    return found


def write_film(
    film: str | os.PathLike[str], seen: Survey, sound: Sound, file: Path, *, original: bool = True
) -> tuple[str, ...]:
    """Write a film with other sound.

    Its pictures are copied where the container holds them, and else encoded anew. Subtitles, chapters, tags, cover
    pictures and attached files are kept as far as the container has a place for them.
    """
    form = film_format(file)
    duration = sound.samples / sound.rate
    with replacing(file, form.kind) as stream, VideoFile(film) as pictures, VideoFile(film) as rest:
        told, options = tags(pictures.container, form.container)
        with opened(stream, form.container, file, options) as out:
            out.metadata.update(told)
            work = _Work(film, file, form, seen, duration, out)
            sources = [work.pictures(pictures), work.sound(sound, pictures.container, original), work.rest(rest)]
            out.start_encoding()
            for _, packet in heapq.merge(*sources, key=lambda timed: timed[0]):
                out.mux(packet)
    return tuple(work.notes)


@dataclass
class _Work:
    """One film being written: each method adds streams, and returns what goes into them."""

    film: str | os.PathLike[str]
    file: Path
    form: FilmFormat
    seen: Survey
    duration: float
    out: "OutputContainer"
    notes: list[str] = field(default_factory=list)
    covers: list[Any] = field(default_factory=list)

    @property
    def ending(self) -> str:
        return self.file.suffix.lower()

    def pictures(self, video: VideoFile) -> Iterator[Timed]:
        fault = self.seen.fault
        if fault is None and self.seen.hidden and self.form.container not in MOV:
            fault = f"it begins within a group of pictures, for which {self.ending} has no edit list"
        if fault is None:
            fault = f"{self.ending} can't hold {video.info.codec}"
            for tag in code_tags(video, self.form.container):
                if self._holds(tag):
                    return self._copies(self.out, video, tag)
        encoded = Encoded(self.out, self.form.video, video, self.duration)
        describe(encoded.stream, video.stream)
        encoded.stream.metadata.update(timecode(video.info, self.seen.rate))
        self.notes.append(f"The pictures were encoded anew as {encoded.name}, since {fault}.")
        return encoded.packets()

    def _holds(self, tag: str | None) -> bool:
        """Whether the container takes the film's pictures: their first ones are written to nowhere."""
        import av

        try:
            with (
                VideoFile(self.film) as video,
                Path(os.devnull).open("wb") as nowhere,
                av.open(nowhere, "w", format=self.form.container) as out,
            ):
                for _, packet in itertools.islice(self._copies(out, video, tag), TRIED):
                    out.mux(packet)
        except (av.error.FFmpegError, ValueError):
            return False
        return True

    def _copies(self, out: "OutputContainer", video: VideoFile, tag: str | None) -> Iterator[Timed]:
        stream = twin(out, video.stream, tag, self.seen.rate)
        stream.metadata.update(timecode(video.info, self.seen.rate))
        copied = Copied(
            stream,
            self.seen.origin,
            self.duration,
            interval=1 / self.seen.rate,
            before=self.seen.hidden,
        )
        packets = dated(demuxed(video.container, [video.stream]), self.seen.reordered, self.seen.rate)
        return itertools.chain.from_iterable(map(copied.take, packets))

    def sound(self, sound: Sound, source: "InputContainer", original: bool) -> Iterator[Timed]:
        encoder = SoundEncoder(self.out, self.form.sound, sound.rate, sound.layout)
        tracks = source.streams.audio
        best = source.streams.best("audio")
        if original and best is not None and best.language:
            encoder.stream.metadata["language"] = best.language
        if original and len(tracks) > 1:
            self.notes.append(f"Of the film's {len(tracks)} sound tracks, only one was used.")

        def packets() -> Iterator[Timed]:
            block: NDArray[np.float32] | None
            for block in itertools.chain(sound.blocks, [None]):
                for packet in encoder.encode(block):
                    yield float((packet.pts or 0) * packet.time_base), packet

        return packets()

    def rest(self, video: VideoFile) -> Iterator[Timed]:
        source = video.container
        marks = chapters(source, self.seen.origin, self.duration)
        if marks and self.form.container == "webm":
            self.notes.append(self._homeless("chapters"))
        elif marks:
            self.out.set_chapters(marks)
        takers: dict[int, Copied | Converted] = {}
        for stream in source.streams:
            taker = self._taker(stream, video)
            if taker is not None:
                takers[stream.index] = taker
        streams = [stream for stream in source.streams if stream.index in takers]

        def packets() -> Iterator[Timed]:
            yield from ((0.0, packet) for packet in self.covers)
            for packet in demuxed(source, streams, self.seen.seams):
                yield from takers[packet.stream.index].take(packet)

        return packets()

    def _taker(self, stream: Any, video: VideoFile) -> Copied | Converted | None:
        """What carries a stream over packet by packet; what is carried otherwise, or not at all, is seen to here."""
        kind: str = stream.type
        if kind == "subtitle":
            return self._subtitles(stream)
        if kind == "attachment":
            self._attach(stream.name or "attachment", stream.mimetype, stream.data)
        elif kind == "video":
            if stream.index != video.stream.index:
                self._further_pictures(stream)
        elif kind != "audio" and not redundant(stream, video.container):
            name = stream.metadata.get("handler_name", "").strip() or stream.name or "of no kind known"
            self.notes.append(self._homeless(f"{kind} ({printable(name)})"))
        return None

    def _subtitles(self, stream: Any) -> Copied | Converted | None:
        codec = codec_of(stream)
        taker: Copied | Converted
        if codec in KEPT[self.form.container]:
            # The muxer writes the empty samples between timed texts itself.
            empty = 2 if codec == "mov_text" else 0
            taker = Copied(twin(self.out, stream), self.seen.origin, self.duration, empty=empty)
        elif codec in TEXTS:
            taker = Converted(self.out, self.form.text, stream, self.seen.origin, self.duration)
            describe(taker.stream, stream)
        else:
            self.notes.append(self._homeless(f"subtitles ({codec or 'of no kind known'})"))
            return None
        return taker

    def _attach(self, name: str, kind: str | None, content: bytes) -> None:
        if self.form.container == "matroska":
            self.out.add_attachment(name, kind or "application/octet-stream", content)
        else:
            self.notes.append(self._homeless(f"an attached file ({name})"))

    def _further_pictures(self, stream: Any) -> None:
        from av.stream import Disposition

        if not stream.disposition & Disposition.attached_pic:
            self.notes.append("Of the film's moving pictures, only one stream was used.")
            return
        content = cover(self.film, stream.index)
        if not content:
            return
        kind = COVERS.get(stream.codec_context.name)
        if self.form.container == "mp4" and kind is not None:
            self.covers.append(covering(self.out, stream, content))
        elif self.form.container == "matroska" and kind is not None:
            self._attach(f"cover.{kind}", f"image/{kind}", content)
        else:
            self.notes.append(self._homeless("a cover picture"))

    def _homeless(self, what: str) -> str:
        return f"Left out, since {self.ending} has no place for it: {what}."
