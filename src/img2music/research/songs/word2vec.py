"""Word vectors of a corpus of lyrics: skip-gram word2vec by gensim, and their mean over a document."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, UsageError
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.words import words
from img2music.research.songs.word_vectors import read_word_vectors

WINDOW = 5
EPOCHS = 10
"""Over the corpus. Few thousand lyrics are a small corpus."""
FEWEST = 2
"""Times that a word occurs in the corpus to get a vector where no file gives it one."""

Floats = NDArray[np.float32]


class WordVectors:
    """Mean of the word vectors of a text.

    Parameters
    ----------
    file : Path, optional
        Vectors in Google's format to start from; the corpus fine-tunes those of its words.
    dimensions : int, optional
        Length of the vectors where there is no file.
    seed : int, optional
        The same seed and texts give the same vectors.

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
        self._places: dict[str, int] = {}

    def fit(self, texts: Sequence[str]) -> None:
        """Train on a corpus, or fine-tune on it."""
        try:
            from gensim.models import Word2Vec
        except ImportError:
            raise MissingExtraError("Training word vectors", "lyrics") from None
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
        self._places = {word: place for place, word in enumerate(vocabulary)}

    def of(self, texts: Sequence[str]) -> Floats:
        """Give the mean vector of each text's words, each as often as it occurs."""
        if self._vectors is None:
            raise UsageError("the embedder word2vec has to be fitted first.")
        means = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            places = [self._places[word] for word in words(clean(text)) if word in self._places]
            if places:
                means[row] = self._vectors[places].mean(axis=0)
        return means

    def state(self) -> tuple[Mapping[str, object], Mapping[str, NDArray[np.generic]]]:
        """Give the vocabulary and its vectors."""
        if self._vectors is None:
            raise UsageError("the embedder word2vec has to be fitted first.")
        return {"vocabulary": list(self._places)}, {"word_vectors": self._vectors}

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
