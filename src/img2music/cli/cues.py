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
    import sys

    from img2music.cli.output import require_outputs, warn
    from img2music.cli.sheet_output import give
    from img2music.soundtrack.cue_sheet import load
    from img2music.soundtrack.formats import chosen_formats, files_of, kinds, missing_files

    forms = chosen_formats(format_, output or [], terminal=sys.stdout.isatty())
    read = load(sheet, warn)
    require_outputs(kinds(forms, output or []), [("the cue sheet itself", sheet), *files_of(read)], force=force)
    give(read, forms, output or [])
    missing = missing_files(read)
    for where, file in missing:
        warn(f"{where}: {file} is not there")
    if missing:
        raise typer.Exit(1)
