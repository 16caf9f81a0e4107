"""What may go from a library, and whether its files are there."""

import re

import pytest

from img2music.connectors.tables import read_songs
from img2music.errors import InputError, LibraryError
from img2music.filters import TrackFilter
from img2music.library.exchange import LibraryImport, export_library, import_library
from img2music.library.importing import import_table
from img2music.library.record import Failure
from img2music.library.store import LibraryStore
from img2music.library.upkeep import forget, prune, verify
from img2music.matching.matcher import Matcher
from img2music.options import MatchMode
from tests.support.songs import make_record, put


@pytest.fixture
def store(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


def titles(store):
    return [track.title or track.path for track in store.tracks(missing=True)]


def put_table(store, file, *songs):
    file.parent.mkdir(exist_ok=True)
    file.write_text("title,artist,valence,energy\n" + "".join(f"{song},x,0.5,0.5\n" for song in songs))
    import_table(store, file, read_songs(file))


def test_a_folder_or_a_file_is_forgotten(store, tmp_path):
    paths = [str(tmp_path / name) for name in ("a/1.mp3", "a/b/2.mp3", "ab/3.mp3", "c.mp3")]
    for path in paths:
        put(store, [make_record(path)])
    with store.writing() as transaction:
        transaction.put_failure(Failure(str(tmp_path / "a" / "bad.mp3"), 1, 1, "audio/1", "is damaged"))
    assert forget(store, str(tmp_path / "c" / ".." / "a")) == 3
    assert list(store.failures()) == []
    assert forget(store, paths[3]) == 1
    assert [track.path for track in store.tracks()] == [paths[2]]
    assert store.faults() == []
    with pytest.raises(InputError, match="nothing of it; its tables and playlists are: none"):
        forget(store, str(tmp_path / "a"))


def test_a_table_is_forgotten_and_another_keeps_its_songs(store, tmp_path):
    put_table(store, tmp_path / "one.csv", "a", "b")
    put_table(store, tmp_path / "two.csv", "b", "c")
    put_table(store, tmp_path / "more" / "two.csv", "d")
    assert list(store.info().sources.values()) == [1, 2, 2]
    with pytest.raises(InputError, match="several tables are called so"):
        forget(store, "two.csv")
    assert forget(store, "one.csv") == 1
    assert titles(store) == ["b", "c", "d"]
    (tmp_path / "two.csv").unlink()
    assert forget(store, str(tmp_path / "two.csv")) == 2
    assert titles(store) == ["d"]


def test_where_songs_are_from_survives_a_copy(store, tmp_path, at):
    put_table(store, tmp_path / "one.csv", "a")
    export_library(store, tmp_path / "out.jsonl")
    with LibraryStore.open(at(tmp_path / "copy.db"), create=True) as copy:
        import_library(copy, tmp_path / "out.jsonl")
        assert copy.info().sources == store.info().sources
        line = re.sub(r',"sources":\[[^\]]*\]', "", (tmp_path / "out.jsonl").read_text())
        (tmp_path / "old.jsonl").write_text(line)  # as earlier versions wrote it
        assert import_library(copy, tmp_path / "old.jsonl") == LibraryImport(1)


def test_missing_files_are_told(store, tmp_path):
    (tmp_path / "back.mp3").touch()
    put(store, (make_record(str(tmp_path / name), missing=True) for name in ("back.mp3", "gone.mp3")))
    found = verify(store)
    assert [error.reason for error in found.files] == [
        "is marked missing since a scan; it is there: scan its folder again.",
        "is marked missing since a scan; prune removes it for good.",
    ]
    with pytest.raises(LibraryError, match=r"All 2 songs of the library .* are missing"):
        Matcher(store, MatchMode.RELATIVE, TrackFilter())


@pytest.mark.sqlite("the size of a file")
def test_the_disk_gets_back_what_was_removed(tmp_path):
    with LibraryStore.open(tmp_path / "library.db", create=True) as store:
        put(store, (make_record(f"/m/{number}.mp3", missing=True) for number in range(2000)))
        full = store.info().bytes
        assert prune(store) == 2000
        assert store.info().bytes < full / 4
