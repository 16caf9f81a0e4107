"""The ledger of scans: what waits, what is in hand, and what becomes of it when a scan dies."""

import threading
from collections import Counter
from concurrent.futures import Future

import pytest
import sqlalchemy as sa

from img2music.analysis import NO_MUSIC, FailureKind
from img2music.connectors.folders import FileState
from img2music.errors import Cancelled, Img2MusicError, InputError, LibraryError
from img2music.library import workers
from img2music.library.ledger import PORTION, ScanState, Task
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.options import ScanOptions
from img2music.progress import Step
from tests.support.library_sounds import make_music
from tests.support.songs import make_record


@pytest.fixture
def store(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


class Quick:
    """An executor that hashes for real, and analyses what it is given without listening."""

    jobs = 2

    def __init__(self, faults=()):
        self.faults, self.heard = dict(faults), Counter()

    def submit(self, work, file):
        future = Future()
        try:
            future.set_result(self._analyse(file) if work is workers.analyse else work(file))
        except (InputError, MemoryError, TimeoutError) as error:
            future.set_exception(error)
        return future

    read = submit

    def _analyse(self, file):
        self.heard[file.path] += 1
        for name, fault in self.faults.items():
            if file.path.endswith(name):
                raise fault
        from img2music.music.audio.analyzer import ANALYZER

        return make_record(file.path, analyzer=ANALYZER).analysis

    def result(self, future):
        return future.result()

    def restart(self):
        raise AssertionError


def states(count, folder="/music"):
    return [FileState(f"{folder}/{number:04}.mp3", 10, number) for number in range(count)]


def test_files_are_taken_in_portions_by_one_scan_each(store):
    files = states(PORTION + 10)
    ledger = store.ledger
    first, second = ledger.begin(["/music"], ()), ledger.begin(["/music"], {1})
    assert ledger.plan(first, ["/music"], {Task.NEW: files[:-1], Task.REREAD: files[-1:]}) == len(files)
    mine, theirs = ledger.take(first, ["/music"]), ledger.take(second, ["/music"])
    assert [*mine, *theirs] == [(file, Task.NEW) for file in files[:-1]] + [(files[-1], Task.REREAD)]
    assert ledger.take(first, ["/music"]) == []
    assert ledger.others(first, ["/music"]) == {second}
    assert ledger.others(first, ["/other"]) == set()
    # What others have in hand is not planned again.
    assert ledger.plan(first, ["/music"], {Task.NEW: files}) == 0
    status = ledger.status({first, second})
    assert (status.waiting, status.in_hand) == (0, len(files))
    with store.writing() as transaction:
        assert transaction.finish(second, [theirs[0][0].path, mine[0][0].path], []) == {theirs[0][0].path}
    # The second is dead: a third finds what it had in hand.
    third = ledger.begin(["/music"], {first})
    assert {file for file, _ in ledger.take(third, ["/music"])} == {file for file, _ in theirs[1:]}
    ended = {run.id: run.state for run in ledger.status({first, third}).scans}
    assert ended == {first: ScanState.RUNNING, second: ScanState.LOST, third: ScanState.RUNNING}
    ledger.end(first, ScanState.STOPPED)
    assert len(ledger.take(third, ["/music"])) == len(mine)


def test_planning_forgets_what_waits_below_the_folders_alone(store):
    ledger = store.ledger
    scan_ = ledger.begin(["/"], ())
    ledger.plan(scan_, ["/"], {Task.NEW: [*states(3, "/music"), *states(3, "/music2")]})
    ledger.plan(scan_, ["/music"], {Task.NEW: states(1, "/music")})
    assert len(ledger.take(scan_, ["/music"])) == 1
    assert len(ledger.take(scan_, ["/"])) == 3


def test_failures_are_kept_by_kind_and_tried_again_by_kind(store, tmp_path):
    make_music(tmp_path / "music", 5)
    faults = {
        "000.wav": InputError(NO_MUSIC),
        "001.wav": InputError("it is damaged."),
        "002.wav": MemoryError(),
        "003.wav": TimeoutError(),
    }
    report = scan(store, [tmp_path / "music"], executor=Quick(faults))
    assert (report.analysed, report.silent, len(report.failed)) == (1, 1, 3)
    told = {each.kind: (each.stage, each.files, each.attempts) for each in store.scan_status().failures}
    one = ("analyse", 1, 1)
    assert told == {"silent": one, "damaged": one, "memory": one, "timeout": one}

    again = Quick(faults)
    report = scan(store, [tmp_path / "music"], ScanOptions(retry="timeout"), executor=again)
    assert set(again.heard) == {str(tmp_path / "music" / "003.wav")}
    assert report.failed_before == 2
    assert {each.kind: each.attempts for each in store.scan_status().failures}[FailureKind.TIMEOUT] == 2
    report = scan(store, [tmp_path / "music"], ScanOptions(retry_failed=True), executor=Quick())
    assert (report.analysed, store.count()) == (3, 4)


def test_a_scan_of_which_too_much_fails_has_failed(store, tmp_path):
    make_music(tmp_path / "music", 10)
    faults = {f"{number:03}.wav": InputError("it is damaged.") for number in range(5)}
    with pytest.raises(LibraryError, match="3 of 10 files could not be analysed"):
        scan(store, [tmp_path / "music"], ScanOptions(failing=0.2), executor=Quick(faults))
    status = store.scan_status()
    assert status.scans[0].state is ScanState.FAILED
    assert status.scans[0].failed == 3
    assert status.waiting + store.count() + 3 == 10
    report = scan(store, [tmp_path / "music"], ScanOptions(failing=0.5), executor=Quick())
    assert store.count() == 7
    assert report.failed_before == 3


def test_what_a_scan_left_waits_and_is_told(store, tmp_path):
    make_music(tmp_path / "music", 6)

    def stop(step: Step):
        if step.done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        scan(store, [tmp_path / "music"], progress=stop, executor=Quick())
    status = store.scan_status()
    assert (status.waiting, status.in_hand, status.rate, status.seconds_left) == (4, 0, 0.0, None)
    assert [(run.state, run.done, run.planned) for run in status.scans] == [(ScanState.STOPPED, 2, 6)]
    scan(store, [tmp_path / "music"], executor=Quick())
    assert store.scan_status().waiting == 0


@pytest.mark.postgresql
def test_scans_of_overlapping_folders_share_the_work(postgres, tmp_path):
    url = postgres.url(postgres.database())
    for part in ("a", "b", "c"):
        make_music(tmp_path / part, 40)
        for number, path in enumerate(sorted((tmp_path / part).iterdir())):
            with path.open("ab") as stream:  # other bytes in each, after the sound
                stream.write(f"{part}{number}".encode())
    executors, errors = [Quick() for _ in range(8)], []

    def run(executor, folders):
        try:
            with LibraryStore.open(url) as store:
                scan(store, folders, executor=executor)
        except Img2MusicError as error:
            errors.append(error)

    folders = [[tmp_path], [tmp_path / "a", tmp_path / "b"], [tmp_path / "b", tmp_path / "c"], [tmp_path / "c"]]
    threads = [threading.Thread(target=run, args=(each, folders[n % 4])) for n, each in enumerate(executors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with LibraryStore.open(url) as store:
        assert store.count() == 120
        assert len({record.file.path for record in store.records()}) == 120
        assert store.faults() == []
        assert (store.scan_status().waiting, store.scan_status().in_hand) == (0, 0)
        assert {run.state for run in store.scan_status().scans} == {ScanState.DONE}
    heard = sum((executor.heard for executor in executors), Counter())
    assert max(heard.values()) == 1


@pytest.mark.postgresql
def test_a_scan_that_lost_its_lock_stores_nothing_that_another_has_taken(postgres, tmp_path):
    database = postgres.database()
    make_music(tmp_path / "music", 3)
    paths = []

    def cut(step: Step):
        if step.done == 1 and not paths:
            paths.append(step.item)
            with other.ledger._writing() as connection:  # as if the first had died with its machine
                connection.execute(sa.text("UPDATE work SET scan_id = NULL"))
            scan(other, [tmp_path / "music"], executor=Quick())

    url = postgres.url(database)
    with LibraryStore.open(url) as store, LibraryStore.open(url) as other:
        report = scan(store, [tmp_path / "music"], executor=Quick(), progress=cut)
        assert report.analysed == 3
        runs = {run.id: run.done for run in store.scan_status().scans}
        assert runs == {1: 0, 2: 3}
        assert store.count() == 3
        assert store.faults() == []
