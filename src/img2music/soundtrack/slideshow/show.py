"""From photos and a library to a film with music."""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from img2music.app.spotting import sheet_of
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, printable
from img2music.library.store import LibraryStore
from img2music.media.film_writer import film_format
from img2music.media.picture_writer import write_pictures
from img2music.media.video import VideoInfo
from img2music.options import MatchMode
from img2music.soundtrack.cue_sheet import LOUDNESS, Cue, CueSheet, SheetPhoto, SheetSlideshow
from img2music.soundtrack.film import Film, Shot
from img2music.soundtrack.music import Music
from img2music.soundtrack.scenes import Scene, group
from img2music.soundtrack.slideshow.captions import CaptionFont, Captions, caption_of
from img2music.soundtrack.slideshow.photos import Order, Photo, ordered, read_photos
from img2music.soundtrack.slideshow.pictures import pictures
from img2music.soundtrack.slideshow.plan import (
    CROSS_FADE,
    LEAST_SECONDS,
    MOST_SECONDS,
    Schedule,
    at_times,
    evenly,
    on_beats,
)
from img2music.soundtrack.slideshow.rhythm import beat_note, beats_under
from img2music.soundtrack.sound import compose
from img2music.soundtrack.spotting import Candidates, Cues, Options, candidates, clock, require_possible, spot
from img2music.soundtrack.table import starts_note
from img2music.vision.model import ImageModel

SECONDS = 4.0
"""Seconds for each photo, unless asked otherwise."""

LONGEST = 24 * 3600.0
"""Seconds of the longest film."""

SMALLEST, LARGEST = 64, 2160
"""Pixels of a film's shorter side."""

SLOWEST, FASTEST = 10, 60
"""Pictures a second."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and how much there is."""


class Shape(StrEnum):
    """Proportions of a film."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"

    def frame(self, side: int) -> tuple[int, int]:
        """Width and height in pixels, even numbers, of a picture with this shorter side."""
        short = 2 * round(side / 2)
        long = 2 * round(side * 8 / 9)
        return {Shape.WIDE: (long, short), Shape.TALL: (short, long), Shape.SQUARE: (short, short)}[self]


@dataclass(frozen=True, slots=True)
class Look:
    """What a slideshow looks like."""

    order: Order = Order.NAME
    seconds: float = SECONDS  # for each photo; with a whole song, its length decides
    shape: Shape = Shape.WIDE
    side: int = 1080  # pixels of the film's shorter side
    rate: int = 30  # pictures a second
    fade: float = CROSS_FADE  # seconds of a cross-fade; 0 for cuts
    captions: Captions = Captions.NONE
    font: str | os.PathLike[str] | None = None  # for captions, instead of the one that is shipped
    frame: tuple[int, int] | None = None  # width and height in pixels, instead of what shape and side give

    def __post_init__(self) -> None:
        if not LEAST_SECONDS <= self.seconds <= MOST_SECONDS:
            raise UsageError(
                f"A photo is seen for {LEAST_SECONDS:g} to {MOST_SECONDS:g} seconds, not {self.seconds:g}."
            )
        if not SMALLEST <= self.side <= LARGEST:
            raise UsageError(f"The shorter side has {SMALLEST} to {LARGEST} pixels, not {self.side}.")
        if not SLOWEST <= self.rate <= FASTEST:
            raise UsageError(f"A film has {SLOWEST} to {FASTEST} pictures a second, not {self.rate}.")
        if not 0.0 <= self.fade <= MOST_SECONDS:
            raise UsageError(f"A cross-fade lasts 0 to {MOST_SECONDS:g} seconds, not {self.fade:g}.")
        width, height = self.size
        if not SMALLEST <= min(width, height) <= max(width, height) <= 2 * LARGEST or width % 2 or height % 2:
            raise UsageError(f"A film's sides are even, of {SMALLEST} to {2 * LARGEST} pixels, not {width} x {height}.")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film in pixels."""
        return self.frame or self.shape.frame(self.side)


@dataclass(frozen=True, slots=True)
class Sounding:
    """What a slideshow sounds like."""

    location: str | os.PathLike[str] | None = None  # the library, as `LibraryStore.open` takes it
    options: Options = field(default_factory=Options)  # how its music is chosen
    whole_song: bool = False  # one song from its start to its end, to which the film's length is fitted


@dataclass(frozen=True)
class Slideshow:
    """A slideshow that was planned."""

    photos: tuple[Photo, ...]  # in the order of the film
    schedule: Schedule  # when each is seen
    look: Look
    sheet: CueSheet  # its photos and its music; without cues it is silent
    errors: tuple[InputError, ...]  # photos that were left out
    notes: tuple[str, ...]  # what a person should know


def plan_slideshow(
    files: Sequence[str],
    output: Path,
    look: Look,
    sounding: Sounding | None,
    *,
    image_model: str | os.PathLike[str] | None = None,
) -> Slideshow:
    """Read photos, bring them into order, choose their music, and move their changes to its beats."""
    _font(look)  # what is wrong with it is known before photos are read, and so is a film that is too long
    _even_schedule(len(files), look)
    if sounding is None:
        photos, errors, _ = _photos(files, look, image_model)
        schedule = _even_schedule(len(photos), look)
        sheet = _sheet(_film(photos, schedule, output), photos, schedule, look)
        return Slideshow(photos, schedule, look, sheet, errors, _notes(photos, look))
    with LibraryStore.open(sounding.location, read_only=True) as store:
        options = sounding.options
        if sounding.whole_song:
            options = replace(options, cues=Cues.ONE)
        tracks = candidates(store, options)  # likewise
        if sounding.whole_song:
            _fitting(len(files), tracks)
        else:
            require_possible(tracks, options, len(files) * look.seconds)
        photos, errors, natural = _photos(files, look, image_model)
        if sounding.whole_song:
            place = _whole_song(photos, tracks, options.matching, natural)
            tracks = replace(tracks, pins={0: place})
            # A picture less than the song has, so that the passage lies within it.
            frames = int(tracks.durations[place] * look.rate)
            schedule = _even_schedule(len(photos), replace(look, seconds=frames / look.rate / len(photos)))
        else:
            schedule = _even_schedule(len(photos), look)
        film = _film(photos, schedule, output)
        scenes = group(film.shots, options.least_scene)
        cues = spot(film, scenes, tracks, options, store=store, natural=natural)
    beats = beats_under(cues)
    schedule = on_beats(schedule, beats.times, np.array([cue.start for cue in cues[1:]]))
    moved = _film(photos, schedule, output)
    sheet = replace(sheet_of(moved, _regrouped(scenes, moved.shots), cues), slideshow=_told(photos, schedule, look))
    notes = (*_notes(photos, look), *((tracks.note,) if tracks.note else ()), *starts_note(cues))
    if len(photos) > 1:
        notes += (beat_note(schedule.times[1:-1].tolist(), beats, look.rate),)
    return Slideshow(photos, schedule, look, sheet, errors, notes)


def planned_slideshow(
    sheet: CueSheet,
    output: Path,
    *,
    font: str | os.PathLike[str] | None = None,
    image_model: str | os.PathLike[str] | None = None,
) -> Slideshow:
    """Take up a slideshow as its cue sheet says, with what was edited there."""
    told = sheet.slideshow
    if told is None:
        raise UsageError("This cue sheet is that of a film, and has no photos: give it to score.")
    if told.captions not in set(Captions):
        raise UsageError(f"The cue sheet's captions are {', '.join(Captions)}, not {printable(told.captions)!r}.")
    if sheet.film.duration > LONGEST:
        raise UsageError("The cue sheet's film lasts more than a day: give it less.")
    rate = min(max(round(sheet.film.fps), SLOWEST), FASTEST)
    look = Look(rate=rate, captions=Captions(told.captions), font=font, frame=(told.width, told.height))
    _font(look)  # what is wrong with it is known before photos are read
    photos, errors = read_photos([photo.path for photo in told.photos], ImageModel.load(image_model))
    if errors:
        raise errors[0]
    starts = np.array([0.0, *(photo.start for photo in told.photos[1:]), sheet.film.duration])
    schedule = at_times(starts, rate, told.cross_fade)
    made = _sheet(_film(photos, schedule, output), photos, schedule, look, sheet.cues)
    return Slideshow(tuple(photos), schedule, look, made, (), ())


def write_slideshow(
    show: Slideshow, output: Path, progress: Progress | None = None, *, loudness: float = LOUDNESS
) -> tuple[str, ...]:
    """Draw a slideshow, mix its sound, and write the film."""
    frame = show.look.size
    font = _font(show.look)
    captions = [font.overlay(caption_of(photo, show.look.captions)) if font else None for photo in show.photos]

    def told(stage: str) -> Callable[[float, float], None] | None:
        if progress is None:
            return None
        return lambda done, of: progress(stage, int(done), int(of))

    sound = None
    if show.sheet.cues:
        sound = compose(show.sheet, loudness=loudness, progress=told("Mixing (seconds)"))
    write_pictures(
        pictures(show.photos, show.schedule, frame, captions),
        output,
        rate=show.look.rate,
        size=frame,
        count=int(show.schedule.changes[-1]),
        sound=sound,
        progress=told("Filming (seconds)"),
    )
    absent = sorted(font.absent) if font is not None else []
    if not absent:
        return ()
    few, what = printable("".join(absent[:10])), "1 letter" if len(absent) == 1 else f"{len(absent)} letters"
    return (f"Left out of the captions, for want of a font: {what} ({few}); give one that has them with --font.",)


def _font(look: Look) -> CaptionFont | None:
    return None if look.captions is Captions.NONE else CaptionFont(look.size, look.font)


def _photos(
    files: Sequence[str], look: Look, image_model: str | os.PathLike[str] | None
) -> tuple[tuple[Photo, ...], tuple[InputError, ...], AffectDistribution]:
    model = ImageModel.load(image_model)
    photos, errors = read_photos(files, model)
    return tuple(ordered(photos, look.order)), tuple(errors), model.reference


def _notes(photos: Sequence[Photo], look: Look) -> tuple[str, ...]:
    notes = tuple(f"{printable(photo.path)}: {photo.note}" for photo in photos if photo.note)
    undated = sum(not photo.dated for photo in photos)
    if look.order is not Order.DATE or not undated:
        return notes
    what = "1 photo does" if undated == 1 else f"{undated} photos do"
    return (*notes, f"{what} not tell when they were taken: the time of the file counts.")


def _even_schedule(photos: int, look: Look) -> Schedule:
    if photos * look.seconds > LONGEST:
        raise UsageError(f"{photos} photos of {look.seconds:g} seconds are more than a day: give fewer.")
    return evenly(photos, look.seconds, look.rate, look.fade)


def _film(photos: Sequence[Photo], schedule: Schedule, output: Path) -> Film:
    """The film as it will be, for those who choose its music."""
    times = schedule.times
    affects = [photo.affect for photo in photos]
    spans = zip(times[:-1].tolist(), times[1:].tolist(), affects, strict=True)
    return Film(
        path=os.fsdecode(output),
        info=VideoInfo(schedule.duration, float(schedule.rate), film_format(output).container, "h264", sound=False),
        duration=schedule.duration,
        times=np.arange(schedule.changes[-1]) / schedule.rate,
        shots=tuple(Shot(start, end, affect) for start, end, affect in spans),
        transitions=(),
        curve=schedule.curve(affects),
    )


def _sheet(film: Film, photos: Sequence[Photo], schedule: Schedule, look: Look, cues: tuple[Cue, ...] = ()) -> CueSheet:
    sheet = sheet_of(film, group(film.shots, Options().least_scene), cues)
    return replace(sheet, slideshow=_told(photos, schedule, look))


def _told(photos: Sequence[Photo], schedule: Schedule, look: Look) -> SheetSlideshow:
    """What the cue sheet tells of the photos, so that the same film can be made of it."""
    starts = zip(schedule.times.tolist(), schedule.changes.tolist(), strict=True)
    seen = tuple(
        SheetPhoto(os.path.abspath(photo.path), *start)  # noqa: PTH100 - names may be any bytes
        for photo, start in zip(photos, starts, strict=False)
    )
    return SheetSlideshow(*look.size, schedule.fade, look.captions, seen)


def _regrouped(scenes: Sequence[Scene], shots: Sequence[Shot]) -> list[Scene]:
    """The same scenes of shots that begin a little earlier or later."""
    remaining = iter(shots)
    grouped = []
    for scene in scenes:
        own = tuple(itertools.islice(remaining, len(scene.shots)))
        grouped.append(Scene(own[0].start, own[-1].end, scene.affect, own))
    return grouped


def _fitting(photos: int, tracks: Candidates) -> list[int]:
    """The tracks that are not too short and not too long for all photos."""
    if tracks.pins:
        if set(tracks.pins) != {0}:
            raise UsageError("With --whole-song only one song can be pinned, to scene 1.")
        places = list(tracks.pins.values())
    else:
        places = np.flatnonzero(tracks.allowed).tolist()
    per_photo = tracks.durations / photos
    fitting = [place for place in places if LEAST_SECONDS <= per_photo[place] <= MOST_SECONDS]
    if not fitting:
        least, most = clock(LEAST_SECONDS * photos), clock(MOST_SECONDS * photos)
        raise UsageError(
            f"No song that may be used lasts {least} to {most}, so that each of {photos} photos is seen for "
            f"{LEAST_SECONDS:g} to {MOST_SECONDS:g} seconds: leave out --whole-song."
        )
    return fitting


def _whole_song(photos: Sequence[Photo], tracks: Candidates, matching: MatchMode, natural: AffectDistribution) -> int:
    """The track that goes best along with photos which are spread evenly from its start to its end."""
    fitting = _fitting(len(photos), tracks)
    relative = matching is MatchMode.RELATIVE
    points = np.array([(photo.affect.valence, photo.affect.arousal) for photo in photos])
    positions = natural.ranks(points) if relative else points
    music = Music(tracks.durations, tracks.curves, tracks.library if relative else None, 1.0, 0.0)
    middles = (np.arange(len(photos)) + 0.5) / len(photos)

    def distance(place: int) -> float:
        heard = music.positions(place, middles * tracks.durations[place])
        return float(np.hypot(*(heard - positions).T).mean())

    return min(fitting, key=distance)
