"""MPD, the real one; Mopidy, the real one, where it is installed; and servers that are neither."""

import contextlib
import io
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.connectors import connections
from img2music.connectors import mpd as connector
from img2music.connectors.connections import Connection
from img2music.connectors.folders import FolderWalk
from img2music.connectors.mpd import Mpd
from img2music.errors import SourceError, UsageError
from tests.support.mpd_servers import PASSWORD, MpdHome, OddMpd, mopidy, mpd
from tests.support.music_servers import make_music
from tests.support.servers import QUICK

pytestmark = pytest.mark.slow

SONGS = 210
LIMITS = replace(QUICK, body=1 << 20, tries=2)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs of seven roots, of the same tags in each."""
    made = make_music(tmp_path_factory.mktemp("made"), SONGS // 7)
    folder = tmp_path_factory.mktemp("music")
    for root in range(7):
        shutil.copytree(made, folder / f"Root {root}")
    return folder


@pytest.fixture(scope="module")
def server(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MpdHome]:
    with mpd(music, tmp_path_factory.mktemp("mpd") / "home") as running:
        yield running


@pytest.fixture
def home(server: MpdHome) -> Iterator[Mpd]:
    """A login at a server that has no playlists."""
    opened = Mpd(server.connection(), None)
    for each in opened.playlists():
        opened.delete_playlist(each.id)
    yield opened
    opened.close()


@pytest.fixture
def odd() -> Iterator[OddMpd]:
    with OddMpd() as running:
        yield running


def files(music: Path) -> set[str]:
    return {path.relative_to(music).as_posix() for path in music.rglob("*.*")}


def test_who_logs_in_sees_what_there_is(home: Mpd) -> None:
    seen = home.look()
    assert seen.product.startswith("MPD 0.")
    assert seen.user is None
    assert (seen.counts["songs"], seen.counts["playlists"]) == (SONGS, 0)


def test_all_songs_each_once(home: Mpd, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "PAGE", 37)  # songs of a window
    songs = list(home.songs())
    assert len(songs) == SONGS
    assert {song.id for song in songs} == files(music)
    song = next(song for song in songs if song.title == "Song 13" and song.suffix == "flac")
    assert (song.artist, song.album, song.year, song.genre) == ("Artist 0", "Album 1", 1963, "Rock")
    assert song.duration == pytest.approx(2.6, abs=0.01)
    assert (song.path, song.size) == (song.id, None)
    assert song.changed == (music / song.id).stat().st_mtime_ns // 10**9 * 10**9
    assert home.song(song.id) == song


def test_names_of_files_that_are_not_utf_8_cost_no_other_song(music: Path, tmp_path: Path) -> None:
    some = next(path for path in sorted(music.rglob("*.*")) if path.is_file())
    (tmp_path / "music").mkdir()
    for name in (b"a.", b"Gr\xf6\xdfe.", "Größe.".encode()):
        shutil.copy(some, os.fsencode(tmp_path / "music") + b"/" + name + os.fsencode(some.suffix[1:]))
    told: list[str] = []
    with mpd(tmp_path / "music", tmp_path / "home") as running:
        opened = Mpd(running.connection(), None)
        found = [song.id for song in opened.songs(told.append)]
        opened.close()
    assert sorted(found) == [f"Größe{some.suffix}", f"a{some.suffix}"]
    (line,) = told
    assert "its id holds control characters, or what is no character" in line


def test_over_a_socket(server: MpdHome) -> None:
    opened = Mpd(server.connection(url=f"mpd://{server.socket}"), None)
    assert opened.look().counts["songs"] == SONGS
    opened.close()


def test_a_playlist_of_200_is_written_renamed_and_renewed_as_another_client_sees_it(home: Mpd, server: MpdHome) -> None:
    songs = [song.id for song in home.songs()][:200]
    id_ = home.create_playlist("Evening", "made: 1", songs)
    assert id_ == "Evening"
    assert server.mpc("lsplaylists") == ["Evening"]
    assert server.mpc("--format", "%file%", "playlist", "Evening") == songs
    id_ = home.replace_playlist(id_, "Night", "made: 1", songs)
    assert server.mpc("lsplaylists") == ["Night"]
    assert home.replace_playlist(id_, "Night", "made: 1", songs[::-1]) == "Night"
    assert server.mpc("lsplaylists") == ["Night"]
    assert server.mpc("--format", "%file%", "playlist", "Night") == songs[::-1]
    assert home.playlist_songs("Night") == songs[::-1]
    (found,) = home.playlists()
    assert (found.id, found.name, found.comment, found.own) == ("Night", "Night", None, True)


def test_a_huge_playlist_in_portions(home: Mpd) -> None:
    songs = [song.id for song in home.songs()] * 14  # 2,940, in twelve lists of commands
    home.create_playlist("Long", "made: 1", songs)
    assert home.playlist_songs("Long") == songs


def test_a_playlist_without_songs(home: Mpd) -> None:
    id_ = home.create_playlist("None", "made: 1", [])
    assert home.playlist_songs(id_) == []
    songs = [song.id for song in home.songs()]
    home.replace_playlist(id_, "None", "made: 1", songs)
    home.replace_playlist(id_, "None", "made: 1", [])
    assert home.playlist_songs(id_) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("AC/DC \\ mix", "AC-DC - mix"),
        ("two\nlines\r", "two lines"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ('say "what"', 'say "what"'),
        ("저녁 노을", "저녁 노을"),
        ("é" * 300, "é" * 100),
        ("", "img2music"),
    ],
)
def test_a_name_that_no_file_has(home: Mpd, name: str, kept: str) -> None:
    first = next(home.songs()).id
    assert home.create_playlist(name, "made: 1", [first]) == kept
    assert home.playlist_songs(kept) == [first]


def test_nobody_s_playlist_is_overwritten(home: Mpd) -> None:
    first, second, *_ = (song.id for song in home.songs())
    home.create_playlist("Theirs", "", [first])
    home.create_playlist("Ours", "", [second])
    for change in (
        lambda: home.create_playlist("Theirs", "", [second]),
        lambda: home.replace_playlist("Ours", "Theirs", "", [second]),
    ):
        with pytest.raises(SourceError, match="there is a playlist Theirs already") as caught:
            change()
        assert caught.value.status == 409
    assert home.playlist_songs("Theirs") == [first]
    assert home.playlist_songs("Ours") == [second]


def test_a_song_that_is_gone_leaves_a_playlist_as_it_was(home: Mpd) -> None:
    first = next(home.songs()).id
    home.create_playlist("Evening", "", [first])
    with pytest.raises(SourceError) as caught:
        home.replace_playlist("Evening", "Evening", "", [first, "gone.mp3"])
    assert caught.value.status == 404
    assert [each.id for each in home.playlists()] == ["Evening"]
    assert home.playlist_songs("Evening") == [first]
    for gone in (
        lambda: home.playlist_songs("gone"),
        lambda: home.replace_playlist("gone", "gone", "", []),
        lambda: home.song("gone.mp3"),
        lambda: home.song("a\nkill\n"),
        lambda: home.playlist_songs('a"\nkill'),
        lambda: home.create_playlist("x", "", ["a\nrm Evening"]),
    ):
        with pytest.raises(SourceError) as caught:
            gone()
        assert caught.value.status == 404
    home.delete_playlist("gone")
    assert [each.id for each in home.playlists()] == ["Evening"]


WRITE = """
import sys
from img2music.connectors.connections import Connection
from img2music.connectors.mpd import Mpd
home = Mpd(Connection(name="home", kind="mpd", url=sys.argv[1]), None)
songs = [song.id for song in home.songs()]
print("go", flush=True)
while True:
    home.replace_playlist("Evening", "Evening", "", songs * 5)
    home.replace_playlist("Evening", "Evening", "", songs[::-1] * 5)
"""


def test_killed_at_any_moment_a_playlist_is_whole(home: Mpd, server: MpdHome) -> None:
    songs = [song.id for song in home.songs()]
    home.create_playlist("Evening", "", songs * 5)
    for wait in (0.0, 0.013, 0.029, 0.061):
        process = subprocess.Popen([sys.executable, "-c", WRITE, server.url], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(wait)
        process.kill()
        process.wait()
        process.stdout.close()
        assert home.playlist_songs("Evening") in (songs * 5, songs[::-1] * 5)
    home.replace_playlist("Evening", "Evening", "", songs)
    assert [each.id for each in home.playlists()] == ["Evening"]  # what was begun is not there


def test_a_connection_that_mpd_has_ended_is_made_anew(home: Mpd) -> None:
    home.look()
    assert home._client is not None
    home._client._sock.shutdown(socket.SHUT_RDWR)  # as MPD does after a minute of silence
    assert home.look().counts["songs"] == SONGS


def test_files_are_not_given_out_nor_scanned(
    home: Mpd, server: MpdHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "connections_file", lambda: tmp_path / "connections.json")
    connections.keep(server.connection("files"), None)
    walk = FolderWalk(["server://files"])
    assert list(walk) == []
    assert walk.unreadable == [("server://files", "MPD gives out no files; scan them where they are")]
    first = next(home.songs()).id
    for read in (lambda: home.read(first, 0, 5), lambda: home.fetch(first, io.BytesIO(), 5, 5)):
        with pytest.raises(SourceError, match="can't be read over MPD; scan them where they are"):
            read()


def test_likes_come_and_go(home: Mpd) -> None:
    songs = [song.id for song in home.songs()][:12]
    home.like(songs, True)
    home.like(songs[:3], True)
    assert {song.id for song in home.songs() if song.liked} == set(songs)
    home.like(songs[5:], False)
    home.like(songs[5:], False)
    assert {song.id for song in home.songs() if song.liked} == set(songs[:5])


def test_with_a_password_and_without_stickers(music: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mpd(music, tmp_path / "home", password=True, stickers=False) as running:
        opened = Mpd(running.connection(), PASSWORD)
        assert opened.look().counts["songs"] == SONGS
        first = next(opened.songs())
        assert not first.liked
        with pytest.raises(SourceError, match="it keeps no likes"):
            opened.like([first.id], True)
        opened.close()
        for secret, expected in (("wrong", "incorrect password"), (None, "it asks for a password")):
            with pytest.raises(SourceError, match=expected) as caught:
                Mpd(running.connection(), secret).look()
            assert caught.value.status == 401
            assert caught.value.final
    assert "password" in caplog.text
    assert PASSWORD not in caplog.text


def test_mopidy(music: Path, tmp_path: Path) -> None:
    with mopidy(music, tmp_path / "home") as running:
        opened = Mpd(running.connection(), None)
        assert opened.look().product == "Mopidy"
        songs = list(opened.songs())
        assert {song.path for song in songs} == files(music)
        assert opened.song(songs[7].id) == songs[7]
        ids = [song.id for song in songs][:200]
        id_ = opened.create_playlist("Evening", "made: 1", ids)
        assert running.mpc("--format", "%file%", "playlist", "Evening") == ids
        id_ = opened.replace_playlist(id_, "Night", "made: 1", ids[::-1])
        assert opened.playlist_songs(id_) == ids[::-1]
        assert running.mpc("lsplaylists") == ["Night"]
        opened.replace_playlist(id_, "Night", "made: 1", [])
        assert opened.playlist_songs(id_) == []
        with pytest.raises(SourceError, match="it keeps no likes"):
            opened.like(ids[:1], True)
        opened.close()


@pytest.mark.parametrize(
    "url", ["http://localhost:6600", "mpd://", "mpd://:x", "mpd://host:70000", "mpd:/", "6600", "mpd://[x"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="must be like mpd://localhost:6600 or mpd:///run/mpd/socket"):
        Mpd(Connection(name="home", kind="mpd", url=url), None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mpd://127.0.0.1:1", "it takes no connection"),
        ("mpd:///nowhere/socket", "it takes no connection"),
        ("mpd://nowhere.invalid", "its address is not found"),
    ],
)
def test_nobody_is_there(url: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        Mpd(Connection(name="home", kind="mpd", url=url), None, LIMITS).look()
    assert caught.value.final


def message(odd: OddMpd, ask: Callable[[Mpd], Any], secret: str | None = None) -> str:
    """What is said of it, in one line."""
    opened = Mpd(odd.connection(), secret, LIMITS)
    with pytest.raises(SourceError) as caught:
        ask(opened)
    opened.close()
    said = str(caught.value)
    assert said.startswith("home: ")
    assert said.isprintable()
    assert len(said) < 300
    return said


OTHER = "does not answer as MPD does"


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", OTHER),
        (b"SSH-2.0-OpenSSH_9.2\n", OTHER),
        (b"\xff\xfe\n", OTHER),
        (b"ACK [5@0] {} no\n", OTHER),
        (b"x" * (2 << 20), "larger than 1 MiB"),
        (b"OK MP", "no whole answer in time"),
        (b"", "no whole answer in time"),
    ],
)
def test_a_greeting_that_is_none(odd: OddMpd, greeting: bytes, expected: str) -> None:
    odd.greeting = greeting
    assert expected in message(odd, lambda home: home.look())


def test_a_version_that_is_none(odd: OddMpd) -> None:
    odd.greeting = b"OK MPD \x1b[31mnine\n"
    opened = Mpd(odd.connection(), None, LIMITS)
    assert opened.look().product.isprintable()
    opened.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([b"file: " + b"x" * (2 << 20)], "larger than 1 MiB"),
        ([b"file: a\nTitle: b\n" * 200_000], "larger than 1 MiB"),
        ([b"file: a\nTi"], "no whole answer in time"),
        ([b"file: " + b"y" * 5000 + b"\nOK\n"], "its id has 5,000 characters"),
        ([b"what\nOK\n"], OTHER),
        ([b"file: \xff\xfe\nOK\n"], "its id holds control characters"),
        ([b"ACK\n"], OTHER),
        ([b"ACK [2@0] {search} a\x1b[31mb\xc2\x85" + b"c" * 1000 + b"\n"], "it refuses search: a [31mb"),
        ([b"ACK [4@0] {search} you don't have permission\n"], "it asks for a password"),
        ([b"ACK [0@0] {search} Not implemented\n"], "it does not do that"),
        ([b"ACK [999999@0] {search} x\n"], "it does not do that"),
        ([b"ACK nothing\n"], "it refuses: nothing"),
        ([b"ACK [51@0] {search} Too large\n"], "max_playlist_length"),
    ],
)
def test_an_answer_that_is_none(odd: OddMpd, answer: list[bytes], expected: str) -> None:
    odd.says(b"search", *answer)
    assert expected in message(odd, lambda home: list(home.songs()))


def test_a_server_that_hangs_up(odd: OddMpd) -> None:
    def hang_up(line: bytes, to: socket.socket) -> bool:
        if line.startswith(b"search"):
            to.sendall(b"file: a\n")
            to.shutdown(socket.SHUT_RDWR)
            return True
        return False

    odd.talk = hang_up
    assert "the connection broke" in message(odd, lambda home: list(home.songs()))
    assert sum(line.startswith(b"search") for line in odd.asked) == LIMITS.tries


def test_a_server_that_drips(odd: OddMpd) -> None:
    def drip(line: bytes, to: socket.socket) -> bool:
        if line.startswith(b"stats"):
            for _ in range(100):
                to.sendall(b"a: b\n")
                time.sleep(0.05)
        return False

    odd.talk = drip
    assert "no whole answer in time" in message(odd, lambda home: home.look())


def test_a_server_that_repeats_what_it_is_told_repeats_no_password(odd: OddMpd) -> None:
    odd.says(b"password", f"ACK [3@0] {{password}} incorrect password {PASSWORD}\n".encode())
    assert message(odd, lambda home: home.look(), PASSWORD).endswith("incorrect password ***.")


def test_a_server_without_windows_is_walked_no_more_than_twice(odd: OddMpd) -> None:
    odd.says(b"search", b"file: a\nTitle: b\nTitle: c\nfile: d\nOK\n")
    opened = Mpd(odd.connection(), None, LIMITS)
    assert [(song.id, song.title) for song in opened.songs()] == [("a", "b; c"), ("d", None)]
    opened.close()


Lines = st.lists(
    st.builds(
        lambda key, value: f"{key}: {value}\n".encode("utf-8", "replace"),
        st.sampled_from(["file", "Title", "Track", "Date", "duration", "Time", "Last-Modified", "x"]),
        st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)
        | st.integers().map(str),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=Lines)
def test_whatever_it_answers_is_a_song_or_one_line(odd: OddMpd, lines: list[bytes]) -> None:
    odd.says(b"search", *lines, b"OK\n")
    opened = Mpd(odd.connection(), None, LIMITS)
    with contextlib.suppress(SourceError):
        assert all(song.id for song in opened.songs())
    opened.close()
