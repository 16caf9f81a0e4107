"""Tables of songs: CSV, TSV and other delimited text, and Parquet, under the column names that people use."""

import contextlib
import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from img2music.connectors import cells
from img2music.connectors.cells import CellError
from img2music.connectors.delimited import Delimited, Row, first_bytes, read_delimited
from img2music.connectors.features import UNIT_FEATURES
from img2music.errors import InputError, UsageError, printable, require_extra, shown
from img2music.music.song import Song
from img2music.progress import Progress, Step, unwatched
from img2music.track import TAG_NAMES

NAMES: Mapping[str, tuple[str, ...]] = {
    **{field: names.columns or (field.replace("_", ""),) for field, names in TAG_NAMES.items()},
    "duration": ("duration", "durations", "durationsec", "durationseconds", "length", "lengthduration", "dur"),
    "duration_ms": ("durationms", "trackdurationms", "durationinms", "lengthms", "songdurationms"),
    "identifier": (
        *("trackuri", "spotifyuri", "uri", "spotifyid", "spotifytrackid", "trackid", "id", "identifier", "isrc"),
    ),
    "lyrics": ("lyrics", "lyricsbody", "lyric", "text"),
    "danceability": ("danceability", "dance", "dnce"),
    "energy": ("energy", "nrgy"),
    "valence": ("valence", "happiness", "happy", "val"),
    "acousticness": ("acousticness", "acoustic", "acous"),
    "instrumentalness": ("instrumentalness", "instrumental"),
    "liveness": ("liveness", "live"),
    "speechiness": ("speechiness", "speech", "spch"),
    "tempo": ("tempo", "bpm", "beatsperminute", "beatsperminutebpm", "tempobpm"),
    "key": ("key",),
    "mode": ("mode",),
    "loudness": ("loudness", "loudnessdb", "louddb", "loud", "db"),
}
"""Usual names of the columns, best first, in small letters and digits; also what may be given in a mapping."""

_MEASURED: Mapping[str, Callable[..., float | None]] = {
    "tempo": cells.read_tempo,
    "key": cells.read_key,
    "mode": cells.read_mode,
    "loudness": cells.read_loudness,
    "duration": cells.read_seconds,
    "duration_ms": partial(cells.read_seconds, unit=0.001),
}
_READERS: Mapping[str, Callable[[str], str | int | None]] = {
    "year": cells.read_year,
    "number": cells.read_ordinal,
    "mbid": cells.read_mbid,
}
_WORDS: Mapping[str, Callable[[str], str | int | None]] = {
    "artist": cells.read_names,
    "genre": cells.read_names,
    "lyrics": cells.read_lyrics,
    **{field: _READERS[names.read] for field, names in TAG_NAMES.items() if names.read != "text"},
}

_PERCENT = re.compile(r"%|percent(age)?|pct", re.IGNORECASE)

MOST_ODD = 0.05
"""Share of a column's numbers that may be of another scale than the rest: those are mistakes."""
LOW_PERCENT = 10.0
"""A column whose numbers go above 1 and not above this may be in percent, or in points from 1 to 10."""
A_BATCH = 500
"""Rows after which it is told how far the reading is."""
MOST_PROBLEMS = 1_000_000
"""Rows and cells of no use, above which a file is no table of songs."""
SHOWN_COLUMNS = 20
"""Columns without a use that are told by name."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one cell, or with a whole row."""

    line: int  # line of the table; the header of most is line 1. Rows of a Parquet file count from 2, as if it had one
    column: str | None  # name of the column, as the table writes it; None for the whole row
    error: str  # what is wrong and what was done about it, without a full stop

    def __str__(self) -> str:
        column = "" if self.column is None else f", column {printable(self.column)}"
        return f"line {self.line}{column}: {self.error}"


@dataclass(frozen=True, slots=True)
class SongTable:
    """What a table says."""

    songs: list[Song]  # in the order of the table; every one has a title
    problems: list[LineProblem]  # cells with no value of their column, None in their song, and rows that are left out
    columns: dict[str, str]  # the table's name of the column, by field of `Song` (duration_ms for milliseconds)
    left_out: int = 0  # rows
    unused: list[str] = dataclasses.field(default_factory=list)  # columns of which nothing is known
    percent: list[str] = dataclasses.field(default_factory=list)  # columns in percent, told by their numbers alone

    @property
    def notes(self) -> list[str]:
        """What a person should know of how it was read, as sentences."""
        notes = []
        if self.unused:
            more = len(self.unused) - SHOWN_COLUMNS
            listed = ", ".join(self.unused[:SHOWN_COLUMNS]) + (f" and {more:,} more" if more > 0 else "")
            notes.append(f"Columns that are not understood and not used: {listed}.")
        if self.percent:
            notes.append(f"Read in percent, since numbers go up to 100: {', '.join(self.percent)}.")
        return notes


def read_songs(path: Path, mapping: Mapping[str, str] | None = None, progress: Progress = unwatched) -> SongTable:
    """Read a table of songs.

    A cell that holds no value of its column (a word for a number, a number out of range) is a problem, and its song
    lacks that value. A row without a title, or with more or fewer cells than the header, is left out, and a problem.
    """
    mapping = mapping or {}
    for field in mapping:
        if field not in NAMES:
            raise UsageError(f"There is no {field!r} to map a column to; there is: {', '.join(NAMES)}.")
    parquet = first_bytes(path, 4) == b"PAR1"  # https://parquet.apache.org/docs/file-format/
    table = _parquet(path) if parquet else read_delimited(path, lambda row: _known(row, mapping))
    reader = _Reader(table, mapping, path)
    for index, row in enumerate(table.rows):
        if index % A_BATCH == 0:
            progress(Step("Reading the table", index, None, None, "rows"))
        reader.add(row)
    if not reader.songs and not reader.left_out:
        raise InputError("has a header, and no song below it.", str(path))
    return reader.table()


def _plain(name: str) -> str:
    """A column's name in small letters and digits: "Track Name", "track_name" and "track_name_%" are one."""
    return re.sub(r"[\W_]+", "", _PERCENT.sub("", name)).lower()


def _columns(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Places of the columns, by what they hold."""
    plain = [_plain(name) for name in header]
    found = {field: next((plain.index(name) for name in names if name in plain), -1) for field, names in NAMES.items()}
    exact = [name.strip() for name in header]
    for field, column in mapping.items():
        found[field] = exact.index(column.strip()) if column.strip() in exact else -1
    if "duration" in mapping or ("duration_ms" not in mapping and found["duration_ms"] < 0):
        found["duration_ms"] = -1
    else:
        found["duration"] = -1
    return {field: place for field, place in found.items() if place >= 0}


def _known(row: Sequence[str], mapping: Mapping[str, str]) -> int:
    columns = _columns(row, mapping)
    return len(columns) if "title" in columns and mapping.keys() <= columns.keys() else 0


class _Reader:
    """Makes songs of the rows of one table."""

    def __init__(self, table: Delimited, mapping: Mapping[str, str], path: Path) -> None:
        self.songs: list[Song] = []
        self.problems: list[LineProblem] = []
        self.left_out = 0
        self._path = path
        self._decimal_comma = table.delimiter != ","
        self._header = header = [printable(name.strip()) for name in table.header.cells]
        places, line = _columns(table.header.cells, mapping), table.header.line
        listed = ", ".join(filter(None, header))[:300]
        for field, column in mapping.items():
            if field not in places:
                reason = f"line {line}: there is no column {column!r} for {field}; there is: {listed}."
                raise InputError(reason, str(path))
        if "title" not in places:
            reason = (
                f"line {line}: there is no column of titles; say which: `mapping=title=COLUMN`. There is: {listed}."
            )
            raise InputError(reason, str(path))
        self._read = [
            (field.removesuffix("_ms"), index, self._reader(field, field in mapping)) for field, index in places.items()
        ]
        self._names = {field: header[index] for field, index in places.items()}
        self._numbers = [index for field, index in places.items() if field in (*UNIT_FEATURES, *_MEASURED)]
        self._odd = dict.fromkeys(UNIT_FEATURES, 0)
        self._percent = {name for name in UNIT_FEATURES if _PERCENT.search(self._names.get(name, ""))}
        for row in table.above:
            self.leave_out(row.line, "is above the header, and was left out")
        for field, name in self._names.items():
            if (times := header.count(name)) > 1:
                self._tell([LineProblem(line, name, f"is there {times} times; the first counts, for {field}")])

    def _reader(self, field: str, chosen: bool) -> Callable[[str], Any]:
        """What reads the cells of a column; ``chosen`` says that the user has named it."""
        if field in UNIT_FEATURES:
            return partial(self._share, field)
        if field in _MEASURED:
            return partial(_MEASURED[field], decimal_comma=self._decimal_comma)
        if field == "identifier":
            return partial(cells.read_identifier, chosen=chosen)
        return _WORDS.get(field, cells.read_text)

    def leave_out(self, line: int, reason: str, column: str | None = None) -> None:
        self.left_out += 1
        self._tell([LineProblem(line, column, reason)])

    def _tell(self, problems: Iterable[LineProblem]) -> None:
        self.problems += problems
        if len(self.problems) > MOST_PROBLEMS:
            reason = f"more than {MOST_PROBLEMS:,} rows and cells are of no use, the first: {self.problems[0]}."
            raise InputError(reason, str(self._path))

    def add(self, row: Row) -> None:
        """Make a song of a row, or say why not."""
        if row.fault is not None:
            self.leave_out(row.line, f"{row.fault}; left out")
            return
        found, wanted = row.cells, len(self._header)
        while len(found) > wanted and not found[-1].strip():
            found.pop()
        if len(found) != wanted:
            hint = " (a comma not quoted?)" if len(found) > wanted else ""
            self.leave_out(row.line, f"has {len(found)} cells, the header has {wanted}{hint}; left out")
            return
        if [cell.strip() for cell in found] == self._header:
            self.leave_out(row.line, "is the header once more; left out")
            return
        values: dict[str, Any] = {}
        problems, failed = [], 0
        for field, index, read in self._read:
            try:
                values[field] = read(found[index])
            except CellError as error:
                problems.append(LineProblem(row.line, self._header[index], str(error)))
                failed += index in self._numbers
        if failed > 1 and failed == sum(1 for index in self._numbers if found[index].strip()):
            self.leave_out(row.line, "no cell that should hold a number does (a second header?); left out")
            return
        self._tell(problems)
        if values.get("title") is None:
            self.leave_out(row.line, "has no title; left out", self._names["title"])
        else:
            self.songs.append(Song(row=row.line, **values))

    def _share(self, field: str, cell: str) -> float | None:
        """A number from 0 to 1 or in percent: which, is known at the end of the table."""
        text = cell.strip()
        if text.endswith("%"):
            self._percent.add(field)
            text = text[:-1]
        value = cells.read_number(text, self._decimal_comma)
        if value is not None and not 0 <= value <= 100:
            self._odd[field] += 1
            raise CellError(f"{shown(cell.strip())} is not between 0 and {100 if field in self._percent else 1}")
        return value

    def table(self) -> SongTable:
        """All that was added, on one scale."""
        scales = {name: self._scale(name) for name in UNIT_FEATURES if name in self._names}
        known = {scale for scale in scales.values() if scale}
        for name, scale in scales.items():
            if scale is None and len(known) != 1:
                reason = "its numbers may be from 0 to 1 or in percent; write them from 0 to 1, or add a % to its name."
                raise InputError(f"column {self._names[name]}: {reason}", str(self._path))
        usual = 100.0 if known == {100.0} else 1.0
        percent = [name for name, scale in scales.items() if (scale or usual) == 100.0]
        self.songs = [self._scaled(song, scales, usual) for song in self.songs]
        self.problems.sort(key=lambda problem: problem.line)
        used = {index for _, index, _ in self._read}
        unused = [name for index, name in enumerate(self._header) if index not in used and name]
        told = [self._names[name] for name in percent if name not in self._percent]
        return SongTable(self.songs, self.problems, self._names, self.left_out, unused, told)

    def _scale(self, name: str) -> float | None:
        """1 or 100, what the numbers of a column go up to; 0 if nothing tells, None if it is not clear."""
        if name in self._percent:
            return 100.0
        numbers = [value for song in self.songs if (value := getattr(song, name)) is not None]
        small = sum(0 < value < 1 for value in numbers)
        large = [value for value in numbers if 1 < value <= 100]
        most = MOST_ODD * (small + len(large) + self._odd[name])
        if not large or (small and len(large) + self._odd[name] <= most):
            return 1.0 if small else 0.0
        return 100.0 if max(large) > LOW_PERCENT and small + self._odd[name] <= most else None

    def _scaled(self, song: Song, scales: Mapping[str, float | None], usual: float) -> Song:
        """A song with its numbers from 0 to 1."""
        changed: dict[str, Any] = {}
        for name, scale in scales.items():
            value, top = getattr(song, name), scale or usual
            if value is not None and value > top:
                reason = f"{shown(f'{value:g}')} is not between 0 and {top:g}"
                self.problems.append(LineProblem(song.row, self._names[name], reason))
                changed[name] = None
            elif value is not None and top != 1:
                changed[name] = value / top
        return dataclasses.replace(song, **changed) if changed else song


def _parquet(path: Path) -> Delimited:
    with require_extra("Reading Parquet files", "tables"):
        import pyarrow.parquet
    with _damage_told(path):
        file = pyarrow.parquet.ParquetFile(path)
        names = list(file.schema_arrow.names)
    return Delimited(Row(1, names), [], ",", _parquet_rows(file, path))


def _parquet_rows(file: Any, path: Path) -> Iterator[Row]:
    line = 1
    with _damage_told(path):
        for batch in file.iter_batches(batch_size=4096):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line += 1
                yield Row(line, [_as_text(value) for value in values])


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ValueError, ArrowException) as error:
        raise InputError("is a damaged Parquet file; get it anew, or save it as CSV.", str(path)) from error


def _as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # NaN: no value, as most programs write it
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(_as_text, value)))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
