"""``img2music import``: songs from elsewhere into the library, without sound files."""

import pkgutil
from pathlib import Path

from img2music.cli.options import argument, command, file_path, library_option, map_option, option
from img2music.cli.output import ReportFormat, finish, format_option, print_report, say
from img2music.cli.progress import progress_bar
from img2music.cli.tables import import_rows, told_problems

SONG_MODEL = "img2music.research.songs.model:SongModel"
"""By name, since the program itself does not import what only research needs."""


@command()
@argument("file", metavar="FILE", type=file_path, help="CSV, TSV or Parquet.")
@map_option
@option(
    "--affect",
    default="columns",
    metavar="columns|DIR",
    help="Where affects come from: the table, or a model that train music wrote.",
)
@library_option
@format_option
def table(file: Path, mapping: dict[str, str], affect: str, library: str | None, format_: ReportFormat | None) -> None:
    """Put the songs of a table into the library, without sound files: titles, features, affect.

    Valence is read from the column valence, arousal from energy (estimates by Spotify's programs, not ratings by
    people), or both by a model of your own from what else the table has. Importing again brings songs up to date. May
    be stopped at any time; what was imported is kept. Exit code 1 if some rows or cells can't be used and the rest is
    stored, 2 if nothing could be.
    """
    from img2music.app.importing import import_table

    reader = None if affect == "columns" else pkgutil.resolve_name(SONG_MODEL).load(Path(affect))
    with progress_bar() as progress:
        report = import_table(library, file, mapping, reader, progress)
    print_report(format_, report.to_dict(), ("import", ">"), import_rows(report))
    for note in report.notes:
        say(f"{file}: {note}")
    finish(report.imported, told_problems(report))


@command()
@argument(
    "urls",
    metavar="URL...",
    nargs=-1,
    required=True,
    help="Playlists, albums, tracks: open.spotify.com/..., spotify:... or ids.",
)
@library_option
@format_option
def spotify(urls: tuple[str, ...], library: str | None, format_: ReportFormat | None) -> None:
    """Put songs of Spotify into the library, without sound files: titles, features, affect.

    Needs a key of yours (docs/sources.md). Where Spotify does not tell features, ReccoBeats is asked for them; songs of
    which neither knows any are left out. Valence is read from Spotify's valence, arousal from its energy: estimates by
    programs, not ratings by people. May be stopped at any time, and goes on from there. Exit code 1 if some songs can't
    be imported, 2 if none could be.
    """
    from img2music.app.importing import import_spotify

    with progress_bar() as progress:
        report = import_spotify(library, urls, progress)
    for note in report.notes:
        say(note)
    print_report(format_, report.to_dict(), ("import", ">"), import_rows(report))
    finish(report.imported, [*report.errors, *told_problems(report)])
