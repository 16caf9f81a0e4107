"""Names of songs and artists as different sources write them."""

import re
import unicodedata


def first_artist(artist: str) -> str:
    """Tell the first of several artists."""
    return artist.split("; ", maxsplit=1)[0]


def same_words(ours: str, theirs: object) -> bool:
    """Tell whether two names are of the same thing, whatever their case, accents and punctuation."""
    if not isinstance(theirs, str):
        return False
    wanted = _words(ours)
    return bool(wanted) and _words(theirs)[: len(wanted)] == wanted


def _words(text: str) -> list[str]:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.findall(r"\w+", plain.replace("'", "").replace("\u2019", ""))
