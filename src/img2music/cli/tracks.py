"""``img2music tracks``: what is in the library."""

import sys
from enum import StrEnum

from img2music.cli import tables
from img2music.cli.options import Choice, command, filtered, library_option, option
from img2music.cli.output import for_people, print_json, print_table
from img2music.filters import TrackFilter


class TracksFormat(StrEnum):
    """How tracks are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@command()
@library_option
@filtered()
@option(
    "--format",
    "format_",
    type=Choice(TracksFormat),
    help="How to print them.",
    show_default="table on a terminal, json elsewhere",
)
def tracks(library: str | None, where: TrackFilter, format_: TracksFormat | None) -> None:
    """List the tracks of the library, missing ones too, in order of path; songs without a file come last.

    Affect is on the unit scale: valence from unpleasant (0) to pleasant (1), arousal from calm (0) to excited (1).
    """
    from img2music.library.listing import track_as_json, write_csv
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library, read_only=True) as store:
        found = store.tracks(where=where, missing=True)
        if format_ is TracksFormat.CSV:
            write_csv(sys.stdout, found)
        elif for_people(format_):
            print_table(tables.TRACKS, map(tables.track_row, found))
        else:
            print_json({"schema": "img2music/tracks/1", "tracks": [track_as_json(track) for track in found]})
