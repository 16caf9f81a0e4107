"""The shipped models of text: valence and arousal of words.

`TextModel` needs nothing but numpy and scipy. `SentenceModel` reads what a sentence encoder of an extra makes of a
text: MiniLM, closer to people in English, or one that knows other languages. All are kernel ridge regressions, folded
(`QuadraticForms`).
"""

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from img2music.errors import ModelError
from img2music.music.lyrics.encoders import MiniLM, UniversalEncoder
from img2music.music.lyrics.tokens import basic_words, wordpieces
from img2music.music.lyrics.vector_files import Shapes, kind_of, read_arrays, write_arrays

NAME, SENTENCE_NAME = "text-affect/1", "text-affect-minilm/1"
MULTILINGUAL_NAME = "text-affect-multilingual/1"
"""Names and versions of the shipped models; their cards are in docs/models."""
KIND, SENTENCE_KIND, MULTILINGUAL_KIND = "text-affect", "text-affect-minilm", "text-affect-multilingual"
MODELS = Path(__file__).parent / "models"
DIMENSIONS = 64
BUCKETS = 1 << 17
SHORTEST, LONGEST = 2, 5
"""Characters of a run; a blank before and after each word counts as one."""


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class QuadraticForms:
    """``u' Q u + w' u + b`` of unit vectors ``u``, for valence and for arousal."""

    quadratic: NDArray[np.float16]  # Q
    linear: NDArray[np.float32]  # w
    constant: NDArray[np.float32]  # b

    def of(self, units: Floats) -> Floats:
        """Give the values for ``units`` of shape (n, k): shape (n, 2)."""
        values = [
            ((units @ quadratic.astype(np.float64) + linear) * units).sum(axis=1)
            for quadratic, linear in zip(self.quadratic, self.linear, strict=True)
        ]
        return np.stack(values, axis=1) + self.constant


def unit_rows(rows: ArrayLike) -> Floats:
    """Bring each row to length 1; rows of zeros stay."""
    given = np.asarray(rows, dtype=np.float64)
    length = np.linalg.norm(given, axis=1, keepdims=True)
    return np.asarray(np.divide(given, length, out=np.zeros_like(given), where=length > 0))


def count_grams(texts: Sequence[str]) -> csr_array:
    """Count the runs of each text."""
    buckets: list[int] = []
    values: list[float] = []
    ends = [0]
    of_word: dict[str, list[int]] = {}
    for text in texts:
        counts: Counter[int] = Counter()
        for word in basic_words(text):
            if word not in of_word:
                of_word[word] = _buckets(word)
            counts.update(of_word[word])
        buckets += counts.keys()
        values += [1.0 + math.log(count) for count in counts.values()]
        ends.append(len(buckets))
    return csr_array((np.array(values), np.array(buckets, dtype=np.int32), ends), shape=(len(texts), BUCKETS))


def _buckets(word: str) -> list[int]:
    padded = f" {word[:100]} "
    return [
        zlib.crc32(padded[start : start + length].encode()) % BUCKETS
        for length in range(SHORTEST, LONGEST + 1)
        for start in range(len(padded) - length + 1)
    ]


def weigh(counts: csr_array, inverse: NDArray[np.floating]) -> csr_array:
    """Weigh counts, and bring each text to length 1."""
    data = counts.data * np.asarray(inverse, dtype=np.float64)[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(rows, weights=data**2, minlength=counts.shape[0]))
    length[length == 0] = 1.0
    return csr_array((data / length[rows], counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class PieceTable:
    """What the model knows of each of p word pieces."""

    # Meaning, of shape (p, DIMENSIONS): what MiniLM makes of the piece alone, reduced to its principal components. Only
    # directions count
    vectors: NDArray[np.int8]
    # How much a piece counts in a text, of shape (p,): little for frequent ones (Arora, Liang & Ma 2017, "A simple but
    # tough-to-beat baseline for sentence embeddings", ICLR)
    weights: NDArray[np.float16]
    # Valence and arousal of the piece, of shape (p, 2), carried over from the words of the Glasgow Norms; standardised
    affect: NDArray[np.float16]

    @cached_property
    def _units(self) -> Floats:
        return unit_rows(self.vectors)

    def count(self, texts: Sequence[str]) -> csr_array:
        """Count the pieces of each text: float64 of shape (n, p)."""
        pieces = wordpieces()
        split = [pieces.split(text) for text in texts]
        ends = np.cumsum([0, *map(len, split)])
        ids = np.fromiter((piece for text in split for piece in text), dtype=np.int32, count=int(ends[-1]))
        counts = csr_array((np.ones(len(ids)), ids, ends), shape=(len(texts), len(pieces)))
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
    forms: QuadraticForms  # of meaning
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
        facts, arrays = read_arrays(path, KIND, SHAPES)
        return cls(
            name=str(facts.get("name")),
            pieces=PieceTable(*(arrays.pop(f"pieces_{name}") for name in PIECE_COLUMNS)),
            forms=QuadraticForms(*(arrays.pop(name) for name in FORMS)),
            **arrays,
        )


@dataclass(frozen=True)
class SentenceModel:
    """Kernel ridge regression on the vectors of a sentence encoder, folded."""

    name: str  # name and version
    kind: str  # of `ENCODERS`
    forms: QuadraticForms  # of the vectors, of length 1

    def predict(self, texts: Sequence[str]) -> Floats:
        """Read valence and arousal of sentences or lines."""
        encoder = ENCODERS[self.kind]()
        vectors = np.zeros((len(texts), encoder.width))
        for row, text in enumerate(texts):
            vectors[row] = encoder.encode(text)
        return np.clip(self.forms.of(unit_rows(vectors)), 0.0, 1.0)

    def save(self, path: Path) -> None:
        """Write the model."""
        write_arrays(path, self.kind, {"name": self.name}, {name: getattr(self.forms, name) for name in FORMS})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model."""
        kind = kind_of(path)
        if kind not in ENCODERS:
            raise ModelError(f"{path} is a {kind} file, not a {' or '.join(ENCODERS)} file.")
        facts, arrays = read_arrays(path, kind, _form_shapes(ENCODERS[kind].width))
        return cls(str(facts.get("name")), kind, QuadraticForms(*(arrays[name] for name in FORMS)))


ENCODERS: Mapping[str, type[MiniLM | UniversalEncoder]] = {
    SENTENCE_KIND: MiniLM,
    MULTILINGUAL_KIND: UniversalEncoder,
}
TextReader = TextModel | SentenceModel


def load_reader(path: Path) -> TextReader:
    """Read a model of any kind."""
    return SentenceModel.load(path) if kind_of(path) in ENCODERS else TextModel.load(path)


@lru_cache(maxsize=1)
def shipped_text_model() -> TextModel:
    """The model that comes with img2music."""
    return TextModel.load(MODELS / "text_affect.npz")


@lru_cache(maxsize=1)
def shipped_sentence_model() -> SentenceModel:
    """The head that comes with img2music, for the encoder of the extra ``lyrics``."""
    return SentenceModel.load(MODELS / "text_affect_minilm.npz")


@lru_cache(maxsize=1)
def shipped_multilingual_model() -> SentenceModel:
    """The head that comes with img2music, for the encoder of the extra ``languages``."""
    return SentenceModel.load(MODELS / "text_affect_multilingual.npz")


def _form_shapes(width: int) -> Shapes:
    return {
        "quadratic": ((2, width, width), np.float16),
        "linear": ((2, width), np.float32),
        "constant": ((2,), np.float32),
    }


PIECE_COLUMNS = ("vectors", "weights", "affect")
FORMS = ("quadratic", "linear", "constant")
OWN = ("word_affect", "word_affect_mean", "word_affect_scale", "gram_inverse", "gram_weights")
PIECES = 30_522
SHAPES: Shapes = {
    "pieces_vectors": ((PIECES, DIMENSIONS), np.int8),
    "pieces_weights": ((PIECES,), np.float16),
    "pieces_affect": ((PIECES, 2), np.float16),
    **_form_shapes(DIMENSIONS),
    "word_affect": ((2, 4), np.float32),
    "word_affect_mean": ((4,), np.float32),
    "word_affect_scale": ((4,), np.float32),
    "gram_inverse": ((BUCKETS,), np.float16),
    "gram_weights": ((BUCKETS, 2), np.float16),
}
"""What a model file holds."""
