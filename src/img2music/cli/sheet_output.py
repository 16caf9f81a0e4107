"""A cue sheet as the commands give it: printed, or written to files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from img2music.soundtrack.cue_sheet import CueSheet


def save(sheet: "CueSheet", forms: Sequence[str], files: Sequence[Path]) -> None:
    """Write a cue sheet to files, each in its format, and say so."""
    from img2music.cli.output import warn
    from img2music.soundtrack import formats

    for file, form in zip(files, forms, strict=False):
        formats.save(sheet, file, form)
        warn(f"written to {file}")


def give(sheet: "CueSheet", forms: Sequence[str], files: Sequence[Path]) -> None:
    """Write a cue sheet to files, each in its format; without one, print it.

    Parameters
    ----------
    sheet : CueSheet
    forms : sequence of str
        As `formats.chosen_formats` gives them.
    files : sequence of Path
    """
    from img2music.cli.output import print_table
    from img2music.soundtrack import formats, table

    save(sheet, forms, files)
    if files:
        return
    if forms[0] == "table":
        print_table(table.SCENE_COLUMNS, table.scene_rows(sheet), title=Path(sheet.film.path).name)
        print_table(table.COLUMNS, table.rows(sheet), title=table.title(sheet))
    else:
        typer.echo(formats.WRITERS[forms[0]](sheet), nl=False)
