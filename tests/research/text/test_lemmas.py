import sys

import pytest

from img2music.errors import MissingExtraError
from img2music.music.lyrics.words import words
from img2music.research.text.lemmas import lemmatise


def test_words_are_runs_of_letters():
    found = words("It's a X-ray, 2 na\u00efve rock 'n' roll fans!")
    assert found == [
        "it's",
        "a",
        "x-ray",
        "na\u00efve",
        "rock",
        "n",
        "roll",
        "fans",
    ]


@pytest.mark.slow
def test_lemmas_stand_in_the_order_of_the_words():
    assert lemmatise("Houses were crying; men dreamed") == ["house", "be", "cry", "man", "dream"]


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "simplemma", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[lyrics\]"):
        lemmatise("houses")
