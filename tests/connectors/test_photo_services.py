"""Immich and PhotoPrism, as their published APIs say, and in every way in which they may fail."""

import dataclasses
import io
import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from PIL import Image

from img2music.connectors.connections import Connection
from img2music.connectors.immich import Immich
from img2music.connectors.photo_service import Album, PhotoService, ServicePhoto, line, moment
from img2music.connectors.photoprism import PhotoPrism
from img2music.connectors.registry import kind_of
from img2music.errors import SourceError, UsageError
from tests.support.photo_services import KEY, PASSWORD, TOKEN, ImmichServer, PhotoPrismServer, Picture
from tests.support.servers import (
    QUICK,
    Answer,
    Gigantic,
    Reset,
    Server,
    Silence,
    SlowBody,
    Truncated,
)


def pictures() -> dict[str, list[Picture]]:
    return {
        "Summer": [
            Picture("IMG_1.jpg", taken="2021-07-01T10:00:00", description="At the\nlake"),
            Picture("clip.mov", kind="VIDEO", taken="2021-07-02T10:00:00"),
            Picture("IMG_2.heic", (20, 30, 90), taken="2021-07-03T10:00:00"),
        ],
        "Winter": [Picture("snow.png", (240, 240, 250), taken="2021-01-03T10:00:00", description="first snow")],
    }


QUICK_LISTS = dataclasses.replace(QUICK, body=1 << 20, read=1.5, total=2.5, tries=2)
HASTY = dataclasses.replace(QUICK_LISTS, read=0.2, total=0.3)


def immich(server: Server, secret: str | None = KEY) -> Immich:
    return Immich(Connection(name="home", kind="immich", url=server.url), secret, QUICK_LISTS)


def photoprism(server: Server, secret: str | None = PASSWORD) -> PhotoPrism:
    return PhotoPrism(Connection(name="home", kind="photoprism", url=server.url, user="ann"), secret, QUICK_LISTS)


@pytest.fixture(params=["immich 2", "immich 3", "photoprism"])
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Any, PhotoService]]:
    """A server, and a login there."""
    kind, _, version = request.param.partition(" ")
    made: Any = PhotoPrismServer(pictures()) if kind == "photoprism" else ImmichServer(pictures(), version=int(version))
    with made as server:
        service: PhotoService = photoprism(server) if kind == "photoprism" else immich(server)
        yield server, service
        service.close()


def test_what_there_is(running: tuple[Any, PhotoService]) -> None:
    _, service = running
    seen = service.look()
    assert seen.product in ("Immich 2.1.4", "Immich 3.1.4", "PhotoPrism")
    assert seen.counts == {"albums": 2}
    albums = {album.name: album for album in service.albums()}
    assert albums == {
        name: Album(id=albums[name].id, name=name, photos=count) for name, count in (("Summer", 3), ("Winter", 1))
    }
    first, second = service.photos(albums["Summer"].id)  # the film is left out
    assert (first.name.rpartition("/")[2], first.taken, first.title) == (
        "IMG_1.jpg",
        "2021-07-01T10:00:00",
        "At the lake",
    )
    assert (second.name.rpartition("/")[2], second.taken) == ("IMG_2.heic", "2021-07-03T10:00:00")
    assert first.mark != second.mark


@pytest.mark.parametrize(("least", "longer"), [(100, {333, 720}), (720, {1920, 720}), (1920, {1920, 2048})])
def test_no_larger_picture_than_is_asked_for(running: tuple[Any, PhotoService], least: int, longer: set[int]) -> None:
    server, service = running
    album = next(album for album in service.albums() if album.name == "Summer")
    photo = next(iter(service.photos(album.id)))
    with Image.open(io.BytesIO(service.picture(photo.id, least))) as image:
        assert max(image.size) in longer
    assert not any(asked.path.endswith("/original") for asked in server.asked)


def test_what_kind_it_is_is_told_to_anybody(running: tuple[Any, PhotoService]) -> None:
    server, service = running
    assert kind_of(server.url) == type(service).__name__.lower()
    if isinstance(service, Immich):
        assert kind_of(f"{server.url}/api") == "immich"  # as its own programs ask for it


@pytest.mark.parametrize("version", [2, 3])
def test_albums_of_others(version: int) -> None:
    with ImmichServer(pictures(), version=version) as server:
        server.shared["5a3e7f2c"] = ("Theirs", [Picture("theirs.jpg")])
        service = immich(server)
        album = next(album for album in service.albums() if album.name == "Theirs")
        (photo,) = service.photos(album.id)
        assert service.picture(photo.id, 720)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_empty_album_is_not_the_whole_server(version: int) -> None:
    with ImmichServer({**pictures(), "Empty": []}, version=version) as server:
        service = immich(server)
        (album,) = [album for album in service.albums() if album.name == "Empty"]
        assert list(service.photos(album.id)) == []


@pytest.mark.parametrize("order", ["edited", "similar", "updated", "random", "moment", "newest", "", None, 7])
def test_no_order_of_an_album_hides_photos(order: Any) -> None:
    with PhotoPrismServer(pictures()) as server:
        server.order = order
        service = photoprism(server)
        for album in service.albums():
            assert list(service.photos(album.id))
        asked = [asked.query.get("order") for asked in server.asked if asked.path.endswith("/photos")]
        assert set(asked) == {order if order == "newest" else "oldest"}


def test_photos_that_can_not_be_shown_are_left_out() -> None:
    with PhotoPrismServer(pictures()) as server:
        server.hidden = {"IMG_1.jpg"}
        names = {photo.name for photo in photoprism(server).search("")}
        assert names == {"2021/05/IMG_2.heic", "2021/05/snow.png"}


def test_captions_by_either_name() -> None:
    with PhotoPrismServer(pictures()) as server:
        for server.caption in ("Caption", "Description"):
            assert [photo.title for photo in photoprism(server).search("snow")] == ["first snow"]


def test_tokens_of_thumbnails() -> None:
    with PhotoPrismServer(pictures()) as server:
        service = photoprism(server)
        first, *_ = service.search("")
        assert service.picture(first.id, 720)
        server.restart()  # in the middle of an album
        assert service.picture(first.id, 720)
        server.tells = False  # but for what the page is told
        assert photoprism(server).picture(first.id, 720)
        server.tokens.append("another")
        server.public = True
        assert photoprism(server).picture(first.id, 720)


def test_a_token_that_is_not_taken_is_told_once_and_for_all() -> None:
    class Refuses(PhotoPrismServer):
        def _thumbnail(self, *_: str) -> Answer:
            return Answer(raw=b"<svg/>", status=403, headers={"Content-Type": "image/svg+xml"})

    with Refuses(pictures()) as server:
        service = photoprism(server)
        first, *_ = service.search("")
        with pytest.raises(SourceError, match=r"^home: it does not take its own token for thumbnails") as caught:
            service.picture(first.id, 720)
        assert caught.value.final
        assert TOKEN not in str(caught.value)
        assert sum("/t/" in asked.path for asked in server.asked) == 2


@pytest.mark.parametrize("running", ["immich 3", "photoprism"], indirect=True)
def test_a_server_that_has_always_one_more_ends(
    running: tuple[Any, PhotoService], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, service = running
    monkeypatch.setattr("img2music.connectors.photo_service.MOST_PAGES", 5)

    def more(asked: Any) -> Answer:  # films, none of which is taken
        number = len(server.asked)
        if "search" in asked.path:
            items = [{"id": str(number), "type": "VIDEO"}]
            return Answer({"assets": {"items": items, "nextPage": str(number + 2)}})
        return Answer([{"UID": f"{number}-{each}", "Type": "video"} for each in range(500)])

    monkeypatch.setattr(server, "answer", more)
    with pytest.raises(SourceError, match="its lists do not end"):
        list(service.search("x"))
    assert len(server.asked) == 5
    if isinstance(service, PhotoPrism):
        with pytest.raises(SourceError, match="its lists do not end"):
            service.albums()


def test_many_photos_are_walked_page_by_page() -> None:
    many = [
        Picture(f"{number:03}.jpg", taken=f"2021-05-06T07:{number // 60:02}:{number % 60:02}") for number in range(700)
    ]
    with ImmichServer({"All": many}) as server:
        server.page = 300
        service = immich(server)
        (album,) = service.albums()
        assert [photo.name for photo in service.photos(album.id)] == [photo.name for photo in many]
        assert sum(asked.path == "/api/search/metadata" for asked in server.asked) == 3
    with PhotoPrismServer({"All": many}) as prism:
        other = photoprism(prism)
        (album,) = other.albums()
        assert [photo.name.rpartition("/")[2] for photo in other.photos(album.id)] == [photo.name for photo in many]


def test_a_server_that_knows_no_pages_ends() -> None:
    class Forever(PhotoPrismServer):
        def _photos(self, query: dict[str, str]) -> list[dict[str, Any]]:
            return super()._photos(query) * 2000

        def answer(self, asked: Any) -> Answer:
            asked.query.pop("offset", None)
            return super().answer(asked)

    with Forever(pictures()) as server:
        found = list(photoprism(server).search(""))
        assert len(found) == len({photo.id for photo in found}) == 3


def test_search() -> None:
    with ImmichServer(pictures()) as server:
        service = immich(server)
        assert len(list(service.search("snow"))) == 3  # its model ranks all of them
        server.smart = False
        assert [photo.name for photo in service.search("snow")] == ["snow.png"]  # once, by description and by name
    with PhotoPrismServer(pictures()) as prism:
        assert [photo.name for photo in photoprism(prism).search("snow")] == ["2021/05/snow.png"]


def test_the_photo_itself_where_a_film_needs_more_than_its_preview_and_the_key_may() -> None:
    with ImmichServer(pictures()) as server:
        service = immich(server)
        photo = server.pictures[0].id

        def longer() -> int:
            with Image.open(io.BytesIO(service.picture(photo, 3840))) as image:
                return max(image.size)

        assert longer() == 1920  # asset.download is lacking
        server.scopes.add("asset.download")
        assert longer() == 4000


@pytest.mark.parametrize("scope", ["album.read", "asset.read", "asset.view"])
def test_a_scope_that_is_lacking_is_named(scope: str) -> None:
    with ImmichServer(pictures(), scopes={"album.read", "asset.read", "asset.view"} - {scope}) as server:  # type: ignore[arg-type]
        with pytest.raises(SourceError) as caught:
            immich(server).look()
        assert str(caught.value) == f"home: it answers with 403: Missing required permission: {scope}."


def test_a_login_that_is_lacking_or_wrong() -> None:
    with ImmichServer(pictures()) as server, PhotoPrismServer(pictures()) as prism:
        for call in (lambda: immich(server, None), lambda: photoprism(prism, None)):
            with pytest.raises(UsageError, match="needs an"):
                call()
        for service in (immich(server, "wrong-key-1"), photoprism(prism, "wrong-key-1")):
            with pytest.raises(SourceError, match=r"^home: it answers with 401: (Invalid API key|Unauthorized)\.$"):
                service.look()
        prism.scopes = {"albums"}
        with pytest.raises(SourceError, match="403: Forbidden"):
            photoprism(prism).look()


DEEP = Answer(raw=b"[" * 60_000)
ODD: list[Answer] = [
    Answer(status=404),
    Answer({"message": ["many", "words"]}, 400),
    Answer(status=500),
    Answer(status=429, headers={"Retry-After": "3600"}),
    Answer(status=302, headers={"Location": "http://127.0.0.9:1/elsewhere"}),
    Answer(raw=b"<html><body>Please log in</body></html>", headers={"Content-Type": "text/html"}),
    Answer(raw=b"\xff\xfe\x00"),
    Answer("a word"),
    Answer(None),
    Answer([1, 2, 3]),
    Answer({"assets": {"items": "many"}}),
    DEEP,
    Gigantic(),
    Reset(),
    Truncated([]),
]


@pytest.mark.parametrize("running", ["immich 3", "photoprism"], indirect=True)
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{type(odd).__name__}-{odd.status}-{str(odd.value)[:9]}")
def test_whatever_is_answered_is_one_line(
    odd: Answer, running: tuple[Any, PhotoService], caplog: pytest.LogCaptureFixture
) -> None:
    server, service = running
    photo = next(iter(service.search("")))
    with caplog.at_level(logging.DEBUG):
        for ask in (service.albums, lambda: list(service.photos("x")), lambda: list(service.search("x"))):
            server.faults.extend([odd] * 2)
            with pytest.raises(SourceError) as caught:
                ask()
            server.faults.clear()
            told = str(caught.value)
            assert told.startswith("home: ")
            assert told.isprintable()
            assert len(told) < 250
        service.picture(photo.id, 720)
    for secret in (KEY, PASSWORD, TOKEN):
        assert secret not in caplog.text
        assert secret not in told


@pytest.mark.parametrize("slow", [SlowBody(), Silence()], ids=lambda slow: type(slow).__name__)
def test_a_slow_one_is_given_up(slow: Answer) -> None:
    with ImmichServer(pictures()) as server:
        server.faults.extend([slow] * 2)
        service = Immich(Connection(name="home", kind="immich", url=server.url), KEY, HASTY)
        with pytest.raises(SourceError, match=r"^home: no whole answer in time, 2 times; try again later\.$"):
            service.albums()


STRANGE = ["id", 17, None, [], {}, "\x1b[2J", "x" * 5000, True]


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_wrong_types_are_left_out(strange: object) -> None:
    names = ("id", "type", "originalFileName", "localDateTime", "checksum", "thumbhash", "exifInfo")
    asset = {"id": "a", "type": "IMAGE", **dict.fromkeys(names[2:], strange)}
    items = [asset, dict.fromkeys(names, strange), strange]
    with ImmichServer({}) as server:
        server.faults.append(Answer({"assets": {"items": items, "nextPage": strange}}))
        service = immich(server)
        for photo in service.search("x"):
            assert isinstance(photo, ServicePhoto)
            assert isinstance(photo.name, str)
            assert photo.name.isprintable()
        server.faults.append(Answer([{"id": strange, "albumName": strange, "assetCount": strange}]))
        assert all(isinstance(album.name, str) for album in service.albums())
    photo = {"UID": "p", "Hash": "0" * 40} | dict.fromkeys(("Type", "OriginalName", "TakenAtLocal", "Title"), strange)
    with PhotoPrismServer({}) as prism:
        prism.faults.append(Answer([photo, dict.fromkeys(photo, strange)]))
        for found in photoprism(prism).search("x"):
            assert found.name.isprintable()


def test_a_sign_is_no_thumbnail() -> None:
    with PhotoPrismServer(pictures()) as server, pytest.raises(SourceError, match="has no thumbnail of this photo"):
        photoprism(server).picture("0" * 40, 720)


def test_keys_go_to_no_other_host() -> None:
    with Server() as other, ImmichServer(pictures()) as server, PhotoPrismServer(pictures()) as prism:
        away = Answer(status=302, headers={"Location": f"{other.url}/catch"})
        for where, service in ((server, immich(server)), (prism, photoprism(prism))):
            photo, *_ = service.search("")
            service.picture(photo.id, 720)
            for ask in (service.albums, partial(service.picture, photo.id, 720), partial(list, service.search("x"))):
                where.faults.append(away)
                with pytest.raises(SourceError, match="sends us to"):
                    ask()
                where.faults.clear()
        assert not other.asked


def test_texts_and_times() -> None:
    assert line(" a\n b\x00\ud800 ") == "a b"
    assert line("") is line(7) is line(" \t") is None
    assert moment("2021-05-06T07:08:09.000Z") == "2021-05-06T07:08:09"
    assert moment("soon") is moment(None) is moment(5) is None
    assert moment("0001-01-01T00:00:00Z") is None  # what Go writes for none
