"""``img2music import spotify``: songs of Spotify into the library."""

from typing import Annotated

import typer

from img2music.cli.options import LibraryOption
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    counting,
    finish,
    print_json,
    print_table,
    warn,
)


def import_spotify(
    urls: Annotated[
        list[str],
        typer.Argument(metavar="URL...", help="Playlists, albums, tracks: open.spotify.com/..., spotify:... or ids."),
    ],
    library: LibraryOption = None,
    format_: ReportFormatOption = None,
) -> None:
    """Put songs of Spotify into the library, without sound files: titles, features, affect.

    Needs a key of yours (docs/sources.md). Where Spotify does not tell features, ReccoBeats is asked for them; songs of
    which neither knows any are left out. Valence is read from Spotify's valence, arousal from its energy: estimates by
    programs, not ratings by people. May be stopped at any time, and goes on from there. Exit code 1 if some songs can't
    be imported, 2 if none could be.
    """
    from img2music.cli.tables import import_rows, told_problems
    from img2music.library.store import LibraryStore
    from img2music.library.streaming import REFUSED, SpotifyImport

    wanted = SpotifyImport(urls)
    with LibraryStore.open(library, create=True) as store, counting("Spotify") as progress:
        found = wanted.run(store, progress)
    if found.refused:
        warn(REFUSED)
    report = found.as_import()
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(report.to_dict())
    else:
        print_table(["import", ">"], import_rows(report))
    finish(report.imported, [*found.errors, *told_problems(report)])
