"""Pictures to a film: H.264 (VP9 in WebM), with sound, while both are being made."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.files import replacing
from img2music.media.film_writer import film_format
from img2music.media.sound_writer import Sound, SoundEncoder, opened

if TYPE_CHECKING:
    from av.container import OutputContainer

Progress = Callable[[float, float], None]
"""Called with how many seconds are written, and how many there are."""

BT709 = 1
"""In ITU-T H.273, tables 2 to 4: primaries, transfer characteristics and matrix of high definition television."""

TELEVISION = 1
"""libav's name of the limited range: 16 for black to 235 for white."""

OPTIONS = {
    # Half the processor time of "faster" (30 and 63 ms a picture), and photos that move slowly are easy.
    "libx264": {"preset": "veryfast", "crf": "18"},
    "libvpx-vp9": {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "7", "row-mt": "1", "tile-columns": "2"},
}
"""By encoder."""

KEY_PICTURE = 2
"""Seconds from one picture that stands for itself to the next, so that players jump there quickly."""


def write_pictures(
    pictures: Iterable[Sequence[NDArray[np.uint8]]],
    file: Path,
    *,
    rate: int,
    size: tuple[int, int],
    count: int,
    sound: Sound | None = None,
    progress: Progress | None = None,
) -> None:
    """Write a film that takes its name when it is whole."""
    form = film_format(file)
    with replacing(file, form.kind) as stream, opened(stream, form.container, file) as out:
        sources = [_pictures(pictures, rate, size, form.video, out)]
        if sound is not None:
            sources.append(_sound(sound, form.sound, out))
        out.start_encoding()
        for seconds, packet in heapq.merge(*sources, key=lambda timed: timed[0]):
            out.mux(packet)
            if progress is not None:
                progress(min(max(seconds, 0.0), count / rate), count / rate)


def _pictures(
    pictures: Iterable[Sequence[NDArray[np.uint8]]],
    rate: int,
    size: tuple[int, int],
    codec: str,
    out: "OutputContainer",
) -> Iterator[tuple[float, Any]]:
    import av

    stream: Any = out.add_stream(codec, rate=rate, options=OPTIONS[codec] | {"g": str(KEY_PICTURE * rate)})
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_type = "AUTO"
    context.time_base = Fraction(1, rate)
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = TELEVISION

    def packets() -> Iterator[tuple[float, Any]]:
        for number, planes in enumerate(pictures):
            stacked = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, size[0])
            frame = av.VideoFrame.from_ndarray(stacked, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            frame.colorspace, frame.color_range = BT709, TELEVISION
            yield from map(timed, stream.encode(frame))
        yield from map(timed, stream.encode(None))

    def timed(packet: Any) -> tuple[float, Any]:
        if not packet.duration:
            packet.duration = round(Fraction(1, rate) / packet.time_base)
        return float((packet.dts if packet.dts is not None else packet.pts or 0) * packet.time_base), packet

    return packets()


def _sound(sound: Sound, codec: str, out: "OutputContainer") -> Iterator[tuple[float, Any]]:
    encoder = SoundEncoder(out, codec, sound.rate, sound.layout)

    def packets() -> Iterator[tuple[float, Any]]:
        block: NDArray[np.float32] | None
        for block in itertools.chain(sound.blocks, [None]):
            for packet in encoder.encode(block):
                yield float((packet.pts or 0) * packet.time_base), packet

    return packets()
