"""Words of a text."""

import re

UNSPACED = "\u0e01-\u0e5b\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Letters of Thai, Japanese and Chinese, which are written without blanks."""
WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
COUNTED = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\W\d_{UNSPACED}]+(?:['\-][^\W\d_{UNSPACED}]+)*")


def words(text: str) -> list[str]:
    """Give the words of a text, in order and in lower case."""
    return WORD.findall(text.lower())


def counted_words(text: str) -> list[str]:
    """Give what counts as a word of a text in any language: two letters do where words are not parted by blanks."""
    return COUNTED.findall(text.lower())
