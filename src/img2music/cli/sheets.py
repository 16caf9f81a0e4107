"""Cue sheets as the commands take and give them: shared options, printed or written to files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from img2music.cli.options import FormatChoice, argument, file_path, option
from img2music.cli.output import print_table, say
from img2music.errors import UsageError
from img2music.options import SpotOptions

if TYPE_CHECKING:
    from img2music.soundtrack.cue_sheet import CueSheet
    from img2music.soundtrack.spotting import Options

film_argument = argument("film", metavar="FILM", type=file_path, help="A film.")
film_plot_option = option(
    "--plot", type=file_path, metavar="FILE", help="Draw the film's mood, scenes and songs: .png or .svg."
)
sheet_format_option = option(
    "--format",
    "format_",
    type=FormatChoice("img2music.soundtrack.formats:WRITERS"),
    help="How to print or write the cue sheet.",
    show_default="the ending of --output; or table on a terminal, json elsewhere",
)
sheet_files_option = option(
    "--output",
    "outputs",
    multiple=True,
    type=file_path,
    metavar="FILE",
    help="Write there instead of printing: a cue sheet (.json, .csv), a timeline for an editor (.otio, .xml, "
    ".fcpxml, .edl), or chapters (.txt, .vtt, .ffmetadata). May be repeated.",
)
sheet_output_option = option(
    "--sheet-output",
    "sheets",
    multiple=True,
    type=file_path,
    metavar="FILE",
    help="Write the cue sheet there too, in any format that the command cues writes. May be repeated.",
)


def forms_of(format_: str | None, outputs: Sequence[Path]) -> list[str]:
    """Formats of the files that a cue sheet is written to, or that in which it is printed."""
    from img2music.soundtrack.formats import chosen_formats

    return chosen_formats(format_, outputs, terminal=sys.stdout.isatty())


def sheet_forms(files: Sequence[Path]) -> list[str]:
    """Formats of cue sheets that are written beside a film, by the endings of their files."""
    from img2music.soundtrack.formats import WRITERS
    from img2music.soundtrack.timelines.writing import require_timelines

    forms = [file.suffix[1:].lower() for file in files]
    for form in forms:
        if form not in WRITERS:
            raise UsageError(f"`sheets` must end in .{', .'.join(WRITERS)}.")
        require_timelines(form)
    return forms


def save(sheet: "CueSheet", forms: Sequence[str], files: Sequence[Path]) -> None:
    """Write a cue sheet to files, each in its format, and say so."""
    from img2music.soundtrack import formats

    for file, form in zip(files, forms, strict=False):
        formats.save(sheet, file, form)
        say(f"written to {file}")


def give(sheet: "CueSheet", forms: Sequence[str], files: Sequence[Path]) -> None:
    """Write a cue sheet to files, each in its format; without one, print it."""
    from img2music.soundtrack import formats, table

    save(sheet, forms, files)
    if files:
        return
    if forms[0] == "table":
        print_table(table.PHOTO_COLUMNS, table.photo_rows(sheet))
        print_table(table.SCENE_COLUMNS, table.scene_rows(sheet), title=Path(sheet.film.path).name)
        print_table(table.COLUMNS, table.rows(sheet), title=table.title(sheet))
    else:
        click.echo(formats.WRITERS[forms[0]](sheet), nl=False)


def require_alone(sheet: Path | None, *allowed: str) -> None:
    """Refuse what was given beside a cue sheet, which says it already."""
    context = click.get_current_context()
    given = {
        param
        for param in context.command.params
        if param.name not in {"sheet", "sheets", "output", "force", "loudness", *allowed}
        and context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
        and context.params[str(param.name)] not in (None, ())
    }
    if sheet is not None and given:
        what = min(param.opts[0] for param in given)
        raise UsageError(f"The cue sheet says what is to be made: --sheet goes without {what}.")


def spotting_of(options: SpotOptions) -> "Options":
    """The options of spotting."""
    from img2music.options import MatchMode
    from img2music.soundtrack.spotting import Cues, Options

    return Options(
        cues=Cues(options.cues),
        matching=MatchMode(options.match),
        alternatives=options.alternatives,
        least_scene=options.least_scene,
        match_tempo=options.match_tempo,
        pins=options.pins,
        bans=options.bans,
        where=options.where,
    )
