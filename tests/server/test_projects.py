"""Projects over HTTP: a film from being chosen to being changed, and what is refused."""

import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from filelock import FileLock

from img2music import Library
from img2music.app.projects import make_project_proxy, read_project_film
from img2music.errors import Cancelled, InputError
from img2music.media.video import survey_of
from img2music.soundtrack.beats import compiled
from tests.conftest import Locations
from tests.support.projects import add_songs, keep_project
from tests.support.songs import put, record
from tests.support.soundtracks import Track, film

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.progress import Step, unwatched
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
    with Library.open(at(tmp_path / "library.db")) as opened:
        add_songs(opened, tmp_path / "music")
        yield opened


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


def kept(client: TestClient, library: Library, films: Path) -> dict[str, Any]:
    """A project as such a film leaves it."""
    row = keep_project(library, films / "trip" / "beach.mp4", [*library][:4], {"least_scene": 4.0})
    return dict(client.get(f"/api/projects/{row.id}").json())


def test_from_a_film_to_a_changed_sheet(client: TestClient, films: Path) -> None:
    project = read(client, films)
    at, revision = f"/api/projects/{project['id']}", project["revision"]
    (cue,) = project["sheet"]["cues"]
    assert cue["explanation"]["likeness"] in ("alike", "nearest", "further")
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


def test_the_beginning_is_heard_while_a_film_is_read(
    client: TestClient, library: Library, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("img2music.soundtrack.film.FIRST_PART", 3.0)
    monkeypatch.setattr("img2music.soundtrack.film.BATCH", 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(films.parent / "cache"))  # where nothing is known of this film
    project = library._store.projects.add("beach", str(films / "trip" / "beach.mp4"), {"least_scene": 2.0})
    at, drafts = f"/api/projects/{project.id}", []

    def look(step: Step) -> None:
        drafts.append(client.get(at).json())
        if step.done == step.total:  # it is killed
            raise Cancelled

    with pytest.raises(Cancelled):
        read_project_film(library._store, project.id, look)
    assert drafts[0]["sheet"] is None
    draft = drafts[-1]
    assert 4.0 <= draft["drafted"] < SECONDS
    assert draft["sheet"]["film"]["duration"] == pytest.approx(SECONDS, abs=0.1)
    assert draft["sheet"]["cues"][-1]["end"] == pytest.approx(draft["drafted"], abs=0.1)
    assert (draft["undo"], draft["redo"]) == (None, None)
    first = next(each for each in drafts if each["sheet"])
    assert first["drafted"] < draft["drafted"]
    for before, after in zip(first["sheet"]["cues"], draft["sheet"]["cues"], strict=False):  # what is heard goes on
        assert (after["start"], after["track"]) == (before["start"], before["track"])
        assert after["passage"]["start"] == before["passage"]["start"]
    revision = draft["revision"]
    assert client.get(f"{at}/strip").json()["affect"][-1][0] <= draft["drafted"]
    mix = client.get(f"{at}/mix", params={"revision": revision, "start": 0, "seconds": 2})
    samples, _ = soundfile.read(io.BytesIO(mix.content))
    assert np.abs(samples).max() > 0.01
    assert "not chosen yet" in edit(client, draft, 409, kind="gain", cue=0, db=-3.0)["detail"]
    assert client.post(f"{at}/undo", json={"revision": revision}).json()["sheet"] == draft["sheet"]
    assert client.get(f"{at}/export", params={"format": "json"}).status_code == 409
    drafts.clear()
    with pytest.raises(Cancelled):
        read_project_film(library._store, project.id, look)  # and once more
    assert {(each["revision"], each["drafted"]) for each in drafts} == {(revision, draft["drafted"])}
    read_project_film(library._store, project.id, unwatched)  # again
    whole = client.get(at).json()
    assert (whole["drafted"], whole["undo"]) == (None, None)
    assert whole["sheet"]["cues"][-1]["end"] == pytest.approx(SECONDS, abs=0.1)
    undone = client.post(f"{at}/undo", json={"revision": whole["revision"]}).json()
    assert undone["sheet"] == whole["sheet"]  # no draft is left


def test_what_is_wanted_of_the_songs(client: TestClient, library: Library, films: Path) -> None:
    body = {"film": str(films / "trip" / "beach.mp4"), "options": {"songs": 2, "least_song": None, "filters": {}}}
    body["options"] |= {"filters": {"tempo": "60..90", "genre": ["jazz"]}}  # as the page sends them
    project = client.post("/api/projects", json=body).json()
    options = library._store.projects.find(project["id"]).options
    assert options == {"songs": 2, "where": {"genre": ["jazz"], "tempo": "60..90"}}
    problem(client.post("/api/projects", json=body | {"options": {"songs": 0}}), 422)


def test_beats_come_when_songs_were_listened_to(client: TestClient, library: Library, films: Path) -> None:
    project = kept(client, library, films)

    def strip() -> dict[str, Any]:
        return dict(client.get(f"/api/projects/{project['id']}/strip").json())

    found = strip()
    assert (found["beats"], found["listening"]) == ({}, True)
    while (found := strip())["listening"]:
        time.sleep(0.1)
    song = project["sheet"]["cues"][0]["track"]
    assert np.median(np.diff(found["beats"][str(song["id"])])) == pytest.approx(0.5, abs=0.01)
    Path(song["path"]).unlink()
    found = strip()
    assert (found["beats"], found["listening"]) == ({}, False)


def edit(client: TestClient, project: dict[str, Any], status: int = 200, **wish: object) -> dict[str, Any]:
    body = {"revision": project["revision"], "edit": wish}
    answer = client.post(f"/api/projects/{project['id']}/edits", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_other_songs(client: TestClient, library: Library, films: Path) -> None:
    project = kept(client, library, films)
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


@pytest.mark.parametrize("gone_on", [False, True])
def test_a_change_whose_answer_was_lost_is_made_once(
    client: TestClient, library: Library, films: Path, gone_on: bool
) -> None:
    row = keep_project(library, films / "trip" / "beach.mp4", list(library)[:2], {})
    at = f"/api/projects/{row.id}"
    gain = {"kind": "gain", "cue": 0, "db": -3.0}
    asked: list[tuple[str, dict[str, Any]]] = [("edits", {"edit": gain}), ("undo", {}), ("redo", {})]
    for number, (what, body) in enumerate([*asked, ("", {"name": "Beach"})]):
        revision = client.get(at).json()["revision"]
        headers = {"Idempotency-Key": f"key-{number}"}
        sent = body | {"revision": revision}

        def ask(keyed: dict[str, str], what: str = what, sent: dict[str, Any] = sent) -> Any:
            if what:
                return client.post(f"{at}/{what}", json=sent, headers=keyed)
            return client.patch(at, json=sent, headers=keyed)

        made = ask(headers)
        assert made.status_code == 200, made.text
        if gone_on:  # somebody else, meanwhile
            client.patch(at, json={"revision": made.json()["revision"], "name": f"Name {number}"})
        again = ask(headers)
        assert again.json() == client.get(at).json()
        assert again.json()["revision"] == made.json()["revision"] + gone_on
        problem(ask({}), 409)
        problem(ask({"Idempotency-Key": "another"}), 409)


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


def test_a_film_that_is_replaced_by_a_link_is_not_read(
    client: TestClient, library: Library, films: Path, tmp_path: Path
) -> None:
    beach = films / "trip" / "beach.mp4"
    project = client.post("/api/projects", json={"film": str(beach)}).json()
    beach.unlink()
    beach.symlink_to(tmp_path / "secret.mp4")
    for part in ("film", "peaks", "frames?start=0&end=1&count=2&height=20"):
        problem(client.get(f"/api/projects/{project['id']}/{part}"), 422)
    assert not client.get(f"/api/projects/{project['id']}").json()["ready"]
    for work in (read_project_film, make_project_proxy):
        with pytest.raises(InputError, match="by a link"):
            work(library._store, project["id"], unwatched)


def test_what_has_become_of_a_film_is_told(client: TestClient, library: Library, films: Path) -> None:
    project = kept(client, library, films)
    at, path = f"/api/projects/{project['id']}", films / "trip" / "beach.mp4"
    noise = np.random.default_rng(3).normal(0.0, 0.1, (2, 48_000 * 20)).astype(np.float32)
    whole = path.read_bytes()

    def state() -> str:
        return str(client.get(at).json()["film_state"])

    assert (project["film_state"], state()) == ("as read", "as read")
    path.write_bytes(whole + b"more")  # another file, and the same film
    assert state() == "as read"
    film(path, SECONDS, Track(noise, codec="aac"))  # whose sound outlasts it
    assert state() == "as read"
    film(path, SECONDS - 2.0, Track(noise, codec="aac"))
    assert state() == "changed"
    path.write_bytes(b"no film")
    assert state() == "missing"
    path.unlink()
    assert state() == "missing"


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
    assert client.delete(f"/api/projects/{project['id']}", params={"revision": 1}).status_code == 204
    assert not sent.exists()
    while (state := client.get(f"/api/jobs/{project['job']}").json()["state"]) == "running":
        time.sleep(0.1)
    assert state == "cancelled"


def sent(client: TestClient, content: bytes, name: str) -> str:
    """A film that was sent to its end, for which there is no project yet."""
    id_ = str(client.post("/api/films/uploads", json={"name": name, "bytes": len(content)}).json()["id"])
    assert client.put(f"/api/films/uploads/{id_}", params={"start": 0}, content=content).status_code == 200
    return id_


def test_what_was_sent_is_kept_where_no_project_comes_of_it(
    client: TestClient, library: Library, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (films / "trip" / "beach.mp4").read_bytes()
    upload = sent(client, content, "beach.mp4")
    at = f"/api/films/uploads/{upload}"
    problem(client.post("/api/projects", json={"upload": upload, "name": "two\nlines"}), 422)
    assert client.get(at).json()["received"] == len(content)
    files = {"file": ("trip.json", b"no project")}
    problem(client.post("/api/projects/import", files=files, data={"upload": upload}), 422)
    assert client.get(at).json()["received"] == len(content)
    monkeypatch.setattr("img2music.library.jobs.MOST_WAITING", 0)
    assert "jobs are waiting" in problem(client.post("/api/projects", json={"upload": upload}), 422)
    assert client.get("/api/projects").json()["projects"] == []
    monkeypatch.undo()
    answer = client.post("/api/projects", json={"upload": upload})
    assert (answer.status_code, answer.json()["name"]) == (201, "beach.mp4")
    client.post(f"/api/jobs/{answer.json()['job']}/cancel")
    upload = sent(client, b"no film", "none.mp4")
    problem(client.post("/api/projects", json={"upload": upload}), 422)
    problem(client.get(f"/api/films/uploads/{upload}"), 404)


@pytest.mark.parametrize("name", ["L" * 140 + ".mp4", "two\nlines.mp4", " .mp4"])
def test_films_of_any_name_are_projects(client: TestClient, films: Path, name: str) -> None:
    (films / "trip" / "beach.mp4").rename(films / name)
    answer = client.post("/api/projects", json={"film": str(films / name)})
    assert answer.status_code == 201, answer.text
    client.post(f"/api/jobs/{answer.json()['job']}/cancel")


@pytest.mark.parametrize(
    "change",
    [
        ("sheet.film", "duration", float("inf")),
        ("sheet.film", "duration", float("nan")),
        ("sheet.film", "fps", 1e-300),
        ("sheet.cues", "gain_db", float("inf")),
        ("options", "image_model", "/etc/passwd"),
        ("options", "bans", ["/etc/passwd"]),
        ("options", "where", 5),
        ("options", "unknown", 5),
        ("options", "least_scene", "long"),
        ("options", "cues", []),
        ("options", "person", 5),
    ],
)
def test_project_files_that_are_refused_leave_nothing(
    client: TestClient, library: Library, films: Path, change: tuple[str, str, object]
) -> None:
    part, key, value = change
    project = kept(client, library, films)
    document = client.get(f"/api/projects/{project['id']}/export", params={"format": "project"}).json()
    changed = document
    for each in part.split("."):
        changed = changed[each]
    (changed[0] if isinstance(changed, list) else changed)[key] = value
    files = {"file": ("trip.json", json.dumps(document).encode())}
    data = {"film": str(films / "trip" / "beach.mp4")}
    assert "\n" not in problem(client.post("/api/projects/import", files=files, data=data), 422)
    assert len(client.get("/api/projects").json()["projects"]) == 1


def test_what_is_heard_is_what_is_rendered(client: TestClient, library: Library, films: Path, tmp_path: Path) -> None:
    project = edit(client, kept(client, library, films), kind="split", cue=0, at=6.0)
    project = edit(client, project, kind="swap", cue=1, alternative=0)
    project = edit(client, project, kind="fade", cue=0, fade_in=0.5, fade_out=1.0)
    at = f"/api/projects/{project['id']}"
    asked = {"revision": project["revision"], "start": 4.0, "seconds": 4.0}
    heard = client.get(f"{at}/mix", params=asked)
    assert (heard.headers["content-type"], heard.headers["x-mastered"]) == ("audio/wav", "estimated")
    while (heard := client.get(f"{at}/mix", params=asked)).headers["x-mastered"] == "estimated":
        time.sleep(0.1)
    sheet = tmp_path / "sheet.json"
    sheet.write_bytes(client.get(f"{at}/export", params={"format": "json"}).content)
    library.score(films / "trip" / "beach.mp4", audio_only=tmp_path / "sound.wav", sheet=sheet)
    rendered, rate = soundfile.read(tmp_path / "sound.wav", start=4 * 48_000, frames=4 * 48_000)
    played, same = soundfile.read(io.BytesIO(heard.content))
    assert rate == same
    assert np.abs(played - rendered)[48_000:].max() < 0.001  # AAC makes up noise anew each time, which is before
    levels = [20 * np.log10(np.square(each[:48_000]).mean()) for each in (played, rendered)]
    assert levels[0] == pytest.approx(levels[1], abs=0.5)
    other = client.get(f"{at}/mix", params=asked | {"cue": 1, "track": project["sheet"]["cues"][0]["track"]["id"]})
    assert other.headers["x-mastered"] == "estimated"
    assert np.abs(soundfile.read(io.BytesIO(other.content))[0] - played)[48_000 * 3 :].max() > 0.02
    gains = client.get(f"{at}/gains", params={"revision": project["revision"]}).json()
    assert [each["start"] for each in gains["cues"]] == [0.0, 6.0]
    first = gains["cues"][0]["decibels"]
    assert first[0] < first[3] < first[10] == first[50] > first[-1]
    assert gains["film"] is not None
    problem(client.get(f"{at}/mix", params=asked | {"revision": 1}), 409)
    problem(client.get(f"{at}/gains", params={"revision": 1}), 409)


def ended(client: TestClient, job: int) -> dict[str, Any]:
    while (state := client.get(f"/api/jobs/{job}").json())["state"] in ("waiting", "running"):
        time.sleep(0.1)
    assert state["state"] == "done", (state, client.get(f"/api/jobs/{job}/log").text)
    return dict(state)


def test_a_film_is_rendered_and_copied_where_browsers_dont_play_it(
    client: TestClient, library: Library, films: Path, tmp_path: Path
) -> None:
    film(films / "old.avi", SECONDS, Track(np.zeros((2, 48_000 * 4), dtype=np.float32)))
    project = client.post("/api/projects", json={"film": str(films / "old.avi"), "name": "Old"}).json()
    at = f"/api/projects/{project['id']}"
    assert not project["ready"]
    assert client.get(f"{at}/film").json()["type"] == "urn:img2music:not-ready"
    reading, copying = sorted(job["id"] for job in client.get("/api/jobs").json()["jobs"])
    ended(client, reading)
    assert ended(client, copying)["project"] == project["id"]
    project = client.get(at).json()
    assert project["ready"]
    copy = client.get(f"{at}/film")
    assert copy.headers["content-type"] == "video/mp4"
    (tmp_path / "copy.mp4").write_bytes(copy.content)
    assert survey_of(tmp_path / "copy.mp4").duration == pytest.approx(SECONDS, abs=0.05)
    for kind, ending in (("film", "mkv"), ("music", "wav"), ("stems", "zip")):
        answer = client.post(f"{at}/render", json={"revision": project["revision"], "kind": kind})
        assert answer.status_code == 202, answer.text
        assert answer.json()["kind"] == "render"
        job = ended(client, answer.json()["id"])
        file = client.get(f"/api/jobs/{job['id']}/file")
        assert file.headers["content-disposition"].endswith(f'"Old.{ending}"')
        (tmp_path / f"out.{ending}").write_bytes(file.content)
    assert survey_of(tmp_path / "out.mkv").sound_end == pytest.approx(SECONDS, abs=0.05)
    assert soundfile.info(tmp_path / "out.wav").duration == pytest.approx(SECONDS, abs=0.01)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["Old-music.wav", "Old-film.wav"]
    problem(client.post(f"{at}/render", json={"revision": 1, "kind": "film"}), 409)
    os.utime(films / "old.avi")
    assert not client.get(at).json()["ready"]
    make_project_proxy(library._store, project["id"], unwatched)
    (kept_copy,) = library._store.films_folder.glob("proxies/*")
    assert client.get(f"{at}/film").headers["content-length"] == str(kept_copy.stat().st_size)
    (films / "old.avi").unlink()
    assert client.delete(at, params={"revision": project["revision"]}).status_code == 204
    assert not kept_copy.exists()


def samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])


def test_a_film_that_was_edited_sounds_the_same_from_the_command_line(
    client: TestClient, library: Library, films: Path, tmp_path: Path
) -> None:
    project = edit(client, kept(client, library, films), kind="split", cue=0, at=5.0)
    for change in (
        {"kind": "swap", "cue": 1, "alternative": 0},
        {"kind": "slip", "cue": 1, "seconds": 7.031},
        {"kind": "gain", "cue": 0, "db": -3.3},
        {"kind": "fade", "cue": 0, "fade_in": 0.5, "fade_out": 1.0},
        {"kind": "silence", "start": 9.0, "end": 10.0},
        {"kind": "border", "cue": 2, "edge": "end", "seconds": 11.2},
    ):
        project = edit(client, project, **change)
    at, film_path = f"/api/projects/{project['id']}", films / "trip" / "beach.mp4"
    rendered = {}
    for kind, name in (("film", "page.mp4"), ("music", "page.wav")):
        job = client.post(f"{at}/render", json={"revision": project["revision"], "kind": kind}).json()
        (tmp_path / name).write_bytes(client.get(f"/api/jobs/{ended(client, job['id'])['id']}/file").content)
        rendered[kind] = samples(tmp_path / name)
        assert np.abs(rendered[kind]).max() > 0.05
    for format_ in ("json", "project"):
        sheet = tmp_path / f"{format_}.json"
        sheet.write_bytes(client.get(f"{at}/export", params={"format": format_}).content)
        out = tmp_path / format_
        words = ("--sheet", sheet, "--library", library._store.address, "--output", out.with_suffix(".mp4"))
        command = [sys.executable, "-m", "img2music", "score", film_path, *words, "--stems", out]
        done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        np.testing.assert_array_equal(samples(out.with_suffix(".mp4")), rendered["film"])
        np.testing.assert_array_equal(samples(tmp_path / f"{format_}-music.wav"), rendered["music"])


def test_a_project_moves_to_another_machine(client: TestClient, library: Library, films: Path, tmp_path: Path) -> None:
    project = edit(client, kept(client, library, films), kind="fade", cue=0, fade_in=0.5, fade_out=1.0)
    taken = client.get(f"/api/projects/{project['id']}/export", params={"format": "project"})
    document = taken.json()
    assert (document["schema"], document["options"]["least_scene"]) == ("img2music/project/1", 4.0)
    song = Path(project["sheet"]["cues"][0]["track"]["path"])
    elsewhere = song.with_name("moved.wav")
    song.rename(elsewhere)
    told = document["sounds"][str(song)]
    put(library._store, [record(str(elsewhere), 0.3, 0.3, duration=30.0, content=told)])
    library.forget(song)
    (films / "trip" / "beach.mp4").rename(films / "beach.mp4")

    def take_up(found: object, film: Path, **other: str) -> Any:
        files = {"file": ("trip.json", json.dumps(found).encode())}
        return client.post("/api/projects/import", files=files, data={"film": str(film)} | other)

    answer = take_up(document, films / "beach.mp4")
    assert answer.status_code == 201, answer.text
    again = answer.json()
    assert again["sheet"]["cues"][0]["track"]["path"] == str(elsewhere)
    assert again["sheet"]["cues"][0]["fade_out"] == 1.0
    ended(client, again["job"])
    assert edit(client, again, kind="choose")["sheet"]["cues"]
    (tmp_path / "trip.json").write_text(json.dumps(document))
    scored = library.score(films / "beach.mp4", audio_only=tmp_path / "out.wav", sheet=tmp_path / "trip.json")
    assert (scored.sheet.film.path, scored.sheet.cues[0].track.path) == (str(films / "beach.mp4"), str(elsewhere))
    document["sheet"]["cues"][0]["track"]["path"] = "/etc/passwd"
    assert "lacks 1 of the project's songs" in problem(take_up(document, films / "beach.mp4"), 422)
    problem(take_up(document, films / "trip" / "beach.mp4"), 404)
    problem(take_up({"schema": "img2music/cues/1"}, films / "beach.mp4"), 422)
    problem(take_up(document, films / "beach.mp4", upload="0" * 32), 422)


def test_no_film_is_refused_in_one_line(client: TestClient, films: Path) -> None:
    whole = (films / "trip" / "beach.mp4").read_bytes()
    hostile = {
        "empty.mp4": b"",
        "text.mp4": b"#EXTM3U\nfile:///etc/passwd\n" * 100,
        "cut.mp4": whole[:400],
        "noise.mkv": np.random.default_rng(0).bytes(10_000),
        "playlist.webm": b"ffconcat version 1.0\nfile /etc/passwd\n",
    }
    for name, content in hostile.items():
        (films / name).write_bytes(content)
        told = problem(client.post("/api/projects", json={"film": str(films / name)}), 422)
        assert "\n" not in told
        assert str(films) not in told
    os.mkfifo(films / "pipe.mp4")
    problem(client.post("/api/projects", json={"film": str(films / "pipe.mp4")}), 404)
    assert client.get("/api/projects").json()["projects"] == []
    (films / "late.mp4").write_bytes(whole)
    project = client.post("/api/projects", json={"film": str(films / "late.mp4")}).json()
    client.post(f"/api/jobs/{project['job']}/cancel")
    (films / "late.mp4").write_bytes(whole[:400])
    for part in ("film", "peaks", "frames?start=0&end=1&count=2&height=20"):
        problem(client.get(f"/api/projects/{project['id']}/{part}"), 422)


def test_the_beat_tracker_is_compiled_before_it_is_wanted(
    library: Library, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    app = create_app(library, cache=tmp_path / "cache", films=[str(films)])
    with TestClient(app, base_url=HERE) as opened:
        while not compiled().exists():
            assert opened.get("/api/health").status_code == 200
            time.sleep(0.1)
    assert compiled().parent == tmp_path


def test_a_server_ends_while_the_beat_tracker_is_compiled(
    library: Library, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delitem(sys.modules, "librosa.beat", raising=False)
    app = create_app(library, cache=tmp_path / "cache", films=[str(films)])
    before = multiprocessing.active_children()
    with FileLock(tmp_path / "img2music-librosa.lock"), TestClient(app, base_url=HERE) as opened:
        assert len(multiprocessing.active_children()) == len(before) + 1
        project = kept(opened, library, films)
        assert opened.get(f"/api/projects/{project['id']}/strip").json()["listening"]
    assert multiprocessing.active_children() == before
    assert not compiled().exists()
    assert "librosa.beat" not in sys.modules  # nor was it compiled there
