"""Document vectors of lyrics: a registry of named embedders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError
from img2music.music.lyrics.vector_files import read_arrays, write_arrays

COMPONENTS = 11
"""Principal components that the original kept of its lyric vectors."""
KIND = "lyric-embedding"

Floats = NDArray[np.float32]
Arrays = Mapping[str, NDArray[np.generic]]


class Vectors(Protocol):
    """What gives each text a vector: the part of an embedder that is before the principal components."""

    def fit(self, texts: Sequence[str]) -> None:
        """Learn from the texts of the training part, where there is something to learn."""
        ...

    def of(self, texts: Sequence[str]) -> Floats:
        """Give float32 of shape (n, d); zeros for a text without a known word."""
        ...

    def state(self) -> tuple[Mapping[str, object], Arrays]:
        """Give what `restore` needs: facts as JSON has them, and arrays."""
        ...

    @classmethod
    def restore(cls, facts: Mapping[str, object], arrays: Arrays) -> Self:
        """Make it anew from `state`."""
        ...


@dataclass
class Embedder:
    """Vectors of texts, reduced to their principal components where asked."""

    name: str  # in `EMBEDDERS`
    vectors: Vectors  # what gives each text a vector
    components: int | None  # principal components to keep; None keeps the vectors as they are
    _mean: Floats | None = field(default=None, repr=False)
    _axes: Floats | None = field(default=None, repr=False)

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn from the training part: word vectors, and the principal components."""
        self.vectors.fit(texts)
        if self.components is None:
            return self
        given = self.vectors.of(texts)
        known = given[given.any(axis=1)].astype(np.float64)
        if len(known) <= self.components or given.shape[1] < self.components:
            raise UsageError(
                f"{self.components} principal components need more than {self.components} texts with known words, "
                f"and vectors as long; there are {len(known)} texts."
            )
        mean = known.mean(axis=0)
        _, _, axes = np.linalg.svd(known - mean, full_matrices=False)
        axes = axes[: self.components]
        # The sign of a component is arbitrary: the entry of greatest size is positive, as in scikit-learn's PCA.
        axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
        self._mean, self._axes = mean.astype(np.float32), axes.astype(np.float32)
        return self

    def transform(self, texts: Sequence[str]) -> Floats:
        """Give the texts' vectors."""
        if self.components is not None and self._axes is None:
            raise UsageError(f"the embedder {self.name} has to be fitted first.")
        given = self.vectors.of(texts)
        if self._mean is None or self._axes is None:
            return given
        reduced = (given - self._mean) @ self._axes.T
        reduced[~given.any(axis=1)] = 0.0
        return np.asarray(reduced, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write it to a file."""
        facts, arrays = self.vectors.state()
        reduction = {} if self._mean is None or self._axes is None else {"pca_mean": self._mean, "pca_axes": self._axes}
        about = {"name": self.name, "components": self.components, "vectors": dict(facts)}
        write_arrays(path, KIND, about, {**arrays, **reduction})

    @classmethod
    def load(cls, path: Path) -> "Embedder":
        """Read what `save` wrote."""
        facts, arrays = read_arrays(path, KIND)
        try:
            name, components, about = facts["name"], facts["components"], facts["vectors"]
            if name not in EMBEDDERS or not isinstance(about, dict) or not isinstance(components, int | None):
                raise ModelError(f"{path} is of an embedder that is not known: {name!r}.")
            vectors = _vectors_class(str(name)).restore(about, arrays)
            embedder = cls(str(name), vectors, components)
            if components is not None and "pca_axes" in arrays:
                embedder._mean = np.asarray(arrays["pca_mean"], dtype=np.float32)
                embedder._axes = np.asarray(arrays["pca_axes"], dtype=np.float32)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"{path} is not a whole {KIND} file ({error}).") from None
        return embedder


def _vectors_class(name: str) -> type[Vectors]:
    if name == "word2vec":
        from img2music.research.songs.word2vec import WordVectors

        return WordVectors
    from img2music.music.lyrics.encoders import MiniLM

    return MiniLM


EMBEDDERS: Mapping[str, str] = {
    "word2vec": "mean of word2vec vectors, trained on the corpus or fine-tuned on it from a file (extra lyrics)",
    "minilm": "all-MiniLM-L6-v2, a sentence encoder of 384 dimensions (extra lyrics)",
}
"""The names, and what is behind them."""


def embedder(
    name: str, components: int | None = COMPONENTS, file: Path | None = None, dimensions: int = 100, seed: int = 0
) -> Embedder:
    """Make an embedder."""
    if name not in EMBEDDERS:
        raise UsageError(f"there is no embedder {name!r}; there are {', '.join(EMBEDDERS)}.")
    if file is not None and name != "word2vec":
        raise UsageError(f"the embedder {name} starts from no file of word vectors; word2vec does.")
    if name == "word2vec":
        from img2music.research.songs.word2vec import WordVectors

        return Embedder(name, WordVectors(file, dimensions, seed), components)
    return Embedder(name, _vectors_class(name)(), components)
