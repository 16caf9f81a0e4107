"""Document vectors of lyrics: a registry of named embedders."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError, require_extra
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.encoders import WIDTH, MiniLM
from img2music.music.lyrics.text_model import unit_rows
from img2music.music.lyrics.vector_files import read_arrays, write_arrays
from img2music.music.lyrics.words import words
from img2music.research.songs.groups import COMPONENTS
from img2music.research.songs.word_vectors import read_word_vectors

KIND = "lyric-embedding"

Floats = NDArray[np.float32]


WINDOW = 5
EPOCHS = 10
"""Over the corpus. Few thousand lyrics are a small corpus."""
FEWEST = 2
"""Times that a word occurs in the corpus to get a vector where no file gives it one."""


class WordVectors:
    """Mean of the word vectors of a text, learned from the training part.

    A file of vectors in Google's format is where learning starts; without one, vectors have so many ``dimensions``.

    References
    ----------
    Mikolov, T., Chen, K., Corrado, G. & Dean, J. (2013). Efficient estimation of word representations in vector
    space. arXiv:1301.3781.
    """

    def __init__(self, file: Path | None = None, dimensions: int = 100, seed: int = 0) -> None:
        self._file = file
        self._dimensions = dimensions
        self._seed = seed
        self._vectors: Floats | None = None
        self._index: dict[str, int] = {}

    def fit(self, texts: Sequence[str]) -> None:
        """Train on a corpus, or fine-tune on it."""
        with require_extra("Training word vectors", "lyrics"):
            from gensim.models import Word2Vec
        corpus = [words(clean(text)) for text in texts]
        given: dict[str, Floats] = {}
        dimensions = self._dimensions
        if self._file is not None:
            dimensions, given = read_word_vectors(self._file, {word for text in corpus for word in text})
        model = Word2Vec(vector_size=dimensions, window=WINDOW, sg=1, min_count=1, seed=self._seed, workers=1)
        if not any(corpus):
            raise UsageError("the lyrics hold no words to train word vectors on.")
        model.build_vocab(corpus)
        for word, vector in given.items():
            model.wv.vectors[model.wv.key_to_index[word]] = vector
        model.train(corpus, total_examples=model.corpus_count, epochs=EPOCHS)
        # A word that no file knew and that occurs once still is near its random start.
        kept = [
            word for word in model.wv.index_to_key if word in given or model.wv.get_vecattr(word, "count") >= FEWEST
        ]
        if not kept:
            raise UsageError("the lyrics hold too few words to train word vectors on.")
        self._set(kept, np.stack([model.wv[word] for word in kept]).astype(np.float32))

    def _set(self, vocabulary: Sequence[str], vectors: Floats) -> None:
        self._vectors = vectors
        self._index = {word: index for index, word in enumerate(vocabulary)}

    def of(self, texts: Sequence[str]) -> Floats:
        """Give the mean vector of each text's words, each as often as it occurs."""
        if self._vectors is None:
            raise UsageError("the embedder word2vec has to be fitted first.")
        means = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            indices = [self._index[word] for word in words(clean(text)) if word in self._index]
            if indices:
                means[row] = self._vectors[indices].mean(axis=0)
        return means

    def state(self) -> tuple[Mapping[str, object], Mapping[str, NDArray[np.generic]]]:
        """Give the vocabulary and its vectors."""
        if self._vectors is None:
            raise UsageError("the embedder word2vec has to be fitted first.")
        return {"vocabulary": list(self._index)}, {"word_vectors": self._vectors}

    @classmethod
    def restore(cls, facts: Mapping[str, object], arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Make it anew; it then needs no gensim."""
        vocabulary = facts["vocabulary"]
        vectors = np.asarray(arrays["word_vectors"], dtype=np.float32)
        if not isinstance(vocabulary, list) or vectors.ndim != 2 or len(vectors) != len(vocabulary):
            raise ValueError("words and vectors do not go together")
        made = cls(dimensions=vectors.shape[1])
        made._set(vocabulary, vectors)
        return made


class SentenceVectors:
    """What MiniLM makes of texts; it learns nothing, and so has no state."""

    def __init__(self) -> None:
        self._encoder = MiniLM()

    def of(self, texts: Sequence[str]) -> Floats:
        """Give float32 of shape (n, 384), of length 1; zeros for a text without words."""
        vectors = [self._encoder.encode(clean(text)) for text in texts]
        return unit_rows(np.reshape(vectors, (len(texts), WIDTH))).astype(np.float32)


EMBEDDERS = ("word2vec", "minilm")
"""Names of what gives each text a vector, before the principal components."""


@dataclass
class Embedder:
    """Vectors of texts, reduced to their principal components where asked."""

    name: str  # in `EMBEDDERS`
    vectors: WordVectors | SentenceVectors
    components: int | None  # principal components to keep; None keeps the vectors as they are
    _reduction: dict[str, Floats] = field(default_factory=dict, repr=False)  # "pca_mean" and "pca_axes"

    def __post_init__(self) -> None:
        # word2vec learns anew with each fit; what MiniLM says of a text stays, and takes long.
        self._vector_of = functools.cache(lambda text: self.vectors.of([text])[0])

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn from the training part: word vectors, and the principal components."""
        if isinstance(self.vectors, WordVectors):
            self.vectors.fit(texts)
        if self.components is None:
            return self
        from sklearn.decomposition import PCA

        given = self._vectors_of(texts)
        known = given[given.any(axis=1)].astype(np.float64)
        if len(known) <= self.components or given.shape[1] < self.components:
            raise UsageError(
                f"{self.components} principal components need more than {self.components} texts with known words, "
                f"and vectors as long; there are {len(known)} texts."
            )
        pca = PCA(self.components, svd_solver="full").fit(known)
        self._reduction = {"pca_mean": pca.mean_.astype(np.float32), "pca_axes": pca.components_.astype(np.float32)}
        return self

    def transform(self, texts: Sequence[str]) -> Floats:
        """Give the texts' vectors, shape (n, components) or as long as they are."""
        if self.components is not None and not self._reduction:
            raise UsageError(f"the embedder {self.name} has to be fitted first.")
        given = self._vectors_of(texts)
        if self.components is None:
            return given
        reduced = (given - self._reduction["pca_mean"]) @ self._reduction["pca_axes"].T
        reduced[~given.any(axis=1)] = 0.0
        return np.asarray(reduced, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write it to a file."""
        facts, arrays = self.vectors.state() if isinstance(self.vectors, WordVectors) else ({}, {})
        about = {"name": self.name, "components": self.components, "vectors": dict(facts)}
        write_arrays(path, KIND, about, {**arrays, **self._reduction})

    @classmethod
    def load(cls, path: Path) -> "Embedder":
        """Read what `save` wrote."""
        facts, arrays = read_arrays(path, KIND)
        try:
            name, components, about = facts["name"], facts["components"], facts["vectors"]
            if name not in EMBEDDERS or not isinstance(about, dict) or not isinstance(components, int | None):
                raise ModelError(f"{path} is of an embedder that is not known: {name!r}.")
            reduction = {} if components is None else {key: arrays[key] for key in ("pca_mean", "pca_axes")}
            vectors = WordVectors.restore(about, arrays) if name == "word2vec" else SentenceVectors()
            return cls(str(name), vectors, components, reduction)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"{path} is not a whole {KIND} file ({error}).") from None

    def _vectors_of(self, texts: Sequence[str]) -> Floats:
        if isinstance(self.vectors, WordVectors) or not texts:
            return self.vectors.of(texts)
        return np.array([self._vector_of(text) for text in texts])


def embedder(
    name: str, components: int | None = COMPONENTS, file: Path | None = None, dimensions: int = 100, seed: int = 0
) -> Embedder:
    """Make an embedder; word2vec starts from word vectors of a file, or makes some of so many dimensions."""
    if name not in EMBEDDERS:
        raise UsageError(f"there is no embedder {name!r}; there are {', '.join(EMBEDDERS)}.")
    if file is not None and name != "word2vec":
        raise UsageError(f"the embedder {name} starts from no file of word vectors; word2vec does.")
    return Embedder(name, WordVectors(file, dimensions, seed) if name == "word2vec" else SentenceVectors(), components)
