import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from img2music.affect import SCALES, Scale
from img2music.errors import InputError, UsageError
from img2music.research.images.datasets import DATASETS, checksum_of, is_as_published, load
from tests.support.commands import call
from tests.support.rated_images import COUNT, made_up, save

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "datasets.json"


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set(name: str, tmp_path: Path) -> None:
    dataset = DATASETS[name]
    assert dataset.name == name
    for text in (dataset.title, dataset.licence, dataset.citation, dataset.source, dataset.layout):
        assert text.strip() == text != ""
    assert (dataset.images is None) == (dataset.scale is None) == (dataset.table is None)
    if dataset.images is not None:
        assert re.search(r"\(\d{4}\)", dataset.citation)
        assert dataset.source.startswith("http")
    assert dataset.checksum is None or re.fullmatch("[0-9a-f]{64}", dataset.checksum)

    data = made_up(name, tmp_path / "set")
    images = load(data)
    assert images.dataset == name
    assert images.affect.shape == (COUNT, 2)
    assert len(images.paths) == len(images.themes) == COUNT
    assert len(images.categories) in {0, COUNT}
    assert all(path.is_file() for path in images.paths)
    assert dataset.scale in {None, images.scale}
    # The ratings rise and fall by equal steps in all made-up sets.
    assert images.affect[:, 0] == pytest.approx(np.arange(1, COUNT + 1) / (COUNT + 1), abs=1e-3)
    assert images.affect[::-1, 1] == pytest.approx(np.arange(2, COUNT + 2) / (COUNT + 1), abs=1e-3)
    # Told by what is there, by name and by the registry, it is the same set.
    for again in (load(data, name), dataset.load(data)):
        assert again.paths == images.paths
    assert is_as_published(images) in {None, False}
    # Whatever the set, a missing image and a missing table are one clear line.
    images.paths[5].unlink()
    with pytest.raises(InputError, match=rf"{images.paths[5].name}: missing, and 0 more of {COUNT} images") as caught:
        load(data)
    assert caught.value.path == str(images.paths[5])
    table = data if dataset.table is None else data / dataset.table
    table.unlink()
    with pytest.raises(InputError):
        load(data, name)


def test_emotion6(tmp_path: Path) -> None:
    images = load(made_up("emotion6", tmp_path))
    assert set(images.categories) == {"fear", "joy"}
    assert images.themes == images.categories  # the word that found each
    assert images.paths[0] == tmp_path / "images" / "joy" / "1.jpg"


def test_the_published_ratings_of_oasis(shared_data: Path) -> None:
    images = load(shared_data / "oasis")
    assert is_as_published(images)
    assert set(images.categories) == {"Animal", "Object", "Person", "Scene"}
    assert is_as_published(replace(images, affect=images.affect * 0.999)) is False
    turned = replace(images, paths=images.paths[::-1], affect=images.affect[::-1])
    assert checksum_of(turned) == checksum_of(images)


def table(folder: Path, *lines: str, head: str = "file,valence,arousal") -> Path:
    save(folder / "a.png", 1)
    save(folder / "b.png", 2)
    (folder / "ratings.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return folder / "ratings.csv"


def test_scales_groups_and_categories(tmp_path: Path) -> None:
    head = "file,valence,arousal,scale,group,category"
    images = load(table(tmp_path, "a.png,7,1,oasis,g,", f"{tmp_path}/b.png,0,5,0-10,g,sky", head=head))
    assert images.affect.tolist() == [[1, 0], [0, 0.5]]
    assert images.themes == ("g", "g")
    assert images.categories == ("", "sky")
    assert images.scale == SCALES["unit"]
    nine = Scale("1-9", 1, 9)
    images = load(table(tmp_path, "a.png,9,1", "b.png,5,5"), scale=nine)
    assert images.affect.tolist() == [[1, 0], [0.5, 0.5]]
    assert (images.scale, images.themes, images.categories) == (nine, ("a.png", "b.png"), ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b.png,10,1", r"line 3 \(b\.png\): valence 10 is outside the scale 1-9"),
        ("b.png,1,0.5", r"line 3 \(b\.png\): arousal 0\.5 is outside"),
        ("b.png,nan,1", r"line 3 \(b\.png\), column 'valence': 'nan' is no finite number"),
        ("b.png,,1", r"line 3 \(b\.png\) lacks valence"),
        ("b.png,high,1", "'high' is no number"),
        ("b.png", "lacks valence, arousal"),
        ("a.png,2,2", r"line 3 has 'a\.png' a second time; the first is line 2"),
        ("./a.png,2,2", "a second time"),
        (",2,2", "line 3 names no file"),
        (f"{'x' * 5000},2,2", "missing, and 0 more of 2 images"),  # no file can have this name
        ("c.png,2,2", r"c\.png: missing, and 0 more of 2 images"),
    ],
)
def test_bad_rows(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load(table(tmp_path, "a.png,2,2", line), scale=Scale("1-9", 1, 9))


def test_bad_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        load(table(tmp_path))
    with pytest.raises(InputError, match="is empty"):
        load(table(tmp_path, head=""))
    with pytest.raises(InputError, match="line 1 lacks arousal"):
        load(table(tmp_path, "a.png,2", head="file,valence"))
    with pytest.raises(UsageError, match="say with `scale`"):
        load(table(tmp_path, "a.png,2,2"))
    with pytest.raises(InputError, match=r"line 2 \(a\.png\): .*'often' is no scale"):
        load(table(tmp_path, "a.png,2,2,often", head="file,valence,arousal,scale"))
    with pytest.raises(InputError, match="is no text"):
        load(tmp_path / "a.png")
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match=r"holds no OASIS\.csv or ground_truth\.txt"):
        load(tmp_path)
    with pytest.raises(UsageError, match="no data set 'iaps'; there are oasis, emotion6, csv"):
        load(tmp_path, "iaps")
    with pytest.raises(UsageError, match="scale of oasis is known"):
        load(tmp_path, "oasis", SCALES["deam"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("joy/1.jpg\t2.5\t9.5", "arousal 9.5 is outside the scale emotion6"),
        ("joy/1.jpg\t2.5", "lacks arousal"),
        ("joy/1.jpg 2.5 3.8", "lacks valence, arousal"),
        ("../1.jpg\t2.5\t3.8", "no image such as"),
        ("/etc/1.jpg\t2.5\t3.8", "no image such as"),
    ],
)
def test_bad_rows_of_emotion6(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "ground_truth.txt").write_text(f"head\n{line}\n")
    with pytest.raises(InputError, match=reason):
        load(tmp_path)


def test_the_command() -> None:
    code, printed, _ = call("datasets", "--format", "json")
    assert code == 0
    listed = json.loads(printed)
    jsonschema.validate(listed, json.loads(SCHEMA.read_text()))
    assert [dataset["name"] for dataset in listed["datasets"]] == list(DATASETS)
    _, shown, _ = call("datasets", "--format", "table")
    for dataset in DATASETS.values():
        assert dataset.source in shown
