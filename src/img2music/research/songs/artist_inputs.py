"""Inputs from what an artist's other songs are like: ``artist``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.files import JSON, write_atomically
from img2music.music.song import Song
from img2music.research.songs.groups import Learning, plain_name

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SHRINKAGE = 2.0
"""Songs that an artist must have for half of their mean to count; chosen on the training part of the original's table,
where 4 does as well. (James, W. & Stein, C. 1961, "Estimation with quadratic loss", 4th Berkeley Symposium.)"""
FILE = "artist.json"


class Artist:
    """Mean targets of an artist's other songs less those of all songs, shrunk where there are few, and how many.

    A song of the training part is told by songs of other folds only: its own target must not be among its inputs.
    An artist who is not in the training part tells nothing, so that these inputs help with new songs of known artists,
    not with new artists.
    """

    name = "artist"

    def __init__(self, known: Mapping[str, Sequence[float]] | None = None, axes: Sequence[str] = ()) -> None:
        self._known = known
        self._axes = tuple(axes)

    def lacks(self, song: Song) -> str | None:
        return None if _key(song) else "artist"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        self._axes = learning.axes
        every = np.arange(len(songs))
        self._known = _sums(songs, learning.targets, every)
        inputs = np.empty((len(songs), len(self._axes) + 1))
        for part in learning.parts:
            others = _sums(songs, learning.targets, np.setdiff1d(every, part))
            inputs[part] = self._rows([songs[place] for place in part], others)
        return inputs

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._known is not None, "fit comes first"
        return self._rows(songs, self._known)

    def columns(self) -> list[str]:
        return [*(f"artist: {axis}" for axis in self._axes), "artist: songs"]

    def save(self, folder: Path) -> dict[str, Any]:
        assert self._known is not None, "fit comes first"
        known = {name: list(sums) for name, sums in self._known.items()}
        write_atomically(json.dumps(known).encode(), folder / FILE, JSON)
        return {"file": FILE, "axes": list(self._axes)}

    @classmethod
    def restore(cls, facts: Mapping[str, Any], folder: Path) -> Self:
        """Make it of what `save` gave."""
        file = folder / plain_name(facts["file"])
        axes = [str(axis) for axis in facts["axes"]]
        try:
            known = {
                str(name): [float(value) for value in sums] for name, sums in json.loads(file.read_bytes()).items()
            }
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{printable(str(file))} holds no artists that can be read ({error}).") from None
        values = np.array([value for sums in known.values() for value in sums])
        if any(len(sums) != len(axes) + 1 or sums[-1] < 1 for sums in known.values()) or not np.isfinite(values).all():
            raise ModelError(f"{printable(str(file))} holds no artists of these targets.")
        return cls(known, axes)

    def _rows(self, songs: Sequence[Song], known: Mapping[str, Sequence[float]]) -> Floats:
        none = (0.0,) * (len(self._axes) + 1)
        sums = np.array([known.get(_key(song), none) for song in songs], dtype=np.float64)
        sums = sums.reshape(len(songs), len(none))
        return np.column_stack([sums[:, :-1] / (sums[:, -1:] + SHRINKAGE), sums[:, -1]])


def _key(song: Song) -> str:
    return " ".join((song.artist or "").casefold().split())


def _sums(songs: Sequence[Song], targets: Floats, places: Indices) -> dict[str, list[float]]:
    means = targets[places].mean(axis=0)
    known: dict[str, list[float]] = {}
    for place in places:
        sums = known.setdefault(_key(songs[place]), [0.0] * (targets.shape[1] + 1))
        for column, value in enumerate(targets[place] - means):
            sums[column] += float(value)
        sums[-1] += 1.0
    return known
