"""What is given -> files, once each, under the names by which people know them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from img2music.connectors import connections
from img2music.connectors.connections import Connection
from img2music.errors import InputError
from img2music.library.store import LibraryStore
from img2music.matching.query_reading import GivenFile, expand, once, read_queries
from tests.support.photo_services import KEY, ImmichServer, Picture, picture_answer
from tests.support.small_models import colour_model, written
from tests.support.songs import library


def made(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        Image.new("RGB", (16, 12), (number * 20, 90, 100)).save(folder / name, "JPEG")


def names(items: list[GivenFile | InputError]) -> list[str]:
    return [os.path.basename(item.path or "") for item in items]  # noqa: PTH119


def test_edited_copies_are_where_their_originals_were(tmp_path: Path) -> None:
    made(
        tmp_path,
        "IMG_0001.HEIC",
        "IMG_0002.jpg",
        "IMG_E0001.JPG",
        "IMG_0003.jpg",
        "IMG_0003-edited.jpg",
        "a-edited.jpg",
    )
    items = expand(str(tmp_path))
    assert len(items) == 6
    assert names(once(items)) == ["IMG_E0001.JPG", "IMG_0002.jpg", "IMG_0003-edited.jpg", "a-edited.jpg"]


def test_copies_of_other_folders_are_shown_once(tmp_path: Path) -> None:
    for folder in ("Photos from 2021", "Trip"):
        (tmp_path / folder).mkdir()
        made(tmp_path / folder, "a.jpg", "b.jpg")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "also empty.jpg").touch()  # each is told
    assert names(once(expand(str(tmp_path)))) == ["also empty.jpg", "empty.jpg", "a.jpg", "b.jpg"]


def test_what_was_thrown_away_is_left_out_beside_others(tmp_path: Path) -> None:
    for folder in ("Trip", "Trash"):
        (tmp_path / folder).mkdir()
    made(tmp_path / "Trip", "a.jpg")
    made(tmp_path / "Trash", "bc.jpg")
    told = {"photoTakenTime": {"timestamp": "1625133600"}, "trashed": True}
    (tmp_path / "Trash" / "bc.jpg.supplemental-metadata.json").write_text(json.dumps(told))
    assert names(once(expand(str(tmp_path)))) == ["a.jpg"]
    for given in ("Trash", "Trash/bc.jpg"):  # unless that is what is wanted
        assert names(once(expand(str(tmp_path / given)))) == ["bc.jpg"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LibraryStore]:
    for name in ("CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    with library(tmp_path / "library.db", []) as opened:
        yield opened


def test_photos_of_a_service_are_called_by_their_names(store: LibraryStore, tmp_path: Path) -> None:
    album = [Picture("whole.jpg"), Picture("cut.png"), Picture("half.jpg", (9, 99, 199))]
    with ImmichServer({"Summer": album}) as server:
        connections.keep(Connection(name="home", kind="immich", url=server.url), KEY)
        server.spoiled[album[1].id] = picture_answer(b"\x89PNG\r\n\x1a\n and no more")
        noise = Image.effect_noise((300, 200), 80)
        noise.save(tmp_path / "noise.jpg")
        content = (tmp_path / "noise.jpg").read_bytes()
        server.spoiled[album[2].id] = picture_answer(content[: int(0.7 * len(content))])
        read = read_queries(["home:album/Summer"], store, written(tmp_path, colour_model()))
    assert [str(query).partition(":")[0] for query in read.queries] == ["whole.jpg", "half.jpg"]
    assert [error.path for error in read.errors] == ["home:album/Summer/cut.png"]
    assert [note.partition(": ")[0] for note in read.notes] == ["home:album/Summer/half.jpg"]
