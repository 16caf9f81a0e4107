"""A cue sheet laid out for an editor: whole frames of a standard rate, and tracks on which no two clips meet."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np

from img2music.affect import Affect
from img2music.errors import InputError, printable
from img2music.locations import absolute, address
from img2music.media.audio import probe
from img2music.media.excerpts import AudioInfo
from img2music.media.video import VideoFile
from img2music.options import OriginalSound
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue, CueSheet, OwnSound, SheetPhoto, SheetSlideshow
from img2music.soundtrack.speech import Level, ducked

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

UNKNOWN_SOUND = (2, 48_000)  # channels and samples a second of what can't be read here


@dataclass(frozen=True, slots=True)
class Clip:
    """What is seen or heard of one file; as it is, a photo of a slideshow, on the film's track."""

    name: str  # fit to be shown on one line: that of its file, or a song's title and artist
    url: str  # its file, as a URL
    start: int  # first frame of the timeline
    frames: int
    first: int = 0  # frame at which its file begins: 0, but in films with timecode and in Broadcast Wave files

    @property
    def end(self) -> int:
        """First frame of the timeline after it."""
        return self.start + self.frames

    @property
    def begins(self) -> int:
        """First frame of its file that is used, counted as `first`."""
        return self.first

    @property
    def lasts(self) -> int:
        """Frames that its file has."""
        return self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmClip(Clip):
    """The film on its track, or a clip of a slideshow among the photos."""

    drops: bool  # whether timecode of this film drops frame numbers
    size: tuple[int, int] | None  # width and height as it is shown, in square pixels
    channels: int  # of its sound; 0 where there is none
    rate: int  # samples a second of its sound
    dropped: bool  # whether its sound is not to be heard
    gain_db: float  # decibels for its sound
    into: int = 0  # frames of its file before those that are used
    available: int | None = None  # frames that its file has; None for as many as are used

    @property
    def begins(self) -> int:
        """First frame of its file that is used, counted as `first`."""
        return self.first + self.into

    @property
    def lasts(self) -> int:
        """Frames that its file has."""
        return self.into + self.frames if self.available is None else self.available

    @property
    def heard(self) -> int:
        """How many channels of its sound are to be heard."""
        return 0 if self.dropped else self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicClip(Clip):
    """What sounds of one song, with the part under the next cue in which it fades out."""

    number: int  # of its cue, from 1
    cue: Cue
    file: str  # name of its file, fit to be shown on one line
    track: int  # on which track of music, from 0
    source: int  # first frame of the song, counted as `first`
    available: int  # frames that the song has
    fade_in: int  # frames from its start
    fade_out: int  # frames to its end
    tail: int  # how many of its frames are after its cue's end
    # How its level goes while someone speaks: frames from its start, and decibels with its cue's gain, in straight
    # lines from the first frame to the last; none where the gain is all
    keyframes: tuple[tuple[int, float], ...]
    channels: int  # of its sound
    rate: int  # of its sound


@dataclass(frozen=True, slots=True)
class SceneMark:
    """A scene on the timeline."""

    number: int  # from 1
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
    """A cue sheet in frames."""

    name: str  # of the timeline: the film's, without its ending
    rate: Fraction  # frames a second
    film: FilmClip
    music: tuple[MusicClip, ...]  # in order of their starts
    scenes: tuple[SceneMark, ...]
    # What the film is made of, if it is a slideshow, clips being `FilmClip`: they take its place, for its file has the
    # music in it
    photos: tuple[Clip, ...] = ()

    @property
    def shown(self) -> Sequence[Clip]:
        """What is on the track of pictures."""
        return self.photos or (self.film,)

    @property
    def sounding(self) -> Sequence[FilmClip]:
        """What is on the track of the film's own sound: the film, or clips of a slideshow."""
        return [clip for clip in self.shown if isinstance(clip, FilmClip) and clip.heard]

    @property
    def sound_name(self) -> str:
        """Name of that track."""
        return "Sound of clips" if self.photos else "Film sound"

    @property
    def tracks(self) -> list[list[MusicClip]]:
        """The clips of each track of music, in order."""
        count = 1 + max((clip.track for clip in self.music), default=-1)
        return [[clip for clip in self.music if clip.track == track] for track in range(count)]


def arrange(sheet: CueSheet) -> Arrangement:
    """Lay a cue sheet out in frames.

    The film and the songs are asked for their sound, size and timecode; what can't be read here is taken to have sound
    in stereo, and timecode from 0.
    """
    rate = timeline_rate(sheet.film.fps)
    path = os.path.abspath(sheet.film.path)  # noqa: PTH100 - names may be any bytes
    total = max(1, frame(sheet.film.duration, rate))
    own = sheet.original or OwnSound(OriginalSound.KEEP, 0.0)
    cues = [replace(cue, gain_db=cue.gain_db + own.music_db) for cue in sheet.cues]
    music = _music(cues, total, rate, ducked(own.speech or (), own.depth))
    scenes = []
    for number, scene in enumerate(sheet.scenes, start=1):
        start, end = _within(scene.start, scene.end, total, rate)
        scenes.append(SceneMark(number, start, end - start, scene.affect))
    show = sheet.slideshow
    name, url = _named(path)
    clip = FilmClip(
        name=name,
        url=url,
        start=0,
        frames=total,
        drops=rate.denominator != 1 and round(rate) % 30 == 0,  # only that of 29.97 and 59.94 can
        size=None if show is None else (show.width, show.height),
        channels=0 if show else UNKNOWN_SOUND[0],
        rate=UNKNOWN_SOUND[1],
        dropped=show is not None or own.use is OriginalSound.DROP,
        gain_db=0.0 if show else own.gain_db or 0.0,
    )
    film = _probed(clip, path, sheet.film.fps, rate) if show is None else clip
    photos = () if show is None else tuple(_photos(show, own, total, rate))
    return Arrangement(_title(path), rate, film, tuple(music), tuple(scenes), photos)


def _photos(show: SheetSlideshow, own: OwnSound, total: int, rate: Fraction) -> list[Clip]:
    """Every photo and clip from its start to the next one's; one that is not seen for a frame is left out."""
    starts = [0, *(min(frame(photo.start, rate), total) for photo in show.photos[1:]), total]
    return [
        _clip(photo, start, end - start, own, rate)
        if photo.clip_start is not None
        else Clip(*_named(photo.path), start, end - start)
        for photo, start, end in zip(show.photos, starts[:-1], starts[1:], strict=True)
        if end > start
    ]


def _clip(photo: SheetPhoto, start: int, frames: int, own: OwnSound, rate: Fraction) -> FilmClip:
    """A clip of a slideshow, as its file tells; what its file lacks at the end, the editor will see."""
    path = os.path.abspath(photo.path)  # noqa: PTH100 - names may be any bytes
    name, url = _named(path)
    clip = FilmClip(
        name=name,
        url=url,
        start=start,
        frames=frames,
        drops=False,
        size=None,
        channels=UNKNOWN_SOUND[0],
        rate=UNKNOWN_SOUND[1],
        dropped=own.use is OriginalSound.DROP,
        gain_db=own.gain_db or 0.0,
        into=frame(photo.clip_start or 0.0, rate),
    )
    try:
        with VideoFile(path) as video:
            fps, lasts = video.rate, frame(video.survey.duration, rate)
    except InputError:
        return clip
    return replace(_probed(clip, path, fps, rate), available=max(lasts, clip.into + frames))


def timeline_rate(fps: float) -> Fraction:
    """Find the rate of the timeline for a film."""

    def off(rate: Fraction, times: Fraction) -> float:
        return round(abs(math.log(float(rate / times) / fps)), 6)

    least, _, rate = min((off(rate, times), order, rate) for order, times in enumerate(TIMES) for rate in RATES)
    return rate if least <= SAME_RATE else min(RATES, key=lambda rate: off(rate, Fraction(1)))


def frame(seconds: float, rate: Fraction) -> int:
    """Number of the frame that begins nearest to a time."""
    return math.floor(Fraction(seconds) * rate + Fraction(1, 2))


def one_line(text: str) -> str:
    """Make a name fit for one line of any editor, and for XML."""
    return printable(" ".join(text.split()))


def _named(path: str) -> tuple[str, str]:
    """Name of a file, fit to be shown on one line, and its URL, by the bytes of its name."""
    file = absolute(path)
    return one_line(os.path.basename(file)), address(file)  # noqa: PTH119 - names may be any bytes


def _title(path: str) -> str:
    return one_line(os.path.splitext(os.path.basename(path))[0])  # noqa: PTH119, PTH122 - names may be any bytes


def _sound_of(path: str) -> AudioInfo:
    """What a file says of its sound; of one that can't be read here, what is usual."""
    try:
        return probe(path)
    except InputError:
        return AudioInfo(0.0, "", *UNKNOWN_SOUND)


def _probed(clip: FilmClip, path: str, fps: float, rate: Fraction) -> FilmClip:
    """The film with what its file says; what is not here, or can't be read, the editor will see."""
    try:
        with VideoFile(path) as video:
            shown = video.first()
    except InputError:
        return clip
    first = _timecode(video, fps, rate)
    drops = clip.drops and not (first and video.timecode is not None and ";" not in video.timecode)
    size = (2 * round(shown.height * shown.proportion / 2), shown.height)
    sound = _sound_of(path)  # only the film's container may let one read it
    channels = sound.channels if video.has_sound else 0
    return replace(clip, first=first, drops=drops, size=size, channels=channels, rate=sound.rate)


def _timecode(video: VideoFile, fps: float, rate: Fraction) -> int:
    """Timecode of the first picture in frames; 0 where there is none, or it counts at a rate that is not known."""
    if video.timecode is None:
        return 0
    if video.timecode_rate is None and abs(math.log(float(rate) / fps)) > SAME_RATE:
        return 0
    from opentimelineio.opentime import from_timecode

    times = Fraction(round(rate), video.timecode_rate or round(rate))  # that of the timeline may be twice as fast
    try:
        return round(int(from_timecode(video.timecode, float(rate / times)).to_frames()) * times)
    except ValueError:
        return 0


def _keyframes(
    points: Sequence[Level], start: int, frames: int, rate: Fraction, gain_db: float
) -> tuple[tuple[int, float], ...]:
    """The part of the music's level that is under a clip."""
    known = [frame(time, rate) for time, _ in points]
    inside = [0, *(each - start for each in known if start < each < start + frames), frames]
    values = np.interp(np.array(inside) + start, known, [level for _, level in points]) if points else np.zeros(1)
    return tuple(zip(inside, (gain_db + values.round(3)).tolist(), strict=True)) if values.any() else ()


def _music(cues: Sequence[Cue], total: int, rate: Fraction, points: Sequence[Level]) -> list[MusicClip]:
    heard = cache(_sound_of)
    found: list[MusicClip] = []
    ends: list[int] = []  # of what lies on each track
    for number, cue in enumerate(cues, start=1):
        path = absolute(cue.track.path)
        sound, (file, url) = heard(path), _named(path)
        begins = Fraction(sound.begins)
        start, end = _within(cue.start, cue.end, total, rate)
        # The song keeps its place against the picture where the cue begins between two frames.
        first = math.ceil(begins * rate)
        shift = begins + Fraction(cue.passage.start) - Fraction(cue.start)
        source = max(first, math.floor(shift * rate + start + Fraction(1, 2)))
        lasts = sound.duration or cue.track.duration
        most = source + end - start if lasts is None else math.floor((begins + Fraction(lasts)) * rate)
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
        title = cue.track.title or _title(path)
        found.append(
            MusicClip(
                number=number,
                cue=cue,
                name=one_line(title + (f" - {cue.track.artist}" if cue.track.artist else "")),
                file=file,
                url=url,
                track=track,
                start=start,
                frames=frames,
                first=first,
                source=source,
                available=available,
                fade_in=fade_in,
                fade_out=fade_out,
                tail=tail,
                keyframes=_keyframes(points, start, frames, rate, cue.gain_db),
                channels=sound.channels,
                rate=sound.rate,
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
