"""Playlists that go to a music server, or come from one, by a command that is killed at every moment."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import img2music
from img2music.app.library import store_of
from img2music.connectors import registry
from img2music.connectors.music_server import ServerSong
from tests.e2e.command import FORKS
from tests.support import kept_servers
from tests.support.songs import put, record

pytestmark = pytest.mark.slow

THEIRS = {"name": "Theirs", "comment": "mine", "songs": ["s8", "s2", "s1", "s6"]}
OLD, NEW = [1, 2, 3, 4], [5, 1, 7, 6]


class Scene:
    """A library and a server as they are before something is done, and after it was killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library, self.server = folder / "library.db", folder / "home.json"

    def set_up(self) -> None:
        files = [(f"/m/Band/Album/Song {i}.flac", f"Song {i}") for i in range(1, 9)]
        with img2music.Library.open(self.library) as library:
            put(store_of(library), (record(path, 0.5, 0.5, title=title, artist="Band") for path, title in files))
        songs = [
            ServerSong(id=f"s{i}", title=f"Song {i}", artist="Band", duration=180.0, path=f"Band/Album/Song {i}.mp3")
            for i in range(1, 9)
        ]
        kept_servers.make(self.server, songs)
        found = kept_servers.read(self.server)
        kept_servers.write(self.server, found | {"playlists": {"theirs": dict(THEIRS)}})

    def save(self) -> None:
        for file in self.folder.glob("*.saved"):
            file.unlink()
        for file in (self.library, self.server):
            shutil.copy(file, file.with_suffix(".saved"))

    def restore(self, **plan: Any) -> None:
        for file in (self.library, self.server):
            for beside in self.folder.glob(f"{file.name}-*"):
                beside.unlink()
            shutil.copy(file.with_suffix(".saved"), file)
        kept_servers.write(self.server, kept_servers.read(self.server) | {"steps": 0, "plan": plan})

    def command(self, *arguments: str) -> int | None:
        """Run the command in a process of its own, and give its exit code; below 0 if it was killed."""
        words = ["playlist", *arguments, "--library", str(self.library)]
        process = FORKS.Process(target=kept_servers.run, args=(str(self.folder / "config"), words))
        process.start()
        process.join(60)
        code = process.exitcode
        process.close()
        return code

    def moments(self, *arguments: str) -> Iterator[int]:
        """Kill the command at each moment in turn, with the server as it was before."""
        self.save()
        self.restore()
        assert self.command(*arguments) == 0
        for moment in range(1, kept_servers.read(self.server)["steps"] + 1):
            self.restore(die=moment)
            assert self.command(*arguments) == -9
            kept_servers.write(self.server, kept_servers.read(self.server) | {"plan": {}})
            yield moment

    @property
    def playlists(self) -> dict[str, Any]:
        return dict(kept_servers.read(self.server)["playlists"])


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setitem(registry.MUSIC, kept_servers.KIND, kept_servers.MADE)
    found = Scene(tmp_path)
    found.set_up()
    return found


def named(tracks: list[int]) -> list[str]:
    return [f"s{track}" for track in tracks]


def test_a_new_playlist_is_there_once_and_whole(scene: Scene) -> None:
    with img2music.Library.open(scene.library) as library:
        library.playlists.save("Evening", OLD)
    moments = []
    for moment in scene.moments("push", "Evening", "home"):
        moments.append(moment)
        with img2music.Library.open(scene.library) as library, library.playlists.at("home") as home:
            assert home.push("Evening").notes == ()
            (ours,) = [each for id_, each in scene.playlists.items() if id_ != "theirs"]
            assert (ours["name"], ours["songs"]) == ("Evening", named(OLD))
            assert "img2music:" in ours["comment"]
            assert scene.playlists["theirs"] == THEIRS
            assert home.push("Evening").done == "unchanged"
    assert len(moments) >= 12


def test_a_playlist_is_renewed_in_place_and_whole(scene: Scene) -> None:
    with img2music.Library.open(scene.library) as library, library.playlists.at("home") as home:
        library.playlists.save("Evening", OLD)
        id_ = home.push("Evening").id or ""
        library.playlists.change("Evening", songs=NEW, name="Night")
    moments = []
    for moment in scene.moments("push", "Night", "home"):
        moments.append(moment)
        with img2music.Library.open(scene.library) as library, library.playlists.at("home") as home:
            assert home.push("Night").notes == ()
            assert scene.playlists.keys() == {"theirs", id_}
            assert (scene.playlists[id_]["name"], scene.playlists[id_]["songs"]) == ("Night", named(NEW))
            assert scene.playlists["theirs"] == THEIRS
    assert len(moments) >= 9


def test_a_playlist_that_is_taken_in_is_there_once_and_whole(scene: Scene) -> None:
    moments = []
    for moment in scene.moments("pull", "Theirs", "home"):
        moments.append(moment)
        with img2music.Library.open(scene.library) as library, library.playlists.at("home") as home:
            for each in library.playlists.list().playlists:
                assert (each.name, each.songs) == ("Theirs", 4)
            home.pull("Theirs")
            (listed,) = library.playlists.list().playlists
            assert [song.track.id for song in library.playlists.read(listed.id).songs] == [8, 2, 1, 6]
            assert home.pull("Theirs").done == "unchanged"
        assert scene.playlists == {"theirs": THEIRS}
    assert len(moments) >= 4
