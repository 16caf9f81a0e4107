"""Training of the text affect models on EmoBank and the Glasgow Norms."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from img2music.music.lyrics.encoders import WIDTH, MiniLM, UniversalEncoder
from img2music.music.lyrics.text_model import (
    BUCKETS,
    DIMENSIONS,
    MULTILINGUAL_KIND,
    MULTILINGUAL_NAME,
    NAME,
    SENTENCE_KIND,
    SENTENCE_NAME,
    PieceTable,
    QuadraticForms,
    SentenceModel,
    TextModel,
    count_grams,
    unit_rows,
    weigh,
)
from img2music.music.lyrics.tokens import wordpieces
from img2music.progress import Progress, Step, unwatched
from img2music.research.text.lexicon import Lexicon
from img2music.research.text.rated_texts import RatedTexts

# Chosen on EmoBank's dev split.
RIDGE = 2.5
SENTENCE_RIDGE = 0.5
MULTILINGUAL_RIDGE = 0.6
WORDS_WEIGHT = 0.3
"""Of a rated word beside a rated sentence."""
WORDS_APART = 0.2
"""Of the kernel that sentences and words each have for themselves, beside the one that they share."""
WORD_AFFECT_SHARE = 0.1
"""Of the kernel of word affect, beside those of meaning and of spelling."""
FREQUENT = 1e-3
"""Share of all pieces at which a piece counts half (Arora et al. 2017)."""
WORD_WIDTH = 1.5
WORD_RIDGE = 0.3
"""Of the Gaussian kernel ridge regression that carries the affect of the Glasgow Norms' words over to pieces."""

GAMMA = 1.0
"""Of the kernel between unit vectors, ``((1 + GAMMA cos) / (1 + GAMMA))^2``: a polynomial of degree 2 (Shawe-Taylor &
Cristianini 2004, "Kernel Methods for Pattern Analysis", sections 7.3 and 9.1)."""

Floats = NDArray[np.float64]


def train_text_model(texts: RatedTexts, words: Lexicon, progress: Progress = unwatched) -> TextModel:
    """Train the model that runs without an encoder."""
    pieces = wordpieces()
    listed = [[piece] for piece in range(len(pieces))]
    named = list(words.terms)
    vectors = _encode([*listed, *map(pieces.split, named)], "Encoding words", progress)
    affect = np.array([(words.terms[word].valence, words.terms[word].arousal) for word in named])
    table = piece_table(vectors[: len(listed)], vectors[len(listed) :], affect, texts)

    return fit_text_model(table, texts)


def fit_text_model(table: PieceTable, texts: RatedTexts) -> TextModel:
    """Fit all but the table of pieces, which holds nothing of the ratings of texts."""
    counts = table.count(texts.texts)
    meaning = table.meaning(counts)
    felt = table.word_affect(counts)
    felt_mean, felt_scale = (values.astype(np.float32) for values in (felt.mean(axis=0), felt.std(axis=0) + 1e-6))
    felt = (felt - felt_mean) / felt_scale
    grams = count_grams(texts.texts)
    inverse = inverse_frequency(grams).astype(np.float16)
    spelled = weigh(grams, inverse)

    share = WORD_AFFECT_SHARE / felt.shape[1]
    alike = kernel(meaning)
    alike += share * felt @ felt.T
    alike += (spelled @ spelled.T).toarray()
    average = texts.ratings.mean(axis=0)
    dual = _solve(alike, RIDGE, texts.ratings - average)
    return TextModel(
        name=NAME,
        pieces=table,
        forms=fold(meaning, dual, average),
        word_affect=(share * dual.T @ felt).astype(np.float32),
        word_affect_mean=felt_mean,
        word_affect_scale=felt_scale,
        gram_inverse=inverse,
        gram_weights=np.asarray(spelled.T @ dual).astype(np.float16),
    )


def train_sentence_model(texts: RatedTexts, progress: Progress = unwatched) -> SentenceModel:
    """Train the model that reads MiniLM's vectors."""
    units = unit_rows(_encode([wordpieces().split(text) for text in texts.texts], "Encoding sentences", progress))
    average = texts.ratings.mean(axis=0)
    dual = _solve(kernel(units), SENTENCE_RIDGE, texts.ratings - average)
    return SentenceModel(SENTENCE_NAME, SENTENCE_KIND, fold(units, dual, average))


def train_multilingual_model(texts: RatedTexts, words: Lexicon, progress: Progress = unwatched) -> SentenceModel:
    """Train the model that reads the vectors of the multilingual encoder, on English sentences and words.

    Words and sentences are two tasks whose kernels share a part (intrinsic coregionalisation: Bonilla, Chai & Williams
    2007, "Multi-task Gaussian process prediction", NIPS). What is kept reads sentences.
    """
    encoder = UniversalEncoder()
    given = [*texts.texts, *words.terms]
    vectors = np.zeros((len(given), encoder.width))
    for row, text in enumerate(given):
        vectors[row] = encoder.encode(text)
        progress(Step("Encoding sentences in many languages", row + 1, len(given)))
    units, count = unit_rows(vectors), len(texts)
    average = texts.ratings.mean(axis=0)
    affect = np.array([(affect.valence, affect.arousal) for affect in words.terms.values()])
    # Words are rated further apart than sentences.
    affect = (affect - affect.mean(axis=0)) * texts.ratings.std(axis=0) / affect.std(axis=0)

    alike = kernel(units)
    alike[:count, count:] /= 1.0 + WORDS_APART
    alike[count:, :count] /= 1.0 + WORDS_APART
    ridge = np.full(len(given), MULTILINGUAL_RIDGE)
    ridge[count:] /= WORDS_WEIGHT
    dual = _solve(alike, ridge, np.vstack([texts.ratings - average, affect]))
    dual[count:] /= 1.0 + WORDS_APART
    return SentenceModel(MULTILINGUAL_NAME, MULTILINGUAL_KIND, fold(units, dual, average))


def fold(units: Floats, dual: Floats, average: Floats) -> QuadraticForms:
    """Fold ``kernel(u, units) @ dual + average``; ``units`` of shape (n, k), ``dual`` of (n, 2)."""
    # (1 + g c)^2 = 1 + 2 g c + g^2 c^2, with c = u'v for each training text v, summed over these.
    size = (1.0 + GAMMA) ** 2
    quadratic = np.stack([GAMMA**2 / size * (units.T * weight) @ units for weight in dual.T])
    linear = 2.0 * GAMMA / size * dual.T @ units
    constant = average + dual.sum(axis=0) / size
    return QuadraticForms(quadratic.astype(np.float16), linear.astype(np.float32), constant.astype(np.float32))


def kernel(units: Floats) -> Floats:
    """Compare training texts with each other: from ``units`` of shape (n, k), shape (n, n)."""
    values = units @ units.T
    values *= GAMMA
    values += 1.0
    values /= 1.0 + GAMMA
    return np.asarray(np.square(values, out=values))


def inverse_frequency(counts: csr_array) -> Floats:
    """Weigh each bucket by how few texts have it (smoothed inverse document frequency); 0 where fewer than two do.

    Manning, Raghavan & Schütze (2008), "Introduction to Information Retrieval", section 6.2.
    """
    having = np.bincount(counts.indices, minlength=BUCKETS)
    weight: Floats = np.where(having >= 2, np.log((1 + counts.shape[0]) / (1 + having)) + 1, 0.0)
    return weight


def _encode(texts: Sequence[Sequence[int]], stage: str, progress: Progress) -> Floats:
    encoder = MiniLM()
    vectors = np.zeros((len(texts), WIDTH))
    for row, ids in enumerate(texts):
        vectors[row] = encoder.encode_ids(ids)
        progress(Step(stage, row + 1, len(texts)))
    return vectors


def piece_table(pieces: Floats, words: Floats, affect: Floats, texts: RatedTexts) -> PieceTable:
    """Make the table of word pieces."""
    centred = pieces - pieces.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    reduced = unit_rows(centred @ axes[:, ::-1][:, :DIMENSIONS])
    vectors = np.round(reduced * (127 / np.abs(reduced).max())).astype(np.int8)

    known = unit_rows(words)
    standard = (affect - affect.mean(axis=0)) / affect.std(axis=0)
    dual = _solve(_gauss(known, known), WORD_RIDGE, standard)
    carried = _gauss(unit_rows(pieces), known) @ dual

    even = PieceTable(vectors, np.ones(len(pieces), dtype=np.float16), carried.astype(np.float16))
    counts = np.asarray(even.count(texts.texts).sum(axis=0)).reshape(-1)
    weights = FREQUENT / (FREQUENT + counts / counts.sum())
    return PieceTable(vectors, weights.astype(np.float16), even.affect)


def _gauss(units: Floats, others: Floats) -> Floats:
    return np.asarray(np.exp(2.0 * WORD_WIDTH * (units @ others.T - 1.0)))


def _solve(alike: Floats, ridge: float | Floats, targets: Floats) -> Floats:
    alike[np.diag_indices(len(alike))] += ridge
    factor = cho_factor(alike, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, targets, check_finite=False))
