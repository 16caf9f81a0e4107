"""Song tables to train on: songs with what is to be predicted of them, and columns that belong to them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from img2music.affect import Scale
from img2music.connectors import cells
from img2music.connectors.cells import CellError
from img2music.connectors.delimited import Delimited, read_delimited
from img2music.connectors.tables import SongTable, read_songs
from img2music.errors import InputError, UsageError
from img2music.music.song import Song
from img2music.research.songs.lyric_inputs import GivenEmbedding
from img2music.research.songs.other_songs import Others
from img2music.research.songs.targets import Target, rated_target, spotify_target

WIDEST = 10_000
"""Columns of a file of lyric embeddings."""


def targets_of(
    table: SongTable, path: Path, axes: Sequence[str], columns: Mapping[str, str], scale: Scale | None
) -> list[Target]:
    """Give what is to be predicted of a table's songs."""
    for axis in columns:
        if axis not in axes:
            raise UsageError(f"--{axis}-column names a target that --target leaves out.")
    if columns and scale is None:
        raise UsageError("Ratings need --scale: say how they run, such as 1-9.")
    if scale is not None and not columns:
        raise UsageError("--scale is for ratings: name their column with --valence-column or --arousal-column.")
    rows = read_numbers(path, list(columns.values())) if columns else {}
    return [
        rated_target(table.songs, axis, columns[axis], scale=scale, rows=rows[columns[axis]])
        if axis in columns and scale is not None
        else spotify_target(table.songs, axis)
        for axis in axes
    ]


def read_numbers(path: Path, columns: Sequence[str]) -> dict[str, dict[int, float | None]]:
    """Read columns of numbers of a table of text."""
    table = read_delimited(path, lambda row: sum(cell.strip() in columns for cell in row))
    places = {}
    names = [cell.strip() for cell in table.header.cells]
    for column in columns:
        if column not in names:
            listed = ", ".join(names)[:300]
            raise InputError(f"line {table.header.line}: there is no column {column!r}; there is: {listed}.", str(path))
        places[column] = names.index(column)
    found: dict[str, dict[int, float | None]] = {column: {} for column in columns}
    for row in table.rows:
        if len(row.cells) != len(names):
            continue  # left out by `tables.read_songs` too, which says why
        for column, place in places.items():
            found[column][row.line] = _number(row.cells[place], table, row.line, column, path)
    return found


def given_embedding(path: Path, table: SongTable) -> GivenEmbedding:
    """Read lyric embeddings that are ready: columns of numbers, a row for each song, in the table's order."""
    if table.left_out:
        raise InputError(
            f"can't be told apart by song: {table.left_out} rows of the song table are left out; mend these first.",
            str(path),
        )
    found = read_delimited(path, len)
    width = len(found.header.cells)
    rows = []
    for row in found.rows:
        if len(row.cells) != width or width > WIDEST:
            raise InputError(f"line {row.line}: has {len(row.cells)} cells, the header has {width}.", str(path))
        numbers = [
            _number(cell, found, row.line, name, path) for cell, name in zip(row.cells, found.header.cells, strict=True)
        ]
        if None in numbers:
            raise InputError(f"line {row.line}: a cell is empty.", str(path))
        rows.append(np.array(numbers, dtype=np.float64))
    songs: list[Song] = table.songs
    if len(rows) != len(songs):
        raise InputError(f"has {len(rows)} rows below its header, and the table has {len(songs)} songs.", str(path))
    return GivenEmbedding(dict(zip([song.row for song in songs], rows, strict=True)))


def other_songs(path: Path, table: SongTable) -> Others:
    """Read songs of another table that a stack may learn from, too."""
    return Others(read_songs(path).songs, table.songs)


def _number(cell: str, table: Delimited, line: int, column: str, path: Path) -> float | None:
    try:
        return cells.read_number(cell, decimal_comma=table.delimiter != ",")
    except CellError as error:
        raise InputError(f"line {line}, column {column!r}: {error}.", str(path)) from None
