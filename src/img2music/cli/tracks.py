"""``img2music tracks``: what is in the library."""

import sys
from typing import TYPE_CHECKING

import click

from img2music.cli import tables
from img2music.cli.options import command, filtered, opened_library, option
from img2music.cli.output import for_people, print_json, print_table
from img2music.filters import TrackFilter

if TYPE_CHECKING:
    from img2music.app.library import Library


@command()
@opened_library(read_only=True)
@filtered()
@option(
    "--format",
    "format_",
    type=click.Choice(("table", "json", "csv")),
    help="How to print them.",
    show_default="table on a terminal, json elsewhere",
)
def tracks(library: "Library", where: TrackFilter, format_: str | None) -> None:
    """List the tracks of the library, missing ones too, in order of path; songs without a file come last.

    Affect is on the unit scale: valence from unpleasant (0) to pleasant (1), arousal from calm (0) to excited (1).
    """
    from img2music.library.listing import TrackList, write_csv

    found = library.tracks(where, missing=True)
    if format_ == "csv":
        write_csv(sys.stdout, found)
    elif for_people(format_):
        print_table(tables.TRACK_COLUMNS, map(tables.track_row, found))
    else:
        print_json(TrackList(tracks=list(found)))
