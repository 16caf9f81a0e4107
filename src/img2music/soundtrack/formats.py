"""The formats that a cue sheet is written in: its own, timelines of editors, and chapters."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from img2music.errors import UsageError
from img2music.files import write_atomically
from img2music.soundtrack.cue_sheet import CueSheet

TIMELINES = "img2music.soundtrack.timelines"

WRITERS = {
    "json": ("img2music.soundtrack.cue_sheet", "as_json"),
    "csv": ("img2music.soundtrack.cue_sheet", "as_csv"),
    "otio": (f"{TIMELINES}.interchange", "as_otio"),
    "xml": (f"{TIMELINES}.interchange", "as_fcp7_xml"),
    "fcpxml": (f"{TIMELINES}.fcpxml", "as_fcpxml"),
    "edl": (f"{TIMELINES}.edl", "as_edl"),
    "ffmetadata": (f"{TIMELINES}.chapters", "as_ffmetadata"),
    "txt": (f"{TIMELINES}.chapters", "as_chapter_lines"),
}
"""By ending, the module and the function that turns a cue sheet into the bytes of a file."""


def written(sheet: CueSheet, form: str) -> bytes:
    """Turn a cue sheet into the bytes of a file.

    Parameters
    ----------
    sheet : CueSheet
    form : str
        A name in `WRITERS`.

    Returns
    -------
    bytes

    Raises
    ------
    MissingExtraError
        If the format needs what is not installed.
    """
    module, name = WRITERS[form]
    write: Callable[[CueSheet], bytes] = getattr(import_module(module), name)
    return write(sheet)


def chosen_format(wanted: str | None, output: Path | None, *, terminal: bool) -> str:
    """Resolve which format is meant.

    Parameters
    ----------
    wanted : str or None
        What the user asked for: a name in `WRITERS`, or "table".
    output : Path or None
        The file to write; its ending decides where nothing was asked for.
    terminal : bool
        Whether a person reads the standard output.

    Returns
    -------
    str
        A name in `WRITERS`, or "table", which only goes to the standard output.

    Raises
    ------
    UsageError
        If a file is to be written and its format is not known, or is the table.
    """
    if wanted is None:
        if output is None:
            return "table" if terminal else "json"
        wanted = output.suffix[1:].lower()
    if output is not None and wanted not in WRITERS:
        *others, last = WRITERS
        raise UsageError(f"A cue sheet's file needs a name that ends in {', '.join(others)} or {last}, or --format.")
    return wanted


def save(sheet: CueSheet, file: Path, form: str | None = None) -> None:
    """Write a cue sheet.

    Parameters
    ----------
    sheet : CueSheet
    file : Path
        Replaced if it exists.
    form : str, optional
        A name in `WRITERS`; by default the file's ending.

    Raises
    ------
    UsageError
        If the ending is not known.
    InputError
        If it can't be written; then nothing has changed.
    MissingExtraError
        If the format needs what is not installed.
    """
    write_atomically(written(sheet, chosen_format(form, file, terminal=False)), file)
