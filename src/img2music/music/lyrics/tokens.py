"""Word pieces: the units that the sentence encoder MiniLM and the text affect model read."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

LONGEST = 100
"""Characters of a word; a longer one is no word. As in BERT."""
UNKNOWN = "[UNK]"
INNER = "##"
"""Marks a piece that does not begin a word."""


class WordPieces:
    """Splits text into the word pieces of a vocabulary, in lower case and without accents.

    The algorithm of BERT (uncased): words are parted at white space and at each punctuation mark, and each word is
    eaten from the left by the longest piece that the vocabulary has.

    Parameters
    ----------
    vocabulary : sequence of str
        The pieces; a piece's number is its place.

    References
    ----------
    Devlin, J., Chang, M.-W., Lee, K. & Toutanova, K. (2019). BERT: pre-training of deep bidirectional transformers
    for language understanding. NAACL-HLT. Wu, Y. et al. (2016). Google's neural machine translation system,
    section 4.1. arXiv:1609.08144.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self._numbers: Mapping[str, int] = {piece: number for number, piece in enumerate(self.vocabulary)}
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.vocabulary)

    def number(self, piece: str) -> int:
        """Give the number of a piece that the vocabulary has."""
        return self._numbers[piece]

    def has(self, word: str) -> bool:
        """Say whether a word, in lower case, is one piece, or words joined by a hyphen or an apostrophe that are."""
        return all(part in self._numbers for part in basic_words(word))

    def split(self, text: str) -> list[int]:
        """Split a text."""
        return [number for word in basic_words(text) for number in self._of_word(word)]

    def _of_word(self, word: str) -> tuple[int, ...]:
        pieces = self._known.get(word)
        if pieces is None:
            pieces = self._known[word] = self._eat(word)
        return pieces

    def _eat(self, word: str) -> tuple[int, ...]:
        unknown = (self._numbers[UNKNOWN],)
        if len(word) > LONGEST:
            return unknown
        pieces = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self._numbers.get((INNER if start else "") + word[start:end])
                if piece is not None:
                    break
            else:
                return unknown
            pieces.append(piece)
            start = end
        return tuple(pieces)


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
        yield f" {char} " if _is_punctuation(char) or _is_chinese(char) else char


def _is_punctuation(char: str) -> bool:
    # All of ASCII that is neither letter nor digit counts, such as $ and ^.
    return (char.isascii() and char.isprintable() and not char.isalnum() and char != " ") or unicodedata.category(
        char
    ).startswith("P")


def _is_chinese(char: str) -> bool:
    code = ord(char)
    return any(low <= code <= high for low, high in CHINESE)


CHINESE = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
"""Blocks of CJK ideographs, which are written without spaces."""
