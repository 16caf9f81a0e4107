"""A cue sheet laid out for an editor: whole frames of a standard rate, and tracks on which no two clips meet."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from img2music.affect import Affect
from img2music.errors import InputError, printable
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue, CueSheet

if TYPE_CHECKING:
    from img2music.media.video import VideoInfo

RATES = tuple(
    Fraction(*rate)
    for rate in (
        *((24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1)),
        *((48_000, 1001), (48, 1), (50, 1), (60_000, 1001), (60, 1)),
    )
)
"""Frames a second that editors and SMPTE timecode know (ST 12-1, and ST 12-3 for those above 30)."""

SAME_RATE = 0.002
"""Share by which a film's average rate may be off the standard one: half of the step from 29.97 to 30 and more."""

TIMES = (Fraction(1), *map(Fraction, range(2, 61)), Fraction(1, 2), Fraction(1, 4))
"""How many frames of a timeline a picture may take, so that all of a film's pictures begin with one."""

UNKNOWN_SOUND = (2, 48_000)
"""Channels and samples a second of what can't be read here."""


@dataclass(frozen=True, slots=True)
class FilmClip:
    """The film on its track.

    Attributes
    ----------
    name : str
        Name of its file, fit to be shown on one line.
    url : str
        Its file, as a URL.
    frames : int
    first : int
        Timecode of its first picture, in frames.
    drops : bool
        Whether timecode of this film drops frame numbers.
    size : tuple of (int, int), or None
        Width and height as it is shown, in square pixels.
    channels, rate : int
        Of its sound; 0 channels where there is none.
    """

    name: str
    url: str
    frames: int
    first: int
    drops: bool
    size: tuple[int, int] | None
    channels: int
    rate: int


@dataclass(frozen=True, slots=True)
class MusicClip:
    """What sounds of one song, with the part under the next cue in which it fades out.

    Attributes
    ----------
    number : int
        Of its cue, from 1.
    cue : Cue
    name : str
        Title and artist on one line.
    file : str
        Name of its file, likewise.
    url : str
        Its file, as a URL.
    track : int
        On which track of music, from 0.
    start, frames : int
        First frame of the timeline, and how many.
    first : int
        Frames at which its file begins: 0, but in Broadcast Wave files.
    source : int
        First frame of the song, counted likewise.
    available : int
        Frames that the song has.
    fade_in, fade_out : int
        Frames from its start and to its end.
    tail : int
        How many of its frames are after its cue's end.
    channels, rate : int
        Of its sound.
    """

    number: int
    cue: Cue
    name: str
    file: str
    url: str
    track: int
    start: int
    frames: int
    first: int
    source: int
    available: int
    fade_in: int
    fade_out: int
    tail: int
    channels: int
    rate: int

    @property
    def end(self) -> int:
        """First frame of the timeline after it."""
        return self.start + self.frames


@dataclass(frozen=True, slots=True)
class SceneMark:
    """A scene on the timeline.

    Attributes
    ----------
    number : int
        From 1.
    start, frames : int
    affect : Affect
    """

    number: int
    start: int
    frames: int
    affect: Affect

    @property
    def title(self) -> str:
        """Its mood word."""
        return self.affect.word.capitalize()

    @property
    def note(self) -> str:
        """One line about it."""
        return (
            f"{self.title}: scene {self.number}, valence {self.affect.valence:.2f}, arousal {self.affect.arousal:.2f}"
        )

    @property
    def colour(self) -> str:
        """A colour that OpenTimelineIO names, by the quadrant of the affect plane."""
        columns = ("RED", "YELLOW") if self.affect.arousal >= 0.5 else ("BLUE", "GREEN")
        return columns[self.affect.valence >= 0.5]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A cue sheet in frames.

    Attributes
    ----------
    name : str
        Of the timeline: the film's, without its ending.
    rate : Fraction
        Frames a second.
    film : FilmClip
    music : tuple of MusicClip
        In order of their starts.
    scenes : tuple of SceneMark
    """

    name: str
    rate: Fraction
    film: FilmClip
    music: tuple[MusicClip, ...]
    scenes: tuple[SceneMark, ...]

    @property
    def tracks(self) -> list[list[MusicClip]]:
        """The clips of each track of music, in order."""
        count = 1 + max((clip.track for clip in self.music), default=-1)
        return [[clip for clip in self.music if clip.track == track] for track in range(count)]


def arrange(sheet: CueSheet) -> Arrangement:
    """Lay a cue sheet out in frames.

    The film and the songs are asked for their sound, size and timecode; what can't be read here is taken to have sound
    in stereo, and timecode from 0.

    Parameters
    ----------
    sheet : CueSheet
        Times are taken from its seconds.

    Returns
    -------
    Arrangement
        Clips of music change tracks, so that two that cross-fade are both whole; on one track, at least one frame lies
        between them.
    """
    rate = timeline_rate(sheet.film.fps)
    path = os.path.abspath(sheet.film.path)  # noqa: PTH100 - names may be any bytes
    total = max(1, frame(sheet.film.duration, rate))
    music = _music(sheet.cues, total, rate)
    scenes = []
    for number, scene in enumerate(sheet.scenes, start=1):
        start, end = _within(scene.start, scene.end, total, rate)
        scenes.append(SceneMark(number, start, end - start, scene.affect))
    name = one_line(os.path.splitext(os.path.basename(path))[0])  # noqa: PTH119, PTH122 - as above
    return Arrangement(name, rate, _film(path, total, sheet.film.fps, rate), tuple(music), tuple(scenes))


def timeline_rate(fps: float) -> Fraction:
    """Find the rate of the timeline for a film.

    Parameters
    ----------
    fps : float
        Its pictures a second; on average, if they vary.

    Returns
    -------
    Fraction
        One of `RATES`: the film's own, a small multiple or a half or quarter of it, or, where none fits, the nearest.
    """

    def off(rate: Fraction, times: Fraction) -> float:
        return round(abs(math.log(float(rate / times) / fps)), 6)

    least, _, rate = min((off(rate, times), place, rate) for place, times in enumerate(TIMES) for rate in RATES)
    return rate if least <= SAME_RATE else min(RATES, key=lambda rate: off(rate, Fraction(1)))


def frame(seconds: float, rate: Fraction) -> int:
    """Number of the frame that begins nearest to a time.

    Parameters
    ----------
    seconds : float
    rate : Fraction
        Frames a second.

    Returns
    -------
    int
    """
    return math.floor(Fraction(seconds) * rate + Fraction(1, 2))


def one_line(text: str) -> str:
    """Make a name fit for one line of any editor, and for XML.

    Parameters
    ----------
    text : str
        Any text, also with line breaks, control characters or surrogates.

    Returns
    -------
    str
        Line breaks as spaces; what can't be shown as backslash escapes.
    """
    return printable(" ".join(text.split()))


def file_url(path: str) -> str:
    """URL of a file, by the bytes of its name.

    Parameters
    ----------
    path : str
        As ``os.fsdecode`` gives it.

    Returns
    -------
    str
        ``file:///...``
    """
    return Path(os.path.abspath(path)).as_uri()  # noqa: PTH100 - does not follow links


def _film(path: str, total: int, fps: float, rate: Fraction) -> FilmClip:
    from img2music.media.audio import probe
    from img2music.media.video import VideoFile

    size, info = None, None
    channels, samples = UNKNOWN_SOUND
    try:
        with VideoFile(path) as video:
            info = video.info
            shown = video.first()
            size = (2 * round(shown.height * shown.proportion / 2), shown.height)
            if not info.sound:
                channels = 0
        if channels:
            sound = probe(path)
            channels, samples = sound.channels, sound.rate
    except InputError:
        pass  # not here, or sound that only the film's container lets one read: the editor will see
    first = _timecode(info, fps, rate)
    drops = rate.denominator != 1 and round(rate) % 30 == 0  # only 29.97 and 59.94 have such timecode
    if first and info is not None and info.timecode is not None:
        drops = drops and ";" in info.timecode
    name = one_line(os.path.basename(path))  # noqa: PTH119 - names may be any bytes
    return FilmClip(name, file_url(path), total, first, drops, size, channels, samples)


def _timecode(info: "VideoInfo | None", fps: float, rate: Fraction) -> int:
    """Timecode of the first picture in frames; 0 where there is none, or it counts at a rate that is not known."""
    if info is None or info.timecode is None:
        return 0
    if info.timecode_rate is None and abs(math.log(float(rate) / fps)) > SAME_RATE:
        return 0
    from opentimelineio.opentime import from_timecode

    times = Fraction(round(rate), info.timecode_rate or round(rate))  # that of the timeline may be twice as fast
    try:
        return round(int(from_timecode(info.timecode, float(rate / times)).to_frames()) * times)
    except ValueError:
        return 0


def _music(cues: Sequence[Cue], total: int, rate: Fraction) -> list[MusicClip]:
    from img2music.media.audio import probe

    heard: dict[str, tuple[int, int, float | None, float]] = {}
    found: list[MusicClip] = []
    ends: list[int] = []  # of what lies on each track
    for number, cue in enumerate(cues, start=1):
        path = os.path.abspath(cue.track.path)  # noqa: PTH100 - names may be any bytes
        if path not in heard:
            try:
                sound = probe(path)
                heard[path] = (sound.channels, sound.rate, sound.duration, sound.begins)
            except InputError:
                heard[path] = (*UNKNOWN_SOUND, None, 0.0)
        channels, samples, lasts, begins = heard[path]
        start, end = _within(cue.start, cue.end, total, rate)
        # The song keeps its place against the picture where the cue begins between two frames.
        first = math.ceil(Fraction(begins) * rate)
        place = Fraction(begins) + Fraction(cue.passage.start) - Fraction(cue.start)
        source = max(first, math.floor(place * rate + start + Fraction(1, 2)))
        lasts = lasts or cue.track.duration
        most = source + end - start if lasts is None else math.floor((Fraction(begins) + Fraction(lasts)) * rate)
        available = max(source + 1, most) - first
        followed = number < len(cues) and cues[number].start <= cue.end + TOLERANCE
        tail = frame(cue.fade_out, rate) if followed else 0
        if followed and lasts is None:
            available += tail
        frames = min(end - start + tail, total - start, first + available - source)
        tail = max(0, frames - (end - start))
        fade_in = min(frame(cue.fade_in, rate), frames - tail)
        fade_out = tail if followed else min(frame(cue.fade_out, rate), frames - fade_in)
        track = _free(ends, start, found[-1].track if found else -1)
        ends[track:] = [start + frames, *ends[track + 1 :]]
        title = cue.track.title or os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122 - as above
        found.append(
            MusicClip(
                number=number,
                cue=cue,
                name=one_line(title + (f" - {cue.track.artist}" if cue.track.artist else "")),
                file=one_line(os.path.basename(path)),  # noqa: PTH119 - as above
                url=file_url(path),
                track=track,
                start=start,
                frames=frames,
                first=first,
                source=source,
                available=available,
                fade_in=fade_in,
                fade_out=fade_out,
                tail=tail,
                channels=channels,
                rate=samples,
            )
        )
    return found


def _within(start: float, end: float, total: int, rate: Fraction) -> tuple[int, int]:
    """First frame and end of a part of the film: at least one frame, and none beyond the film."""
    first = min(frame(start, rate), total - 1)
    return first, max(first + 1, min(frame(end, rate), total))


def _free(ends: Sequence[int], start: int, last: int) -> int:
    """The track for a clip: another one than the last if it is free, so that neighbours lie apart; else a new one."""
    free = [track for track, end in enumerate(ends) if end < start]
    others = [track for track in free if track != last]
    if others:
        return others[0]
    return len(ends) if len(ends) < 2 or not free else free[0]
