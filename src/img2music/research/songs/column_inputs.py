"""Inputs from the columns of a table, brought to comparable ranges as the original did: ``music`` and ``spotify``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from img2music.music.song import Song
from img2music.research.songs.groups import Floats, InputGroup, TrainingPart

EIGHT = ("danceability", "key", "loudness", "mode", "speechiness", "instrumentalness", "liveness", "tempo")
"""The features of the original, in its order."""

SPOTIFY = (*EIGHT, "acousticness", "energy", "valence")
"""All of Spotify's: what they say of people's ratings can be learned from them, but not what they say of each other."""

FIELDS = {"music": EIGHT, "spotify": tuple(name for name in SPOTIFY if name != "key")}
"""By group. Of few songs nothing can be learned from the key: its twelve numbers have no order."""

SKEWED = frozenset({"speechiness", "instrumentalness", "liveness", "acousticness"})
"""What is logarithmized: most songs lie close to 0."""

OFFSET = 0.1
"""What is added before the logarithm, so that 0 has one. With it ``log(OFFSET + lowest + x)``, then min-max, gives the
original's table of normalised features from Spotify's columns to within 1e-7."""


def columns_of(songs: Sequence[Song], names: Sequence[str]) -> Floats:
    """Give numbers of songs as a matrix, NaN where there is none."""
    values = [[np.nan if (value := getattr(song, name)) is None else value for name in names] for song in songs]
    return np.array(values, dtype=np.float64).reshape(len(songs), len(names))


@dataclass(frozen=True)
class ColumnScaling:
    """Brings each column of the training part to [0, 1], the skewed ones by way of their logarithm.

    Not scikit-learn's `MinMaxScaler`, since models are read without scikit-learn.
    """

    names: tuple[str, ...]  # fields of `Song`
    floor: tuple[float, ...]  # the lowest value of each in the training part
    low: tuple[float, ...]  # ends of each in the training part, after the logarithm where one is taken
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        ends = (self.floor, self.low, self.high)
        if not self.names or not set(self.names) <= set(SPOTIFY) or any(len(end) != len(self.names) for end in ends):
            raise ValueError("its column scaling is not whole")
        skewed = [floor for name, floor in zip(self.names, self.floor, strict=True) if name in SKEWED]
        if not np.isfinite(ends).all() or min(skewed, default=0.0) < 0.0:
            raise ValueError("its column scaling holds numbers that can't be")

    @classmethod
    def fit(cls, values: Floats, names: Sequence[str]) -> Self:
        """Take the ends of the training part."""
        floor = values.min(axis=0)
        bent = _bent(values, names, floor)
        return cls(tuple(names), *(tuple(end.tolist()) for end in (floor, bent.min(axis=0), bent.max(axis=0))))

    def transform(self, values: Floats) -> Floats:
        """Scale columns; a column that is constant in the training part becomes 0."""
        low, high = np.array(self.low), np.array(self.high)
        span = np.where(high > low, high - low, 1.0)
        scaled = (_bent(values, self.names, np.array(self.floor)) - low) / span
        return np.asarray(np.where((high > low) | np.isnan(scaled), scaled, 0.0), dtype=np.float64)


def _bent(values: Floats, names: Sequence[str], floor: Floats) -> Floats:
    skewed = [name in SKEWED for name in names]
    bent = values.copy()
    bent[:, skewed] = np.log(OFFSET + floor[skewed] + values[:, skewed])
    return bent


class ColumnGroup(InputGroup):
    """Columns of the table, scaled."""

    _scaling: ColumnScaling

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._fields = FIELDS[name]

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> Self:
        group = cls(name)
        group._scaling = msgspec.convert(facts, ColumnScaling)
        group._fields = group._scaling.names
        return group

    def lacks(self, song: Song) -> str | None:
        return next((field for field in self._fields if getattr(song, field) is None), None)

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        self._scaling = ColumnScaling.fit(columns_of(songs, self._fields), self._fields)
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        return self._scaling.transform(columns_of(songs, self._fields))

    def columns(self) -> list[str]:
        return list(self._fields)

    def save(self, folder: Path) -> dict[str, Any]:
        return asdict(self._scaling)
