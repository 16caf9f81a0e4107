"""Inputs from what words say of the targets, by ridge regression on their counts: ``lyric-words`` and ``title-words``.

Counts are not weighed by scikit-learn's `TfidfVectorizer`, which gives the same: models are read without scikit-learn.
"""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import functools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy import sparse

from img2music.errors import UsageError
from img2music.music.lyrics.text_model import weigh
from img2music.music.song import Song
from img2music.research.songs.groups import Floats, Indices, InputGroup, TrainingPart
from img2music.research.songs.model_files import finite, read_json, write_json
from img2music.research.songs.style import words_of

RAREST = 3
"""Texts that a term must be in."""
PENALTIES = (2.0, 6.0, 20.0)


def terms_of(words: Sequence[str]) -> Counter[str]:
    """Count words and pairs of neighbours."""
    return Counter(chain(words, (" ".join(pair) for pair in pairwise(words))))


@dataclass(frozen=True)
class WordScores:
    """Scores of a text, one for each target.

    Salton, G. & Buckley, C. (1988). Term-weighting approaches in automatic text retrieval. Information Processing &
    Management 24(5), 513-523.
    """

    terms: dict[str, int]  # their indices
    rarity: Floats  # logarithm of how rare each is among the texts of the training part, plus 1 (the usual "idf")
    weights: Floats  # shape (terms, targets)
    means: Floats  # of the targets in the training part

    @classmethod
    def fit(cls, texts: Sequence[Counter[str]], targets: Floats, parts: Sequence[Indices]) -> tuple[Self, Floats]:
        """Learn from the training part; gives what regressions that have not seen a text say of it, too."""
        spread = Counter(chain.from_iterable(texts))
        known = sorted(term for term, count in spread.items() if count >= RAREST)
        if not known:
            raise UsageError(f"No word is in {RAREST} texts: there is nothing to learn from the words.")
        terms = {term: index for index, term in enumerate(known)}
        rarity = np.array([math.log((1 + len(texts)) / (1 + spread[term])) + 1 for term in known])
        rows = _rows(texts, terms, rarity)
        alike = np.asarray((rows @ rows.T).todense())
        choices = [_left_out(alike, targets, parts, penalty) for penalty in PENALTIES]
        errors = [float(np.mean((left_out - targets) ** 2)) for left_out in choices]
        best = int(np.argmin(errors))
        means = targets.mean(axis=0)
        dual = _ridge(PENALTIES[best]).fit(alike, targets - means).dual_coef_
        return cls(terms, rarity, np.asarray(rows.T @ dual), means), choices[best]

    def of(self, texts: Sequence[Counter[str]]) -> Floats:
        """Score texts."""
        return np.asarray(_rows(texts, self.terms, self.rarity) @ self.weights + self.means)

    def save(self, file: Path) -> None:
        """Write them as JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("rarity", "weights", "means")}
        write_json({"terms": list(self.terms), **arrays}, file)

    @classmethod
    def load(cls, folder: Path, name: str, axes: int) -> Self:
        """Read what `save` wrote."""
        facts = read_json(folder, name)
        terms = {str(term): index for index, term in enumerate(facts["terms"])}
        arrays = finite(facts["rarity"], len(terms)), finite(facts["weights"], len(terms), axes)
        return cls(terms, *arrays, finite(facts["means"], axes))


def _rows(texts: Sequence[Counter[str]], terms: Mapping[str, int], rarity: Floats) -> Any:
    """Give counts, damped by their logarithm and weighted by rarity, each text scaled to length 1."""
    values, indices, ends = list[float](), list[int](), [0]
    for text in texts:
        found = [(terms[term], 1.0 + math.log(count)) for term, count in text.items() if term in terms]
        indices += [index for index, _ in found]
        values += [value for _, value in found]
        ends.append(len(indices))
    return weigh(sparse.csr_array((values, indices, ends), shape=(len(texts), len(terms))), rarity)


def _left_out(alike: Floats, targets: Floats, parts: Sequence[Indices], penalty: float) -> Floats:
    scores = np.empty_like(targets)
    for test in parts:
        train = np.setdiff1d(np.arange(len(targets)), test)
        means = targets[train].mean(axis=0)
        fitted = _ridge(penalty).fit(alike[np.ix_(train, train)], targets[train] - means)
        scores[test] = fitted.predict(alike[np.ix_(test, train)]) + means
    return scores


def _ridge(penalty: float) -> Any:
    from sklearn.kernel_ridge import KernelRidge

    return KernelRidge(alpha=penalty, kernel="precomputed")


class Words(InputGroup):
    """What words say of the targets.

    The training part's own scores are those of regressions that have not seen the song, or every regressor that is
    trained on them would trust them too much.
    """

    _scores: WordScores
    _axes: Sequence[str]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._terms_of = functools.cache(lambda text: terms_of(words_of(text)))

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> Self:
        group = cls(name)
        group._axes = facts["axes"]
        group._scores = WordScores.load(folder, facts["file"], len(group._axes))
        return group

    def lacks(self, song: Song) -> str | None:
        return None if self._text(song) else self.name.replace("-words", "")

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        self._axes = learning.axes
        self._scores, left_out = WordScores.fit(self._terms(songs), learning.targets, learning.parts)
        return left_out

    def transform(self, songs: Sequence[Song]) -> Floats:
        return self._scores.of(self._terms(songs))

    def columns(self) -> list[str]:
        return [f"{self.name}: {axis}" for axis in self._axes]

    def save(self, folder: Path) -> dict[str, Any]:
        file = f"{self.name}.json"
        self._scores.save(folder / file)
        return {"file": file, "axes": list(self._axes)}

    def _text(self, song: Song) -> str:
        if self.name == "lyric-words":
            return song.lyrics or ""
        return " ".join(part for part in (song.title, song.artist, song.album) if part)

    def _terms(self, songs: Sequence[Song]) -> list[Counter[str]]:
        return [self._terms_of(self._text(song)) for song in songs]
