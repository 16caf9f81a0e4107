"""Photos of a service as files of this machine."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2music.connectors import connections, immich, photoprism, service_photos
from img2music.connectors.connections import Connection
from img2music.connectors.service_photos import (
    PhotoCopy,
    _file_name,
    fetch_again,
    fetch_photos,
    names_photos,
)
from img2music.errors import Cancelled, InputError
from img2music.media.photo_info import read_photo_info
from img2music.media.xmp import PhotoInfo
from img2music.progress import Step
from tests.support.photo_services import (
    KEY,
    PASSWORD,
    ImmichServer,
    PhotoPrismServer,
    Picture,
    immich_error,
    picture_answer,
)
from tests.support.servers import QUICK, Answer, Server

COLOURS = [(200, 120, 40), (20, 30, 90), (240, 240, 250), (10, 120, 30)]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Connections and copies of this test alone, and little patience."""
    for name in ("CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setattr(immich.Immich.__init__, "__defaults__", (QUICK_LISTS,))
    monkeypatch.setattr(photoprism.PhotoPrism.__init__, "__defaults__", (QUICK_LISTS,))
    return tmp_path / "cache" / "img2music" / "photos"


QUICK_LISTS = type(QUICK)(connect=2, read=0.5, total=2, patience=5, tries=2, backoff=0.001, body=8 << 20, rate=10_000)


def connect(server: Server, name: str = "home", kind: str = "immich") -> None:
    secret = KEY if kind == "immich" else PASSWORD
    connections.keep(Connection(name=name, kind=kind, url=server.url), secret)


def photos(count: int = 3) -> list[Picture]:
    return [
        Picture(
            f"IMG_{number}.jpg",
            (number % 256, number // 256, 100),
            taken=f"2021-07-{28 - number % 28:02}T10:00:00",
            description=f"day {number}",
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture
def server() -> Iterator[ImmichServer]:
    with ImmichServer({"Summer": photos(), "Été 2021/Rome": photos(2), "Summer 2020": photos(1)}) as running:
        connect(running)
        yield running


def paths(found: list[PhotoCopy | InputError]) -> list[str]:
    assert all(isinstance(each, PhotoCopy) for each in found), found
    return [each.path for each in found if isinstance(each, PhotoCopy)]


def faults(found: list[PhotoCopy | InputError]) -> list[str]:
    return [str(each) for each in found if isinstance(each, InputError)]


def test_what_is_taken_for_photos_of_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert names_photos("home:album/Summer")
    assert names_photos("home:search/sun set")
    for other in ("home:album/", "Home:album/x", "C:/album/x", "home:photo/x", "photo.jpg", "s3://album/x", "#17"):
        assert not names_photos(other)
    (tmp_path / "home:album").mkdir()
    (tmp_path / "home:album" / "Summer").touch()
    assert not names_photos("home:album/Summer")  # a file of that name goes first


@pytest.mark.parametrize("kind", ["immich", "photoprism"])
def test_an_album_is_fetched_once_and_read_like_files(kind: str) -> None:
    made = ImmichServer if kind == "immich" else PhotoPrismServer
    with made({"Summer": photos()}) as server:
        connect(server, kind=kind)
        steps: list[Step] = []
        found = fetch_photos("home:album/summer", progress=steps.append)
        names = [Path(path).name for path in paths(found)]
        order = ["IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg"]
        assert names == (order if kind == "immich" else order[::-1])  # as the service has them
        assert [Path(each.shown).name for each in found if isinstance(each, PhotoCopy)] == names
        assert [(step.done, step.total) for step in steps] == [(1, 3), (2, 3), (3, 3)]
        first = paths(found)[names.index("IMG_1.jpg")]
        assert read_photo_info(first) == PhotoInfo(datetime(2021, 7, 27, 10), "day 1")
        with Image.open(first) as image:
            assert max(image.size) >= 720
        asked = len(server.asked)
        assert fetch_photos("home:album/Summer") == [
            PhotoCopy(each.path, each.shown.replace("summer", "Summer"))
            for each in found
            if isinstance(each, PhotoCopy)
        ]
        assert not any("thumbnail" in again.path or "/t/" in again.path for again in server.asked[asked:])


def test_what_has_changed_there_is_fetched_again(server: ImmichServer) -> None:
    before = paths(fetch_photos("home:album/Summer"))
    server.pictures[0].colour = (255, 0, 0)
    server.pictures[1].description = "another day"
    after = paths(fetch_photos("home:album/Summer"))
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True]
    assert read_photo_info(after[1]).title == "another day"
    larger = paths(fetch_photos("home:album/Summer", 1920))
    assert not set(larger) & set(after)


def test_two_that_fetch_the_same_at_once(server: ImmichServer) -> None:
    with ThreadPoolExecutor(4) as pool:
        every = list(pool.map(lambda _: paths(fetch_photos("home:album/Summer")), range(4)))
    assert every == [every[0]] * 4
    for path in every[0]:
        with Image.open(path) as image:
            image.load()


def test_nobody_else_sees_the_copies(server: ImmichServer, own: Path) -> None:
    paths(fetch_photos("home:album/Summer"))
    assert own.stat().st_mode & 0o777 == 0o700


def test_albums_are_found_by_name_or_id(server: ImmichServer) -> None:
    assert len(paths(fetch_photos("home:album/été 2021/Rome"))) == 2
    ids = list(server.albums)
    assert len(paths(fetch_photos(f"home:album/{ids[2]}"))) == 1
    (told,) = faults(fetch_photos("home:album/Sumer"))
    assert told == "home:album/Sumer: home has no album of this name; there is 'Summer', 'Summer 2020'."
    assert faults(fetch_photos("home:album/Zyx")) == ["home:album/Zyx: home has no album of this name; there are 3."]
    server.albums[ids[2]] = ("SUMMER", photos(1))
    assert len(paths(fetch_photos("home:album/Summer"))) == 3  # its very spelling goes first
    (told,) = faults(fetch_photos("home:album/summer"))
    each = f"home:album/{ids[0]} (3 photos) or home:album/{ids[2]} (1 photo)"
    assert told == f"home:album/summer: 2 albums are called so: give {each}."


def test_what_a_search_finds_is_bounded(server: ImmichServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_photos, "MOST_FOUND", 2)
    assert [Path(path).name for path in paths(fetch_photos("home:search/lake"))] == ["IMG_1.jpg", "IMG_2.jpg"]
    monkeypatch.setattr(service_photos, "MOST_PHOTOS", 2)
    *found, rest = fetch_photos("home:album/Summer")
    assert len(paths(found)) == 2
    assert str(rest) == "home:album/Summer: has more than 2 photos; the first 2 are taken."


def test_what_can_not_be_asked_is_one_line(server: ImmichServer) -> None:
    for named, told in (
        ("other:album/x", "other:album/x: There is no connection other; there is home."),
        ("home:search/zzz", "home:search/zzz: home finds no photo."),
    ):
        server.albums = {} if "zzz" in named else server.albums
        assert faults(fetch_photos(named)) == [told]
    connections.keep(Connection(name="music", kind="subsonic", url=server.url), "secret")
    (told,) = faults(fetch_photos("music:album/x"))
    assert told == "music:album/x: music is no photo service but of the kind subsonic; name another connection."
    connections.keep(Connection(name="home", kind="immich", url=server.url), "wrong")
    (told,) = faults(fetch_photos("home:album/x"))
    assert told == "home:album/x: home: it answers with 401: Invalid API key."
    connections.keep(Connection(name="home", kind="immich", url="http://127.0.0.1:9"), "wrong")
    (told,) = faults(fetch_photos("home:album/x"))
    assert told.startswith("home:album/x: home: it takes no connection")


BAD = [
    immich_error(404, "Asset media not found"),
    Answer(status=500),
    Answer(raw=b"<html>", headers={"Content-Type": "text/html"}),
    picture_answer(b""),
    Answer(raw=b"<svg/>", headers={"Content-Type": "image/svg+xml"}),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad.status))
def test_one_photo_that_fails_is_one_line(server: ImmichServer, bad: Answer, own: Path) -> None:
    server.spoiled[server.pictures[1].id] = bad
    first, fault, third = fetch_photos("home:album/Summer")
    assert len(paths([first, third])) == 2
    assert str(fault).startswith("home:album/Summer/IMG_2.jpg: ")
    assert sorted(file.name for file in own.glob("home/**/*") if file.is_file()) == [
        "IMG_1.jpg",
        "IMG_1.jpg.xmp",
        "IMG_3.jpg",
        "IMG_3.jpg.xmp",
    ]
    assert len(list((own / "home").iterdir())) == 2
    server.spoiled.clear()
    assert len(paths(fetch_photos("home:album/Summer"))) == 3
    assert not list(own.glob("**/*.part"))


def test_a_service_that_dies_is_left_alone(server: ImmichServer) -> None:
    id_ = next(iter(server.albums))
    server.albums[id_] = ("Summer", photos(40))
    server.spoiled = dict.fromkeys((picture.id for picture in server.pictures[4:]), Answer(status=500))
    found = fetch_photos("home:album/Summer")
    assert sum(isinstance(each, PhotoCopy) for each in found) == 4
    assert len(faults(found)) == 6
    assert faults(found)[-1] == "home:album/Summer: the other 31 photos are left out; try again later."
    server.spoiled = dict.fromkeys((picture.id for picture in server.pictures[4:]), Answer(status=401))
    assert len(faults(fetch_photos("home:album/Summer"))) == 2  # it would refuse the others, too


@pytest.mark.parametrize("bad", BAD[2:], ids=lambda bad: str(bad.body[:6]))
def test_a_service_that_gives_no_pictures_is_left_alone(server: ImmichServer, bad: Answer, own: Path) -> None:
    id_ = next(iter(server.albums))
    server.albums[id_] = ("Summer", photos(40))
    server.spoiled = dict.fromkeys((picture.id for picture in server.pictures[2:]), bad)  # a page to log in at, say
    found = fetch_photos("home:album/Summer")
    assert len(faults(found)) == 6
    assert faults(found)[-1] == "home:album/Summer: the other 33 photos are left out; try again later."
    assert sum(isinstance(each, PhotoCopy) for each in found) == 2
    assert len(list(own.glob("*/*/*/*.jpg"))) == 2
    assert not list(own.glob("**/*.part"))


def test_an_album_that_goes_in_the_middle(server: ImmichServer) -> None:
    id_ = next(iter(server.albums))
    server.albums[id_] = ("Summer", photos(60))

    def gone(step: Step) -> None:
        if step.done == 2:
            del server.albums[id_]

    found = fetch_photos("home:album/Summer", progress=gone)
    assert 2 <= sum(isinstance(each, PhotoCopy) for each in found) <= 20  # a few at a time
    assert 6 <= len(faults(found)) <= 12  # some that were begun before may come between
    assert "Not found or no asset.view access" in faults(found)[0]
    assert "photos are left out; try again later." in faults(found)[-1]


@pytest.mark.parametrize("kind", ["immich", "photoprism"])
def test_of_a_huge_album_as_many_are_asked_for_as_are_taken(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Picture(f"{number}.jpg", size=(8, 6), id=f"{number:014}-{number:021}") for number in range(20_000)]
    monkeypatch.setattr(service_photos, "MOST_PHOTOS", 20)
    with (ImmichServer if kind == "immich" else PhotoPrismServer)({"All": many}) as server:
        connect(server, kind=kind)
        *found, rest = fetch_photos("home:album/All")
        assert len(paths(found)) == 20
        assert "has more than 20 photos; the first 20 are taken" in str(rest)
        assert sum("search" in asked.path or "/photos" in asked.path for asked in server.asked) <= 2


def test_lines_of_endless_names_are_cut(server: ImmichServer) -> None:
    server.pictures[0].name = "n" * 900 + "\x1b.jpg"
    server.spoiled[server.pictures[0].id] = immich_error(404, "x" * 900)
    server.albums = {id_: ("a" * 900 + id_, pictures) for id_, (_, pictures) in server.albums.items()}
    for named in ("aaa", *server.albums):
        told = "; ".join(faults(fetch_photos(f"home:album/{named}")))
        assert told.isprintable()
        assert len(told) < 600


def test_no_room_for_copies_is_one_line(server: ImmichServer, own: Path) -> None:
    own.parent.mkdir(parents=True)
    own.touch()  # where its folder should be
    for told in faults(fetch_photos("home:album/Summer")):
        assert "there can be no copy of it here" in told
    fetch_again(str(own / "home" / "photo-x" / "720-0" / "x.jpg"))


def test_cancelled_and_taken_up(server: ImmichServer) -> None:
    def stop(_: Step) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fetch_photos("home:album/Summer", progress=stop)
    assert len(paths(fetch_photos("home:album/Summer"))) == 3


HOSTILE = [
    "../../../etc/passwd",
    "..\\..\\evil.jpg",
    "/",
    "",
    ".",
    "..",
    "\x1b[2J.jpg",
    "a" * 3000 + ".jpg",
    "ü" * 300,
    "a\nb.png",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_photos_lead_nowhere(name: str, own: Path) -> None:
    with ImmichServer({"All": [Picture(name)]}) as server:
        connect(server)
        (path,) = paths(fetch_photos("home:album/All"))
        assert Path(path).resolve().is_relative_to(own.resolve())
        assert Path(path).name.isprintable()
        assert len(os.fsencode(Path(path).name)) < 120


@pytest.mark.parametrize("id_", ["../../..", "..", ".", "a/b", "x" * 5000, "%2e%2e", "é\n"])
def test_ids_of_photos_lead_nowhere(id_: str, own: Path) -> None:
    with ImmichServer({"All": [Picture("a.jpg", id=id_)]}) as server:
        connect(server)
        for each in fetch_photos("home:album/All"):
            assert not isinstance(each, PhotoCopy) or Path(each.path).resolve().is_relative_to(own.resolve())
    assert all(file.is_relative_to(own) for file in own.parent.glob("**/*") if file.is_file())


@given(st.text(st.characters(exclude_categories=())))
def test_every_name_becomes_one_of_a_file(name: str) -> None:
    made = _file_name(name)
    assert Path(made).name == made
    assert made.isprintable()
    assert not made.startswith(".")
    assert service_photos.is_image_name(made)
    assert _file_name(made) == made


def test_copies_go_that_were_wanted_longest_ago(
    server: ImmichServer, monkeypatch: pytest.MonkeyPatch, own: Path
) -> None:
    found = paths(fetch_photos("home:album/Summer"))
    for days, path in zip((9, 5, 3), found, strict=True):
        os.utime(path, (time.time() - days * 86_400,) * 2)
    left = own / "home" / "photo-x" / "720-0"
    left.mkdir(parents=True)
    (left / "a.part").touch()
    os.utime(left / "a.part", (1, 1))
    monkeypatch.setattr(service_photos, "MOST_KEPT", Path(found[1]).stat().st_size + Path(found[2]).stat().st_size)
    service_photos._tidy()
    assert [Path(path).exists() for path in found] == [False, True, True]
    assert not (left / "a.part").exists()
    assert not Path(found[0]).parent.parent.exists()
    fetch_again(found[0])
    assert [Path(path).exists() for path in found] == [True] * 3
    monkeypatch.setattr(service_photos, "MOST_KEPT", 0)
    fetch_photos("home:album/Summer")
    assert Path(found[0]).exists()  # wanted today


def test_only_copies_are_fetched_again(tmp_path: Path, server: ImmichServer, own: Path) -> None:
    for path in (
        tmp_path / "x.jpg",
        own / "home" / "photo-x" / "abc" / "x.jpg",
        own / "x.jpg",
        own / "gone" / "a" / "1-2" / "x",
    ):
        fetch_again(str(path))
        assert not path.exists()
