"""Songs of a table -> the library: told apart, merged, with an affect each."""

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.analysis import Features
from img2music.connectors.features import UNIT_FEATURES
from img2music.connectors.lyrics import Lyrics, lyrics_of
from img2music.connectors.tables import Problem, SongTable
from img2music.connectors.tags import LONGEST
from img2music.errors import InputError
from img2music.library.lyrics import recorded
from img2music.library.record import SongRecord
from img2music.library.schema import UNKNOWN_ARTISTS, fold
from img2music.library.store import LibraryStore
from img2music.music.song import Song
from img2music.shapes import Result, to_dict
from img2music.track import TAG_NAMES, Tags


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


@dataclass(frozen=True, repr=False)
class ImportReport(Result):
    """What an import did.

    Attributes
    ----------
    path : str
        The table.
    rows : int
        That hold anything, but for the header.
    new : int
        Songs that were not in the library.
    updated : int
        Songs that were.
    duplicates : int
        Rows that name a song of an earlier row; they were merged.
    left_out : int
        Rows that are no song, or without an affect.
    problems : list of Problem
        Odd rows and cells, in order of the table.
    notes : list of str
        What a person should know of how the table was read.
    """

    path: str
    rows: int
    new: int
    updated: int
    duplicates: int
    left_out: int
    problems: list[Problem] = field(repr=False)
    notes: list[str] = field(default_factory=list)

    @property
    def imported(self) -> int:
        """Songs that are in the library now."""
        return self.new + self.updated

    def to_dict(self) -> dict[str, Any]:
        """The documented shape ``img2music/import/1`` (docs/json.md)."""
        counts = {name: getattr(self, name) for name in ("path", "rows", "new", "updated", "duplicates", "left_out")}
        problems = [LineProblem(each.row, each.column, each.reason) for each in self.problems]
        return to_dict(ImportShape(**counts, problems=problems, notes=self.notes))


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A `Problem` in ``img2music/import/1``."""

    line: int
    column: str | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportShape:
    """``img2music/import/1``."""

    schema: Literal["img2music/import/1"] = "img2music/import/1"
    path: str
    rows: int
    new: int
    updated: int
    duplicates: int
    left_out: int
    problems: list[LineProblem]
    notes: list[str]


def import_table(store: LibraryStore, path: Path, table: SongTable, affect: SongAffect | None = None) -> ImportReport:
    """Put the songs of a table into the library, in one transaction.

    A song is known by its identifier, or else by its artist and title, whatever their case (without an artist by
    title and album, without either by all that its row says). Importing it again brings it up to date, and it keeps its
    number. Of rows that name the same song the first counts; what it lacks is taken from the others, and their genres
    are joined by ``"; "``.
    """
    affect = affect or ColumnsAffect()
    stored = put_songs(store, table.songs, affect, table_source(path))
    if stored.lacking and not stored.new + stored.updated:
        raise InputError(f"none of its songs gets an affect: {_advice(table, affect)}.", str(path))
    lacking = [Problem(song.row, None, f"{_lacking(song, affect)}; left out") for song in stored.lacking]
    return ImportReport(
        path=str(path),
        rows=len(table.songs) + table.left_out,
        new=stored.new,
        updated=stored.updated,
        duplicates=stored.duplicates,
        left_out=table.left_out + len(lacking),
        problems=sorted([*table.problems, *lacking], key=lambda problem: problem.row),
        notes=table.notes,
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What `put_songs` did."""

    new: int  # songs that were not in the library
    updated: int  # songs that were
    duplicates: int  # songs that were merged into an earlier one
    lacking: list[Song]  # songs without an affect, which are not stored


def table_source(path: Path) -> str:
    """The name by which the library knows a table: its path, with escapes for bytes that are not UTF-8."""
    return os.path.abspath(path).encode("utf-8", "backslashreplace").decode()  # noqa: PTH100 - takes out ".."


def put_songs(store: LibraryStore, songs: Sequence[Song], affect: SongAffect, source: str) -> Stored:
    """Put songs into the library, in one transaction, as `import_table` does; their lyrics too."""
    merged = merge(songs)
    points = affect.predict([song for song, _ in merged])
    lacking, records, words = [], [], {}
    for (song, identifier), (valence, arousal) in zip(merged, points.tolist(), strict=True):
        if np.isnan(valence) or np.isnan(arousal):
            lacking.append(song)
            continue
        records.append(_record(song, identifier, affect.name, Affect(valence, arousal), source))
        lyrics = lyrics_of(song.lyrics)
        if lyrics != Lyrics():
            words[identifier] = recorded("table", lyrics, read=False)
    with store.writing() as transaction:
        new = transaction.put_songs(records)
        numbers = transaction.ids_of_identifiers(words)
        transaction.put_lyrics((numbers[identifier], record) for identifier, record in words.items())
    return Stored(new, len(records) - new, len(songs) - len(merged), lacking)


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
