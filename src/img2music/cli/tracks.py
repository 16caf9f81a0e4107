"""``img2music tracks``: what is in the library."""

from enum import StrEnum
from typing import Annotated

import typer

from img2music.cli.options import LibraryOption, filtered
from img2music.filters import TrackFilter


class TracksFormat(StrEnum):
    """How tracks are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@filtered()
def tracks(
    *,
    library: LibraryOption = None,
    where: TrackFilter,
    format_: Annotated[
        TracksFormat | None,
        typer.Option("--format", help="How to print them.", show_default="table on a terminal, json elsewhere"),
    ] = None,
) -> None:
    """List the tracks of the library, missing ones too, in order of path; songs without a file come last.

    Affect is on the unit scale: valence from unpleasant (0) to pleasant (1), arousal from calm (0) to excited (1).
    """
    import sys

    from img2music.cli.output import print_json, print_table
    from img2music.cli.tables import TRACK_COLUMNS, track_row
    from img2music.library.listing import TrackList, write_csv
    from img2music.library.store import LibraryStore
    from img2music.shapes import to_dict

    wanted = format_ or (TracksFormat.TABLE if sys.stdout.isatty() else TracksFormat.JSON)
    with LibraryStore.open(library, read_only=True) as store:
        found = store.tracks(where=where, missing=True)
        if wanted is TracksFormat.JSON:
            print_json(to_dict(TrackList(tracks=list(found))))
        elif wanted is TracksFormat.CSV:
            write_csv(sys.stdout, found)
        else:
            print_table(TRACK_COLUMNS, map(track_row, found))
