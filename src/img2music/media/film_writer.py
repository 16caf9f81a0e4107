"""Films: one with other sound, its pictures copied untouched where that can be, and one made of pictures."""

import heapq
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import printable
from img2music.files import replacing
from img2music.media.film_streams import TELEVISION, Copied, describe, encoded, packets_of, tags, twin, video_stream
from img2music.media.film_survey import Survey, dated, demuxed
from img2music.media.output_formats import FILM, FilmFormat
from img2music.media.sound_writer import Sound, SoundEncoder, Timed, opened
from img2music.media.video import VideoFile
from img2music.progress import Progress, Step, unwatched

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.container.core import Chapter
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream

MOV = ("mp4", "mov")
"""Containers with edit lists: what lies before the first picture is there, and not shown."""

TRIED = 60
"""Packets of pictures that are written to nowhere first, to see whether a container takes them."""

BT709 = 1
"""In ITU-T H.273, tables 2 to 4: primaries, transfer characteristics and matrix of high definition television."""

QUICK = {
    # Half the processor time of "faster" (30 and 63 ms a picture), and photos that move slowly are easy.
    "libx264": {"preset": "veryfast", "crf": "18"},
    "libvpx-vp9": {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "7", "row-mt": "1", "tile-columns": "2"},
}
"""By encoder, for films that are made of pictures."""

MILLISECOND = Fraction(1, 1000)

COVERS = {"mjpeg": "jpeg", "png": "png"}
"""Kinds of cover pictures, by libav's name of their codec."""

TEXTS = {"ass", "mov_text", "subrip", "text", "webvtt"}
"""libav's names of the kinds that are text, which it turns into each other."""

KEPT = {
    "mp4": {"mov_text"},
    "mov": {"mov_text"},
    "matroska": {"ass", "dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "subrip", "webvtt"},
    "webm": {"webvtt"},
}
"""By libav's name of the container, the kinds that it holds as they are."""

KEY_PICTURE = 2
"""Seconds from one picture that stands for itself to the next, so that players jump there quickly."""


def write_film(
    film: str | os.PathLike[str], seen: Survey, sound: Sound, file: Path, *, original: bool = True
) -> tuple[str, ...]:
    """Write a film with other sound.

    Its pictures are copied where the container holds them, and else encoded anew. Subtitles, chapters, tags, cover
    pictures and attached files are kept as far as the container has a place for them.
    """
    written = FILM.chosen(None, file)
    duration = sound.samples / sound.rate
    with replacing(file, written.kind) as stream, VideoFile(film) as pictures, VideoFile(film) as rest:
        told, options = tags(pictures.container, written.container)
        with opened(stream, written.container, file, options) as out:
            out.metadata.update(told)
            work = _Work(film, written, seen, duration, out)
            sources = [work.pictures(pictures), work.sound(sound, pictures.container, original), work.rest(rest)]
            out.start_encoding()
            for _, packet in heapq.merge(*sources, key=itemgetter(0)):
                out.mux(packet)
    return tuple(work.notes)


def write_pictures(
    pictures: Iterable[Sequence[NDArray[np.uint8]]],
    file: Path,
    *,
    rate: int,
    size: tuple[int, int],
    count: int,
    sound: Sound | None = None,
    progress: Progress = unwatched,
) -> None:
    """Write a film of pictures (their planes of YUV 4:2:0, BT.709), with sound, while both are being made."""
    written = FILM.chosen(None, file)
    length = count / rate
    with replacing(file, written.kind) as stream, opened(stream, written.container, file) as out:
        options = QUICK[written.video] | {"g": str(KEY_PICTURE * rate)}
        video = video_stream(out, written.video, size, rate=rate, base=Fraction(1, rate), options=options)
        context = video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        sources = [packets_of(_frames(pictures, rate, size[0]), video, 1, length)]
        if sound is not None:
            sources.append(SoundEncoder(out, written.sound, sound.rate, sound.layout).encoded(sound))
        out.start_encoding()
        for seconds, packet in heapq.merge(*sources, key=itemgetter(0)):
            out.mux(packet)
            progress(Step("Filming", min(max(seconds, 0.0), length), length, unit="seconds"))


def _frames(pictures: Iterable[Sequence[NDArray[np.uint8]]], rate: int, width: int) -> "Iterator[av.VideoFrame]":
    import av

    for index, planes in enumerate(pictures):
        stacked = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, width)
        frame = av.VideoFrame.from_ndarray(stacked, format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, rate)
        frame.colorspace, frame.color_range = BT709, TELEVISION
        yield frame


class _Converted:
    """Subtitles of a film, written anew into a stream of another file."""

    def __init__(
        self, container: "OutputContainer", codec: str, source: "SubtitleStream", origin: Fraction, duration: float
    ) -> None:
        self._decoder: Any = source.codec_context
        self._decoder.open(strict=False)
        self._origin = origin
        self._duration = duration
        stream: Any = container.add_stream(codec)
        self.stream = stream
        self.stream.codec_context.subtitle_header = self._decoder.subtitle_header
        self.stream.codec_context.time_base = MILLISECOND
        describe(self.stream, source)

    def take(self, packet: "Packet[Any]") -> list[Timed]:
        import av

        if packet.pts is None:
            return []
        start = float(packet.pts * packet.time_base - self._origin)
        end = min(start + float((packet.duration or 0) * packet.time_base), self._duration)
        start = max(start, 0.0)
        if end <= start:
            return []
        with suppress(av.error.FFmpegError, ValueError):  # one that is damaged
            shown = self._decoder.decode2(packet)
            if shown is not None and len(shown):
                made = self.stream.codec_context.encode_subtitle(shown)
                made.stream, made.time_base = self.stream, MILLISECOND
                made.pts = made.dts = round(start * 1000)
                made.duration = max(1, round((end - start) * 1000))
                return [(start, made)]
        return []


@dataclass
class _Work:
    """One film being written: each method adds streams, and returns what goes into them."""

    film: str | os.PathLike[str]
    written: FilmFormat
    seen: Survey
    duration: float
    out: "OutputContainer"
    notes: list[str] = field(default_factory=list)
    covers: list[Timed] = field(default_factory=list)

    @property
    def ending(self) -> str:
        return f".{self.written.name}"

    def pictures(self, video: VideoFile) -> Iterator[Timed]:
        fault = self.seen.fault
        if fault is None and self.seen.hidden and self.written.container not in MOV:
            fault = f"it begins within a group of pictures, for which {self.ending} has no edit list"
        if fault is None:
            fault = f"{self.ending} can't hold {video.codec}"
            for tag in _code_tags(video, self.written.container):
                if self._holds(tag):
                    return self._copies(self.out, video, tag)
        stream, name, packets = encoded(self.out, self.written.video, video, self.duration)
        stream.metadata.update(_timecode(video, self.seen.rate))
        self.notes.append(f"The pictures were encoded anew as {name}, since {fault}.")
        return packets

    def _holds(self, tag: str | None) -> bool:
        """Whether the container takes the film's pictures: their first ones are written to nowhere."""
        import av

        try:
            with (
                VideoFile(self.film) as video,
                Path(os.devnull).open("wb") as nowhere,
                av.open(nowhere, "w", format=self.written.container) as out,
            ):
                for _, packet in itertools.islice(self._copies(out, video, tag), TRIED):
                    out.mux(packet)
        except (av.error.FFmpegError, ValueError):
            return False
        return True

    def _copies(self, out: "OutputContainer", video: VideoFile, tag: str | None) -> Iterator[Timed]:
        stream = twin(out, video.stream, tag, self.seen.rate)
        stream.metadata.update(_timecode(video, self.seen.rate))
        copied = Copied(stream, self.seen.origin, self.duration, interval=1 / self.seen.rate, before=self.seen.hidden)
        packets = dated(demuxed(video.container, [video.stream]), self.seen.reordered, self.seen.rate)
        return itertools.chain.from_iterable(map(copied.take, packets))

    def sound(self, sound: Sound, source: "InputContainer", original: bool) -> Iterator[Timed]:
        encoder = SoundEncoder(self.out, self.written.sound, sound.rate, sound.layout)
        tracks = source.streams.audio
        best = source.streams.best("audio")
        if original and best is not None and best.language:
            encoder.stream.metadata["language"] = best.language
        if original and len(tracks) > 1:
            self.notes.append(f"Of the film's {len(tracks)} sound tracks, only one was used.")
        return encoder.encoded(sound)

    def rest(self, video: VideoFile) -> Iterator[Timed]:
        source = video.container
        marks = chapters(source, self.seen.origin, self.duration)
        if marks and self.written.container == "webm":
            self.notes.append(self._homeless("chapters"))
        elif marks:
            self.out.set_chapters(marks)
        takers = {stream.index: taker for stream in source.streams if (taker := self._taker(stream, video)) is not None}

        def packets() -> Iterator[Timed]:
            yield from self.covers
            for packet in demuxed(source, [source.streams[index] for index in takers], self.seen.seams):
                yield from takers[packet.stream.index].take(packet)

        return packets()

    def _taker(self, stream: Any, video: VideoFile) -> Copied | _Converted | None:
        """What carries a stream over packet by packet; what is carried otherwise, or not at all, is seen to here."""
        kind: str = stream.type
        if kind == "subtitle":
            return self._subtitles(stream)
        if kind == "attachment":
            self._attach(stream.name or "attachment", stream.mimetype, stream.data)
        elif kind == "video":
            if stream.index != video.stream.index:
                self._further_pictures(stream)
        elif kind != "audio" and not _redundant(stream, video.container):
            name = stream.metadata.get("handler_name", "").strip() or stream.name or "of no kind known"
            self.notes.append(self._homeless(f"{kind} ({printable(name)})"))
        return None

    def _subtitles(self, stream: Any) -> Copied | _Converted | None:
        codec = None if stream.codec_context is None else stream.codec_context.codec.canonical_name
        if codec in KEPT[self.written.container]:
            # The muxer writes the empty samples between timed texts itself.
            empty = 2 if codec == "mov_text" else 0
            return Copied(twin(self.out, stream), self.seen.origin, self.duration, empty=empty)
        if codec in TEXTS:
            return _Converted(self.out, self.written.text, stream, self.seen.origin, self.duration)
        self.notes.append(self._homeless(f"subtitles ({codec or 'of no kind known'})"))
        return None

    def _attach(self, name: str, kind: str | None, content: bytes) -> None:
        if self.written.container == "matroska":
            self.out.add_attachment(name, kind or "application/octet-stream", content)
        else:
            self.notes.append(self._homeless(f"an attached file ({name})"))

    def _further_pictures(self, stream: Any) -> None:
        import av
        from av.stream import Disposition

        if not stream.disposition & Disposition.attached_pic:
            self.notes.append("Of the film's moving pictures, only one stream was used.")
            return
        with VideoFile(self.film) as video:
            content = next(map(bytes, demuxed(video.container, [video.container.streams[stream.index]])), b"")
        if not content:
            return
        kind = COVERS.get(stream.codec_context.name)
        if self.written.container == "mp4" and kind is not None:
            packet: Packet[Any] = av.Packet(content)
            packet.stream, packet.time_base = twin(self.out, stream), MILLISECOND
            packet.pts = packet.dts = 0
            packet.is_keyframe = True
            self.covers.append((0.0, packet))
        elif self.written.container == "matroska" and kind is not None:
            self._attach(f"cover.{kind}", f"image/{kind}", content)
        else:
            self.notes.append(self._homeless("a cover picture"))

    def _homeless(self, what: str) -> str:
        return f"Left out, since {self.ending} has no place for it: {what}."


def _timecode(video: VideoFile, rate: float) -> dict[str, str]:
    """Tell the timecode of a film as libav writes it, which counts every picture."""
    if video.timecode is None:
        return {}
    times, rest = divmod(round(rate), video.timecode_rate or max(1, round(rate)))
    told = re.fullmatch(r"(.*\D)(\d+)", video.timecode)
    if rest or told is None:
        return {"timecode": video.timecode}
    return {"timecode": f"{told[1]}{int(told[2]) * times:02}"}


def _code_tags(video: VideoFile, written: str) -> list[str | None]:
    """List under which four letters a container may name the encoding of a film's pictures."""
    found: list[str | None] = [None]
    if written in ("mp4", "mov") and video.codec == "hevc":
        found.insert(0, "hvc1")  # without which Apple's players don't show it
    tag: str = video.stream.codec_context.codec_tag
    # Where it tells more than the encoding, as with ProRes, of which it is the kind.
    if (
        video.container.format.name.startswith("mov")
        and tag.isprintable()
        and (written == "mov" or video.codec == "prores")
    ):
        found.insert(0, tag)
    return found


def chapters(container: "InputContainer", origin: Fraction, duration: float) -> "list[Chapter]":
    """Read the chapters of a film."""
    found: list[Chapter] = []
    for chapter in container.chapters():
        base = chapter["time_base"] or MILLISECOND
        start = max(0.0, float(chapter["start"] * base - origin))
        end = min(float(chapter["end"] * base - origin), duration)
        if start < end:
            times = {"start": round(start * 1000), "end": round(end * 1000)}
            found.append({**chapter, **times, "time_base": MILLISECOND})  # type: ignore[typeddict-item]
    return found


def _redundant(stream: Any, container: "InputContainer") -> bool:
    """Tell whether what a stream of data says is told without it: the timecode, or the chapters."""
    from av.stream import Discard

    count = len(container.chapters())
    return "timecode" in stream.metadata or (0 < stream.frames == count and stream.discard is Discard.all)
