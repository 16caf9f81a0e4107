"""The streams of a film's file: copied as they are or encoded anew, with what they say of themselves."""

import itertools
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from img2music.media import tone
from img2music.media.film_survey import SAME_RATE
from img2music.media.sound_writer import Timed, timed
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

CLOSE = 0.0005
"""Seconds: half of the unit in which Matroska and cue sheets tell times."""

FORGOTTEN = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "vendor_id"}
"""Tags that tell of the old file, and not of the film."""

COUNTED = ("BPS", "NUMBER_OF_", "_STATISTICS_", "DURATION", "SOURCE_ID")
"""How tags begin in which Matroska tells how many bytes and seconds a stream has."""

QUICKTIME = {"deu": "ger", "ell": "gre", "isl": "ice", "nld": "dut", "zho": "chi"}
"""Languages which libav's writer of QuickTime files only knows by their bibliographic codes (ISO 639-2/B)."""

VIDEO_TIME_BASE = Fraction(1, 90_000)
"""Seconds; of MPEG transport streams, and exact for 24, 25, 30, 50, 60 and 29.97 pictures a second."""

TELEVISION = 1
"""libav's name of the limited range: 16 for black to 235 for white; that of `yuv420p` without more."""

DEEP = {"libx264": "libx264", "libvpx-vp9": "libsvtav1"}
"""By encoder, the one that takes its place for 10 bits: libav's build of libvpx has 8."""

OPTIONS = {
    "libx264": {"preset": "fast", "crf": "18"},  # https://trac.ffmpeg.org/wiki/Encode/H.264: looks as the original
    "libvpx-vp9": {"crf": "30", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "tile-columns": "2"},
    "libsvtav1": {"preset": "8", "crf": "26"},
}
"""By encoder: constant quality, at a speed at which films are no patience game on two processors."""

NAMES = {"libx264": "H.264", "libvpx-vp9": "VP9", "libsvtav1": "AV1"}


@dataclass
class Copied:
    """Packets of one stream that go into another file as they are, at the film's times."""

    stream: "Stream"
    origin: Fraction
    duration: float
    _: KW_ONLY
    interval: float = 0.0  # seconds of a packet that does not say how long it lasts
    before: bool = False  # whether what lies before the first picture goes along
    empty: int = 0  # bytes of a packet in which there is nothing
    _last: int | None = None
    _held: list[Timed] = field(default_factory=list)

    def take(self, packet: "Packet[Any]") -> list[Timed]:
        """Give a packet its place in the new file."""
        base = packet.time_base
        if packet.pts is None or packet.size <= self.empty:
            return []
        shift = round(self.origin / base)
        pts = packet.pts - shift
        dts = pts if packet.dts is None else packet.dts - shift
        if float(pts * base) > self.duration - CLOSE or (pts < 0 and not self.before):
            return []
        if self._last is not None and dts <= self._last:
            dts = self._last + 1
        if dts > pts:
            return []
        self._last = dts
        if not packet.duration and self.interval:
            packet.duration = round(self.interval / base)
        if packet.duration:
            packet.duration = min(packet.duration, max(1, round(self.duration / base) - pts))
        packet.pts, packet.dts = pts, dts
        discarded = packet.is_discard and pts >= 0
        packet.stream = self.stream
        self._held.append((float(dts * base), packet))
        if discarded:  # left out, if nothing that is shown follows
            return []
        held, self._held = self._held, []
        return held


def video_stream(
    out: "OutputContainer",
    codec: str,
    size: tuple[int, int],
    *,
    rate: Fraction | int,
    base: Fraction,
    options: dict[str, str],
    pixels: str = "yuv420p",
) -> Any:
    """Add a stream for pictures that are encoded."""
    stream: Any = out.add_stream(codec, rate=rate, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = pixels
    stream.codec_context.thread_type = "AUTO"
    stream.codec_context.time_base = base
    stream.codec_context.color_range = TELEVISION
    return stream


def encoded(
    container: "OutputContainer", codec: str, video: VideoFile, duration: float
) -> tuple[Any, str, Iterator[Timed]]:
    """Encode a film's pictures anew into a stream of another file: the stream, what its encoding is called, packets."""
    from av.video.frame import PictureType

    frames = video.frames()
    head = next(frames)
    first = head.frame
    deep = first.format.components[0].bits > 8 and int(first.color_trc) in (tone.PQ, tone.HLG)
    codec = DEEP[codec] if deep else codec
    os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 tells standard error how it is set up, otherwise
    rate = Fraction(video.survey.rate).limit_denominator(1001)
    shape = video.stream.sample_aspect_ratio or Fraction(1)
    # VP9 and AV1 do not tell the shape of a pixel: there, it is made square.
    width = first.width if codec == "libx264" else round(first.width * shape)
    size = max(2, width // 2 * 2), max(2, first.height // 2 * 2)
    pixels = "yuv420p10le" if deep else "yuv420p"
    stream = video_stream(
        container, codec, size, rate=rate, base=VIDEO_TIME_BASE, options=OPTIONS[codec], pixels=pixels
    )
    context = stream.codec_context
    if codec == "libx264":
        context.sample_aspect_ratio = shape
    for attribute in ("color_primaries", "color_trc", "colorspace"):
        setattr(context, attribute, int(getattr(first, attribute)))
    matrix: Any = first.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        stream.set_display_matrix(struct.unpack("=9i", bytes(matrix)))
    describe(stream, video.stream)

    def pictures() -> "Iterator[av.VideoFrame]":
        for each in itertools.chain([head], frames):
            if each.time < duration:
                picture = each.frame.reformat(*size, format=pixels, dst_color_range=TELEVISION, interpolation="BICUBIC")
                picture.pts, picture.time_base = round(each.time / VIDEO_TIME_BASE), VIDEO_TIME_BASE
                picture.pict_type = PictureType.NONE  # where its own encoder began anew is no business of the new one
                yield picture

    interval = round(1 / video.survey.rate / VIDEO_TIME_BASE)
    return stream, NAMES[codec], packets_of(pictures(), stream, interval, duration)


def packets_of(pictures: "Iterable[av.VideoFrame]", stream: Any, interval: int, end: float) -> Iterator[Timed]:
    """Encode pictures that last so many ticks, the last one until the film ends, however varying its rate."""
    last = None
    for picture in itertools.chain(pictures, [None]):
        last = last if picture is None else picture.pts
        for packet in stream.encode(picture):
            packet.duration = interval  # not that of the picture, in another unit
            if picture is None and packet.pts == last:
                packet.duration = round(end / packet.time_base) - packet.pts
            yield timed(packet)


def tags(container: "InputContainer", written: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the tags of a film."""
    kept = _kept(container.metadata)
    # Phones tell place and time in tags of their own, which libav writes only in the same way as they do.
    phone = any(name.startswith(("com.apple.", "com.android.")) for name in kept)
    return kept, {"movflags": "+use_metadata_tags"} if phone and written in ("mp4", "mov") else {}


def describe(stream: Any, source: Any) -> None:
    """Give a stream the tags of another, and its dispositions."""
    kept = _kept(source.metadata)
    if stream.container.format.name == "mov" and kept.get("language") in QUICKTIME:
        kept["language"] = QUICKTIME[kept["language"]]
    stream.metadata.update(kept)
    stream.disposition = source.disposition


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in metadata.items() if name not in FORGOTTEN and not name.startswith(COUNTED)}


def twin(out: "OutputContainer", source: Any, tag: str | None = None, rate: float | None = None) -> Any:
    """Add a stream for packets that are copied."""
    stream: Any = out.add_stream_from_template(source, opaque=True)
    if tag is not None:
        stream.codec_context.codec_tag = tag
    if source.type == "video":
        base = source.base_rate
        constant = base and (source.average_rate == base or (rate and abs(rate / base - 1) < SAME_RATE))
        stream.codec_context.framerate = base if constant else 0
        if rate and not constant and out.format.name in ("matroska", "webm"):
            # How long a picture lasts is told there only where that is unusual: it takes what is usual.
            stream.codec_context.framerate = Fraction(rate).limit_denominator(1001)
        if source.sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = source.sample_aspect_ratio
    describe(stream, source)
    return stream
