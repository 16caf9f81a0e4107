"""``img2music cues``: checks a cue sheet that was edited, and turns it into timelines and chapters."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.spot_options import SheetFileOption, SheetFormat, SheetFormatOption


def cues(
    sheet: Annotated[
        Path, typer.Argument(metavar="SHEET", help="A cue sheet (JSON), as spot writes it.", readable=False)
    ],
    *,
    format_: SheetFormatOption = None,
    output: SheetFileOption = None,
) -> None:
    """Check a cue sheet, also one edited by hand, and show it or write it in another format.

    Timelines open in DaVinci Resolve, Premiere Pro, Final Cut Pro or Kdenlive, film and music in place. Neither the
    film nor the songs are changed; they are only asked for their length, size and sound.
    """
    import sys

    from img2music.cli.output import print_table, warn
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.outputs import require_files

    wanted = formats.chosen_format(format_, output, terminal=sys.stdout.isatty())
    read = cue_sheet.load(sheet)
    if output is not None:
        require_files([sheet, Path(read.film.path), *(Path(cue.track.path) for cue in read.cues)], [output])
        formats.save(read, output, wanted)
        warn(f"written to {output}")
    elif wanted == SheetFormat.TABLE:
        print_table(table.SCENE_COLUMNS, table.scene_rows(read), title=Path(read.film.path).name)
        print_table(table.COLUMNS, table.rows(read))
    else:
        typer.echo(formats.written(read, wanted), nl=False)
