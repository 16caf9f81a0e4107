"""A library of the music of a store: as one of the same files on the disk, whatever becomes of the store."""

import dataclasses
from pathlib import Path

import mutagen
import pytest

from img2music import locations
from img2music.app.sounds import Sounds
from img2music.library.executors import ProcessExecutor
from img2music.library.lyrics import fetch
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.library.tagging import tag
from img2music.library.upkeep import forget, verify
from img2music.matching.query_reading import read_queries
from img2music.options import ScanOptions
from tests.conftest import Locations
from tests.support.sounds import chords, encode
from tests.support.stores import BUCKET, S3Server, Wire

pytestmark = pytest.mark.slow

UNREACHED = "can't be read: the store can't be reached, or the connection was cut; nothing is removed from the library."


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three songs, one of them twice, and the words of one."""
    folder = tmp_path / "music"
    (folder / "deep er").mkdir(parents=True)
    tune = chords([(60, 64, 67), (57, 60, 64)], 0.8)
    encode(folder / "a.mp3", tune, "mp3", 44_100, title="One", artist="Somebody")
    encode(folder / "deep er" / "b.flac", tune[:, ::-1], "flac", 16_000, album="Two")
    encode(folder / "c.wav", tune, "wav", 16_000)
    (folder / "copy.wav").write_bytes((folder / "c.wav").read_bytes())
    (folder / "a.lrc").write_text("[00:01.00] la la\n[00:02.00] la\n")
    return folder


def content(store: LibraryStore, root: str) -> list[object]:
    """All that a library holds of files, but for where they are and when they were changed."""
    found = []
    for record in store.records():
        file = record.file.path[len(root) :], record.file.size
        found.append((file, dataclasses.replace(record, file=None)))  # type: ignore[arg-type]
    return sorted(found, key=str)


def use(store: LibraryStore, url: str, file: Path, folder: Path) -> None:
    """Do with a song of a store what can be done with any but to write into it."""
    track = store.find(url)
    assert track is not None
    (query,) = read_queries([url], store).queries
    assert query.track == track
    assert fetch(store).found == {"files": 1}

    tagged = tag(store)
    assert not tagged.items
    assert {error.reason for error in tagged.errors} == {
        "is in a store, of which files are only read; tag it where it comes from."
    }
    sounds = Sounds(folder / "sounds")
    own = sounds.own(track)
    assert own is not None
    assert (own[0].read_bytes(), own[1]) == (file.read_bytes(), "audio/mpeg")
    assert sounds.peaks(track).stat().st_size
    assert sounds.cover(track) is None


def test_a_store_is_as_the_disk_whatever_becomes_of_it(
    music: Path, s3_server: S3Server, wire: Wire, tmp_path: Path, at: Locations
) -> None:
    root = s3_server.put(music, "scan")
    size = sum(file.stat().st_size for file in music.rglob("*.*"))
    with (
        ProcessExecutor(1) as executor,
        LibraryStore.open(at(tmp_path / "disk.db"), create=True) as disk,
        LibraryStore.open(at(tmp_path / "store.db"), create=True) as store,
    ):
        assert not scan(disk, [music], executor=executor).failed
        # Each connection is cut before long, more often than it is tried again.
        wire.most = 3000
        cut = scan(store, [root], executor=executor)
        assert all("connection was cut" in error.reason for error in cut.failed)
        assert cut.failed
        wire.most, wire.bytes = None, 0
        whole = scan(store, [root], executor=executor)
        assert not whole.failed
        assert wire.bytes < 1.2 * size
        assert content(store, root) == content(disk, str(music))
        assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file() and file.suffix]

        wire.bytes = 0
        again = scan(store, [root], executor=executor)
        assert (again.unchanged, again.analysed) == (4, 0)
        assert wire.bytes < 4000
        wire.bytes = 0
        reread = scan(store, [root], ScanOptions(tags=True), executor=executor)
        assert (reread.reread, reread.retagged) == (4, 0)
        assert wire.bytes < 1.1 * size  # of songs so short it may be nearly all
        assert not verify(store).files
        use(store, f"{root}/a.mp3", music / "a.mp3", tmp_path)

        # Retagged, copied elsewhere and removed.
        file = mutagen.File(music / "a.mp3", easy=True)
        file["title"] = ["Another"]
        file.save()
        s3_server.put(music, "scan")
        for key in ("copy.wav", "deep er/b.flac"):
            s3_server.client.delete_object(Bucket=BUCKET, Key=f"scan/{key}")
        s3_server.client.put_object(Bucket=BUCKET, Key="scan/moved.flac", Body=(music / "deep er/b.flac").read_bytes())
        changed = scan(store, [root], executor=executor)
        assert (changed.analysed, changed.retagged, changed.moved, changed.missing) == (0, 1, 1, 1)
        assert not changed.failed

        wire.close()
        before = content(store, root)
        lost = scan(store, [root], executor=executor)
        assert lost.unusable
        assert [(error.path, error.reason) for error in lost.failed] == [(root, UNREACHED)]
        assert content(store, root) == before
        assert store.count(missing=True) == 1
        assert forget(store, f"{root}/") == 4
    for database in tmp_path.glob("*.db"):
        assert b"hush-hush" not in database.read_bytes()


def test_other_words_for_a_folder_are_the_same_folder(
    music: Path, s3_server: S3Server, wire: Wire, tmp_path: Path, at: Locations
) -> None:
    root = s3_server.put(music, "names")
    assert locations.absolute(f"{root}/") == root
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        seen = scan(store, [f"{root}/", root], ScanOptions(dry_run=True))
        assert (seen.found, seen.new) == (4, 4)
        empty = scan(store, [f"{root}/nothing"], ScanOptions(dry_run=True))
        assert [error.reason for error in empty.failed] == [
            "can't be read: there is nothing in it; nothing is removed from the library."
        ]
