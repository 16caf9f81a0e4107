import dataclasses
import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.errors import LibraryError, UsageError
from img2music.library.record import Failure
from img2music.library.schema import affects
from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.support.songs import make_record, make_song, put

NAMES = [
    b"plain.mp3",
    b"new\nline.mp3",
    "\U0001f3b5.mp3".encode(),
    "\ub178\ub798.mp3".encode(),
    b"\xff\xfe.mp3",
    b"%41?#.mp3",
]


@pytest.fixture
def store(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


def test_records_come_back_as_they_were(store):
    records = [make_record(f"/music/{number}.mp3") for number in range(7)]
    records.append(make_record("/music/none.mp3", tags=Tags(), tempo=None, key=None, mode=None))
    put(store, records)
    assert list(store.records()) == sorted(records, key=lambda record: record.file.path)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_survive(store, name):
    path = os.fsdecode(b"/music/" + name)
    put(store, [make_record(path)])
    track = store.find(path)
    assert track is not None
    assert os.fsencode(track.path) == b"/music/" + name
    assert [track.path for track in store.tracks()] == [path]


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.binary(min_size=1, max_size=40).map(lambda name: name.replace(b"\0", b"0")),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_any_bytes_are_a_path(store, names):
    paths = [os.fsdecode(b"/" + name) for name in names]
    put(store, (make_record(path) for path in paths))
    assert {track.path for track in store.tracks()} == set(paths)
    assert [os.fsencode(track.path) for track in store.tracks()] == sorted(map(os.fsencode, paths))
    with store.writing() as transaction:
        for path in paths:
            transaction.forget_files(path)


@pytest.mark.sqlite("the name of a file")
def test_the_library_file_itself_may_have_any_name(tmp_path):
    for name in NAMES:
        path = tmp_path / os.fsdecode(name)
        with LibraryStore.open(path, create=True) as store:
            put(store, [make_record()])
        with LibraryStore.open(path, read_only=True) as store:
            assert store.count() == 1
        assert path.exists()


def test_put_again_replaces_and_keeps_the_id(store):
    put(store, [make_record("/a.mp3"), make_record("/b.mp3")])
    number = store.find("/a.mp3").id
    put(store, [make_record("/a.mp3", tags=Tags(title="new"), tempo=99.0)])
    track = store.find("/a.mp3")
    assert (track.id, track.title, track.features.tempo) == (number, "new", 99.0)
    assert store.count() == 2
    assert len(store.curves([number])[number]) == 5


def test_ids_are_not_used_twice(store):
    put(store, [make_record("/a.mp3")])
    first = store.find("/a.mp3").id
    with store.writing() as transaction:
        transaction.forget_files("/a.mp3")
    put(store, [make_record("/a.mp3")])
    assert store.find("/a.mp3").id > first


def test_columns(store):
    records = [
        make_record(
            f"/{number}.mp3",
            tags=Tags(
                artist=f"artist {number}", genre=None if number % 2 else "rock", year=1990 + number if number else None
            ),
            tempo=None if number == 3 else 100.0 + number,
            missing=number == 5,
        )
        for number in range(9)
    ]
    put(store, records)
    names = ["id", "valence", "arousal", "artist", "genre", "year", "tempo", "duration", "content", "title"]
    columns = store.columns(names)
    tracks = {track.id: track for track in store.tracks()}
    assert list(columns) == names
    assert columns["id"].dtype == np.int64
    assert columns["id"].tolist() == sorted(tracks)
    for index, number in enumerate(columns["id"].tolist()):
        track = tracks[number]
        assert columns["valence"][index] == track.affect.valence
        assert columns["arousal"][index] == track.affect.arousal
        assert columns["artist"][index] == track.artist
        assert columns["genre"][index] == track.genre
        assert columns["content"][index] == track.content
        for name, value in (("year", track.year), ("tempo", track.features.tempo)):
            assert np.isnan(columns[name][index]) if value is None else columns[name][index] == value
    assert store.count() == 8
    assert store.count(missing=True) == 1
    with pytest.raises(UsageError, match="path"):
        store.columns(["path"])


def test_columns_of_an_empty_library(store):
    columns = store.columns(["id", "valence", "artist", "year"])
    assert [len(column) for column in columns.values()] == [0, 0, 0, 0]


def test_marking_moves_tracks_out_of_the_columns_and_back(store):
    put(store, (make_record(f"/{number}.mp3") for number in range(4)))
    before = store.columns(["id", "valence", "arousal"])
    with store.writing() as transaction:
        transaction.mark([2, 3], missing=True)
    assert store.columns(["id"])["id"].tolist() == [1, 4]
    assert [track.id for track in store.tracks()] == [1, 4]
    assert sorted(track.id for track in store.tracks(missing=True)) == [1, 2, 3, 4]
    assert store.faults() == []
    with store.writing() as transaction:
        transaction.mark([2, 3], missing=False)
    after = store.columns(["id", "valence", "arousal"])
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_tracks_by_id_keep_the_order(store):
    put(store, (make_record(f"/{number:04}.mp3") for number in range(1200)))
    wanted = [*range(1200, 0, -1), 5, 99999]
    assert [track.id for track in store.tracks(wanted)] == [*range(1200, 0, -1), 5]


def test_moved_track_keeps_its_id(store):
    put(store, [make_record("/old.mp3"), make_record("/other.mp3")])
    number = store.find("/old.mp3").id
    with store.writing() as transaction:
        transaction.put([make_record("/new.mp3")], moved={"/new.mp3": (number, "/old.mp3")})
        transaction.put([make_record("/third.mp3")], moved={"/third.mp3": (number, "/old.mp3")})  # another was quicker
    assert store.find("/old.mp3") is None
    assert store.find("/third.mp3").id != number
    assert store.find("/new.mp3").id == number
    assert store.faults() == []


def test_failure_of_a_changed_file_marks_its_track_missing(store):
    record = make_record("/a.mp3")
    put(store, [record])
    with store.writing() as transaction:
        transaction.put_failure(Failure(*dataclasses.astuple(record.file), "audio/2", "same bytes"))
    assert store.count() == 1
    with store.writing() as transaction:
        transaction.put_failure(Failure("/a.mp3", 1, 2, "audio/2", "other bytes"))
    assert (store.count(), store.count(missing=True)) == (0, 1)
    assert [failure.reason for failure in store.failures()] == ["other bytes"]
    put(store, [record])
    assert list(store.failures()) == []


def test_a_transaction_is_all_or_nothing(store):
    put(store, [make_record("/kept.mp3")])

    def records():
        yield make_record("/lost.mp3")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put(store, records())
    assert [track.path for track in store.tracks()] == ["/kept.mp3"]


@pytest.mark.sqlite("a full disk")
def test_a_full_disk_is_told_and_loses_nothing(tmp_path):
    path = tmp_path / "library.db"
    with LibraryStore.open(path, create=True) as store:
        put(store, (make_record(f"/{number}.mp3") for number in range(10)))
        with store._engine.connect() as connection:  # the pool hands this same connection to the writer
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(LibraryError, match=r"disk is full.*Nothing"):
            put(store, (make_record(f"/more/{number}.mp3") for number in range(500)))
    with LibraryStore.open(path) as store:
        assert store.count() == 10
        assert store.faults() == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.sqlite("a full disk")
def test_on_a_full_disk_a_library_is_read_and_no_fault_of_the_disk_is_told(tmp_path):
    import resource

    path = tmp_path / "library.db"
    with LibraryStore.open(path, create=True) as store:
        put(store, [make_record("/1.mp3")])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # no room for the index of the log
    try:
        with LibraryStore.open(path, read_only=True) as store:
            assert store.count() == 1
        with pytest.raises(LibraryError, match=r"is the disk full\? Nothing"):
            LibraryStore.open(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_readers_see_a_whole_library_while_another_writes(tmp_path, at):
    path = at(tmp_path / "library.db")
    with LibraryStore.open(path, create=True) as writer, LibraryStore.open(path, read_only=True) as reader:
        put(writer, [make_record("/1.mp3")])
        with writer.writing() as transaction:
            transaction.put([make_record("/2.mp3")])
            assert reader.count() == 1
            assert reader.columns(["id"])["id"].tolist() == [1]
        assert reader.count() == 2


def test_a_writer_that_never_ends_is_told(tmp_path, monkeypatch, at):
    monkeypatch.setattr("img2music.library.sqlite.BUSY_SECONDS", 0.1)
    monkeypatch.setattr("img2music.library.postgresql.BUSY_SECONDS", 0.1)
    path = at(tmp_path / "library.db")
    with (
        LibraryStore.open(path, create=True) as first,
        LibraryStore.open(path) as second,
        first.writing(),
        pytest.raises(LibraryError, match="another program is writing"),
    ):
        put(second, [make_record()])


def test_one_scan_at_a_time(tmp_path, at):
    path = at(tmp_path / "library.db")
    with LibraryStore.open(path, create=True) as first, LibraryStore.open(path) as second:
        with first.alone(), pytest.raises(LibraryError, match="another scan"), second.alone():
            pass
        with second.alone():
            pass


@pytest.mark.sqlite("its log")
def test_wal_is_on(tmp_path):
    path = tmp_path / "library.db"
    LibraryStore.open(path, create=True).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert [item.name for item in tmp_path.iterdir()] == ["library.db"]


def test_faults_finds_a_damaged_copy_of_the_affects(store):
    put(store, (make_record(f"/{number}.mp3") for number in range(3)))
    with store._engine.connect() as connection:
        connection.execute(sa.update(affects).where(affects.c.track_id == 2).values(packed=bytes(24)))
        connection.commit()
    assert store.faults() == ["the packed affects differ from the tracks'"]


@pytest.mark.sqlite("the size of a file")
def test_size_counts_the_file(tmp_path):
    with LibraryStore.open(tmp_path / "library.db", create=True) as store:
        put(store, [make_record()])
        assert store.info().bytes >= 4096
        assert Path(store.location).exists()


def test_what_postgresql_can_not_hold_is_replaced_when_it_is_written_and_when_it_is_asked_for(at, tmp_path):
    hostile = "a\0b\ud800\U0001f3b5"
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, [make_record(tags=Tags(title=hostile, artist=hostile))])
        with store.writing() as transaction:
            transaction.put_songs([dataclasses.replace(make_song(), identifier=hostile)])
            transaction.put_failure(Failure("/bad.mp3", 3, 4, "audio/1", hostile))
        clean = "a\ufffdb\ufffd\U0001f3b5"
        assert store.find("/music/a.mp3").title == clean
        assert next(store.failures()).reason == clean
        assert store.find_any(hostile).identifier == clean
