"""Words of a text."""

import re

WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")


def words(text: str) -> list[str]:
    """Give the words of a text, in order and in lower case.

    Parameters
    ----------
    text : str
        Clean, as by `img2music.music.lyrics.cleaning.clean`.

    Returns
    -------
    list of str
        Runs of letters, which an apostrophe or a hyphen may join; no numbers.
    """
    return WORD.findall(text.lower())
