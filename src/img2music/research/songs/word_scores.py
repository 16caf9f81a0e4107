"""What the words of a text say of the targets: a ridge regression on counts of words and of pairs of neighbours."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from img2music.errors import ModelError, UsageError, printable
from img2music.files import JSON, write_atomically

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

RAREST = 3
"""Texts that a term must be in."""
PENALTIES = (2.0, 6.0, 20.0)
LARGEST = 200_000_000


def terms_of(words: Sequence[str]) -> Counter[str]:
    """Count words and pairs of neighbours."""
    return Counter(chain(words, (" ".join(pair) for pair in pairwise(words))))


@dataclass(frozen=True)
class WordScores:
    """Scores of a text, one for each target.

    Attributes
    ----------
    terms : dict of str to int
        The places of the terms.
    rarity : ndarray of float64, shape (terms,)
        Logarithm of how rare each is among the texts of the training part, plus 1 (the usual "idf").
    weights : ndarray of float64, shape (terms, targets)
    means : ndarray of float64, shape (targets,)
        Of the training part.

    References
    ----------
    Salton, G. & Buckley, C. (1988). Term-weighting approaches in automatic text retrieval. Information Processing &
    Management 24(5), 513-523.
    """

    terms: dict[str, int]
    rarity: Floats
    weights: Floats
    means: Floats

    @classmethod
    def fit(cls, texts: Sequence[Counter[str]], targets: Floats, parts: Sequence[Indices]) -> tuple[Self, Floats]:
        """Learn from the training part."""
        spread = Counter(chain.from_iterable(texts))
        known = sorted(term for term, count in spread.items() if count >= RAREST)
        if not known:
            raise UsageError(f"No word is in {RAREST} texts: there is nothing to learn from the words.")
        terms = {term: place for place, term in enumerate(known)}
        rarity = np.array([math.log((1 + len(texts)) / (1 + spread[term])) + 1 for term in known])
        rows = _rows(texts, terms, rarity)
        alike = np.asarray((rows @ rows.T).todense())
        choices = [_left_out(alike, targets, parts, penalty) for penalty in PENALTIES]
        errors = [float(np.mean((left_out - targets) ** 2)) for left_out in choices]
        best = int(np.argmin(errors))
        means = targets.mean(axis=0)
        dual = _solve(alike, PENALTIES[best], targets - means)
        return cls(terms, rarity, np.asarray(rows.T @ dual), means), choices[best]

    def of(self, texts: Sequence[Counter[str]]) -> Floats:
        """Score texts."""
        return np.asarray(_rows(texts, self.terms, self.rarity) @ self.weights + self.means)

    def save(self, file: Path) -> None:
        """Write them as JSON."""
        facts = {
            "terms": list(self.terms),
            "rarity": self.rarity.tolist(),
            "weights": self.weights.tolist(),
            "means": self.means.tolist(),
        }
        write_atomically(json.dumps(facts).encode(), file, JSON)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        try:
            if file.stat().st_size > LARGEST:
                raise ValueError("it is too large")
            facts: Mapping[str, Any] = json.loads(file.read_bytes())
            terms = {str(term): place for place, term in enumerate(facts["terms"])}
            parts = [np.array(facts[name], dtype=np.float64) for name in ("rarity", "weights", "means")]
            rarity, weights, means = parts
            if rarity.shape != (len(terms),) or weights.shape != (len(terms), len(means)) or means.ndim != 1:
                raise ValueError("its parts differ in size")
            if not all(np.isfinite(part).all() for part in parts):
                raise ValueError("it holds what are no numbers")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelError(f"{printable(str(file))} holds no word scores that can be read ({error}).") from None
        return cls(terms, rarity, weights, means)


def _rows(texts: Sequence[Counter[str]], terms: Mapping[str, int], rarity: Floats) -> Any:
    """Give counts, damped by their logarithm and weighted by rarity, each text scaled to length 1."""
    values, places, ends = list[float](), list[int](), [0]
    for text in texts:
        found = [(terms[term], 1.0 + math.log(count)) for term, count in text.items() if term in terms]
        places += [place for place, _ in found]
        values += [value for _, value in found]
        ends.append(len(places))
    rows = sparse.csr_array((values, places, ends), shape=(len(texts), len(terms)))
    rows = rows.multiply(rarity[None, :]).tocsr()
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)))
    return sparse.diags_array(1.0 / np.where(length > 0, length, 1.0)) @ rows


def _left_out(alike: Floats, targets: Floats, parts: Sequence[Indices], penalty: float) -> Floats:
    scores = np.empty_like(targets)
    for test in parts:
        train = np.setdiff1d(np.arange(len(targets)), test)
        means = targets[train].mean(axis=0)
        dual = _solve(alike[np.ix_(train, train)], penalty, targets[train] - means)
        scores[test] = alike[np.ix_(test, train)] @ dual + means
    return scores


def _solve(alike: Floats, penalty: float, targets: Floats) -> Floats:
    from scipy.linalg import cho_factor, cho_solve

    regularized = alike + penalty * np.eye(len(alike))
    return np.asarray(cho_solve(cho_factor(regularized, overwrite_a=True), targets), dtype=np.float64)
