"""``img2music lyrics``: the words of the tracks in the library."""

from enum import StrEnum
from typing import Annotated

import typer

from img2music.cli.options import LibraryOption, filtered
from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, counting, print_json, warn
from img2music.filters import TrackFilter


class LyricsSource(StrEnum):
    """Where lyrics may be fetched from."""

    TAGS = "tags"
    FILES = "files"
    LRCLIB = "lrclib"
    MUSIXMATCH = "musixmatch"


@filtered()
def fetch(
    *,
    source: Annotated[
        list[LyricsSource] | None,
        typer.Option("--source", help="Where to look, in this order; may be repeated.", show_default="tags, files"),
    ] = None,
    library: LibraryOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="At most so many tracks that were not asked for before.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask sources again that knew none before.")] = False,
    where: TrackFilter,
) -> None:
    """Fetch the lyrics of the tracks in the library, and keep them there.

    From the files' tags (tags), from .lrc and .txt files beside them (files); and, only if named, from the internet:
    LRCLIB (lrclib; it is told title, artist, album and length) and Musixmatch (musixmatch; with a key of yours). May
    be stopped at any time: what is found is kept, and no service is asked twice. Exit code 1 if some tracks failed, 2
    if all did.
    """
    from img2music.library.lyrics import fetch as fetch_lyrics
    from img2music.library.record import LOCAL
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library) as store, counting("Lyrics") as progress:
        report = fetch_lyrics(
            store,
            [each.value for each in source] if source else LOCAL,
            where=where,
            limit=limit,
            again=again,
            progress=progress,
        )
    for error in report.failed:
        warn(error)
    warn(report)
    if report.failed:
        raise typer.Exit(1 if report.known or report.got or report.instrumental or report.none else 2)


def show(
    track: Annotated[
        str, typer.Argument(metavar="TRACK", help="Number of a track in the library, its file, or its identifier.")
    ],
    library: LibraryOption = None,
    format_: ReportFormatOption = None,
) -> None:
    """Print the lyrics of a track that are in the library; as JSON, what every source said."""
    from img2music.library.lyrics import describe, known_lyrics
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library, read_only=True) as store:
        found = known_lyrics(store, track)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(found.to_dict())
        return
    record = found.require()
    warn(describe(found.track, record))
    print(record.text or "")  # noqa: T201
