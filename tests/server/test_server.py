"""The server of a real library: what it answers, and what it refuses."""

import asyncio
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import img2music
from img2music.app.pictures import heat
from img2music.errors import UsageError
from img2music.library.record import Failure
from tests.conftest import Locations
from tests.support.songs import put, record
from tests.support.sounds import FORMATS, chords, encode
from tests.support.stores import BUCKET, S3Server, Wire

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.server import guard, settings, uploads
from img2music.server.app import create_app
from img2music.server.routes.tracks import PLANE
from img2music.server.settings import Settings

HERE = "http://localhost"
CHANGES = {"X-Img2music": "1"}
TUNE = chords([(60, 64, 67), (57, 60, 64)], 1.5)


def photo(side: int = 64, kind: str = "JPEG") -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[img2music.Library]:
    music = tmp_path / "music"
    music.mkdir()
    encode(music / "tune.flac", TUNE, "flac", 16_000)
    encode(music / "tune.aiff", TUNE, "aiff", 16_000)
    (music / "cover.jpg").write_bytes(photo())
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        files = [music / "tune.flac", music / "tune.aiff", music / "gone.flac", "/etc/passwd<script>"]
        records = (record(str(file), 0.2 * (i + 1), 0.5, duration=30.0) for i, file in enumerate(files))
        put(opened._store, records)
        yield opened


@pytest.fixture
def client(library: img2music.Library, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE, headers=CHANGES) as opened:
        yield opened


def send(client: TestClient, content: bytes, name: str = "photo.jpg") -> str:
    answer = client.post("/api/pictures", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def problem(answer: object, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["title"]
    return str(found["detail"])


def asked(client: TestClient, query: object, **others: object) -> dict[str, object]:
    answer = client.post("/api/recommend", json={"query": query, **others})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_from_a_picture_to_a_playlist(client: TestClient, library: img2music.Library) -> None:
    picture = send(client, photo(), "../../my photo.jpg")
    found = asked(client, {"picture": picture}, limit=2)
    assert found["schema"] == "img2music/recommend/2"
    (one,) = found["recommendations"]
    assert one["query"]["path"] == "my photo.jpg"
    ids = [match["track"]["id"] for match in one["matches"]]
    assert len(ids) == 2
    assert client.get(f"/api/pictures/{picture}").json()["name"] == "my photo.jpg"
    assert client.get(f"/api/pictures/{picture}/thumbnail").headers["content-type"] == "image/jpeg"
    answer = client.post("/api/playlists/export", json={"tracks": [{"id": each} for each in ids[::-1]]})
    assert answer.text.splitlines()[0] == "#EXTM3U"
    assert [line for line in answer.text.splitlines() if line[0] != "#"] == [library[each].path for each in ids[::-1]]
    assert client.delete(f"/api/pictures/{picture}").status_code == 204
    problem(client.get(f"/api/pictures/{picture}/thumbnail"), 404)
    problem(client.get(f"/api/pictures/{picture}"), 404)


def test_what_moved_a_reading_is_told_and_drawn_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(uploads, "heat", lambda path, name: made.append(name) or heat(path, name))
    picture = send(client, photo(), "thumbnail")  # which is no name of ours
    told = client.get(f"/api/pictures/{picture}/explanation").json()
    assert (told["schema"], told["path"]) == ("img2music/explain/1", "thumbnail")
    drawn = {axis: client.get(f"/api/pictures/{picture}/heat", params={"of": axis}) for axis in ("valence", "arousal")}
    for axis, answer in drawn.items():
        assert answer.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(answer.content)) as image:
            colours = np.asarray(image.resize((9, 9), Image.Resampling.BOX)).astype(int)
        strongest = np.unravel_index(np.abs(told[axis]).argmax(), (9, 9))
        assert (colours[strongest][0] > colours[strongest][2]) == (np.array(told[axis])[strongest] > 0)
    assert drawn["valence"].content != drawn["arousal"].content
    assert made == ["thumbnail"]
    with Image.open(io.BytesIO(client.get(f"/api/pictures/{picture}/thumbnail").content)) as image:
        assert image.size == (64, 64)
    problem(client.get(f"/api/pictures/{picture}/heat", params={"of": "both"}), 422)


def test_a_picture_that_is_forgotten_while_it_is_explained(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = send(client, photo())

    def forgetting(path: Path, name: str) -> dict[str, bytes]:
        assert client.delete(f"/api/pictures/{picture}").status_code == 204
        return {"valence": b"late"}

    monkeypatch.setattr(uploads, "heat", forgetting)
    problem(client.get(f"/api/pictures/{picture}/heat", params={"of": "valence"}), 404)


@pytest.mark.parametrize(
    "query",
    [{"track": 1}, {"point": {"valence": 0.2, "arousal": 0.5}}, {"emotion": "calm"}],
    ids=lambda each: next(iter(each)),
)
def test_it_recommends_for(query: object, client: TestClient) -> None:
    (one,) = asked(client, query, limit=3)["recommendations"]
    assert one["matches"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"query": {}}, "exactly one of"),
        ({"query": {"emotion": "calm", "track": 1}}, "exactly one of"),
        ({"query": {"emotion": "zzz"}}, "no emotion"),
        ({"query": {"point": {"valence": 1.5, "arousal": 0}}}, "query.point.valence"),
        ({"query": {"emotion": "calm"}, "limit": 0}, "limit"),
        ({"query": {"emotion": "calm"}, "filters": {"image_model": "/etc/passwd"}}, "filters.image_model"),
        ({"query": {"emotion": "calm"}, "filters": {"genre": 5}}, "filters.genre: "),
        (
            {"query": {"emotion": "calm"}, "filters": {"genre": "x" * 501}},
            "filters.genre: String should have at most 500",
        ),
        ({"query": {"emotion": "calm"}, "filters": {"not_album": ["x"] * 101}}, "filters.not_album: List should have"),
        ({"query": {"emotion": "calm"}, "filters": {"artist": ["x" * 501]}}, "filters.artist.0: String should have"),
        ({"query": {"emotion": "calm"}, "filters": {"folder": [1] * 101}}, "filters.folder: List should have"),
        ({"query": {"emotion": "calm"}, "filters": {"year": 10**400}}, "`year` must be a number"),
        ({"query": {"emotion": "calm"}, "filters": {"duration": f"{'9' * 150}:00"}}, "`duration` must be"),
        ({"query": {"emotion": "calm"}, "person": "nobody"}, "has said nothing"),
        ({"query": {"emotion": "calm"}, "more": 1}, "more"),
    ],
)
def test_wrong_questions_are_told(body: object, words: str, client: TestClient) -> None:
    assert words in problem(client.post("/api/recommend", json=body), 422)


def test_a_song_is_sent_and_asked_for(client: TestClient, library: img2music.Library, tmp_path: Path) -> None:
    for name, notes in (("other.flac", [(50, 53, 57)]), ("again.flac", [(50, 53, 57)])):
        encode(tmp_path / name, chords(notes, 6.0), "flac", 16_000)
    content = (tmp_path / "other.flac").read_bytes()
    answer = client.post("/api/songs", files={"file": ("../../my song.flac", content)})
    assert answer.status_code == 201, answer.text
    song = answer.json()
    assert (song["name"], song["track"]["id"], song["track"]["path"]) == ("my song.flac", 0, "my song.flac")
    assert client.get(f"/api/songs/{song['id']}").json() == song
    (one,) = asked(client, {"song": song["id"]}, limit=2)["recommendations"]
    assert one["query"]["kind"] == "song"
    assert one["query"]["path"] == "my song.flac"
    assert len(one["matches"]) == 2
    assert one["matches"][0]["explanation"]["likeness"] in {"alike", "nearest"}
    library.scan(tmp_path, jobs=1)
    answer = client.post("/api/songs", files={"file": ("again", (tmp_path / "again.flac").read_bytes())})
    assert library[answer.json()["track"]["id"]].path in {str(tmp_path / "other.flac"), str(tmp_path / "again.flac")}
    wrong = client.post("/api/songs", files={"file": ("none.mp3", b"none")})
    assert "none.mp3: " in problem(wrong, 422)
    assert wrong.json()["type"] == "urn:img2music:no-song"
    problem(client.get(f"/api/pictures/{song['id']}/thumbnail"), 404)


def test_a_picture_may_be_forgotten_while_it_is_made_small(client: TestClient) -> None:
    content = photo(700)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            picture = f"/api/pictures/{send(client, content)}"
            small, gone = pool.submit(client.get, f"{picture}/thumbnail"), pool.submit(client.delete, picture)
            assert gone.result().status_code == 204
            assert small.result().status_code in {200, 404}


def test_one_playlist_goes_through_several_pictures(client: TestClient) -> None:
    pictures = [send(client, photo(side), f"{side}.jpg") for side in (32, 64)]
    found = asked(client, {"pictures": pictures}, limit=3)
    assert found["together"]
    assert [one["query"]["path"] for one in found["recommendations"]] == ["32.jpg", "64.jpg"]
    matches = [match for one in found["recommendations"] for match in one["matches"]]
    assert [match["rank"] for match in matches] == [1, 2, 3]
    assert len({match["track"]["id"] for match in matches}) == 3


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"query": {"emotion": "xyzzy"}}, 422, "unknown-word"),
        ({"query": {"picture": "0" * 32}}, 404, "gone"),
        ({"query": {"pictures": ["0" * 32]}}, 404, "gone"),
        ({"query": {"song": "0" * 32}}, 404, "gone"),
        ({"query": {"emotion": "calm"}, "filters": {"genre": "polka"}}, 422, "nothing-left"),
    ],
)
def test_errors_that_a_page_words_itself_have_types(body: object, status: int, kind: str, client: TestClient) -> None:
    answer = client.post("/api/recommend", json=body)
    problem(answer, status)
    assert answer.json()["type"] == f"urn:img2music:{kind}"


def test_words_and_genres_are_listed(client: TestClient, library: img2music.Library) -> None:
    assert {"calm", "serene", "anger"} <= set(client.get("/api/emotions").json()["emotions"])
    tagged = [("/a", "Jazz; Pop"), ("/b", "Jazz")]
    put(library._store, [record(path, 0.5, 0.5, genre=genre) for path, genre in tagged])
    expected = [{"name": "Jazz", "tracks": 2}, {"name": "Pop", "tracks": 1}]
    assert client.get("/api/genres").json()["genres"] == expected


def test_what_is_said_counts_and_is_taken_back(client: TestClient) -> None:
    best = asked(client, {"emotion": "calm"}, limit=1)["recommendations"][0]["matches"][0]["track"]["id"]
    said = client.post("/api/feedback", json={"track": best, "says": {"never": True}})
    assert said.status_code == 201, said.text
    matches = asked(client, {"emotion": "calm"}, limit=4)["recommendations"][0]["matches"]
    assert best not in [match["track"]["id"] for match in matches]
    picture = send(client, photo())
    felt = {"picture": picture, "says": {"affect": {"valence": 0.9, "arousal": 0.1}}}
    assert client.post("/api/feedback", json=felt).status_code == 201
    assert asked(client, {"picture": picture})["recommendations"][0]["query"]["affect"] == {
        "valence": 0.9,
        "arousal": 0.1,
    }
    assert (
        client.post("/api/feedback", json={"picture": picture, "track": best, "says": {"fits": True}}).status_code
        == 201
    )
    feedback = client.get("/api/feedback").json()["feedback"]
    assert [each["picture"] and each["picture"]["path"] for each in feedback] == [None, "photo.jpg", "photo.jpg"]
    kinds = [each["kind"] for each in feedback]
    assert kinds == ["never", "affect", "fits"]
    assert client.delete(f"/api/feedback/{said.json()['id']}").status_code == 204
    problem(client.delete(f"/api/feedback/{said.json()['id']}"), 404)
    for wrong in ({"says": {"like": True}}, {"says": {"like": False}, "track": best}, {"says": {}, "track": best}):
        problem(client.post("/api/feedback", json=wrong), 422)


def test_sound_by_ranges(client: TestClient, library: img2music.Library) -> None:
    path, whole = "/api/tracks/1/audio", Path(str(library[1].path)).read_bytes()
    assert client.get(path).content == whole
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert client.get(path, headers={"Range": "bytes=-5"}).content == whole[-5:]
    beyond = client.get(path, headers={"Range": f"bytes={len(whole)}-"})
    problem(beyond, 416)
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"
    for wrong in ("bytes=9-3", "bytes=", "lines=1-2", "bytes", "bytes=../../etc/passwd-"):
        problem(client.get(path, headers={"Range": wrong}), 400)
    assert client.get(path, headers={"Range": "bytes=0-3", "If-Range": part.headers["etag"]}).content == whole[:4]
    assert client.get(path, headers={"Range": "bytes=0-3", "If-Range": '"other"'}).content == whole
    head = client.head(path)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole)))
    assert head.headers["content-type"] == "audio/flac"


def test_songs_of_a_store_are_heard_by_ranges(
    client: TestClient, library: img2music.Library, s3_server: S3Server, wire: Wire
) -> None:
    whole = Path(str(library[1].path)).read_bytes()
    s3_server.client.put_object(Bucket=BUCKET, Key="heard/tune.flac", Body=whole)
    put(library._store, [record(f"s3://{BUCKET}/heard/tune.flac", 0.1, 0.1)])
    song = max(library.tracks(), key=lambda track: track.id)
    path = f"/api/tracks/{song.id}/audio"
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    again = client.get(path, headers={"Range": "bytes=0-3", "If-Range": part.headers["etag"]})
    assert (again.status_code, again.content) == (206, whole[:4])
    assert client.get(f"/api/tracks/{song.id}/peaks").json()["peaks"]
    assert wire.bytes < len(whole) + 20_000  # it is fetched once
    assert client.get(f"/api/tracks/{song.id}/cover").status_code == 404
    wire.close()
    told = problem(client.get(path), 422)
    assert "can't be reached" in told
    assert "s3:" not in told


def test_what_browsers_do_not_play_becomes_opus(client: TestClient) -> None:
    answer = client.get("/api/tracks/2/audio")
    assert answer.headers["content-type"] == "audio/ogg"
    with av.open(io.BytesIO(answer.content)) as container:
        assert container.streams.audio[0].codec_context.name.endswith("opus")
        assert container.duration == pytest.approx(3_000_000, abs=30_000)
    assert client.get("/api/tracks/2/audio", headers={"Range": "bytes=4-9"}).content == answer.content[4:10]


@pytest.mark.parametrize("kind", ["alac", "wma", "wv"])
def test_so_do_other_containers(kind: str, client: TestClient, library: img2music.Library, tmp_path: Path) -> None:
    if kind not in FORMATS:
        pytest.skip(f"no encoder for {kind} here")
    file = encode(tmp_path / f"tune.{kind}", TUNE, kind, 16_000)
    put(library._store, [record(str(file), 0.5, 0.5)])
    (song,) = [track for track in library.tracks() if track.path == str(file)]
    answer = client.get(f"/api/tracks/{song.id}/audio")
    assert (answer.headers["content-type"], answer.content[:4]) == ("audio/ogg", b"OggS")


def test_songs_are_listed_page_by_page(client: TestClient, library: img2music.Library) -> None:
    put(
        library._store,
        [record("/m/x.mp3", 0.5, 0.5, title="\u042f\u0440\u043e\u0441\u0442\u044c 100%", artist="\xc4rzte")],
    )
    found = client.get("/api/tracks", params={"limit": 3}).json()
    assert [track["id"] for track in found["tracks"]] == [1, 2, 3]
    rest = client.get("/api/tracks", params={"limit": 3, "after": found["next"]}).json()
    assert ([track["id"] for track in rest["tracks"]], rest["next"]) == ([4, 5], None)
    for words in ("\u044f\u0440\u043e\u0441\u0442\u044c", "\xe4RZTE", "100% \xe4rzte"):
        assert [track["id"] for track in client.get("/api/tracks", params={"search": words}).json()["tracks"]] == [5]
    assert client.get("/api/tracks", params={"search": "% _"}).json() == {"tracks": [], "next": None}
    problem(client.get("/api/tracks", params={"limit": 0}), 422)


def test_the_plane_has_every_song(client: TestClient) -> None:
    affects = np.frombuffer(client.get("/api/plane", params={"absolute": True}).content, PLANE)
    assert affects["valence"] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    points = np.frombuffer(client.get("/api/plane").content, PLANE)
    assert points["id"].tolist() == affects["id"].tolist() == [1, 2, 3, 4]
    assert points["valence"] == pytest.approx([0.125, 0.375, 0.625, 0.875])
    assert points["arousal"] == pytest.approx([0.5] * 4)
    (found,) = asked(client, {"emotion": "calm"})["recommendations"]
    stand = dict(zip(points["id"].tolist(), points[["valence", "arousal"]].tolist(), strict=True))
    assert {each["track"]["id"]: tuple(each["position"]) for each in found["matches"]} == stand  # on eighths: exactly


def test_folders_are_named_by_their_songs(client: TestClient) -> None:
    def ids(**filters: object) -> set[int]:
        (one,) = asked(client, {"emotion": "calm"}, filters=filters)["recommendations"]
        return {match["track"]["id"] for match in one["matches"]}

    assert ids(folder=[1]) == {1, 2, 3}
    assert ids(not_folder=[1]) == {4}
    detail = problem(client.post("/api/recommend", json={"query": {"track": 1}, "filters": {"folder": "/etc"}}), 422)
    assert "folder" in detail
    problem(client.post("/api/recommend", json={"query": {"track": 1}, "filters": {"folder": [99]}}), 404)


def test_playlists_are_named_and_whole(client: TestClient, library: img2music.Library) -> None:
    chosen = [{"id": 2, "start": 1.0, "end": 2.5}, {"id": 1}]
    answer = client.post("/api/playlists/export", json={"name": 'a/"b\r\nc', "format": "csv", "tracks": chosen})
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%2F%22b%0D%0Ac.csv"
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["id"], row["start"], row["end"]) for row in rows] == [("2", "1.0", "2.5"), ("1", "", "")]
    for wrong, words in (
        ({"format": "exe", "tracks": chosen}, "exe"),
        ({"tracks": []}, "tracks"),
        ({"tracks": [{"id": 1, "start": 2.0, "end": 1.0}]}, "start"),
    ):
        assert words in problem(client.post("/api/playlists/export", json=wrong), 422)
    problem(client.post("/api/playlists/export", json={"tracks": [{"id": 99}]}), 404)


def test_the_library_tells_what_is_in_it(client: TestClient, library: img2music.Library) -> None:
    twice = [record(f"/music/{i}.mp3", 0.5, 0.5, sound="same", year=1990 + 7 * i) for i in range(2)]
    put(library._store, twice)
    with library._store.writing() as transaction:
        transaction.put_failure(Failure("/music/bad.mp3", 1, 1, "audio/1", "it is no sound."))
    assert client.get("/api/library").json()["present"] == 6
    assert client.get("/api/library/failures").json()["failures"] == [
        {"path": "/music/bad.mp3", "error": "it is no sound.", "kind": "damaged", "silent": False}
    ]
    found = client.get("/api/library/duplicates").json()
    assert [[track["path"] for track in each] for each in found["recordings"]] == [["/music/0.mp3", "/music/1.mp3"]]
    assert client.get("/api/library/decades").json()["decades"] == [{"decade": 1990, "tracks": 2}]
    assert any(model["default"] for model in client.get("/api/library/models").json()["models"])


def test_playlists_are_kept_and_changed_in_place(client: TestClient) -> None:
    kept = client.post("/api/playlists", json={"name": "Evening", "tracks": [{"id": 1, "start": 3.0, "end": 9.0}]})
    assert kept.status_code == 201, kept.text
    seen = kept.json()
    assert [(song["track"]["id"], song["passage"]) for song in seen["songs"]] == [(1, {"start": 3.0, "end": 9.0})]
    problem(client.post("/api/playlists", json={"name": "Evening", "tracks": []}), 409)
    address = f"/api/playlists/{seen['id']}"
    change = {"updated": seen["updated"], "name": "Night", "tracks": [{"id": 2}, {"id": 1}]}
    changed = client.put(address, json=change).json()
    assert (changed["name"], [song["track"]["id"] for song in changed["songs"]]) == ("Night", [2, 1])
    problem(client.put(address, json=change), 409)  # in another tab, which has not seen that
    assert client.get(address).json() == changed
    problem(client.put(address, json={"updated": changed["updated"], "tracks": [{"id": 1}, {"id": 1}]}), 422)
    problem(client.put(address, json={"updated": changed["updated"], "tracks": [{"id": 99}]}), 404)
    problem(client.put(address, json={"updated": changed["updated"], "name": " "}), 422)
    (listed,) = client.get("/api/playlists").json()["playlists"]
    assert (listed["name"], listed["songs"], listed["covers"]) == ("Night", 2, [2, 1])
    empty = client.post("/api/playlists", json={"name": "Empty", "tracks": []}).json()
    problem(client.put(f"/api/playlists/{empty['id']}", json={"updated": empty["updated"], "name": "Night"}), 409)
    problem(client.post("/api/playlists", json={"name": "Half", "tracks": [{"id": 1, "start": 3.0}]}), 422)
    assert [each["songs"] for each in client.get("/api/playlists").json()["playlists"]] == [0, 2]
    problem(client.delete(address, params={"updated": seen["updated"]}), 409)
    assert client.get(address).json() == changed
    assert client.delete(address, params={"updated": changed["updated"]}).status_code == 204
    problem(client.get(address), 404)
    problem(client.delete(address, params={"updated": changed["updated"]}), 404)


def test_songs_that_are_gone_are_in_no_file(client: TestClient, library: img2music.Library) -> None:
    put(library._store, [record(str(library[1].path), 0.2, 0.5, duration=30.0, missing=True)])
    tracks = [{"id": 1}, {"id": 2}]
    answer = client.post("/api/playlists/export", json={"tracks": tracks})
    assert [line for line in answer.text.splitlines() if line[0] != "#"] == [library[2].path]
    problem(client.post("/api/playlists/export", json={"tracks": tracks[:1]}), 422)


def test_songs_are_put_in_order(client: TestClient) -> None:
    answer = client.post("/api/playlists/order", json={"tracks": [{"id": 1}, {"id": 3}, {"id": 2}, {"id": 4}]})
    assert [song["track"]["id"] for song in answer.json()["songs"]] == [1, 2, 3, 4]


def test_a_library_without_songs_says_so(tmp_path: Path, at: Locations) -> None:
    with img2music.Library.open(at(tmp_path / "empty.db")) as library:
        client = TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE, headers=CHANGES)
        assert "no songs yet" in problem(client.post("/api/recommend", json={"query": {"emotion": "calm"}}), 409)
        assert client.get("/api/plane").content == b""


@pytest.mark.parametrize("path", ["1/audio", "2/audio", "1/peaks", "1/cover"])
def test_what_a_client_has_is_not_sent_again(path: str, client: TestClient) -> None:
    path = f"/api/tracks/{path}"
    tag = client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(path, headers={"If-None-Match": known, "Range": "bytes=0-3"})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_peaks_and_covers(client: TestClient) -> None:
    found = client.get("/api/tracks/1/peaks").json()
    assert len(found["peaks"]) == pytest.approx(3.0 * found["per_second"], abs=1)
    assert max(found["peaks"]) == 255
    with Image.open(io.BytesIO(client.get("/api/tracks/1/cover").content)) as cover:
        assert cover.size == (64, 64)


@pytest.mark.parametrize(
    "id", ["3", "4", "99", "0", "-1", "1e3", "..%2F..%2Fetc%2Fpasswd", str(2**63), "1/../../library.db"]
)
def test_nothing_else_is_served(id: str, client: TestClient) -> None:  # noqa: A002
    for part in ("audio", "peaks", "cover", ""):
        if part or id not in {"3", "4"}:  # known, though their files are gone
            answer = client.get(f"/api/tracks/{id}/{part}".rstrip("/"))
            problem(answer, answer.status_code)
            assert answer.status_code in {404, 422}


def test_pictures_that_are_none(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10_000_000))
    huge = bytearray(photo(16, "PNG"))
    huge[16:24] = (200_000).to_bytes(4, "big") * 2
    for content in (b"", b"text", bomb.getvalue(), bytes(huge), photo()[:200], b"<svg onload=alert(1)/>"):
        detail = problem(client.post("/api/pictures", files={"file": ("a.jpg", content)}), 422)
        assert "/tmp" not in detail
    problem(client.post("/api/pictures", files={"other": b"1"}), 422)
    problem(client.post("/api/pictures", content=b"no form"), 422)
    monkeypatch.setattr(uploads, "MOST_COUNT", 2)
    ids = [send(client, photo(), f"{number}.jpg") for number in range(4)]
    assert [client.get(f"/api/pictures/{each}/thumbnail").status_code for each in ids] == [404, 404, 200, 200]


def test_endless_requests_end(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BODY", 10_000)
    monkeypatch.setattr(guard, "UPLOADS", {})
    sent = []

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            sent.append(1)
            yield bytes(1000)

    problem(client.post("/api/recommend", content=endless(), headers={"Content-Type": "application/json"}), 413)
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    answer = client.post("/api/pictures", content=(part for part in (start, *endless())), headers=form)
    problem(answer, 413)


def test_a_trickle_ends(library: img2music.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "IDLE_TIME", 0.05)
    app = create_app(library, cache=tmp_path / "cache")
    told: list[dict[str, object]] = []

    async def run() -> None:
        async def never() -> dict[str, object]:
            await asyncio.sleep(60)
            return {}

        async def send(message: dict[str, object]) -> None:
            told.append(message)

        headers = [(b"host", b"localhost"), (b"x-img2music", b"1"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/api/recommend", "query_string": b"", "headers": headers}
        await app(scope | {"scheme": "http", "server": ("localhost", 80), "http_version": "1.1"}, never, send)

    asyncio.run(run())
    assert told[0]["status"] == 408


def test_guesses_of_the_password_wait(
    library: img2music.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SLOW", 0.2)
    monkeypatch.setattr(guard, "MOST_TRIES", 2)
    app = create_app(library, Settings(token="secret"), cache=tmp_path / "cache")
    with TestClient(app, base_url=HERE, headers=CHANGES) as client, ThreadPoolExecutor(6) as pool:
        tries = [pool.submit(client.post, "/api/session", json={"password": str(n)}) for n in range(6)]
        statuses = sorted(each.result().status_code for each in tries)
        assert set(statuses) == {401, 429}
        bearers = [{"Authorization": f"Bearer {n}"} for n in range(6)]
        tries = [pool.submit(client.get, "/api/health", headers=each) for each in bearers]
        assert {each.result().status_code for each in tries} == {401, 429}
        assert client.get("/api/health", headers={"Authorization": "Bearer secret"}).status_code == 200
        assert client.post("/api/session", json={"password": "secret"}).status_code == 204


def test_behind_tls_the_cookie_is_secure(library: img2music.Library, tmp_path: Path) -> None:
    app = create_app(library, Settings(token="secret", root_path="/music"), cache=tmp_path / "cache")
    for scheme, secure in (("https", True), ("http", False)):
        with TestClient(app, base_url=f"{scheme}://localhost/music", headers=CHANGES) as client:
            cookie = client.post("/api/session", json={"password": "secret"}).headers["set-cookie"]
            assert ("Secure" in cookie) is secure
            assert "Path=/music/" in cookie


def routes(client: TestClient) -> Iterator[tuple[str, str]]:
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        for method in methods:
            yield method.upper(), path.replace("{id}", "1")


def test_forged_requests_are_refused(client: TestClient) -> None:
    del client.headers["X-Img2music"]
    changing = [(method, path) for method, path in routes(client) if method not in {"GET", "HEAD"}]
    assert len(changing) >= 7
    for method, path in changing:
        assert client.request(method, path).status_code == 403


def test_other_names_are_refused(client: TestClient) -> None:
    for host in ("evil.example", "evil.example:8750", "localhost.evil.example", ""):
        assert client.get("/api/health", headers={"Host": host}).status_code == 421
    for host in ("localhost:8750", "127.0.0.1", "[::1]:8750", "192.168.1.7:80", "LOCALHOST"):
        assert client.get("/api/health", headers={"Host": host}).status_code == 200


def test_every_route_needs_the_token(
    library: img2music.Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SLOW", 0.0)
    app = create_app(library, Settings(token="secret"), cache=tmp_path / "cache")
    with TestClient(app, base_url=HERE, headers=CHANGES) as client:
        token = {"Authorization": "Bearer secret"}
        paths = client.get("/api/openapi.json", headers=token).json()["paths"]
        closed = [
            (m.upper(), p.replace("{id}", "1")) for p in paths for m in paths[p] if (m.upper(), p) not in guard.OPEN
        ]
        assert len(closed) >= 16
        assert {(m.upper(), p) for p in paths for m in paths[p]} >= guard.OPEN
        for method, path in [*closed, ("GET", "/api/openapi.json")]:
            for given in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": "Basic secret"},
                {"Cookie": "img2music=x"},
            ):
                assert client.request(method, path, headers=given).status_code == 401, (method, path)
        assert client.get("/api/tracks/1", headers=token).status_code == 200
        problem(client.post("/api/session", json={"password": "wrong"}), 401)
        client.cookies.set("img2music", "chosen by somebody else")
        answer = client.post("/api/session", json={"password": "secret"})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "chosen" not in cookie
        client.cookies.clear()
        name = cookie.split("=", 1)[1].split(";")[0]
        assert client.get("/api/tracks/1", headers={"Cookie": f"img2music={name}"}).status_code == 200
        client.delete("/api/session", headers={"Cookie": f"img2music={name}"})
        assert client.get("/api/tracks/1", headers={"Cookie": f"img2music={name}"}).status_code == 401


def test_beyond_this_machine_a_login_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "password_file", lambda: tmp_path / "password")
    monkeypatch.delenv(settings.TOKEN, raising=False)
    for host in ("0.0.0.0", "::", "192.168.1.7", "example.org"):
        with pytest.raises(UsageError, match="set a password"):
            Settings.read(host, 8750, "", ())
    with pytest.raises(UsageError, match="8 characters"):
        settings.set_password("short")
    settings.set_password("long enough")
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
    found = Settings.read("0.0.0.0", 8750, "music/", ())
    assert found.root_path == "/music"
    assert found.has_password("long enough")
    assert not found.has_password("long enougH")
    assert "argon2" not in repr(found)


def test_every_answer_is_guarded(client: TestClient) -> None:
    for path in ("/", "/api/health", "/api/tracks/1/audio", "/nothing", "/..%2f..%2fetc/passwd"):
        answer = client.get(path)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "root:" not in answer.text


def test_its_description_names_every_route(client: TestClient) -> None:
    found = client.get("/api/openapi.json").json()
    ids = [each["operationId"] for path in found["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids)) >= 14
    json.dumps(found)


def test_under_a_path_of_a_proxy(library: img2music.Library, tmp_path: Path) -> None:
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.html").write_text("the page")
    app = create_app(library, Settings(root_path="/music"), cache=tmp_path / "cache", static=static)
    with TestClient(app, base_url=HERE, headers=CHANGES) as client:
        for below in ("/music", ""):
            assert client.get(f"{below}/api/health").json()["tracks"] == 4
            assert client.get(f"{below}/").text == "the page"
        problem(client.get("/music/api/tracks/99"), 404)
    shutil.rmtree(static)


def test_what_was_sent_to_a_server_that_was_killed_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = "from img2music.server.uploads import Uploads; import os; Uploads(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed], check=False, env=os.environ | {"TMPDIR": str(tmp_path)})
    (stray,) = tmp_path.iterdir()
    (tmp_path / f"{uploads.PREFIX}other").symlink_to(stray)  # nobody's
    (tmp_path / f"{uploads.PREFIX}unheld").mkdir()
    kept = set(tmp_path.iterdir())
    with uploads.Uploads() as running:
        assert kept < set(tmp_path.iterdir())  # the next may just have been made
        monkeypatch.setattr(uploads, "YOUNG", -1.0)
        with uploads.Uploads():
            left = set(tmp_path.iterdir())
            assert stray not in left
            assert kept - {stray} < left
            assert running._folder in left
    assert set(tmp_path.iterdir()) == kept - {stray}
