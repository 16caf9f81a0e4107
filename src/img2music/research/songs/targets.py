"""What a stack learns to predict of each song, on the unit scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.affect import SCALES, Scale
from img2music.errors import UsageError
from img2music.music.song import Song
from img2music.research.songs.features import columns_of

Floats = NDArray[np.float64]

AXES = ("valence", "arousal")
SPOTIFY_COLUMN = {"valence": "valence", "arousal": "energy"}
"""What stands for each axis where no person has rated: the original's targets."""

COPY = 0.9999
"""Correlation from which on an input is taken for a copy of the target."""


@dataclass(frozen=True)
class Target:
    """What is to be predicted of one axis."""

    axis: str
    values: Floats  # on the unit scale; NaN for songs without one
    scale: Scale  # how the source writes it
    source: str  # where it comes from, in words
    human: bool  # whether people rated it


def spotify_target(songs: Sequence[Song], axis: str) -> Target:
    """Take Spotify's column, from its least value in the table (0) to its greatest (1), as the original."""
    column = SPOTIFY_COLUMN[axis]
    values = columns_of(songs, [column])[:, 0]
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        why = "has no value in it" if not len(known) else "has the same value for all songs"
        raise UsageError(f"The column {column!r}, the target for {axis}, {why}; --{axis}-column names another.")
    unit = (values - known.min()) / (known.max() - known.min())
    return Target(axis, unit, SCALES["unit"], f"Spotify's {column}, min-max over the table", human=False)


def rated_target(
    songs: Sequence[Song], axis: str, column: str, scale: Scale, rows: Mapping[int, float | None]
) -> Target:
    """Take a column of people's ratings."""
    values = np.full(len(songs), np.nan)
    for place, song in enumerate(songs):
        value = rows.get(song.row)
        if value is None:
            continue
        if not scale.low <= value <= scale.high:
            raise UsageError(
                f"line {song.row}, column {column!r}: {value:g} is outside the scale {scale.name} "
                f"({scale.low:g} to {scale.high:g})."
            )
        values[place] = (value - scale.low) / (scale.high - scale.low)
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        raise UsageError(f"The column {column!r}, the target for {axis}, has no two values that differ.")
    return Target(axis, values, scale, f"column {column}, scale {scale.name}", human=True)


def refuse_circular(target: Target, inputs: Floats, names: Sequence[str]) -> None:
    """Refuse to predict a column from itself."""
    values = target.values[~np.isnan(target.values)]
    for place, name in enumerate(names):
        column = inputs[:, place]
        if np.ptp(column) > 0 and abs(np.corrcoef(column, values)[0, 1]) > COPY:
            raise UsageError(
                f"The input {name!r} is a copy of the target for {target.axis} ({target.source}): "
                "predicting it from itself says nothing. Leave it out of --inputs."
            )
