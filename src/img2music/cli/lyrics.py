"""``img2music lyrics``: the words of the tracks in the library."""

from typing import TYPE_CHECKING

import click

from img2music.cli.options import Choice, argument, command, filtered, opened_library, option
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, say
from img2music.cli.progress import progress_bar
from img2music.filters import TrackFilter
from img2music.options import LyricsSource

if TYPE_CHECKING:
    from img2music.app.library import Library


@command()
@option(
    "--source",
    "sources",
    type=Choice(LyricsSource),
    multiple=True,
    help="Where to look, in this order; may be repeated.",
    show_default="tags, files",
)
@opened_library(create=False)
@option("--limit", type=int, help="At most so many tracks that were not asked for before.")
@option("--again", is_flag=True, help="Ask sources again that knew none before.")
@filtered()
def fetch(
    sources: tuple[LyricsSource, ...], library: "Library", limit: int | None, again: bool, where: TrackFilter
) -> None:
    """Fetch the lyrics of the tracks in the library, and keep them there.

    From the files' tags (tags), from .lrc and .txt files beside them (files); and, only if named, from the internet:
    LRCLIB (lrclib; it is told title, artist, album and length) and Musixmatch (musixmatch; with a key of yours). May
    be stopped at any time: what is found is kept, and no service is asked twice. Exit code 1 if some tracks failed, 2
    if all did.
    """
    with progress_bar() as progress:
        found = library.fetch_lyrics(*sources, where=where, limit=limit, again=again, progress=progress)
    for told in (*found.failed, found):
        say(told)
    if found.failed:
        raise click.exceptions.Exit(1 if found.known or found.got or found.instrumental or found.none else 2)


@command()
@argument("track", metavar="TRACK", help="Number of a track in the library, its file, or its identifier.")
@opened_library(read_only=True)
@format_option
def show(track: str, library: "Library", format_: ReportFormat | None) -> None:
    """Print the lyrics of a track that are in the library; as JSON, what every source said."""
    from img2music.library.lyrics import describe

    found = library.known_lyrics(track)
    if not for_people(format_):
        print_json(found.to_dict())
        return
    record = found.require()
    say(describe(found.track, record))
    click.echo(record.text or "")
