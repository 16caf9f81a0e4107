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
    require,
    save_sheets,
    sheet_files,
    sheet_from,
    songs_of,
)
from img2music.app.film_cache import reading_of, sound_of
from img2music.app.person import Listener
from img2music.app.spotting import Plottable, plotted, song_curves
from img2music.connectors.folders import given_pictures
from img2music.connectors.service_photos import fetch_again
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, printable
from img2music.library.store import LibraryStore
from img2music.matching.passages import clock
from img2music.media.film_writer import write_pictures
from img2music.media.output_formats import FILM
from img2music.media.sound_writer import Sound
from img2music.options import (
    DUCKING,
    AnyPath,
    Captions,
    CueCount,
    MatchMode,
    OriginalSound,
    PhotoOrder,
    SlideshowOptions,
    SpotOptions,
    limits,
)
from img2music.progress import Progress, Replacing, Told, quietly, unwatched
from img2music.soundtrack.cue_sheet import CueSheet, OwnSound, SheetPhoto
from img2music.soundtrack.cueing import starts_note
from img2music.soundtrack.film import Film, group
from img2music.soundtrack.slideshow.captions import CaptionFont, caption_of
from img2music.soundtrack.slideshow.clips import clip_of, fade_of, fitted, lengths, most, seconds_of
from img2music.soundtrack.slideshow.drawing import pictures
from img2music.soundtrack.slideshow.photos import (
    GivenPhoto,
    Photo,
    list_photos,
    nothing_to_show,
    ordered,
    read_photos,
)
from img2music.soundtrack.slideshow.plan import (
    Schedule,
    at_times,
    beat_note,
    beats_under,
    lasting,
    on_beats,
)
from img2music.soundtrack.slideshow.sheets import film_of, frame_of, regrouped, sheet_of
from img2music.soundtrack.slideshow.whole_song import fitting, whole_song
from img2music.soundtrack.sound import LONGEST, Heard, asked, compose
from img2music.soundtrack.spotting import candidates, count_note, require_possible, spot
from img2music.vision.model import ImageModel

LeaveOut = Callable[[InputError], object]

OTHERS_TOLD = 5
"""Files that are named where films and raw photos are left out, or clips are seen in part."""
CUT_TOLD = 0.2
"""Seconds of a clip that may be left out untold: what pictures and short cross-fades are off by."""


@dataclass(frozen=True, repr=False)
class Slideshow(Plottable):
    """A slideshow that was made; its sheet has no cues if it is silent."""

    errors: tuple[InputError, ...] = field(kw_only=True)
    """Photos and films that were left out."""


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
    given = None if sheet is None else sheet_from(sheet, told, store=store)
    inputs = [] if given is None else files_of(given, sheet)
    require(outputs, itertools.chain(inputs, given_pictures("one of the photos", photos), songs_of(store)), replacing)
    errors: list[InputError] = []

    def leave_out(error: InputError) -> None:
        told(error)
        errors.append(error)

    reader = _Reader(spotting, leave_out, progress)
    if given is None:
        listed = _listed(photos, file, options, leave_out, told, progress=progress)
        plan = _planned(listed, file, options, spotting, store, reader=reader)
    else:
        plan, options = _taken_up(given, file, options, reader)
    written, absent = _written(plan, file, options, progress)
    save_sheets(written, files)
    notes = (*plan.notes, *reader.notes, *absent_note(absent, "give one that has them as `font`"))
    made = Slideshow(written, notes, plan.film, songs=plan.songs, errors=tuple(errors))
    return made if plot is None else replace(made, notes=(*notes, *made.plot(plot)))


def _listed(
    photos: Sequence[AnyPath],
    output: Path,
    options: SlideshowOptions,
    leave_out: LeaveOut,
    told: Told,
    *,
    progress: Progress,
) -> list[GivenPhoto]:
    """List photos and films, and say at once which can't be shown."""
    album = list_photos(
        photos,
        output=os.fspath(output),
        photos_only=options.photos_only,
        least=max(frame_of(options)),
        progress=progress,
    )
    for error in album.errors:
        leave_out(error)
    for what, others in (("raw photos", album.raw), ("films", album.films), ("clips of live photos", album.live)):
        if others:
            few = ", ".join(printable(path) for path in others[:OTHERS_TOLD])
            more = f" and {len(others) - OTHERS_TOLD} more" if len(others) > OTHERS_TOLD else ""
            told(f"{what} are left out: {few}{more}")
    return album.files


def _planned(
    files: Sequence[GivenPhoto],
    output: Path,
    options: SlideshowOptions,
    spotting: SpotOptions,
    store: LibraryStore,
    *,
    reader: "_Reader",
) -> _Plan:
    """Read photos and clips, bring them into order, choose their music, and move their changes to its beats."""
    _font(options, frame_of(options))  # what is wrong with it is known before photos are read
    clips = sum(each.film for each in files)
    _require_a_day(len(files), (len(files) - clips) * options.seconds_per_photo)  # and so is a film that is too long
    if options.silent:
        photos, _ = reader.read(files, options)
        schedule = _scheduled(photos, options)
        photos = fitted(photos, schedule)
        film = film_of(photos, schedule, output)
        sheet = sheet_of(film, photos, schedule, options)
        if clips:
            sheet = replace(sheet, original=OwnSound(OriginalSound.DROP, DUCKING))
        return _Plan(photos, schedule, sheet, film, _notes(photos, options, schedule))
    if options.whole_song:
        if spotting.songs is not None:
            raise UsageError("`whole_song` goes without `songs`.")
        spotting = replace(spotting, cues=CueCount.ONE)
    listener = Listener.of(store, spotting.person)
    tracks = candidates(listener.store, spotting, listener.without_unfit([each.path for each in files]))
    if not clips:  # which would have to be read first
        if options.whole_song:
            fitting(len(files), tracks)  # before photos are read, of which some may be left out
        else:
            require_possible(tracks, spotting, len(files) * options.seconds_per_photo)
    photos, natural = reader.read(files, options, listener)
    seconds = options.seconds_per_photo
    if options.whole_song:
        index = whole_song(photos, tracks, options, spotting.match, natural)
        tracks = replace(tracks, pins={0: index})
        # A picture less than the song has, so that the passage lies within it.
        left = int(tracks.durations[index] * options.fps) / options.fps - sum(lengths(photos, 0.0, options))
        seconds = left / sum(photo.clip is None for photo in photos)
    schedule = _scheduled(photos, options, seconds)
    photos = fitted(photos, schedule)
    film = film_of(photos, schedule, output)
    scenes = group(film.shots, spotting.least_scene)
    cues = spot(film, scenes, tracks, spotting, store=listener.store, natural=natural)
    beats = beats_under(cues)
    joins = np.array([cue.start for cue in cues[1:]])
    schedule = on_beats(schedule, beats.times, joins, most(photos, schedule))
    photos = fitted(photos, schedule)
    moved = film_of(photos, schedule, output)
    sheet = sheet_of(moved, photos, schedule, options, cues=cues, scenes=regrouped(scenes, moved))
    notes = (
        *_notes(photos, options, schedule),
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
    sheet: CueSheet, output: Path, options: SlideshowOptions, reader: "_Reader"
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
    options = replace(
        options, captions=told.captions, still=told.still, fps=min(max(round(sheet.film.fps), slowest), fastest)
    )
    _font(options, sides)  # what is wrong with it is known before photos are read
    starts = np.array([0.0, *(photo.start for photo in told.photos[1:]), sheet.film.duration])
    schedule = at_times(starts, options.fps, told.cross_fade)
    for photo in told.photos:
        fetch_again(photo.path)
    photos = [
        replace(photo, caption=each.caption)
        for photo, each in zip(reader.again(told.photos, schedule), told.photos, strict=True)
    ]
    film = film_of(photos, schedule, output)
    made = sheet_of(film, photos, schedule, options, cues=sheet.cues, size=sides, original=sheet.original)
    return _Plan(photos, schedule, made, film), options


def _written(plan: _Plan, output: Path, options: SlideshowOptions, progress: Progress) -> tuple[CueSheet, str]:
    """Draw a slideshow, mix its sound, write the film; its sheet, as its clips were heard, and what `_drawn` says."""
    sheet, show = plan.sheet, plan.sheet.slideshow
    assert show is not None
    sound = None
    if sheet.cues or (show.has_clips and asked(sheet, options).use is not OriginalSound.DROP):
        sound = compose(sheet, options, progress)
        if show.has_clips:
            sheet = replace(sheet, original=sound.own)
    audible = sound if sound is not None and (sheet.cues or sound.own) else None
    return sheet, _drawn(
        plan, output, (show.width, show.height), font_file=options.font, sound=audible, progress=progress
    )


def _drawn(
    plan: _Plan,
    output: Path,
    frame: tuple[int, int],
    *,
    font_file: AnyPath | None,
    sound: Sound | None,
    progress: Progress,
) -> str:
    """Draw a slideshow, and write it with its sound; the letters of its captions that no font has."""
    show = plan.sheet.slideshow
    assert show is not None
    texts = [caption_of(photo, show.captions) for photo in plan.photos]
    font = CaptionFont(frame, font_file) if any(texts) else None
    captions = [font.overlay(text) if font is not None else None for text in texts]
    write_pictures(
        pictures(plan.photos, plan.schedule, frame, captions, still=show.still),
        output,
        rate=plan.schedule.rate,
        size=frame,
        count=int(plan.schedule.changes[-1]),
        sound=sound,
        progress=progress,
    )
    return "".join(sorted(font.absent)) if font is not None else ""


def absent_note(absent: str, remedy: str) -> tuple[str, ...]:
    """Say which letters of captions no font has."""
    if not absent:
        return ()
    few, what = printable(absent[:10]), "1 letter" if len(absent) == 1 else f"{len(absent)} letters"
    return (f"Left out of the captions, for want of a font: {what} ({few}); {remedy}.",)


def _font(options: SlideshowOptions, frame: tuple[int, int]) -> CaptionFont | None:
    return None if options.captions is Captions.NONE else CaptionFont(frame, options.font)


class _Reader:
    """Reads photos and clips."""

    def __init__(self, spotting: SpotOptions, leave_out: LeaveOut, progress: Progress) -> None:
        self._spotting, self._leave_out, self._progress = spotting, leave_out, progress
        self.notes: list[str] = []

    def read(
        self, files: Sequence[GivenPhoto], options: SlideshowOptions, listener: Listener | None = None
    ) -> tuple[list[Photo], AffectDistribution]:
        """Read what can be read, in its order, and how the readings of pictures are spread."""
        model = ImageModel.load(self._spotting.image_model)
        natural = model.reference if listener is None else listener.person.natural(model.reference)
        photos, errors = read_photos([each.path for each in files if not each.film], model)
        found = {photo.path: photo for photo in (photos if listener is None else listener.photos(photos))}
        for given in files:
            if given.film:
                try:
                    found[given.path] = self._clip(given.path, model, natural, options, listener)
                except InputError as error:
                    errors.append(error)
        for each in errors:
            self._leave_out(each)
        if not found:
            raise nothing_to_show(errors)
        kept = [found[each.path] for each in files if each.path in found]
        return ordered(kept, options.order), natural

    def _clip(
        self,
        path: str,
        model: ImageModel,
        natural: AffectDistribution,
        options: SlideshowOptions,
        listener: Listener | None,
    ) -> Photo:
        film = reading_of(path, model, self._progress)
        film = film if listener is None else listener.film(film)
        heard = Heard(None)
        if not options.silent and options.original is not OriginalSound.DROP:
            try:
                heard = sound_of(film.file, self._progress)
            except InputError as error:
                self.notes.append(f"The sound of a clip can't be heard, and is left out: {error}")
        seconds = seconds_of(film.duration, options) + fade_of(options)
        moves = not self._spotting.pictures_only
        return clip_of(path, film, heard, natural, seconds=seconds, moves=moves)

    def again(self, photos: Sequence[SheetPhoto], schedule: Schedule) -> list[Photo]:
        """Read the photos and clips of a sheet; the first that can't be read ends it."""
        model = ImageModel.load(self._spotting.image_model)
        stills, errors = read_photos([photo.path for photo in photos if photo.clip_start is None], model)
        if errors:
            raise errors[0]
        remaining, found = iter(stills), []
        for number, photo in enumerate(photos):
            if photo.clip_start is None:
                found.append(next(remaining))
                continue
            film = reading_of(photo.path, model, self._progress)
            start, seconds = photo.clip_start - schedule.fades[number] / 2, schedule.seconds(number)
            found.append(clip_of(photo.path, film, Heard(None), model.reference, start=start, seconds=seconds))
        return found


def _notes(photos: Sequence[Photo], options: SlideshowOptions, schedule: Schedule) -> tuple[str, ...]:
    notes = tuple(f"{printable(photo.path)}: {photo.note}" for photo in photos if photo.note)
    parts = [
        f"{printable(Path(photo.path).name)} ({clock(seen, 1)} of {clock(photo.clip.survey.duration, 1)})"
        for photo, seen in zip(photos, map(schedule.seconds, range(len(photos))), strict=True)
        if photo.clip is not None and seen < photo.clip.survey.duration - CUT_TOLD
    ]
    if parts:
        few, more = ", ".join(parts[:OTHERS_TOLD]), len(parts) - OTHERS_TOLD
        what = "1 clip is" if len(parts) == 1 else f"{len(parts)} clips are"
        told = f"{few} and {more} more" if more > 0 else few
        notes += (f"{what} seen in part, the liveliest: {told}; `clip_length` says how much at most.",)
    undated = sum(not photo.dated for photo in photos)
    if options.order is not PhotoOrder.DATE or not undated:
        return notes
    what = "1 photo does" if undated == 1 else f"{undated} photos do"
    return (*notes, f"{what} not tell when they were taken: the time of the file counts.")


def _scheduled(photos: Sequence[Photo], options: SlideshowOptions, seconds: float | None = None) -> Schedule:
    each = lengths(photos, options.seconds_per_photo if seconds is None else seconds, options)
    _require_a_day(len(photos), sum(each))
    fade = fade_of(options) if seconds is None else min(options.cross_fade, seconds / 3)
    return lasting(each, options.fps, fade)


def _require_a_day(photos: int, seconds: float) -> None:
    if seconds > LONGEST:
        raise UsageError(f"{photos} photos of {clock(seconds)} are more than a day: give fewer.")


# Albums that are changed by hand before they are written (`app.albums`)


@dataclass(frozen=True)
class AlbumPlan:
    """An album as it was read and laid out first."""

    photos: Sequence[Photo]  # in its order
    sheet: CueSheet
    notes: tuple[str, ...]


def plan_album(
    files: Sequence[AnyPath],
    output: Path,
    options: SlideshowOptions,
    spotting: SpotOptions,
    store: LibraryStore,
    *,
    progress: Progress,
) -> AlbumPlan:
    """Read photos and clips, and choose their music; what can't be read is told by the notes."""
    left_out: list[str] = []

    def leave_out(told: object) -> None:
        left_out.append(str(told))

    reader = _Reader(spotting, leave_out, progress)
    listed = _listed(files, output, options, leave_out, leave_out, progress=progress)
    plan = _planned(listed, output, options, spotting, store, reader=reader)
    return AlbumPlan(plan.photos, plan.sheet, (*left_out, *plan.notes, *reader.notes))


def read_album(
    files: Sequence[AnyPath],
    sheet: CueSheet,
    options: SlideshowOptions,
    spotting: SpotOptions,
    listener: Listener,
    *,
    progress: Progress,
) -> list[Photo]:
    """Read the photos and clips of a sheet; the first that can't be read ends it."""

    def leave_out(error: InputError) -> None:
        raise error

    reader = _Reader(spotting, leave_out, progress)
    assert sheet.slideshow is not None
    clips = {each.path for each in sheet.slideshow.photos if each.clip_start is not None}
    given = [GivenPhoto(os.fsdecode(path), os.fsdecode(path) in clips) for path in files]
    return reader.read(given, replace(options, order=PhotoOrder.NAME), listener)[0]


def read_more(
    files: Sequence[str], output: Path, options: SlideshowOptions, spotting: SpotOptions, listener: Listener
) -> tuple[list[Photo], list[InputError]]:
    """Read photos and clips that come to an album as when it was begun; also what can't be read of them."""
    errors: list[InputError] = []
    reader = _Reader(spotting, errors.append, unwatched)
    try:
        listed = _listed(files, output, options, errors.append, quietly, progress=unwatched)
        return reader.read(listed, replace(options, order=PhotoOrder.NAME), listener)[0], errors
    except InputError as error:  # of none
        return [], errors or [error]


def film_album(photos: Sequence[Photo], schedule: Schedule, sheet: CueSheet, output: Path, progress: Progress) -> str:
    """Write an album with its music; the letters of its captions that no font has."""
    plan = _Plan(photos, schedule, sheet, film_of(photos, schedule, output))
    return _written(plan, output, SlideshowOptions(), progress)[1]


def film_preview(
    photos: Sequence[Photo],
    schedule: Schedule,
    sheet: CueSheet,
    frame: tuple[int, int],
    output: Path,
    *,
    progress: Progress,
) -> None:
    """Write the pictures of an album alone, at another size."""
    plan = _Plan(photos, schedule, sheet, film_of(photos, schedule, output))
    _drawn(plan, output, frame, font_file=None, sound=None, progress=progress)
