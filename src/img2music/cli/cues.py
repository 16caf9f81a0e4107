"""``img2music cues``: check a cue sheet, show it, write it as another kind of file."""

from pathlib import Path

import click

from img2music.cli import sheets
from img2music.cli.options import argument, command, file_path, force_option
from img2music.cli.output import require_outputs, say


@command()
@argument("sheet", metavar="SHEET", type=file_path, help="A cue sheet as JSON.")
@sheets.sheet_format_option
@sheets.sheet_files_option
@force_option
def cues(sheet: Path, format_: str | None, outputs: tuple[Path, ...], force: bool) -> None:
    """Check a cue sheet that was edited, and show it or write it as another kind of file.

    Files that it names and that are not there are told; the exit code is then 1.
    """
    from img2music.soundtrack.cue_sheet import load
    from img2music.soundtrack.formats import files_of, kinds, missing_files

    forms = sheets.forms_of(format_, outputs)
    read = load(sheet, say)
    require_outputs(kinds(forms, outputs), [("the cue sheet itself", sheet), *files_of(read)], force=force)
    sheets.give(read, forms, outputs)
    missing = missing_files(read)
    for where, file in missing:
        say(f"{where}: {file} is not there")
    if missing:
        raise click.exceptions.Exit(1)
