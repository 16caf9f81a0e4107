"""Jobs over HTTP: what is asked, told and refused."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from img2music import Library
from img2music.library.jobs import OPEN, JobKind, JobState
from img2music.progress import Step
from tests.conftest import Locations
from tests.support.library_sounds import make_music
from tests.support.songs import put, record

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.app.jobs import JobQueue
from img2music.server import events, guard
from img2music.server.app import create_app
from img2music.server.events import Events

HERE = "http://localhost"
CHANGES = {"X-Img2music": "1"}
TABLE = b"title,artist,valence,energy\nA,B,0.3,0.4\n"


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    (tune,) = make_music(tmp_path / "music", 1)
    with Library.open(at(tmp_path / "library.db")) as opened:
        put(opened._store, [record(str(tune), 0.2, 0.5), record("/gone", 0.2, 0.5)])
        yield opened


@pytest.fixture
def client(library: Library, tmp_path: Path) -> TestClient:
    """One whose jobs wait: what runs them begins with the server."""
    return TestClient(create_app(library, cache=tmp_path / "cache"), base_url=HERE, headers=CHANGES)


def problem(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def begin(client: TestClient, **body: object) -> dict[str, Any]:
    answer = client.post("/api/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_a_scan_is_asked_for_by_ids_of_folders(client: TestClient, tmp_path: Path) -> None:
    (folder,) = client.get("/api/folders").json()["folders"]
    assert folder == {"id": folder["id"], "path": str(tmp_path / "music"), "tracks": 1}
    job = begin(client, kind="scan", folders=[folder["id"]])
    assert (job["kind"], job["state"], job["name"]) == ("scan", "waiting", folder["path"])
    assert client.get(f"/api/jobs/{job['id']}").json() == job
    newer = begin(client, kind="scan")
    assert client.get("/api/jobs").json() == {"jobs": [newer, job]}


def test_what_was_asked_for_is_told(client: TestClient) -> None:
    assert begin(client, kind="scan", retry_failed=True)["options"] == ["retry_failed"]
    assert begin(client, kind="tag", remove=True, dry_run=True)["options"] == ["remove", "dry_run"]
    assert begin(client, kind="tag", filters={"genre": "jazz"})["options"] == ["filters"]
    assert begin(client, kind="export")["options"] == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "kind"),
        ({"kind": "import"}, 422, "kind"),
        ({"kind": "scan", "folders": ["/etc"]}, 422, "folders"),
        ({"kind": "scan", "folders": ["0123456789abcdef"]}, 404, "no folder 0123456789abcdef"),
        ({"kind": "scan", "path": "/etc"}, 422, "path"),
        ({"kind": "scan", "retry_failed": "yes"}, 422, "retry_failed"),
        ({"kind": "export", "format": "../../x"}, 422, "format"),
        ({"kind": "tag", "remove": True, "overwrite": True}, 422, "choose one"),
        ({"kind": "tag", "filters": {"folder": "/etc"}}, 422, "folder"),
        ({"kind": "tag", "filters": {"folder": [99]}}, 404, "#99"),
        ({"kind": "tag", "filters": {"year": "never"}}, 422, "year"),
    ],
)
def test_what_can_not_be_done_is_refused(body: object, status: int, words: str, client: TestClient) -> None:
    assert words in problem(client.post("/api/jobs", json=body), status)
    assert client.get("/api/jobs").json() == {"jobs": []}


def test_what_is_not_there_is_told(client: TestClient) -> None:
    export = begin(client, kind="export")["id"]
    assert "no file" in problem(client.get(f"/api/jobs/{export}/file"), 404)
    for path in ("", "/log", "/file"):
        assert "no job #99" in problem(client.get(f"/api/jobs/99{path}"), 404)
    for action in ("cancel", "retry"):
        problem(client.post(f"/api/jobs/99/{action}"), 404)
    problem(client.delete("/api/jobs/99"), 404)
    assert "has not ended" in problem(client.delete(f"/api/jobs/{export}"), 409)
    problem(client.post(f"/api/jobs/{export}/retry"), 409)
    assert client.post(f"/api/jobs/{export}/cancel").json()["state"] == "cancelled"
    problem(client.post(f"/api/jobs/{export}/cancel"), 409)
    assert client.post(f"/api/jobs/{export}/retry").status_code == 202
    client.post(f"/api/jobs/{export}/cancel")
    assert client.delete(f"/api/jobs/{export}").status_code == 204
    assert client.get("/api/jobs").json() == {"jobs": []}


def test_what_is_sent_is_no_path_and_not_endless(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.post("/api/jobs/import", files={"file": ("../../../etc/evil.csv\r\n", TABLE)})
    assert answer.status_code == 202
    (kept,) = library._store.folder.iterdir()
    assert re.fullmatch(r"import-[0-9a-f]{16}(\.csv)?", kept.name)
    assert "/" not in answer.json()["name"]
    problem(client.post("/api/jobs/import", files={"other": b"1"}), 422)
    monkeypatch.setattr(guard, "MOST_BODY", 100)
    monkeypatch.setattr(guard, "UPLOADS", {"/api/jobs/import": 100})
    problem(client.post("/api/jobs/import", files={"file": ("a.csv", bytes(1000))}), 413)
    assert len(client.get("/api/jobs").json()["jobs"]) == 1


def told(answer: Any) -> list[tuple[int, dict[str, Any]]]:
    """Events of a stream that has ended."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["cache-control"] == "no-store"
    found = []
    for block in answer.text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            assert fields["event"] == "job"
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


def test_events_go_on_where_they_were(client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LASTS", 0.3)
    first, second = begin(client, kind="scan"), begin(client, kind="export")
    seen = told(client.get("/api/jobs/events"))
    assert [event for event, _ in seen] == [first["events"], second["events"]]
    assert seen[1][1] == second
    client.post(f"/api/jobs/{first['id']}/cancel")
    last = str(second["events"])
    ((event, job),) = told(client.get("/api/jobs/events", headers={"Last-Event-ID": last}))
    assert (job["id"], job["state"], job["events"]) == (first["id"], "cancelled", event)
    assert told(client.get("/api/jobs/events", headers={"Last-Event-ID": str(event)})) == []
    assert len(told(client.get("/api/jobs/events", headers={"Last-Event-ID": "999"}))) == 2  # of another library
    problem(client.get("/api/jobs/events", headers={"Last-Event-ID": "-1"}), 422)


def test_all_who_watch_are_told_of_changes(library: Library) -> None:
    jobs = library._store.jobs

    async def watch(changes: Events, since: int) -> list[tuple[str, float | None]]:
        found = []
        async for job in await changes.since(since):
            found.append((job.state, job.done))
            if job.state not in OPEN:
                return found
        return found

    async def run() -> list[list[tuple[str, float | None]]]:
        changes = Events(jobs)
        watching = [asyncio.create_task(watch(changes, 0)) for _ in range(3)]
        job = jobs.add(JobKind.SCAN, "", {})
        for action in (
            lambda: jobs.begin(job.id),
            lambda: jobs.step(job.id, Step("Listening", 5), None, None),
            lambda: jobs.end(job.id, JobState.DONE),
        ):
            await asyncio.sleep(2 * events.EVERY)
            action()
        return await asyncio.gather(*watching)

    for found in asyncio.run(run()):
        assert found == [("waiting", None), ("running", None), ("running", 5), ("done", 5)]


def test_an_exported_library_is_downloaded(client: TestClient, library: Library) -> None:
    job = begin(client, kind="export")
    jobs = library._store.jobs
    jobs.begin(job["id"])
    library._store.folder.mkdir(parents=True)
    (library._store.folder / f"export-{job['id']}.jsonl").write_bytes(b"0123456789")
    problem(client.get(f"/api/jobs/{job['id']}/file"), 404)
    jobs.say(job["id"], ["one", "two"])
    jobs.end(job["id"], JobState.DONE, result={"tracks": 2})
    answer = client.get(f"/api/jobs/{job['id']}/file")
    assert answer.content == b"0123456789"
    assert answer.headers["content-disposition"] == f'attachment; filename="img2music-export-{job["id"]}.jsonl"'
    part = client.get(f"/api/jobs/{job['id']}/file", headers={"Range": "bytes=2-3"})
    assert (part.status_code, part.content) == (206, b"23")
    lines = client.get(f"/api/jobs/{job['id']}/log").json()["lines"]
    assert [line["text"] for line in lines] == ["one", "two"]
    after = client.get(f"/api/jobs/{job['id']}/log", params={"after": lines[0]["id"]}).json()["lines"]
    assert after == lines[1:]


def test_a_server_runs_what_waits_and_ends_with_it(library: Library, tmp_path: Path) -> None:
    JobQueue(library).export("csv")
    app = create_app(library, cache=tmp_path / "cache")
    with TestClient(app, base_url=HERE, headers=CHANGES) as client:
        while (job := client.get("/api/jobs/1").json())["state"] in OPEN:
            pass
    assert (job["state"], job["result"]["tracks"]) == ("done", 2)


@pytest.mark.sqlite("a file that goes away")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_library_that_is_no_longer_there_is_told_and_not_made_anew(
    replaced: bool, client: TestClient, library: Library, tmp_path: Path
) -> None:
    job = begin(client, kind="export")
    file, moved = tmp_path / "library.db", tmp_path / "elsewhere.db"
    with Library.open(tmp_path / "other.db") as other:
        put(other._store, [record("/other", 0.2, 0.5)])
    file.rename(moved)
    if replaced:
        (tmp_path / "other.db").rename(file)
    before = sorted(tmp_path.iterdir())
    for method, path, sent in (
        ("GET", "health", None),
        ("GET", "tracks", None),
        ("GET", f"jobs/{job['id']}", None),
        ("GET", "jobs/events", None),
        ("POST", "jobs", {"kind": "export"}),
        ("POST", "playlists", {"name": "a", "tracks": [{"id": 1}]}),
        ("POST", "feedback", {"track": 1, "says": {"like": True}}),
        ("POST", "recommend", {"query": {"emotion": "joy"}}),
    ):
        words = problem(client.request(method, f"/api/{path}", json=sent), 503)
        assert words.endswith("removed while it was in use; start again with what is there now.")
    problem(client.post("/api/jobs/import", files={"file": ("a.csv", TABLE)}), 503)
    JobQueue(library).start()
    assert sorted(tmp_path.iterdir()) == before
    with Library.open(moved) as found:
        assert len(found) == 2
        assert [each.id for each in found._store.jobs.newest()] == [job["id"]]
    if replaced:
        with Library.open(file) as other:
            assert ([each.path for each in other], other._store.faults()) == (["/other"], [])
