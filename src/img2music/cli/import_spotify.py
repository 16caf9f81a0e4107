"""``img2music import spotify``: songs of Spotify into the library."""

from img2music.cli.options import argument, command, library_option
from img2music.cli.output import ReportFormat, finish, format_option, print_report, say
from img2music.cli.progress import counted, progress_bar


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
def import_spotify(urls: tuple[str, ...], library: str | None, format_: ReportFormat | None) -> None:
    """Put songs of Spotify into the library, without sound files: titles, features, affect.

    Needs a key of yours (docs/sources.md). Where Spotify does not tell features, ReccoBeats is asked for them; songs of
    which neither knows any are left out. Valence is read from Spotify's valence, arousal from its energy: estimates by
    programs, not ratings by people. May be stopped at any time, and goes on from there. Exit code 1 if some songs can't
    be imported, 2 if none could be.
    """
    from img2music.library.store import LibraryStore
    from img2music.library.streaming import REFUSED, SpotifyImport

    wanted = SpotifyImport(urls)
    with LibraryStore.open(library, create=True) as store, progress_bar() as progress:
        found = wanted.run(store, counted(progress, "Asking", "songs"))
    if found.refused:
        say(REFUSED)
    report = found.as_import()
    print_report(format_, report.to_json(), ("import", ">"), report.to_rows())
    finish(report.imported, [*found.errors, *report.told()])
