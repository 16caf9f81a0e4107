"""The commands that read lyrics, as a person runs them."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.command import ROOT, img2music
from tests.support.rated_texts import emobank_csv

pytestmark = pytest.mark.slow

SCHEMAS = ROOT / "docs" / "schemas"

LYRICS = {
    "glad.lrc": b"[ar:Nobody]\n[00:01.00]What a wonderful morning, the sun is shining\n[00:05.00]We laugh and we love",
    "sad.txt": "\ufeffEverybody is dead and gone\nI am crying in the cold, alone\n".encode("utf-16"),
    "finnish.txt": "Lapset nauroivat ja tanssivat l\u00e4mpim\u00e4ss\u00e4 auringonpaisteessa".encode(),
    "french.txt": "Je marche seul dans la rue d\u00e9serte pendant la nuit".encode("cp1252"),
    "short.txt": b"la la la",
    "empty.txt": b"",
}


def checked(name, shape):
    jsonschema.validate(shape, json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
    return shape


def test_lyrics_affect(tmp_path, languages_extra):
    for name, content in LYRICS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "song.mp3").write_bytes(b"ID3\x03\0\0\0")
    lexicon = tmp_path / "lexicon"
    lexicon.write_text("term\tvalence\tarousal\nwonderful\t1\t0.5\nlaugh\t0.5\t0.5\ndead\t-1\t0\n")
    paths = [tmp_path / name for name in LYRICS]
    arguments = ("lyrics", "affect", *paths, tmp_path / "song.mp3", tmp_path / "none", "--lexicon", lexicon)
    shape = checked("lyrics-affect", img2music(*arguments, home=tmp_path).sound(1).json)
    assert [item["language"] for item in shape["items"]] == ["en", "en", "fi", "fr", None, None]
    glad, sad, finnish, french, short, empty = shape["items"]
    assert glad["affect"]["valence"] > 0.5 > sad["affect"]["valence"]
    assert glad["lexicon"]["affect"] == {"valence": 0.875, "arousal": 0.75}
    assert [item["affect"] for item in (finnish, short, empty)] == [None] * 3
    assert finnish["reason"] == "in fi, which no model here reads"
    assert (french["model"], french["lexicon"]) == ("text-affect-multilingual/1", None)
    assert [Path(error["path"]).name for error in shape["errors"]] == ["song.mp3", "none"]
    table = img2music("lyrics", "affect", *paths, "--model", "minilm", "--format", "table", home=tmp_path)
    assert "which no model" in table.sound(0).out
    shape = img2music("lyrics", "affect", tmp_path / "glad.lrc", "--model", "multilingual", home=tmp_path).sound(0).json
    assert shape["items"][0]["model"] == "text-affect-multilingual/1"


def test_a_bad_lexicon_is_one_line(tmp_path):
    (tmp_path / "lexicon").write_text("term\tvalence\tarousal\nglow\t2\t0\n")
    (tmp_path / "a.txt").write_bytes(LYRICS["glad.lrc"])
    done = img2music("lyrics", "affect", "a.txt", "--lexicon", "lexicon", home=tmp_path).sound(2)
    assert done.out == ""
    assert "row 2: valence 2 is outside" in done.err
    assert done.err.count("\n") == 1


def test_evaluate_text(tmp_path, languages_extra):
    emobank = emobank_csv(tmp_path / "emobank.csv")
    lexicon = tmp_path / "lexicon"
    lexicon.write_text("term\tvalence\tarousal\nhappy\t1\t0.5\nawful\t-0.5\t0.5\n")
    arguments = ("evaluate", "text", "--emobank", emobank, "--lexicon", lexicon, "--folds", "3")
    shape = checked("evaluate-text", img2music(*arguments, home=tmp_path).sound(0).json)
    assert (shape["split"], shape["sentences"], shape["answered"]) == ("test", 20, 1.0)
    mean, words, small, large, languages, recipe = shape["readings"]
    assert mean["valence"]["r"] is None
    assert words["name"] == "NRC-VAD v2"
    assert (small["name"], large["name"]) == ("text-affect/1", "text-affect-minilm/1")
    assert languages["name"] == "text-affect-multilingual/1"
    assert small["valence"]["r"] > 0.8
    assert recipe["texts"] == "all, 3 folds by document"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--emobank", "none.csv"], "none.csv: no such file"),
        (["--emobank", "emobank.csv", "--model", "emobank.csv"], "not a readable model file"),
        (["--emobank", "lexicon"], "line 1 lacks id, V, A"),
    ],
)
def test_bad_input_of_evaluate_text(tmp_path, options, said):
    emobank_csv(tmp_path / "emobank.csv")
    (tmp_path / "lexicon").write_text("term\tvalence\tarousal\nglow\t0\t0\n")
    done = img2music("evaluate", "text", *options, home=tmp_path).sound(2)
    assert said in done.err
    assert done.err.count("\n") == 1


def test_only_a_lexicon_whose_terms_allow_it_trains(tmp_path):
    emobank_csv(tmp_path / "emobank.csv")
    (tmp_path / "lexicon").write_text("term\tvalence\tarousal\nglow\t0\t0\n")
    arguments = ("train", "text", "--emobank", "emobank.csv", "--glasgow", "lexicon", "--out", "model.npz")
    done = img2music(*arguments, home=tmp_path).sound(2)
    assert "is NRC-VAD v2; the Glasgow Norms are needed" in done.err
    assert not (tmp_path / "model.npz").exists()
