"""Inputs from what an artist's other songs are like: ``artist``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from img2music.music.song import Song
from img2music.research.songs.groups import Floats, Indices, InputGroup, TrainingPart
from img2music.research.songs.model_files import finite, read_json, write_json

SHRINKAGE = 2.0
"""Songs that an artist must have for half of their mean to count; chosen on the training part of the original's table,
where 4 does as well. (James, W. & Stein, C. 1961, "Estimation with quadratic loss", 4th Berkeley Symposium.)"""


@dataclass(frozen=True)
class ArtistMeans:
    """What the songs of each artist depart from the mean of all, one departure an axis."""

    key: Callable[[Song], str]  # an artist's name as it is compared; "" where there is none
    axes: int
    sums: Mapping[str, Floats] = field(default_factory=dict)  # by artist: of departures, and the number of songs

    def plus(self, songs: Sequence[Song], departures: Floats, chosen: Indices) -> "ArtistMeans":
        """Add some of the songs, by how they depart from the mean of these."""
        means, none = departures[chosen].mean(axis=0), np.zeros(self.axes + 1)
        sums = dict(self.sums)
        for index in chosen:
            if artist := self.key(songs[index]):
                sums[artist] = sums.get(artist, none) + np.append(departures[index] - means, 1.0)
        return ArtistMeans(self.key, self.axes, sums)

    def learn(self, songs: Sequence[Song], learning: TrainingPart, departures: Floats) -> tuple["ArtistMeans", Floats]:
        """Add songs, and give their own inputs, each by songs of other folds: none may be told of its own target."""
        every = np.arange(len(songs))
        inputs = np.empty((len(songs), self.axes + 1))
        for part in learning.parts:
            others = self.plus(songs, departures, np.setdiff1d(every, part))
            inputs[part] = others.of([songs[index] for index in part])
        return self.plus(songs, departures, every), inputs

    def of(self, songs: Sequence[Song]) -> Floats:
        """Give mean departures, shrunk where there are few songs, and how many there are, shape (songs, axes + 1)."""
        none = np.zeros(self.axes + 1)
        sums = np.array([self.sums.get(self.key(song), none) for song in songs]).reshape(len(songs), len(none))
        return np.column_stack([sums[:, :-1] / (sums[:, -1:] + SHRINKAGE), sums[:, -1]])

    def save(self, file: Path) -> None:
        """Write them as JSON."""
        write_json({artist: sums.tolist() for artist, sums in self.sums.items()}, file)

    @classmethod
    def load(cls, facts: Mapping[str, Any], folder: Path, key: Callable[[Song], str]) -> Self:
        """Read what `save` wrote."""
        axes = len(facts["axes"])
        found = msgspec.convert(read_json(folder, facts["file"]), dict[str, list[float]])
        sums = {artist: finite(one, axes + 1) for artist, one in found.items()}
        if any(one[-1] < 1 for one in sums.values()):
            raise ValueError(f"{facts['file']} holds artists without songs")
        return cls(key, axes, sums)


class Artist(InputGroup):
    """Mean targets of an artist's other songs less those of all songs, shrunk where there are few, and how many.

    An artist who is not in the training part tells nothing, so that these inputs help with new songs of known artists,
    not with new artists.
    """

    _means: ArtistMeans
    _axes: Sequence[str]

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> Self:
        group = cls(name)
        group._axes, group._means = facts["axes"], ArtistMeans.load(facts, folder, _key)
        return group

    def lacks(self, song: Song) -> str | None:
        return None if _key(song) else "artist"

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        self._axes = learning.axes
        self._means, inputs = ArtistMeans(_key, len(self._axes)).learn(songs, learning, learning.targets)
        return inputs

    def transform(self, songs: Sequence[Song]) -> Floats:
        return self._means.of(songs)

    def columns(self) -> list[str]:
        return [*(f"artist: {axis}" for axis in self._axes), "artist: songs"]

    def save(self, folder: Path) -> dict[str, Any]:
        self._means.save(folder / "artist.json")
        return {"file": "artist.json", "axes": list(self._axes)}


def _key(song: Song) -> str:
    return " ".join((song.artist or "").casefold().split())
