"""Lemmas: words in the form that a lexicon lists."""

from img2music.errors import MissingExtraError
from img2music.music.lyrics.words import words


def lemmatise(text: str, language: str = "en") -> list[str]:
    """Give the lemmas of a clean text's words, in order, in lower case and one for each word.

    Words of a language (ISO 639-1) that has no list of lemmas stay as they are.
    """
    try:
        import simplemma
    except ImportError:
        raise MissingExtraError("Finding the lemmas of lyrics", "lyrics") from None
    found = words(text)
    try:
        lemmas = {word: simplemma.lemmatize(word, lang=language).lower() for word in set(found)}
    except ValueError:  # a language without a list
        return found
    return [lemmas[word] for word in found]
