"""``img2music cues``: check a cue sheet, show it, write it as another kind of file."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption
from img2music.cli.spot_options import SheetFilesOption, SheetFormatOption


def cues(
    sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="A cue sheet as JSON.", readable=False)],
    *,
    format_: SheetFormatOption = None,
    output: SheetFilesOption = None,
    force: ForceOption = False,
) -> None:
    """Check a cue sheet that was edited, and show it or write it as another kind of file.

    Files that it names and that are not there are told; the exit code is then 1.
    """
    from img2music.app.cues import convert_cues
    from img2music.cli.output import replacing, warn
    from img2music.cli.sheet_output import give

    files = output or []
    chosen = format_ if files else None
    found = convert_cues(sheet, files, chosen, replacing=replacing(force=force), told=warn)
    give(found.sheet, format_, files)
    for where, file in found.missing:
        warn(f"{where}: {file} is not there")
    if found.missing:
        raise typer.Exit(1)
