"""Word pieces: the units that the sentence encoder MiniLM and the text affect model read."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

LONGEST = 100
"""Characters of a word; a longer one is no word. As in BERT."""
UNKNOWN = "[UNK]"
INNER = "##"
"""Marks a piece that does not begin a word."""
CHINESE = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002f800-\U0002fa1f]"
)
"""CJK ideographs, which are written without spaces."""


class WordPieces:
    """Splits text into the word pieces of a vocabulary, in lower case and without accents.

    The algorithm of BERT (uncased): words are parted at white space and at each punctuation mark, and each word is
    eaten from the left by the longest piece that the vocabulary has. A piece's id is its index in the vocabulary.

    References
    ----------
    Devlin, J., Chang, M.-W., Lee, K. & Toutanova, K. (2019). BERT: pre-training of deep bidirectional transformers
    for language understanding. NAACL-HLT. Wu, Y. et al. (2016). Google's neural machine translation system,
    section 4.1. arXiv:1609.08144.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self._ids: Mapping[str, int] = {piece: index for index, piece in enumerate(self.vocabulary)}
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.vocabulary)

    def id_of(self, piece: str) -> int:
        """Give the id of a piece that the vocabulary has."""
        return self._ids[piece]

    def has(self, word: str) -> bool:
        """Say whether a word, in lower case, is one piece, or words joined by a hyphen or an apostrophe that are."""
        return all(part in self._ids for part in basic_words(word))

    def split(self, text: str) -> list[int]:
        """Split a text."""
        return [piece for word in basic_words(text) for piece in self._of_word(word)]

    def _of_word(self, word: str) -> tuple[int, ...]:
        pieces = self._known.get(word)
        if pieces is None:
            pieces = self._known[word] = self._eat(word)
        return pieces

    def _eat(self, word: str) -> tuple[int, ...]:
        unknown = (self._ids[UNKNOWN],)
        if len(word) > LONGEST:
            return unknown
        pieces = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self._ids.get((INNER if start else "") + word[start:end])
                if piece is not None:
                    break
            else:
                return unknown
            pieces.append(piece)
            start = end
        return tuple(pieces)


@lru_cache(maxsize=1)
def wordpieces() -> WordPieces:
    """The word pieces of BERT (uncased), which MiniLM and the text affect model read."""
    text = (Path(__file__).parent / "models" / "wordpieces.txt").read_text(encoding="utf-8")
    return WordPieces(text.removesuffix("\n").split("\n"))


def basic_words(text: str) -> list[str]:
    """Part a text into lower-case words without accents; each punctuation mark and each Chinese character is a word."""
    text = unicodedata.normalize("NFD", "".join(_printable(text)).lower())
    return "".join(_parted(char for char in text if unicodedata.category(char) != "Mn")).split()


def _printable(text: str) -> Iterator[str]:
    for char in text:
        if char.isspace():
            yield " "
        elif char != "\ufffd" and not unicodedata.category(char).startswith("C"):
            yield char


def _parted(characters: Iterable[str]) -> Iterator[str]:
    for char in characters:
        yield f" {char} " if _is_punctuation(char) or CHINESE.match(char) else char


def _is_punctuation(char: str) -> bool:
    # All of ASCII that is neither letter nor digit counts, such as $ and ^.
    return (char.isascii() and char.isprintable() and not char.isalnum() and char != " ") or unicodedata.category(
        char
    ).startswith("P")
