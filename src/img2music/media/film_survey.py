"""A film's packets, read through once: how long its pictures last, and where its clock jumps."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

MOST_REORDERED = 16
"""Pictures that H.264 and H.265 hold back at most, to show them in another order (ITU-T H.264, A.3.1)."""

BACK = 0.5
"""Seconds that a clock goes back at least when it begins anew; less is a time stamp that was rounded or mistaken."""

FORWARD, FORWARD_ALONE = 1.0, 10.0
"""Seconds that a clock jumps forward at least: where both pictures and sound jump in a container of broadcasts, whose
clocks may; and in all others, or where only one of them says so (FFmpeg's ``dts_delta_threshold``)."""

SAME_RATE = 0.01
"""Share by which a film's rate may be off what it says."""

NEAR = 3.0
"""Seconds within which pictures and sound lie in a file and begin after the same jump."""

GUESSED = ("matroska", "nut")
"""libav's names of containers that don't say when pictures are to be decoded, of which it tells a guess."""

Seams = Mapping[int, tuple[tuple[int, Fraction], ...]]
"""By the index of a stream: from which of its packets on its time stamps are to be moved, and by how many seconds."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the packets of a film say."""

    origin: Fraction  # seconds: the time stamp of the first picture that can be decoded
    duration: float  # seconds from there to the end of the last picture
    rate: float  # pictures a second, on average until the last begins, which may last much longer
    sound_end: float  # seconds from there to the end of its sound; 0 where there is none
    lacking: float  # seconds of its stated length for which it has nothing: no pictures, no sound, no subtitles
    # Whether pictures come before it that are needed, and not shown (an edit list cut within a group of pictures)
    hidden: bool
    # How many pictures are held back at most to be shown in order; None where the container says when each is to be
    # decoded
    reordered: int | None
    fault: str | None  # why the packets can't be copied as they are, as the end of a sentence
    seams: Seams  # where its clock jumps, so that what follows goes on where the pictures before it ended


@dataclass(slots=True)
class _Run:
    """Packets of a stream between two jumps of its clock, in its own ticks."""

    first: int  # place of its first packet in the stream, from 0
    seen: Counter[int]  # packets of each stream that came before
    back: bool  # whether it begins before the last one ends
    start: int
    clock: int  # when the latest packet is to be decoded, if the container says so, or shown
    until: int  # and its duration later
    last: int  # the latest stamp, of a packet that
    lasts: int
    second: int | None = None  # and the one before it
    tail: int = 0  # end of the packet that comes last in the file
    ordered: bool = True  # whether that is also the latest

    def add(self, stamp: int, clock: int, duration: int) -> None:
        self.ordered = stamp >= self.last
        if stamp > self.last:
            self.last, self.lasts, self.second = stamp, duration, self.last
        elif stamp < self.last and (self.second is None or stamp > self.second):
            self.second = stamp
        if clock >= self.clock:
            self.clock, self.until = clock, clock + duration
        self.start = min(self.start, stamp)
        self.tail = stamp + duration


@dataclass(slots=True)
class _Track:
    """A stream, parted where its clock seems to jump."""

    base: Fraction
    interval: float  # seconds of a packet that does not say how long it lasts
    container: str
    runs: list[_Run] = field(default_factory=list)

    def add(self, packet: "Packet[Any]", seen: Counter[int], index: int) -> None:
        run = self.runs[-1] if self.runs else None
        duration = packet.duration or max(1, round(self.interval / self.base))
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None:
            stamp = run.tail if run else 0
        told = packet.dts is not None and not self.container.startswith(GUESSED)
        clock = packet.dts if told and packet.dts is not None else stamp
        back = ahead = False
        if run is not None:
            # Without times of decoding, only what is shown in order can tell.
            back = clock < run.clock - BACK / self.base and (told or packet.is_keyframe)
            ahead = clock > run.until + (FORWARD if told or packet.is_keyframe else FORWARD_ALONE) / self.base
        if run is None or back or ahead:
            run = _Run(index, seen.copy(), back, stamp, clock, clock + duration, stamp, duration)
            self.runs.append(run)
        run.add(stamp, clock, duration)

    def start(self, run: _Run) -> Fraction:
        return run.start * self.base

    def end(self, run: _Run) -> Fraction:
        lasts = run.lasts
        if not run.ordered and run.second is not None and self.container.startswith("mov"):
            # Durations go from one decoding to the next there, which says little of it if others are decoded later.
            lasts = min(lasts, run.last - run.second)
        return max(run.last + lasts, run.tail) * self.base

    def covers(self, start: Fraction, end: Fraction) -> bool:
        """Whether its packets go on through a time."""
        return any(self.start(run) < start + FORWARD and self.end(run) > end - FORWARD for run in self.runs)


def survey(container: "InputContainer", pictures: Any, origin: Fraction, rate: float) -> Survey:
    """Read through the packets of a film, without decoding them."""
    from av.format import Flags

    base = pictures.time_base or Fraction(1, 1_000_000)
    order = _Order(round(origin / base))
    name = container.format.name
    tracks = {
        stream.index: _Track(stream.time_base or base, 1 / rate if stream.index == pictures.index else 0.0, name)
        for stream in container.streams
    }
    seen: Counter[int] = Counter()
    for packet in demuxed(container, list(container.streams)):
        index = packet.stream.index
        if index == pictures.index:
            order.add(packet)
        if not packet.is_discard:
            tracks[index].add(packet, seen, seen[index])
        seen[index] += 1
    shown = tracks[pictures.index]
    sounds = {stream.index: tracks[stream.index] for stream in container.streams.audio}
    broadcast = bool(Flags(container.format.flags) & Flags.ts_discont)
    jumps, last, end = _jumps(shown, pictures.index, list(sounds.values()), broadcast=broadcast)
    end = max(end, origin + Fraction(1 / rate))
    measured = (order.count - 1) / float(last - origin) if last > origin else rate
    odd = abs(measured / rate - 1) > SAME_RATE and abs(measured / rate - 2) > SAME_RATE  # two: fields in their packets
    seams = {index: tuple((jump.run.seen[index], jump.shift) for jump in jumps) for index in tracks}
    followed = {index: _followed(track, jumps, pictures.index, NEAR * rate) for index, track in sounds.items()}
    seams |= {index: found for index, (found, _) in followed.items()}
    sound_end = max([origin, *(until for _, until in followed.values())])
    ends = [max(map(track.end, track.runs)) for track in tracks.values() if track.runs]
    starts = [min(map(track.start, track.runs)) for track in tracks.values() if track.runs]
    stated = Fraction(container.duration or 0, 1_000_000)
    estimated = broadcast or bool(jumps) or bool(Flags(container.format.flags) & Flags.no_timestamps)
    return Survey(
        origin=origin,
        duration=float(end - origin),
        rate=measured if odd and order.count > 1 else rate,
        sound_end=float(sound_end - origin),
        lacking=0.0 if estimated or not ends else max(0.0, float(stated - max(ends) + min([Fraction(0), *starts]))),
        hidden=order.hidden,
        reordered=order.depth if order.undated else None,
        fault="its clock jumps" if jumps else order.fault,
        seams={index: found for index, found in seams.items() if found},
    )


@dataclass(frozen=True, slots=True)
class _Jump:
    """A run of pictures whose clock has begun anew."""

    run: _Run
    start: Fraction  # seconds on that clock
    shift: Fraction  # seconds by which it is late


def _jumps(
    shown: _Track, index: int, sounds: list[_Track], *, broadcast: bool
) -> tuple[list[_Jump], Fraction, Fraction]:
    """Where the clock of the pictures jumps, and where on the film's the last picture begins and they end.

    A clock that goes back has jumped. One that goes forward may as well mean a picture that lasts long: it has jumped
    if it soon returns, if the sound's does so too, or, in broadcasts, if no sound goes on meanwhile.
    """
    found: list[_Jump] = []
    shift = last = end = Fraction(0)
    if shown.runs:
        last, end = shown.runs[0].last * shown.base, shown.end(shown.runs[0])
    for at in range(1, len(shown.runs)):
        before, run = shown.runs[at - 1 : at + 1]
        start, left = shown.start(run), shown.end(before)
        jumped = run.back
        if not jumped:
            together = any(
                abs(run.first - other.seen[index]) * shown.interval <= NEAR and abs(start - sound.start(other)) <= NEAR
                for sound in sounds
                for other in sound.runs[1:]
            )
            returns = any(
                other.back and abs(shown.start(other) - left) <= NEAR for other in shown.runs[at + 1 : at + 2]
            )
            alone = broadcast and not any(sound.covers(left, start) for sound in sounds)
            jumped = returns or (start - left > FORWARD_ALONE and (together or alone)) or (together and broadcast)
        if jumped:
            shift = end - start
            found.append(_Jump(run, start, shift))
        last = max(last, run.last * shown.base + shift)
        end = max(end, shown.end(run) + shift)
    return found, last, end


def _followed(
    sound: _Track, jumps: list[_Jump], index: int, near: float
) -> tuple[tuple[tuple[int, Fraction], ...], Fraction]:
    """Where the clock of sound jumps, along with the pictures or on its own, and where it ends."""
    found: list[tuple[int, Fraction]] = []
    left = list(jumps)
    shift = end = Fraction(0)
    for at, run in enumerate(sound.runs):
        start = sound.start(run)
        met = [
            (abs(jump.run.first - run.seen[index]), following)
            for following, jump in enumerate(left)
            if abs(jump.start - start) <= NEAR and (at or jump.run.first <= run.seen[index] + 1)
        ]
        nearest, following = min(met, default=(near + 1, 0))
        if nearest <= near:
            shift = left[following].shift
            left = left[following + 1 :]
        elif run.back:
            shift = end - start
        if shift or found:
            found.append((run.first, shift))
        end = max(end, sound.end(run) + shift)
    return tuple(found), end


class _Order:
    """Whether pictures can be copied as they lie in the file."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._latest: list[int] = []  # stamps of pictures, as many as may be held back
        self._before: int | None = None
        self._ended = False
        self.fault: str | None = None
        self.undated = False
        self.hidden = False
        self.depth = 0
        self.count = 0  # of pictures that are shown

    def add(self, packet: "Packet[Any]") -> None:
        pts, dts = packet.pts, packet.dts
        if pts is None:
            self.fault = self.fault or "its pictures have no time stamps"
            self.count += 1
            return
        self.count += pts >= self._start and not packet.is_discard
        self._latest = [*self._latest[-MOST_REORDERED:], pts]
        self.depth = max(self.depth, sum(stamp > pts for stamp in self._latest))
        self.undated = self.undated or dts is None
        if dts is not None and not self.undated:
            if self._before is not None and dts < self._before:
                self.fault = self.fault or "its time stamps go back"
            if dts > pts:
                self.fault = self.fault or "its time stamps are out of order"
            self._before = dts
        if packet.is_discard:
            self.hidden = self.hidden or pts < self._start
            self._ended = self._ended or pts >= self._start
        elif self._ended:  # what is not to be shown lies amidst what is
            self.fault = self.fault or "it has been cut by an edit list"


def demuxed(container: "InputContainer", streams: "list[Any]", seams: Seams | None = None) -> "Iterator[Packet[Any]]":
    """Read the packets of some streams; a truncated file ends early."""
    import av
    from av.stream import Discard

    if not streams:
        return
    wanted = {stream.index for stream in streams}
    for stream in container.streams:
        if stream.index not in wanted:
            stream.discard = Discard.all
    seen: Counter[int] = Counter()
    # Truncated, or PyAV meets a stream that was not there at first: what came before still counts.
    with suppress(av.error.FFmpegError, OSError, IndexError):
        for packet in container.demux(streams):
            if not packet.size:
                continue
            index = packet.stream.index
            for first, shift in reversed((seams or {}).get(index, ())):
                if seen[index] >= first:
                    ticks = round(shift / packet.time_base)
                    packet.pts = None if packet.pts is None else packet.pts + ticks
                    packet.dts = None if packet.dts is None else packet.dts + ticks
                    break
            seen[index] += 1
            yield packet


def dated(packets: "Iterable[Packet[Any]]", reordered: int | None, rate: float) -> "Iterator[Packet[Any]]":
    """Tell when packets of pictures are to be decoded, where a container does not, as Matroska.

    A picture is decoded when as many that are shown later as there are at most have come; libav's own guess leaves out
    the first ones, and those of short films.
    """
    held: list[Packet[Any]] = []
    stamps: list[int] = []
    for packet in packets:
        if reordered is None or packet.pts is None:
            yield packet
            continue
        heapq.heappush(stamps, packet.pts)
        held.append(packet)
        if len(stamps) <= reordered:
            continue
        dts = heapq.heappop(stamps)
        step = max(1, round(1 / rate / packet.time_base))
        for before, each in enumerate(reversed(held)):
            each.dts = dts - before * step
        yield from held
        held.clear()
