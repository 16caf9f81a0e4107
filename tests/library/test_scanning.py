import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import mutagen
import psutil
import pytest
from mutagen.id3 import TIT2, USLT

from img2music.connectors.folders import FileState
from img2music.errors import InputError, LibraryError, UsageError
from img2music.library import executors, workers
from img2music.library.exchange import export_library
from img2music.library.record import Failure, LyricsRecord
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.media.packets import sound_hash
from img2music.music.audio.analyzer import ANALYZER
from img2music.options import ScanOptions
from img2music.track import Tags
from tests.support.library_sounds import make_music, write_sound
from tests.support.postgres import wait_until_free
from tests.support.songs import make_record, put
from tests.support.sounds import encode, noise

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


def retag(path, title):
    """Write a title into a file's tags."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TIT2(encoding=3, text=[title]))
    file.save()


def known(path, content=None, **others):
    """A record of a file as if it had been scanned, without listening to it."""
    status = path.stat()
    state = FileState(str(path), status.st_size, status.st_mtime_ns)
    record = make_record(str(path), analyzer=ANALYZER)
    facts = {"content": content or workers.content_hash(state), "sound": sound_hash(path)} | others
    return dataclasses.replace(record, file=state, **facts)


def opened_files(action, folder):
    """Paths below a folder that an action opens in this process."""
    seen = []
    watching = True

    def hook(event, arguments):
        if watching and event == "open" and str(arguments[0]).startswith(f"{folder}/"):
            seen.append(arguments[0])

    sys.addaudithook(hook)  # can't be taken back
    try:
        action()
    finally:
        watching = False
    return seen


def test_the_life_of_a_library(store, tmp_path):
    music = tmp_path / "music"
    first, second, third, fourth = make_music(music, 4)
    (music / "bad.mp3").write_bytes(b"no music at all")
    (music / "empty.flac").touch()
    shutil.copy(first, music / "zz same as first.wav")
    retag(shutil.copy(first, music / "zz sounds as first.wav"), "Another title")

    report = scan(store, [music], ScanOptions(jobs=1))
    assert (report.found, report.new, report.analysed, report.copied, report.moved) == (8, 8, 4, 2, 0)
    assert sorted(Path(error.path).name for error in report.failed) == ["bad.mp3", "empty.flac"]
    assert all(error.reason and "\n" not in str(error) and "nexpected" not in error.reason for error in report.failed)
    assert store.count() == 6
    assert len({track.sound for track in store.tracks()}) == 4
    assert store.find(str(music / "zz sounds as first.wav")).title == "Another title"
    ids = {track.path: track.id for track in store.tracks()}
    before = list(store.records())

    # Nothing has changed: nothing is opened.
    assert opened_files(lambda: scan(store, [music]), music) == []
    report = scan(store, [music])
    assert (report.unchanged, report.analysed, report.failed, report.failed_before) == (6, 0, [], 2)
    assert list(store.records()) == before

    # A moved file keeps its id, a changed one too, a new one that is known by content is not analysed.
    second.rename(music / "moved.wav")
    write_sound(third, pitch=999.0)
    fourth.unlink()
    (music / "copy.wav").write_bytes(first.read_bytes())
    planned = scan(store, [music], ScanOptions(dry_run=True))
    assert (planned.new, planned.changed, planned.moved, planned.missing) == (2, 1, 2, 2)
    assert list(store.records()) == before
    report = scan(store, [music], ScanOptions(jobs=1))
    assert (report.analysed, report.moved, report.copied, report.missing) == (1, 1, 1, 1)
    assert store.find(str(music / "moved.wav")).id == ids[str(second)]
    assert store.find(str(third)).id == ids[str(third)]
    assert store.find(str(fourth)).missing
    assert store.find(str(second)) is None

    # The disk is away: all is missing, nothing is dropped. It is back: so is all, unopened.
    music.rename(tmp_path / "away")
    report = scan(store, [music])
    assert [error.path for error in report.failed] == [str(music)]
    assert not report.unusable
    assert (store.count(), store.count(missing=True)) == (0, 7)
    (tmp_path / "away").rename(music)
    assert opened_files(lambda: scan(store, [music]), music) == []
    assert (store.count(), store.count(missing=True)) == (6, 1)

    # A bad file that is mended is heard; one that is removed is forgotten.
    write_sound(music / "bad.mp3", pitch=77.0)
    (music / "empty.flac").unlink()
    report = scan(store, [music], ScanOptions(jobs=1))
    assert (report.analysed, report.failed, report.failed_before) == (1, [], 0)
    assert list(store.failures()) == []
    assert store.faults() == []


def test_what_only_its_tags_have_changed_of_is_not_listened_to(store, tmp_path):
    """Nothing here is: a retagged, a touched, a moved and retagged file, a copy with other tags, and one replaced."""
    music = tmp_path / "music"
    retagged, touched, moved, copied, replaced = make_music(music, 5)
    records = [known(path) for path in (retagged, touched, moved, copied, replaced)]
    put(store, records)
    words = LyricsRecord("files", "Words", False, "en", 1, 0.9)
    ids = {track.path: track.id for track in store.tracks()}
    with store.writing() as transaction:
        transaction.put_lyrics([(ids[str(retagged)], words)])
    before = store.find(str(retagged))
    retag(retagged, "New title")
    os.utime(touched, (1, 1))
    retag(moved.rename(music / "elsewhere.wav"), "Moved")
    retag(shutil.copy(copied, music / "copy.wav"), "Copy")
    shutil.copy(copied, replaced)
    report = scan(store, [music], ScanOptions(jobs=1))
    assert (report.analysed, report.failed) == (0, [])
    assert (report.retagged, report.moved, report.copied, report.unchanged) == (1, 1, 2, 2)
    assert "0 analysed, 1 moved, 1 retagged, 2 with the same sound as another, 2 unchanged" in str(report)
    after = store.find(str(retagged))
    assert after == dataclasses.replace(before, title="New title", artist=None, content=after.content)
    assert store.lyrics([after.id])[after.id] == [words]
    assert store.find(str(music / "elsewhere.wav")).id == ids[str(moved)]
    assert store.find(str(replaced)).affect == store.find(str(copied)).affect
    assert scan(store, [music], ScanOptions(jobs=1)).unchanged == 6


def test_lyrics_in_tags_stay_with_a_retagged_file_while_they_are_the_same(store, tmp_path):
    same, other = make_music(tmp_path / "music", 2)
    for path in (same, other):
        file = mutagen.File(path)
        file.add_tags()
        file.tags.add(USLT(encoding=3, lang="eng", desc="", text="Words"))
        file.save()
    put(store, [known(same), known(other)])
    with store.writing() as transaction:
        transaction.put_lyrics(
            (track.id, LyricsRecord("tags", "Words", False, "en", 1, 0.9)) for track in store.tracks()
        )
    retag(same, "New title")
    file = mutagen.File(other)
    file.tags.getall("USLT")[0].text = "Other words"
    file.save()
    assert scan(store, [tmp_path / "music"], ScanOptions(jobs=1)).retagged == 2
    assert list(store.lyrics([1, 2])) == [store.find(str(same)).id]


def test_an_older_library_learns_the_sounds_without_listening(store, tmp_path):
    paths = make_music(tmp_path / "music", 3)
    paths[2].write_bytes(paths[2].read_bytes()[:44])  # no sound that libav could tell from another's
    records = [known(paths[0], sound=None), known(paths[1], sound=None)]
    status = paths[2].stat()
    silent = FileState(str(paths[2]), status.st_size, status.st_mtime_ns)
    content = workers.content_hash(silent)
    records.append(dataclasses.replace(make_record(analyzer=ANALYZER), file=silent, content=content, sound=None))
    put(store, records)
    planned = scan(store, [tmp_path / "music"], ScanOptions(dry_run=True))
    assert (planned.unchanged, planned.hashed) == (3, 3)
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert (report.analysed, report.hashed, report.unchanged, report.failed) == (0, 3, 3, [])
    assert [track.sound for track in store.tracks()] == [sound_hash(paths[0]), sound_hash(paths[1]), content]
    assert [record.analysis for record in store.records()] == [record.analysis for record in records]
    assert scan(store, [tmp_path / "music"], ScanOptions(jobs=1)).hashed == 0


def test_tags_are_read_again_without_listening(store, tmp_path):
    """As after a field was declared: the library says nothing of it, and the files have not changed."""
    music = tmp_path / "music"
    labelled, plain, gone = make_music(music, 3)
    file = mutagen.File(labelled)
    file.add_tags()
    file.tags.add(TIT2(encoding=3, text=["Title"]))
    file.save()
    put(store, [known(labelled), known(plain, tags=Tags()), known(gone)])
    before = list(store.records())
    gone.unlink()
    planned = scan(store, [music], ScanOptions(dry_run=True, tags=True))
    assert (planned.reread, planned.unchanged, list(store.records())) == (2, 2, before)
    steps = []
    report = scan(store, [music], ScanOptions(jobs=1, tags=True), steps.append)
    assert (report.reread, report.retagged, report.unchanged, report.analysed) == (2, 1, 1, 0)
    assert report.failed == []
    assert {Path(step.item) for step in steps if step.item} == {labelled, plain}
    after = list(store.records())
    assert after[0] == dataclasses.replace(before[0], tags=Tags(title="Title"))
    assert after[1:] == [before[1], dataclasses.replace(before[2], missing=True)]


class InThisThread:
    """An executor as a cluster might be one: it breaks down once, and is started again."""

    def __init__(self):
        self.jobs, self.restarts, self.done = 1, 0, []

    def submit(self, work, file):
        future = Future()
        if not self.restarts:
            future.set_exception(executors.BrokenExecutorError("it is away."))
            return future
        self.done.append((work.__name__, Path(file.path).name))
        try:
            future.set_result(work(file))
        except InputError as error:
            future.set_exception(error)
        return future

    read = submit

    def result(self, future):
        return future.result()

    def restart(self):
        self.restarts += 1


def test_another_executor_stands_in_for_processes(store, tmp_path):
    make_music(tmp_path / "music", 1)
    (tmp_path / "music" / "bad.mp3").write_bytes(b"no music")
    executor = InThisThread()
    report = scan(store, [tmp_path / "music"], executor=executor)
    assert (report.analysed, len(report.failed), executor.restarts) == (1, 1, 1)
    works = {(work, "000.wav") for work in ("content_hash", "identify", "analyse")} | {("identify", "bad.mp3")}
    assert works <= set(executor.done)


def test_failures_are_tried_again_when_asked(store, tmp_path):
    make_music(tmp_path / "music", 1)
    (tmp_path / "music" / "bad.mp3").write_bytes(b"no music")
    scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert scan(store, [tmp_path / "music"], ScanOptions(jobs=1)).failed_before == 1
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1, retry_failed=True))
    assert (len(report.failed), report.failed_before, report.unchanged) == (1, 0, 1)
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1, full=True))
    assert (len(report.failed), report.analysed, report.unchanged) == (1, 1, 0)


def test_damaged_files_are_noted(store, tmp_path):
    content = encode(tmp_path / "whole.flac", noise(6, 16_000), "flac", 16_000).read_bytes()
    (tmp_path / "cut.flac").write_bytes(content[: len(content) // 2])
    report = scan(store, [tmp_path], ScanOptions(jobs=1))
    assert report.analysed == 2
    assert [note.partition(": ")[0] for note in report.notes] == [str(tmp_path / "cut.flac")]


def test_an_old_analyzer_version_is_replaced(store, tmp_path):
    (path,) = make_music(tmp_path / "music", 1)
    scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    before = list(store.records())
    with store._engine.connect() as connection:
        connection.exec_driver_sql("UPDATE tracks SET analyzer = 'audio/0'")
        connection.commit()
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert (report.changed, report.analysed) == (1, 1)
    assert list(store.records()) == before
    assert store.find(str(path)).id == 1


def test_hostile_names_are_scanned(store, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    names = [
        b"\xff.wav",
        "\ub178\ub798.wav".encode(),
        b"new\nline.wav",
        "\U0001f3b5.wav".encode(),
        b"-x.wav",
        b"%d%s.wav",
    ]
    write_sound(tmp_path / "sound.wav")
    for name in names:
        shutil.copy(tmp_path / "sound.wav", music / os.fsdecode(name))
    report = scan(store, [music], ScanOptions(jobs=1))
    assert (report.failed, report.analysed, report.copied) == ([], 1, 5)
    assert [os.fsencode(Path(track.path).name) for track in store.tracks()] == sorted(names)


def test_silent_files_are_no_faults(store, tmp_path):
    (tmp_path / "music").mkdir()
    write_sound(tmp_path / "music" / "silent.wav", pitch=0.0)
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert (report.silent, report.failed, store.count()) == (1, [], 0)
    assert "1 silent" in str(report)
    report = scan(store, [tmp_path / "music"], ScanOptions(retry_failed=True))
    assert (report.unchanged, report.silent, report.failed_before) == (1, 0, 0)
    totals = store.info()
    assert (totals.failures, totals.silent) == (0, 1)


def test_what_an_earlier_scan_took_from_folders_of_systems_goes(store, tmp_path):
    waste = tmp_path / "music" / "#recycle" / "Album"
    waste.mkdir(parents=True)
    deleted, bad = str(waste / "deleted.mp3"), FileState(str(waste / "bad.mp3"), 1, 1)
    for path in (deleted, bad.path):
        Path(path).touch()
    with store.writing() as transaction:
        transaction.put([make_record(deleted)])
        transaction.put_failure(Failure(*dataclasses.astuple(bad), "audio/test", "is damaged"))
    assert scan(store, [tmp_path / "music"], ScanOptions(dry_run=True)).missing == 1
    report = scan(store, [tmp_path / "music"])
    assert (report.found, report.missing, store.count(), list(store.failures())) == (0, 1, 0, [])


def test_only_what_is_under_the_folders_goes_missing(store, tmp_path):
    make_music(tmp_path / "one", 1)
    make_music(tmp_path / "one more", 1)
    scan(store, [tmp_path / "one", tmp_path / "one more"], ScanOptions(jobs=1))
    shutil.rmtree(tmp_path / "one more")
    assert scan(store, [tmp_path / "one"], ScanOptions(jobs=1)).missing == 0
    assert store.count() == 2


def test_an_emptied_mount_point_is_told(store, tmp_path):
    for path in make_music(tmp_path / "disk", 1):
        scan(store, [tmp_path / "disk"], ScanOptions(jobs=1))
        path.unlink()
    report = scan(store, [tmp_path / "disk"])
    assert "mounted" in str(report.failed[0])
    assert store.count(missing=True) == 1


def test_folders_that_are_not_there(store, tmp_path):
    report = scan(store, [tmp_path / "none"])
    assert report.unusable
    assert "none" in str(report.failed[0])
    with pytest.raises(UsageError):
        scan(store, [])
    with pytest.raises(UsageError):
        scan(store, [tmp_path], ScanOptions(jobs=0))


def test_two_scans_at_once(store, tmp_path, at):
    make_music(tmp_path / "music", 1)
    with (
        LibraryStore.open(at(tmp_path / "library.db")) as other,
        other.alone(),
        pytest.raises(LibraryError, match="another scan"),
    ):
        scan(store, [tmp_path / "music"])


def test_a_killed_worker_costs_nothing(store, tmp_path):
    make_music(tmp_path / "music", 6)
    killed = []

    def kill_once(step):
        if not killed and step.done >= 1:
            for child in psutil.Process().children(recursive=True):
                if "spawn_main" in " ".join(child.cmdline()):
                    child.kill()
                    killed.append(child.pid)

    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1), kill_once)
    assert killed
    assert (report.analysed, report.failed) == (6, [])


def test_a_file_that_takes_too_long_fails_alone(store, tmp_path, monkeypatch):
    make_music(tmp_path / "music", 2)
    write_sound(tmp_path / "music" / "00 long.wav", seconds=120.0)
    monkeypatch.setattr(executors, "TIMEOUT_BASE", 60.0)
    monkeypatch.setattr(executors, "TIMEOUT_A_BYTE", -59.95 / (2 * 8000 * 120))  # 50 ms are left for the long one
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert [Path(error.path).name for error in report.failed] == ["00 long.wav"]
    assert "did not end in time" in report.failed[0].reason
    assert report.analysed == 2


def test_a_file_that_changes_while_it_is_read(store, tmp_path):
    path = tmp_path / "music" / "growing.wav"
    make_music(tmp_path / "music", 1)
    write_sound(path, seconds=2.0)

    def grow(step):
        if step.done < 2:
            with path.open("ab") as stream:
                stream.write(b"\0" * 100)

    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1), grow)
    assert [error.reason for error in report.failed] == [workers.STILL_CHANGING]
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))  # it has changed since
    assert (report.failed, report.analysed) == ([], 1)


def test_a_script_without_a_main_guard_may_scan(tmp_path):
    make_music(tmp_path / "music", 2)
    script = tmp_path / "script.py"
    script.write_text(
        "import img2music\n"
        f"library = img2music.Library.open({str(tmp_path / 'library.db')!r})\n"
        f"print('once', library.scan({str(tmp_path / 'music')!r}).analysed)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.stderr) == ("once 2\n", "")


def start_scan(music, library, jobs=2):
    command = [sys.executable, "-m", "img2music", "scan", str(music), "--library", str(library), "--jobs", str(jobs)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def children_when_working(process, at_least=1):
    """Wait until workers run; give them and everything else below the process."""
    for _ in range(300):
        children = psutil.Process(process.pid).children(recursive=True)
        if len(children) > at_least or process.poll() is not None:
            return children
        time.sleep(0.05)
    raise AssertionError("no workers")


def assert_gone(children):
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []


def test_killed_scans_lead_to_the_same_library(tmp_path, at):
    music = tmp_path / "music"
    make_music(music, 24)
    (music / "bad.mp3").write_bytes(b"no music")
    shutil.copy(music / "000.wav", music / "same.wav")
    chance = random.Random(1)
    for _ in range(3):
        process = start_scan(music, at(tmp_path / "killed.db"))
        children = children_when_working(process)
        time.sleep(chance.uniform(0.0, 2.5))
        process.kill()
        process.communicate()
        assert_gone(children)
    for name in ("killed", "calm"):
        with LibraryStore.open(at(tmp_path / f"{name}.db"), create=True) as store:
            wait_until_free(store.alone)
            scan(store, [music], ScanOptions(jobs=2))
            assert store.faults() == []
            export_library(store, tmp_path / f"{name}.jsonl")
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "calm.jsonl").read_bytes()


def test_an_interrupted_scan_ends_quietly_and_keeps_what_is_done(tmp_path, at):
    make_music(tmp_path / "music", 300)
    process = start_scan(tmp_path / "music", at(tmp_path / "library.db"))
    children = children_when_working(process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with LibraryStore.open(at(tmp_path / "library.db"), read_only=True) as store:
                if store.count():
                    break
        except LibraryError:
            pass  # not made yet
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors.strip() == "img2music: interrupted; what was finished is kept. Run it again to go on."
    assert_gone(children)
    with LibraryStore.open(at(tmp_path / "library.db")) as store:
        assert 0 < store.count() < 300
        assert store.faults() == []
