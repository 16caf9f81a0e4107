"""Models that are added and chosen, and explanations, with the real command."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from demo.media import copy_photos, music_folder
from tests.e2e.command import ROOT, Outcome, img2music
from tests.support.small_models import BAD_MODELS, colour_model, written

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user with photos, a sound and a model file."""
    home = tmp_path_factory.mktemp("home")
    copy_photos(home / "photos")
    (home / "photo.png").write_bytes((home / "photos" / "cat.png").read_bytes())
    Image.new("RGB", (40, 30), (255, 51, 0)).save(home / "red.png")
    song = next(path for path in sorted(music_folder().rglob("*.opus")))
    (home / "song.opus").write_bytes(song.read_bytes())
    written(home, colour_model())
    return home


def validated(outcome: Outcome, name: str) -> dict:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    jsonschema.validate(outcome.json, schema)
    assert outcome.json["schema"] == schema["title"]
    return outcome.json


def model_of(outcome: Outcome) -> str:
    return outcome.sound(0).json["items"][0]["model"]


def test_a_model_is_added_shown_chosen_and_removed(home: Path) -> None:
    shipped = validated(img2music("models", "list", home=home).sound(0), "models")
    default = shipped["default"]
    assert [model["name"] for model in shipped["models"] if model["default"]] == [default]

    assert "colours is added" in img2music("models", "add", "colours.onnx", home=home).sound(0).err
    listed = validated(img2music("models", "list", home=home).sound(0), "models")
    assert [(m["name"], m["origin"]) for m in listed["models"]][-1] == ("colours", "added")
    shown = validated(img2music("models", "show", "colours", home=home).sound(0), "model")
    assert (shown["model"], shown["seed"], shown["side"]) == ("colours/1", "7", 32)
    assert model_of(img2music("analyze", "red.png", home=home)).startswith(default)
    assert model_of(img2music("analyze", "red.png", "--image-model", "colours", home=home)) == "colours/1"

    img2music("models", "use", "colours", home=home).sound(0)
    outcome = img2music("analyze", "red.png", home=home)
    assert model_of(outcome) == "colours/1"
    assert outcome.json["items"][0]["affect"] == pytest.approx({"valence": 1.0, "arousal": 0.2})
    assert model_of(img2music("analyze", "red.png", home=home, IMG2MUSIC_IMAGE_MODEL=default)).startswith(default)
    doctor = img2music("doctor", home=home).sound(0).json
    assert {"name": "image model", "status": "ok", "detail": "colours/1 works"} in doctor["checks"]
    table = img2music("models", "list", "--format", "table", home=home).sound(0).out
    assert re.search(r"colours +default +added", table)

    assert f"such as {default}" in img2music("models", "remove", "colours", home=home).sound(2).err
    img2music("models", "use", default, home=home).sound(0)
    img2music("models", "remove", "colours", home=home).sound(0)
    assert img2music("models", "list", home=home).sound(0).json == shipped


def test_the_shipped_model_has_a_card(home: Path) -> None:
    shown = validated(img2music("models", "show", home=home).sound(0), "model")
    assert "OASIS" in shown["data"]
    assert shown["command"].startswith("img2music train image")
    assert shown["metrics"]
    table = img2music("models", "show", "--format", "table", home=home).sound(0).out
    assert "ms an image, on one thread" in table


def test_reading_a_picture_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    """Libraries may report home, and keep a device id for it."""
    img2music("analyze", home / "red.png", home / "song.opus", home=tmp_path).sound(0)
    assert list(tmp_path.rglob("*")) == []


def test_a_chosen_model_that_is_gone(home: Path, tmp_path: Path) -> None:
    written(tmp_path, colour_model())
    img2music("models", "add", "colours.onnx", home=tmp_path).sound(0)
    img2music("models", "use", "colours", home=tmp_path).sound(0)
    (added,) = (tmp_path / "data").rglob("colours.onnx")
    added.unlink()
    (line,) = img2music("analyze", home / "red.png", home=tmp_path).sound(2).err.splitlines()
    assert re.search(r"colours, which you have chosen \(choose [\w-]+ to go back", line)
    listed = img2music("models", "list", home=tmp_path).sound(0)
    assert listed.json["default"] == "colours"
    assert "no model file colours" in listed.err


@pytest.mark.parametrize("kind", ["empty", "other_format", "deep_reference", "huge_side", "not_numbers"])
def test_bad_models(kind: str, home: Path, tmp_path: Path) -> None:
    content, says = BAD_MODELS[kind]
    file = written(tmp_path, content, "bad.onnx")
    for words in (("models", "add", file), ("models", "show", file), ("analyze", "red.png", "--image-model", file)):
        outcome = img2music(*words, home=home).sound(2)
        (line,) = outcome.err.splitlines()
        assert re.search(says, line), outcome
    assert not list((home / "data").rglob("*bad*"))


def test_recommend_reads_photos_with_the_model_that_is_asked_for(home: Path, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "song.opus").write_bytes((home / "song.opus").read_bytes())
    words = ("recommend", home / "red.png", "--music", tmp_path / "music", "--image-model", home / "colours.onnx")
    (found,) = img2music(*words, home=tmp_path).sound(0).json["recommendations"]
    assert found["query"]["affect"] == pytest.approx({"valence": 1.0, "arousal": 0.2})


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_is_explained(home: Path, tmp_path: Path, suffix: str) -> None:
    drawing = tmp_path / f"why.{suffix}"
    outcome = img2music("analyze", "photo.png", "--explain", drawing, home=home).sound(0)
    assert [item["kind"] for item in outcome.json["items"]] == ["image"]
    assert "drawn to" in outcome.err
    if suffix == "png":
        with Image.open(drawing) as image:
            assert image.width > 3 * image.height
            assert len(image.convert("RGB").getcolors(1 << 20) or []) > 1000
    else:
        assert "photo.png" in drawing.read_text()
    assert list(tmp_path.iterdir()) == [drawing]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["photo.png", "red.png", "--explain", "why.png"], r"one picture .* not 2"),
        (["photos", "--explain", "why.png"], r"one picture .*photos is a folder"),
        (["song.opus", "--explain", "why.png"], r"only a picture .*song\.opus"),
        (["photo.png", "--explain", "photo.png"], r"would replace the picture photo\.png"),
        (["photo.png", "--explain", "why.jpg"], r"png.*svg.*why\.jpg"),
        (["photo.png", "--explain", "nowhere/why.png"], r"nowhere"),
        (["gone.png", "--explain", "why.png"], r"gone\.png: no such file"),
        (["photo.png", "--image-model", "nothing"], r"no model file nothing"),
    ],
)
def test_what_can_not_be_explained(words: list[str], says: str, home: Path) -> None:
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    outcome = img2music("analyze", *words, home=home).sound(2)
    assert re.search(says, outcome.err, re.IGNORECASE), outcome
    assert {path: path.read_bytes() for path in home.iterdir() if path.is_file()} == before
