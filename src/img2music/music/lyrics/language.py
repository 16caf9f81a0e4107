"""Which language lyrics are in."""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from img2music.music.lyrics.words import words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

CERTAIN = 0.5
"""Probability below which no language is named."""
FEWEST_WORDS = 4
"""Different words below which no language is named: "la la la" is none, and one name may be of any."""
LONGEST = 4000
"""Characters that are looked at."""
LEFT_OUT = frozenset({"pcm", "wuu", "yue"})
"""Nigerian Pidgin, which takes English lines of simple words away from English; Wu and Cantonese, which take lines away
from standard Chinese, in which most songs in them are written."""

_loading = threading.Lock()


def detect(text: str) -> str | None:
    """Tell the language of a clean text by its ISO 639 code; None where it is too short or too mixed to tell."""
    excerpt = text[:LONGEST]
    if len(set(words(excerpt))) < FEWEST_WORDS and excerpt.isascii():
        return None
    with _loading:
        identifier = _identifier()
    code, probability = identifier.classify(excerpt)
    return str(code) if probability >= CERTAIN and code not in ("zxx", "und") else None


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """py3langid's naive Bayes model of byte n-grams (Lui & Baldwin 2012, ACL system demonstrations)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in identifier.nb_classes if code not in LEFT_OUT])
    return identifier
