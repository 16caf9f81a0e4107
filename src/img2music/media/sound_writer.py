"""Sound to files and into films: encoded block by block, with nothing before its first sample or after its last."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.files import replacing
from img2music.media.output_formats import SOUND

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet

BIT_RATES = {"aac": 96_000, "libopus": 80_000, "libmp3lame": 128_000}
"""Bits a second and channel, by encoder; what is not here is lossless. Stereo gets 192, 160 and 256 kbit/s."""

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""The channel layouts that AAC (ISO/IEC 14496-3, table 1.19) and Opus (RFC 7845, 5.1.1.2) both name, by channels."""

BUFFER = 2**20
"""Bytes that are written at once."""


@dataclass(frozen=True)
class Sound:
    """Sound to be written."""

    rate: int  # samples a second
    layout: str  # name of its channel layout in libav, such as "stereo" or "5.1"
    samples: int  # how many rows there are in all blocks
    blocks: Iterator[NDArray[np.float32]]  # of shape (n, channels), in order; full scale is 1.0


Timed = tuple[float, Any]
"""Seconds, and a packet that is to be written there."""


def timed(packet: Any) -> Timed:
    """A packet with its seconds."""
    return float((packet.dts if packet.dts is not None else packet.pts or 0) * packet.time_base), packet


class SoundEncoder:
    """A stream of sound in a file that is being written."""

    def __init__(
        self,
        container: "OutputContainer",
        codec: str,
        rate: int,
        layout: str,
        channels: int = 8,
        *,
        bit_rate: int | None = None,  # of a channel
    ) -> None:
        import av

        self._rate, self._layout = rate, layout
        self._at = 0
        count = min(av.AudioLayout(layout).nb_channels, channels)
        stream: Any = container.add_stream(codec, rate=rate)
        self.stream = stream
        self.stream.layout = LAYOUTS.get(count, "stereo" if count == 2 else layout)
        self.stream.time_base = Fraction(1, rate)
        if codec in BIT_RATES:
            self.stream.bit_rate = (bit_rate or BIT_RATES[codec]) * self.stream.layout.nb_channels
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

    def encoded(self, sound: Sound) -> Iterator[Timed]:
        """Encode all of a sound."""
        for block in itertools.chain(sound.blocks, [None]):
            yield from map(timed, self.encode(block))


@contextlib.contextmanager
def sound_file(file: Path, rate: int, layout: str) -> Iterator[Callable[[NDArray[np.float32]], None]]:
    """Write a file of sound that takes its name when it is whole."""
    written = SOUND.chosen(None, file)
    options = dict(written.options)
    with replacing(file, written.kind) as stream, opened(stream, written.container, file, options) as container:
        encoder = SoundEncoder(container, written.codec, rate, layout, written.channels)
        yield lambda block: container.mux(encoder.encode(block))
        container.mux(encoder.encode(None))


@contextlib.contextmanager
def opened(
    stream: IO[bytes], container: str, file: Path, options: dict[str, str] | None = None
) -> "Iterator[OutputContainer]":
    """Open a container for writing; what libav can't write is an `InputError`."""
    import av

    av.logging.set_level(None)
    sink = _Sink(stream)
    try:
        with av.open(sink, "w", format=container, container_options=options or {}, buffer_size=BUFFER) as out:
            yield out
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
