"""From a film and a library to a cue sheet."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from img2music.app.cues import Replacing, files_of, kinds_of, quietly, require, save_sheets, sheet_files
from img2music.errors import InputError, LibraryError
from img2music.files import FileKind
from img2music.library.store import LibraryStore
from img2music.media.video import VideoFile
from img2music.options import AnyPath, ScoreOptions, SpotOptions
from img2music.plots import PLOT, require_plotting
from img2music.progress import Progress, unwatched
from img2music.soundtrack.cue_sheet import CueSheet, clocks
from img2music.soundtrack.cueing import starts_note
from img2music.soundtrack.film import Film, group, read_film
from img2music.soundtrack.plot import draw
from img2music.soundtrack.sound import heard
from img2music.soundtrack.spotting import candidates, require_possible, spot
from img2music.vision.model import ImageModel

AnyLibrary = LibraryStore | AnyPath | None
"""A library: open, or where it is, as `LibraryStore.open` takes it."""

CUT_SHORT = 1.0
"""Seconds that a film must lack of its stated length before it is said."""


@dataclass(frozen=True)
class Spotted:
    """A film that was read, and the music that was chosen for it."""

    film: Film = field(compare=False, repr=False)
    """What was seen: shots, transitions and the affect curve."""
    sheet: CueSheet
    """Its scenes and cues."""
    notes: tuple[str, ...]
    """What a person should know about the result as a whole."""

    def save(self, file: AnyPath, format: str | None = None) -> None:  # noqa: A002
        """Write the cue sheet, also as a timeline for an editor or as chapters.

        Parameters
        ----------
        file : str or path-like
            An older file of the same kind is replaced.
        format : str, optional
            One of `img2music.soundtrack.formats.FORMATS`; by default the file's ending.

        Raises
        ------
        UsageError
            If there is no such format, or the file is the film or one of the songs.
        InputError
            If it can't be written, or something else has this name.
        MissingExtraError
            If the extra ``soundtrack`` is needed and not installed.
        """
        files = sheet_files([file], format)
        require(kinds_of(files), files_of(self.sheet), quietly)
        save_sheets(self.sheet, files)

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


def spot_film(
    library: AnyLibrary,
    film: AnyPath,
    options: SpotOptions | None = None,
    *,
    scoring: ScoreOptions | None = None,
    outputs: Sequence[AnyPath] = (),
    format: str | None = None,  # noqa: A002
    plot: AnyPath | None = None,
    replacing: Replacing = quietly,
    progress: Progress = unwatched,
) -> Spotted:
    """Read a film, choose its music from a library, and write the cue sheet to files and draw it, if asked for."""
    files = sheet_files(outputs, format)
    require([*kinds_of(files), *plotted(plot)], [("the film itself", film)], replacing)
    with opened(library) as store:
        found = spot_from(store, film, options or SpotOptions(), scoring or ScoreOptions(), progress)
    save_sheets(found.sheet, files)
    return found if plot is None else replace(found, notes=(*found.notes, *found.plot(plot)))


def spot_from(
    store: LibraryStore, film: AnyPath, options: SpotOptions, scoring: ScoreOptions, progress: Progress
) -> Spotted:
    """Read a film and choose its music from a library that is open."""
    tracks = candidates(store, options)  # what is wrong with them is known before a film is decoded for minutes
    model = ImageModel.load(options.image_model)
    with VideoFile(film) as video:
        require_possible(tracks, options, video.survey.duration)
        seen = read_film(video, model, progress)
        lacking = video.survey.lacking
    scenes = group(seen.shots, options.least_scene)
    cues = spot(seen, scenes, tracks, options, store=store, natural=model.reference)
    notes = (*((tracks.note,) if tracks.note else ()), *starts_note(cues))
    if lacking > CUT_SHORT:
        says, found = clocks(seen.duration + lacking, seen.duration)
        notes += (f"The film says that it lasts {says}, and ends after {found}: it is cut short.",)
    sheet = CueSheet(seen.file, tuple(scenes), cues)
    try:
        sheet = heard(sheet, scoring, progress)
    except InputError as error:
        notes += (f"The film's own sound can't be heard, so no music is lowered under speech: {error}",)
    return Spotted(seen, sheet, notes)


def plotted(plot: AnyPath | None) -> Iterator[tuple[Path, FileKind]]:
    """What is to be drawn, as `require` takes outputs, once it is sure that it can be."""
    if plot is not None:
        file = Path(os.fsdecode(plot))
        require_plotting(file)
        yield file, PLOT


@contextlib.contextmanager
def opened(library: AnyLibrary) -> Iterator[LibraryStore]:
    """Open a library to read from, unless it is open already."""
    if isinstance(library, LibraryStore):
        yield library
    else:
        with LibraryStore.open(library, read_only=True) as store:
            yield store


def songs_of(library: AnyLibrary) -> Iterator[tuple[str, str]]:
    """All songs of a library, as `require` takes inputs; none where there is no library."""
    with contextlib.suppress(LibraryError), opened(library) as store:
        yield from (("the song itself", known.path) for known in store.known_files())
