"""From a film and a library to a cue sheet."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.files import require_outputs
from img2music.library.store import LibraryStore
from img2music.media.video import survey_of
from img2music.soundtrack.cue_sheet import Cue, CueSheet, FilmFile, Original, SheetScene, SheetSpan
from img2music.soundtrack.film import Film, Progress, read_film
from img2music.soundtrack.formats import KINDS, chosen_format, files_of, save
from img2music.soundtrack.scenes import Scene, group
from img2music.soundtrack.sound import heard
from img2music.soundtrack.spotting import Options, candidates, clocks, require_possible, spot
from img2music.soundtrack.table import starts_note
from img2music.vision.model import ImageModel

CUT_SHORT = 1.0
"""Seconds that a film must lack of its stated length before it is said."""


@dataclass(frozen=True)
class Spotted:
    """A film that was read, and its cue sheet.

    Attributes
    ----------
    film : Film
    sheet : CueSheet
    notes : tuple of str
        What a person should know about the result as a whole.
    """

    film: Film
    sheet: CueSheet
    notes: tuple[str, ...]

    def save(self, file: str | os.PathLike[str], form: str | None = None) -> None:
        """Write the cue sheet, also as a timeline for an editor or as chapters."""
        target = Path(file)
        chosen = chosen_format(form, target, terminal=False)
        require_outputs([(target, KINDS[chosen])], files_of(self.sheet))
        save(self.sheet, target, chosen)


def spot_film(
    location: str | os.PathLike[str] | None,
    path: str | os.PathLike[str],
    options: Options,
    image_model: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    original: Original = Original.DUCK,
    duck: float | None = None,
) -> Spotted:
    """Read a film and choose its music from a library."""
    with LibraryStore.open(location, read_only=True) as store:
        return spot_from(store, path, options, image_model, progress, original=original, duck=duck)


def spot_from(
    store: LibraryStore,
    path: str | os.PathLike[str],
    options: Options,
    image_model: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    original: Original = Original.DUCK,
    duck: float | None = None,
) -> Spotted:
    """Read a film and choose its music from a library that is open."""
    tracks = candidates(store, options)  # what is wrong with them is known before a film is decoded for minutes
    model = ImageModel.load(image_model)
    require_possible(tracks, options, survey_of(path).duration)
    film = read_film(path, model, progress)
    scenes = group(film.shots, options.least_scene)
    cues = spot(film, scenes, tracks, options, store=store, natural=model.reference)
    lacking = survey_of(path).lacking
    notes = (*((tracks.note,) if tracks.note else ()), *starts_note(cues))
    if lacking > CUT_SHORT:
        says, found = clocks(film.duration + lacking, film.duration)
        notes += (f"The film says that it lasts {says}, and ends after {found}: it is cut short.",)
    sheet = sheet_of(film, scenes, cues)

    def listening(_done: float, _of: float) -> None:
        if progress is not None:
            progress(film.duration, film.duration)  # all is seen; what watches over it can still end it

    try:
        sheet = heard(sheet, original=original, duck=duck, progress=listening)
    except InputError as error:
        notes += (f"The film's own sound can't be heard, so no music is lowered under speech: {error}",)
    return Spotted(film, sheet, notes)


def sheet_of(film: Film, scenes: Sequence[Scene], cues: tuple[Cue, ...]) -> CueSheet:
    """Put a film, its scenes and its cues on one sheet."""
    return CueSheet(_file(film), _sheet_scenes(film, scenes), cues)


def _file(film: Film) -> FilmFile:
    path = os.path.abspath(film.path)  # noqa: PTH100 - names may be any bytes
    return FilmFile(path, film.duration, film.info.rate, len(film.times))


def _sheet_scenes(film: Film, scenes: Sequence[Scene]) -> tuple[SheetScene, ...]:
    def times(start: float, end: float, affect: Affect) -> tuple[float, float, int, int, Affect]:
        return start, end, film.frame(start), film.frame(end), affect

    return tuple(
        SheetScene(
            *times(scene.start, scene.end, scene.affect),
            shots=tuple(SheetSpan(*times(shot.start, shot.end, shot.affect)) for shot in scene.shots),
        )
        for scene in scenes
    )
