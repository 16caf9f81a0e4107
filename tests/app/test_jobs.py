"""Jobs that are run: each in a process of its own, one at a time."""

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from img2music import Library
from img2music.app import jobs as limits
from img2music.app.jobs import JobQueue
from img2music.errors import InputError, UsageError
from img2music.library.exchange import SCHEMA, ExportedTrack
from img2music.library.jobs import OPEN, Job, JobState
from img2music.options import TagOptions
from img2music.shapes import to_dict
from tests.conftest import Locations
from tests.support.library_sounds import make_music
from tests.support.songs import make_record

pytestmark = pytest.mark.slow

TABLE = b"title,artist,valence,energy\nA,B,0.3,0.4\n,nobody,1,1\n"


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    make_music(tmp_path / "music", 3)
    with Library.open(at(tmp_path / "library.db")) as opened:
        yield opened


@pytest.fixture
def waiting(library: Library, tmp_path: Path) -> JobQueue:
    """A queue in which nothing is run."""
    return JobQueue(library, [str(tmp_path / "music")])


@pytest.fixture
def queue(waiting: JobQueue) -> Iterator[JobQueue]:
    waiting.start()
    with waiting:
        yield waiting


def ended(queue: JobQueue, job: Job) -> Job:
    for _ in range(2400):
        found = queue.jobs.get(job.id)
        if found.state not in OPEN:
            return found
        time.sleep(0.05)
    pytest.fail(f"{found} does not end")


def said(queue: JobQueue, job: Job) -> list[str]:
    return [line.text for line in queue.jobs.log(job.id)]


@pytest.fixture
def folder(library: Library) -> Path:
    """Where files of jobs are."""
    return library._store.folder


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_each_kind_does_what_the_command_does(queue: JobQueue, library: Library, tmp_path: Path, folder: Path) -> None:
    (tmp_path / "music" / "bad.mp3").write_bytes(b"nothing")
    scan = ended(queue, queue.scan())
    assert scan.state is JobState.DONE, scan
    assert scan.result is not None
    assert (scan.result["analysed"], scan.result["failed"], scan.done, scan.total) == (3, 1, 4, 4)
    assert any("bad.mp3: libav can't read this" in line for line in said(queue, scan))

    before = [file.read_bytes() for file in (tmp_path / "music").iterdir()]
    tag = ended(queue, queue.tag(TagOptions(dry_run=True), {}))
    assert tag.result is not None
    assert tag.result["changed"] == 3
    assert "TMOO" in said(queue, tag)[0]
    assert [file.read_bytes() for file in (tmp_path / "music").iterdir()] == before

    export = ended(queue, queue.export("csv"))
    exported = queue.exported(export.id)
    assert exported is not None
    assert export.result == {"tracks": 3, "bytes": exported.stat().st_size}
    assert exported.read_text().count("\n") == 4

    table = ended(queue, queue.import_file(io.BytesIO(TABLE), r"C:\tables\..\songs.csv"))
    assert table.result is not None
    assert (table.name, table.result["new"], table.result["left_out"]) == ("songs.csv", 1, 1)
    assert said(queue, table) == ["line 3, column title: has no title; left out"]
    assert library.info().sources == {"songs.csv": 1}
    failed = ended(queue, queue.import_file(io.BytesIO(b"\0" * 100), "songs.csv"))
    assert failed.state is JobState.FAILED
    assert str(failed.error).startswith("songs.csv: ")
    queue.remove(failed.id)
    queue.close()
    assert files(folder) == [exported.name]


def test_a_job_whose_process_is_killed_goes_on(queue: JobQueue, library: Library, folder: Path) -> None:
    rows = b"".join(b"Song %d,B,0.3,0.4\n" % number for number in range(5_000))
    job = queue.import_file(io.BytesIO(TABLE + rows), "songs.csv")
    while queue.jobs.get(job.id).state is JobState.WAITING:
        time.sleep(0.01)
    (process,) = (each for each in psutil.Process().children() if any("spawn_main" in word for word in each.cmdline()))
    process.kill()
    job = ended(queue, job)
    assert job.state is JobState.INTERRUPTED
    assert len(files(folder)) == 1
    queue.retry(job.id)
    assert ended(queue, job).state is JobState.DONE
    assert len(library) == 5_001


def test_a_job_that_runs_is_cancelled(queue: JobQueue, library: Library, tmp_path: Path) -> None:
    make_music(tmp_path / "music", 40)
    job = queue.scan()
    while queue.jobs.get(job.id).done is None:
        time.sleep(0.01)
    queue.cancel(job.id)
    assert ended(queue, job).state is JobState.CANCELLED
    assert len(library) < 40


def test_names_of_folders_are_checked(waiting: JobQueue, library: Library) -> None:
    (folder,) = waiting.folders()
    assert waiting.scan([folder.id]).name == folder.path
    with pytest.raises(KeyError):
        waiting.scan(["0" * 16])
    with pytest.raises(UsageError, match="no folder to scan"):
        JobQueue(library).scan()


def test_an_export_that_is_imported_names_no_other_files(queue: JobQueue, library: Library, tmp_path: Path) -> None:
    inside = str(tmp_path / "music" / "a.mp3")
    paths = [inside, "/etc/a.mp3", str(tmp_path / "music" / ".." / "a.mp3"), f"{tmp_path / 'music'}al/a.mp3"]
    tracks = [{"track": to_dict(ExportedTrack.of(make_record(path)))} for path in paths]
    content = "".join(json.dumps(line) + "\n" for line in [{"schema": SCHEMA}, *tracks])
    job = ended(queue, queue.import_file(io.BytesIO(content.encode()), "library.jsonl"))
    assert job.result == {"count": 1, "failed": 3}
    assert [track.path for track in library.tracks()] == [inside]
    assert said(queue, job)[0] == "line 3: its file is in no folder that is shared."


def test_what_was_sent_is_kept_until_it_is_dropped(waiting: JobQueue, folder: Path) -> None:
    first, second = (waiting.import_file(io.BytesIO(TABLE), "a.csv") for _ in range(2))
    waiting.cancel(first.id)
    assert waiting.retry(first.id).state is JobState.WAITING
    waiting.cancel(first.id)
    with pytest.raises(UsageError, match="has not ended"):
        waiting.remove(second.id)
    waiting.remove(first.id)
    assert files(folder) == [waiting.jobs.request(second.id)["file"]]


def test_what_belongs_to_no_job_is_removed_when_it_is_old(waiting: JobQueue, folder: Path) -> None:
    waiting.cancel(waiting.import_file(io.BytesIO(TABLE), "a.csv").id)
    (kept,) = files(folder)
    for name in (kept, "import-0.csv", "import-1.csv"):
        (folder / name).write_bytes(TABLE)
        if name != "import-1.csv":
            os.utime(folder / name, (0, 0))
    waiting.start()
    waiting.close()
    assert files(folder) == sorted([kept, "import-1.csv"])


def test_not_too_much_is_kept(waiting: JobQueue, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 2 * len(TABLE))
    first, second = (waiting.import_file(io.BytesIO(TABLE), "a.csv") for _ in range(2))
    with pytest.raises(UsageError, match="Too much waits"):
        waiting.import_file(io.BytesIO(TABLE), "a.csv")
    waiting.cancel(first.id)
    waiting.cancel(second.id)
    waiting.import_file(io.BytesIO(TABLE), "a.csv")
    with pytest.raises(UsageError, match="send it again"):
        waiting.retry(first.id)
    assert waiting.retry(second.id).state is JobState.WAITING
    assert len(files(folder)) == 2


def test_only_the_newest_exports_are_kept(waiting: JobQueue, folder: Path) -> None:
    folder.mkdir(parents=True)
    for _ in range(limits.MOST_EXPORTS + 2):
        _export(waiting, folder, 2)
    (folder / "export-99.jsonl").write_text("{}")
    (folder / ".0123456789abcdef.part").write_text("{")
    waiting.start()
    waiting.close()
    assert [waiting.exported(number) is not None for number in range(1, 8)] == [False] * 2 + [True] * 5
    assert len(files(folder)) == limits.MOST_EXPORTS


def test_large_exports_are_not_kept_beside_each_other(
    waiting: JobQueue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_EXPORTED", 1000)
    folder.mkdir(parents=True)
    for size in (300, 300, 500, 200):
        _export(waiting, folder, size)
    waiting.start()
    waiting.close()
    assert [waiting.exported(number) is not None for number in range(1, 5)] == [False, True, True, True]
    _export(waiting, folder, 2000)
    waiting._tidy()
    assert [name for name in files(folder) if name.startswith("export")] == ["export-5.jsonl"]


def _export(queue: JobQueue, folder: Path, size: int) -> None:
    job = queue.export("jsonl")
    queue.jobs.begin(job.id)
    (folder / f"export-{job.id}.jsonl").write_bytes(bytes(size))
    queue.jobs.end(job.id, JobState.DONE)


def test_where_nothing_can_be_kept_nothing_is_done(waiting: JobQueue, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder would be")
    with pytest.raises(InputError, match="can't be made a folder"):
        waiting.import_file(io.BytesIO(TABLE), "a.csv")
    assert waiting.jobs.newest() == []


def test_a_job_that_is_added_as_jobs_are_looked_for_runs(waiting: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.export("csv")
    read = waiting.jobs.requests
    started: list[int] = []

    def reading() -> list[tuple[int, dict[str, Any]]]:
        found = read()
        monkeypatch.setattr(waiting.jobs, "requests", read)
        waiting.export("jsonl")
        return found

    monkeypatch.setattr(waiting.jobs, "requests", reading)
    monkeypatch.setattr(waiting, "_start", started.append)
    waiting._look()
    assert started == [1]
