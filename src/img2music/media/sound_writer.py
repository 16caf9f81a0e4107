"""Sound to files and into films: encoded block by block, with nothing before its first sample or after its last."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, UsageError
from img2music.files import FileKind, replacing

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet

Progress = Callable[[float, float], None]
"""Called with how many seconds are written, and how many there are."""

BIT_RATES = {"aac": 96_000, "libopus": 80_000, "libmp3lame": 128_000}
"""Bits a second and channel, by encoder; what is not here is lossless. Stereo gets 192, 160 and 256 kbit/s."""

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""The channel layouts that AAC (ISO/IEC 14496-3, table 1.19) and Opus (RFC 7845, 5.1.1.2) both name, by channels."""

BUFFER = 2**20
"""Bytes that are written at once."""


class Sound(Protocol):
    """Sound to be written; see `soundtrack.sound.Sound`."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def layout(self) -> str:
        """Name of its channel layout in libav."""

    @property
    def samples(self) -> int:
        """How many rows there are in all blocks."""

    @property
    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Arrays of shape (n, channels), in order."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How a file of sound is written."""

    container: str  # libav's names
    codec: str  # libav's names
    kind: FileKind
    channels: int = 8  # most that it holds
    options: tuple[tuple[str, str], ...] = ()  # of the container


_FLAC = FileKind("a FLAC file", (".flac",), rb"fLaC|ID3")
_WAV = FileKind("a WAV file", (".wav",), rb"(RIFF|RF64).{4}WAVE")
_M4A = FileKind("an M4A file", (".m4a",), rb".{4}ftyp")
_MP3 = FileKind("an MP3 file", (".mp3",), rb"ID3|\xff[\xe0-\xff]")
_OPUS = FileKind("an Ogg file", (".opus", ".ogg"), rb"OggS")

FORMATS = {
    ".flac": SoundFormat("flac", "flac", _FLAC),
    ".wav": SoundFormat("wav", "pcm_s24le", _WAV, options=(("rf64", "auto"),)),  # beyond 4 GB
    ".m4a": SoundFormat("ipod", "aac", _M4A),
    ".mp3": SoundFormat("mp3", "libmp3lame", _MP3, channels=2),
    ".opus": SoundFormat("opus", "libopus", _OPUS),
    ".ogg": SoundFormat("ogg", "libopus", _OPUS),
}
"""By the ending of a file's name."""


def sound_format(file: Path) -> SoundFormat:
    """Find how a file of sound is to be written."""
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise UsageError(f"The name of a file of sound must end in {', '.join(FORMATS)}.")
    return found


class SoundEncoder:
    """A stream of sound in a file that is being written."""

    def __init__(self, container: "OutputContainer", codec: str, rate: int, layout: str, channels: int = 8) -> None:
        import av

        self._rate, self._layout = rate, layout
        self._at = 0
        count = min(av.AudioLayout(layout).nb_channels, channels)
        stream: Any = container.add_stream(codec, rate=rate)
        self.stream = stream
        self.stream.layout = LAYOUTS.get(count, "stereo" if count == 2 else layout)
        self.stream.time_base = Fraction(1, rate)
        if codec in BIT_RATES:
            self.stream.bit_rate = BIT_RATES[codec] * self.stream.layout.nb_channels
        elif codec == "flac":
            self.stream.format = "s32"  # of which it writes 24 bits

    def encode(self, block: NDArray[np.float32] | None) -> "list[Packet[Any]]":
        """Encode what comes next."""
        import av

        frame = None
        if block is not None:
            if not len(block):
                return []
            samples = np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="flt", layout=self._layout)
            frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._at
            self._at += len(block)
        packets: list[Packet[Any]] = self.stream.encode(frame)
        return packets


@contextlib.contextmanager
def sound_file(file: Path, rate: int, layout: str) -> Iterator[Callable[[NDArray[np.float32]], None]]:
    """Write a file of sound that takes its name when it is whole."""
    form = sound_format(file)
    with replacing(file, form.kind) as stream, opened(stream, form.container, file, dict(form.options)) as container:
        encoder = SoundEncoder(container, form.codec, rate, layout, form.channels)
        yield lambda block: container.mux(encoder.encode(block))
        container.mux(encoder.encode(None))


@contextlib.contextmanager
def opened(
    stream: IO[bytes], form: str, file: Path, options: dict[str, str] | None = None
) -> "Iterator[OutputContainer]":
    """Open a container for writing; what libav can't write is an `InputError`."""
    import av

    av.logging.set_level(None)
    sink = _Sink(stream)
    try:
        with av.open(sink, "w", format=form, container_options=options or {}, buffer_size=BUFFER) as container:
            yield container
    except av.error.FFmpegError as error:
        if sink.fault is not None:
            raise sink.fault from None
        raise InputError(f"libav can't write this ({error.strerror or error}).", str(file)) from error


class _Sink:
    """A file as libav writes it, which remembers what came in between: a full disk, or Ctrl-C."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.fault: BaseException | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except BaseException as fault:
            self.fault = fault
            raise
