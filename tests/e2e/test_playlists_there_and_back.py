"""Playlists and likes that go to music servers and come back, by the real command, as another client sees them."""

import contextlib
import importlib.util
import io
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from img2music.app.library import Library, store_of
from img2music.connectors import mpd, opensubsonic, plex
from img2music.connectors.connections import connection
from img2music.connectors.http import Limits
from img2music.connectors.jellyfin import Jellyfin
from img2music.connectors.music_server import ServerSong
from img2music.connectors.opensubsonic import OpenSubsonic
from img2music.connectors.plex import Plex
from img2music.connectors.registry import music_server
from tests.support.commands import call, refused
from tests.support.kills import Killed, killed_after
from tests.support.music_servers import make_music
from tests.support.second_clients import SecondClient, second_client
from tests.support.songs import put, record

pytestmark = pytest.mark.slow

COUNT = 12
KINDS = ("subsonic", "mpd", "jellyfin", "plex")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("music")
    yield make_music(folder, COUNT)
    shutil.rmtree(folder)


def connected() -> list[ServerSong]:
    """Songs of the server."""
    server = music_server(connection("home"))
    found = list(server.songs())
    server.close()
    return found


class Home:
    """A library, and a server that has the same songs but for one of either."""

    def __init__(self, there: SecondClient, library: Path) -> None:
        self.there, self.library = there, library
        numbered = {int((song.title or "").split()[-1]): song for song in connected()}
        self.ids = [numbered[number].id for number in range(COUNT)]
        """Of the songs there: that at 3 is track 3 here."""
        self.titles = {id_: number for number, id_ in enumerate(self.ids)}
        records = []
        for _, song in sorted(numbered.items()):
            tags = {"title": song.title, "artist": song.artist, "album": song.album, "duration": song.duration or 1.0}
            below = "/".join((song.path or "").rpartition(".")[0].split("/")[-3:])
            records.append(record(f"/me/{below}.opus", 0.5, 0.5, **tags))
        records[0] = record("/me/only here.mp3", 0.5, 0.5, title="Only here", artist="Me")
        with Library.open(library) as opened:
            store = store_of(opened)
            for each in records:  # in order: the first is #1
                put(store, [each])

    def tell(self, *words: str, code: int = 0) -> tuple[Any, str]:
        """Run a command of `playlist`; what it tells as JSON, and on standard error."""
        found, out, told = call("playlist", *words, "--library", self.library)
        assert found == code, (out, told)
        return json.loads(out or "null"), told.removeprefix("img2music: ").rstrip()

    def save(self, name: str, *numbers: int, new: str | None = None) -> None:
        """Keep songs as a playlist of the library, or put them in the place of one's, and rename it."""
        tracks = [number + 1 for number in numbers]
        with Library.open(self.library) as opened:
            if any(each.name == name for each in opened.playlists.list().playlists):
                opened.playlists.change(name, songs=tracks, name=new or name)
            else:
                opened.playlists.save(name, tracks)

    def here(self) -> dict[str, list[int]]:
        """Playlists of the library, by numbers of songs."""
        with Library.open(self.library) as opened:
            names = [each.name for each in opened.playlists.list().playlists]
            return {name: [song.track.id - 1 for song in opened.playlists.read(name).songs] for name in names}

    def lists(self) -> dict[str, list[int]]:
        """Those of the server; there is none twice."""
        found = self.there.lists()
        assert len(found) == len(dict(found)), found
        return {name: [self.titles[song] for song in songs] for name, songs in found}

    def forget(self) -> None:
        """Delete all playlists, here and there."""
        with Library.open(self.library) as opened:
            for each in opened.playlists.list().playlists:
                opened.playlists.delete(each.id)
        for name, _ in self.there.lists():
            self.there.delete(name)

    def songs(self, *numbers: int) -> list[str]:
        return [self.ids[number] for number in numbers]


@pytest.fixture(scope="module", params=KINDS)
def there(
    request: pytest.FixtureRequest, music: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondClient]:
    if request.param == "subsonic" and importlib.util.find_spec("supysonic") is None:
        pytest.skip("needs supysonic")
    with second_client(request.param, music, tmp_path_factory.mktemp("server") / "home", COUNT) as found:
        yield found


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as fast as servers of our own can answer; few songs are several portions."""
    for kind in (OpenSubsonic, Jellyfin, Plex):
        monkeypatch.setattr(kind.__init__, "__defaults__", (Limits(rate=10_000),))
    for module, name in ((opensubsonic, "IN_FORM"), (plex, "IN_ADDRESS"), (mpd, "IN_LIST")):
        monkeypatch.setattr(module, name, 3)


@pytest.fixture
def home(there: SecondClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{there.secret}\n"))
    given = there.connection()
    user = ("--user", given.user) if given.user else ()
    code, out, told = call("connect", "home", given.url, *user)
    assert (code, json.loads(out)["connection"]["kind"]) == (0, given.kind), told
    for name, _ in there.lists():
        there.delete(name)
    return Home(there, tmp_path / "library.db")


def test_there_and_back(home: Home) -> None:
    there, only_here = home.there, 0
    found, _ = home.tell("match", "home")
    assert (found["songs"], found["mapped"]) == (COUNT, COUNT - 1)

    # Made, with a song that is unknown there; then renewed in place, and renamed here.
    home.save("Evening", 5, only_here, 3, 9)
    found, told = home.tell("push", "Evening", "home", "--dry-run", code=1)
    assert (found["done"], home.lists()) == ("made", {})
    found, told = home.tell("push", "Evening", "home", code=1)
    assert ([each["name"] for each in found["left_out"]], found["notes"]) == (["Only here - Me"], [])
    assert told == "Evening at home: made, 3 songs, 1 left out."
    assert home.lists() == {"Evening": [5, 3, 9]}
    home.tell("push", "Evening", "home", code=1)
    found, _ = home.tell("list", "home")
    assert [(each["name"], each["ours"], each["playlist"]) for each in found["playlists"]] == [
        ("Evening", True, "Evening")
    ]
    home.save("Evening", 3, 5, 7, only_here, new="Night")
    found, told = home.tell("push", "Night", "home", code=1)
    assert (found["done"], found["notes"], home.lists()) == ("renewed", [], {"Night": [3, 5, 7]})

    # Renamed there: it keeps that name, and has it here by the next pull.
    there.rename("Night", "Late")
    found, told = home.tell("push", "Night", "home", code=1)
    assert found["notes"] == ["It was renamed at home, to Late, and keeps that name there."], told
    assert home.lists() == {"Late": [3, 5, 7]}
    found, told = home.tell("pull", "Late", "home")
    assert found["notes"] == ["It was renamed at home, to Late, and so it is here."], told
    assert home.here() == {"Late": [3, 5, 7, only_here]}

    # Changed there, by songs of which one is unknown here.
    there.change("Late", home.songs(7, 0, 2, 3))
    _, told = home.tell("diff", "Late", "home", code=1)
    _, told = home.tell("push", "Late", "home", code=2)
    assert "songs added: 2, removed: 1: pull it" in told
    found, told = home.tell("pull", "Late", "home", code=1)
    assert (found["done"], found["kept"], len(found["left_out"])) == ("renewed", 1, 1)
    assert home.here() == {"Late": [7, only_here, 2, 3]}
    assert home.lists() == {"Late": [7, 0, 2, 3]}

    # Deleted there.
    there.delete("Late")
    found, told = home.tell("diff", "Late", "home", code=1)
    assert found["notes"] == ["It was deleted at home."]
    found, told = home.tell("push", "Late", "home", code=1)
    assert found["notes"] == ["The playlist was deleted at home; it is made anew."]
    assert home.lists() == {"Late": [7, 2, 3]}

    # One of others stays as it is, and comes here.
    there.add("Theirs", home.songs(8, 1))
    home.save("Mine", 1)
    _, told = home.tell("push", "Mine", "home", "--name", "Theirs", code=2)
    assert "has a playlist Theirs that this library did not make" in told
    home.tell("pull", "Theirs", "home")
    there.rename("Theirs", "Still theirs")
    home.tell("pull", "Still theirs", "home")
    assert home.here() == {"Late": [7, only_here, 2, 3], "Mine": [1], "Still theirs": [8, 1]}
    assert home.lists() == {"Late": [7, 2, 3], "Still theirs": [8, 1]}


def test_what_is_told_of_songs_that_may_be_there(home: Home) -> None:
    """How they become sure, where there are some; and one song is one."""
    song = next(each for each in connected() if each.title == "Song 0")
    with Library.open(home.library) as opened:
        tags = {
            "title": song.title,
            "artist": song.artist,
            "album": "Best of",
            "duration": (song.duration or 0.0) + 3.1,
        }
        put(store_of(opened), [record("/me/best of/x.opus", 0.5, 0.5, **tags)])
    home.save("Unsure", 3, COUNT)
    _, told = home.tell("push", "Unsure", "home", code=1)
    first, last = told.splitlines()
    assert first.startswith("1 song left out may be there after all: img2music playlist match home --settle ID=TRACK")
    assert last == "img2music: Unsure at home: made, 1 song, 1 left out."

    # By the number and the id that the table shows.
    code, table, _ = call("playlist", "push", "Unsure", "home", "--format", "table", "--library", home.library)
    assert (code, f"#{COUNT + 1}" in table, "Song 0" in table) == (1, True, True), table
    settle = ("match", "home", "--settle", f"{song.id}=#{COUNT + 1}")
    found, _ = home.tell(*settle)
    assert [(each["song"], each["track"]) for each in found["settled"]] == [(song.id, COUNT + 1)]
    _, told = home.tell("push", "Unsure", "home", "--overwrite")
    assert home.lists()["Unsure"] == [3, 0], told
    found, _ = home.tell("match", "home", "--unsettle", song.id)
    assert found["settled"] == []
    assert "is not ID=TRACK" in refused("playlist", "match", "home", "--settle", "x=y", "--library", home.library)


def test_likes_go_both_ways(home: Home) -> None:
    home.there.like(home.ids[1])
    home.there.like(home.ids[0])
    call("feedback", "like", "#4", "#1", "--library", home.library)
    found, _ = home.tell("push", "home", "--likes")
    assert (found["new"], [each["name"] for each in found["left_out"]]) == (["Song 3 - Artist 0"], ["Only here - Me"])
    assert home.there.liked() == set(home.songs(0, 1, 3))
    found, _ = home.tell("pull", "home", "--likes")
    assert (found["new"], found["known"], len(found["left_out"])) == (["Song 1 - Artist 0"], 1, 1)


@pytest.mark.parametrize("what", ["made", "renewed", "pulled"])
def test_what_is_killed_at_any_moment_is_there_once_and_whole_after_the_next_run(home: Home, what: str) -> None:
    with Library.open(home.library) as library:
        playlists = library.playlists

        def exchange(name: str) -> Any:
            with playlists.at("home") as server:
                return server.pull(name) if what == "pulled" else server.push(name)

        for moments in itertools.count():
            name, whole = f"Evening {moments}", [5 + moments % 7, 3, 2, 4]
            tracks = [number + 1 for number in whole]
            kept = playlists.list().playlists
            if what == "renewed" and kept:
                playlists.change(kept[0].id, songs=tracks, name=name)
            else:
                home.forget()
                if what == "pulled":
                    home.there.add(name, home.songs(*whole))
                else:
                    playlists.save(name, tracks)
            try:
                with killed_after(moments):
                    exchange(name)
            except Killed:
                if what == "renewed" and home.there.connection().kind == "plex":  # in portions, and again otherwise
                    whole = [*whole[1:], 8]
                    playlists.change(name, songs=[number + 1 for number in whole])
                    with contextlib.suppress(Killed), killed_after(max(0, moments - 4)):
                        exchange(name)
                assert exchange(name).notes == ()
                assert home.lists() == {name: whole}
                assert [each.name for each in playlists.list().playlists] == [name]
                assert [song.track.id - 1 for song in playlists.read(name).songs] == whole
            else:
                assert moments > 2
                break
