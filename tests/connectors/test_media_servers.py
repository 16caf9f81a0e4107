"""Jellyfin and Plex: what is asked of both."""

import contextlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.connectors import connections
from img2music.connectors.folders import FolderWalk
from img2music.connectors.jellyfin import Jellyfin
from img2music.connectors.plex import Plex
from img2music.connectors.registry import kind_of, try_login
from img2music.errors import SourceError
from tests.support.media_servers import JellyfinServer, PlexServer, container, jellyfin_song, plex_song
from tests.support.servers import QUICK, Answer, Gigantic, Reset, Silence, SlowBody, Truncated

pytestmark = pytest.mark.slow

FILE = bytes(range(256)) * 700
LIMITS = replace(QUICK, body=1 << 20)
SONGS = 1203
NUMBERS = itertools.count()


class Home:
    """A server with songs, and a login at it."""

    def __init__(self, server: JellyfinServer | PlexServer) -> None:
        self.server: Any = server
        if isinstance(server, JellyfinServer):
            connection, self.secret = Jellyfin.prepare(server.connection(), server.PASSWORD, LIMITS)
            self.opened: Jellyfin | Plex = Jellyfin(connection, self.secret, LIMITS)
            self.ids = [song["Id"] for song in server.songs]
        else:
            self.secret = server.TOKEN
            self.opened = Plex(server.connection(), self.secret, LIMITS)
            self.ids = [song["ratingKey"] for song in server.songs]
        self.opened.look()
        server.asked.clear()

    def page(self, found: Any, total: Any = 1) -> Answer:
        """What it answers when songs are asked for."""
        if isinstance(self.server, JellyfinServer):
            return Answer({"Items": found, "TotalRecordCount": total})
        return container(Metadata=found, totalSize=total)

    def song(self, number: int, **more: Any) -> dict[str, Any]:
        if isinstance(self.server, JellyfinServer):
            return jellyfin_song(number, **({"Id": more["id"]} if "id" in more else {}))
        return plex_song(number, **({"ratingKey": more["id"]} if "id" in more else {}))

    def fail(self, *faults: Answer) -> None:
        """Let the next page of songs be something else."""
        sections = [] if isinstance(self.server, JellyfinServer) else [None]
        self.server.faults.extend([*sections, *faults])


@pytest.fixture(params=["jellyfin", "plex"])
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    server: JellyfinServer | PlexServer
    if request.param == "jellyfin":
        server = JellyfinServer([jellyfin_song(number) for number in range(SONGS)])
        server.files = {server.songs[0]["Id"]: FILE}
    else:
        server = PlexServer([plex_song(number) for number in range(SONGS)])
        server.files = {"/library/parts/0/1678816282/file.flac": FILE}
    with server:
        yield Home(server)


def test_all_songs_each_once(home: Home) -> None:
    assert [song.id for song in home.opened.songs()] == home.ids
    assert len(home.server.asked) == (3 if isinstance(home.server, JellyfinServer) else 4)


def test_songs_that_go_while_they_are_walked_hide_none(home: Home) -> None:
    walk = home.opened.songs()
    found = [next(walk).id]
    del home.server.songs[:40]
    found += [song.id for song in walk]
    assert len(found) == len(set(found))
    assert set(home.ids) == set(found)


def test_songs_that_come_while_they_are_walked_are_there_once(home: Home) -> None:
    walk = home.opened.songs()
    found = [next(walk).id]
    home.server.songs.insert(0, home.song(90_000))
    found += [song.id for song in walk]
    assert len(found) == len(set(found)) == SONGS + 1


def test_a_server_that_does_not_know_where_pages_begin(home: Home) -> None:
    home.fail(*[home.page([home.song(1), home.song(2)], 10**12)] * 3)
    assert [song.title for song in home.opened.songs()] == ["Song 1", "Song 2"]


def test_a_list_of_one_is_its_item(home: Home) -> None:
    home.fail(home.page(home.song(1)))
    assert [song.title for song in home.opened.songs()] == ["Song 1"]


def test_one_song_is_told_as_among_all(home: Home) -> None:
    first = next(home.opened.songs())
    assert home.opened.song(first.id) == first
    for none in ("0", "../x", "a/b?c=d#e"):
        with pytest.raises(SourceError) as caught:
            home.opened.song(none)
        assert caught.value.status == 404


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(raw=b"", status=401), "it answers with 401"),
        (Answer({"title": "Forbidden"}, 403), "it answers with 403"),
        (Answer(raw=b"<html>", status=404), "it answers with 404"),
        (Answer({}, 429, {"Retry-After": "3600"}), "it asks to wait 3600 seconds"),
        (Answer(status=500, raw=b"Error processing request."), "it answers with 500, 3 times"),
        (Answer(status=503, raw=b"The server is loading."), "it answers with 503, 3 times"),
        (Answer(raw=b"<html>", headers={"Content-Type": "text/html"}), "not JSON but text/html"),
        (Answer(raw=b"<MediaContainer/>", headers={"Content-Type": "application/xml"}), "not JSON but application/xml"),
        (Answer([1]), "its answer is none of"),
        (Answer("x"), "its answer is none of"),
        (Answer(status=302, headers={"Location": "http://198.51.100.1/"}), "it sends us to 198.51.100.1"),
        (Gigantic(), "larger than 1 MiB"),
        (SlowBody(), "no whole answer in time"),
        (Silence(), "no whole answer in time"),
        (Reset(), "the connection broke"),
        (Truncated([1] * 100), "its answer ends too early"),
    ],
    ids=lambda each: each[:24] if isinstance(each, str) else type(each).__name__,
)
def test_a_fault_is_one_line(home: Home, fault: Answer, expected: str) -> None:
    home.fail(*[fault] * 3)
    with pytest.raises(SourceError) as caught:
        list(home.opened.songs())
    message = str(caught.value)
    assert message.startswith("home: ")
    assert expected in message
    assert message.isprintable()
    assert len(message) < 300
    assert home.secret not in message


def test_a_busy_server_is_asked_again(home: Home) -> None:
    home.fail(Answer({}, 429, {"Retry-After": "0"}), Answer(raw=b"", status=503))
    assert len(list(home.opened.songs())) == SONGS


NAMES = [*jellyfin_song(0), *plex_song(0), "UserData", "Items", "Part", "file", "Size", "Path", "id", "tag"]
Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=Json, total=Json)
def test_whatever_it_answers_is_a_song_or_none_or_one_line(home: Home, found: Any, total: Any) -> None:
    home.server.songs = []
    home.fail(home.page(found, total))
    with contextlib.suppress(SourceError):
        assert all(song.id for song in home.opened.songs())
    home.server.faults.clear()


def test_a_file_whole_and_in_parts(home: Home) -> None:
    content = io.BytesIO()
    home.opened.fetch(home.ids[0], content, len(FILE), 20)
    assert content.getvalue() == FILE
    assert home.opened.read(home.ids[0], 1000, 70_000) == FILE[1000:70_000]
    assert home.opened.read(home.ids[0], len(FILE) - 5, len(FILE) + 5) == FILE[-5:]
    with pytest.raises(SourceError) as caught:
        home.opened.read("none", 0, 5)
    assert caught.value.status == 404


@pytest.mark.parametrize("count", [0, 1, SONGS])
def test_a_playlist_is_made_and_replaced_in_place(home: Home, count: int) -> None:
    opened, songs = home.opened, home.ids[:count]
    id_ = opened.create_playlist("Evening & Ü", "made: 1", songs)
    (found,) = opened.playlists()
    assert (found.id, found.name, found.comment, found.own) == (id_, "Evening & Ü", "made: 1", True)
    assert found.songs == count
    assert opened.playlist_songs(id_) == songs
    for _ in range(2):  # as after a fault
        assert opened.replace_playlist(id_, "Night", "made: 2", songs[::-1]) == id_
        (found,) = opened.playlists()
        assert (found.id, found.name, found.comment, found.songs) == (id_, "Night", "made: 2", count)
        assert opened.playlist_songs(id_) == songs[::-1]
    opened.delete_playlist(id_)
    assert opened.playlists() == []
    with pytest.raises(SourceError) as caught:
        opened.replace_playlist(id_, "Night", "made: 2", songs)
    assert caught.value.status == 404
    assert home.server.lists == {}


@pytest.mark.parametrize("lost", range(1, 11))
def test_a_playlist_that_was_begun_is_made_once(home: Home, lost: int) -> None:
    """However far it came before it broke, and whether or not its server had done what was asked."""
    answer = home.server.answer
    left = lost

    def lose(asked: Any) -> Answer:
        nonlocal left
        found = answer(asked)
        left -= 1
        return found if left else Reset()

    home.server.answer = lose
    try:
        home.opened.create_playlist("Evening", "made: 1", home.ids)
    except SourceError:
        home.opened.create_playlist("Evening", "made: 1", home.ids)
    (found,) = home.opened.playlists()
    assert (found.name, found.comment) == ("Evening", "made: 1")
    assert home.opened.playlist_songs(found.id) == home.ids


def test_a_playlist_that_is_not_made_is_told(home: Home) -> None:
    home.server.faults.extend([None, Answer({"MediaContainer": {}}), None])
    if isinstance(home.server, PlexServer):
        home.server.faults.insert(1, None)
    with pytest.raises(SourceError, match="it has made no playlist"):
        home.opened.create_playlist("Evening", "made: 1", home.ids)


def test_likes_come_and_go(home: Home) -> None:
    home.opened.like(home.ids[:5], True)
    assert {song.id for song in home.opened.songs() if song.liked} == set(home.ids[:5])
    home.opened.like(home.ids[1:7], False)
    assert {song.id for song in home.opened.songs() if song.liked} == {home.ids[0]}


def test_it_is_found_out_about_connected_and_its_songs_are_locations(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "connections_file", lambda: tmp_path / "connections.json")
    given = home.server.connection(f"media{next(NUMBERS)}")
    assert kind_of(given.url) == given.kind
    secret = home.server.PASSWORD if given.kind == "jellyfin" else home.server.TOKEN
    made, kept, seen = try_login(given, secret)
    assert seen.counts["songs"] == SONGS
    connections.keep(made, kept)
    walk = FolderWalk([f"server://{given.name}"])
    found = [file.path for file in walk]
    assert (len(found), walk.unreadable) == (SONGS, [])
    assert found[0] == f"server://{given.name}/{home.ids[0]}.flac"
    if given.kind == "jellyfin":
        assert secret not in (tmp_path / "connections.json").read_text()
