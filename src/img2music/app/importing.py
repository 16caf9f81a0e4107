"""Songs into a library, which is made only if they can be read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from img2music.app.cluster import scan as scan_into
from img2music.connectors.tables import read_songs
from img2music.library.database import locate
from img2music.library.importing import ImportReport, SongAffect
from img2music.library.importing import import_table as import_songs
from img2music.library.scanning import ScanReport
from img2music.library.store import LibraryStore
from img2music.locations import absolute, exists
from img2music.options import AnyPath, ScanOptions
from img2music.progress import Progress, unwatched


def scan(
    location: AnyPath | None, folders: Sequence[AnyPath], options: ScanOptions, progress: Progress = unwatched
) -> ScanReport:
    """Bring a library up to date with folders.

    A dry run makes none: where there is no library yet, it tells what would be new in an empty one. Neither is one made
    where none of the folders is there: their names are mistyped more often than not.
    """
    path = locate(location).path
    idle = options.dry_run or not any(exists(absolute(folder)) for folder in folders)
    if idle and path is not None and not path.exists():
        location = ":memory:"
    read_only = options.dry_run and location != ":memory:"
    with LibraryStore.open(location, create=not read_only, read_only=read_only) as store:
        return scan_into(store, folders, options, progress)


def import_table(
    location: AnyPath | None,
    table: Path,
    mapping: Mapping[str, str] | None = None,
    affect: SongAffect | None = None,
    progress: Progress = unwatched,
) -> ImportReport:
    """Put the songs of a table into a library."""
    where = locate(location).path
    if where is None or where.exists():  # what is wrong with it is known before a long table is read
        LibraryStore.open(location).close()
    songs = read_songs(table, mapping, progress)
    with LibraryStore.open(location, create=True) as store:
        return import_songs(store, table, songs, affect, progress=progress)


def import_spotify(location: AnyPath | None, urls: Sequence[str], progress: Progress = unwatched) -> ImportReport:
    """Put songs of Spotify into a library."""
    from img2music.library.streaming import SpotifyImport  # needs an extra

    wanted = SpotifyImport(urls)
    with LibraryStore.open(location, create=True) as store:
        return wanted.run(store, progress)
