"""From a film and a library to a cue sheet."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.app.cues import Cued
from img2music.app.film_cache import reading_of, sound_of
from img2music.app.person import Listener
from img2music.arguments import checked
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError
from img2music.files import FileKind
from img2music.library.store import LibraryStore
from img2music.matching.calibration import affects_at
from img2music.options import AnyPath, MatchMode, OriginalSound, ScoreOptions, SpotOptions
from img2music.plots import PLOT, require_plotting
from img2music.progress import Progress, Told, quietly
from img2music.soundtrack.cue_sheet import Cue, CueSheet, clocks
from img2music.soundtrack.cueing import starts_note
from img2music.soundtrack.film import SAMPLE_EVERY, Film, group
from img2music.soundtrack.liveliness import enlivened
from img2music.soundtrack.plot import draw
from img2music.soundtrack.rechoosing import continued
from img2music.soundtrack.sound import Heard, asked
from img2music.soundtrack.spotting import candidates, count_note, require_possible, spot
from img2music.soundtrack.swapping import with_alternatives
from img2music.vision.model import ImageModel

CUT_SHORT = 1.0
"""Seconds that a film must lack of its stated length before it is said."""


@dataclass(frozen=True, repr=False)
class Plottable(Cued):
    """A cue sheet, with what it follows."""

    film: Film = field(compare=False)
    """What was seen: shots, transitions and the affect curve."""
    songs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)), compare=False, kw_only=True)
    """Affect curves of the songs where they are heard, as that of a film that they fit without distance; between two
    is a line of NaN."""

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
        return draw(self.film, self.sheet, Path(os.fsdecode(file)), self.songs)


@dataclass(frozen=True, repr=False)
class Spotted(Plottable):
    """A film that was read, and the music that was chosen for it."""


def spot_from(
    store: LibraryStore,
    film: AnyPath,
    options: SpotOptions,
    scoring: ScoreOptions,
    progress: Progress,
    *,
    told: Told = quietly,
    draft: Callable[[CueSheet, Film], object] | None = None,
) -> Spotted:
    """Read a film and choose its music from a library that is open; ``told`` hears of alternatives that are used.

    While the film is read, ``draft`` is given the music of its beginning, chosen without regard to its own sound; when
    it is given more, what it was given before goes on.
    """
    listener = Listener.of(store, options.person)
    # What is wrong with them is known before a film is decoded for minutes.
    tracks = candidates(listener.store, options, listener.person)
    model = ImageModel.load(options.image_model)
    require = partial(require_possible, tracks, options)
    natural = listener.person.natural(model.reference)

    def chosen(
        seen: Film, sound: Heard, songs: int | None = options.songs, before: Sequence[Cue] = ()
    ) -> tuple[CueSheet, Film]:
        scenes = group(seen.shots, options.least_scene)
        seen, scenes = enlivened(seen, scenes, sound, natural, moves=not options.pictures_only)
        choose = partial(continued, seen, scenes, before) if before else partial(spot, seen, scenes)
        cues = choose(tracks, replace(options, songs=songs), store=listener.store, natural=natural)
        return CueSheet(seen.file, tuple(scenes), cues, original=sound.own), seen

    drafted: list[Cue] = []

    def begun(part: Film) -> None:
        assert draft is not None
        assert part.survey is not None
        share = part.duration / part.survey.duration
        songs = None if options.songs is None else max(1, round(share * options.songs))
        with suppress(UsageError):  # what is asked for may lie further on
            unheard = Heard(asked(CueSheet(part.file, (), ()), scoring))
            sheet, seen = chosen(listener.film(part), unheard, songs, drafted)
            drafted[:] = sheet.cues
            draft(sheet, seen)

    seen = listener.film(reading_of(film, model, progress, require=require, part=draft and begun))
    sheet = CueSheet(seen.file, (), ())
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
    sheet, seen = chosen(seen, sound)
    sheet = with_alternatives(sheet, scoring.uses, told)
    notes = (
        *tracks.notes,
        *listener.person.tendencies(),
        *count_note(sheet.cues, options),
        *starts_note(sheet.cues),
    )
    if seen.survey is not None and seen.survey.lacking > CUT_SHORT:
        says, found = clocks(seen.duration + seen.survey.lacking, seen.duration)
        notes += (f"The film says that it lasts {says}, and ends after {found}: it is cut short.",)
    library = tracks.library if options.match is MatchMode.RELATIVE else None
    songs = song_curves(sheet.cues, listener.store, library, natural)
    return Spotted(sheet, (*notes, *unheard), seen, songs=songs)


def song_curves(
    cues: Sequence[Cue], store: LibraryStore, library: AffectDistribution | None, natural: AffectDistribution
) -> NDArray[np.float64]:
    """What a plot shows of songs beside a film, as `Plottable` has it; ``library`` is for relative matching."""
    curves = store.curve_arrays([cue.track.id for cue in cues if cue.track.id is not None])
    parts = [np.zeros((0, 3))]
    for cue in cues:
        points = curves[cue.track.id or 0]
        times = np.arange(cue.start, cue.end, SAMPLE_EVERY)
        middles = (points["start"] + points["end"]) / 2 + cue.start - cue.passage.start
        heard = np.column_stack([points["valence"], points["arousal"]])
        if library is not None:
            heard = affects_at(library.ranks(heard), natural)
        along = [np.interp(times, middles, axis) for axis in heard.T]
        parts += [np.column_stack([times, *along]), np.full((1, 3), np.nan)]
    return np.concatenate(parts)


def plotted(plot: AnyPath | None) -> Iterator[tuple[Path, FileKind]]:
    """What is to be drawn, as `require` takes outputs, once it is sure that it can be."""
    if plot is not None:
        file = Path(os.fsdecode(plot))
        require_plotting(file)
        yield file, PLOT
