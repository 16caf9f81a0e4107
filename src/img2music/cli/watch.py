"""``img2music watch``: playlists that follow folders and albums of photos by themselves."""

import signal
import threading
from typing import TYPE_CHECKING

from img2music.cli.options import argument, command, filter_options, library_option, option, options_of
from img2music.cli.output import say
from img2music.cli.progress import progress_bar
from img2music.cli.server_playlists import done_words
from img2music.errors import printable
from img2music.options import RecommendOptions, WatchOptions

if TYPE_CHECKING:
    from img2music.app.playlists import SavedPlaylist


@command()
@argument(
    "photos",
    metavar="DIR|ALBUM...",
    nargs=-1,
    required=True,
    help="Folders of photos, and albums of a photo service (immich:album/Summer).",
)
@option("--playlist", required=True, metavar="NAME", help="Playlist of the library that follows them.")
@option("--to", metavar="CONNECTION", help="Write the playlist to this music server whenever it is renewed.")
@option("--music", metavar="DIR", multiple=True, help="Folder of music to be scanned when it changes. May be repeated.")
@library_option
@options_of(RecommendOptions, without=("together",), filters=filter_options(chooses=True))
@options_of(WatchOptions, name="patience")
def watch(
    *,
    photos: tuple[str, ...],
    playlist: str,
    to: str | None,
    music: tuple[str, ...],
    library: str | None,
    options: RecommendOptions,
    patience: WatchOptions,
) -> None:
    """Keep a playlist up to date with photos: one through all of them, renewed whenever there are others.

    One line for each renewal. Where a photo service or a folder is away, the playlist stays as it is. Ends with Ctrl-C
    or SIGTERM, given twice at once, and may be killed at any moment. Needs the extra "servers".
    """
    from img2music.app.library import Library
    from img2music.app.server_exchange import music_connection
    from img2music.app.watching import Watch

    ended = threading.Event()
    if to is not None:
        music_connection(to)

    def send(saved: "SavedPlaylist") -> None:
        if to is not None:
            with opened.playlists.at(to) as server:
                report = server.push(saved.id)
            if report.done != "unchanged":
                say(f"{printable(report.name)} at {to}: {done_words(report)}.")

    def end(number: int, _: object) -> None:
        ended.set()
        signal.signal(number, signal.SIG_DFL)  # which does not wait, as for a service that is slow

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with Library.open(library, create=bool(music)) as opened, progress_bar() as progress:
        watch = Watch(
            *(opened, photos, playlist, options),
            music=music,
            patience=patience,
            kept=send,
            told=say,
            progress=progress,
        )
        watch.run(ended)
