"""Judging the image model on one's own pictures, by the words of the README."""

import json
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.bad_usage import RATED_CSVS
from tests.e2e.command import ROOT, img2music

pytestmark = pytest.mark.slow


def readme_command() -> list[str]:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("img2music evaluate image --data ratings.csv")]
    return shlex.split(line, comments=True)[1:]


def pictures(folder: Path) -> None:
    rows = ["file,valence,arousal"]
    for number in range(12):
        name = f"picture {number}.jpg"
        Image.new("RGB", (90, 60), (20 * number, 100, 255 - 20 * number)).save(folder / name)
        rows.append(f"{name},{1 + number / 2},{7 - number / 2}")
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")


def test_the_words_of_the_readme_do(tmp_path: Path) -> None:
    pictures(tmp_path)
    outcome = img2music(*readme_command(), home=tmp_path, cwd=tmp_path).sound(0)
    assert "None of these 12 images trained the image model" in outcome.err
    assert "report.html" in outcome.err
    assert outcome.json["images"] == 12
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == outcome.json
    assert (tmp_path / "report" / "report.html").read_text(encoding="utf-8").count("<figure>") == 12
    table = img2music(*readme_command(), "--force", "--format", "table", home=tmp_path, cwd=tmp_path).sound(0).out
    assert "model emotion6-oasis-lite2/1 as it is" in table


def test_retraining_on_ones_own_pictures(tmp_path: Path) -> None:
    pictures(tmp_path)
    arguments = ("evaluate", "image", "--data", "ratings.csv", "--scale", "1-7", "--folds", "3")
    report = img2music(*arguments, home=tmp_path, cwd=tmp_path).sound(0).json
    assert report["grouped"] is None
    assert report["random"]["valence"]["r"] > 0.5  # the colours tell
    assert any("no folds by theme" in note for note in report["notes"])


@pytest.mark.parametrize("name", RATED_CSVS)
def test_bad_tables(name: str, tmp_path: Path) -> None:
    text, says = RATED_CSVS[name]
    Image.new("RGB", (90, 60), "navy").save(tmp_path / "photo.jpg")
    (tmp_path / name).write_text(text.format(photo="photo.jpg"), "utf-8")
    arguments = (
        "evaluate",
        "image",
        "--data",
        name,
        "--scale",
        "0-1",
        "--model",
        "emotion6-oasis-lite2",
        "--report",
        "report",
    )
    outcome = img2music(*arguments, home=tmp_path, cwd=tmp_path).sound(2)
    assert re.search(says, outcome.err, re.IGNORECASE), outcome
    assert len(outcome.err.splitlines()) == 1
    assert not outcome.out
    assert not list(tmp_path.glob("report/*"))
