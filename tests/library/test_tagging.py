"""Tags of the library's files when something goes wrong in the middle, and from Python."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import mutagen
import pytest

import img2music
from img2music.connectors.folders import FileState
from img2music.errors import LibraryError
from img2music.filters import TrackFilter
from img2music.library import tagging
from img2music.library.changes import find_changes
from img2music.library.store import LibraryStore
from img2music.library.tagging import TagReport, tag
from img2music.library.upkeep import verify
from img2music.library.workers import content_hash
from img2music.options import TagOptions
from tests.support.songs import make_record, put
from tests.support.sounds import encode, tone


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A file of the library, alone in its folder."""
    (tmp_path / "music").mkdir()
    return encode(tmp_path / "music" / "song.flac", tone(440, 0.5), "flac")


@pytest.fixture
def store(tmp_path: Path, song: Path, at) -> Iterator[LibraryStore]:
    status = song.stat()
    file = FileState(str(song), status.st_size, status.st_mtime_ns)
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        put(opened, [dataclasses.replace(make_record(str(song)), file=file, content=content_hash(file))])
        yield opened


def tag_all(store: LibraryStore) -> TagReport:
    return tag(store)


def failing(error: BaseException) -> Any:
    def fail(*_args: object, **_options: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("place", "error", "reason"),
    [
        ("os.replace", OSError(28, "No space left on device"), "No space left on device"),
        ("shutil.copyfile", PermissionError(13, "Permission denied"), "Permission denied"),
        ("mutagen.flac.FLAC.save", mutagen.MutagenError(OSError(28, "No space left on device")), "No space left"),
        ("mutagen.flac.FLAC.save", KeyError("x"), "can't be written into it"),
    ],
)
def test_what_fails_leaves_the_file_and_the_library_alone(  # noqa: PLR0917 - fixtures and parameters
    store: LibraryStore, song: Path, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception, reason: str
) -> None:
    before, records = song.read_bytes(), list(store.records())
    monkeypatch.setattr(place, failing(error))
    (failed,) = tag_all(store).errors
    monkeypatch.undo()
    assert reason in failed.reason
    assert song.read_bytes() == before
    assert list(store.records()) == records
    assert list(song.parent.iterdir()) == [song]


@pytest.mark.parametrize("place", ["os.replace", "os.fsync", "mutagen.flac.FLAC.save"])
def test_an_interruption_leaves_nothing_behind(
    store: LibraryStore, song: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before, records = song.read_bytes(), list(store.records())
    monkeypatch.setattr(place, failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        tag_all(store)
    monkeypatch.undo()
    assert song.read_bytes() == before
    assert list(store.records()) == records
    assert list(song.parent.iterdir()) == [song]
    assert tag_all(store).changed == 1
    assert verify(store, content=True).files == []


def test_what_a_kill_leaves_behind_is_removed(store: LibraryStore, song: Path) -> None:
    (song.parent / ".img2music-0123456789abcdef.flac").write_bytes(song.read_bytes()[:1000])
    (song.parent / ".img2music-notes.txt").write_text("mine")
    tag(store, options=TagOptions(dry_run=True))
    assert len(list(song.parent.iterdir())) == 3
    tag_all(store)
    assert {file.name for file in song.parent.iterdir()} == {song.name, ".img2music-notes.txt"}


def test_a_writer_that_harms_the_sound_is_found_out(
    store: LibraryStore, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = song.read_bytes()
    save = mutagen.flac.FLAC.save

    def careless(file: Any, where: str, **options: Any) -> None:
        save(file, where, **options)
        whole = Path(where).read_bytes()
        Path(where).write_bytes(whole[:-40] + bytes(byte ^ 1 for byte in whole[-40:]))

    monkeypatch.setattr("mutagen.flac.FLAC.save", careless)
    (failed,) = tag_all(store).errors
    assert "would change its sound" in failed.reason
    assert song.read_bytes() == before


def test_a_writer_that_loses_other_tags_is_found_out(
    store: LibraryStore, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = mutagen.File(song)
    tags["title"] = ["A song"]
    tags.save()
    status = song.stat()
    file = FileState(str(song), status.st_size, status.st_mtime_ns)
    with store.writing() as transaction:
        transaction.put_file(1, file, content_hash(file))
    before = song.read_bytes()
    save = mutagen.flac.FLAC.save

    def careless(file: Any, where: str, **options: Any) -> None:
        del file.tags["title"]
        save(file, where, **options)

    monkeypatch.setattr("mutagen.flac.FLAC.save", careless)
    (failed,) = tag_all(store).errors
    assert "can't be read again" in failed.reason
    assert song.read_bytes() == before


def test_sound_that_is_known_by_its_bytes_only_stays_known(store: LibraryStore, song: Path) -> None:
    (record,) = store.records()
    put(store, [dataclasses.replace(record, sound=record.content)])
    tag_all(store)
    (after,) = store.records()
    assert after.sound == after.content != record.content


def test_a_file_that_changes_meanwhile_is_left(
    store: LibraryStore, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(state: FileState) -> str:
        song.write_bytes(song.read_bytes() + b"\0")
        return content_hash(state)

    monkeypatch.setattr(tagging, "content_hash", slow)
    (failed,) = tag_all(store).errors
    assert "has changed" in failed.reason
    assert "mood" not in mutagen.File(song).tags


def test_not_while_the_library_is_scanned(store: LibraryStore, song: Path) -> None:
    before = song.read_bytes()
    with store.alone(), pytest.raises(LibraryError, match="running"):
        tag_all(store)
    assert song.read_bytes() == before


def test_from_python(store: LibraryStore, song: Path, tmp_path: Path, at) -> None:
    before = song.read_bytes()
    with img2music.Library.open(at(tmp_path / "library.db")) as library:
        assert library.tag(dry_run=True).changed == 1
        assert song.read_bytes() == before
        assert library.tag(TrackFilter(artist=("nobody",))).items == []
        assert library.tag().changed == 1
        assert mutagen.File(song)["key"] == ["Dm"]
        assert find_changes(store, [str(song.parent)], analyzer="audio/test").changed == []
        assert library.tag().changed == 0
        assert library.tag(remove=True).changed == 1
        assert "key" not in mutagen.File(song)
