"""The shipped model of text: valence and arousal of English words, with nothing but numpy and scipy to run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from img2music.music.lyrics.encoders import wordpieces
from img2music.music.lyrics.forms import Forms, unit_rows
from img2music.music.lyrics.grams import BUCKETS, count_grams, weigh
from img2music.music.lyrics.vector_files import check_arrays, read_arrays, write_arrays

NAME = "text-affect/1"
"""Name and version of the shipped model; its card is docs/models/text-affect.md."""
KIND = "text-affect"
DIMENSIONS = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PieceTable:
    """What the model knows of each word piece.

    Attributes
    ----------
    vectors : ndarray of int8, shape (p, DIMENSIONS)
        Meaning: what MiniLM makes of the piece alone, reduced to its principal components. Only directions count.
    weights : ndarray of float16, shape (p,)
        How much a piece counts in a text: little for frequent ones (Arora, Liang & Ma 2017, "A simple but
        tough-to-beat baseline for sentence embeddings", ICLR).
    affect : ndarray of float16, shape (p, 2)
        Valence and arousal of the piece, carried over from the words of the Glasgow Norms; standardised.
    """

    vectors: NDArray[np.int8]
    weights: NDArray[np.float16]
    affect: NDArray[np.float16]

    @cached_property
    def _units(self) -> Floats:
        return unit_rows(self.vectors)

    def count(self, texts: Sequence[str]) -> csr_array:
        """Count the pieces of each text: float64 of shape (n, p)."""
        pieces = wordpieces()
        split = [pieces.split(text) for text in texts]
        ends = np.cumsum([0, *map(len, split)])
        numbers = np.fromiter((number for text in split for number in text), dtype=np.int32, count=int(ends[-1]))
        counts = csr_array((np.ones(len(numbers)), numbers, ends), shape=(len(texts), len(pieces)))
        counts.sum_duplicates()
        return counts

    def meaning(self, counts: csr_array) -> Floats:
        """Give the weighted mean of the pieces' vectors, of length 1: shape (n, DIMENSIONS)."""
        return unit_rows(self._weighted(counts) @ self._units)

    def word_affect(self, counts: csr_array) -> Floats:
        """Give the weighted mean and the spread of the pieces' valence and arousal: shape (n, 4)."""
        weighted = self._weighted(counts)
        total = np.maximum(np.asarray(weighted.sum(axis=1)).reshape(-1, 1), 1e-9)
        affect = self.affect.astype(np.float64)
        mean = weighted @ affect / total
        spread = np.sqrt(np.maximum(weighted @ affect**2 / total - mean**2, 0.0))
        return np.hstack([mean, spread])

    def _weighted(self, counts: csr_array) -> csr_array:
        data = counts.data * self.weights.astype(np.float64)[counts.indices]
        return csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class TextModel:
    """Kernel ridge regression on what a text means, how its words feel and how they are spelled, folded."""

    name: str  # name and version
    pieces: PieceTable  # what it knows of word pieces
    forms: Forms  # of meaning
    word_affect: NDArray[np.float32]  # coefficients of the standardised word affect
    word_affect_mean: NDArray[np.float32]  # it is standardised with them
    word_affect_scale: NDArray[np.float32]  # it is standardised with them
    gram_inverse: NDArray[np.float16]  # inverse document frequency of the runs of letters
    gram_weights: NDArray[np.float16]  # their coefficients

    def predict(self, texts: Sequence[str]) -> Floats:
        """Read valence and arousal of sentences or lines."""
        if not texts:
            return np.zeros((0, 2))
        counts = self.pieces.count(texts)
        meaning = self.pieces.meaning(counts)
        felt = (self.pieces.word_affect(counts) - self.word_affect_mean) / self.word_affect_scale
        spelled = weigh(count_grams(texts), self.gram_inverse) @ self.gram_weights.astype(np.float64)
        return np.asarray(np.clip(self.forms.of(meaning) + felt @ self.word_affect.T + spelled, 0.0, 1.0))

    def save(self, path: Path) -> None:
        """Write the model."""
        parts = [(self.pieces, "pieces_", PIECE_COLUMNS), (self.forms, "", FORMS), (self, "", OWN)]
        arrays = {prefix + name: getattr(part, name) for part, prefix, names in parts for name in names}
        write_arrays(path, KIND, {"name": self.name}, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model."""
        facts, arrays = read_arrays(path, KIND)
        check_arrays(path, KIND, arrays, SHAPES)
        return cls(
            name=str(facts.get("name")),
            pieces=PieceTable(*(arrays.pop(f"pieces_{name}") for name in PIECE_COLUMNS)),
            forms=Forms(*(arrays.pop(name) for name in FORMS)),
            **arrays,
        )


PIECE_COLUMNS = ("vectors", "weights", "affect")
FORMS = ("quadratic", "linear", "constant")
OWN = ("word_affect", "word_affect_mean", "word_affect_scale", "gram_inverse", "gram_weights")
PIECES = 30_522
SHAPES: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
    "pieces_vectors": ((PIECES, DIMENSIONS), np.int8),
    "pieces_weights": ((PIECES,), np.float16),
    "pieces_affect": ((PIECES, 2), np.float16),
    "quadratic": ((2, DIMENSIONS, DIMENSIONS), np.float16),
    "linear": ((2, DIMENSIONS), np.float32),
    "constant": ((2,), np.float32),
    "word_affect": ((2, 4), np.float32),
    "word_affect_mean": ((4,), np.float32),
    "word_affect_scale": ((4,), np.float32),
    "gram_inverse": ((BUCKETS,), np.float16),
    "gram_weights": ((BUCKETS, 2), np.float16),
}
"""What a model file holds."""


@lru_cache(maxsize=1)
def shipped_text_model() -> TextModel:
    """The model that comes with img2music."""
    return TextModel.load(Path(__file__).parent / "models" / "text_affect.npz")
