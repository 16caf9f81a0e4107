"""Tables of people's ratings: ``file,valence,arousal[,scale]``."""

import csv
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.connectors.folders import FileState
from img2music.errors import InputError, UsageError, printable, reason_of

COLUMNS = ("file", "valence", "arousal")


@dataclass(frozen=True)
class Ratings:
    """Files and how people rated them."""

    files: tuple[FileState, ...]  # regular files, at absolute paths
    affects: NDArray[np.float64]  # mean valence and arousal of each, on the unit scale
    errors: tuple[InputError, ...]  # lines that can't be used


def read_ratings(table: Path, scale: Scale | None = None) -> Ratings:
    """Read a table of ratings."""
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"can't be read: {reason}.", str(table)) from None
    reader = csv.DictReader(text.splitlines(keepends=True))
    try:
        header = reader.fieldnames or ()
    except csv.Error as error:
        raise InputError(f"is no CSV (line 1: {error}).", str(table)) from None
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(f"the head line lacks {', '.join(missing)}: it must name {', '.join(COLUMNS)}.", str(table))
    files: list[FileState] = []
    affects: list[tuple[float, float]] = []
    errors: list[InputError] = []
    try:
        for row in reader:
            try:
                file, point = _rating(row, table.parent, scale)
            except InputError as error:
                errors.append(InputError(f"line {reader.line_num}: {error}", str(table)))
            else:
                files.append(file)
                affects.append(point)
    except csv.Error as error:
        raise InputError(f"is no CSV (line {reader.line_num}: {error}).", str(table)) from None
    return Ratings(tuple(files), np.array(affects, dtype=np.float64).reshape(-1, 2), tuple(errors))


def _rating(row: dict[str, str | None], folder: Path, scale: Scale | None) -> tuple[FileState, tuple[float, float]]:
    name = row["file"] or ""
    said = printable(name[:200])
    if scale is None and not row.get("scale"):
        raise UsageError("The ratings have no column 'scale': say with --images-scale and --tracks-scale how they run.")
    try:
        valence, arousal = float(row["valence"] or "nan"), float(row["arousal"] or "nan")
    except ValueError:
        raise InputError(f"{said}: its valence or arousal is no number.") from None
    try:
        own = Scale.parse(row["scale"] or "") if row.get("scale") else scale
        assert own is not None
        affect = own.to_unit(valence, arousal)
    except (ValueError, UsageError) as error:
        raise InputError(f"{said}: {error}") from None
    path = folder.absolute() / name
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(f"{said}: {reason_of(error, 'no file can have this name')}.") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{said}: this is no file.")
    return FileState(os.fspath(path), status.st_size, status.st_mtime_ns), (affect.valence, affect.arousal)
