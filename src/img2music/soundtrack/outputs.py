"""What may be written: never over the film."""

from pathlib import Path

from img2music.errors import InputError, UsageError, printable


def require_outputs(film: Path, output: Path | None, plot: Path | None) -> None:
    """Refuse early what could not be written, or would replace the film.

    Parameters
    ----------
    film : Path
    output, plot : Path or None
        What is to be written.

    Raises
    ------
    UsageError
        If one is the film, both are the same, or the plot's ending is neither ``.png`` nor ``.svg``.
    InputError
        If one is a folder, or in a folder that is not there.
    MissingExtraError
        If there is to be a plot, and matplotlib is not installed.
    """
    from img2music.plots import require_plotting

    if plot is not None:
        require_plotting(plot)
    for file in (output, plot):
        if file is None:
            continue
        if file.exists() and film.exists() and file.samefile(film):
            raise UsageError(f"{printable(str(file))} is the film itself; give another file.")
        if file.is_dir():
            raise InputError("is a folder; give a file.", str(file))
        if not file.absolute().parent.is_dir():
            raise InputError("can't be written: there is no such folder.", str(file))
    if output is not None and plot is not None and output.absolute() == plot.absolute():
        raise UsageError("The cue sheet and the plot can't be the same file.")
