"""From a film and its cue sheet, or a library, to the film with its music."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from img2music.app.cues import (
    AnySheet,
    Cued,
    files_of,
    kinds_of,
    read_sheet,
    require,
    save_sheets,
    sheet_files,
    songs_of,
)
from img2music.app.spotting import plotted, spot_from
from img2music.connectors.tags import read_tags
from img2music.errors import InputError, UsageError
from img2music.files import FileKind
from img2music.library.store import LibraryStore
from img2music.locations import is_file
from img2music.media.film_survey import Survey
from img2music.media.film_writer import write_film
from img2music.media.output_formats import FILM, SOUND
from img2music.media.sound_writer import sound_file
from img2music.media.video import survey_of
from img2music.options import AnyPath, OriginalSound, ScoreOptions, SpotOptions
from img2music.progress import Progress, Replacing, Told
from img2music.soundtrack.blocks import Samples
from img2music.soundtrack.cue_sheet import TOLERANCE, CueSheet, clocks
from img2music.soundtrack.sound import asked, compose
from img2music.soundtrack.swapping import with_alternatives
from img2music.track import Tags

OUTLASTING = 1.0
"""Seconds by which a film's sound must outlast its pictures before it is said that they are left out."""


class Scored(Cued):
    """What was scored: the cue sheet, with what was heard in the film, and what a person should know."""


def score_film(
    store: LibraryStore,
    film: AnyPath,
    sheet: AnySheet | None,
    output: AnyPath | None,
    audio_only: AnyPath | None,
    *,
    options: ScoreOptions,
    spotting: SpotOptions | None,
    sheets: Sequence[AnyPath],
    plot: AnyPath | None,
    replacing: Replacing,
    told: Told,
    progress: Progress,
) -> Scored:
    """Write a film with the music of a cue sheet, its sound alone, or both; without a sheet, choose the music first."""
    files = sheet_files(sheets)
    target, sound_target = (None if file is None else Path(os.fsdecode(file)) for file in (output, audio_only))
    outputs = [*_outputs(target, sound_target), *kinds_of(files), *plotted(plot)]
    if sheet is not None and (spotting is not None or plot is not None):
        given = "plot" if spotting is None else "spotting"
        raise UsageError(f"The cue sheet says what is to be made: `sheet` goes without `{given}`.")
    chosen = None if sheet is None else read_sheet(sheet, told)
    read = [("the film itself", film), *([] if chosen is None else files_of(chosen, sheet))]
    require(outputs, itertools.chain(read, _tagged(sound_target), songs_of(store)), replacing)
    notes: tuple[str, ...] = ()
    found = None
    if chosen is None:
        found = spot_from(store, film, spotting or SpotOptions(), options, progress)
        chosen, notes = found.sheet, found.notes
    chosen = with_alternatives(chosen, options.uses, told)
    seen = found.film.survey if found is not None and found.film.survey is not None else survey_of(film)
    scored = _write(film, chosen, seen, target, sound_target, options=options, progress=progress)
    save_sheets(scored.sheet, files)
    drawn = found.plot(plot) if found is not None and plot is not None else ()
    return Scored(scored.sheet, (*notes, *scored.notes, *drawn))


def _outputs(film: Path | None, sound: Path | None) -> Iterator[tuple[Path, FileKind]]:
    """What is to be written, as `require` takes it."""
    if film is None and sound is None:
        raise UsageError("Nothing is to be written: give `output`, `audio_only`, or both.")
    if film is not None:
        yield film, FILM.chosen(None, film).kind
    if sound is not None:
        yield sound, SOUND.chosen(None, sound).kind


def _write(
    film: AnyPath,
    sheet: CueSheet,
    seen: Survey,
    output: Path | None,
    audio_only: Path | None,
    *,
    options: ScoreOptions,
    progress: Progress,
) -> Scored:
    for cue in sheet.cues:  # the last as early as the first
        if not is_file(cue.track.path):
            raise InputError("is in the cue sheet, and is not there.", cue.track.path)
    if abs(seen.duration - sheet.film.duration) > TOLERANCE:
        lasts, planned = clocks(seen.duration, sheet.film.duration)
        raise InputError(f"lasts {lasts}, and the cue sheet is for a film of {planned}.", os.fsdecode(film))
    original = asked(sheet, options).use is not OriginalSound.DROP
    notes: tuple[str, ...] = ()
    if original and seen.sound_end > seen.duration + OUTLASTING:
        until, shown = clocks(seen.sound_end, seen.duration)
        notes = (f"The film's sound goes on until {until}, and its pictures end at {shown}: the rest is left out.",)
    # Exact, where the sheet tells milliseconds.
    sound = compose(sheet, options, progress, film=film, duration=seen.duration)
    with ExitStack() as stack:
        if audio_only is not None:
            write = stack.enter_context(sound_file(audio_only, sound.rate, sound.layout))
            sound = replace(sound, blocks=_also(sound.blocks, write))
        if output is not None:
            notes += write_film(film, seen, sound, output, original=original)
        else:
            for _ in sound.blocks:
                pass
    return Scored(replace(sheet, original=sound.own), notes)


def _also(blocks: Iterator[Samples], write: Callable[[Samples], None]) -> Iterator[Samples]:
    for block in blocks:
        write(block)
        yield block


def _tagged(sound: Path | None) -> Iterator[tuple[str, Path]]:
    """The file for the sound alone, if it has tags, which such sound has not: a song that no library knows."""
    if sound is not None and sound.is_file() and read_tags(str(sound)) != Tags():
        yield "a song, as its tags say", sound
