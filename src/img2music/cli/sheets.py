"""Cue sheets as the commands take and give them: the options that they share."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from img2music.cli import tables
from img2music.cli.options import FormatChoice, argument, file_path, option
from img2music.cli.output import for_people, print_table, say
from img2music.errors import LibraryError, UsageError

if TYPE_CHECKING:
    from img2music.app.library import Library
    from img2music.soundtrack.cue_sheet import CueSheet

film_argument = argument("film", metavar="FILM", type=file_path, help="A film.")
film_plot_option = option(
    "--plot", type=file_path, metavar="FILE", help="Draw the film's mood, scenes and songs: .png or .svg."
)
sheet_format_option = option(
    "--format",
    "format_",
    type=FormatChoice("img2music.soundtrack.formats:FORMATS"),
    help="How to print or write the cue sheet.",
    show_default="the ending of --output; or table on a terminal, json elsewhere",
)
sheet_files_option = option(
    "--output",
    "outputs",
    multiple=True,
    type=file_path,
    metavar="FILE",
    help="Write there instead of printing: a cue sheet (.json, .csv), the songs that are used with their rights "
    "(.songs.csv), a timeline for an editor (.otio, .xml, "
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


def give(sheet: "CueSheet", format_: str | None, files: Sequence[Path]) -> None:
    """Say where a cue sheet was written; if nowhere, print it."""
    from img2music.soundtrack.formats import FORMATS

    for file in files:
        say(f"written to {file}")
    if files:
        return
    if for_people(format_):
        print_table(tables.PHOTOS, tables.photo_rows(sheet))
        print_table(tables.SCENES, tables.scene_rows(sheet), title=Path(sheet.film.path).name)
        print_table(tables.CUES, tables.cue_rows(sheet), title=sheet.summary)
    else:
        click.echo(FORMATS[format_ or "json"].write(sheet), nl=False)


@contextlib.contextmanager
def songs(location: str | None, *, needed: bool = True) -> "Iterator[Library]":
    """The library that songs are chosen from; an empty one where there is none and none is needed."""
    from img2music.app.library import Library

    try:
        library = Library.open(location, read_only=True)
    except LibraryError:
        if needed:
            raise
        library = Library.open(":memory:")
    with library:
        yield library


def require_alone(*allowed: str) -> None:
    """Refuse what was given beside a cue sheet, which says it already; ``allowed`` are names of parameters."""
    context = click.get_current_context()
    for param in context.command.params:
        name = str(param.name)
        if (
            name not in {"sheet", "sheets", "output", "force", "library", "loudness", *allowed}
            and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
            and context.params[name] not in (None, ())
        ):
            raise UsageError(f"The cue sheet says what is to be made: `sheet` goes without {param.opts[0]}.")
