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
    """Write a cue sheet to files, each in its format; without one, print it."""
    from img2music.cli import tables
    from img2music.cli.output import print_table
    from img2music.soundtrack import formats

    save(sheet, forms, files)
    if files:
        return
    if forms[0] == "table":
        if sheet.slideshow is not None:
            print_table(tables.PHOTOS, tables.photo_rows(sheet))
        print_table(tables.SCENES, tables.scene_rows(sheet), title=Path(sheet.film.path).name)
        print_table(tables.CUES, tables.cue_rows(sheet), title=sheet.summary)
    else:
        typer.echo(formats.WRITERS[forms[0]](sheet), nl=False)


def require_alone(context: typer.Context, sheet: Path | None, allowed: set[str]) -> None:
    """Refuse what was given beside a cue sheet, which says it already."""
    from click.core import ParameterSource

    given = {
        name
        for name, value in context.params.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and value not in (None, [], ())
    }
    if sheet is not None and given - allowed:
        what = min(given - allowed)
        option = "photos" if what == "paths" else f"--{what.replace('_', '-')}"
        raise typer.BadParameter(f"The cue sheet says what is to be made: --sheet goes without {option}.")
