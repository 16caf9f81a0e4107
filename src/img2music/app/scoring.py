"""From a film and its cue sheet to the film with its music."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, UsageError
from img2music.files import FileKind, require_outputs
from img2music.media.film_writer import write_film
from img2music.media.output_formats import FILM, SOUND
from img2music.media.sound_writer import sound_file
from img2music.media.video import survey_of
from img2music.soundtrack.cue_sheet import LOUDNESS, TOLERANCE, CueSheet, Original
from img2music.soundtrack.formats import files_of
from img2music.soundtrack.sound import Progress, asked, compose
from img2music.soundtrack.spotting import clocks

Block = NDArray[np.float32]

OUTLASTING = 1.0
"""Seconds by which a film's sound must outlast its pictures before it is said that they are left out."""


def kinds(output: Path | None, audio_only: Path | None) -> list[tuple[Path, FileKind]]:
    """Pair what is to be written with what it is known by, as `files.require_outputs` takes it."""
    if output is None and audio_only is None:
        raise UsageError("Nothing is to be written: give --output FILM, --audio-only FILE, or both.")
    films = [(output, FILM.chosen(None, output).kind)] if output is not None else []
    sounds = [(audio_only, SOUND.chosen(None, audio_only).kind)] if audio_only is not None else []
    return [*films, *sounds]


def score_film(
    film: str | os.PathLike[str],
    sheet: CueSheet,
    output: Path | None = None,
    audio_only: Path | None = None,
    *,
    original: Original | None = None,
    duck: float | None = None,
    loudness: float = LOUDNESS,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write a film with the music of a cue sheet, its sound alone, or both."""
    require_outputs(kinds(output, audio_only), [("the film itself", film), *files_of(sheet)])
    for cue in sheet.cues:  # the last as early as the first
        if not os.path.isfile(cue.track.path):  # noqa: PTH113 - names may be any bytes
            raise InputError("is in the cue sheet, and is not there.", cue.track.path)
    seen = survey_of(film)
    if abs(seen.duration - sheet.film.duration) > TOLERANCE:
        lasts, planned = clocks(seen.duration, sheet.film.duration)
        raise InputError(f"lasts {lasts}, and the cue sheet is for a film of {planned}.", os.fsdecode(film))
    # Exact, where the sheet tells milliseconds.
    sheet = replace(sheet, film=replace(sheet.film, duration=seen.duration))
    own = asked(sheet, original, duck)
    notes: tuple[str, ...] = ()
    if own.use is not Original.DROP and seen.sound_end > seen.duration + OUTLASTING:
        heard, shown = clocks(seen.sound_end, seen.duration)
        notes = (f"The film's sound goes on until {heard}, and its pictures end at {shown}: the rest is left out.",)
    sound = compose(replace(sheet, original=own), loudness=loudness, film=film, progress=progress)
    with ExitStack() as stack:
        if audio_only is not None:
            write = stack.enter_context(sound_file(audio_only, sound.rate, sound.layout))
            sound = replace(sound, blocks=_also(sound.blocks, write))
        if output is not None:
            notes += write_film(film, seen, sound, output, original=own.use is not Original.DROP)
        else:
            for _ in sound.blocks:
                pass
    return notes


def _also(blocks: Iterator[Block], write: Callable[[Block], None]) -> Iterator[Block]:
    for block in blocks:
        write(block)
        yield block
