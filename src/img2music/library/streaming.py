"""Songs of Spotify -> the library: their names from Spotify, their features from there or from ReccoBeats."""

from collections.abc import Iterator, Sequence

from img2music.connectors.features import has_features
from img2music.connectors.http import Limits
from img2music.connectors.reccobeats import ReccoBeats
from img2music.connectors.spotify import Spotify, parse_reference
from img2music.errors import InputError, SourceError
from img2music.library.importing import ColumnsAffect, ImportReport, put_songs
from img2music.library.store import LibraryStore
from img2music.music.song import Song
from img2music.progress import Progress, Step, unwatched

A_BATCH = 200
"""Songs that are asked for and stored together."""
REFUSED = (
    "Spotify does not tell this key the features of songs (applications registered after November 2024 get none); "
    "ReccoBeats is asked for them."
)


def _lacking(song: Song) -> str:
    by = f" by {song.artist}" if song.artist else ""
    return f"{song.title}{by}: neither Spotify nor ReccoBeats knows its features"


class SpotifyImport:
    """Puts the songs of playlists, albums and single tracks into a library, without sound files."""

    def __init__(self, wanted: Sequence[str], limits: Limits | None = None) -> None:
        self._groups = list(_groups([(parse_reference(text), text) for text in wanted]))
        self._spotify, self._reccobeats = Spotify(limits), ReccoBeats(limits)

    def run(self, store: LibraryStore, progress: Progress = unwatched) -> ImportReport:
        """Import.

        Songs are stored `A_BATCH` at a time, as soon as their features are there. Those that are in the library already
        are not asked for again: what was stopped goes on where it was.
        """
        report = ImportReport(path="Spotify")
        for name, references in self._groups:
            try:
                for batch in _batches(self._spotify.songs(references)):
                    self._import(store, batch, report, name)
                    progress(Step("Spotify", report.rows, None, name, "songs"))
            except SourceError as error:
                report.errors.append(InputError(str(error), name))
                if error.final:
                    break
        if not report.rows and not report.errors:
            report.errors.append(InputError("Spotify names no song of it that can be imported.", self._groups[0][0]))
        report.notes += [REFUSED] if self._spotify.refuses_features else []
        return report

    def _import(self, store: LibraryStore, songs: list[Song], report: ImportReport, name: str) -> None:
        known = store.identifiers(song.identifier for song in songs if song.identifier)
        new = self._spotify.fill([song for song in songs if song.identifier not in known])
        fault = None
        if not all(map(has_features, new)):
            try:
                new = self._reccobeats.fill(new)
            except SourceError as error:  # the others are asked for again the next time
                fault, asked = error, len(new)
                new = list(filter(has_features, new))
        put_songs(store, new, ColumnsAffect(), name, report=report, lacking=_lacking)
        with store.writing() as transaction:
            transaction.add_source(name, known)
        report.rows += len(songs)
        report.updated += len(known)
        if fault is not None:
            if fault.final:
                raise fault
            report.errors.append(InputError(f"{asked - len(new)} songs are not imported: {fault}", name))


def _groups(wanted: Sequence[tuple[tuple[str, str], str]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each playlist and album by itself; tracks together, which takes fewer requests."""
    tracks = [reference for reference, _ in wanted if reference[0] == "track"]
    for reference, text in wanted:
        if reference[0] != "track":
            yield text, [reference]
    if tracks:
        yield f"{len(tracks)} tracks", tracks


def _batches(songs: Iterator[Song]) -> Iterator[list[Song]]:
    """Songs in parts; what was read before a fault is the last part."""
    batch: list[Song] = []
    try:
        for song in songs:
            batch.append(song)
            if len(batch) == A_BATCH:
                yield batch
                batch = []
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
