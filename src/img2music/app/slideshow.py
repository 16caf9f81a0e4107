"""From photos and a library to a film with music."""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.app.cues import (
    AnySheet,
    files_of,
    kinds_of,
    read_sheet,
    require,
    save_sheets,
    sheet_files,
    songs_of,
)
from img2music.app.person import Listener
from img2music.app.spotting import Plottable, plotted, song_curves
from img2music.connectors.folders import given_pictures
from img2music.connectors.service_photos import fetch_again
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, printable
from img2music.library.store import LibraryStore
from img2music.media.film_writer import write_pictures
from img2music.media.output_formats import FILM
from img2music.options import (
    AnyPath,
    Captions,
    CueCount,
    MatchMode,
    PhotoOrder,
    ScoreOptions,
    SlideshowOptions,
    SpotOptions,
    limits,
)
from img2music.progress import Progress, Replacing, Told
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.cueing import starts_note
from img2music.soundtrack.film import Film, group
from img2music.soundtrack.slideshow.captions import CaptionFont, caption_of
from img2music.soundtrack.slideshow.drawing import pictures
from img2music.soundtrack.slideshow.photos import Photo, list_photos, ordered, read_photos
from img2music.soundtrack.slideshow.plan import (
    Schedule,
    at_times,
    beat_note,
    beats_under,
    evenly,
    on_beats,
)
from img2music.soundtrack.slideshow.sheets import film_of, frame_of, regrouped, sheet_of
from img2music.soundtrack.slideshow.whole_song import fitting, whole_song
from img2music.soundtrack.sound import LONGEST, compose
from img2music.soundtrack.spotting import candidates, count_note, require_possible, spot
from img2music.vision.model import ImageModel

LeaveOut = Callable[[InputError], object]

OTHERS_TOLD = 5
"""Files that are named where films and raw photos are left out."""


@dataclass(frozen=True, repr=False)
class Slideshow(Plottable):
    """A slideshow that was made; its sheet has no cues if it is silent."""

    errors: tuple[InputError, ...] = field(kw_only=True)
    """Photos that were left out."""


@dataclass(frozen=True)
class _Plan:
    """What is to be drawn and heard."""

    photos: Sequence[Photo]  # in the order of the film
    schedule: Schedule
    sheet: CueSheet
    film: Film
    notes: tuple[str, ...] = ()
    songs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))


def make_slideshow(
    store: LibraryStore,
    photos: Sequence[AnyPath],
    output: AnyPath,
    options: SlideshowOptions,
    spotting: SpotOptions,
    *,
    sheet: AnySheet | None,
    sheets: Sequence[AnyPath],
    plot: AnyPath | None,
    replacing: Replacing,
    told: Told,
    progress: Progress,
) -> Slideshow:
    """Make a film of photos, with music that follows their mood; or the one that a cue sheet says."""
    file, files = Path(os.fsdecode(output)), sheet_files(sheets)
    if sheet is None and not photos:
        raise UsageError("A slideshow needs photos: give some, or folders of them, or `sheet`.")
    if sheet is not None and photos:
        raise UsageError("The cue sheet says what is to be made: `sheet` goes without photos.")
    outputs = [(file, FILM.chosen(None, file).kind), *kinds_of(files), *plotted(plot)]
    given = None if sheet is None else read_sheet(sheet, told)
    inputs = [] if given is None else files_of(given, sheet)
    require(outputs, itertools.chain(inputs, given_pictures("one of the photos", photos), songs_of(store)), replacing)
    errors: list[InputError] = []

    def leave_out(error: InputError) -> None:
        told(error)
        errors.append(error)

    if given is None:
        listed = _listed(photos, file, leave_out, told, side=max(frame_of(options)), progress=progress)
        plan = _planned(listed, file, options, spotting, store, leave_out=leave_out)
    else:
        plan, options = _taken_up(given, file, options, spotting.image_model)
    notes = (*plan.notes, *_written(plan, file, options, progress))
    save_sheets(plan.sheet, files)
    made = Slideshow(plan.sheet, notes, plan.film, songs=plan.songs, errors=tuple(errors))
    return made if plot is None else replace(made, notes=(*notes, *made.plot(plot)))


def _listed(
    photos: Sequence[AnyPath], output: Path, leave_out: LeaveOut, told: Told, *, side: int, progress: Progress
) -> list[str]:
    """List photos, and say at once which can't be shown."""
    files, errors, others = list_photos(photos, side, progress)
    for error in errors:
        leave_out(error)
    others = [path for path in others if not output.exists() or not output.samefile(path)]  # of an earlier run
    if others:
        few = ", ".join(printable(path) for path in others[:OTHERS_TOLD])
        more = f" and {len(others) - OTHERS_TOLD} more" if len(others) > OTHERS_TOLD else ""
        told(f"films and raw photos are left out: {few}{more}")
    return files


def _planned(
    files: Sequence[str],
    output: Path,
    options: SlideshowOptions,
    spotting: SpotOptions,
    store: LibraryStore,
    *,
    leave_out: LeaveOut,
) -> _Plan:
    """Read photos, bring them into order, choose their music, and move their changes to its beats."""
    _font(options, frame_of(options))  # what is wrong with it is known before photos are read
    _even_schedule(len(files), options)  # and so is a film that is too long
    if options.silent:
        photos, _ = _read(files, options, spotting.image_model, leave_out)
        schedule = _even_schedule(len(photos), options)
        film = film_of(photos, schedule, output)
        return _Plan(photos, schedule, sheet_of(film, photos, schedule, options), film, _notes(photos, options))
    if options.whole_song:
        if spotting.songs is not None:
            raise UsageError("`whole_song` goes without `songs`.")
        spotting = replace(spotting, cues=CueCount.ONE)
    listener = Listener.of(store, spotting.person)
    tracks = candidates(listener.store, spotting, listener.without_unfit(files))
    if options.whole_song:
        fitting(len(files), tracks)  # before photos are read, of which some may be left out
    else:
        require_possible(tracks, spotting, len(files) * options.seconds_per_photo)
    photos, natural = _read(files, options, spotting.image_model, leave_out, listener)
    seconds = options.seconds_per_photo
    if options.whole_song:
        index = whole_song(photos, tracks, spotting.match, natural)
        tracks = replace(tracks, pins={0: index})
        # A picture less than the song has, so that the passage lies within it.
        seconds = int(tracks.durations[index] * options.fps) / options.fps / len(photos)
    schedule = _even_schedule(len(photos), options, seconds)
    film = film_of(photos, schedule, output)
    scenes = group(film.shots, spotting.least_scene)
    cues = spot(film, scenes, tracks, spotting, store=listener.store, natural=natural)
    beats = beats_under(cues)
    schedule = on_beats(schedule, beats.times, np.array([cue.start for cue in cues[1:]]))
    moved = film_of(photos, schedule, output)
    sheet = sheet_of(moved, photos, schedule, options, cues=cues, scenes=regrouped(scenes, moved))
    notes = (
        *_notes(photos, options),
        *tracks.notes,
        *listener.person.tendencies(),
        *count_note(cues, spotting),
        *starts_note(cues),
    )
    if len(photos) > 1:
        notes += (beat_note(schedule.times[1:-1].tolist(), beats, options.fps),)
    library = tracks.library if spotting.match is MatchMode.RELATIVE else None
    return _Plan(photos, schedule, sheet, moved, notes, song_curves(cues, listener.store, library, natural))


def _taken_up(
    sheet: CueSheet, output: Path, options: SlideshowOptions, image_model: AnyPath | None
) -> tuple[_Plan, SlideshowOptions]:
    """Take up a slideshow as its cue sheet says, with what was edited there."""
    told = sheet.slideshow
    if told is None:
        raise UsageError("This cue sheet is that of a film, and has no photos: score the film with it.")
    if sheet.film.duration > LONGEST:
        raise UsageError("The cue sheet's film lasts more than a day: give it less.")
    least, most = limits(SlideshowOptions, "size")
    sides = told.width, told.height
    if min(sides) < least or max(sides) > 2 * most or any(side % 2 for side in sides):
        raise UsageError(f"A film's sides are even, of {least} to {2 * most} pixels, not {sides[0]} x {sides[1]}.")
    slowest, fastest = limits(SlideshowOptions, "fps")
    options = replace(options, captions=told.captions, fps=min(max(round(sheet.film.fps), slowest), fastest))
    _font(options, sides)  # what is wrong with it is known before photos are read
    for photo in told.photos:
        fetch_again(photo.path)
    photos, errors = read_photos([photo.path for photo in told.photos], ImageModel.load(image_model))
    if errors:
        raise errors[0]
    starts = np.array([0.0, *(photo.start for photo in told.photos[1:]), sheet.film.duration])
    schedule = at_times(starts, options.fps, told.cross_fade)
    film = film_of(photos, schedule, output)
    made = sheet_of(film, photos, schedule, options, cues=sheet.cues, size=sides)
    return _Plan(photos, schedule, made, film), options


def _written(plan: _Plan, output: Path, options: SlideshowOptions, progress: Progress) -> tuple[str, ...]:
    """Draw a slideshow, mix its sound, and write the film."""
    assert plan.sheet.slideshow is not None
    frame = plan.sheet.slideshow.width, plan.sheet.slideshow.height
    font = _font(options, frame)
    captions = [font.overlay(caption_of(photo, options.captions)) if font else None for photo in plan.photos]
    scoring = ScoreOptions(loudness=options.loudness)
    write_pictures(
        pictures(plan.photos, plan.schedule, frame, captions),
        output,
        rate=options.fps,
        size=frame,
        count=int(plan.schedule.changes[-1]),
        sound=compose(plan.sheet, scoring, progress) if plan.sheet.cues else None,
        progress=progress,
    )
    absent = sorted(font.absent) if font is not None else []
    if not absent:
        return ()
    few, what = printable("".join(absent[:10])), "1 letter" if len(absent) == 1 else f"{len(absent)} letters"
    return (f"Left out of the captions, for want of a font: {what} ({few}); give one that has them as `font`.",)


def _font(options: SlideshowOptions, frame: tuple[int, int]) -> CaptionFont | None:
    return None if options.captions is Captions.NONE else CaptionFont(frame, options.font)


def _read(
    files: Sequence[str],
    options: SlideshowOptions,
    image_model: AnyPath | None,
    leave_out: LeaveOut,
    listener: Listener | None = None,
) -> tuple[list[Photo], AffectDistribution]:
    model = ImageModel.load(image_model)
    photos, errors = read_photos(files, model)
    for error in errors:
        leave_out(error)
    if listener is None:
        return ordered(photos, options.order), model.reference
    return ordered(listener.photos(photos), options.order), listener.person.natural(model.reference)


def _notes(photos: Sequence[Photo], options: SlideshowOptions) -> tuple[str, ...]:
    notes = tuple(f"{printable(photo.path)}: {photo.note}" for photo in photos if photo.note)
    undated = sum(not photo.dated for photo in photos)
    if options.order is not PhotoOrder.DATE or not undated:
        return notes
    what = "1 photo does" if undated == 1 else f"{undated} photos do"
    return (*notes, f"{what} not tell when they were taken: the time of the file counts.")


def _even_schedule(photos: int, options: SlideshowOptions, seconds: float | None = None) -> Schedule:
    seconds = options.seconds_per_photo if seconds is None else seconds
    if photos * seconds > LONGEST:
        raise UsageError(f"{photos} photos of {seconds:g} seconds are more than a day: give fewer.")
    return evenly(photos, seconds, options.fps, options.cross_fade)
