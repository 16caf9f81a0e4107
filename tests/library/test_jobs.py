"""Jobs as they are kept in a library."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from img2music.errors import LibraryError, UsageError
from img2music.library import jobs as limits
from img2music.library.jobs import JobKind, Jobs, JobState
from img2music.library.store import LibraryStore
from img2music.progress import Step
from tests.support.postgres import wait_until_free
from tests.support.songs import make_record, put


@pytest.fixture
def store(tmp_path: Path, at) -> Iterator[LibraryStore]:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


@pytest.fixture
def jobs(store: LibraryStore) -> Jobs:
    return store.jobs


def running(jobs: Jobs, name: str = "music") -> int:
    id_ = jobs.add(JobKind.SCAN, name, {}).id
    assert jobs.begin(id_)
    return id_


def test_a_job_from_its_beginning_to_its_end(jobs: Jobs) -> None:
    job = jobs.add(JobKind.SCAN, "/music/\udcff\n", {"folders": ["/music/\udcff\n"]})
    assert job.options == []
    assert (job.state, job.name, job.started, job.events) == (JobState.WAITING, r"/music/\udcff\n", None, 1)
    assert jobs.request(job.id) == {"folders": ["/music/\udcff\n"]}
    assert jobs.begin(job.id)
    assert not jobs.begin(job.id)
    assert jobs.step(job.id, Step("Listening", 3, 12, "/music/\udcff.mp3", "files"), 1.5, 6.0)
    job = jobs.get(job.id)
    assert (job.stage, job.done, job.total, job.unit, job.rate, job.left) == ("Listening", 3, 12, "files", 1.5, 6.0)
    jobs.say(job.id, ["bad.mp3: is empty.", "\x1b[31m"])
    jobs.end(job.id, JobState.DONE, result={"analysed": 12})
    job = jobs.get(job.id)
    assert (job.state, job.result, job.left, job.error) == (JobState.DONE, {"analysed": 12}, None, None)
    assert job.created <= str(job.started) <= str(job.ended)
    lines = jobs.log(job.id)
    assert [line.text for line in lines] == ["bad.mp3: is empty.", r"\x1b[31m"]
    assert jobs.log(job.id, after=lines[0].id) == lines[1:]
    jobs.end(job.id, JobState.FAILED, error="too late")
    assert jobs.get(job.id) == job


def test_events_go_on_after_the_library_was_closed_and_jobs_were_removed(tmp_path: Path, at) -> None:
    path = at(tmp_path / "library.db")
    with LibraryStore.open(path, create=True) as store:
        first, second = (store.jobs.add(JobKind.EXPORT, name, {}) for name in "ab")
        assert [job.id for job in store.jobs.since(0)] == [first.id, second.id]
        store.jobs.begin(first.id)
        assert [job.id for job in store.jobs.since(second.events)] == [first.id]
        store.jobs.cancel(second.id)
        last = store.jobs.get(second.id).events
        store.jobs.remove([first.id, second.id])
    with LibraryStore.open(path) as store:
        assert [job.id for job in store.jobs.newest()] == [first.id]  # which had not ended
        third = store.jobs.add(JobKind.EXPORT, "c", {})
        assert third.events > last
        assert third.id > second.id


def test_events_of_several_writers_differ_and_are_seen_in_order(tmp_path: Path, at) -> None:
    path = at(tmp_path / "library.db")
    LibraryStore.open(path, create=True).close()

    def work(name: int) -> list[int]:
        with LibraryStore.open(path) as store:
            id_ = running(store.jobs, str(name))
            events = []
            for done in range(20):
                store.jobs.step(id_, Step("Listening", done), None, None)
                events.append(store.jobs.get(id_).events)
            return events

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert all(events == sorted(events) for events in found)
    assert len({event for events in found for event in events}) == 80


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED])
def test_what_did_not_end_well_goes_on(state: JobState, jobs: Jobs) -> None:
    id_ = running(jobs)
    jobs.step(id_, Step("Listening", 3, 12), None, None)
    jobs.say(id_, ["one line"])
    jobs.end(id_, state, error="why")
    again = jobs.retry(id_)
    assert (again.id, again.state, again.error, again.started, again.done) == (id_, JobState.WAITING, None, None, None)
    assert jobs.begin(id_)
    assert len(jobs.log(id_)) == 1


def test_only_what_did_not_end_well_goes_on(jobs: Jobs) -> None:
    id_ = running(jobs)
    with pytest.raises(UsageError, match="is not one that failed"):
        jobs.retry(id_)
    jobs.end(id_, JobState.DONE)
    for action in (jobs.retry, jobs.cancel):
        with pytest.raises(UsageError, match=f"job #{id_}"):
            action(id_)
        with pytest.raises(KeyError):
            action(99)


def test_cancelling(jobs: Jobs) -> None:
    waits = jobs.add(JobKind.SCAN, "", {}).id
    assert jobs.cancel(waits).state is JobState.CANCELLED
    assert not jobs.begin(waits)
    runs = running(jobs)
    assert jobs.step(runs, Step("Listening", 1), None, None)
    assert jobs.cancel(runs).state is JobState.RUNNING
    assert not jobs.step(runs, Step("Listening", 2), None, None)
    jobs.end(runs, JobState.CANCELLED)
    assert jobs.retry(runs).state is JobState.WAITING
    jobs.begin(runs)
    assert jobs.step(runs, Step("Listening", 2), None, None)


def test_what_nobody_runs_is_interrupted_or_cancelled(jobs: Jobs) -> None:
    waits, runs, ending = jobs.add(JobKind.SCAN, "", {}).id, running(jobs), running(jobs)
    jobs.cancel(ending)
    jobs.interrupt("the server ended")
    states = {job.id: (job.state, job.error) for job in jobs.newest()}
    assert states == {
        waits: (JobState.WAITING, None),
        runs: (JobState.INTERRUPTED, "the server ended"),
        ending: (JobState.CANCELLED, None),
    }


def test_jobs_and_lines_are_limited(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_WAITING", 3)
    monkeypatch.setattr(limits, "MOST_ENDED", 2)
    monkeypatch.setattr(limits, "MOST_LINES", 5)
    ids = [jobs.add(JobKind.TAG, "", {}).id for _ in range(3)]
    with pytest.raises(UsageError, match="3 jobs are waiting"):
        jobs.add(JobKind.TAG, "", {})
    for id_ in ids:
        jobs.say(id_, map(str, range(4)))
        jobs.say(id_, map(str, range(4)))
        assert [line.text for line in jobs.log(id_)] == ["0", "1", "2", "3", "... and 4 more lines."]
        jobs.say(id_, ["no room"])
        assert len(jobs.log(id_)) == 5
        jobs.cancel(id_)
    waits = jobs.add(JobKind.TAG, "", {}).id
    jobs.prune()
    assert [job.id for job in jobs.newest()] == [waits, ids[2], ids[1]]
    assert jobs.log(ids[0]) == []


def test_one_job_at_a_time_and_its_lock_dies_with_its_process(store: LibraryStore, tmp_path: Path, at) -> None:
    code = f"""
        import sys
        from img2music.library.store import LibraryStore
        with LibraryStore.open({str(at(tmp_path / "library.db"))!r}) as store, store.running():
            print("running", flush=True)
            sys.stdin.read()
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdin=-1, stdout=-1)
    with other:
        assert other.stdout.readline() == b"running\n"
        with pytest.raises(LibraryError, match="another server runs a job"), store.running():
            pass
        with store.alone():  # what a job itself asks for
            pass
        other.kill()
        other.wait()
        wait_until_free(store.running)


def test_progress_does_not_make_readers_read_anew(store: LibraryStore) -> None:
    before = store.version()
    id_ = running(store.jobs)
    store.jobs.step(id_, Step("Listening", 1), None, None)
    assert store.version() == before
    put(store, [make_record()])
    assert store.version() != before


@pytest.mark.sqlite("a library in memory")
def test_a_library_in_memory_has_no_jobs() -> None:
    with LibraryStore.open(":memory:", create=True) as store:
        with pytest.raises(LibraryError, match="in memory"), store.running():
            pass
        with pytest.raises(LibraryError, match="in memory"):
            store.folder.mkdir()
