"""What may be written: never over what is read."""

import os
from collections.abc import Sequence
from pathlib import Path

from img2music.errors import InputError, UsageError, printable


def require_outputs(film: Path, outputs: Sequence[Path], plot: Path | None, sheet: Path | None = None) -> None:
    """Refuse early what could not be written, or would replace the film.

    Parameters
    ----------
    film : Path
    outputs : sequence of Path
    plot : Path or None
        What is to be written.
    sheet : Path, optional
        The cue sheet that is read.

    Raises
    ------
    UsageError
        If one is the film or the sheet, two are the same, or the plot's ending is neither ``.png`` nor ``.svg``.
    InputError
        If one is a folder, or in a folder that is not there or not to be written to.
    MissingExtraError
        If there is to be a plot, and matplotlib is not installed.
    """
    from img2music.plots import require_plotting

    if plot is not None:
        require_plotting(plot)
    require_files([("film", film), *([("cue sheet", sheet)] if sheet is not None else [])], [*outputs, plot])


def require_files(inputs: Sequence[tuple[str, Path]], outputs: Sequence[Path | None]) -> None:
    """Refuse early what could not be written, or would replace what is read.

    Parameters
    ----------
    inputs : sequence of (str, Path)
        What is read: what people call it, and its file.
    outputs : sequence of Path or None
        What is to be written.

    Raises
    ------
    UsageError
        If an output is an input, also by a link, or two outputs are the same file.
    InputError
        If one is a folder, or in a folder that is not there or not to be written to.
    """
    files = [file for file in outputs if file is not None]
    for file in files:
        for what, given in inputs:
            if file.exists() and given.exists() and file.samefile(given):
                raise UsageError(f"{printable(str(file))} is the {what} itself; give another file.")
        if file.is_dir():
            raise InputError("is a folder; give a file.", str(file))
        folder = file.absolute().parent
        if not folder.is_dir():
            raise InputError("can't be written: there is no such folder.", str(file))
        if not os.access(folder, os.W_OK) and (not file.exists() or file.is_file()):
            raise InputError("can't be written: its folder is not to be written to.", str(file))
    if len({file.resolve() for file in files}) < len(files):
        raise UsageError("Each result needs a file of its own: two have the same name.")
