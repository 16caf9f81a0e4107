"""Judging a finished model by the command, and what the reports hold."""

import base64
import io
import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
from PIL import Image

from img2music.errors import InputError, UsageError
from img2music.files import require_outputs
from img2music.research.images.anchors import ANCHORS
from img2music.research.images.datasets import DATASETS, load
from img2music.research.images.efficientnet import DEPTHS
from img2music.research.images.evaluation import Judged, judge_model, judge_recipe
from img2music.research.images.report import KIND, notes_on, report_on
from img2music.research.images.training import Learned
from img2music.research.onnx_graph import GraphBuilder
from img2music.vision.model import ImageAnalysis, ImageModel
from img2music.vision.model_files import DEFAULT, MODELS
from tests.support.commands import call, refused
from tests.support.rated_images import COUNT, made_up, save

pytestmark = pytest.mark.slow

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "evaluate-image.json").read_text())
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Counts what a page holds, and sees that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[bytes] = []
        self.text = ""
        self.feed(text)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            source = dict(attrs)["src"] or ""
            assert dict(attrs)["alt"]
            self.images.append(base64.b64decode(source.split(",", 1)[1], validate=True))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def run(*arguments: object) -> tuple[int, str]:
    return call("evaluate", "image", *arguments)[:2]


@pytest.fixture(scope="session")
def judged_oasis(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The recipe on a made-up OASIS, with features that are the images' colours."""
    images = load(made_up("oasis", tmp_path_factory.mktemp("report") / "set"))
    random = np.random.default_rng(0)
    marks = np.hstack([images.affect, 1 - images.affect]) @ random.normal(size=(4, sum(DEPTHS)))
    features = (marks + 0.05 * random.normal(size=marks.shape)).astype(np.float32)
    return judge_recipe(features, images, Learned([images], [features], GraphBuilder()).fit, folds=4, seed=1)


@pytest.mark.parametrize("name", DATASETS)
def test_a_finished_model_on_any_set(name: str, tmp_path: Path) -> None:
    data = made_up(name, tmp_path / "set")
    code, printed = run("--data", data, "--model", "emotion6-oasis-lite2", "--format", "json", "--seed", 2)
    assert code == 0
    report = json.loads(printed)
    jsonschema.validate(report, SCHEMA)
    assert (report["dataset"], report["images"], report["folds"], report["seed"]) == (name, COUNT, None, 2)
    assert report["random"] is report["grouped"] is None
    assert report["model"] == "emotion6-oasis-lite2/1"
    assert [anchor["what"] for anchor in report["anchors"]] == [anchor.what for anchor in ANCHORS.get(name, ())]
    assert report["notes"][0].startswith(f"None of these {COUNT} images trained the image model ({DEFAULT}/1)")

    # The figures are of what the model reads, as people of OASIS rate where these are its images.
    images = load(data)
    read = [item for item in ImageModel.load().read_as(name).analyze(images.paths) if isinstance(item, ImageAnalysis)]
    for axis, column in (("valence", 0), ("arousal", 1)):
        predicted = np.array([getattr(item.affect, axis) for item in read])
        rated = images.affect[:, column]
        figures = report["finished"][axis]
        assert figures["mae"] == pytest.approx(np.abs(predicted - rated).mean())
        assert figures["r"] == pytest.approx(np.corrcoef(predicted, rated)[0, 1])
        assert report["finished"][f"baseline_{axis}"]["r2"] == pytest.approx(0)
        low, high = figures["intervals"]["mae"]
        assert low <= figures["mae"] <= high
    assert set(report["finished"]["categories"]) == set(images.categories)


def test_it_says_that_the_images_trained_the_model(shared_data: Path, tmp_path: Path) -> None:
    names = ("Beach 1.jpg", "Beach 2.jpg", "Acorns 1.jpg")
    rows = [f"{shared_data / 'oasis' / 'images' / name},{number},{number}" for number, name in enumerate(names, 2)]
    save(tmp_path / "new.png", 3)
    (tmp_path / "ratings.csv").write_text("\n".join(["file,valence,arousal", *rows, "new.png,5,6"]))
    _, printed = run("--data", tmp_path / "ratings.csv", "--scale", "1-7", "--model", "emotion6-oasis-lite2")
    assert "3 of these 4 images trained the image model (emotion6-oasis-lite2/1)" in json.loads(printed)["notes"][0]


def test_a_model_file_of_ones_own_on_another_set(tmp_path: Path) -> None:
    model = onnx.load(MODELS / "emotion6-oasis-lite2.onnx")
    for entry in model.metadata_props:
        if entry.key == "name":
            entry.value = "mine"
    onnx.save(model, tmp_path / "mine.onnx")
    data = made_up("emotion6", tmp_path / "set")
    code, printed = run("--data", data, "--model", tmp_path / "mine.onnx")
    assert code == 0
    report = json.loads(printed)
    assert (report["model"], report["dataset"]) == ("mine/1", "emotion6")
    assert report["notes"][0].startswith("It is not known which files trained the image model (mine/1)")
    assert -1 <= report["finished"]["arousal"]["spearman"] <= 1


def test_a_damaged_image_is_left_out(tmp_path: Path) -> None:
    data = made_up("csv", tmp_path)
    (tmp_path / "pictures" / "7.png").write_bytes(b"nothing")
    code, printed = run("--data", data, "--model", "emotion6-oasis-lite2", "--report", tmp_path / "out")
    assert code == 1
    report = json.loads(printed)
    jsonschema.validate(report, SCHEMA)
    assert report["images"] == COUNT - 1
    assert [Path(error["path"]).name for error in report["errors"]] == ["7.png"]
    assert "1 of 24 images can't be read and are left out." in report["notes"]
    assert "7.png" in (tmp_path / "out" / "report.md").read_text()

    for number in range(COUNT):
        if number != 3:
            (tmp_path / "pictures" / f"{number}.png").write_bytes(b"nothing")
    with pytest.raises(UsageError, match=f"Only 1 of {COUNT} images can be read: .*0.png"):
        judge_model(ImageModel.load(), load(data))


def test_tables(tmp_path: Path) -> None:
    data = made_up("oasis", tmp_path)
    code, printed = run("--data", data, "--model", "emotion6-oasis-lite2", "--format", "table")
    assert code == 0
    assert "model emotion6-oasis-lite2/1 as it is, seed 0, unit scale" in printed
    for text in ("By category", "Object", "Scene", "not measured here", "GPT-4o", "0.0520", "vgg19_bn"):
        assert text in printed


def test_bad_usage(tmp_path: Path) -> None:
    data = made_up("csv", tmp_path)
    lines = data.read_text().splitlines()
    data.write_text("\n".join(lines[:2]))
    command = ("evaluate", "image", "--data", data)
    finished = (*command, "--model", "emotion6-oasis-lite2")
    assert "single image can't be judged" in refused(*finished)
    assert "--folds is for retraining" in refused(*finished, "--folds", 5)
    assert "is no scale" in refused(*command, "--scale", "wide")
    (tmp_path / "file").touch()
    assert "file: can't be made a folder" in refused(*finished, "--report", tmp_path / "file")


def test_report(judged_oasis: Judged, tmp_path: Path) -> None:
    notes = notes_on(judged_oasis)
    assert any("not the 900 published ratings of OASIS" in note for note in notes)
    files = report_on(judged_oasis, notes).write(tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["report.html", "report.json", "report.md"]

    assert require_outputs(KIND.files(tmp_path / "a" / "b")) == list(files)  # they may be replaced by another report
    (tmp_path / "report.md").write_text("# Mine\n")
    with pytest.raises(InputError, match=r"report\.md: is not a report of this kind"):
        require_outputs(KIND.files(tmp_path))

    report = json.loads(files[0].read_text())
    jsonschema.validate(report, SCHEMA)
    assert report == json.loads(json.dumps(report_on(judged_oasis, notes).to_dict()))
    assert report["grouped"] == json.loads(json.dumps(asdict(judged_oasis.evaluation)))["grouped"]

    page = Page(files[2].read_text(encoding="utf-8"))
    pictures = [Image.open(io.BytesIO(content)) for content in page.images]
    assert [picture.format for picture in pictures] == ["PNG"] * 3 + ["JPEG"] * COUNT
    assert all(max(picture.size) <= 160 for picture in pictures[3:])
    # Worst first, by what was predicted without the theme.
    distances = np.linalg.norm(judged_oasis.predicted["grouped"] - judged_oasis.images.affect, axis=1)
    order = [judged_oasis.images.paths[number].name for number in np.argsort(-distances, kind="stable")]
    shown = page.text[page.text.index("Worst misses") :]
    assert re.findall(r"Thing \w+ \d\.jpg", shown) == order
    grouped = judged_oasis.evaluation.grouped
    assert grouped is not None
    for text in (f"{grouped.valence.r:.3f}", "Conwell", "by theme", "Object"):
        assert text in page.text


def test_markdown_is_made_of_whole_tables(judged_oasis: Judged) -> None:
    text = report_on(judged_oasis, ["a | b"]).to_markdown()
    assert "- a \\| b" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert text.count("\n## ") == 5


def test_names_are_escaped(tmp_path: Path) -> None:
    name = "<b> & 'x'.png"
    rows = []
    for number, file in enumerate((name, "b.png", "c.png")):
        save(tmp_path / file, number)
        rows.append(f"{file},{number},{number}")
    (tmp_path / "r.csv").write_text("\n".join(["file,valence,arousal,category", *(f"{row},<i>" for row in rows)]))
    assert (
        run("--data", tmp_path / "r.csv", "--scale", "0-9", "--model", "emotion6-oasis-lite2", "--report", tmp_path)[0]
        == 0
    )
    page = Page((tmp_path / "report.html").read_text())
    assert name in page.text
    assert "<i>" in page.text


def test_without_matplotlib_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made_up("csv", tmp_path / "set")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    where = ("--data", data, "--model", "emotion6-oasis-lite2", "--report", tmp_path / "out")
    assert "img2music[plot]" in refused("evaluate", "image", *where)
    assert not (tmp_path / "out").exists()
