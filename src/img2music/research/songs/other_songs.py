"""Inputs from songs of another table, which have the features and the targets but no lyrics: ``other-songs``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from img2music.errors import UsageError
from img2music.music.song import Song
from img2music.parallel import in_order, processors
from img2music.research.songs.artist_inputs import ArtistMeans
from img2music.research.songs.column_inputs import EIGHT, columns_of
from img2music.research.songs.groups import Floats, Indices, InputGroup, Sources, TrainingPart
from img2music.research.songs.model_files import NetworkFile, OpenNetwork
from img2music.research.songs.options import SplitBy
from img2music.research.songs.regressors import Hyperparameters, as_single, make, to_onnx
from img2music.research.songs.splitting import folds_of
from img2music.research.songs.targets import SPOTIFY_COLUMN

FEWEST = 100
"""Songs that there must be to learn from."""
FOLDS = 5
SEED = 42
SETTINGS: Hyperparameters = {"n_estimators": 600, "learning_rate": 0.03, "num_leaves": 31, "colsample_bytree": 0.7}
TELLING = ("danceability", "loudness", "speechiness", "tempo")
"""Columns that no two recordings share to three decimals, but by chance."""
FILE = "other-songs.json"
ASIDES = re.compile(r"[(\[].*?[)\]]|\s-\s.*|\b(?:feat|ft)\.?\s.*")
"""What titles say of the version and the guests: "(Live)", "- Remastered 2011", "feat. ..."."""


class Others:
    """Songs of another table, less those that would give a target away."""

    def __init__(self, songs: Sequence[Song], table: Sequence[Song]) -> None:
        needed = (*EIGHT, *SPOTIFY_COLUMN.values(), "artist", "title")
        whole = [song for song in songs if all(getattr(song, name) is not None for name in needed)]
        titles = {_recording(song) for song in table}
        numbers = {_numbers(song) for song in table}
        identifiers = {song.identifier for song in table if song.identifier}
        artists = {artist_key(song) for song in table}
        apart, shared = dict[tuple[float, ...], Song](), set[tuple[float, ...]]()
        for song in whole:
            if _recording(song) in titles or _numbers(song) in numbers or song.identifier in identifiers:
                shared.add(_numbers(song))
            else:
                apart.setdefault(_numbers(song), song)
        self.shared = len(shared)
        self._apart = list(apart.values())
        self._by_others = [song for song in self._apart if artist_key(song) not in artists]
        self._table = table
        for title, count in (("", len(self._apart)), (" by other artists", len(self._by_others))):
            if count < FEWEST:
                raise UsageError(
                    f"The table of other songs has {count} whole songs{title} that the table to train on does not "
                    f"have; {FEWEST} are the least to learn from."
                )

    def songs(self, *, by_artist: bool) -> list[Song]:
        """Give songs that are not in the table; parted by artist, only of artists that are not in it."""
        return self._by_others if by_artist else self._apart

    def targets(self, songs: Sequence[Song], axes: Sequence[str]) -> Floats:
        """Give the targets of songs on the table's own scale: 0 and 1 are its least and greatest value."""
        names = [SPOTIFY_COLUMN[axis] for axis in axes]
        table = columns_of(self._table, names)
        low, high = np.nanmin(table, axis=0), np.nanmax(table, axis=0)
        return np.asarray((columns_of(songs, names) - low) / (high - low), dtype=np.float64)


class OtherSongs(InputGroup):
    """What the eight features say of the targets by another table, and how an artist's songs depart from it.

    The regressors have seen no song of the table. Departures are of the artist's songs in both tables; a song of the
    training part is told by songs of other folds.
    """

    _axes: tuple[str, ...]
    _artists: ArtistMeans
    _regressors: list[Any]

    def __init__(self, others: Others | None, name: str = "other-songs") -> None:
        super().__init__(name)
        self._learn = None if others is None else functools.cache(functools.partial(_learn, others))
        self._networks: list[OpenNetwork] = []  # the regressors of a model that was loaded

    @classmethod
    def make(cls, name: str, sources: Sources) -> InputGroup:
        return sources.others or cls(None, name)

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> Self:
        group = cls(None, name)
        group._axes = tuple(facts["axes"])
        for _, network in zip(group._axes, msgspec.convert(facts["networks"], list[NetworkFile]), strict=True):
            group._networks.append(network.open(folder, len(EIGHT)))
        group._artists = ArtistMeans.load(facts, folder, artist_key)
        return group

    def lacks(self, song: Song) -> str | None:
        return next((field for field in EIGHT if getattr(song, field) is None), None)

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        self._axes = learning.axes
        assert self._learn is not None, "a model that was loaded is not fitted"
        self._regressors, artists = self._learn(by_artist=learning.by_artist, axes=learning.axes)
        told = self._told(songs)
        self._artists, inputs = artists.learn(songs, learning, learning.targets - told)
        return np.hstack([told, inputs])

    def transform(self, songs: Sequence[Song]) -> Floats:
        return np.hstack([self._told(songs), self._artists.of(songs)])

    def columns(self) -> list[str]:
        told = [f"other songs: {axis}" for axis in self._axes]
        return [*told, *(f"artist's departure: {axis}" for axis in self._axes), "artist's songs"]

    def save(self, folder: Path) -> dict[str, Any]:
        self._artists.save(folder / FILE)
        networks = [
            NetworkFile.write(folder / f"other-songs-{axis}.onnx", to_onnx(regressor, len(EIGHT)))
            for axis, regressor in zip(self._axes, self._regressors, strict=True)
        ]
        return {"file": FILE, "axes": list(self._axes), "networks": [asdict(network) for network in networks]}

    def _told(self, songs: Sequence[Song]) -> Floats:
        columns = _columns(songs)
        if self._networks:
            single = columns.astype(np.float32)
            return np.column_stack([network.predict(single) for network in self._networks]).astype(np.float64)
        return np.column_stack([regressor.predict(columns) for regressor in self._regressors])


def artist_key(song: Song) -> str:
    """Give the name of a song's artist without case, accents and punctuation."""
    return _plain(song.artist or "")


def _learn(others: Others, by_artist: bool, axes: tuple[str, ...]) -> tuple[list[Any], ArtistMeans]:
    """Fit a regressor an axis, and find how artists depart from what others say that have not seen the song."""
    songs = others.songs(by_artist=by_artist)
    columns, targets = _columns(songs), others.targets(songs, axes)
    every = np.arange(len(songs))
    parts = folds_of(songs, SplitBy.RANDOM, FOLDS, SEED)
    tasks = [(axis, part) for axis in range(len(axes)) for part in (every[:0], *parts)]

    def fitted(task: tuple[int, Indices]) -> Any:
        axis, left_out = task
        train = np.setdiff1d(every, left_out)
        return make("lightgbm", SETTINGS, SEED, len(train)).fit(columns[train], targets[train, axis])

    told, whole = np.empty_like(targets), []
    for (axis, part), regressor in zip(tasks, in_order(fitted, tasks, processors()), strict=True):
        if len(part):
            told[part, axis] = regressor.predict(columns[part])
        else:
            whole.append(regressor)
    artists = ArtistMeans(artist_key, len(axes)).plus(songs, targets - told, every)
    return whole, artists


def _columns(songs: Sequence[Song]) -> Floats:
    return as_single(columns_of(songs, EIGHT))


def _recording(song: Song) -> tuple[str, str]:
    return artist_key(song), _plain(ASIDES.sub(" ", song.title or "")) or _plain(song.title or "")


def _numbers(song: Song) -> tuple[float, ...]:
    return tuple(round(value, 3) for name in TELLING if (value := getattr(song, name)) is not None)


def _plain(text: str) -> str:
    plain = (char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", "", "".join(plain))
