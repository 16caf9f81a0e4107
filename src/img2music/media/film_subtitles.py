"""Subtitles of one kind to those that another container holds."""

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream

TEXTS = {"ass", "mov_text", "subrip", "text", "webvtt"}
"""libav's names of the kinds that are text, which it turns into each other."""

KEPT = {
    "mp4": {"mov_text"},
    "mov": {"mov_text"},
    "matroska": {"ass", "dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "subrip", "webvtt"},
    "webm": {"webvtt"},
}
"""By libav's name of the container, the kinds that it holds as they are."""

TIME_BASE = Fraction(1, 1000)


class Converted:
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
        self.stream.codec_context.time_base = TIME_BASE

    def take(self, packet: "Packet[Any]") -> "list[tuple[float, Packet[Any]]]":
        """Convert one subtitle."""
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
                made.stream, made.time_base = self.stream, TIME_BASE
                made.pts = made.dts = round(start * 1000)
                made.duration = max(1, round((end - start) * 1000))
                return [(start, made)]
        return []
