"""Songs from elsewhere into a library, which is made only if they can be read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from img2music.connectors.tables import read_songs
from img2music.library.database import locate
from img2music.library.importing import ImportReport, SongAffect
from img2music.library.importing import import_table as import_songs
from img2music.library.store import LibraryStore
from img2music.library.streaming import SpotifyImport
from img2music.options import AnyPath
from img2music.progress import Progress, unwatched


def import_table(
    location: AnyPath | None,
    table: Path,
    mapping: Mapping[str, str] | None = None,
    affect: SongAffect | None = None,
) -> ImportReport:
    """Put the songs of a table into a library."""
    where = locate(location).path
    if where is None or where.exists():  # what is wrong with it is known before a long table is read
        LibraryStore.open(location).close()
    songs = read_songs(table, mapping)
    with LibraryStore.open(location, create=True) as store:
        return import_songs(store, table, songs, affect)


def import_spotify(location: AnyPath | None, urls: Sequence[str], progress: Progress = unwatched) -> ImportReport:
    """Put songs of Spotify into a library."""
    wanted = SpotifyImport(urls)
    with LibraryStore.open(location, create=True) as store:
        return wanted.run(store, progress)
