"""Words of a text."""

import re

WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")


def words(text: str) -> list[str]:
    """Give the words of a text, in order and in lower case."""
    return WORD.findall(text.lower())
