"""The affect plane as a picture."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.plots import PHOTO_COLOURS, PlottedQuery, PlottedSong, affect_plane, require_plotting

pytestmark = pytest.mark.slow

SONGS = np.random.default_rng(1).random((400, 2))


def query(position: tuple[float, float], label: str) -> PlottedQuery:
    songs = tuple(PlottedSong((float(x), float(y)), f"Song {i} for $5 <b>") for i, (x, y) in enumerate(SONGS[:5]))
    return PlottedQuery(position, label, songs, np.full((60, 84, 3), (250, 0, 250), dtype=np.uint8))


def test_png_shows_songs_photos_and_lines(tmp_path: Path) -> None:
    file = tmp_path / "plane.png"
    affect_plane(SONGS, [query((0.2, 0.8), "cat"), query((0.9, 0.1), "dog")], file, ranks=True, title="Two")
    with Image.open(file) as image:
        drawn = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}

    def shown(colour: str) -> bool:
        return tuple(bytes.fromhex(colour[1:])) in drawn

    assert shown(PHOTO_COLOURS[0])
    assert shown(PHOTO_COLOURS[1])
    assert shown("#FA00FA")
    assert not shown(PHOTO_COLOURS[2])
    assert list(tmp_path.iterdir()) == [file]


def test_svg_is_well_formed_and_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for file in (first, second):
        affect_plane(SONGS, [query((0.5, 0.5), "\udce9 $x^2$ \n <한글>")], file, ranks=False)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")


@pytest.mark.parametrize("photos", [0, 1, 40])
def test_any_number_of_photos_and_songs(photos: int, tmp_path: Path) -> None:
    queries = [query((i / 40, 1 - i / 40), f"photo {i}") for i in range(photos)]
    for songs in (np.empty((0, 2)), SONGS[:1], np.random.default_rng(2).random((20_001, 2))):
        affect_plane(songs, queries, tmp_path / "plane.png", ranks=True)
        with Image.open(tmp_path / "plane.png") as image:
            assert image.size[0] > 1000


def test_refuses_what_it_cannot_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.svg, not plane\.gif"):
        affect_plane(SONGS, [], tmp_path / "plane.gif", ranks=True)
    with pytest.raises(InputError, match="can't be written"):
        affect_plane(SONGS, [], tmp_path / "missing" / "plane.png", ranks=True)
    monkeypatch.setattr(sys, "meta_path", [])
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match="plot"):
        require_plotting(tmp_path / "plane.png")
