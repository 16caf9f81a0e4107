"""Projects over HTTP: a film from being chosen to being changed, and what is refused."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from img2music import Library
from img2music.affect import Affect
from img2music.analysis import CurvePoint
from tests.conftest import Locations
from tests.support.library_sounds import write_sound
from tests.support.songs import put, record
from tests.support.soundtracks import Track, film

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.server.app import create_app

pytestmark = pytest.mark.slow

HERE = "http://localhost"
CHANGES = {"X-Img2music": "1"}
SECONDS = 12.0


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder of films, with ways out of it."""
    folder = tmp_path / "films"
    (folder / "trip").mkdir(parents=True)
    noise = np.random.default_rng(3).normal(0.0, 0.1, (2, 48_000 * 4)).astype(np.float32)
    film(folder / "trip" / "beach.mp4", SECONDS, Track(noise, codec="aac"))
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "away").symlink_to(tmp_path)
    return folder


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    music = tmp_path / "music"
    music.mkdir()
    records = []
    for number in range(6):
        path = music / f"{number}.wav"
        write_sound(path, 200.0 + 20 * number, 30.0)
        affect = Affect(0.1 + 0.15 * number, 0.9 - 0.15 * number)
        curve = [CurvePoint(start, start + 3.0, affect) for start in np.arange(0.0, 30.0, 3.0).tolist()]
        records.append(record(str(path), *_pair(affect), duration=30.0, curve=curve, title=f"Song {number}"))
    with Library.open(at(tmp_path / "library.db")) as opened:
        put(opened._store, records)
        yield opened


def _pair(affect: Affect) -> tuple[float, float]:
    return affect.valence, affect.arousal


@pytest.fixture
def client(library: Library, films: Path, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(library, cache=tmp_path / "cache", films=[str(films)])
    with TestClient(app, base_url=HERE, headers=CHANGES) as opened:
        yield opened


def problem(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def read(client: TestClient, films: Path) -> dict[str, Any]:
    """A project whose film was read."""
    answer = client.post(
        "/api/projects", json={"film": str(films / "trip" / "beach.mp4"), "options": {"least_scene": 4.0}}
    )
    assert answer.status_code == 201, answer.text
    project = answer.json()
    assert (project["sheet"], project["undo"], project["name"]) == (None, None, "beach.mp4")
    job = project["job"]
    while (state := client.get(f"/api/jobs/{job}").json())["state"] in ("waiting", "running"):
        time.sleep(0.1)
    assert state["state"] == "done", (state, client.get(f"/api/jobs/{job}/log").text)
    return dict(client.get(f"/api/projects/{project['id']}").json())


def test_from_a_film_to_a_changed_sheet(client: TestClient, films: Path) -> None:
    project = read(client, films)
    at, revision = f"/api/projects/{project['id']}", project["revision"]
    assert len(project["sheet"]["cues"]) == 1
    gain = client.post(f"{at}/edits", json={"revision": revision, "edit": {"kind": "gain", "cue": 0, "db": -3.0}})
    assert gain.status_code == 200, gain.text
    assert gain.json()["sheet"]["cues"][0]["gain_db"] == -3.0
    assert gain.json()["undo"] == {"kind": "gain", "cue": 0}
    told = problem(client.post(f"{at}/undo", json={"revision": revision}), 409)
    assert "changed meanwhile" in told
    undone = client.post(f"{at}/undo", json={"revision": gain.json()["revision"]}).json()
    assert undone["sheet"] == project["sheet"]
    assert undone["redo"] == {"kind": "gain", "cue": 0}
    redone = client.post(f"{at}/redo", json={"revision": undone["revision"]}).json()
    assert redone["sheet"] == gain.json()["sheet"]
    strip = client.get(f"{at}/strip").json()
    assert len(strip["affect"]) == 2 * SECONDS
    row = client.get(f"{at}/frames", params={"start": 0, "end": 12, "count": 4, "height": 36})
    assert row.headers["content-type"] == "image/jpeg"
    assert len(client.get(f"{at}/peaks").json()["peaks"]) == pytest.approx(80, abs=2)
    part = client.get(f"{at}/film", headers={"range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert client.get(f"{at}/export", params={"format": "json"}).json() == redone["sheet"]
    (one,) = client.get("/api/projects").json()["projects"]
    assert (one["id"], one["cues"], one["job"]) == (project["id"], 1, None)
    assert client.delete(at, params={"revision": redone["revision"]}).status_code == 204
    problem(client.get(at), 404)


def edit(client: TestClient, project: dict[str, Any], status: int = 200, **wish: object) -> dict[str, Any]:
    body = {"revision": project["revision"], "edit": wish}
    answer = client.post(f"/api/projects/{project['id']}/edits", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_other_songs(client: TestClient, films: Path) -> None:
    project = read(client, films)
    cue = project["sheet"]["cues"][0]
    runner = cue["alternatives"][0]["track"]
    swapped = edit(client, project, kind="swap", cue=0, alternative=0)
    now = swapped["sheet"]["cues"][0]
    assert (now["track"]["id"], now["start"], now["end"]) == (runner["id"], cue["start"], cue["end"])
    assert now["why"]
    assert now["distance"] is not None
    assert now["alternatives"][-1]["track"]["id"] == cue["track"]["id"]
    back = edit(client, swapped, kind="swap", cue=0, track=cue["track"]["id"])
    assert back["sheet"]["cues"][0]["track"] == cue["track"]
    split = edit(client, back, kind="split", cue=0, at=6.0)
    pinned = edit(client, split, kind="pin", cue=1, pinned=True)
    banned = edit(client, pinned, kind="ban", track=runner["id"])
    chosen = edit(client, banned, kind="choose")
    assert [each["id"] for each in chosen["banned"]] == [runner["id"]]
    first, second = chosen["sheet"]["cues"]
    assert second == banned["sheet"]["cues"][1]
    assert first["track"]["id"] not in (runner["id"], cue["track"]["id"])
    assert (first["start"], first["end"]) == (0.0, 6.0)
    quiet = edit(client, chosen, kind="silence", start=1.0, end=4.0)
    again = edit(client, quiet, kind="choose")
    assert [(each["start"], each["end"]) for each in again["sheet"]["cues"]] == [(4.0, 6.0), (6.0, SECONDS)]
    assert again["sheet"]["silences"] == [{"start": 1.0, "end": 4.0}]
    felt = edit(client, again, kind="scene-affect", scene=0, valence=0.1, arousal=0.9)
    assert felt["sheet"]["scenes"][0]["affect"] == {"valence": 0.1, "arousal": 0.9}
    edit(client, felt, 422, kind="swap", cue=0)
    edit(client, felt, 422, kind="swap", cue=9, alternative=0)
    edit(client, felt, 422, kind="dance", cue=9)


def test_no_film_outside_the_folders_that_are_allowed(client: TestClient, films: Path, tmp_path: Path) -> None:
    (top,) = client.get("/api/films").json()["folders"]
    assert top["path"] == str(films)
    found = client.get("/api/films", params={"folder": top["path"]}).json()
    assert ([each["name"] for each in found["folders"]], found["films"], found["parent"]) == (["trip"], [], None)
    inner = client.get("/api/films", params={"folder": found["folders"][0]["path"]}).json()
    assert [each["name"] for each in inner["films"]] == ["beach.mp4"]
    assert inner["parent"] == top["path"]
    outside = [tmp_path, films / "..", films / "away", films / "trip" / ".." / "..", "/etc", "", "films", "\0", "~"]
    for folder in outside:
        problem(client.get("/api/films", params={"folder": str(folder)}), 404)
    for path in (tmp_path / "secret.mp4", films / "out.mp4", films / "away" / "secret.mp4", films / "none.mp4", films):
        problem(client.post("/api/projects", json={"film": str(path)}), 404)
    assert client.get("/api/projects").json()["projects"] == []


def test_a_film_that_is_replaced_by_a_link_is_not_shown(client: TestClient, films: Path, tmp_path: Path) -> None:
    beach = films / "trip" / "beach.mp4"
    project = client.post("/api/projects", json={"film": str(beach)}).json()
    beach.unlink()
    beach.symlink_to(tmp_path / "secret.mp4")
    for part in ("film", "peaks", "frames?start=0&end=1&count=2&height=20"):
        problem(client.get(f"/api/projects/{project['id']}/{part}"), 422)
    assert not client.get(f"/api/projects/{project['id']}").json()["ready"]


def test_a_film_is_sent_in_parts(client: TestClient, films: Path) -> None:
    content = (films / "trip" / "beach.mp4").read_bytes()
    half = len(content) // 2
    upload = client.post("/api/films/uploads", json={"name": "../../sent film.mp4", "bytes": len(content)}).json()
    at = f"/api/films/uploads/{upload['id']}"
    assert client.put(at, params={"start": 0}, content=content[:half]).json()["received"] == half
    assert "go on there" in problem(client.put(at, params={"start": 0}, content=content[:half]), 409)
    assert client.get(at).json() == {"id": upload["id"], "received": half}
    problem(client.post("/api/projects", json={"upload": upload["id"]}), 409)
    problem(client.put(at, params={"start": half}, content=content), 422)
    client.put(at, params={"start": half}, content=content[half:])
    project = client.post("/api/projects", json={"upload": upload["id"]}).json()
    assert project["name"] == "sent film.mp4"
    assert client.get(f"/api/projects/{project['id']}/film").content == content
    problem(client.get(at), 404)
    sent = Path(project["film"]["path"])
    assert sent.exists()
    client.post(f"/api/jobs/{project['job']}/cancel")
    assert client.delete(f"/api/projects/{project['id']}", params={"revision": 1}).status_code == 204
    assert not sent.exists()
