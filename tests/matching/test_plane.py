"""Recommendations on the affect plane."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from img2music.affect import Affect
from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.filters import TrackFilter
from img2music.library.search import AffectIndex
from img2music.matching.query import Query, QueryKind
from img2music.matching.ranking import TrackIndex
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.matching.smart_playlists import Searched
from img2music.options import MatchMode
from img2music.plots import PHOTO_COLOURS
from tests.support.songs import track

pytestmark = pytest.mark.slow

SONGS = np.random.default_rng(1).random((400, 2))


def recommended(photos: dict[str, tuple[float, float]], songs: np.ndarray = SONGS) -> Recommendations:
    matches = tuple(
        Match(i + 1, track(i + 1, title=f"Song {i} for $5 <b>"), (float(x), float(y)), 0.1, 0.9, None, "")
        for i, (x, y) in enumerate(SONGS[:5])
    )
    lists = tuple(
        Recommendation(Query(QueryKind.IMAGE, Affect(*position), path), position, matches)
        for path, position in photos.items()
    )
    index = TrackIndex(np.arange(len(songs)), [(None, AffectIndex(songs))])
    return Recommendations(MatchMode.RELATIVE, False, lists, searched=Searched(index, None, None, TrackFilter()))


def test_png_shows_songs_photos_and_lines(tmp_path: Path) -> None:
    photo, file = tmp_path / "cat.png", tmp_path / "plane.png"
    Image.new("RGB", (840, 600), (250, 0, 250)).save(photo)
    recommended({str(photo): (0.2, 0.8), "/gone/dog.jpg": (0.9, 0.1)}).plot(file)
    with Image.open(file) as image:
        drawn = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}

    def shown(colour: str) -> bool:
        return tuple(bytes.fromhex(colour[1:])) in drawn

    assert shown(PHOTO_COLOURS[0])
    assert shown(PHOTO_COLOURS[1])
    assert shown("#FA00FA")
    assert not shown(PHOTO_COLOURS[2])
    assert sorted(tmp_path.iterdir()) == [photo, file]


def test_svg_is_well_formed_and_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for file in (first, second):
        recommended({"/\udce9 $x^2$ \n <한글>.jpg": (0.5, 0.5)}).plot(file)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")


@pytest.mark.parametrize("photos", [0, 1, 40])
def test_any_number_of_photos_and_songs(photos: int, tmp_path: Path) -> None:
    positions = {f"photo {i}": (i / 40, 1 - i / 40) for i in range(photos)}
    for songs in (np.empty((0, 2)), SONGS[:1], np.random.default_rng(2).random((20_001, 2))):
        recommended(positions, songs).plot(tmp_path / "plane.png")
        with Image.open(tmp_path / "plane.png") as image:
            assert image.size[0] > 1000


def test_refuses_what_it_cannot_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = recommended({})
    with pytest.raises(UsageError, match=r"\.png or \.svg, not plane\.gif"):
        nothing.plot(tmp_path / "plane.gif")
    with pytest.raises(InputError, match="can't be written"):
        nothing.plot(tmp_path / "missing" / "plane.png")
    monkeypatch.setattr(sys, "meta_path", [])
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match="plot"):
        nothing.plot(tmp_path / "plane.png")
