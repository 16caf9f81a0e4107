"""Runs of letters within words, hashed: what spellings tell, without a list of words."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from img2music.music.lyrics.tokens import basic_words

BUCKETS = 1 << 17
SHORTEST, LONGEST = 2, 5
"""Characters of a run; a blank before and after each word counts as one."""

Floats = NDArray[np.float64]


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


def inverse_frequency(counts: csr_array) -> Floats:
    """Weigh each bucket by how few texts have it (smoothed inverse document frequency).

    Parameters
    ----------
    counts : sparse array, shape (n, BUCKETS)
        From `count_grams`.

    Returns
    -------
    ndarray of float64, shape (BUCKETS,)
        0 where fewer than two texts have it. Manning, Raghavan & Schütze (2008), "Introduction to Information
        Retrieval", section 6.2.
    """
    having = np.bincount(counts.indices, minlength=BUCKETS)
    weight: Floats = np.where(having >= 2, np.log((1 + counts.shape[0]) / (1 + having)) + 1, 0.0)
    return weight


def weigh(counts: csr_array, inverse: NDArray[np.floating]) -> csr_array:
    """Weigh counts, and bring each text to length 1."""
    data = counts.data * np.asarray(inverse, dtype=np.float64)[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(rows, weights=data**2, minlength=counts.shape[0]))
    length[length == 0] = 1.0
    return csr_array((data / length[rows], counts.indices, counts.indptr), shape=counts.shape)
