"""Songs of a table -> the library: told apart, merged, with an affect each."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.analysis import Features
from img2music.connectors.features import UNIT_FEATURES
from img2music.connectors.lyrics import Lyrics, lyrics_of
from img2music.connectors.tables import LineProblem, SongTable
from img2music.errors import InputError
from img2music.library.lyrics import recorded
from img2music.library.record import SongRecord
from img2music.library.schema import UNKNOWN_ARTISTS, fold
from img2music.library.store import LibraryStore
from img2music.music.song import Song
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result
from img2music.track import LONGEST, TAG_NAMES, Tags

A_BATCH = 500
"""Songs that are stored together."""


class SongAffect(Protocol):
    """What reads an affect off songs of a table."""

    @property
    def name(self) -> str:
        """What tracks are marked with that it has measured."""

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float64]:
        """Valence and arousal on the unit scale, shape (n, 2); NaN of a song that lacks what it needs."""


class ColumnsAffect:
    """Takes a song's own ``valence`` for its valence and ``energy`` for its arousal.

    Both are Spotify's estimates, not ratings by people: against these they reach r 0.41 and 0.59 (PMEmo).
    """

    name = "table/1"

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float64]:
        """Valence and arousal on the unit scale, shape (n, 2); NaN where a song lacks the one or the other."""
        return np.array([(song.valence, song.energy) for song in songs], dtype=np.float64).reshape(-1, 2)


@dataclass(kw_only=True, repr=False)
class ImportReport(Result):
    """What an import did."""

    schema: Literal["img2music/import/1"] = field(default="img2music/import/1", init=False, repr=False)
    path: str
    """The table, or "Spotify"."""
    rows: int = 0
    """Rows that hold anything, but for the header; songs that Spotify named."""
    new: int = 0
    """Songs that were not in the library."""
    updated: int = 0
    """Songs that were; those of Spotify are left as they are."""
    duplicates: int = 0
    """Rows that name a song of an earlier row; they were merged."""
    left_out: int = 0
    """Rows that are no song, or without an affect."""
    problems: list[LineProblem] = field(default_factory=list, repr=False)
    """Odd rows and cells, in order of the table."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of how it was read."""
    errors: list[InputError] = field(default_factory=list)
    """What could not be read of Spotify, by what was asked for; ask again to go on."""

    @property
    def imported(self) -> int:
        """Songs that are in the library now."""
        return self.new + self.updated


def import_table(
    store: LibraryStore,
    path: Path,
    table: SongTable,
    affect: SongAffect | None = None,
    *,
    source: str | None = None,
    progress: Progress = unwatched,
) -> ImportReport:
    """Put the songs of a table into the library, some hundreds at a time; ``source`` names it where not its path does.

    A song is known by its identifier, or else by its artist and title, whatever their case (without an artist by
    title and album, without either by all that its row says). Importing it again brings it up to date, and it keeps its
    number. Of rows that name the same song the first counts; what it lacks is taken from the others, and their genres
    are joined by ``"; "``.
    """
    affect = affect or ColumnsAffect()
    rows = len(table.songs) + table.left_out
    report = ImportReport(path=source or str(path), rows=rows, left_out=table.left_out, notes=table.notes)
    report.problems += table.problems
    source = source or table_source(path)
    put_songs(
        store, table.songs, affect, source, report=report, lacking=partial(_lacking, affect=affect), progress=progress
    )
    if report.left_out > table.left_out and not report.imported:
        raise InputError(f"none of its songs gets an affect: {_advice(table, affect)}.", str(path))
    report.problems.sort(key=lambda problem: problem.line)
    return report


def table_source(path: Path) -> str:
    """The name by which the library knows a table: its path, with escapes for bytes that are not UTF-8."""
    return os.path.abspath(path).encode("utf-8", "backslashreplace").decode()  # noqa: PTH100 - takes out ".."


def put_songs(
    store: LibraryStore,
    songs: Sequence[Song],
    affect: SongAffect,
    source: str,
    *,
    report: ImportReport,
    lacking: Callable[[Song], str],
    progress: Progress = unwatched,
) -> None:
    """Put songs into the library, as `import_table` does; ``lacking`` tells why one has no affect.

    Their lyrics too; what was done is added to a report.
    """
    merged = merge(_watched(songs, progress))
    points = affect.predict([song for song, _ in merged]).tolist()
    report.duplicates += len(songs) - len(merged)
    for start in range(0, len(merged), A_BATCH):
        part = slice(start, start + A_BATCH)
        _put(store, merged[part], points[part], affect.name, source, report=report, lacking=lacking)
        progress(Step("Importing", min(start + A_BATCH, len(merged)), len(merged), None, "songs"))


def _watched(songs: Sequence[Song], progress: Progress) -> Iterator[Song]:
    for index, song in enumerate(songs):
        if index % A_BATCH == 0:
            progress(Step("Merging", index, len(songs), None, "rows"))
        yield song


def _put(
    store: LibraryStore,
    songs: Sequence[tuple[Song, str]],
    points: Sequence[tuple[float, float]],
    analyzer: str,
    source: str,
    *,
    report: ImportReport,
    lacking: Callable[[Song], str],
) -> None:
    """Put songs that differ into the library, in one transaction."""
    records, words = [], {}
    for (song, identifier), (valence, arousal) in zip(songs, points, strict=True):
        if np.isnan(valence) or np.isnan(arousal):
            report.problems.append(LineProblem(song.row, None, f"{lacking(song)}; left out"))
            report.left_out += 1
            continue
        records.append(_record(song, identifier, analyzer, Affect(valence, arousal), source))
        lyrics = lyrics_of(song.lyrics)
        if lyrics != Lyrics():
            words[identifier] = recorded("table", lyrics, read=False)
    with store.writing() as transaction:
        new = transaction.put_songs(records)
        numbers = transaction.ids_of_identifiers(words)
        transaction.put_lyrics((numbers[identifier], record) for identifier, record in words.items())
    report.new += new
    report.updated += len(records) - new


def merge(songs: Iterable[Song]) -> list[tuple[Song, str]]:
    """Merge rows that name the same song."""
    together: dict[str, list[Song]] = {}
    for song in songs:
        together.setdefault(identify(song), []).append(song)
    return [(rows[0] if len(rows) == 1 else _merged(rows), identifier) for identifier, rows in together.items()]


def identify(song: Song) -> str:
    """The identifier by which the library knows a song of a table."""
    if song.identifier is not None:
        return song.identifier
    artist, title, album = (" ".join(fold(name or "").split()) for name in (song.artist, song.title, song.album))
    names: tuple[object, ...] = (artist, title)
    if artist in UNKNOWN_ARTISTS:
        names = ("", title, album)
        if not album:
            row = dataclasses.replace(song, row=0, lyrics=None)
            names += tuple(getattr(row, name) for name in _TOLD)
    folded = "\0".join(map(str, names))
    return "song:" + hashlib.blake2b(folded.encode(), digest_size=16).hexdigest()


_TAGGED = ("row", "title", "artist", "album", "genre", "year", "duration", "identifier", "lyrics")
_TOLD = (*_TAGGED, *UNIT_FEATURES, "tempo", "key", "mode", "loudness")
"""All of a row that songs are told by; a field more would make other songs of those that are in libraries already."""


def _merged(rows: Sequence[Song]) -> Song:
    values: dict[str, Any] = {}
    for name in (each.name for each in dataclasses.fields(Song)):
        values[name] = next((value for row in rows if (value := getattr(row, name)) is not None), None)
    genres = dict.fromkeys(row.genre for row in rows if row.genre)
    values["genre"] = "; ".join(genres)[:LONGEST] or None
    return Song(**values)


def _record(song: Song, identifier: str, analyzer: str, affect: Affect, source: str) -> SongRecord:
    names = {each.name for each in dataclasses.fields(Features)}
    values = {name: getattr(song, name, None) for name in names}
    tags = Tags(**{name: getattr(song, name, None) for name in TAG_NAMES})
    return SongRecord(identifier, tags, song.duration, analyzer, affect, Features(**values), (source,))


def _lacking(song: Song, affect: SongAffect) -> str:
    if not isinstance(affect, ColumnsAffect):
        return f"lacks what {affect.name} needs"
    names = [name for name in ("valence", "energy") if getattr(song, name) is None]
    return f"has no {' and no '.join(names)}"


def _advice(table: SongTable, affect: SongAffect) -> str:
    if not isinstance(affect, ColumnsAffect):
        return f"they lack what {affect.name} needs"
    lacking = [name for name in ("valence", "energy") if name not in table.columns]
    if not lacking:
        return "no row has both valence and energy"
    return (
        f"there is no column {' and none '.join(lacking)}; name it (`mapping={lacking[0]}=COLUMN`), "
        "or take affects from a model that does without (`affect=DIR`, as a trained one)"
    )
