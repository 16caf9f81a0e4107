"""Photos that are collected and put in order."""

import itertools
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.options import PhotoOrder
from img2music.soundtrack.slideshow.photos import Photo, arc, list_photos, ordered, read_photos
from img2music.vision.model import ImageModel
from tests.support.films import write_film
from tests.support.small_models import colour_model, written

affects = st.builds(Affect, st.floats(0.0, 1.0), st.floats(0.0, 1.0))


def length(seen: list[Affect]) -> float:
    return sum(first.distance(second) for first, second in itertools.pairwise([*seen, seen[0]]))


@given(st.lists(affects, max_size=30))
def test_the_arc_rises_and_falls(seen: list[Affect]) -> None:
    order = arc(seen)
    assert sorted(order) == list(range(len(seen)))
    arousals = [seen[place].arousal for place in order]
    top = arousals.index(max(arousals)) if arousals else 0
    last = len(arousals) - 1 - arousals[::-1].index(max(arousals)) if arousals else 0
    assert arousals[: top + 1] == sorted(arousals[: top + 1])
    assert arousals[last:] == sorted(arousals[last:], reverse=True)
    assert set(arousals[top : last + 1]) <= {max(arousals, default=0.0)}


@given(st.lists(affects, min_size=3, max_size=7, unique=True))
def test_no_shorter_way_rises_and_falls(seen: list[Affect]) -> None:
    first, *middle, last = sorted(range(len(seen)), key=lambda place: (seen[place].arousal, seen[place].valence))
    every = itertools.product([True, False], repeat=len(middle))
    ways = (
        [first, *itertools.compress(middle, way), last, *itertools.compress(middle[::-1], [not up for up in way[::-1]])]
        for way in every
    )
    shortest = min(length([seen[place] for place in way]) for way in ways)
    assert length([seen[place] for place in arc(seen)]) == pytest.approx(shortest, abs=1e-9)


def test_the_pleasanter_half_comes_last() -> None:
    seen = [Affect(0.5, 0.1), Affect(0.8, 0.5), Affect(0.2, 0.5), Affect(0.5, 0.9)]
    assert arc(seen) == [0, 2, 3, 1]


def photo(name: str, day: int) -> Photo:
    return Photo(f"/photos/{name}.jpg", (4, 3), Affect(0.5, 0.5), datetime(2021, 5, day), dated=True, title=None)


def test_orders() -> None:
    given = [photo("b", 3), photo("a", 2), photo("c", 3)]
    assert ordered(given, PhotoOrder.NAME) == given  # folders are sorted as they are read
    assert [each.name for each in ordered(given, PhotoOrder.DATE)] == ["a", "b", "c"]


@pytest.fixture
def model(tmp_path: Path) -> ImageModel:
    return ImageModel.load(written(tmp_path, colour_model()))


def test_photos_of_folders_and_what_they_say(tmp_path: Path, model: ImageModel) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    image = Image.fromarray(np.full((30, 40, 3), 128, dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2021:05:06 07:08:09"
    image.save(folder / "b.jpg", exif=exif)
    image.save(folder / "a.png")
    os.utime(folder / "a.png", (86_400 * 365, 86_400 * 365))
    (folder / "c.jpg").write_bytes(b"no photo")
    (folder / "notes.txt").write_text("left alone")
    for name in ("bad.MOV", "raw.nef"):
        (folder / name).write_bytes(b"not read")
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    paths = [folder, tmp_path / "absent.jpg", tmp_path / "film.mp4", folder / "raw.nef"]
    album = list_photos(paths)
    assert [Path(path).name for path in album.raw] == ["raw.nef"]
    photos, damaged = read_photos([each.path for each in album.files], model)
    assert not damaged
    assert [each.name for each in photos] == ["a", "b"]
    assert [each.size for each in photos] == [(40, 30), (30, 40)]  # the second stands upright
    assert [each.dated for each in photos] == [False, True]
    assert photos[0].taken == datetime.fromtimestamp(86_400 * 365)
    assert photos[1].taken == datetime(2021, 5, 6, 7, 8, 9)
    names = [Path(error.path or "").name for error in album.errors]
    assert names == ["bad.MOV", "c.jpg", "absent.jpg", "film.mp4", "raw.nef"]
    assert "is a raw photo" in str(album.errors[-1])


def test_films_lie_among_the_photos_in_order_of_names(tmp_path: Path) -> None:
    for number, name in enumerate(("a.png", "c.png", "d.png")):  # each another picture, for copies are shown once
        Image.new("RGB", (8 + number, 8)).save(tmp_path / name)
    still = np.zeros((36, 64, 3), dtype=np.uint8)
    for name, seconds in (("b.mkv", 1.0), ("c.mov", 3.0), ("d.mp4", 5.0), ("made.mp4", 1.0)):
        write_film(tmp_path / name, ((number / 5, still) for number in range(round(5 * seconds))), rate=5.0)
    output = os.fspath(tmp_path / "made.mp4")
    (tmp_path / "trash").mkdir()
    shutil.copy(tmp_path / "d.mp4", tmp_path / "trash" / "gone.mp4")
    told = {"photoTakenTime": {"timestamp": "1625133600"}, "trashed": True}
    (tmp_path / "trash" / "gone.mp4.supplemental-metadata.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match="there is no picture in this folder"):
        list_photos([tmp_path / "trash"])
    album = list_photos([tmp_path], output=output)
    names = [(Path(each.path).name, each.film) for each in album.files]
    assert names == [("a.png", False), ("b.mkv", True), ("c.png", False), ("d.mp4", True), ("d.png", False)]
    assert [Path(path).name for path in album.live] == ["c.mov"]  # too short for one that was taken for itself
    assert not album.errors
    stills = list_photos([tmp_path], output=output, photos_only=True)
    assert [Path(each.path).name for each in stills.files] == ["a.png", "c.png", "d.png"]
    assert [Path(path).name for path in stills.films] == ["b.mkv", "c.mov", "d.mp4"]
