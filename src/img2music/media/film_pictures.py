"""Pictures encoded anew, where the new file can't hold them as they are."""

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from img2music.errors import InputError
from img2music.media.video import NO_PICTURE, VideoFile

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer

TIME_BASE = Fraction(1, 90_000)
"""Seconds; of MPEG transport streams, and exact for 24, 25, 30, 50, 60 and 29.97 pictures a second."""

HIGH_DYNAMIC_RANGE = (16, 18)
"""Transfer characteristics of ITU-T H.273, table 3: SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG)."""

DEEP = {"libx264": "libx264", "libvpx-vp9": "libsvtav1"}
"""By encoder, the one that takes its place for 10 bits: libav's build of libvpx has 8."""

OPTIONS = {
    "libx264": {"preset": "fast", "crf": "18"},  # https://trac.ffmpeg.org/wiki/Encode/H.264: looks as the original
    "libvpx-vp9": {"crf": "30", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "tile-columns": "2"},
    "libsvtav1": {"preset": "8", "crf": "26"},
}
"""By encoder: constant quality, at a speed at which films are no patience game on two processors."""

NAMES = {"libx264": "H.264", "libvpx-vp9": "VP9", "libsvtav1": "AV1"}


class Encoded:
    """A film's pictures, encoded anew into a stream of another file."""

    def __init__(self, container: "OutputContainer", codec: str, video: VideoFile, duration: float) -> None:
        self._frames = video.frames()
        self._duration = duration
        self._last = 0
        self._interval = round(1 / video.survey.rate / TIME_BASE)
        first = next(self._frames, None)
        if first is None:
            raise InputError(NO_PICTURE, video.path)
        self._first = first.frame
        deep = self._first.format.components[0].bits > 8 and int(self._first.color_trc) in HIGH_DYNAMIC_RANGE
        codec = DEEP[codec] if deep else codec
        os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 tells standard error how it is set up, otherwise
        self.name = NAMES[codec]
        rate = Fraction(video.survey.rate).limit_denominator(1001)
        stream: Any = container.add_stream(codec, rate=rate, options=OPTIONS[codec])
        shape = video.stream.sample_aspect_ratio or Fraction(1)
        # VP9 and AV1 do not tell the shape of a pixel: there, it is made square.
        width = self._first.width if codec == "libx264" else round(self._first.width * shape)
        stream.width, stream.height = max(2, width // 2 * 2), max(2, self._first.height // 2 * 2)
        stream.pix_fmt = self._format = "yuv420p10le" if deep else "yuv420p"
        context = stream.codec_context
        context.time_base = TIME_BASE
        context.thread_type = "AUTO"
        if codec == "libx264":
            context.sample_aspect_ratio = shape
        for attribute in ("color_primaries", "color_trc", "colorspace"):
            setattr(context, attribute, int(getattr(self._first, attribute)))
        context.color_range = 1  # of television: `yuv420p` without more
        matrix: Any = self._first.side_data.get("DISPLAYMATRIX")
        if matrix is not None:
            stream.set_display_matrix(struct.unpack("=9i", bytes(matrix)))
        self.stream = stream

    def packets(self) -> Iterator[tuple[float, Any]]:
        """Encode all pictures."""
        yield from self._encoded(self._first, 0.0)
        for each in self._frames:
            yield from self._encoded(each.frame, each.time)
        for packet in self.stream.encode(None):
            seconds, timed = self._timed(packet)
            if packet.pts == self._last:  # lasts until the film ends, however varying its rate
                timed.duration = round(self._duration / packet.time_base) - packet.pts
            yield seconds, timed

    def _encoded(self, frame: "av.VideoFrame", time: float) -> Iterator[tuple[float, Any]]:
        from av.video.frame import PictureType

        if time >= self._duration:
            return
        picture = frame.reformat(
            self.stream.width, self.stream.height, format=self._format, dst_color_range=1, interpolation="BICUBIC"
        )
        picture.pts, picture.time_base = round(time / TIME_BASE), TIME_BASE
        self._last = picture.pts
        picture.pict_type = PictureType.NONE  # where its own encoder began anew is no business of the new one
        for packet in self.stream.encode(picture):
            yield self._timed(packet)

    def _timed(self, packet: Any) -> tuple[float, Any]:
        packet.duration = self._interval  # not that of the picture, in another unit
        return float((packet.dts if packet.dts is not None else packet.pts or 0) * packet.time_base), packet
