"""From a film and a library to a cue sheet."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from img2music.app.cues import Cued
from img2music.app.film_cache import reading_of, sound_of
from img2music.app.person import Listener
from img2music.arguments import checked
from img2music.errors import InputError
from img2music.files import FileKind
from img2music.library.store import LibraryStore
from img2music.options import AnyPath, OriginalSound, ScoreOptions, SpotOptions
from img2music.plots import PLOT, require_plotting
from img2music.progress import Progress
from img2music.soundtrack.cue_sheet import CueSheet, clocks
from img2music.soundtrack.cueing import starts_note
from img2music.soundtrack.film import Film, group
from img2music.soundtrack.liveliness import enlivened
from img2music.soundtrack.plot import draw
from img2music.soundtrack.sound import Heard, asked
from img2music.soundtrack.spotting import candidates, count_note, require_possible, spot
from img2music.vision.model import ImageModel

CUT_SHORT = 1.0
"""Seconds that a film must lack of its stated length before it is said."""


@dataclass(frozen=True, repr=False)
class Spotted(Cued):
    """A film that was read, and the music that was chosen for it."""

    film: Film = field(compare=False)
    """What was seen: shots, transitions and the affect curve."""

    @checked
    def plot(self, file: AnyPath) -> tuple[str, ...]:
        """Draw the film's mood, its scenes and its songs.

        Parameters
        ----------
        file : str or path-like
            A PNG or SVG file, by its ending.

        Returns
        -------
        tuple of str
            What a person should know, such as letters that no font has.

        Raises
        ------
        UsageError
            If the file ends otherwise.
        MissingExtraError
            If matplotlib is not installed.
        """
        return draw(self.film, self.sheet, Path(os.fsdecode(file)))


def spot_from(
    store: LibraryStore, film: AnyPath, options: SpotOptions, scoring: ScoreOptions, progress: Progress
) -> Spotted:
    """Read a film and choose its music from a library that is open."""
    listener = Listener.of(store, options.person)
    # What is wrong with them is known before a film is decoded for minutes.
    tracks = candidates(listener.store, options, listener.person)
    model = ImageModel.load(options.image_model)
    require = partial(require_possible, tracks, options)
    seen = listener.film(reading_of(film, model, progress, require=require))
    scenes = group(seen.shots, options.least_scene)
    natural = listener.person.natural(model.reference)
    sheet = CueSheet(seen.file, tuple(scenes), ())
    sound = Heard(asked(sheet, scoring))
    unheard: tuple[str, ...] = ()
    if scoring.original is not OriginalSound.DROP:
        try:
            sound = sound_of(seen.file, progress)
        except InputError as error:
            sound = Heard(None)
            unheard = (f"The film's own sound can't be heard, so no music is lowered under speech: {error}",)
        if sound.own is not None:
            sound = replace(sound, own=asked(replace(sheet, original=sound.own), scoring))
    seen, scenes = enlivened(seen, scenes, sound, natural, moves=not options.pictures_only)
    cues = spot(seen, scenes, tracks, options, store=listener.store, natural=natural)
    notes = (*tracks.notes, *listener.person.tendencies(), *count_note(cues, options), *starts_note(cues))
    if seen.survey is not None and seen.survey.lacking > CUT_SHORT:
        says, found = clocks(seen.duration + seen.survey.lacking, seen.duration)
        notes += (f"The film says that it lasts {says}, and ends after {found}: it is cut short.",)
    return Spotted(replace(sheet, scenes=tuple(scenes), original=sound.own, cues=cues), (*notes, *unheard), seen)


def plotted(plot: AnyPath | None) -> Iterator[tuple[Path, FileKind]]:
    """What is to be drawn, as `require` takes outputs, once it is sure that it can be."""
    if plot is not None:
        file = Path(os.fsdecode(plot))
        require_plotting(file)
        yield file, PLOT
