"""Playlists that follow photos."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from img2music.app.library import Library
from img2music.app.playlists import SavedPlaylist
from img2music.app.watching import Watch
from img2music.connectors import connections, immich
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits
from img2music.errors import InputError, SourceError, UsageError
from img2music.options import RecommendOptions, WatchOptions
from img2music.progress import Step, unwatched
from tests.conftest import Locations
from tests.support.library_sounds import write_sound
from tests.support.photo_services import KEY, ImmichServer, Picture
from tests.support.servers import Answer
from tests.support.small_models import colour_model, written
from tests.support.songs import put, record

PATIENCE = WatchOptions(settle=0.1, every=1.0)


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    with Library.open(at(tmp_path / "library.db")) as opened:
        put(opened._store, [record(f"/music/{n:02}.mp3", n / 40, n / 40, title=str(n)) for n in range(40)])
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def photo(file: Path, colour: str) -> None:
    Image.new("RGB", (32, 24), colour).save(file.with_suffix(".part"), "PNG")
    file.with_suffix(".part").replace(file)


class Watching:
    """A watch that runs, and what it has told."""

    def __init__(self, library: Library, tmp_path: Path, *photos: str | Path, **more: object) -> None:
        self.told: list[str] = []
        self.kept: list[str] = []
        self.ended = threading.Event()
        options = RecommendOptions(top=5, image_model=written(tmp_path, colour_model()))
        self.watch = Watch(
            library,
            [str(each) for each in photos],
            "Wall",
            options,
            patience=PATIENCE,
            kept=lambda saved: self.kept.append(saved.name),
            told=lambda what: self.told.append(str(what)),
            **{"progress": unwatched, **more},  # type: ignore[arg-type]
        )
        self._thread = threading.Thread(target=self.watch.run, args=(self.ended,))

    def __enter__(self) -> "Watching":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def wait(self, until: Callable[[], bool]) -> None:
        limit = time.monotonic() + 30
        while not until():
            assert time.monotonic() < limit, self.told
            time.sleep(0.02)


def songs(library: Library) -> list[int]:
    return [song.track.id for song in library.playlists.read("Wall").songs]


def test_a_folder_that_changes_renews_its_playlist(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    with Watching(library, tmp_path, folder) as running:
        running.wait(lambda: len(running.told) == 1)
        assert running.told == ["Wall: 5 songs for 1 picture, 5 of them new."]
        first = songs(library)
        photo(folder / "b.png", "blue")
        running.wait(lambda: len(running.told) == 2)
        assert "for 2 pictures" in running.told[1]
        second = songs(library)
        assert second != first
        (folder / "notes.txt").write_text("nothing to see")
        (folder / "c.jpg").write_bytes(b"\xff\xd8\xff no photo")
        running.wait(lambda: len(running.told) == 4)
        assert "c.jpg: " in running.told[2]
        assert running.told[3].endswith("as it was.")
        folder.rename(tmp_path / "away")
        running.wait(lambda: len(running.told) == 5)
        assert running.told[4] == f"{folder}: is not there now."
        assert songs(library) == second  # rather an old one than none
        folder.mkdir()
        photo(folder / "a.png", "red")  # the system tells nothing of the new folder
        running.wait(lambda: songs(library) == first)
    assert running.kept == ["Wall"] * 4, running.told


def test_begun_again_it_writes_nothing_that_is_there(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    watching = Watching(library, tmp_path, folder)
    watching.watch.renew()
    updated = library.playlists.read("Wall").updated
    again = Watching(library, tmp_path, folder)
    again.watch.renew()
    again.watch.renew()
    assert again.told == ["Wall: 5 songs for 1 picture, as it was."]
    assert again.kept == ["Wall"]
    assert library.playlists.read("Wall").updated == updated


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ImmichServer]:
    for name in ("CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    quick = Limits(connect=2, read=2, total=5, patience=5, tries=1, rate=10_000)
    monkeypatch.setattr(immich.Immich.__init__, "__defaults__", (quick,))
    with ImmichServer({"Summer": [Picture("a.jpg", (250, 0, 0), (300, 200))]}) as running:
        connections.keep(Connection(name="home", kind="immich", url=running.url), KEY)
        yield running


def test_an_album_is_asked_for_now_and_then(library: Library, home: ImmichServer, tmp_path: Path) -> None:
    (name, album) = next(iter(home.albums.values()))
    with Watching(library, tmp_path, f"home:album/{name}") as running:
        running.wait(lambda: len(running.told) == 1)
        first = songs(library)
        album.append(Picture("b.jpg", (0, 0, 250), (300, 200)))
        running.wait(lambda: len(running.told) == 2)
        assert "2 pictures" in running.told[1]
        assert songs(library) != first


def test_what_is_as_it_was_is_neither_renewed_nor_told_again(
    library: Library, home: ImmichServer, folder: Path, tmp_path: Path
) -> None:
    photo(folder / "a.png", "red")
    watching = Watching(library, tmp_path, folder, "home:album/Summer")
    for _ in range(4):
        watching.watch.renew()
    assert watching.told == ["Wall: 5 songs for 2 pictures, 5 of them new."]
    assert watching.kept == ["Wall"]
    time.sleep(0.01)
    next(iter(home.albums.values()))[1][0].description = "said later"  # which is no other picture
    watching.watch.renew()
    assert len(watching.told) == 1


def test_songs_are_no_pictures(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    write_sound(folder / "song.wav", seconds=3)
    watching = Watching(library, tmp_path, folder)
    watching.watch.renew()
    assert watching.told == ["Wall: 5 songs for 1 picture and 1 song, 5 of them new."]
    (folder / "a.png").unlink()
    watching.watch.renew()
    assert watching.told[1].startswith("Wall: 5 songs for 1 song, ")


def test_a_playlist_that_can_not_be_sent_is_sent_later(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    watching = Watching(library, tmp_path, folder)
    away, sent = [True], []

    def send(saved: SavedPlaylist) -> None:
        if away:
            raise SourceError("home: it takes no connection.")
        sent.append(saved.name)

    watching.watch._kept = send
    for _ in range(3):
        watching.watch.renew()
    assert watching.told == ["Wall: 5 songs for 1 picture, 5 of them new.", "home: it takes no connection."]
    away.clear()
    for _ in range(2):
        watching.watch.renew()
    assert sent == ["Wall"]
    assert len(watching.told) == 2


def test_a_part_that_is_away_leaves_the_playlist_alone(
    library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "share").mkdir()
    (folder / "locked").mkdir()
    photo(folder / "a.png", "red")
    photo(folder / "share" / "b.png", "blue")
    scan, away = os.scandir, {str(folder / "locked")}

    def scandir(path: str) -> object:
        if path in away:
            raise OSError(errno.EIO, "Input/output error")
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    watching = Watching(library, tmp_path, folder)
    watching.watch.renew()  # what was never read is not waited for
    before = songs(library)
    away.add(str(folder / "share"))
    for _ in range(2):
        watching.watch.renew()
    assert songs(library) == before
    assert watching.told[-1] == f"{folder / 'share'}: can't be read: Input/output error."
    assert len(watching.told) == 3
    away.clear()
    photo(folder / "c.png", "white")
    watching.watch.renew()
    assert "for 3 pictures" in watching.told[-1]


def test_what_goes_while_it_is_read_leaves_the_playlist_alone(
    library: Library, home: ImmichServer, folder: Path, tmp_path: Path
) -> None:
    photo(folder / "a.png", "red")
    (tmp_path / "more").mkdir()
    photo(tmp_path / "more" / "b.png", "blue")
    gone: list[Callable[[], object]] = []

    def when_listed(step: Step) -> None:
        if step.stage == "Fetching" and gone:
            gone.pop()()

    watching = Watching(library, tmp_path, folder, tmp_path / "more", "home:album/Summer", progress=when_listed)
    watching.watch.renew()
    before = songs(library)
    photo(folder / "c.png", "white")
    for what, told in (
        (lambda: home.faults.extend([Answer(status=503)] * 9), "it answers with 503"),
        (lambda: (tmp_path / "more").rename(tmp_path / "away"), "No such file"),
    ):
        gone.append(what)
        watching.watch.renew()
        assert not gone
        assert songs(library) == before
        assert told in watching.told[-1]
        home.faults.clear()
    (tmp_path / "away").rename(tmp_path / "more")
    watching.watch.renew()
    assert "for 4 pictures" in watching.told[-1]


def test_what_is_away_leaves_the_playlist_alone(library: Library, home: ImmichServer, tmp_path: Path) -> None:
    watching = Watching(library, tmp_path, "home:album/Summer")
    watching.watch.renew()
    before = songs(library)
    id_, (_, album) = next(iter(home.albums.items()))
    album.append(Picture("b.jpg", (0, 0, 250), (300, 200)))
    for fault in (Answer(status=503), Answer(status=503), Answer(status=401)):
        home.faults.append(fault)
        watching.watch.renew()
    assert [told.partition(": home: ")[2] for told in watching.told[1:]] == [  # each once
        "it answers with 503; try again later.",
        "it answers with 401.",
    ]
    home.albums[id_] = ("Renamed", album)
    watching.watch.renew()
    assert "has no album of this name" in watching.told[-1]
    home.albums[id_] = ("Summer", album)
    home.spoiled[album[1].id] = Answer(status=401)  # revoked between the photos
    album.append(Picture("c.jpg"))
    watching.watch.renew()
    assert songs(library) == before
    home.spoiled.clear()
    watching.watch.renew()
    assert songs(library) != before


def test_music_that_changes_is_listened_to(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    (tmp_path / "music").mkdir()
    with Watching(library, tmp_path, folder, music=[str(tmp_path / "music")]) as running:
        running.wait(lambda: len(running.told) == 1)
        write_sound(tmp_path / "new.wav", seconds=3)
        (tmp_path / "new.wav").replace(tmp_path / "music" / "new.wav")
        running.wait(lambda: any("Wall" in told for told in running.told[1:]))
        assert library._store.count() == 41


def test_what_can_not_be_watched_is_refused(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="Nothing to watch"):
        Watching(library, tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(UsageError, match="no connection hom; there is none yet"):
        Watching(library, tmp_path, "hom:album/Summer")
    for name in ("", " x", "a\x1b[2Jb", "x" * 101):
        with pytest.raises(UsageError, match="`playlist` must be a name"):
            Watch(library, [str(tmp_path)], name, RecommendOptions(), told=print, progress=unwatched)
    for more in ({}, {"music": [str(tmp_path / "absent")]}):
        with pytest.raises(InputError, match="no such folder"):
            Watching(library, tmp_path, tmp_path if more else tmp_path / "absent", **more)


def test_photos_that_can_not_be_read_leave_the_playlist_alone(library: Library, folder: Path, tmp_path: Path) -> None:
    photo(folder / "a.png", "red")
    watching = Watching(library, tmp_path, folder)
    watching.watch.renew()
    before = songs(library)
    (folder / "a.png").write_bytes(b"\x89PNG no more")
    for _ in range(2):
        watching.watch.renew()
    assert songs(library) == before
    assert len(watching.told) == 3
    assert watching.told[-1] == "The playlist Wall stays as it is: nothing was found for it."
