"""Training and judging on a small part of the real set, by the commands."""

import csv
import json
import shutil
from collections import defaultdict
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
from PIL import Image

from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.research.images.datasets import load
from img2music.research.images.training import read_sets, train
from img2music.vision.model import ImageAnalysis, ImageModel, read_pixels
from img2music.vision.model_files import DEFAULT
from tests.support.commands import call, refused
from tests.support.rated_images import COUNT, made_up

SCHEMA = Path(__file__).parents[1] / "docs" / "schemas" / "evaluate-image.json"
THEMES = {"Acorns", "Alcohol", "Beach", "Bird", "Cat", "Dog", "Fire", "Flowers", "Lake", "Penguins", "Rocks", "Snow"}


@pytest.fixture(scope="session")
def small_oasis(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of OASIS, with five photos at most of twelve harmless themes only."""
    folder = tmp_path_factory.mktemp("oasis")
    (folder / "images").mkdir()
    with (shared_data / "oasis" / "OASIS.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    themes = defaultdict(list)
    for row in rows:
        themes[row[1].rstrip("0123456789 ")].append(row)
    kept = [row for theme in sorted(THEMES) for row in themes[theme][:5]]
    for row in kept:
        name = f"{row[1].strip()}.jpg"
        shutil.copyfile(shared_data / "oasis" / "images" / name, folder / "images" / name)
    with (folder / "OASIS.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *kept])
    return folder


def run(*arguments: object) -> tuple[int, str]:
    return call(*arguments)[:2]


def test_train_then_analyze(small_oasis: Path, tmp_path: Path) -> None:
    output = tmp_path / "small.onnx"
    output.write_bytes(b"\x08\x08\x12\x09img2music")  # an older model
    options = ("--seed", "3", "--format", "json", "--force")
    code, printed = run("train", "image", "--data", small_oasis, "--out", output, *options)
    assert code == 0
    report = json.loads(printed)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    assert list(tmp_path.iterdir()) == [output]

    model = ImageModel.load(output)
    assert model.name == "small/1"
    assert model.metadata["command"] == "img2music train image --data oasis --out small.onnx --seed 3"
    metrics = json.loads(model.metadata["metrics"])
    assert {**metrics, "schema": report["schema"]} == report
    assert set(json.loads(model.metadata["coverage"])) == {"valence", "arousal"}
    images = load(small_oasis)
    found = [item for item in model.analyze(images.paths) if isinstance(item, ImageAnalysis)]
    predicted = np.array([(item.affect.valence, item.affect.arousal) for item in found])
    assert predicted.shape == images.affect.shape
    # It has seen these.
    for axis in (0, 1):
        assert np.corrcoef(predicted[:, axis], images.affect[:, axis])[0, 1] > 0.8
    spreads = np.array([item.spread for item in found])
    assert spreads.shape == images.affect.shape
    assert 0.01 < spreads.min() < spreads.max() < 0.5
    assert np.abs(model.reference.valence.mean() - images.affect[:, 0].mean()) < 0.1


def test_a_model_trained_on_a_csv_says_so(tmp_path: Path) -> None:
    data = made_up("csv", tmp_path / "set")
    data.write_text(data.read_text().replace(",0-1", ",nrc-vad-2"))
    output = tmp_path / "mine.onnx"
    assert run("train", "image", "--data", data, "--out", output)[0] == 0
    metadata = ImageModel.load(output).metadata
    assert metadata["data"] == f"ratings.csv, {COUNT} images; ImageNet (ILSVRC 2012)"
    assert metadata["scale"] == "unit: (x + 1) / 2 of the ratings from -1 to 1; valence, arousal"
    assert metadata["command"].startswith("img2music train image --data ratings.csv --scale nrc-vad-2 --out mine.onnx")


def test_word_norms_are_read_beside_the_features(small_oasis: Path, shared_data: Path, tmp_path: Path) -> None:
    output = tmp_path / "words.onnx"
    lexicon = ("--lexicon", shared_data / "lexicons" / "glasgow.csv")
    code, printed = run("train", "image", "--data", small_oasis, "--out", output, *lexicon, "--format", "json")
    assert code == 0
    metadata = ImageModel.load(output).metadata
    assert metadata["command"] == "img2music train image --data oasis --out words.onnx --seed 0 --lexicon glasgow.csv"
    assert "; Glasgow Norms, 527 words" in metadata["data"]
    trained = json.loads(printed)

    # evaluate judges the same recipe, with the same norms.
    code, printed = run("evaluate", "image", "--data", small_oasis, *lexicon, "--format", "json")
    assert code == 0
    assert json.loads(printed)["grouped"] == trained["grouped"]


def test_several_sets_make_one_model(small_oasis: Path, tmp_path: Path) -> None:
    """People of the other set call everything pleasant and calm; each is read as it rates."""
    other = made_up("csv", tmp_path / "other set")
    head, *rows = other.read_text().splitlines()
    other.write_text(
        "\n".join([head, *(f"{row.split(',')[0]},{0.8 + n / 200},{0.2},0-1" for n, row in enumerate(rows))])
    )
    output = tmp_path / "both.onnx"
    sets = ("--data", small_oasis, "--data", other)
    code, printed = run("train", "image", *sets, "--out", output, "--format", "json")
    assert code == 0
    trained = json.loads(printed)
    assert (trained["dataset"], trained["recipe"]) == ("oasis", "beside all of ratings")
    model = ImageModel.load(output)
    assert model.metadata["command"].startswith("img2music train image --data oasis --data ratings.csv --scale 0-1 ")
    assert model.metadata["data"].startswith("OASIS (Kurdi, Lozano & Banaji 2017) and ratings.csv, ")
    pixels = np.stack([read_pixels(path, model.side)[0] for path in load(small_oasis).paths[:8]])
    theirs = model.read_as("ratings").predict(pixels)
    assert theirs.mean(axis=0) == pytest.approx([0.85, 0.2], abs=0.1)
    assert np.abs(model.predict(pixels) - theirs).max() > 0.2
    assert np.array_equal(model.read_as("oasis").predict(pixels), model.predict(pixels))
    assert "affect_ratings" in {node.name for node in onnx.load(output).graph.output}

    # A finished model is judged as the people rate whose images it is judged on.
    code, printed = run("evaluate", "image", "--data", other, "--model", output, "--format", "json")
    assert code == 0
    finished = json.loads(printed)["finished"]
    assert finished["valence"]["rmse"] < 0.05
    assert finished["arousal"]["rmse"] < 0.05
    code, printed = run("evaluate", "image", *sets, "--format", "json")
    assert code == 0
    assert json.loads(printed)["grouped"] == trained["grouped"]


def test_evaluate(small_oasis: Path) -> None:
    arguments = ("evaluate", "image", "--data", small_oasis, "--folds", 4, "--seed", 1)
    code, printed = run(*arguments, "--format", "json")
    assert code == 0
    report = json.loads(printed)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    assert report["schema"] == "img2music/evaluate-image/1"
    assert (report["folds"], report["seed"], report["themes"]) == (4, 1, len(THEMES))
    for split in ("random", "grouped"):
        for axis in ("valence", "arousal"):
            figures = report[split][axis]
            assert figures["rmse"] == pytest.approx(figures["mse"] ** 0.5)
            assert 0 <= figures["accuracy"] <= 1
            assert report[split][f"baseline_{axis}"]["r"] is None
    # Even on so few photos, with others of the same theme known, it beats the mean.
    assert report["random"]["arousal"]["mse"] < report["random"]["baseline_arousal"]["mse"]

    code, table = run(*arguments, "--format", "table")
    assert code == 0
    assert f"{report['images']} images of {len(THEMES)} themes, 4 folds, seed 1, unit scale" in table
    assert f"{report['grouped']['valence']['r']:.3f}" in table


def rated_colours(folder: Path, rows: list[tuple[tuple[int, int, int], float, float, str]]) -> Path:
    """A table of small pictures: colour, valence and arousal on the unit scale, group."""
    folder.mkdir()
    lines = ["file,valence,arousal,group"]
    for number, (colour, valence, arousal, group) in enumerate(rows):
        Image.new("RGB", (16, 12), colour).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{valence:.4f},{arousal:.4f},{group}")
    (folder / f"{folder.name}.csv").write_text("\n".join(lines))
    return folder / f"{folder.name}.csv"


def test_what_other_sets_alone_teach(tmp_path: Path) -> None:
    """Of the same pictures, the others say the opposite; the third set is read as the second's people rate."""
    shades = [(number / 15, (30 + 13 * number, 80, 225 - 13 * number)) for number in range(16)]
    ours = [(colour, 0.2 + 0.6 * x, 0.7 - 0.4 * x, f"g{number // 4}") for number, (x, colour) in enumerate(shades)]
    theirs = [(colour, 0.6 - 0.5 * x, 0.1 + 0.3 * x, "") for x, colour in shades]
    third = [(colour, 0.95 - 0.5 * x, 0.6 + 0.3 * x, "") for x, colour in shades]
    sets = [rated_colours(tmp_path / name, rows) for name, rows in (("a", ours), ("b", theirs), ("c", third))]
    data = [argument for file in sets for argument in ("--data", file)]
    options = ("--scale", "0-1", "--folds", 2, "--format", "json", "--report", tmp_path / "report")
    code, printed = run("evaluate", "image", *data, *options)
    assert code == 0
    report = json.loads(printed)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    for axis, column in (("valence", 1), ("arousal", 2)):
        rated, taught = (np.array([row[column] for row in rows]) for rows in (ours, theirs))
        assert report["others"][axis]["r"] < -0.9
        assert report["others"][axis]["mse"] == pytest.approx(np.square(rated - taught).mean(), rel=0.3)
        mean = report["others"][f"baseline_{axis}"]["mse"]
        assert mean == pytest.approx(np.square(rated - taught.mean()).mean(), abs=1e-6)
    shown = (tmp_path / "report" / "report.md").read_text()
    assert f"| other sets alone | model | valence | {report['others']['valence']['r']:.3f} |" in shown
    assert report["coverage"] is None  # four groups are too few
    assert "80 % interval" not in shown


def test_what_the_interval_holds(tmp_path: Path) -> None:
    """Two pictures of a colour have the same ratings, of which other colours say nothing: known, all would be held."""
    random = np.random.default_rng(0)
    rows = []
    for group in range(24):
        valence, arousal = random.uniform(0.1, 0.9, 2).tolist()
        red, green, blue = random.integers(0, 255, 3).tolist()
        rows += [((red, green, blue), valence, arousal, f"g{group}")] * 2
    data = rated_colours(tmp_path / "a", rows)
    options = ("--scale", "0-1", "--folds", 2, "--format", "json", "--report", tmp_path / "report")
    code, printed = run("evaluate", "image", "--data", data, *options)
    assert code == 0
    report = json.loads(printed)
    shown = (tmp_path / "report" / "report.md").read_text()
    for axis in ("valence", "arousal"):
        share = report["coverage"][axis]
        assert 0.65 < share < 0.9
        assert f"| {axis} | {share:.3f} |" in shown[shown.index("## 80 % interval") :]
    assert report["others"] is None
    assert "other sets alone" not in shown


def test_the_same_seed_gives_the_same_file(small_oasis: Path, tmp_path: Path) -> None:
    images = load(small_oasis)
    for name in ("one", "two"):
        train([images], tmp_path / f"{name}.onnx", seed=5, name="same")
    one, two = (onnx.load(tmp_path / f"{name}.onnx") for name in ("one", "two"))
    assert one.graph == two.graph
    kept = [{entry.key: entry.value for entry in model.metadata_props} for model in (one, two)]
    assert kept[0].pop("command") == kept[1].pop("command").replace("two", "one")
    assert kept[0] == kept[1]


def test_what_can_not_be_trained(
    small_oasis: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    training = ("train", "image", "--data", small_oasis, "--out", tmp_path / "model.onnx")
    evaluation = ("evaluate", "image", "--data", small_oasis)
    told = refused(*training[:-1], tmp_path / "missing" / "model.onnx")
    assert "missing/model.onnx: can't be written" in told
    assert "OASIS.csv" in refused("train", "image", "--data", tmp_path, "--out", tmp_path / "model.onnx")
    assert "number of images, " in refused(*evaluation, "--folds", 1000)
    assert list(tmp_path.iterdir()) == []

    broken = tmp_path / "broken"
    shutil.copytree(small_oasis, broken)
    victim = broken / "images" / "Fire 1.jpg"
    victim.write_bytes(victim.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"Fire 1\.jpg: the image is damaged"):
        read_sets([load(broken)], None)

    words = tmp_path / "words.csv"
    words.write_text("word,arousal_mean,valence_mean\nvolcano,7,4\n")
    assert "Glasgow Norms has only 1 of the names" in refused(*training, "--lexicon", words)
    assert "nowhere.csv" in refused(*evaluation, "--lexicon", tmp_path / "nowhere.csv")
    for command in ((*evaluation, "--model", "emotion6-oasis-lite2"), (*training, "--network", "resnet50")):
        assert "--lexicon" in refused(*command, "--lexicon", shared_data / "lexicons" / "glasgow.csv")

    few = load(small_oasis)
    few = type(few)(few.paths[:3], few.affect[:3], few.themes[:3])
    with pytest.raises(UsageError, match="at least 5 themes; those of ratings are of 1"):
        train([few], tmp_path / "model.onnx")
    with pytest.raises(UsageError, match="name of its own; these are called oasis and oasis"):
        train([load(small_oasis)] * 2, tmp_path / "model.onnx")
    assert "--data may be given 2 times only" in refused(*training, "--data", small_oasis, "--network", "resnet50")
    assert "--data may be given 2 times only" in refused(*evaluation, "--data", small_oasis, "--model", DEFAULT)
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[train\]"):
        read_sets([few], None)


def test_wrong_usage(tmp_path: Path) -> None:
    for arguments in (
        ("train", "image"),
        ("train", "image", "--data", tmp_path),
        ("evaluate", "image", "--data", tmp_path, "--folds", 1),
        ("evaluate", "image", "--data", tmp_path, "--seed", -1),
    ):
        assert run(*arguments)[0] == 2
