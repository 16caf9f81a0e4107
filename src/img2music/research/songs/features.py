"""Columns of a song table, brought to comparable ranges as the original brought them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError
from img2music.music.song import Song

Floats = NDArray[np.float64]

EIGHT = ("danceability", "key", "loudness", "mode", "speechiness", "instrumentalness", "liveness", "tempo")
"""The features of the original, in its order."""

SPOTIFY = (*EIGHT, "acousticness", "energy", "valence")
"""All of Spotify's: what they say of people's ratings can be learned from them, but not what they say of each other."""

SKEWED = frozenset({"speechiness", "instrumentalness", "liveness", "acousticness"})
"""What is logarithmized: most songs lie close to 0."""

OFFSET = 0.1
"""What is added before the logarithm, so that 0 has one. With it ``log(OFFSET + lowest + x)``, then min-max, gives the
original's table of normalised features from Spotify's columns to within 1e-7."""


def columns_of(songs: Sequence[Song], names: Sequence[str]) -> Floats:
    """Give numbers of songs as a matrix."""
    values = [[np.nan if (value := getattr(song, name)) is None else value for name in names] for song in songs]
    return np.array(values, dtype=np.float64).reshape(len(songs), len(names))


@dataclass(frozen=True)
class ColumnScaling:
    """Brings each column of the training part to [0, 1], the skewed ones by way of their logarithm."""

    names: tuple[str, ...]  # fields of `Song`
    floor: tuple[float, ...]  # the lowest value of each in the training part
    low: tuple[float, ...]  # ends of each in the training part, after the logarithm where one is taken
    high: tuple[float, ...]  # ends of each in the training part, after the logarithm where one is taken

    @classmethod
    def fit(cls, values: Floats, names: Sequence[str]) -> Self:
        """Take the ends of the training part."""
        floor = values.min(axis=0)
        bent = _bent(values, names, floor)
        ends = (tuple(end.tolist()) for end in (floor, bent.min(axis=0), bent.max(axis=0)))
        return cls(tuple(names), *ends)

    def transform(self, values: Floats) -> Floats:
        """Scale columns; a column that is constant in the training part becomes 0."""
        low, high = np.array(self.low), np.array(self.high)
        span = np.where(high > low, high - low, 1.0)
        scaled = (_bent(values, self.names, np.array(self.floor)) - low) / span
        return np.asarray(np.where((high > low) | np.isnan(scaled), scaled, 0.0), dtype=np.float64)

    @classmethod
    def restore(cls, facts: Mapping[str, Any]) -> Self:
        """Make it of what ``dataclasses.asdict`` gave."""
        try:
            names = tuple(facts["names"])
            ends = [tuple(float(value) for value in facts[end]) for end in ("floor", "low", "high")]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"Its column scaling is not whole ({error!r}).") from None
        if not names or not set(names) <= set(SPOTIFY) or any(len(end) != len(names) for end in ends):
            raise ModelError("Its column scaling is not whole.")
        skewed = [floor for name, floor in zip(names, ends[0], strict=True) if name in SKEWED]
        if not np.isfinite(ends).all() or min(skewed, default=0.0) < 0.0:
            raise ModelError("Its column scaling holds numbers that can't be.")
        return cls(names, *ends)


def _bent(values: Floats, names: Sequence[str], floor: Floats) -> Floats:
    bent = values.copy()
    for place, name in enumerate(names):
        if name in SKEWED:
            bent[:, place] = np.log(OFFSET + floor[place] + values[:, place])
    return bent
