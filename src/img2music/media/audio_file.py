"""Sound files to samples: anything libav decodes, by excerpts, streaming."""

import contextlib
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, reason_of
from img2music.files import Closing, open_regular
from img2music.locations import local
from img2music.media.excerpts import AudioInfo, Excerpt
from img2music.media.resampling import Resampler, channels_of, check_frame, layout_of

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Containers that hold sound. Playlists and image sequences (hls, dash, concat, image2...) make libav open
# other files, so a hostile "song" must not reach their readers.
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,"
    "mpegvideo,nut,ogg,oma,qoa,rm,shn,tak,tta,voc,w64,wav,wv,xwma"
)
# No length in the file, or one that libav guesses from the bit rate.
UNMEASURED_FORMATS = frozenset({"aac", "ac3", "amr", "dts", "eac3", "loas", "mp3", "mpeg", "mpegts"})

# Where decoding after a seek gives other samples at other times than decoding from the start.
WITHOUT_EXACT_SEEKING = frozenset({"asf", "xwma"})

HIGHEST_RATE = 48_000  # hertz; what is faster holds nothing more to hear, only memory to fill
LEAD_IN = 0.3  # seconds decoded and dropped after a seek, while MP3's bit reservoir and AAC's overlap fill
SEEK_TOLERANCE = 20.0  # seconds; landing further before the target means the file has no index
SHORTFALL = 1.0  # seconds missing from an excerpt that show that the stated length is wrong
DAY = 24 * 3600  # seconds, in which a recording begins
LEAST_GAP = 0.1  # seconds missing between two frames that show damage; Vorbis' times are rounded to some hundredths
LEAST_LOST = 1500  # bytes of MP3 without a frame that show damage; where files were joined, a frame is lost
TAGS = (b"ID3", b"TAG", b"APE")  # beginnings of what is no frame either where files were joined
LEAST_PART = 0.05  # seconds of a link that are worth an excerpt
OGG = b"OggS"
OGG_HEADER = 27  # bytes of an Ogg page before its segment table, which has one byte for each of 255 segments at most
OGG_FIRST = 2  # flag of the first page of a stream
MOST_LINKS = 1000  # of a chained Ogg file; what seems to have more is no music
SEARCHED = 1 << 20  # bytes read at once in search of the next page after damage


@dataclass(frozen=True, slots=True)
class _Link:
    """A link of a chained Ogg file: its first byte and the byte after its last, its start and end in seconds."""

    bytes: tuple[int, int]
    start: float
    end: float


class AudioFile(Closing):
    """A sound file, open for decoding.

    Use it in a ``with`` statement. At no time is more of it in memory than one excerpt.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, measured: bool = True, link: tuple[int, int] | None = None
    ) -> None:
        self.path = os.fspath(path)
        self.broken = self.damaged = False
        self._link = link
        self._links: list[_Link] = []
        self._file: BinaryIO | None = None
        self._decoded = self._failed = 0  # packets
        self._copy = contextlib.ExitStack()
        self._here = self._copy.enter_context(local(self.path))
        try:
            with open_regular(self._here, "a sound file", self.path) as file:
                links = [] if link else self._read_links(file)
            self._open()
        except BaseException:
            self._copy.close()
            raise
        try:
            context = self._stream.codec_context
            channels, rate = context.layout.nb_channels, context.sample_rate
            begins = _begins(self._container, rate)
            self.info = AudioInfo(0.0, context.codec.canonical_name, channels, rate, begins)
            if len(links) > 1:
                self._join(links)
            duration = self._stated_duration()
            if duration is None:
                duration = self._measured_duration() if measured else 0.0
            self.info = replace(self.info, duration=duration)
        except BaseException:
            self.close()
            raise

    @property
    def moving(self) -> bool:
        """Whether it holds moving pictures, and not only a cover."""
        return moving(self._container)

    @property
    def container(self) -> str:
        """The name of its format in libav, such as "flac" or "mov,mp4,m4a,3gp,3g2,mj2"."""
        return self._container.format.name

    def cover(self) -> bytes | None:
        """The picture that is attached to it, as an image file; to be asked for before anything is decoded."""
        from av.stream import Disposition

        for stream in self._container.streams.video:
            if stream.disposition & Disposition.attached_pic:
                return next((bytes(packet) for packet in self._container.demux(stream) if packet.size), None)
        return None

    def close(self) -> None:
        """Close the file."""
        self._shut()
        self._copy.close()

    def _shut(self) -> None:
        self._container.close()
        if self._file is not None:
            self._file.close()

    def remeasure(self) -> bool:
        """Measure the length by walking through the file, where the stated one proved wrong."""
        if self._links:
            return False
        before = self.info.duration
        self._reopen()
        self.info = replace(self.info, duration=self._measured_duration())
        return self.info.duration < before - SHORTFALL / 2

    def excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode parts of the file."""
        if self._links:
            yield from self._linked_excerpts(spans)
            return
        done = 0
        for span in spans:
            excerpt = self._sought_excerpt(*span)
            if excerpt is None:
                break
            done += 1
            yield excerpt
        if done < len(spans):
            yield from self._sequential_excerpts(spans[done:])
        if self._failed > self._decoded:
            raise InputError("Most of this file can't be decoded: it is damaged or not sound.", self.path)

    def pieces(self, start: float, *, rate: int, layout: str) -> Iterator[NDArray[np.float32]]:
        """Decode from a moment on to the end of the file, in one form."""
        if self._links:
            for link in self._links:
                if link.end > start:
                    with self._opened(link) as audio:
                        yield from audio.pieces(max(0.0, start - link.start), rate=rate, layout=layout)
            return
        resampler = Resampler(rate, layout, self.path)
        sought = None if self._container.format.name in WITHOUT_EXACT_SEEKING else self._sought(start)
        if sought is None:
            self._reopen()
            position, frames = 0.0, self._frames()
        else:
            position, frames = sought[0], itertools.chain([sought[1]], sought[2])
        yield from resampler.resampled(frames, round((start - position) * rate))

    def packets(self) -> Iterator[Any]:
        """Read the sound as it is encoded, from where the file stands: at the beginning, when it is new."""
        import av

        for link in self._links:
            with self._opened(link) as audio:
                yield from audio.packets()
        if self._links:
            return
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except (av.error.FFmpegError, IndexError):
            self.broken = True
            return  # truncated, or PyAV meets a stream that was not there at first: what came before still counts

    def _open(self) -> None:
        import av

        av.logging.set_level(None)
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file,subfile"}
        opened: Any = partial(av.open, options=options, metadata_errors="replace")
        try:
            try:
                # "file:" keeps libav from reading a name such as "concat:a|b" as a protocol.
                if self._link is None:
                    self._container: InputContainer = opened("file:" + self._here)
                else:
                    first, after = self._link
                    self._container = opened(f"subfile,,start,{first},end,{after},,:file:{self._here}", format="ogg")
            except (av.error.InvalidDataError, av.error.ArgumentError):
                # A song called cover.jpg is taken for a picture, by its name. Without a name, bytes decide.
                self._file = open_regular(self._here, "a sound file", self.path)
                self._container = opened(self._file)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            if self._file is not None:
                self._file.close()
            raise InputError(
                f"libav can't read this as sound ({reason_of(error)}); is it damaged or another kind of file?",
                self.path,
            ) from error
        stream: Any = self._container.streams.best("audio")
        if stream is None:
            self._shut()
            raise InputError("There is no sound in this file.", self.path)
        self._stream: AudioStream = stream
        try:
            self._stream.codec_context.thread_count = 1  # one worker, one core; and the same bits each time
        except AttributeError:
            self._shut()
            raise InputError("The encoding of this sound is not known to libav.", self.path) from None

    def _reopen(self) -> None:
        self._shut()
        self._open()

    def _read_links(self, file: BinaryIO) -> list[tuple[int, int]]:
        """First byte of each link of an Ogg file, and the byte after its last; none of what is no Ogg file."""
        begins, at, opening = [], 0, False
        while True:
            file.seek(at)
            page = file.read(OGG_HEADER + 255)
            if page[:4] == OGG and len(page) > OGG_HEADER:
                if page[5] & OGG_FIRST and not opening:
                    begins.append(at)
                opening = bool(page[5] & OGG_FIRST)
                segments = page[OGG_HEADER : OGG_HEADER + page[OGG_HEADER - 1]]
                at += OGG_HEADER + len(segments) + sum(segments)
            elif not begins or (next_page := _find(OGG, file, at + 1)) is None:
                break
            else:
                self.damaged, at = True, next_page
        size = file.seek(0, os.SEEK_END)
        return list(itertools.pairwise([*begins, size])) if len(begins) <= MOST_LINKS else []

    def _join(self, links: Sequence[tuple[int, int]]) -> None:
        """Take the links of a chained Ogg file one after the other, for each has time and form of its own.

        RFC 3533, section 4. libav reads on over a link of another rate or layout.
        """
        end = 0.0
        for link in links:
            try:
                with AudioFile(self.path, link=link) as audio:
                    start, end = end, end + audio.info.duration
            except InputError:
                self.damaged = True
            else:
                self._links.append(_Link(link, start, end))

    def _opened(self, link: "_Link") -> "AudioFile":
        return AudioFile(self.path, link=link.bytes)

    def _stated_duration(self) -> float | None:
        if self._links:
            return self._links[-1].end
        if self._container.format.name in UNMEASURED_FORMATS:
            return None
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None and stream.duration > 0:
            return float(stream.duration * stream.time_base)
        if self._container.duration is not None and self._container.duration > 0:
            return self._container.duration / 1_000_000  # libav's AV_TIME_BASE
        return None

    def _measured_duration(self) -> float:
        """Add up the packets' durations; decode where the packets don't tell theirs."""
        total, known = 0, True
        lost = 0  # bytes between frames of MPEG audio
        for packet in self.packets():
            if packet.duration is None:
                known = False
                break
            total += packet.duration
            if self._container.format.name == "mp3":
                if bytes(memoryview(packet)[:1]) == b"\xff":
                    self.damaged |= lost > LEAST_LOST
                    lost = 0
                else:
                    lost += _lost(packet, lost)
        time_base = self._stream.time_base
        self._reopen()
        if known and total and time_base is not None:
            return float(total * time_base)
        seconds = sum(frame.samples / frame.sample_rate for frame in self._frames())
        self._reopen()
        return float(seconds)

    def _frames(self) -> "Iterator[AudioFrame]":
        """Decode from where the file stands, and note what is missing between frames."""
        import av

        end = None  # of the frame before, in seconds
        failed = 0  # bytes since the frame before
        least = LEAST_LOST if self._container.format.name == "mp3" else 0

        decode = self._stream.codec_context.decode
        for packet in itertools.chain(self.packets(), [None]):
            try:
                frames = decode(packet)
            except (av.error.FFmpegError, ValueError):
                self._failed += 1  # a click, not the end
                failed += _lost(packet, failed) if packet is not None else 0
                continue
            self._decoded += bool(frames)
            for frame in frames:
                if frame.samples:
                    start = (end or 0.0) if frame.time is None else frame.time
                    # What precedes the first frame may lack what it builds on, and the end may be cut.
                    if end is not None and (failed > least or start > end + LEAST_GAP):
                        self.damaged = True
                    end, failed = start + frame.samples / frame.sample_rate, 0
                    yield frame

    def _sought(self, start: float) -> "tuple[float, AudioFrame, Iterator[AudioFrame]] | None":
        """Seek: the first frame decoded a little before ``start``, its place in seconds, and those after it.

        None where seeking doesn't work in this file.
        """
        import av

        stream = self._stream
        time_base = stream.time_base
        if time_base is None:
            return None
        origin = (stream.start_time or 0) * time_base
        target = max(0.0, start - LEAD_IN)
        try:
            self._container.seek(int((target + float(origin)) / time_base), stream=stream)
        except (av.error.FFmpegError, OSError, OverflowError):
            return None
        frames = self._frames()
        first = next(frames, None)
        if first is None or first.pts is None:
            return None
        position = float((first.pts * (first.time_base or time_base)) - origin)
        if position > start + SHORTFALL or position < target - SEEK_TOLERANCE:
            return None
        return position, first, frames

    def _sought_excerpt(self, start: float, end: float) -> Excerpt | None:
        """Seek and decode one excerpt; None where seeking doesn't work in this file."""
        sought = self._sought(start)
        if sought is None:
            return None
        excerpt, _ = self._recorded(*sought, start, end)
        return excerpt if excerpt and excerpt.end > min(end, self.info.duration) - SHORTFALL else None

    def _recorded(
        self, origin: float, first: "AudioFrame", frames: "Iterator[AudioFrame]", start: float, end: float
    ) -> tuple[Excerpt | None, float]:
        """Join frames, the first of them at ``origin`` seconds, in its form, into an excerpt; and where they end."""
        check_frame(first, self.path)
        rate, layout = min(first.sample_rate, HIGHEST_RATE), layout_of(first)
        resampler = Resampler(rate, layout, self.path, piece=math.inf)
        skipped, wanted = (max(0, round((time - origin) * rate)) for time in (start, end))
        parts = [resampler.add(first)]
        heard = first.samples / first.sample_rate
        while heard * rate < wanted and (frame := next(frames, None)) is not None:
            if len(part := resampler.add(frame)):  # where the form changes
                parts.append(part)
            heard += frame.samples / frame.sample_rate
        parts.append(resampler.add(None))
        joined = parts[1] if len(parts) == 2 else np.concatenate(parts)
        samples = joined[skipped:wanted].T
        excerpt = Excerpt(origin + skipped / rate, rate, channels_of(layout), samples) if samples.size else None
        return excerpt, origin + heard

    def _linked_excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        for link in self._links:
            parts = [(max(start, link.start) - link.start, min(end, link.end) - link.start) for start, end in spans]
            parts = [(start, end) for start, end in parts if end - start > LEAST_PART]
            if parts:
                with self._opened(link) as audio:
                    for excerpt in audio.excerpts(parts):
                        yield replace(excerpt, start=link.start + excerpt.start)
                    self.damaged |= audio.damaged

    def _sequential_excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode from the start, counting samples: works where time stamps and indexes don't."""
        self._reopen()
        frames = self._frames()
        position = 0.0
        for start, end in spans:
            for frame in frames:
                after = position + frame.samples / frame.sample_rate
                if after > start:
                    excerpt, position = self._recorded(position, frame, frames, start, end)
                    if excerpt is not None:
                        yield excerpt
                    break
                position = after


def moving(container: Any) -> bool:
    """Whether a file holds moving pictures, and not only a cover."""
    from av.stream import Disposition

    return not all(stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def _begins(container: "InputContainer", rate: int) -> float:
    """Start of a Broadcast Wave file (EBU Tech 3285, TimeReference: samples since midnight), in seconds."""
    told = container.metadata.get("time_reference", "0")
    if container.format.name != "wav" or not told.isdecimal() or int(told) >= DAY * rate:
        return 0.0
    return int(told) / rate


def _lost(packet: Any, before: int) -> int:
    """Bytes of a packet that holds no frame, and follows so many others; none in the tags between joined files."""
    return packet.size if before or bytes(memoryview(packet)[:3]) not in TAGS else 0


def _find(content: bytes, file: BinaryIO, start: int) -> int | None:
    """Find where some bytes are in a file, from a byte on."""
    file.seek(start)
    read = b""
    while more := file.read(SEARCHED):
        read = read[1 - len(content) :] + more
        if content in read:
            return file.tell() - len(read) + read.index(content)
    return None
