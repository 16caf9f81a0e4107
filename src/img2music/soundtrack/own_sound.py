"""The own sound of what is scored: that of a film, laid on the time of its pictures, or of the clips of a slideshow."""

import itertools
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.film_survey import Survey
from img2music.media.resampling import Resampler, channels_of, check_frame, layout_of
from img2music.media.video import VideoFile
from img2music.soundtrack.blocks import RATE, Reader, Samples, lengths
from img2music.soundtrack.cue_sheet import CueSheet, SheetSlideshow, cross_fades, darkening

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

JUMP = 0.04
"""Seconds by which a time stamp must differ from the end of what came before to be obeyed. Below, they are rounded
(Matroska has milliseconds), or clocks drift; above, sound that leads the picture is noticed (45 ms: ITU-R BT.1359)."""

SEAM = 240  # samples (5 ms) of the fades on both sides of a gap
RAMP = ((np.arange(SEAM)[:, np.newaxis] + 0.5) / SEAM).astype(np.float32)
SURROUND = {"5.0": "5.1", "5.0(side)": "5.1", "5.1": "5.1", "5.1(side)": "5.1", "6.1": "5.1", "7.1": "7.1"}
"""Layouts of films that are kept, and the one which encoders know; all others become stereo."""

Stretch = tuple[int, int]
"""First sample of a part of the film, and the one after its last."""


class FilmTrack:
    """The film's own sound, laid on the time of its pictures by its time stamps."""

    def __init__(self, path: str | os.PathLike[str], layout: str, survey: Survey | None = None) -> None:
        self.path, self.layout, self._survey = os.fsdecode(path), layout, survey
        self.channels = channels_of(layout)

    @classmethod
    def of(cls, path: str | os.PathLike[str], survey: Survey | None = None) -> "FilmTrack | None":
        """Look at the sound of a film; None for a film without any."""
        with VideoFile(path, survey) as film:
            for _, frame in film.sound():
                check_frame(frame, film.path)
                return cls(path, SURROUND.get(layout_of(frame), "stereo"), survey)
        return None

    def blocks(self, stretches: Sequence[Stretch]) -> Iterator[Samples]:
        """Decode stretches of it, in order; the first is sought."""
        before = stretches[0][0]
        with VideoFile(self.path, self._survey) as film:
            resampler = Resampler(RATE, self.layout, film.path)
            begin = before / RATE
            frames = ((None if time is None else time - begin, frame) for time, frame in film.sound(begin))
            reader = Reader(placed(frames, resampler), resampler.channels)
            for start, end in stretches:
                for _, count in lengths(start, before):
                    reader.read(count)
                for _, count in lengths(end, start):
                    yield reader.read(count)
                before = end


@dataclass(frozen=True, slots=True)
class ClipSound:
    """What is heard of a clip, in samples of the slideshow."""

    track: FilmTrack
    start: int
    end: int
    source: int  # sample of the clip that is heard at ``start``; below 0, its first picture stands still until then
    fade_in: int  # in which it comes in, from ``start`` on
    fade_out: int  # in which it goes, up to ``end``

    def envelope(self, first: int, count: int) -> NDArray[np.float32]:
        """Gain along time: fades keep the power of two clips that cross."""
        at = np.arange(first, first + count, dtype=np.float64) + 0.5
        rise = np.sin(np.pi / 2 * np.clip((at - self.start) / self.fade_in, 0.0, 1.0))
        fall = np.sin(np.pi / 2 * np.clip((self.end - at) / self.fade_out, 0.0, 1.0))
        return np.asarray(rise * fall, dtype=np.float32)

    def pieces(self, first: int) -> Generator[Samples]:
        """Decode it from a sample of the slideshow on; what can't be decoded is silent."""
        begin = self.source + first - self.start
        if begin < 0:
            yield np.zeros((-begin, len(self.track.channels)), dtype=np.float32)
        try:
            yield from self.track.blocks([(max(0, begin), max(0, begin + self.end - first))])
        except InputError:  # whoever made the slideshow was told
            return

    def levels(self, per_second: int) -> NDArray[np.float32]:
        """The largest levels along it as it comes and goes, so many a second."""
        window, found = RATE // per_second, []
        with closing(self.pieces(self.start)) as pieces:
            reader = Reader(pieces, len(self.track.channels))
            for first in range(self.start, self.end, window):
                count = min(window, self.end - first)
                sound = reader.read(count) * self.envelope(first, count)[:, np.newaxis]
                found.append(np.abs(sound).max(initial=0.0))
        return np.array(found, dtype=np.float32)


class AlbumTrack:
    """The own sound of the clips of a slideshow, each as its pictures come and go."""

    layout = "stereo"
    channels = channels_of(layout)

    def __init__(self, clips: Sequence[ClipSound]) -> None:
        self.clips = clips

    @classmethod
    def of(cls, show: SheetSlideshow, duration: float) -> "AlbumTrack | None":
        """Look at the clips of a slideshow that lasts so many seconds; None if none of them has sound."""
        starts = [0.0, *(photo.start for photo in show.photos[1:]), duration]
        fades = cross_fades(starts, show.cross_fade)
        found = []
        for number, photo in enumerate(show.photos):
            if photo.clip_start is None or starts[number] >= starts[number + 1]:
                continue
            with VideoFile(photo.path) as film:
                if not film.has_sound:
                    continue
            into, out = fades[number], fades[number + 1]
            first, last = starts[number] - into / 2, starts[number + 1] + out / 2
            if number + 1 == len(show.photos):
                out = darkening(last - starts[number])
            start, end = round(first * RATE), round(last * RATE)
            source = round((photo.clip_start - into / 2) * RATE)
            fade_in, fade_out = (max(SEAM, round(fade * RATE)) for fade in (into, out))
            found.append(ClipSound(FilmTrack(photo.path, cls.layout), start, end, source, fade_in, fade_out))
        return cls(found) if found else None

    def blocks(self, stretches: Sequence[Stretch]) -> Iterator[Samples]:
        """Decode stretches of it, in order; only clips that are heard are open."""
        for start, end in stretches:
            sounding: dict[ClipSound, tuple[Reader, Generator[Samples]]] = {}
            try:
                for first, count in lengths(end, start):
                    for ended in [clip for clip in sounding if clip.end <= first]:
                        sounding.pop(ended)[1].close()
                    yield self._block(first, count, sounding)
            finally:
                for _, pieces in sounding.values():
                    pieces.close()

    def _block(self, first: int, count: int, sounding: "dict[ClipSound, tuple[Reader, Generator[Samples]]]") -> Samples:
        mixed = np.zeros((count, len(self.channels)), dtype=np.float32)
        for clip in self.clips:
            begin, stop = max(first, clip.start), min(first + count, clip.end)
            if begin < stop:
                if clip not in sounding:
                    pieces = clip.pieces(begin)
                    sounding[clip] = Reader(pieces, len(self.channels)), pieces
                sound = sounding[clip][0].read(stop - begin)
                mixed[begin - first : stop - first] += sound * clip.envelope(begin, stop - begin)[:, np.newaxis]
        return mixed


OwnTrack = FilmTrack | AlbumTrack


def own_track(
    sheet: CueSheet, film: str | os.PathLike[str], duration: float, survey: Survey | None = None
) -> OwnTrack | None:
    """The own sound of what a sheet is for: of a slideshow's clips, for its film has the music in it; None without."""
    if sheet.slideshow is not None and sheet.slideshow.has_clips:
        return AlbumTrack.of(sheet.slideshow, duration)
    return FilmTrack.of(film, survey)


def placed(frames: "Iterator[tuple[float | None, AudioFrame]]", resampler: Resampler) -> Iterator[Samples]:
    """Join frames to one sound that begins at 0 s: with silence in gaps, and without what comes twice."""
    position = 0  # samples given so far
    for (_, time), stretch in itertools.groupby(_stretches(frames), key=itemgetter(0)):
        start = round(time * RATE)
        rising = position > 0 or start > 0
        while position < start:
            count = min(RATE, start - position)
            position += count
            yield np.zeros((count, resampler.channels), dtype=np.float32)
        for piece in _faded(resampler.resampled((frame for _, frame in stretch), position - start), rising=rising):
            position += len(piece)
            yield piece


def _stretches(
    frames: "Iterator[tuple[float | None, AudioFrame]]",
) -> "Iterator[tuple[tuple[int, float], AudioFrame]]":
    """Frames with the stretch without a gap that they belong to: the number and the seconds of its first one."""
    found, expected = (0, 0.0), None  # `expected`: seconds at which the next frame should begin
    for number, (stamp, frame) in enumerate(frames):
        time = expected or 0.0 if stamp is None else stamp
        if expected is None or abs(time - expected) > JUMP:
            found, expected = (number, time), time
        expected += frame.samples / frame.sample_rate
        yield found, frame


def _faded(pieces: Iterable[Samples], *, rising: bool) -> Iterator[Samples]:
    """A stretch that is faded out at its end, and in, unless it begins before the film."""
    risen = 0 if rising else SEAM
    held = None  # the last samples, which may have to fade
    for piece in pieces:
        head = piece[: SEAM - risen]
        head *= RAMP[risen : risen + len(head)]
        risen += len(head)
        joined = piece if held is None else np.concatenate([held, piece])
        ready = max(0, len(joined) - SEAM)
        held = joined[ready:]
        if ready:
            yield joined[:ready]
    if held is not None:
        yield np.multiply(held, RAMP[: len(held)][::-1])
