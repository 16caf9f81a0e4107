"""Music servers and their playlists over HTTP: a real server, a second client of it, and who may ask."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import img2music
from img2music.connectors.connections import connections_file
from img2music.library import matched_servers
from tests.conftest import Locations
from tests.support.music_servers import Supysonic, make_music, supysonic
from tests.support.songs import put, record

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.app.jobs import JobQueue
from img2music.server.app import create_app
from img2music.server.settings import Settings

pytestmark = pytest.mark.slow

HERE = "http://localhost"
CHANGES = {"X-Img2music": "1"}
SONGS = 6


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_music(tmp_path_factory.mktemp("music"), SONGS)


@pytest.fixture(scope="module")
def real(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supysonic]:
    with supysonic(music, tmp_path_factory.mktemp("supysonic")) as running:
        yield running


@pytest.fixture
def library(music: Path, tmp_path: Path, at: Locations) -> Iterator[img2music.Library]:
    """The songs of the server, and one more."""
    files = [*sorted(map(str, music.rglob("*.*"))), "/elsewhere/Other.flac"]
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        tags = [{"title": Path(file).stem.partition(" ")[2] or "Other", "artist": "Artist 0"} for file in files]
        lengths = [2 + number % 5 * 0.2 for number in range(len(files))]
        told = zip(files, tags, lengths, strict=True)
        put(opened._store, (record(file, 0.3, 0.4, duration=length, **tag) for file, tag, length in told))
        yield opened


@pytest.fixture
def client(library: img2music.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE, headers=CHANGES) as opened:
        yield opened


@pytest.fixture
def seen(real: Supysonic) -> Iterator[Callable[..., Any]]:
    """What another client of the server is told; it has no playlists afterwards."""

    def ask(what: str, **params: object) -> Any:
        login = {"u": real.user, "p": real.password, "v": "1.12.0", "c": "other", "f": "json"}
        told = httpx.get(f"{real.url}/rest/{what}", params={**login, **params}, timeout=60).json()["subsonic-response"]
        assert told["status"] == "ok"
        return told

    yield ask
    for each in ask("getPlaylists")["playlists"].get("playlist", []):
        ask("deletePlaylist", id=each["id"])


def answered(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def problem(answer: Any, status: int) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answered(answer, status)["detail"])


def login(real: Supysonic, **others: str) -> dict[str, str]:
    return {"name": "home", "url": real.url, "user": real.user, "secret": real.password} | others


@pytest.fixture
def connected(client: TestClient, real: Supysonic) -> TestClient:
    answered(client.post("/api/connections", json=login(real)), 201)
    return client


def keep(client: TestClient, name: str, *tracks: int) -> dict[str, Any]:
    chosen = [{"id": each} for each in tracks]
    return answered(client.post("/api/playlists", json={"name": name, "tracks": chosen}), 201)


def test_a_server_is_connected_shown_and_forgotten(client: TestClient, real: Supysonic) -> None:
    assert answered(client.get("/api/connections"))["connections"] == []
    problem(client.get("/api/connections/home"), 404)
    assert "Wrong username or password" in problem(
        client.post("/api/connections", json=login(real, secret="wrong-one")), 502
    )
    assert answered(client.get("/api/connections"))["connections"] == []
    answers = [client.post("/api/connections", json=login(real)), client.get("/api/connections/home")]
    made, found = answered(answers[0], 201), answered(answers[1])
    shown = {"name": "home", "kind": "subsonic", "url": real.url, "user": real.user, "secret": "file"}
    assert made["connection"] == found["connection"] == shown
    assert made["counts"]["songs"] == found["counts"]["songs"] == SONGS
    answers.append(client.get("/api/connections"))
    assert answered(answers[2])["connections"] == [shown]
    assert not any(real.password in json.dumps(each.json(), ensure_ascii=False) for each in answers)
    assert connections_file().stat().st_mode & 0o777 == 0o600
    assert client.delete("/api/connections/home").status_code == 204
    problem(client.delete("/api/connections/home"), 404)
    assert real.password not in connections_file().read_text()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"url": "http://alice:secret-1@localhost"}, 422),
        ({"url": "file:///etc/passwd"}, 422),
        ({"url": "mpd:///run/mpd.sock"}, 422),
        ({"url": "mpd://localhost/run/mpd.sock"}, 422),
        ({"url": "http://127.0.0.1:1"}, 502),
        ({"name": "Not a name"}, 422),
        ({"kind": "other"}, 422),
        ({"secret": ""}, 422),
        ({"password": "secret-1"}, 422),
    ],
)
def test_what_is_wrong_is_told_and_not_kept(
    client: TestClient, real: Supysonic, wrong: dict[str, str], status: int
) -> None:
    answer = client.post("/api/connections", json=login(real, **wrong))
    assert "secret-1" not in problem(answer, status)
    assert real.password not in answer.text
    assert answered(client.get("/api/connections"))["connections"] == []


def test_a_secret_of_the_environment_goes_nowhere_else(
    client: TestClient, real: Supysonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMG2MUSIC_HOME_SECRET", real.password)
    answer = client.post("/api/connections", json=login(real, secret="another"))
    assert "IMG2MUSIC_HOME_SECRET" in problem(answer, 409)
    assert answer.json()["remark"]["code"] == "secret-of-environment"


def test_who_is_not_logged_in_sees_and_changes_nothing(library: img2music.Library, tmp_path: Path) -> None:
    app = create_app(library, Settings(token="token"), cache=tmp_path / "cache")
    strange = TestClient(app, base_url=HERE, headers=CHANGES)
    for path in ("", "/home", "/home/playlists", "/home/songs", "/home/albums", "/home/photos"):
        problem(strange.get(f"/api/connections{path}"), 401)
    for path in ("", "/kind", "/home/push", "/home/pull", "/home/diff", "/home/likes"):
        problem(strange.post(f"/api/connections{path}", json={}), 401)
    problem(strange.delete("/api/connections/home"), 401)
    forged = TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE)
    for path in ("", "/kind", "/home/push", "/home/pull", "/home/diff", "/home/likes"):
        problem(forged.post(f"/api/connections{path}", json={}), 403)
    problem(forged.delete("/api/connections/home"), 403)


def test_a_playlist_is_tried_written_renamed_and_renewed_in_place(
    connected: TestClient, seen: Callable[..., Any]
) -> None:
    kept = keep(connected, "Evening", 3, 7, 1)
    push = {"playlist": kept["id"]}
    tried = answered(connected.post("/api/connections/home/push", json=push | {"dry_run": True}))
    assert (tried["done"], tried["id"], tried["needs"]) == ("made", None, [])
    assert [each["track"] for each in tried["matched"]] == [3, 1]
    (left,) = tried["left_out"]
    assert left["track"] == 7
    assert left["why"]
    assert "playlist" not in seen("getPlaylists")["playlists"]
    pushed = answered(connected.post("/api/connections/home/push", json=push))
    (there,) = seen("getPlaylists")["playlists"]["playlist"]
    assert (there["name"], there["songCount"], there["id"]) == ("Evening", 2, pushed["id"])
    change = {"updated": kept["updated"], "name": "Night", "tracks": [{"id": each} for each in (5, 1, 2)]}
    answered(connected.put(f"/api/playlists/{kept['id']}", json=change))
    again = answered(connected.post("/api/connections/home/push", json=push))
    assert (again["done"], again["id"], again["name"]) == ("renewed", pushed["id"], "Night")
    (there,) = seen("getPlaylists")["playlists"]["playlist"]
    assert (there["name"], there["id"]) == ("Night", pushed["id"])
    titles = [each["title"] for each in seen("getPlaylist", id=there["id"])["playlist"]["entry"]]
    assert titles == ["Song 4", "Song 0", "Song 1"]
    assert answered(connected.post("/api/connections/home/push", json=push))["done"] == "unchanged"


def test_what_somebody_did_there_is_told_and_overwritten_only_when_asked(
    connected: TestClient, seen: Callable[..., Any]
) -> None:
    kept = keep(connected, "Evening", 1, 2)
    push = {"playlist": kept["id"]}
    id_ = answered(connected.post("/api/connections/home/push", json=push))["id"]
    seen("updatePlaylist", playlistId=id_, songIndexToRemove=0)
    assert answered(connected.post("/api/connections/home/push", json=push | {"dry_run": True}))["needs"] == [
        "overwrite"
    ]
    problem(connected.post("/api/connections/home/push", json=push), 409)
    assert answered(connected.post("/api/connections/home/push", json=push | {"overwrite": True}))["needs"] == []
    assert seen("getPlaylist", id=id_)["playlist"]["songCount"] == 2
    seen("createPlaylist", name="Morning")
    other = {"playlist": keep(connected, "Morning", 3)["id"]}
    assert answered(connected.post("/api/connections/home/push", json=other | {"dry_run": True}))["needs"] == [
        "take_over"
    ]
    problem(connected.post("/api/connections/home/push", json=other), 409)
    answered(connected.post("/api/connections/home/push", json=other | {"name": "Morning 2"}))
    listed = answered(connected.get("/api/connections/home/playlists"))["playlists"]
    told = {each["name"]: (each["songs"], each["ours"], each["playlist"]) for each in listed}
    assert told == {
        "Evening": (2, True, "Evening"),
        "Morning": (0, False, None),
        "Morning 2": (1, True, "Morning"),
    }


def test_a_playlist_with_nothing_there_is_told_why(connected: TestClient) -> None:
    push = {"playlist": keep(connected, "Other", 7)["id"]}
    tried = answered(connected.post("/api/connections/home/push", json=push | {"dry_run": True}))
    assert tried["matched"] == []
    assert [each["track"] for each in tried["left_out"]] == [7]
    assert "so nothing is written there" in problem(connected.post("/api/connections/home/push", json=push), 422)
    problem(connected.post("/api/connections/home/push", json={"playlist": 99}), 422)
    problem(connected.post("/api/connections/away/push", json=push), 404)


def test_a_playlist_of_theirs_is_taken(connected: TestClient, seen: Callable[..., Any]) -> None:
    songs = {each["title"]: each["id"] for each in seen("search3", query="Song", songCount=9)["searchResult3"]["song"]}
    seen("createPlaylist", name="Theirs", songId=[songs["Song 3"], songs["Song 1"]])
    (there,) = answered(connected.get("/api/connections/home/playlists"))["playlists"]
    tried = answered(connected.post("/api/connections/home/pull", json={"playlist": there["id"], "dry_run": True}))
    assert (tried["done"], [each["track"] for each in tried["matched"]]) == ("made", [4, 2])
    assert answered(connected.get("/api/playlists"))["playlists"] == []
    pulled = answered(connected.post("/api/connections/home/pull", json={"playlist": there["id"], "name": "Mine"}))
    taken = answered(connected.get(f"/api/playlists/{pulled['id']}"))
    assert (taken["name"], [each["track"]["id"] for each in taken["songs"]]) == ("Mine", [4, 2])


def test_many_songs_are_matched_by_a_job_first(connected: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matched_servers, "FEW", 1)
    push = {"playlist": keep(connected, "Evening", 1)["id"], "dry_run": True}
    answer = connected.post("/api/connections/home/push", json=push)
    assert "begin a job" in problem(answer, 409)
    assert answer.json()["type"] == "urn:img2music:not-ready"
    job = answered(connected.post("/api/jobs", json={"kind": "match", "connection": "home"}), 202)
    assert (job["kind"], job["name"]) == ("match", "home")
    until = time.monotonic() + 60
    while job["state"] in ("waiting", "running") and time.monotonic() < until:
        time.sleep(0.1)
        job = answered(connected.get(f"/api/jobs/{job['id']}"))
    assert (job["state"], job["error"]) == ("done", None)
    assert job["result"] == {"songs": SONGS, "mapped": SONGS, "unsure": 0, "absent": 0}
    assert len(answered(connected.post("/api/connections/home/push", json=push))["matched"]) == 1


def test_of_two_at_once_one_waits(connected: TestClient) -> None:
    push = {"playlist": keep(connected, "Evening", 1)["id"], "dry_run": True}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: connected.post("/api/connections/home/push", json=push), range(4))
        assert [each.status_code for each in answers] == [200] * 4


def test_what_is_unsure_is_settled_by_hand_and_stays_so(connected: TestClient, library: img2music.Library) -> None:
    songs = library._store.servers
    found = answered(connected.get("/api/connections/home/songs"))
    assert (found["mapped"], found["unsure"], found["settled"]) == (SONGS, [], [])
    (song, track), *_ = songs.tracks_of("home", [each.id for each in songs.songs("home")]).items()
    settle = {"song": song, "track": 7}
    assert connected.put("/api/connections/home/songs", json=settle).status_code == 204
    for refresh in (False, True):
        with library.playlists.at("home") as server:
            again = server.match(refresh=refresh)
        assert [(each.song, each.track) for each in again.settled] == [(song, 7)]
        assert again.ways["hand"] == 1
    push = {"playlist": keep(connected, "Other", 7, track)["id"], "dry_run": True}
    tried = answered(connected.post("/api/connections/home/push", json=push))
    assert [(each["track"], each["how"]) for each in tried["matched"]] == [(7, "hand")]
    assert tried["left_out"][0]["reasons"]
    assert connected.put("/api/connections/home/songs", json=settle | {"track": None}).status_code == 204
    none = answered(connected.get("/api/connections/home/songs"))
    assert (none["absent"], none["settled"][0]["track"]) == (1, None)
    assert connected.delete("/api/connections/home/songs", params={"song": song}).status_code == 204
    assert answered(connected.get("/api/connections/home/songs"))["mapped"] == SONGS
    problem(connected.put("/api/connections/home/songs", json=settle | {"track": 99}), 422)
    problem(connected.put("/api/connections/home/songs", json=settle | {"song": "no such"}), 422)
    problem(connected.delete("/api/connections/home/songs", params={"song": "no such"}), 422)


def test_likes_go_both_ways(connected: TestClient, seen: Callable[..., Any]) -> None:
    songs = {each["title"]: each["id"] for each in seen("search3", query="Song", songCount=9)["searchResult3"]["song"]}
    answered(connected.post("/api/feedback", json={"track": 1, "says": {"like": True}}), 201)
    push = {"to": "server", "dry_run": True}
    tried = answered(connected.post("/api/connections/home/likes", json=push))
    assert (len(tried["new"]), tried["known"]) == (1, 0)
    assert "song" not in seen("getStarred2")["starred2"]
    answered(connected.post("/api/connections/home/likes", json=push | {"dry_run": False}))
    assert [each["id"] for each in seen("getStarred2")["starred2"]["song"]] == [songs["Song 0"]]
    seen("star", id=songs["Song 3"])
    taken = answered(connected.post("/api/connections/home/likes", json={"to": "library"}))
    assert (len(taken["new"]), taken["known"]) == (1, 1)
    said = answered(connected.get("/api/feedback"))["feedback"]
    assert sorted(each["track"]["title"] for each in said) == ["Song 0", "Song 3"]
    for each in songs.values():
        seen("unstar", id=each)


def test_what_differs_is_told_song_by_song(connected: TestClient, seen: Callable[..., Any]) -> None:
    kept = keep(connected, "Evening", 1, 2)
    push = {"playlist": kept["id"]}
    absent = answered(connected.post("/api/connections/home/diff", json=push))
    assert (absent["same"], [each["code"] for each in absent["remarks"]]) == (False, ["not-there"])
    id_ = answered(connected.post("/api/connections/home/push", json=push))["id"]
    seen("updatePlaylist", playlistId=id_, songIndexToRemove=0)
    found = answered(connected.post("/api/connections/home/diff", json=push))
    assert [(each["where"], each["track"]) for each in found["songs"]] == [("both", 2), ("here", 1)]
    problem(connected.post("/api/connections/home/diff", json={"playlist": 99}), 422)


def test_faults_of_servers_have_codes(connected: TestClient, real: Supysonic, client: TestClient) -> None:
    def code(answer: Any, status: int) -> str:
        return str(answered(answer, status)["remark"]["code"])

    assert code(client.post("/api/connections", json=login(real, secret="wrong-one")), 502) == "server-refuses"
    assert code(client.post("/api/connections", json=login(real, url="http://127.0.0.1:1")), 502) == "server-away"
    assert code(client.post("/api/connections", json=login(real, url="ftp://host")), 422) == "no-address"
    assert code(client.post("/api/connections", json=login(real, url="http://a:b@host")), 422) == "secret-in-address"
    assert code(client.post("/api/connections", json=login(real, kind="mpd")), 422) == "address-of-mpd"
    assert code(client.post("/api/connections", json=login(real, url="mpd:///run/mpd.sock")), 422) == "socket"
    assert code(client.get("/api/connections/away"), 404) == "no-connection"
    push = {"playlist": keep(connected, "Other", 7)["id"]}
    assert code(connected.post("/api/connections/home/push", json=push), 422) == "nothing-to-send"
    tried = answered(connected.post("/api/connections/home/push", json=push | {"dry_run": True}))
    assert [each["code"] for each in tried["remarks"]] == ["nothing-to-send"]
    assert [each["code"] for each in tried["left_out"][0]["reasons"]] == ["not-at-server"]


def test_songs_of_a_server_may_be_scanned_when_that_is_asked_for(
    connected: TestClient, library: img2music.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {each["path"]: each for each in answered(connected.get("/api/folders"))["folders"]}
    there = folders["server://home"]
    assert there["tracks"] == 0
    monkeypatch.setattr("img2music.app.jobs.JobQueue._add", lambda _, kind, name, request: (kind, name, request))
    queue = JobQueue(library)
    assert "server:" not in str(queue.scan()[1])  # type: ignore[index]  # not with all folders, before it is asked for
    assert queue.scan([there["id"]])[2]["folders"] == ["server://home"]  # type: ignore[index]
    put(library._store, [record("server://home/7.mp3", 0.1, 0.2, duration=3.0)])
    assert "server://home" in str(queue.scan()[1])  # type: ignore[index]
    connected.delete("/api/connections/home")
    again = {each["path"] for each in answered(connected.get("/api/folders"))["folders"]}
    assert again == {*folders}  # whose songs are known still
