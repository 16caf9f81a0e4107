"""Inputs from the columns of a table: ``music`` and ``spotify``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.song import Song
from img2music.research.songs.features import ColumnScaling, columns_of
from img2music.research.songs.groups import Learning

Floats = NDArray[np.float64]


class ColumnGroup:
    """Columns of the table, scaled: ``music`` and ``spotify``."""

    def __init__(self, name: str, fields: Sequence[str], scaling: ColumnScaling | None = None) -> None:
        self.name = name
        self._fields = tuple(fields)
        self._scaling = scaling

    def lacks(self, song: Song) -> str | None:
        return next((field for field in self._fields if getattr(song, field) is None), None)

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        self._scaling = ColumnScaling.fit(columns_of(songs, self._fields), self._fields)
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._scaling is not None, "fit comes first"
        return self._scaling.transform(columns_of(songs, self._fields))

    def columns(self) -> list[str]:
        return list(self._fields)

    def save(self, folder: Path) -> dict[str, Any]:
        assert self._scaling is not None, "fit comes first"
        return asdict(self._scaling)
