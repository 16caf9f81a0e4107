"""The encoded pictures of a film, as they lie in its file: copies of them, and what they say of their times."""

import os
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from img2music.media.film_survey import Survey
from img2music.media.video import VideoFile

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

CLOSE = 0.0005
"""Seconds: half of the unit in which Matroska and cue sheets tell times."""


def survey(path: str | os.PathLike[str]) -> Survey:
    """Read through the packets of a film, without decoding more than the first picture."""
    with VideoFile(path) as video:
        return video.survey


class Copied:
    """Packets of one stream that go into another file as they are, at the film's times."""

    def __init__(
        self,
        stream: "Stream",
        origin: Fraction,
        duration: float,
        *,
        interval: float = 0.0,
        before: bool = False,
        empty: int = 0,
    ) -> None:
        self._stream = stream
        self._origin = origin
        self._duration = duration
        self._interval = interval
        self._before = before
        self._empty = empty
        self._last: int | None = None
        self._held: list[tuple[float, Packet[Any]]] = []

    def take(self, packet: "Packet[Any]") -> "list[tuple[float, Packet[Any]]]":
        """Give a packet its place in the new file."""
        base = packet.time_base
        if packet.pts is None or packet.size <= self._empty:
            return []
        shift = round(self._origin / base)
        pts = packet.pts - shift
        dts = pts if packet.dts is None else packet.dts - shift
        if float(pts * base) > self._duration - CLOSE or (pts < 0 and not self._before):
            return []
        if self._last is not None and dts <= self._last:
            dts = self._last + 1
        if dts > pts:
            return []
        self._last = dts
        if not packet.duration and self._interval:
            packet.duration = round(self._interval / base)
        if packet.duration:
            packet.duration = min(packet.duration, max(1, round(self._duration / base) - pts))
        packet.pts, packet.dts = pts, dts
        discarded = packet.is_discard and pts >= 0
        packet.stream = self._stream
        self._held.append((float(dts * base), packet))
        if discarded:  # left out, if nothing that is shown follows
            return []
        held, self._held = self._held, []
        return held
