"""How lyrics are written, whatever they say: lengths, repetition, punctuation, kinds of words."""

import math
import re
from collections.abc import Mapping
from itertools import pairwise

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")

KINDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(words.split(", "))
    for kind, words in {
        "of the commonest words": "a, and, be, but, for, i, in, is, it, me, my, not, of, on, so, that, the, to, we, "
        "with, you, your",
        "of I and me": "i, i'm, i'll, i've, i'd, me, my, mine, myself",
        "of you": "you, you're, you'll, you've, your, yours, yourself",
        "of sung syllables": "ah, ay, da, doo, eh, hey, la, mm, na, oh, ooh, uh, whoa, woah, yeah, yea, baby",
        "of coarse words": "ass, bitch, bitches, damn, fuck, fucked, fuckin, fucking, hoe, hoes, nigga, niggas, shit",
    }.items()
}
"""Kinds of words whose share is counted; English ones."""

COLUMNS = (
    "letters",
    "words",
    "share of different words",
    "share of different pairs of words",
    "letters a word",
    "share of capitals",
    "share of letters beyond ASCII",
    "question marks a word",
    "exclamation marks a word",
    "commas a word",
    *(f"share {kind}" for kind in KINDS),
)


def words_of(text: str) -> list[str]:
    """Find the words of a text, in small letters."""
    return WORD.findall(text.lower().replace("\u2019", "'"))


def style_of(text: str) -> tuple[float, ...]:
    """Measure how a text is written."""
    words = words_of(text)
    pairs = list(pairwise(words))
    letters = max(len(text), 1)
    count = max(len(words), 1)
    return (
        math.log(len(text) + 1),
        math.log(len(words) + 1),
        len(set(words)) / count,
        len(set(pairs)) / max(len(pairs), 1),
        sum(map(len, words)) / count,
        sum(char.isupper() for char in text) / letters,
        sum(ord(char) > 127 for char in text) / letters,
        *(text.count(mark) / count for mark in "?!,"),
        *(sum(word in kind for word in words) / count for kind in KINDS.values()),
    )
