"""Films to pictures and sound: anything libav decodes, each picture once and in order, scaled down as it comes."""

import itertools
import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, reason_of
from img2music.files import Closing, open_regular
from img2music.media import tone
from img2music.media.film_survey import Seams, Survey, demuxed, survey
from img2music.media.images import is_image

if TYPE_CHECKING:
    import av
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Containers that hold films. Playlists and image sequences (hls, dash, concat, image2...) make libav open other
# files, so a hostile "film" must not reach their readers.
FORMATS = "asf,avi,dv,flv,h264,hevc,ivf,matroska,mov,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,wtv"

MAX_PIXELS = 8192 * 8192
"""Most pixels of one picture: 16K films have two thirds of it; beyond, a few pictures would fill the memory."""

LONGEST = 24 * 3600.0
"""Seconds a film may last; a time stamp beyond lies."""

SLOWEST, FASTEST = 0.001, 1000.0  # pictures a second; beyond, a header lies
USUAL_RATE = 25.0  # pictures a second, where a film does not say

LEAD_IN = 0.5
"""Seconds of sound that are decoded before the moment that is wanted, until overlaps and filters are filled."""

NO_PICTURE = "Not one picture of this film can be decoded: it is damaged or empty."


class VideoFrame:
    """One picture of a film, not yet converted."""

    def __init__(self, time: float, frame: "av.VideoFrame", shape: float) -> None:
        self.time = time
        self.frame = frame
        self._quarters = round(frame.rotation / 90) % 4  # counter-clockwise, to set it upright
        wide = shape * frame.width / frame.height
        self.proportion = 1.0 / wide if self._quarters % 2 else wide
        self.height = frame.width if self._quarters % 2 else frame.height

    def pixels(self, width: int, height: int, *, quick: bool = False) -> NDArray[np.uint8]:
        """Scale the picture, upright; one of high dynamic range as it would look in SDR (`media.tone`)."""
        if self._quarters % 2:
            width, height = height, width
        filter_ = "AREA" if quick else "BICUBIC"
        high = self.frame.color_trc in (tone.PQ, tone.HLG)
        depth = "rgb48le" if high else "rgb24"
        small: Any = self.frame.reformat(width, height, format=depth, interpolation=filter_).to_ndarray()
        if high:
            small = tone.shown(small, self.frame.color_trc)
        return np.ascontiguousarray(np.rot90(small, self._quarters))


class VideoFile(Closing):
    """A film, open for decoding.

    Use it in a ``with`` statement. A few pictures at most are in memory at once.
    """

    def __init__(self, path: str | os.PathLike[str], survey: Survey | None = None) -> None:
        """Open one; with a survey of it, its packets are not read through again for one."""
        self.path = os.fsdecode(path)
        self._known = survey
        self._file = open_regular(self.path, "a film")
        try:
            if is_image(self.path):
                raise InputError("This is a picture, not a film.", self.path)
            self.container = self._opened()
            self.stream = self._moving_stream()
            context = self.stream.codec_context
            self._check_size(context.width, context.height)
            self._shape = float(self.stream.sample_aspect_ratio or 1)  # width by height of a pixel
            self.codec = context.codec.canonical_name
            self.has_sound = self.container.streams.best("audio") is not None
            self.timecode = self._timecode()
            self.timecode_rate = None if self.timecode is None else self._timecode_rate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the film."""
        if hasattr(self, "container"):
            self.container.close()
        self._file.close()

    @property
    def rate(self) -> float:
        """Pictures a second, as it is stated: on average, if the rate varies."""
        rate = float(self.stream.average_rate or self.stream.guessed_rate or 0)
        return rate if SLOWEST <= rate <= FASTEST else USUAL_RATE

    @property
    def stated_duration(self) -> float:
        """Seconds that it says it lasts; 0 where it does not."""
        return float(self.container.duration or 0) / 1_000_000

    @property
    def survey(self) -> Survey:
        """What its packets say; they are read through when it is first asked for."""
        if self._known is not None:
            return self._known
        status = os.fstat(self._file.fileno())
        return _survey(self.path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))

    def first(self) -> VideoFrame:
        """Decode the first picture that can be; to be called before `frames`, or instead."""
        for frame in self._decoded():
            return VideoFrame(0.0, frame, self._shape)
        raise InputError(NO_PICTURE, self.path)

    def frames(self) -> Iterator[VideoFrame]:
        """Decode every picture, in order of time.

        Time stamps are the film's own, so the rate may vary; a picture without one, or with one that is not later than
        the one before, comes a usual interval after it. Where the clock jumps, the next picture comes as the one before
        ends. Damaged pictures are left out; a truncated film ends early.
        """
        interval, end = 1.0 / self.survey.rate, self.survey.duration
        first: Fraction | None = None
        previous = 0.0
        for index, frame in enumerate(self._decoded(self.survey.seams)):
            stamp = self._stamp(frame)
            if first is None:
                first = stamp or Fraction(0)
            after = 0.0 if index == 0 else previous + interval
            time = after if stamp is None else float(stamp - first)
            if index and time <= previous:
                time = after
            if index and time >= end:  # more pictures than packets: no time is left for them
                break
            previous = time
            yield VideoFrame(time, frame, self._shape)
        if first is None:
            raise InputError(NO_PICTURE, self.path)

    def picture(self, time: float) -> VideoFrame | None:
        """Find the picture at a time, by seeking."""
        import av

        base = float(self.stream.time_base or 0)
        if not base or self.survey.seams:
            return None
        origin = float(self.survey.origin)
        found = None
        with suppress(av.error.FFmpegError, OSError, OverflowError):
            self.container.seek(int((time + origin) / base), stream=self.stream)
            for frame in self._decoded():
                stamp = self._stamp(frame)
                if stamp is None:
                    break
                found = VideoFrame(float(stamp) - origin, frame, self._shape)
                if found.time >= time - 1e-6:
                    break
        return found

    def pictures_from(self, time: float) -> Iterator[VideoFrame]:
        """Decode pictures from the key picture before a time on, without reading through the film first.

        Nothing where that can't be sought. Their times are not to be trusted where the film's clock jumps.
        """
        import av

        base = float(self.stream.time_base or 0)
        origin = (self.stream.start_time or 0) * base
        with suppress(av.error.FFmpegError, OSError, OverflowError):
            self.container.seek(int((time + origin) / base), stream=self.stream)
            for frame in self._decoded():
                stamp = self._stamp(frame)
                if stamp is not None:
                    yield VideoFrame(float(stamp) - origin, frame, self._shape)

    def since(self, time: float) -> Iterator[VideoFrame]:
        """Decode pictures from a moment before a time on, by seeking; from the first, where the clock jumps."""
        import av

        base = float(self.stream.time_base or 0)
        if not base or self.survey.seams:
            yield from self.frames()
            return
        origin = float(self.survey.origin)
        with suppress(av.error.FFmpegError, OSError, OverflowError):
            self.container.seek(int((time + origin) / base), stream=self.stream)
        for frame in self._decoded():
            stamp = self._stamp(frame)
            if stamp is not None:
                yield VideoFrame(float(stamp) - origin, frame, self._shape)

    def sound(self, start: float = 0.0) -> "Iterator[tuple[float | None, AudioFrame]]":
        """Decode the sound, of several streams the default one, each frame with its seconds from the first picture.

        Instead of the pictures; nothing, where there is none. It begins a little before ``start``, if that can be
        sought, and else at its beginning.
        """
        import av

        stream: Any = self.container.streams.best("audio")
        if stream is None:
            return
        if stream.codec_context is None:
            raise InputError("The encoding of this film's sound is not known to libav; leave it out.", self.path)
        origin, decoded, damaged = float(self.survey.origin), 0, 0
        if start > LEAD_IN and stream.time_base and not self.survey.seams:
            with suppress(av.error.FFmpegError, OSError, OverflowError):
                self.container.seek(int((start - LEAD_IN + origin) / stream.time_base), stream=stream)
        for packet in itertools.chain(demuxed(self.container, [stream], self.survey.seams), [None]):
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
            raise InputError("Most of this film's sound can't be decoded: it is damaged; leave it out.", self.path)

    def _opened(self) -> "InputContainer":
        import av

        av.logging.set_level(None)
        try:
            # By its bytes: a name such as "film.jpg" or "concat:a|b" would be read as something else.
            # A broadcast may go on in streams of other numbers.
            options = {"format_whitelist": FORMATS, "merge_pmt_versions": "1"}
            container: Any = av.open(_Source(self._file), options=options, metadata_errors="replace")
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise InputError(
                f"libav can't read this as a film ({reason_of(error)}); is it cut short or another kind of file?",
                self.path,
            ) from error
        opened: InputContainer = container
        return opened

    def _moving_stream(self) -> "VideoStream":
        from av.stream import Disposition

        stream: Any = self.container.streams.best("video")
        if stream is None or stream.disposition & Disposition.attached_pic:
            heard = self.container.streams.best("audio") is not None
            raise InputError(f"There are no moving pictures in this file{', only sound' if heard else ''}.", self.path)
        if stream.codec_context is None:
            raise InputError("The encoding of this film is not known to libav.", self.path)
        stream.thread_type = "AUTO"
        found: VideoStream = stream
        return found

    def _timecode(self) -> str | None:
        """That of the first picture, as the camera counted: "10:02:03:04", with a semicolon where it drops frames."""
        tagged = (self.stream, self.container, *self.container.streams)
        found = (value for each in tagged for name, value in each.metadata.items() if name.lower() == "timecode")
        return next(found, None)

    def _timecode_rate(self) -> int | None:
        """Up to how many frames timecode counts each second (30 for 29.97), which may be half of the pictures.

        That is told by QuickTime films alone, and libav keeps it to itself (QuickTime File Format, "Timecode sample
        description").
        """
        from mutagen.mp4 import AtomError, Atoms

        if not self.container.format.name.startswith("mov"):
            return None
        with (
            suppress(AtomError, KeyError, OSError, IndexError, OverflowError, RecursionError),
            Path(self.path).open("rb") as file,
        ):
            for track in Atoms(file)[b"moov"].findall(b"trak"):
                _, description = track[b"mdia", b"minf", b"stbl", b"stsd"].read(file)
                if description[12:16] == b"tmcd":
                    return description[40] or None
        return None

    def _decoded(self, seams: Seams | None = None) -> "Iterator[av.VideoFrame]":
        import av

        for packet in itertools.chain(demuxed(self.container, [self.stream], seams), [None]):
            try:
                frames = self.stream.codec_context.decode(packet)
            except (av.error.FFmpegError, ValueError):
                continue  # a damaged picture, not the end
            for frame in frames:
                self._check_size(frame.width, frame.height)
                yield frame

    def _stamp(self, frame: "av.VideoFrame") -> Fraction | None:
        """Seconds on the film's clock; the last pictures out of a decoder's threads do not know its unit."""
        base = frame.time_base or self.stream.time_base
        return None if frame.pts is None or not base else frame.pts * base

    def _check_size(self, width: int, height: int) -> None:
        if width * height > MAX_PIXELS:
            raise InputError(f"Its pictures of {width} x {height} pixels are too large.", self.path)


class _Source:
    """A file as libav reads it; where a damaged film sends it is answered with an error, not with a traceback."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -1


def survey_of(path: str | os.PathLike[str]) -> Survey:
    """Read through the packets of a film, without decoding more than the first picture."""
    with VideoFile(path) as video:
        return video.survey


@lru_cache(maxsize=8)
def _survey(path: str, _: tuple[int, ...]) -> Survey:
    """Read through a film; not again as long as it is the same file."""
    with VideoFile(path) as video:
        origin = video._stamp(video.first().frame) or Fraction(0)
    with VideoFile(path) as video:
        found = survey(video.container, video.stream, origin, video.rate)
    if found.duration > LONGEST:
        raise InputError("Its time stamps say that it lasts longer than a day: it is damaged.", path)
    return found
