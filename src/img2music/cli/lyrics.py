"""``img2music lyrics``: the words of the tracks in the library."""

from enum import StrEnum

import click

from img2music.cli.options import Choice, argument, command, filtered, library_option, option
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, say
from img2music.cli.progress import counted, progress_bar
from img2music.filters import TrackFilter


class LyricsSource(StrEnum):
    """Where lyrics may be fetched from."""

    TAGS = "tags"
    FILES = "files"
    LRCLIB = "lrclib"
    MUSIXMATCH = "musixmatch"


@command()
@option(
    "--source",
    "sources",
    type=Choice(LyricsSource),
    multiple=True,
    help="Where to look, in this order; may be repeated.",
    show_default="tags, files",
)
@library_option
@option("--limit", type=int, help="At most so many tracks that were not asked for before.")
@option("--again", is_flag=True, help="Ask sources again that knew none before.")
@filtered()
def fetch(
    sources: tuple[LyricsSource, ...], library: str | None, limit: int | None, again: bool, where: TrackFilter
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

    with LibraryStore.open(library) as store, progress_bar() as progress:
        found = fetch_lyrics(
            store,
            [each.value for each in sources] or LOCAL,
            where=where,
            limit=limit,
            again=again,
            progress=counted(progress, "Lyrics", "tracks"),
        )
    for told in (*found.failed, found):
        say(told)
    if found.failed:
        raise click.exceptions.Exit(1 if found.known or found.got or found.instrumental or found.none else 2)


@command()
@argument("track", metavar="TRACK", help="Number of a track in the library, its file, or its identifier.")
@library_option
@format_option
def show(track: str, library: str | None, format_: ReportFormat | None) -> None:
    """Print the lyrics of a track that are in the library; as JSON, what every source said."""
    from img2music.library.lyrics import describe, known_lyrics
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library, read_only=True) as store:
        found = known_lyrics(store, track)
    if not for_people(format_):
        print_json(found.to_json())
        return
    record = found.require()
    say(describe(found.track, record))
    click.echo(record.text or "")
