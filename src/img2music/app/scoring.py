"""From a film and its cue sheet, or a library, to the film with its music."""

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from img2music.app.cues import (
    AnySheet,
    Cued,
    files_of,
    kinds_of,
    require,
    save_sheets,
    sheet_files,
    sheet_from,
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
from img2music.soundtrack.seams import SeamPreview
from img2music.soundtrack.sound import asked, compose
from img2music.soundtrack.swapping import with_alternatives
from img2music.track import Tags

STEMS = ("music", "film")
"""How the names of stems end: the music, and the film's own sound."""

OUTLASTING = 1.0
"""Seconds by which a film's sound must outlast its pictures before it is said that they are left out."""


@dataclass(frozen=True, repr=False)
class Scored(Cued):
    """What was scored: the cue sheet, with what was heard in the film, and what a person should know."""

    stems: tuple[Path, ...] = ()
    """The files of the music and of the film's own sound, if they were asked for and there is such sound."""


def score_film(
    store: LibraryStore,
    film: AnyPath,
    sheet: AnySheet | None,
    output: AnyPath | None,
    audio_only: AnyPath | None,
    *,
    stems: AnyPath | None,
    preview_seams: bool,
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
    if preview_seams and stems is not None:
        raise UsageError("`stems` are as long as the film: they go without `preview_seams`.")
    written = _Outputs.of(film, output, audio_only, stems)
    outputs = [*written.kinds(), *kinds_of(files), *plotted(plot)]
    if sheet is not None and (spotting is not None or plot is not None):
        given = "plot" if spotting is None else "spotting"
        raise UsageError(f"The cue sheet says what is to be made: `sheet` goes without `{given}`.")
    chosen = None if sheet is None else sheet_from(sheet, told, store=store, film=film)
    read = [("the film itself", film), *([] if chosen is None else files_of(chosen, sheet))]
    require(outputs, itertools.chain(read, _tagged(written.sounds), songs_of(store)), replacing)
    notes: tuple[str, ...] = ()
    found = None
    if chosen is None:
        found = spot_from(store, film, spotting or SpotOptions(), options, progress, told=told)
        chosen, notes = found.sheet, found.notes
    else:
        chosen = with_alternatives(chosen, options.uses, told)
    seen = found.film.survey if found is not None and found.film.survey is not None else survey_of(film)
    scored = _write(film, chosen, seen, written, seams_only=preview_seams, options=options, progress=progress)
    save_sheets(scored.sheet, files)
    drawn = found.plot(plot) if found is not None and plot is not None else ()
    return replace(scored, notes=(*notes, *scored.notes, *drawn))


@dataclass(frozen=True)
class _Outputs:
    """What is to be written."""

    film: Path | None
    sound: Path | None
    stems: tuple[Path, ...]  # music, and the film's own sound

    @classmethod
    def of(cls, film: AnyPath, output: AnyPath | None, audio_only: AnyPath | None, stems: AnyPath | None) -> "_Outputs":
        """Take what was asked for; stems of a folder are named as the film."""
        if output is None and audio_only is None and stems is None:
            raise UsageError("Nothing is to be written: give `output`, `audio_only` or `stems`.")
        parts: tuple[Path, ...] = ()
        if stems is not None:
            named = Path(os.fsdecode(stems))
            named = named / Path(os.fsdecode(film)).stem if named.is_dir() else named
            parts = tuple(named.with_name(f"{named.name}-{part}.wav") for part in STEMS)
        target, sound = (None if file is None else Path(os.fsdecode(file)) for file in (output, audio_only))
        return cls(target, sound, parts)

    @property
    def sounds(self) -> list[Path]:
        """Files of sound alone."""
        return [*([] if self.sound is None else [self.sound]), *self.stems]

    def kinds(self) -> Iterator[tuple[Path, FileKind]]:
        """Give them as `require` takes them."""
        if self.film is not None:
            yield self.film, FILM.chosen(None, self.film).kind
        for sound in self.sounds:
            yield sound, SOUND.chosen(None, sound).kind


def _write(
    film: AnyPath,
    sheet: CueSheet,
    seen: Survey,
    written: _Outputs,
    *,
    seams_only: bool,
    options: ScoreOptions,
    progress: Progress,
) -> Scored:
    _require_fit(film, sheet, seen)
    preview = SeamPreview.of(os.fsdecode(film), sheet, seen.duration, seen.rate) if seams_only else None
    original = asked(sheet, options).use is not OriginalSound.DROP
    notes: tuple[str, ...] = ()
    if original and seen.sound_end > seen.duration + OUTLASTING:
        until, shown = clocks(seen.sound_end, seen.duration)
        notes = (f"The film's sound goes on until {until}, and its pictures end at {shown}: the rest is left out.",)
    writers: list[Callable[[Samples], None]] = []

    def apart(*blocks: Samples | None) -> None:
        for write, block in zip(writers, blocks, strict=False):
            if block is not None:
                write(block)

    # Exact, where the sheet tells milliseconds.
    parts = None if preview is None else preview.parts
    sound = compose(sheet, options, progress, film=film, duration=seen.duration, parts=parts, stems=apart)
    stems = written.stems if original and sound.own is not None else written.stems[:1]
    with ExitStack() as stack:
        for stem, layout in zip(stems, ("stereo", sound.layout), strict=False):
            writers.append(stack.enter_context(sound_file(stem, sound.rate, layout)))
        if written.sound is not None:
            write = stack.enter_context(sound_file(written.sound, sound.rate, sound.layout))
            sound = replace(sound, blocks=_also(sound.blocks, write))
        if written.film is None:
            deque(sound.blocks, maxlen=0)
        elif preview is not None:
            preview.write(written.film, sound, progress)
        else:
            notes += write_film(film, seen, sound, written.film, original=original)
    return Scored(replace(sheet, original=sound.own), notes, stems)


def _require_fit(film: AnyPath, sheet: CueSheet, seen: Survey) -> None:
    for cue in sheet.cues:  # the last as early as the first
        if not is_file(cue.track.path):
            raise InputError("is in the cue sheet, and is not there.", cue.track.path)
    if abs(seen.duration - sheet.film.duration) > TOLERANCE:
        lasts, planned = clocks(seen.duration, sheet.film.duration)
        raise InputError(f"lasts {lasts}, and the cue sheet is for a film of {planned}.", os.fsdecode(film))


def _also(blocks: Iterator[Samples], write: Callable[[Samples], None]) -> Iterator[Samples]:
    for block in blocks:
        write(block)
        yield block


def _tagged(sounds: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Files for sound alone that have tags, which such sound has not: songs that no library knows."""
    for sound in sounds:
        if sound.is_file() and read_tags(str(sound)) != Tags():
            yield "a song, as its tags say", sound
