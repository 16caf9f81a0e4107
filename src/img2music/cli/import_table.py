"""``img2music import table``: songs of a table into the library."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import LibraryOption
from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, finish, print_json, print_table, warn


def import_table(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV or Parquet.", readable=False)],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=COLUMN", help="Which column holds what, such as title=track_name; may be repeated."
        ),
    ] = None,
    affect: Annotated[
        str,
        typer.Option(
            metavar="columns|DIR", help="Where affects come from: the table, or a model that train music wrote."
        ),
    ] = "columns",
    library: LibraryOption = None,
    format_: ReportFormatOption = None,
) -> None:
    """Put the songs of a table into the library, without sound files: titles, features, affect.

    Valence is read from the column valence, arousal from energy (estimates by Spotify's programs, not ratings by
    people), or both by a model of your own from what else the table has. Importing again brings songs up to date. Exit
    code 1 if some rows or cells can't be used and the rest is stored, 2 if nothing could be.
    """
    from rich.console import Console

    from img2music.cli.tables import import_rows, told_problems
    from img2music.connectors.tables import parse_mapping, read_songs
    from img2music.library.database import locate
    from img2music.library.importing import import_table as import_songs
    from img2music.library.store import LibraryStore
    from img2music.research.songs.model import SongModel

    mapping = parse_mapping(map_ or ())
    where = locate(library).path
    if where is None or where.exists():  # what is wrong with it is known before a long table is read
        LibraryStore.open(library).close()
    reader = None if affect == "columns" else SongModel.load(Path(affect))
    with Console(stderr=True).status("Reading the table"):
        table = read_songs(file, mapping)
        with LibraryStore.open(library, create=True) as store:
            report = import_songs(store, file, table, reader)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(report.to_dict())
    else:
        print_table(["import", ">"], import_rows(report))
    for note in report.notes:
        warn(f"{file}: {note}")
    finish(report.imported, told_problems(report))
