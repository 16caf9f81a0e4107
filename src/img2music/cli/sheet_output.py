"""A cue sheet as the commands print it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from img2music.soundtrack.cue_sheet import CueSheet


def give(sheet: "CueSheet", format_: str | None, files: Sequence[Path]) -> None:
    """Say where a cue sheet was written; if nowhere, print it."""
    import sys

    from img2music.cli import tables
    from img2music.cli.output import print_table, warn
    from img2music.soundtrack.formats import FORMATS

    for file in files:
        warn(f"written to {file}")
    if files:
        return
    chosen = format_ or ("table" if sys.stdout.isatty() else "json")
    if chosen != "table":
        typer.echo(FORMATS.named(chosen).write(sheet), nl=False)
        return
    if sheet.slideshow is not None:
        print_table(tables.PHOTOS, tables.photo_rows(sheet))
    print_table(tables.SCENES, tables.scene_rows(sheet), title=Path(sheet.film.path).name)
    print_table(tables.CUES, tables.cue_rows(sheet), title=sheet.summary)


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
