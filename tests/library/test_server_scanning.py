"""A library of the songs of a music server: as one of the same files on the disk, whatever becomes of the server."""

import dataclasses
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from img2music import locations
from img2music.app.sounds import Sounds
from img2music.connectors.connections import keep
from img2music.errors import UsageError
from img2music.library.executors import ProcessExecutor
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.library.upkeep import verify
from img2music.options import ScanOptions
from tests.conftest import Locations
from tests.e2e.command import environment, words
from tests.support.music_servers import SubsonicServer, Supysonic, entry, failed, make_music, supysonic, told
from tests.support.servers import Answer, Asked, Truncated

pytestmark = pytest.mark.slow

SONGS = int(os.environ.get("IMG2MUSIC_SERVER_SONGS", "30"))
"""Songs of the real server; 300 is what it is meant for."""


NAMES = (f"home-{number}" for number in itertools.count())
"""Of connections: what analyses knows each as long as it runs."""


@pytest.fixture(scope="module", autouse=True)
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept, for all processes that look into files."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "CONFIG"):
            patch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="module")
def executor() -> Iterator[ProcessExecutor]:
    with ProcessExecutor(1) as running:
        yield running


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_music(tmp_path_factory.mktemp("music"), SONGS)


@pytest.fixture(scope="module")
def real(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supysonic]:
    with supysonic(music, tmp_path_factory.mktemp("supysonic")) as running:
        yield running


@pytest.fixture
def pretend(music: Path) -> Iterator[SubsonicServer]:
    """A server of six of these songs, of which it tells what no file says."""
    files = sorted(music.rglob("*.*"))[:6]
    songs = [
        entry(
            number, id=f"tr.{number}/ü", suffix=file.suffix[1:], size=file.stat().st_size, albumId="a", title=file.stem
        )
        | {"displayAlbumArtist": "Somebody", "contentType": None}
        for number, file in enumerate(files)
    ]
    found = {str(song["id"]): file.read_bytes() for song, file in zip(songs, files, strict=True)}
    with SubsonicServer(songs, found) as running:
        running.root = f"server://{(name := next(NAMES))}"
        keep(running.connection(name), running.PASSWORD)
        yield running


def copies() -> list[Path]:
    """Copies that were not removed, but for what a kill leaves behind for a day."""
    found = [
        file
        for file in Path(os.environ["XDG_CACHE_HOME"]).rglob("*")
        if file.is_file() and not file.name.startswith("lock-")
    ]
    return [file for file in found if file.suffix != ".part" and file.parent.name != "held"]


def test_a_server_is_as_the_disk(
    music: Path, real: Supysonic, executor: ProcessExecutor, tmp_path: Path, at: Locations
) -> None:
    keep(real.connection("real"), real.password)
    with (
        LibraryStore.open(at(tmp_path / "disk.db"), create=True) as disk,
        LibraryStore.open(at(tmp_path / "server.db"), create=True) as store,
    ):
        assert scan(disk, [music], executor=executor).analysed == SONGS
        found = scan(store, ["server://real"], executor=executor)
        assert (found.analysed, found.failed, found.notes) == (SONGS, [], [])
        heard = [
            {
                (record.content, record.sound, record.file.size): (
                    record.analysis,
                    dataclasses.replace(record.tags, artist=None),
                )
                for record in each.records()
            }
            for each in (disk, store)
        ]
        assert heard[0] == heard[1]
        assert len(heard[0]) == SONGS
        assert not copies()

        again = scan(store, ["server://real"], executor=executor)
        assert (again.unchanged, again.analysed, again.failed) == (SONGS, 0, [])
        assert not verify(store).files
        track = next(store.tracks())
        own = Sounds(tmp_path / "sounds").own(track)
        assert own is not None
        state = locations.state(str(track.path))
        assert len(own[0].read_bytes()) == state[0]
        locations.discard(str(track.path), state)


def test_what_a_file_does_not_say_its_server_tells(
    pretend: SubsonicServer, executor: ProcessExecutor, tmp_path: Path, at: Locations
) -> None:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        assert not scan(store, [pretend.root], executor=executor).failed
        tracks = {track.path: track for track in store.tracks()}
    assert sorted(tracks) == sorted(
        f"{pretend.root}/tr%2E{number}%2F%C3%BC.{song['suffix']}" for number, song in enumerate(pretend.songs)
    )
    assert {track.album_artist for track in tracks.values()} == {"Somebody"}
    ogg, mp3 = (next(t for path, t in tracks.items() if str(path).endswith(kind)) for kind in (".ogg", ".mp3"))
    assert (ogg.artist, ogg.album, ogg.genre) == ("Artist 0", "Album 0", "Jazz")  # as the server has it
    assert ogg.title is not None
    assert ogg.title.startswith("Song ")  # as the file has it
    assert mp3.year is not None


def test_songs_that_are_here_are_left_out(pretend: SubsonicServer, tmp_path: Path, at: Locations) -> None:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        left_out = {pretend.root.removeprefix("server://"): {str(pretend.songs[0]["id"]), "other"}}
        found = scan(store, [pretend.root], ScanOptions(dry_run=True), left_out=left_out)
    assert (found.found, found.new) == (5, 5)


def test_a_song_that_is_not_as_it_was_is_one_line(
    pretend: SubsonicServer, executor: ProcessExecutor, tmp_path: Path, at: Locations
) -> None:
    vanished, cut, grown, refused, unsized, fine = (str(song["id"]) for song in pretend.songs)
    whole, answer = dict(pretend.files), pretend.answer
    pretend.files[grown] += b"more"
    del pretend.files[vanished]
    pretend.songs[4]["size"] = -1

    def fault(asked: Asked) -> Answer:
        found = answer(asked)
        if not asked.path.endswith("/download"):
            return found
        if found.body == whole[cut]:
            return Truncated(raw=whole[cut][:200], headers={"Content-Type": "audio/mpeg"})
        return Answer(raw=b"<h1>no</h1>", status=403) if found.body == whole[refused] else found

    pretend.answer = fault  # type: ignore[method-assign]
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        found = scan(store, [pretend.root], executor=executor)
        assert found.analysed == 1
        why = {error.path.partition("tr")[2][3:4]: error.reason for error in found.failed if error.path}
        assert len(found.failed) == 5
        assert why["0"] == "can't be fetched: there is no such song."
        assert "changed" in why["1"]
        assert "changed" in why["2"]
        assert "it answers with 403" in why["3"]
        assert "does not tell its size" in why["4"]
        assert all(reason.isprintable() for reason in why.values())
        pretend.answer = answer  # type: ignore[method-assign]
        pretend.files = whole
        pretend.songs[4]["size"] = len(whole[unsized])
        again = scan(store, [pretend.root], executor=executor)
        assert (again.analysed, again.failed, again.unchanged) == (5, [], 1)

        # Gone and shorter, by the server's own word.
        pretend.songs.pop(0)
        pretend.songs[-1]["size"] = len(whole[fine]) - 1
        pretend.files[fine] = whole[fine][:-1]
        later = scan(store, [pretend.root], executor=executor)
        assert (later.missing, later.changed, later.failed) == (1, 1, [])
    assert not copies()


def test_a_song_without_a_usable_id_is_one_line_and_the_others_are_scanned(
    pretend: SubsonicServer, tmp_path: Path, at: Locations
) -> None:
    pretend.songs[2]["id"] = "x" * 501
    pretend.songs[3] |= {"duration": float("nan"), "track": -1, "title": [], "year": 1e999}
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        found = scan(store, [pretend.root], ScanOptions(dry_run=True))
        assert (found.new, found.failed, found.unusable) == (5, [], False)
        (line,) = found.notes
        assert line.endswith("is left out, since its id has 501 characters.")
        for song in pretend.songs:
            song["id"] = f"{song['id']}\0"
        found = scan(store, [pretend.root], ScanOptions(dry_run=True))
        (error,) = found.failed
        assert (found.new, found.notes, found.unusable) == (0, [], True)
        assert "none of its songs can be used: " in error.reason
        assert "so are 5 others; nothing is removed from the library." in error.reason


DOWN = {
    "it answers with 400": failed(0, "starting"),
    "there is nothing in it": told(searchResult3={}),
}


@pytest.mark.parametrize("words", DOWN)
def test_a_server_that_is_down_takes_nothing_away(
    pretend: SubsonicServer, executor: ProcessExecutor, tmp_path: Path, at: Locations, words: str
) -> None:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        scan(store, [pretend.root], executor=executor)
        pretend.songs = []
        pretend.answer = lambda _: DOWN[words]  # type: ignore[method-assign]
        lost = scan(store, [pretend.root], executor=executor)
        assert lost.unusable
        assert lost.missing == 0
        (error,) = lost.failed
        assert error.path == pretend.root
        assert words in error.reason
        assert error.reason.endswith("nothing is removed from the library.")


def test_a_connection_that_nobody_made(tmp_path: Path, at: Locations) -> None:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        with pytest.raises(UsageError, match="There is no connection nowhere; there are home-0"):
            scan(store, ["server://nowhere"])
        with pytest.raises(UsageError, match="must begin with the name of a connection"):
            scan(store, ["server://Alice:secret@home/x"])


@pytest.mark.sqlite("of the real command")
@pytest.mark.parametrize("answers", [11])
def test_a_scan_that_is_killed_goes_on(pretend: SubsonicServer, tmp_path: Path, answers: int) -> None:
    """The real command, dead in the middle of a song; the server keeps what comes after waiting."""
    pretend.answers = answers
    more = {name: os.environ[name] for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    command = words("scan", pretend.root, "--library", tmp_path / "library.db", "--jobs", "1")
    with subprocess.Popen(
        command, env=environment(tmp_path, **more), stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as process:
        until = time.monotonic() + 120
        while len(pretend.asked) <= answers and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert len(pretend.asked) > answers
    pretend.answers = 1_000_000
    pretend._ended.set()
    done = subprocess.run(
        command, env=environment(tmp_path, **more), capture_output=True, cwd=tmp_path, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with LibraryStore.open(tmp_path / "library.db") as store:
        assert store.count() == 6
        assert not [track for track in store.tracks() if track.missing]
    assert not copies()


def test_a_part_of_a_server_is_no_folder(pretend: SubsonicServer, tmp_path: Path, at: Locations) -> None:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        for below in ("x", "%2e%2e/x.flac"):
            with pytest.raises(UsageError, match="is scanned whole: server://home"):
                scan(store, [f"server://home/{below}"])
