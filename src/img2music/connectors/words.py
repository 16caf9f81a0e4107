"""Names of songs and artists as different sources write them."""

import re
import unicodedata


def first_artist(artist: str) -> str:
    """Tell the first of several artists.

    Parameters
    ----------
    artist : str
        One line; `sources.tags` puts ``"; "`` between several.

    Returns
    -------
    str
    """
    return artist.split("; ", maxsplit=1)[0]


def same_words(ours: str, theirs: object) -> bool:
    """Tell whether two names are of the same thing, whatever their case, accents and punctuation.

    Parameters
    ----------
    ours : str
    theirs : object
        What a service says; it may say more ("Nina Simone, Hal Mooney" for "Nina Simone").

    Returns
    -------
    bool
        Whether the words of ``ours`` begin ``theirs``.
    """
    if not isinstance(theirs, str):
        return False
    wanted = _words(ours)
    return bool(wanted) and _words(theirs)[: len(wanted)] == wanted


def _words(text: str) -> list[str]:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.findall(r"\w+", plain.replace("'", "").replace("\u2019", ""))
