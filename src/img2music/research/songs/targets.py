"""What a stack learns to predict of each song, on the unit scale: Spotify's columns, or people's ratings in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from img2music.affect import SCALES, Scale
from img2music.connectors.delimited import read_delimited
from img2music.connectors.tables import SongTable
from img2music.errors import InputError, UsageError
from img2music.music.song import Song
from img2music.research.ratings import number_in, read_numbers
from img2music.research.songs.column_inputs import columns_of
from img2music.research.songs.groups import Floats
from img2music.research.songs.lyric_inputs import GivenEmbedding

SPOTIFY_COLUMN = {"valence": "valence", "arousal": "energy"}
"""What stands for each axis where no person has rated: the original's targets."""

COPY = 0.9999
"""Correlation from which on an input is taken for a copy of the target."""
WIDEST = 10_000
"""Columns of a file of lyric embeddings."""


@dataclass(frozen=True)
class SongTarget:
    """What is to be predicted of one axis."""

    axis: str
    values: Floats  # on the unit scale; NaN for songs without one
    scale: Scale  # how the source writes it
    source: str  # where it comes from, in words
    human: bool  # whether people rated it


def spotify_target(songs: Sequence[Song], axis: str) -> SongTarget:
    """Take Spotify's column, from its least value in the table (0) to its greatest (1), as the original."""
    column = SPOTIFY_COLUMN[axis]
    values = columns_of(songs, [column])[:, 0]
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        why = "has no value in it" if not len(known) else "has the same value for all songs"
        raise UsageError(f"The column {column!r}, the target for {axis}, {why}; `{axis}_column` names another.")
    unit = (values - known.min()) / (known.max() - known.min())
    return SongTarget(axis, unit, SCALES["unit"], f"Spotify's {column}, min-max over the table", human=False)


def rated_target(
    songs: Sequence[Song], axis: str, column: str, scale: Scale, rows: Mapping[int, float | None]
) -> SongTarget:
    """Take a column of people's ratings, given by line of the table."""
    values = np.array([rows.get(song.row) for song in songs], dtype=np.float64)  # None becomes NaN
    for song, value in zip(songs, values.tolist(), strict=True):
        if value < scale.low or value > scale.high:
            raise UsageError(
                f"line {song.row}, column {column!r}: {value:g} is outside the scale {scale.name} "
                f"({scale.low:g} to {scale.high:g})."
            )
    if len(set(values[~np.isnan(values)])) < 2:
        raise UsageError(f"The column {column!r}, the target for {axis}, has no two values that differ.")
    unit = (values - scale.low) / (scale.high - scale.low)
    return SongTarget(axis, unit, scale, f"column {column}, scale {scale.name}", human=True)


def targets_of(
    table: SongTable, path: Path, axes: Sequence[str], columns: Mapping[str, str], scale: Scale | None
) -> list[SongTarget]:
    """Give what is to be predicted of a table's songs: columns of ratings by axis, Spotify's for the others."""
    for axis in columns:
        if axis not in axes:
            raise UsageError(f"`{axis}_column` names a target that `target` leaves out.")
    if columns and scale is None:
        raise UsageError("Ratings need a `scale`: say how they run, such as 1-9.")
    if scale is not None and not columns:
        raise UsageError("`scale` is for ratings: name their column with `valence_column` or `arousal_column`.")
    rows = read_numbers(path, list(columns.values())) if columns else {}
    return [
        rated_target(table.songs, axis, columns[axis], scale, rows[columns[axis]])
        if axis in columns and scale is not None
        else spotify_target(table.songs, axis)
        for axis in axes
    ]


def given_embedding(path: Path, table: SongTable) -> GivenEmbedding:
    """Read lyric embeddings that are ready: columns of numbers, a row for each song, in the table's order."""
    if table.left_out:
        raise InputError(
            f"can't be told apart by song: {table.left_out} rows of the song table are left out; mend these first.",
            str(path),
        )
    found = read_delimited(path, len)
    names = found.header.cells
    vectors = []
    for row in found.rows:
        if len(row.cells) != len(names) or len(names) > WIDEST:
            raise InputError(f"line {row.line}: has {len(row.cells)} cells, the header has {len(names)}.", str(path))
        numbers = [number_in(row, index, found, path) for index, name in enumerate(names)]
        if None in numbers:
            raise InputError(f"line {row.line}: a cell is empty.", str(path))
        vectors.append(np.array(numbers, dtype=np.float64))
    if len(vectors) != len(table.songs):
        raise InputError(
            f"has {len(vectors)} rows below its header, and the table has {len(table.songs)} songs.", str(path)
        )
    return GivenEmbedding(dict(zip([song.row for song in table.songs], vectors, strict=True)))


def refuse_circular(target: SongTarget, inputs: Floats, names: Sequence[str]) -> None:
    """Refuse to predict a column from itself."""
    values = target.values[~np.isnan(target.values)]
    for name, column in zip(names, inputs.T, strict=True):
        if np.ptp(column) > 0 and abs(np.corrcoef(column, values)[0, 1]) > COPY:
            raise UsageError(
                f"The input {name!r} is a copy of the target for {target.axis} ({target.source}): "
                "predicting it from itself says nothing. Leave it out of `inputs`."
            )
