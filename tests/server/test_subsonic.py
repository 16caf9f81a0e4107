"""OpenSubsonic's `sonicSimilarity`, as clients of a music server ask for it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import img2music
from img2music.connectors import http
from img2music.connectors.connections import keep
from tests.conftest import Locations
from tests.support.music_servers import SubsonicServer, entry
from tests.support.music_servers import told as subsonic
from tests.support.servers import Answer, Reset
from tests.support.songs import put, record

pytest.importorskip("fastapi")
from jsonschema import validate
from starlette.testclient import TestClient

from img2music.server import guard
from img2music.server.app import create_app
from img2music.server.settings import Settings

HERE = "http://localhost"
SONGS = 30
KEPT = 25
"""Songs of the server that the library has."""
TOKEN = "our/token+ü"
XMLNS = "{http://subsonic.org/restapi}"


def told(number: int) -> dict[str, Any]:
    """A song as the server has it."""
    more = {"coverArt": f"mf-{number}", "discNumber": 2, "musicBrainzId": f"{number:08x}-3285-4e2e-92a3-7f6c30d407a2"}
    return entry(number, artist=f"Artist {number}", **more)


CHILD = {
    "type": "object",
    "required": ["id", "isDir", "title"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "title", "album", "artist", "suffix", "path", "type")},
        **{name: {"type": "string"} for name in ("albumId", "coverArt", "musicBrainzId")},
        **{name: {"type": "integer"} for name in ("track", "discNumber", "year", "size", "duration")},
        **{name: {"type": "boolean"} for name in ("isDir", "isVideo")},
        "mediaType": {"enum": ["song"]},
    },
    "additionalProperties": False,
}
MATCH = {
    "type": "object",
    "required": ["entry", "similarity"],
    "properties": {"entry": CHILD, "similarity": {"type": "number", "minimum": 0, "maximum": 1}},
    "additionalProperties": False,
}
ANSWER = {
    "type": "object",
    "required": ["status", "version", "type", "serverVersion", "openSubsonic", "sonicMatch"],
    "properties": {"status": {"const": "ok"}, "sonicMatch": {"type": "array", "items": MATCH}},
}
"""docs/extensions/sonicsimilarity, docs/responses/sonicmatch and docs/responses/child of the API."""


@pytest.fixture(scope="module")
def pretend() -> Iterator[SubsonicServer]:
    with SubsonicServer([told(number) for number in range(SONGS)]) as running:
        yield running


@pytest.fixture(scope="module")
def library(
    pretend: SubsonicServer, places: Locations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[img2music.Library]:
    """The songs lie on the diagonal of the plane, with ten others that the server does not have."""
    folder = tmp_path_factory.mktemp("library")
    with pytest.MonkeyPatch.context() as patch, img2music.Library.open(places(folder / "library.db")) as opened:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        songs = [told(number) for number in range(KEPT)]
        names = ("title", "artist", "album", "year", "genre")
        tracks = [
            record(
                f"/music/{song['path']}",
                number / SONGS,
                number / SONGS,
                duration=song["duration"],
                **{name: song[name] for name in names},
            )
            for number, song in enumerate(songs)
        ]
        put(opened._store, [*tracks, *(record(f"/other/{n}.flac", n / 10, n / 10) for n in range(10))])
        keep(pretend.connection(), pretend.PASSWORD)
        with opened.playlists.at("home") as there:
            assert there.match().mapped == KEPT
        yield opened


@pytest.fixture
def client(library: img2music.Library, tmp_path: Path) -> TestClient:
    return TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE)


@pytest.fixture
def guarded(library: img2music.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(guard, "SLOW", 0.0)
    return TestClient(create_app(library, Settings(token=TOKEN), cache=tmp_path / "cache"), base_url=HERE)


def id_of(number: int) -> str:
    return str(entry(number)["id"])


def asked(client: TestClient, call: str, **params: object) -> dict[str, Any]:
    answer = client.get(f"/servers/home/rest/{call}", params={"f": "json", **params})
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json()["subsonic-response"])


def numbers(answer: dict[str, Any]) -> list[int]:
    validate(answer, ANSWER)
    return [int(each["entry"]["id"], 16) for each in answer["sonicMatch"]]


def test_songs_that_feel_alike_come_nearest_first(client: TestClient) -> None:
    found = asked(client, "getSonicSimilarTracks", id=id_of(12), count=6)
    assert sorted(numbers(found)) == [9, 10, 11, 13, 14, 15]
    near = [each["similarity"] for each in found["sonicMatch"]]
    assert near == sorted(near, reverse=True)
    assert len(numbers(asked(client, "getSonicSimilarTracks.view", id=id_of(3)))) == 10
    assert sorted(numbers(asked(client, "getSonicSimilarTracks", id=id_of(0), count=99))) == list(range(1, KEPT))
    assert numbers(asked(client, "getSonicSimilarTracks", id=id_of(0), count=0)) == []


def test_a_song_is_told_as_its_server_tells_it(client: TestClient) -> None:
    (match,) = asked(client, "getSonicSimilarTracks", id=id_of(12), count=1)["sonicMatch"]
    song = told(int(match["entry"]["id"], 16))
    assert {"albumId", "coverArt", "discNumber", "musicBrainzId"} <= match["entry"].keys()
    assert {name: song.get(name) for name in match["entry"]} == match["entry"] | {"mediaType": None}


def test_a_path_leads_from_one_song_to_another(client: TestClient) -> None:
    found = asked(client, "findSonicPath", startSongId=id_of(4), endSongId=id_of(20), count=5)
    way = numbers(found)
    assert (way[0], way[-1], len(way)) == (4, 20, 5)
    assert way == sorted(way)
    assert found["sonicMatch"][0]["similarity"] == 1.0
    assert numbers(asked(client, "findSonicPath.view", startSongId=id_of(4), endSongId=id_of(3), count=1)) == [4, 3]
    assert numbers(asked(client, "findSonicPath", startSongId=id_of(4), endSongId=id_of(4))) == [4]


def test_what_is_never_wanted_is_in_neither(client: TestClient, library: img2music.Library) -> None:
    said = library.feedback.never(13)
    try:
        assert 12 not in numbers(asked(client, "getSonicSimilarTracks", id=id_of(11), count=KEPT))
        assert 12 not in numbers(asked(client, "findSonicPath", startSongId=id_of(8), endSongId=id_of(16)))
    finally:
        library.feedback.undo(said.id)


def test_forms_and_xml(client: TestClient) -> None:
    answer = client.post("/servers/home/rest/getSonicSimilarTracks", data={"id": id_of(12), "count": "2"})
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.get("status"), root.get("openSubsonic")) == (f"{XMLNS}subsonic-response", "ok", "true")
    found = root.findall(f"{XMLNS}sonicMatch")
    assert [0 < float(str(each.get("similarity"))) < 1 for each in found] == [True, True]
    assert {each.get("isDir") for each in root.iter(f"{XMLNS}entry")} == {"false"}
    root = ElementTree.fromstring(client.get("/servers/home/rest/getOpenSubsonicExtensions.view").content)
    names = {each.get("name") for each in root.findall(f"{XMLNS}openSubsonicExtensions")}
    assert "sonicSimilarity" in names
    assert [each.text for each in root.iter(f"{XMLNS}versions")] == ["1"] * len(names)


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("getSonicSimilarTracks", {}, 10),
        ("getSonicSimilarTracks", {"id": "unknown"}, 70),
        ("getSonicSimilarTracks", {"id": id_of(KEPT)}, 70),  # of the server, but not of the library
        ("getSonicSimilarTracks", {"id": id_of(1), "count": "-1"}, 0),
        ("getSonicSimilarTracks", {"id": id_of(1), "count": "many"}, 0),
        ("findSonicPath", {"startSongId": id_of(1)}, 10),
        ("findSonicPath", {"startSongId": id_of(1), "endSongId": "\x00"}, 70),
        ("getSong", {"id": id_of(1)}, 0),
    ],
)
def test_what_can_not_be_answered_is_said_by_its_number(
    client: TestClient, call: str, params: dict[str, str], code: int
) -> None:
    found = asked(client, call, **params)
    assert (found["status"], found["error"]["code"]) == ("failed", code)
    answer = client.get(f"/servers/home/rest/{call}", params=params)
    assert ElementTree.fromstring(answer.content)[0].get("code") == str(code)


def test_extensions_are_those_of_the_server_and_ours(client: TestClient, pretend: SubsonicServer) -> None:
    found = asked(client, "getOpenSubsonicExtensions")["openSubsonicExtensions"]
    assert [each["name"] for each in found] == ["sonicSimilarity", *(pretend.extensions or ())]


def salted(secret: str, user: str = "anybody") -> dict[str, str]:
    return {"u": user, "t": hashlib.md5(f"{secret}salt".encode()).hexdigest(), "s": "salt"}


def test_clients_log_in_with_our_token_or_as_at_the_server(guarded: TestClient, pretend: SubsonicServer) -> None:
    client = {"v": "1.16.1", "c": "other"}
    user = pretend.USER
    for login in (
        {"apiKey": TOKEN},
        salted(TOKEN),
        {"u": "anybody", "p": TOKEN},
        {"u": "anybody", "p": f"enc:{TOKEN.encode().hex()}"},
        {"apiKey": pretend.KEY},
        salted(pretend.PASSWORD, user),
        {"u": user, "p": f"enc:{pretend.PASSWORD.encode().hex()}"},
    ):
        before = len(pretend.asked)
        assert asked(guarded, "ping", **login, **client)["status"] == "ok"
        once = len(pretend.asked)
        assert once - before <= 1
        assert asked(guarded, "getSonicSimilarTracks", id=id_of(1), **login, **client)["status"] == "ok"
        assert len(pretend.asked) == once
    for code, login in (
        (10, {}),
        (10, {"u": user}),
        (44, {"apiKey": "wrong"}),
        (40, salted("wrong", user)),
        (40, salted(pretend.PASSWORD, "mallory")),
        (40, {"u": user, "p": "enc:zz"}),
        (43, {"apiKey": TOKEN, "u": user}),
    ):
        for call in ("ping", "getSonicSimilarTracks", "findSonicPath"):
            found = asked(guarded, call, id=id_of(1), **login, **client)
            assert (found["status"], found["error"]["code"]) == ("failed", code)
    assert asked(guarded, "getOpenSubsonicExtensions")["status"] == "ok"


def test_of_a_connection_that_is_not_there_only_our_token_is_told(guarded: TestClient) -> None:
    path = "/servers/away/rest/ping"
    for code, login in ((70, {"apiKey": TOKEN}), (44, {"apiKey": "wrong"})):
        answer = guarded.get(path, params={"f": "json", **login})
        assert answer.json()["subsonic-response"]["error"]["code"] == code
    assert guarded.get(path, params={"f": "json"}, headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("versions", [5, True, "1", {"a": 1}, None, [1, "2", None, True, [1]]])
@pytest.mark.parametrize("name", ["songLyrics", None, ["a"], "\udc80", 7])
def test_odd_extensions_of_the_server_are_left_out(
    client: TestClient, pretend: SubsonicServer, name: Any, versions: Any
) -> None:
    odd = [{"name": name, "versions": versions}, {"name": "formPost", "versions": [1]}, 5, []]
    pretend.faults.append(subsonic(openSubsonicExtensions=odd))
    _, *theirs = asked(client, "getOpenSubsonicExtensions")["openSubsonicExtensions"]
    assert theirs[-1] == {"name": "formPost", "versions": [1]}
    for each in theirs[:-1]:
        assert each == {"name": "songLyrics", "versions": [1] if isinstance(versions, list) else []}


@pytest.mark.parametrize("fault", [Answer({}, 503), Answer(raw=b"<html>", status=500), Reset(), Answer(raw=b"<html>")])
def test_a_server_that_can_not_be_asked_does_not_make_a_login_wrong(
    guarded: TestClient, pretend: SubsonicServer, fault: Answer
) -> None:
    """Clients forget a login that is wrong."""
    pretend.faults.append(fault)
    error = asked(guarded, "ping", **salted(pretend.PASSWORD, pretend.USER))["error"]
    assert (error["code"], "can't be asked" in error["message"]) == (0, True)
    assert asked(guarded, "ping", **salted(pretend.PASSWORD, pretend.USER))["status"] == "ok"
    pretend.faults.append(Answer(raw=b"", status=401))
    assert asked(guarded, "ping", **salted("wrong", pretend.USER))["error"]["code"] == 40


def test_what_strangers_log_in_with_is_not_hidden_in_what_is_told_later(guarded: TestClient) -> None:
    """Else who logs in by "e", or by nothing, takes the words from all logs, and thousands fill the memory."""
    before = len(http._OPEN)
    for login in (
        {"p": "e", "u": "x"},
        {"p": "", "t": "e", "s": "", "u": "x"},
        *({"apiKey": f"k{n}"} for n in range(9)),
    ):
        assert asked(guarded, "ping", **login)["status"] == "failed"
    assert http.without_secrets("the words") == "the words"
    assert len(http._OPEN) == before
