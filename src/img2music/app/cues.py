"""Cue sheets: read back, checked, and written in every format."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from img2music.app.project_files import SCHEMA as PROJECT
from img2music.app.project_files import located, read_project
from img2music.arguments import checked, require_kind
from img2music.errors import UsageError
from img2music.files import FileKind, require_outputs
from img2music.library.store import LibraryStore
from img2music.locations import is_file
from img2music.options import AnyPath, UseWishes, uses_of
from img2music.progress import Replacing, Told, quietly
from img2music.shapes import Result
from img2music.soundtrack.cue_sheet import CueSheet, sheet_of
from img2music.soundtrack.formats import FORMATS, CueFormat
from img2music.soundtrack.swapping import read_document, taken_up, with_alternatives

SheetFiles = list[tuple[Path, CueFormat]]

NAMED = {"film": "the film itself", "photo": "one of the photos", "clip": "one of the clips", "cue": "the song itself"}
"""What a cue sheet names, as a message calls it, by the first word of `CueSheet.files`."""


@dataclass(frozen=True, repr=False)
class Cued(Result):
    """What has a cue sheet, and notes for a person; as JSON it is its sheet."""

    sheet: CueSheet
    """Its scenes and cues."""
    notes: tuple[str, ...]
    """What a person should know about the result as a whole."""

    @checked
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

    def to_dict(self) -> dict[str, Any]:
        """The shape of the cue sheet, ``img2music/cues/1`` (docs/soundtrack.md)."""
        return self.sheet.to_dict()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sheet.film.path!r}: {self.sheet.summary}>"


AnySheet = CueSheet | Cued | AnyPath
"""A cue sheet, what has one, or its file; or the file of a project, as a page exports it."""


@dataclass(frozen=True)
class Converted:
    """A cue sheet that was read, and what it names and is not there: in words, and by its path."""

    sheet: CueSheet
    missing: tuple[tuple[str, str], ...]


def convert_cues(
    sheet: AnySheet,
    outputs: Sequence[AnyPath] = (),
    format: str | None = None,  # noqa: A002
    *,
    uses: UseWishes = (),
    replacing: Replacing = quietly,
    told: Told = quietly,
) -> Converted:
    """Check a cue sheet, find again what depends on what was edited in it, and write it to files.

    ``uses`` are cues and the number of the alternative that is to lie there, as `ScoreOptions` has them.
    """
    files = sheet_files(outputs, format)
    read = sheet_from(sheet, told)
    require(kinds_of(files), files_of(read, sheet), replacing)
    read = with_alternatives(read, uses_of(uses), told)
    save_sheets(read, files)
    missing = [(what, path) for what, path in read.files if not is_file(path)]
    return Converted(read, tuple(missing))


@checked
def read_sheet(file: AnyPath, *, told: Told = quietly) -> CueSheet:
    """Read a cue sheet from its file, or from that of a project.

    Parameters
    ----------
    file : str or path-like
        JSON of the shape ``img2music/cues/1``, also edited by hand, or ``img2music/project/1``, as the page exports it.
    told : callable, optional
        Called with each line about what was found again, as it depends on what was edited.

    Returns
    -------
    CueSheet
        The scenes and cues. Files that it names need not be there.

    Raises
    ------
    InputError
        If it can't be read, is neither, or can't be what it says.
    """
    return sheet_from(file, told)


def sheet_from(
    sheet: AnySheet, told: Told = quietly, *, store: LibraryStore | None = None, film: AnyPath | None = None
) -> CueSheet:
    """Read a cue sheet, unless it is read already; of a project for a film, with songs where a library has them."""
    require_kind("sheet", sheet, AnySheet)
    if isinstance(sheet, Cued):
        return sheet.sheet
    if isinstance(sheet, CueSheet):
        return sheet
    document, name = read_document(sheet), os.fsdecode(sheet)
    if document.get("schema") != PROJECT:
        return taken_up(sheet_of(document, name), name, told)
    path = None if film is None else os.path.abspath(os.fsdecode(film))  # noqa: PTH100 - names may be any bytes
    return located(store, read_project(document, name), path)


def sheet_files(files: Sequence[AnyPath], format: str | None = None) -> SheetFiles:  # noqa: A002
    """Pair files with the formats that they are written in; refuse what can't be."""
    if format is not None and len(files) > 1:
        raise UsageError("`format` goes with one file; of several, the endings say the formats.")
    files = (files,) if isinstance(files, str | os.PathLike) else files
    found = [(Path(os.fsdecode(file)), FORMATS.chosen(format, os.fsdecode(file))) for file in files]
    for _, chosen in found:
        chosen.require()
    return found


def save_sheets(sheet: CueSheet, files: SheetFiles) -> None:
    """Write a cue sheet to files."""
    for file, chosen in files:
        chosen.save(sheet, file)


def kinds_of(files: SheetFiles) -> list[tuple[Path, FileKind]]:
    """What files are known by, as `require` takes it."""
    return [(file, chosen.kind) for file, chosen in files]


def files_of(read: CueSheet, given: AnySheet | None = None) -> list[tuple[str, AnyPath]]:
    """What a cue sheet names, and the file that it was read from, if any, as `require` takes inputs."""
    own: list[tuple[str, AnyPath]] = [("the cue sheet itself", given)] if isinstance(given, str | os.PathLike) else []
    named = ((NAMED[what.split()[0]], path) for what, path in read.files)
    others = ((NAMED["cue"], other.track.path) for cue in read.cues for other in cue.alternatives)
    return [*own, *named, *others]


def songs_of(store: LibraryStore) -> Iterator[tuple[str, AnyPath]]:
    """All songs of a library, as `require` takes inputs."""
    for known in list(store.known_files()):  # at once: whoever refuses the first leaves no statement open
        yield "the song itself", known.path


def require(
    outputs: Iterable[tuple[Path | None, FileKind]], inputs: Iterable[tuple[str, AnyPath]], replacing: Replacing
) -> None:
    """Refuse early what could not be written, or would replace an input; tell what else would be replaced."""
    if there := require_outputs(outputs, inputs):
        replacing(there)
