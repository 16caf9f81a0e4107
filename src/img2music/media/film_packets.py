"""The encoded pictures of a film, as they lie in its file: what they say of their times, and copies of them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from img2music.media.video import VideoFile

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

MOST_REORDERED = 16
"""Pictures that H.264 and H.265 hold back at most, to show them in another order (ITU-T H.264, A.3.1)."""

CLOSE = 0.0005
"""Seconds: half of the unit in which Matroska and cue sheets tell times."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the packets of a film's pictures say.

    Attributes
    ----------
    origin : Fraction
        Seconds: the time stamp of the first picture that can be decoded.
    duration : float
        Seconds from there to the end of the last picture.
    hidden : bool
        Whether pictures come before it that are needed, and not shown (an edit list cut within a group of pictures).
    fault : str or None
        Why the packets can't be copied as they are, as the end of a sentence.
    """

    origin: Fraction
    duration: float
    hidden: bool
    fault: str | None


def survey(path: str | os.PathLike[str]) -> Survey:
    """Read through the packets of a film's pictures, without decoding more than the first.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Survey

    Raises
    ------
    InputError
        If it can't be read as a film.
    """
    with VideoFile(path) as video:
        origin = video.origin()
    with VideoFile(path) as video:
        return _survey(video, origin)


def _survey(video: VideoFile, origin: Fraction) -> Survey:
    stream = video.stream
    base = stream.time_base or Fraction(1, 1_000_000)
    start, interval = round(origin / base), max(1, round(1 / video.info.rate / base))
    fault: str | None = None
    end, before = start + interval, None
    hidden = ended = late = False
    for packet in dated(demuxed(video.container, [stream]), video.info.rate):
        if packet.pts is None or packet.dts is None:
            fault = fault or "its pictures have no time stamps"
            continue
        if before is not None and packet.dts < before:
            fault = fault or "its time stamps go back"
        if packet.dts > packet.pts:
            fault = fault or "its time stamps are out of order"
        before = packet.dts
        if packet.is_discard:
            hidden = hidden or packet.pts < start
            ended = ended or packet.pts >= start
            continue
        end = max(end, packet.pts + (packet.duration or interval))
        late = late or ended
    if late:  # what is not to be shown lies amidst what is
        fault = fault or "it has been cut by an edit list"
    return Survey(origin, float((end - start) * base), hidden, fault)


def demuxed(container: "InputContainer", streams: "list[Any]") -> "Iterator[Packet[Any]]":
    """Read the packets of some streams; a truncated file ends early.

    Parameters
    ----------
    container : InputContainer
        At its start.
    streams : list of Stream

    Yields
    ------
    Packet
    """
    import av
    from av.stream import Discard

    if not streams:
        return
    wanted = {stream.index for stream in streams}
    for stream in container.streams:
        if stream.index not in wanted:
            stream.discard = Discard.all
    with suppress(av.error.FFmpegError, OSError):
        for packet in container.demux(streams):
            if packet.size:
                yield packet


def dated(packets: "Iterator[Packet[Any]]", rate: float) -> "Iterator[Packet[Any]]":
    """Tell when packets of pictures are to be decoded, where a container does not, as Matroska.

    libav finds out from what comes later, and so leaves out the first ones where pictures are not in order.

    Parameters
    ----------
    packets : iterator of Packet
        In the order of the file.
    rate : float
        Pictures a second.

    Yields
    ------
    Packet
        All of them; without a time only where none can be found.
    """
    held: list[Packet[Any]] = []
    last: int | None = None
    for packet in packets:
        if packet.dts is None and last is None and len(held) < MOST_REORDERED:
            held.append(packet)
            continue
        if packet.dts is None and last is not None:
            packet.dts = last + 1
        if packet.dts is not None:
            last = packet.dts
            step = max(1, round(1 / rate / packet.time_base))
            for before, each in enumerate(reversed(held), start=1):
                each.dts = packet.dts - before * step
        yield from held
        held.clear()
        yield packet
    yield from held


class Copied:
    """Packets of one stream that go into another file as they are, at the film's times.

    Parameters
    ----------
    stream : Stream
        Where they go.
    origin : Fraction
        Seconds: the time stamp of the film's first picture, which becomes 0.
    duration : float
        Seconds of the film; nothing comes after.
    interval : float
        Seconds that a packet lasts which doesn't say so.
    before : bool
        Whether packets from before the first picture are copied too.
    empty : int
        Bytes up to which a packet says nothing, and is left out.
    """

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
        """Give a packet its place in the new file.

        Parameters
        ----------
        packet : Packet

        Returns
        -------
        list of (float, Packet)
            With its seconds, as far as it belongs there.
        """
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
