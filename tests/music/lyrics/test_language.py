import pytest

from img2music.music.lyrics.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I walk alone through the empty street at night", "en"),
        ("Ich gehe allein durch die leere Stra\u00dfe in der Nacht", "de"),
        ("Je marche seul dans la rue vide pendant la nuit", "fr"),
        ("Camino solo por la calle vac\u00eda durante la noche", "es"),
        ("\u79c1\u306f\u591c\u306e\u8857\u3092\u4e00\u4eba\u3067\u6b69\u3044\u3066\u3044\u308b", "ja"),
    ],
)
def test_languages_are_told(text, language):
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "la la la la la", "Baby", "123 456", "oh oh oh yeah", "\u00f8"])
def test_short_texts_are_not_guessed_at(text):
    assert detect(text) is None
