"""Photo services over HTTP: albums, photos as pictures, and albums made of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import img2music
from img2music.app.albums import photos_of
from img2music.app.library import store_of
from img2music.app.projects import read_project_film
from img2music.progress import unwatched
from tests.conftest import Locations
from tests.support.photo_services import KEY, ImmichServer, Picture
from tests.support.projects import add_songs
from tests.support.servers import Answer

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.server.app import create_app

pytestmark = pytest.mark.slow

CHANGES = {"X-Img2music": "1"}
SMALL = {"size": 90, "fps": 10, "seconds_per_photo": 3.0}
SUMMER = [
    Picture("IMG_2.jpg", (200, 160, 60), taken="2021-05-07T07:08:09", description="The sea"),
    Picture("IMG_1.HEIC", (30, 40, 90), taken="2021-05-06T07:08:09"),
]


@pytest.fixture
def immich() -> Iterator[ImmichServer]:
    with ImmichServer({"Summer": SUMMER, "empty": []}) as server:
        yield server


@pytest.fixture
def client(immich: ImmichServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Locations) -> Iterator[Any]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("img2music.app.jobs.JobQueue.start", lambda _: None)
    with img2music.Library.open(at(tmp_path / "library.db")) as library:
        add_songs(library, tmp_path / "music")
        with TestClient(create_app(library, cache=tmp_path / "cache"), base_url="http://localhost") as opened:
            opened.headers.update(CHANGES)
            opened.library = library  # type: ignore[attr-defined]
            login = {"name": "photos", "url": immich.url, "secret": KEY}
            told(opened.post("/api/connections", json=login), 201)
            yield opened


def told(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert KEY not in answer.text
    return dict(answer.json())


def listed(client: TestClient) -> list[dict[str, Any]]:
    albums = told(client.get("/api/connections/photos/albums"))["albums"]
    assert [(each["name"], each["photos"]) for each in albums] == [("empty", 0), ("Summer", 2)]
    return list(told(client.get("/api/connections/photos/photos", params={"album": albums[1]["id"]}))["photos"])


def test_the_kind_at_an_address_is_found_out(client: TestClient, immich: ImmichServer) -> None:
    assert told(client.post("/api/connections/kind", json={"url": immich.url})) == {"kind": "immich"}
    away = told(client.post("/api/connections/kind", json={"url": "http://127.0.0.1:1"}), 502)
    assert away["remark"]["code"] == "server-away"
    wrong = told(client.post("/api/connections/kind", json={"url": "ftp://127.0.0.1"}), 422)
    assert wrong["remark"]["code"] == "no-address"


def test_photos_of_an_album_are_pictures(client: TestClient, immich: ImmichServer) -> None:
    photos = listed(client)
    assert [(each["name"], each["title"]) for each in photos] == [("IMG_2.jpg", "The sea"), ("IMG_1.HEIC", None)]
    pictures = [told(client.post("/api/pictures/fetch", json={"connection": "photos", **each}), 201) for each in photos]
    assert [each["name"] for each in pictures] == ["IMG_2.jpg", "IMG_1.HEIC"]
    together = {"query": {"pictures": [each["id"] for each in pictures]}, "limit": 2}
    assert told(client.post("/api/recommend", json=together))["recommendations"]
    assert client.get(f"/api/pictures/{pictures[0]['id']}/thumbnail").status_code == 200
    found = told(client.get("/api/connections/photos/photos", params={"search": "sea"}))["photos"]
    assert {each["id"] for each in found} <= {each["id"] for each in photos}


def test_an_album_of_a_service_becomes_one_with_its_dates_and_titles(client: TestClient) -> None:
    pictures = [
        told(client.post("/api/pictures/fetch", json={"connection": "photos", "large": True, **each}), 201)
        for each in listed(client)
    ]
    body = {"pictures": [each["id"] for each in pictures], "album": SMALL | {"order": "date", "captions": "title"}}
    project = told(client.post("/api/projects", json=body), 201)
    store = store_of(client.library)  # type: ignore[attr-defined]
    read_project_film(store, project["id"], unwatched)
    shown = told(client.get(f"/api/projects/{project['id']}"))["sheet"]["slideshow"]["photos"]
    assert [Path(each["path"]).name for each in shown] == ["IMG_1.HEIC", "IMG_2.jpg"]
    reading = store.projects.reading(project["id"])
    assert reading is not None
    assert {Path(path).name: each.title for path, each in photos_of(reading).items()} == {
        "IMG_1.HEIC": None,
        "IMG_2.jpg": "The sea",
    }


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"connection": "nowhere"}, 404), ({"id": "../../albums"}, 502), ({"taken": "yesterday"}, 201), ({"id": ""}, 422)],
)
def test_what_is_made_up_is_refused_or_does_no_harm(client: TestClient, wrong: dict[str, str], status: int) -> None:
    photo = {"connection": "photos", **listed(client)[0], **wrong}
    answer = client.post("/api/pictures/fetch", json=photo)
    assert answer.status_code == status, answer.text


def test_a_service_that_fails_is_told_in_one_line(client: TestClient, immich: ImmichServer) -> None:
    photos = listed(client)
    immich.spoiled[photos[0]["id"]] = Answer(raw=b"no picture", headers={"Content-Type": "image/jpeg"})
    spoiled = client.post("/api/pictures/fetch", json={"connection": "photos", **photos[0]})
    assert "no picture that can be read" in told(spoiled, 422)["detail"]
    immich.scopes.clear()
    refused = told(client.get("/api/connections/photos/albums"), 502)
    assert refused["remark"] == {"code": "server-refuses", "values": ["photos"]}
    told(client.get("/api/connections/photos/photos"), 422)
    told(client.get("/api/connections/nowhere/albums"), 404)
