"""``img2music playlist``: the playlists that are kept in the library."""

from pathlib import Path
from typing import TYPE_CHECKING

from img2music.cli.options import argument, command, file_path, force_option, opened_library, option
from img2music.cli.output import ReportFormat, format_option, print_report, require_outputs, say
from img2music.cli.tables import length_text, moment_text

if TYPE_CHECKING:
    from img2music.app.library import Library

playlist_argument = argument("playlist", metavar="PLAYLIST", help="Name of a playlist of the library.")


@command()
@argument("connection", metavar="[CONNECTION]", required=False, help="A music server, to list its playlists instead.")
@opened_library(read_only=True)
@format_option
def list_(library: "Library", connection: str | None, format_: ReportFormat | None) -> None:
    """List the playlists of the library, the last changed first, or those of a music server."""
    if connection is not None:
        with library.playlists.at(connection) as server:
            there = server.list()
        marks = {True: "ours", False: ""}
        its = [
            (each.id, each.name, "" if each.songs is None else str(each.songs), marks[each.ours], each.playlist or "")
            for each in there.playlists
        ]
        print_report(format_, there, ("id", "name", ">songs", "", "playlist here"), its)
        return
    found = library.playlists.list()
    rows = [(each.name, str(each.songs), moment_text(each.updated)) for each in found.playlists]
    print_report(format_, found, ("name", ">songs", "changed"), rows)


@command()
@playlist_argument
@opened_library(read_only=True)
@format_option
def show(library: "Library", playlist: str, format_: ReportFormat | None) -> None:
    """Show the songs of a playlist."""
    found = library.playlists.read(playlist)
    rows = [
        (
            f"#{song.track.id}",
            song.track.shown_title,
            song.track.artist or "",
            "" if song.track.duration is None else length_text(song.track.duration),
            str(song.passage or ""),
            "missing" if song.track.missing else "",
        )
        for song in found.songs
    ]
    print_report(format_, found, (">id", "title", "artist", ">length", "passage", ""), rows, found.name)


@command()
@playlist_argument
@argument("file", metavar="FILE", type=file_path, help="What to write; its ending tells the format.")
@option("--format", "format_", metavar="FORMAT", help="The format, where the ending does not tell it.")
@force_option
@opened_library(read_only=True)
def export(library: "Library", playlist: str, file: Path, format_: str | None, force: bool) -> None:
    """Write a playlist to a file, in any format of recommend that lists songs."""
    from img2music.matching.playlists import FORMATS

    found = library.playlists.read(playlist)
    require_outputs([(file, FORMATS.chosen(format_, file).kind)], force=force)
    found.save(file, format_)
    if left := sum(song.track.missing for song in found.songs):
        say(f"{left} of {len(found.songs)} songs are missing, and left out.")


@command()
@playlist_argument
@opened_library(create=False)
def delete(library: "Library", playlist: str) -> None:
    """Forget a playlist; its songs stay in the library."""
    library.playlists.delete(playlist)
