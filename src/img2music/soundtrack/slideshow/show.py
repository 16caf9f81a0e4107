"""From photos and a library to a film with music."""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, printable
from img2music.library.store import LibraryStore
from img2music.matching.calibration import Matching
from img2music.media.film_writer import film_format
from img2music.media.picture_writer import write_pictures
from img2music.media.video import VideoInfo
from img2music.soundtrack.cue_sheet import LOUDNESS, CueSheet
from img2music.soundtrack.film import Film, Shot
from img2music.soundtrack.music import Music
from img2music.soundtrack.outputs import require_files
from img2music.soundtrack.scenes import Scene, group
from img2music.soundtrack.session import sheet_of
from img2music.soundtrack.slideshow.captions import CaptionFont, Captions, caption_of
from img2music.soundtrack.slideshow.photos import Order, Photo, ordered, read_photos
from img2music.soundtrack.slideshow.pictures import pictures
from img2music.soundtrack.slideshow.plan import (
    CROSS_FADE,
    LEAST_SECONDS,
    MOST_SECONDS,
    Schedule,
    evenly,
    on_beats,
)
from img2music.soundtrack.slideshow.rhythm import beat_note, beats_under
from img2music.soundtrack.sound import Original, compose
from img2music.soundtrack.spotting import Candidates, Cues, Options, candidates, clock, spot
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
    """What a slideshow looks like.

    Attributes
    ----------
    order : Order
    seconds : float
        For each photo; with a whole song, its length decides.
    shape : Shape
    side : int
        Pixels of the film's shorter side.
    rate : int
        Pictures a second.
    fade : float
        Seconds of a cross-fade; 0 for cuts.
    captions : Captions
    font : path-like, optional
        For captions, instead of the one that is shipped.
    """

    order: Order = Order.NAME
    seconds: float = SECONDS
    shape: Shape = Shape.WIDE
    side: int = 1080
    rate: int = 30
    fade: float = CROSS_FADE
    captions: Captions = Captions.NONE
    font: str | os.PathLike[str] | None = None

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


@dataclass(frozen=True, slots=True)
class Sounding:
    """What a slideshow sounds like.

    Attributes
    ----------
    location : str or path-like, optional
        The library, as `LibraryStore.open` takes it.
    options : spotting.Options
        How its music is chosen.
    whole_song : bool
        One song from its start to its end, to which the film's length is fitted.
    """

    location: str | os.PathLike[str] | None = None
    options: Options = field(default_factory=Options)
    whole_song: bool = False


@dataclass(frozen=True)
class Slideshow:
    """A slideshow that was planned.

    Attributes
    ----------
    photos : tuple of Photo
        In the order of the film.
    schedule : Schedule
        When each is seen.
    look : Look
    sheet : CueSheet or None
        Its music; None for silence.
    errors : tuple of InputError
        Photos that were left out.
    notes : tuple of str
        What a person should know.
    """

    photos: tuple[Photo, ...]
    schedule: Schedule
    look: Look
    sheet: CueSheet | None
    errors: tuple[InputError, ...]
    notes: tuple[str, ...]


def plan_slideshow(
    paths: Sequence[str | os.PathLike[str]],
    output: Path,
    look: Look,
    sounding: Sounding | None,
    *,
    sheet_output: Path | None = None,
    image_model: str | os.PathLike[str] | None = None,
) -> Slideshow:
    """Read photos, bring them into order, choose their music, and move their changes to its beats.

    Parameters
    ----------
    paths : sequence of str or path-like
        Photos, and folders of them.
    output : Path
        The film that is to be written.
    look : Look
    sounding : Sounding or None
        None for a film without sound.
    sheet_output : Path, optional
        The cue sheet that is to be written.
    image_model : str or path-like, optional
        What reads photos, as `ImageModel.load` takes it.

    Returns
    -------
    Slideshow

    Raises
    ------
    InputError
        If not one photo can be read, or the output can't be written there.
    LibraryError
        If there is no library, or it has no tracks with sound.
    UsageError
        If the output is a photo or its ending is not known, the film would last longer than a day, no track meets the
        conditions or is long enough, or a pin or a ban can't be met.
    ModelError
        If the image model can't be loaded, or fails.
    """
    film_format(output)
    outputs = [output, sheet_output]
    require_files([], outputs)
    if sounding is None:
        photos, errors, _ = _photos(paths, outputs, look, image_model)
        schedule = _even_schedule(photos, look)
        return Slideshow(photos, schedule, look, None, errors, _notes(photos, look))
    with LibraryStore.open(sounding.location, read_only=True) as store:
        options = sounding.options
        if sounding.whole_song:
            options = replace(options, cues=Cues.ONE)
        tracks = candidates(store, options)  # what is wrong with them is known before photos are read
        photos, errors, natural = _photos(paths, outputs, look, image_model)
        if sounding.whole_song:
            place = _whole_song(photos, tracks, options.matching, natural)
            tracks = replace(tracks, pins={0: place})
            # A picture less than the song has, so that the passage lies within it.
            frames = int(tracks.durations[place] * look.rate)
            schedule = _even_schedule(photos, replace(look, seconds=frames / look.rate / len(photos)))
        else:
            schedule = _even_schedule(photos, look)
        film = _film(photos, schedule, output)
        scenes = group(film.shots, options.least_scene)
        cues = spot(film, scenes, tracks, options, store=store, natural=natural)
    require_files([("song", Path(cue.track.path)) for cue in cues], outputs)
    beats = beats_under(cues)
    schedule = on_beats(schedule, beats.times, np.array([cue.start for cue in cues[1:]]))
    moved = _film(photos, schedule, output)
    sheet = sheet_of(moved, _regrouped(scenes, moved.shots), cues)
    notes = (*_notes(photos, look), *starts_note(cues))
    if len(photos) > 1:
        notes += (beat_note(schedule.times[1:-1].tolist(), beats, look.rate),)
    return Slideshow(photos, schedule, look, sheet, errors, notes)


def write_slideshow(
    show: Slideshow, output: Path, progress: Progress | None = None, *, loudness: float = LOUDNESS
) -> tuple[str, ...]:
    """Draw a slideshow, mix its sound, and write the film.

    Parameters
    ----------
    show : Slideshow
    output : Path
        Replaced if it exists, when the film is whole.
    progress : callable, optional
    loudness : float
        Integrated loudness of the film, in LUFS.

    Returns
    -------
    tuple of str
        What a person should know.

    Raises
    ------
    InputError
        If a photo or a song can't be read, or the film can't be written; then nothing has changed.
    """
    frame = show.look.shape.frame(show.look.side)
    font = CaptionFont(frame, show.look.font) if show.look.captions is not Captions.NONE else None
    captions = [font.overlay(caption_of(photo, show.look.captions)) if font else None for photo in show.photos]

    def told(stage: str) -> Callable[[float, float], None] | None:
        if progress is None:
            return None
        return lambda done, of: progress(stage, int(done), int(of))

    sound = None
    if show.sheet is not None:
        sound = compose(show.sheet, original=Original.DROP, loudness=loudness, progress=told("Mixing (seconds)"))
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


def _photos(
    paths: Sequence[str | os.PathLike[str]],
    outputs: Sequence[Path | None],
    look: Look,
    image_model: str | os.PathLike[str] | None,
) -> tuple[tuple[Photo, ...], tuple[InputError, ...], AffectDistribution]:
    model = ImageModel.load(image_model)
    photos, errors = read_photos(paths, model)
    if not photos:
        if len(errors) == 1:
            raise errors[0]
        raise InputError(f"Not one of the {len(errors)} photos can be read, such as {errors[0]}")
    for output in outputs:
        if output is not None and output.exists() and any(output.samefile(photo.path) for photo in photos):
            raise UsageError(f"{printable(str(output))} is one of the photos; give another file.")
    return tuple(ordered(photos, look.order)), tuple(errors), model.reference


def _notes(photos: Sequence[Photo], look: Look) -> tuple[str, ...]:
    undated = sum(not photo.dated for photo in photos)
    if look.order is not Order.DATE or not undated:
        return ()
    what = "1 photo does" if undated == 1 else f"{undated} photos do"
    return (f"{what} not tell when they were taken: the time of the file counts.",)


def _even_schedule(photos: Sequence[Photo], look: Look) -> Schedule:
    if len(photos) * look.seconds > LONGEST:
        raise UsageError(f"{len(photos)} photos of {look.seconds:g} seconds are more than a day: give fewer.")
    return evenly(len(photos), look.seconds, look.rate, look.fade)


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


def _regrouped(scenes: Sequence[Scene], shots: Sequence[Shot]) -> list[Scene]:
    """The same scenes of shots that begin a little earlier or later."""
    remaining = iter(shots)
    grouped = []
    for scene in scenes:
        own = tuple(itertools.islice(remaining, len(scene.shots)))
        grouped.append(Scene(own[0].start, own[-1].end, scene.affect, own))
    return grouped


def _whole_song(photos: Sequence[Photo], tracks: Candidates, matching: Matching, natural: AffectDistribution) -> int:
    """The track that goes best along with photos which are spread evenly from its start to its end."""
    if tracks.pins:
        if set(tracks.pins) != {0}:
            raise UsageError("With --whole-song only one song can be pinned, to scene 1.")
        places = list(tracks.pins.values())
    else:
        places = np.flatnonzero(tracks.allowed).tolist()
    per_photo = tracks.durations / len(photos)
    fitting = [place for place in places if LEAST_SECONDS <= per_photo[place] <= MOST_SECONDS]
    if not fitting:
        least, most = clock(LEAST_SECONDS * len(photos)), clock(MOST_SECONDS * len(photos))
        raise UsageError(
            f"No song that may be used lasts {least} to {most}, so that each of {len(photos)} photos is seen for "
            f"{LEAST_SECONDS:g} to {MOST_SECONDS:g} seconds: leave out --whole-song."
        )
    relative = matching is Matching.RELATIVE
    points = np.array([(photo.affect.valence, photo.affect.arousal) for photo in photos])
    positions = natural.ranks(points) if relative else points
    music = Music(tracks.durations, tracks.curves, tracks.library if relative else None, 1.0, 0.0)
    middles = (np.arange(len(photos)) + 0.5) / len(photos)

    def distance(place: int) -> float:
        heard = music.positions(place, middles * tracks.durations[place])
        return float(np.hypot(*(heard - positions).T).mean())

    return min(fitting, key=distance)
