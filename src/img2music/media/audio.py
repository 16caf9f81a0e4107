"""Sound files to samples: anything libav decodes, by excerpts, streaming."""

import itertools
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.excerpts import AudioInfo, Excerpt, excerpt_of
from img2music.media.resampling import UNNAMED, Resampler, check_form

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from img2music.media.sndfile import SndfileAudio

MAGIC_LENGTH = 64
"""Bytes of a file that `is_audio` looks at."""

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
USUAL_LAYOUT = ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")  # of WAVE; fewer channels are its beginning
LEAD_IN = 0.3  # seconds decoded and dropped after a seek, while MP3's bit reservoir and AAC's overlap fill
SEEK_TOLERANCE = 20.0  # seconds; landing further before the target means the file has no index
SHORTFALL = 1.0  # seconds missing from an excerpt that show that the stated length is wrong
DAY = 24 * 3600  # seconds, in which a recording begins
OGG = b"OggS"
OGG_TAIL = 65_536 + 4_096  # bytes that surely hold the start of a last Ogg page (65,307 bytes at most)


def is_audio(path: str | os.PathLike[str]) -> bool:
    """Tell cheaply whether a file looks like sound, by its first bytes, whatever its name.

    Parameters
    ----------
    path : path-like
        A regular file.

    Returns
    -------
    bool
        False also for what can't be read, and for video containers (which may hold sound).
    """
    try:
        with _regular_file(os.fspath(path)) as file:
            head = file.read(MAGIC_LENGTH)
    except InputError:
        return False
    if head[4:8] == b"ftyp":
        return head[8:11] in (b"M4A", b"M4B", b"F4A")
    if head[:4] == b"RIFF":
        return head[8:12] == b"WAVE"
    if head[:4] == b"FORM":
        return head[8:12] in (b"AIFF", b"AIFC")
    if head[:4] == OGG:
        return not any(mark in head for mark in (b"\x80theora", b"fishead"))
    magics = (
        b"ID3",
        b"fLaC",
        b"MAC ",
        b"wvpk",
        b"MPCK",
        b"MP+",
        b"TTA1",
        b".snd",
        b"caff",
        b"#!AMR",
        b"DSD ",
    )
    windows_media = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"
    # Frames begin with eleven set bits. MPEG audio: layer II or III, a version that exists. AAC: layer 0.
    second = head[1] if len(head) > 1 and head[0] == 0xFF else 0
    mpeg = second & 0xE0 == 0xE0 and second & 0x18 != 0x08 and second & 0x06 in (0x02, 0x04)
    aac = second & 0xF6 == 0xF0
    return mpeg or aac or head.startswith((*magics, windows_media))


def probe(path: str | os.PathLike[str]) -> AudioInfo:
    """Read what a sound file says of itself, without decoding it.

    Parameters
    ----------
    path : path-like
        Any file that libav reads, also a film with sound.

    Returns
    -------
    AudioInfo

    Raises
    ------
    InputError
        If it is not a regular, readable file with sound in it.
    """
    with open_audio(path) as audio:
        return audio.info


def open_audio(path: str | os.PathLike[str]) -> "AudioFile | SndfileAudio":
    """Open a sound file for decoding, with libav, or with libsndfile where that is the one that reads it.

    Parameters
    ----------
    path : path-like
        Any file that libav reads, also a film with sound.

    Returns
    -------
    AudioFile or SndfileAudio
        Use it in a ``with`` statement.

    Raises
    ------
    InputError
        If it is not a regular, readable file with sound in it.
    """
    try:
        return AudioFile(path)
    except InputError as refusal:
        from img2music.media.sndfile import SndfileAudio

        with _regular_file(os.fspath(path)) as file:
            head = file.read(MAGIC_LENGTH)
        if not (head.startswith(OGG) and (b"\x01vorbis" in head or b"OpusHead" in head)):
            raise  # libsndfile is asked for nothing but Ogg
        try:
            return SndfileAudio(os.fspath(path))
        except InputError:
            raise refusal from None


class AudioFile:
    """A sound file, open for decoding.

    Use it in a ``with`` statement. At no time is more of it in memory than one excerpt.

    Parameters
    ----------
    path : path-like
        Any file that libav reads, also a film with sound; of several sound streams the default one.

    Raises
    ------
    InputError
        If it is not a regular, readable file with sound in it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._file: BinaryIO | None = None
        self._decoded = self._damaged = 0  # packets
        with _regular_file(self.path) as file:
            if not os.fstat(file.fileno()).st_size:
                raise InputError("The file is empty.", self.path)
            self._chained = _is_chained_ogg(file)
        self._open()
        try:
            container, context = self._container.format.name, self._stream.codec_context
            channels, rate = context.layout.nb_channels, context.sample_rate
            self.info = AudioInfo(
                0.0, container, context.codec.canonical_name, channels, rate, _begins(self._container, rate)
            )
            duration = None
            if not self._chained and container not in UNMEASURED_FORMATS:
                duration = self._stated_duration()
            self._set_duration(self._measured_duration() if duration is None else duration)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        if self._file is not None:
            self._file.close()

    def remeasure(self) -> bool:
        """Measure the length by walking through the file, where the stated one proved wrong.

        Returns
        -------
        bool
            Whether the file is shorter than was thought; ``info`` then holds the new length.
        """
        before = self.info.duration
        self._reopen()
        self._set_duration(self._measured_duration())
        return self.info.duration < before - SHORTFALL / 2

    def excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode parts of the file.

        Parameters
        ----------
        spans : sequence of (float, float)
            Start and end of each part in seconds, ascending, apart from each other.

        Yields
        ------
        Excerpt
            One for each part that holds any sound, shorter where the file ends.

        Raises
        ------
        InputError
            If it has more channels or another sample rate than music has, or, at the end, if most of what was
            read can't be decoded.
        """
        done = 0
        if not self._chained:
            for span in spans:
                excerpt = self._sought_excerpt(*span)
                if excerpt is None:
                    break
                done += 1
                yield excerpt
        if done < len(spans):
            yield from self._sequential_excerpts(spans[done:])
        if self._damaged > self._decoded:
            raise InputError("Most of this file can't be decoded: it is damaged or not sound.", self.path)

    def pieces(self, start: float, *, rate: int, layout: str) -> Iterator[NDArray[np.float32]]:
        """Decode from a moment on to the end of the file, in one form.

        Parameters
        ----------
        start : float
            Seconds.
        rate : int
            Samples a second of what is given.
        layout : str
            libav's name of its layout.

        Yields
        ------
        ndarray of float32, shape (n, c)
            A piece of some hundred or thousand samples, the first of all at ``start``. Finite.

        Raises
        ------
        InputError
            If it has more channels or another sample rate than music has.
        """
        resampler = Resampler(rate, layout, self.path)
        sought = None if self._chained or self.info.container in WITHOUT_EXACT_SEEKING else self._sought(start)
        if sought is None:
            self._reopen()
            position, frames = 0.0, self._frames()
        else:
            position, frames = sought[0], itertools.chain([sought[1]], sought[2])
        yield from resampler.resampled(frames, round((start - position) * rate))

    def packets(self) -> Iterator[Any]:
        """Read the sound as it is encoded, from where the file stands: at the beginning, when it is new.

        Yields
        ------
        av.Packet
            Not empty. A truncated file ends where it ends.
        """
        import av

        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except (av.error.FFmpegError, IndexError):
            return  # truncated, or PyAV meets a stream that was not there at first: what came before still counts

    def _open(self) -> None:
        import av

        av.logging.set_level(None)
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}

        def opened(source: Any) -> "InputContainer":
            container: InputContainer = av.open(source, options=options, metadata_errors="replace")
            return container

        try:
            try:
                # "file:" keeps libav from reading a name such as "concat:a|b" as a protocol.
                self._container = opened("file:" + self.path)
            except (av.error.InvalidDataError, av.error.ArgumentError):
                # A song called cover.jpg is taken for a picture, by its name. Without a name, bytes decide.
                self._file = _regular_file(self.path)
                self._container = opened(self._file)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            if self._file is not None:
                self._file.close()
            raise InputError(
                f"libav can't read this as sound ({_plain(error)}); is it damaged or another kind of file?",
                self.path,
            ) from error
        stream: Any = self._container.streams.best("audio")
        if stream is None:
            self.close()
            raise InputError("There is no sound in this file.", self.path)
        self._stream: AudioStream = stream
        try:
            self._stream.codec_context.thread_count = 1  # one worker, one core; and the same bits each time
        except AttributeError:
            self.close()
            raise InputError("The encoding of this sound is not known to libav.", self.path) from None

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _set_duration(self, duration: float) -> None:
        self.info = replace(self.info, duration=duration)

    def _stated_duration(self) -> float | None:
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None and stream.duration > 0:
            return float(stream.duration * stream.time_base)
        if self._container.duration is not None and self._container.duration > 0:
            return self._container.duration / 1_000_000  # libav's AV_TIME_BASE
        return None

    def _measured_duration(self) -> float:
        """Add up the packets' durations; decode where the packets don't tell theirs."""
        total, known = 0, True
        for packet in self.packets():
            if packet.duration is None:
                known = False
                break
            total += packet.duration
        time_base = self._stream.time_base
        self._reopen()
        if known and total and time_base is not None:
            return float(total * time_base)
        seconds = sum(frame.samples / frame.sample_rate for frame in self._frames())
        self._reopen()
        return float(seconds)

    def _frames(self) -> "Iterator[AudioFrame]":
        import av

        def decoded(packet: Any) -> "Iterator[AudioFrame]":
            try:
                frames = self._stream.codec_context.decode(packet)
            except (av.error.FFmpegError, ValueError):
                self._damaged += 1  # a click, not the end
                return
            self._decoded += bool(frames)
            yield from (frame for frame in frames if frame.samples)

        for packet in self.packets():
            yield from decoded(packet)
        yield from decoded(None)

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
        position, first, frames = sought
        recorder = _Recorder(first, start, end, self.path)
        excerpt = recorder.record(position, first, frames)
        return excerpt if excerpt and excerpt.end > min(end, self.info.duration) - SHORTFALL else None

    def _sequential_excerpts(self, spans: Sequence[tuple[float, float]]) -> Iterator[Excerpt]:
        """Decode from the start, counting samples: works where time stamps and indexes don't."""
        self._reopen()
        frames = self._frames()
        position = 0.0
        for start, end in spans:
            for frame in frames:
                after = position + frame.samples / frame.sample_rate
                if after > start:
                    recorder = _Recorder(frame, start, end, self.path)
                    excerpt = recorder.record(position, frame, frames)
                    position = recorder.position
                    if excerpt is not None:
                        yield excerpt
                    break
                position = after


class _Recorder:
    """Joins frames into one excerpt, in the form of the first."""

    def __init__(self, frame: "AudioFrame", start: float, end: float, path: str) -> None:
        self.start, self.end = start, end
        check_form(frame, path)
        self.rate = min(frame.sample_rate, HIGHEST_RATE)
        self.layout = frame.layout
        self.position = 0.0
        self._resampler: Any = None
        self._form: tuple[object, ...] = ()

    def record(self, position: float, first: "AudioFrame", frames: "Iterator[AudioFrame]") -> Excerpt | None:
        """Take frames, the first of them at ``position`` seconds, until the excerpt's end."""
        origin = position
        parts = [self._samples(first)]
        count = parts[0].shape[1]
        wanted = round((self.end - origin) * self.rate)
        while count < wanted:
            frame = next(frames, None)
            if frame is None:
                break
            parts.append(self._samples(frame))
            count += parts[-1].shape[1]
        self.position = origin + count / self.rate
        skipped = max(0, round((self.start - origin) * self.rate))
        samples = np.concatenate(parts, axis=1)[:, skipped:wanted]
        if not samples.shape[1]:
            return None
        layout = tuple(channel.name for channel in self.layout.channels)
        if UNNAMED in layout:
            layout = USUAL_LAYOUT[: len(layout)] if len(layout) > 1 else ("FC",)
        return excerpt_of(origin + skipped / self.rate, self.rate, layout, samples)

    def _samples(self, frame: "AudioFrame") -> NDArray[np.float32]:
        import av

        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._form != form:  # links of a chained file may differ
            self._form = form
            # Interleaved: PyAV crashes on frames with eight planes.
            self._resampler = av.AudioResampler(format="flt", layout=self.layout, rate=self.rate)
        nothing = np.zeros((0, self.layout.nb_channels), dtype=np.float32)
        parts = [part.to_ndarray().reshape(-1, nothing.shape[1]) for part in self._resampler.resample(frame)]
        return np.ascontiguousarray(np.concatenate([nothing, *parts]).T)


def _regular_file(path: str) -> BinaryIO:
    """Open a regular file for reading bytes; a pipe or a device would block, so they are refused unopened."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise InputError("This is not a regular file.", path)
        return os.fdopen(os.open(path, os.O_RDONLY), "rb")  # has no name, see `AudioFile._open`
    except (OSError, ValueError) as error:
        raise InputError(f"Can't be opened: {_plain(error)}.", path) from error


def _plain(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _begins(container: "InputContainer", rate: int) -> float:
    """Start of a Broadcast Wave file (EBU Tech 3285, TimeReference: samples since midnight), in seconds."""
    told = container.metadata.get("time_reference", "0")
    if container.format.name != "wav" or not told.isdecimal() or int(told) >= DAY * rate:
        return 0.0
    return int(told) / rate


def _is_chained_ogg(file: BinaryIO) -> bool:
    """Tell whether an Ogg file is several in a row, each with time of its own (RFC 3533, section 4)."""
    head = file.read(OGG_TAIL)
    if head[:4] != OGG:
        return False
    beginnings = set()
    offset = 0
    while head[offset : offset + 4] == OGG and head[offset + 5 : offset + 6] and head[offset + 5] & 2:
        beginnings.add(head[offset + 14 : offset + 18])  # serial number of a stream that begins here
        segments = head[offset + 27 : offset + 27 + head[offset + 26]] if len(head) > offset + 26 else b""
        offset += 27 + len(segments) + sum(segments)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - OGG_TAIL))
    tail = file.read()
    last = tail.rfind(OGG)
    return last >= 0 and tail[last + 14 : last + 18] not in beginnings
