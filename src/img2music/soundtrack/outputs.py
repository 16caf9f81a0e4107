"""What may be written: never over the film."""

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
        If one is a folder, or in a folder that is not there.
    MissingExtraError
        If there is to be a plot, and matplotlib is not installed.
    """
    from img2music.plots import require_plotting

    if plot is not None:
        require_plotting(plot)
    files = [*outputs, *([] if plot is None else [plot])]
    for file in files:
        for what, read in (("film", film), ("cue sheet", sheet)):
            if read is not None and file.exists() and read.exists() and file.samefile(read):
                raise UsageError(f"{printable(str(file))} is the {what} itself; give another file.")
        if file.is_dir():
            raise InputError("is a folder; give a file.", str(file))
        if not file.absolute().parent.is_dir():
            raise InputError("can't be written: there is no such folder.", str(file))
    if len({file.absolute() for file in files}) < len(files):
        raise UsageError("Two outputs can't be the same file.")
