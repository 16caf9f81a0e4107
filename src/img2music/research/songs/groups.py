"""What a group of inputs is: some numbers of each song, fitted on the training part."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.song import Song

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

COMPONENTS = 11
"""Principal components that the original kept of its lyric vectors."""


@dataclass(frozen=True)
class LyricSource:
    """Where lyric inputs come from: part of a model's description, so that it can be judged anew."""

    lexicon: str | None = None  # path of what reads the affect of words; the shipped text model by default
    embedder: str = "word2vec"  # in `embedding.EMBEDDERS`
    vectors: str | None = None  # path of word vectors that word2vec starts from
    components: int = COMPONENTS  # principal components of the document vectors
    given: bool = False  # whether document vectors are ready, instead of an embedder's
    seed: int = 42


@dataclass(frozen=True)
class Sources:
    """What groups are made from."""

    lyrics: LyricSource = LyricSource()
    given: "InputGroup | None" = None  # document vectors that are ready
    others: "InputGroup | None" = None  # other-songs, with the table that they learn from


@dataclass(frozen=True)
class TrainingPart:
    """What a group may learn from besides the songs."""

    targets: Floats  # shape (songs, axes)
    axes: tuple[str, ...]  # names of the targets
    parts: Sequence[Indices]  # folds of the songs: indices that each leaves out
    by_artist: bool  # whether songs are parted by artist, so that nothing may be known of the artists of other songs


class InputGroup(ABC):
    """Some inputs that go together. What `fit` learns is in attributes that are not there before."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def make(cls, name: str, sources: Sources) -> "InputGroup":
        """Make one to be fitted."""
        return cls(name)

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: "InputGroup | None") -> "InputGroup":
        """Make a fitted one of what `save` gave, or the given one if it was given when the model was trained.

        Raises `KeyError`, `TypeError` or `ValueError` if it is not whole.
        """
        return cls(name)

    @abstractmethod
    def lacks(self, song: Song) -> str | None:
        """Name what the group needs and a song does not have; None where nothing is missing."""

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        """Learn from the training part, of which no song lacks anything; give its inputs, shape (songs, columns)."""
        return self.transform(songs)

    @abstractmethod
    def transform(self, songs: Sequence[Song]) -> Floats:
        """Give inputs of other songs, shape (songs, columns), without NaN for songs that lack nothing."""

    @abstractmethod
    def columns(self) -> list[str]:
        """Name the columns."""

    def save(self, folder: Path) -> dict[str, Any]:
        """Give what `restore` needs, as JSON has it; arrays go into files of the folder."""
        return {}
