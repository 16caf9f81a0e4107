"""Inputs from songs of another table, which have the features and the targets but no lyrics: ``other-songs``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError, printable
from img2music.files import JSON, write_atomically
from img2music.music.song import Song
from img2music.parallel import in_order, processors
from img2music.research.songs.export import as_single, to_onnx
from img2music.research.songs.features import EIGHT, columns_of
from img2music.research.songs.groups import Learning, plain_name
from img2music.research.songs.networks import open_network, run_network, write_network
from img2music.research.songs.regressors import Settings, make
from img2music.research.songs.splitting import Split, folds_of
from img2music.research.songs.targets import SPOTIFY_COLUMN

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

FEWEST = 100
"""Songs that there must be to learn from."""
FOLDS = 5
SEED = 42
SHRINKAGE = 2.0
"""Songs that an artist must have for half of their mean to count, as in `artist_inputs`."""
SETTINGS: Settings = {"n_estimators": 600, "learning_rate": 0.03, "num_leaves": 31, "colsample_bytree": 0.7}
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


@dataclass(frozen=True)
class _Taught:
    """What was learned from the other songs."""

    regressors: list[Any]
    artists: dict[str, list[float]]


class OtherSongs:
    """What the eight features say of the targets by another table, and how an artist's songs depart from it.

    The regressors have seen no song of the table. Departures are of the artist's songs in both tables; a song of the
    training part is told by songs of other folds, as in `artist_inputs.Artist`.
    """

    name = "other-songs"

    def __init__(self, others: Others | None) -> None:
        self._others = others
        self._taught: dict[tuple[bool, tuple[str, ...]], _Taught] = {}
        self._axes: tuple[str, ...] = ()
        self._networks: list[Any] = []
        self._regressors: list[Any] = []
        self._artists: dict[str, list[float]] = {}

    def lacks(self, song: Song) -> str | None:
        return next((field for field in EIGHT if getattr(song, field) is None), None)

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        assert self._others is not None, "a model that was loaded is not fitted"
        self._axes = learning.axes
        key = (learning.by_artist, learning.axes)
        if key not in self._taught:
            self._taught[key] = _learn(self._others, *key)
        taught = self._taught[key]
        self._regressors = taught.regressors
        told = self._told(songs)
        departures = learning.targets - told
        every = np.arange(len(songs))
        self._artists = _added(taught.artists, songs, departures, every)
        inputs = np.empty((len(songs), len(self.columns())))
        for part in learning.parts:
            artists = _added(taught.artists, songs, departures, np.setdiff1d(every, part))
            inputs[part] = self._rows([songs[place] for place in part], told[part], artists)
        return inputs

    def transform(self, songs: Sequence[Song]) -> Floats:
        return self._rows(songs, self._told(songs), self._artists)

    def columns(self) -> list[str]:
        told = [f"other songs: {axis}" for axis in self._axes]
        return [*told, *(f"artist's departure: {axis}" for axis in self._axes), "artist's songs"]

    def save(self, folder: Path) -> dict[str, Any]:
        write_atomically(json.dumps(self._artists).encode(), folder / FILE, JSON)
        networks = [
            write_network(folder / f"other-songs-{axis}.onnx", to_onnx(regressor, len(EIGHT)))
            for axis, regressor in zip(self._axes, self._regressors, strict=True)
        ]
        return {"file": FILE, "axes": list(self._axes), "networks": networks}

    @classmethod
    def restore(cls, facts: Mapping[str, Any], folder: Path) -> Self:
        """Make it of what `save` gave."""
        file = folder / plain_name(facts["file"])
        group = cls(None)
        group._axes = tuple(str(axis) for axis in facts["axes"])
        group._networks = [open_network(folder, stored, len(EIGHT)) for stored in facts["networks"]]
        try:
            found = json.loads(file.read_bytes())
            group._artists = {str(name): [float(value) for value in sums] for name, sums in found.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{printable(str(file))} holds no artists that can be read ({error}).") from None
        sums = group._artists.values()
        width = len(group._axes) + 1
        whole = all(len(one) == width and one[-1] >= 1 and np.isfinite(one).all() for one in sums)
        if not whole or len(group._networks) != len(group._axes):
            raise ModelError(f"{printable(str(file))} holds no artists of these targets.")
        return group

    def _told(self, songs: Sequence[Song]) -> Floats:
        columns = _columns(songs)
        if self._networks:
            single = columns.astype(np.float32)
            return np.column_stack([run_network(network, single) for network in self._networks]).astype(np.float64)
        return np.column_stack([regressor.predict(columns) for regressor in self._regressors])

    def _rows(self, songs: Sequence[Song], told: Floats, artists: Mapping[str, Sequence[float]]) -> Floats:
        none = (0.0,) * (len(self._axes) + 1)
        sums = np.array([artists.get(artist_key(song), none) for song in songs]).reshape(len(songs), len(none))
        return np.column_stack([told, sums[:, :-1] / (sums[:, -1:] + SHRINKAGE), sums[:, -1]])


def artist_key(song: Song) -> str:
    """Give the name of a song's artist without case, accents and punctuation."""
    return _plain(song.artist or "")


def _learn(others: Others, by_artist: bool, axes: tuple[str, ...]) -> _Taught:
    songs = others.songs(by_artist=by_artist)
    columns, targets = _columns(songs), others.targets(songs, axes)
    every = np.arange(len(songs))
    parts = folds_of(songs, Split.RANDOM, FOLDS, SEED)
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
    return _Taught(whole, _added({}, songs, targets - told, every))


def _added(
    known: Mapping[str, Sequence[float]], songs: Sequence[Song], departures: Floats, places: Indices
) -> dict[str, list[float]]:
    """Add songs to the sums of their artists: departures less their mean, and the number of songs."""
    sums = {artist: list(values) for artist, values in known.items()}
    means = departures[places].mean(axis=0)
    for place in places:
        artist = artist_key(songs[place])
        if artist:
            one = sums.setdefault(artist, [0.0] * (departures.shape[1] + 1))
            for column, value in enumerate((*(departures[place] - means).tolist(), 1.0)):
                one[column] += value
    return sums


def _columns(songs: Sequence[Song]) -> Floats:
    return as_single(columns_of(songs, EIGHT))


def _recording(song: Song) -> tuple[str, str]:
    return artist_key(song), _plain(ASIDES.sub(" ", song.title or "")) or _plain(song.title or "")


def _numbers(song: Song) -> tuple[float, ...]:
    return tuple(round(value, 3) for name in TELLING if (value := getattr(song, name)) is not None)


def _plain(text: str) -> str:
    plain = (char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", "", "".join(plain))
