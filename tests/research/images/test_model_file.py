"""What a model file says of what it was trained on."""

from pathlib import Path

import numpy as np
import pytest

from img2music.affect import SCALES, Scale
from img2music.research.images.datasets import load
from img2music.research.images.model_file import metadata
from tests.support.rated_images import made_up, save


def described(data: Path, scale: Scale | None = None) -> dict[str, str]:
    images = load(data, scale=scale)
    return metadata(
        [images],
        Path("out") / "mine.onnx",
        "",
        options={"seed": 3},
        learned="",
        licence="",
        metrics={},
        unseen=images.affect,
    )


@pytest.mark.parametrize(
    ("name", "source", "scale"),
    [
        ("oasis", "OASIS (Kurdi, Lozano & Banaji 2017)", "unit: (x - 1) / 6 of the ratings from 1 to 7"),
        (
            "emotion6",
            "Emotion6 (Peng, Chen, Sadovnik & Gallagher 2015)",
            "unit: (x - 1) / 8 of the ratings from 1 to 9",
        ),
        ("csv", "ratings.csv", "unit: x / 1 of the ratings from 0 to 1"),
    ],
)
def test_the_set_and_the_scale_are_those_that_it_learned_from(
    name: str, source: str, scale: str, tmp_path: Path
) -> None:
    found = described(made_up(name, tmp_path / "set"))
    assert found["data"] == source
    assert found["scale"] == f"{scale}; valence, arousal"
    given = "ratings.csv --scale 0-1" if name == "csv" else name
    assert found["command"] == f"img2music train image --data {given} --out mine.onnx --seed 3"
    assert found["name"] == "mine"


def test_several_sets_are_all_named(tmp_path: Path) -> None:
    sets = [load(made_up(name, tmp_path / name)) for name in ("emotion6", "csv", "oasis")]
    found = metadata(
        sets,
        Path("out") / "mine.onnx",
        "",
        options={},
        learned=", 72 images",
        licence="",
        metrics={},
        unseen=sets[0].affect,
    )
    assert found["data"] == f"{sets[0].source} and ratings.csv and {sets[2].source}, 72 images"
    assert found["command"] == (
        "img2music train image --data emotion6 --data ratings.csv --data oasis --scale 0-1 --out mine.onnx"
    )
    assert found["scale"].count("of the ratings") == 3


def test_a_table_of_several_scales_names_them_all(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    table = tmp_path / "our photos.csv"
    table.write_text("file,valence,arousal,scale\na.png,2,3,oasis\nb.png,0.5,0,-1-1\n")
    found = described(table)
    assert found["scale"] == (
        "unit: (x - 1) / 6 of the ratings from 1 to 7 and (x + 1) / 2 of the ratings from -1 to 1; valence, arousal"
    )
    assert "--data 'our photos.csv' --out" in found["command"]
    table.write_text("file,valence,arousal\na.png,2,3\nb.png,9,1\n")
    assert "(x - 1) / 8 of the ratings from 1 to 9" in described(table, SCALES["deam"])["scale"]


def test_the_reference_is_of_what_it_reads_in_unseen_images(tmp_path: Path) -> None:
    import json

    reference = json.loads(described(made_up("csv", tmp_path))["reference"])
    assert len(reference["valence"]) == 101
    assert np.all(np.diff(reference["valence"]) >= 0)
