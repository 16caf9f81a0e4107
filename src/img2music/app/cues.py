"""Cue sheets: read back, checked, and written in every format."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from img2music.errors import UsageError
from img2music.files import FileKind, require_outputs
from img2music.options import AnyPath
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.formats import FORMATS, CueFormat
from img2music.soundtrack.swapping import load

Told = Callable[[object], object]
"""Called with what a person should know at once: a text, or the error of a file that is left out."""

Replacing = Callable[[Sequence[Path]], object]
"""Called with the files that would be replaced, before long work; what it raises ends that."""

SheetFiles = list[tuple[Path, CueFormat]]

NAMED = {"film": "the film itself", "photo": "one of the photos", "cue": "the song itself"}
"""What a cue sheet names, as a message calls it, by the first word of `CueSheet.files`."""


def quietly(_: object) -> None:
    """Nobody is told, and anything may be replaced."""


@dataclass(frozen=True)
class Converted:
    """A cue sheet that was read, and what it names and is not there: in words, and by its path."""

    sheet: CueSheet
    missing: tuple[tuple[str, str], ...]


def convert_cues(
    sheet: CueSheet | AnyPath,
    outputs: Sequence[AnyPath] = (),
    format: str | None = None,  # noqa: A002
    *,
    replacing: Replacing = quietly,
    told: Told = quietly,
) -> Converted:
    """Check a cue sheet, find again what depends on what was edited in it, and write it to files."""
    files = sheet_files(outputs, format)
    read = read_sheet(sheet, told)
    require(kinds_of(files), [*sheet_input(sheet), *files_of(read)], replacing)
    save_sheets(read, files)
    missing = [(what, path) for what, path in read.files if not os.path.isfile(path)]  # noqa: PTH113 - may be any bytes
    return Converted(read, tuple(missing))


def read_sheet(sheet: CueSheet | AnyPath, told: Told = quietly) -> CueSheet:
    """Read a cue sheet from its file, unless it is read already."""
    return sheet if isinstance(sheet, CueSheet) else load(sheet, told)


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


def files_of(sheet: CueSheet | None) -> list[tuple[str, str]]:
    """What a cue sheet names, as `require` takes inputs."""
    return [] if sheet is None else [(NAMED[what.split()[0]], path) for what, path in sheet.files]


def sheet_input(sheet: CueSheet | AnyPath | None) -> list[tuple[str, AnyPath]]:
    """The file of a cue sheet, if it is one, as `require` takes inputs."""
    return [] if sheet is None or isinstance(sheet, CueSheet) else [("the cue sheet itself", sheet)]


def require(
    outputs: Iterable[tuple[Path | None, FileKind]], inputs: Iterable[tuple[str, AnyPath]], replacing: Replacing
) -> None:
    """Refuse early what could not be written, or would replace an input; tell what else would be replaced."""
    if there := require_outputs(outputs, inputs):
        replacing(there)
