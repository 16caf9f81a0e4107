"""Lemmas: words in the form that a lexicon lists."""

from img2music.errors import require_extra
from img2music.music.lyrics.words import words


def lemmatise(text: str) -> list[str]:
    """Give the lemmas of a clean English text's words, in order, in lower case and one for each word."""
    with require_extra("Finding the lemmas of lyrics", "lyrics"):
        import simplemma
    found = words(text)
    lemmas = {word: simplemma.lemmatize(word, lang="en").lower() for word in set(found)}
    return [lemmas[word] for word in found]
