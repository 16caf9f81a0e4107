"""``img2music lyrics``: the words of the tracks in the library, and what lyrics in files feel like."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from img2music.cli.options import Choice, argument, command, file_path, filtered, opened_library, option
from img2music.cli.output import (
    ReportFormat,
    finish,
    for_people,
    format_option,
    print_json,
    print_report,
    say,
)
from img2music.cli.progress import progress_bar
from img2music.filters import TrackFilter
from img2music.options import LyricsSource, TextModelName

if TYPE_CHECKING:
    from img2music.affect import Affect
    from img2music.app.library import Library
    from img2music.music.lyrics.reading import LyricsReading


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


@command()
@argument("paths", metavar="FILE...", nargs=-1, required=True, type=file_path, help="Lyrics: text, or LRC.")
@option(
    "--model",
    type=Choice(TextModelName),
    default="words",
    help="words, or minilm: closer to people, slower, with the extra lyrics.",
)
@option(
    "--lexicon",
    type=file_path,
    metavar="FILE",
    help="Also average over this lexicon: NRC-VAD, Glasgow Norms or Warriner.",
)
@format_option
def affect(paths: tuple[Path, ...], model: TextModelName, lexicon: Path | None, format_: ReportFormat | None) -> None:
    """Read the valence and the arousal of lyrics in files.

    On the unit scale; most sentences are near 0.5. Only English is read: other languages, and texts too short to tell,
    get none.
    """
    from img2music.app.analysis import analyze_lyrics

    found = analyze_lyrics(paths, model, lexicon)
    print_report(format_, found.to_dict(), COLUMNS, map(_row, found.items))
    finish(len(found.items), found.errors)


COLUMNS = ("file", "language", ">valence", ">arousal", "feels", "lexicon", ">not found")


def _row(item: "LyricsReading") -> list[str]:
    read = item.text.affect if item.text is not None else None
    said = item.lexicon
    return [
        item.path,
        item.language or "?",
        *_numbers(read),
        read.word if read else item.reason,
        " ".join(_numbers(said.affect)) if said else "",
        f"{said.not_found:.0%}" if said else "",
    ]


def _numbers(read: "Affect | None") -> tuple[str, str]:
    return ("-", "-") if read is None else (f"{read.valence:.2f}", f"{read.arousal:.2f}")
