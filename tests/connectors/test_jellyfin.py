"""Jellyfin: its logins, and what it tells of songs."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from img2music.connectors.jellyfin import Jellyfin
from img2music.connectors.music_server import ServerSong
from img2music.errors import SourceError, UsageError
from tests.support.media_servers import JellyfinServer, jellyfin_song
from tests.support.servers import QUICK, Answer

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[JellyfinServer]:
    with JellyfinServer([jellyfin_song(number) for number in range(7)]) as running:
        yield running


def login(server: JellyfinServer, secret: str = JellyfinServer.PASSWORD, user: str | None = "Alice") -> Jellyfin:
    connection, kept = Jellyfin.prepare(server.connection(user=user), secret, QUICK)
    return Jellyfin(connection, kept, QUICK)


def test_a_token_is_kept_for_a_password(server: JellyfinServer) -> None:
    connection, kept = Jellyfin.prepare(server.connection(), server.PASSWORD, QUICK)
    assert kept == server.tokens[0]
    assert connection.settings["login"] == "token"
    assert server.PASSWORD not in str(connection)
    seen = Jellyfin(connection, kept, QUICK).look()
    assert (seen.product, seen.user) == ("Jellyfin Server 10.11.3", "Alice")
    assert seen.counts == {"songs": 7, "albums": 3, "playlists": 0}
    assert sum(server.PASSWORD in json.dumps([asked.body, asked.query]) for asked in server.asked) <= 1


def test_two_logins_are_two_devices(server: JellyfinServer) -> None:
    """Jellyfin ends the login that a device had before."""
    one, other = (Jellyfin.prepare(server.connection(), server.PASSWORD, QUICK)[0] for _ in range(2))
    assert one.settings["device"] != other.settings["device"]


@pytest.mark.parametrize("secret", ["wrong", "f" * 32])
def test_a_wrong_password_is_tried_once(server: JellyfinServer, secret: str) -> None:
    with pytest.raises(SourceError, match="401") as caught:
        login(server, secret)
    assert secret not in str(caught.value)
    assert sum(asked.path.endswith("AuthenticateByName") for asked in server.asked) == 1


@pytest.mark.parametrize("user", [None, "alice"])
def test_a_key_stands_for_a_user_and_changes_no_playlist(server: JellyfinServer, user: str | None) -> None:
    opened = login(server, server.KEY, user)
    assert opened.look().user == "Alice"
    assert len(list(opened.songs())) == 7
    for change in (
        lambda: opened.create_playlist("Evening", "made: 1", []),
        lambda: opened.replace_playlist("1", "Evening", "made: 1", []),
    ):
        with pytest.raises(SourceError, match="lets no API key change playlists; connect it again"):
            change()
    assert server.lists == {}


def test_a_key_needs_to_know_whose(server: JellyfinServer) -> None:
    server.users.append({"Name": "Bob", "Id": "b" * 32})
    with pytest.raises(UsageError, match="several users"):
        login(server, server.KEY, None)
    with pytest.raises(UsageError, match="no such `user`"):
        login(server, server.KEY, "Carol")
    with pytest.raises(UsageError, match="give the `user`"):
        login(server, "wrong", None)
    with pytest.raises(UsageError, match="connect it again"):
        Jellyfin(server.connection(), server.KEY, QUICK)


@pytest.mark.parametrize(
    ("version", "expected"), [("10.8.13", "10.9 is needed"), ("", "no Jellyfin"), ("4.8\x1b", "10.9 is needed")]
)
def test_a_server_that_is_too_old_or_another_is_told(server: JellyfinServer, version: str, expected: str) -> None:
    opened = login(server)
    server.version = version
    with pytest.raises(SourceError, match=expected) as caught:
        opened.look()
    assert str(caught.value).isprintable()


def test_an_answer_to_a_login_that_is_none(server: JellyfinServer) -> None:
    for answer in ([], {"AccessToken": ""}, {"AccessToken": "a\nb", "User": {"Id": "x"}}, {"User": {"Id": "x"}}):
        server.faults.append(Answer(answer))
        with pytest.raises(SourceError, match="it is no Jellyfin"):
            login(server)


def test_what_jellyfin_tells_of_a_song(server: JellyfinServer) -> None:
    ids = {"MusicBrainzRecording": "189002e7-3285-4e2e-92a3-7f6c30d407a2", "MusicBrainzTrack": "another"}
    server.songs = [
        jellyfin_song(7, Artists=["A", "B\x1b"], Genres=["Jazz", "", None, "Ro\nck"], ProviderIds=ids)
        | {"ParentIndexNumber": 2},
        {"Id": "bare"},
        {"Id": "video", "Type": "MusicVideo"},
        {"Name": "no id"},
        {"Id": "odd", "Name": 3, "RunTimeTicks": -1, "MediaSources": [{"Size": "x"}, 3], "DateCreated": 10**400},
        {
            "Id": "source",
            "MediaSources": {"Path": "C:\\Music\\A.MP3", "Size": 5},
            "DateCreated": "0001-01-01T00:00:00Z",
        },
    ]
    whole, bare, odd, source = login(server).songs()
    assert whole == ServerSong(
        id=f"{1007:032x}",
        title="Song 7",
        artist="A; B",
        album="Album 0",
        album_artist="Artist 0",
        genre="Jazz; Ro ck",
        year=1957,
        number=8,
        disc=2,
        duration=187.0,
        path="/media/music/Artist 0/Album 0/08 Song 7.flac",
        suffix="flac",
        size=1007,
        changed=1678816282 * 10**9,
        recording="189002e7-3285-4e2e-92a3-7f6c30d407a2",
    )
    assert bare == ServerSong(id="bare")
    assert odd == ServerSong(id="odd")
    assert source == ServerSong(id="source", path="C:\\Music\\A.MP3", suffix="mp3", size=5)


def test_films_have_playlists_of_their_own(server: JellyfinServer) -> None:
    server.lists = {"1" * 32: {"Name": "Films", "songs": [], "MediaType": "Video"}}
    assert login(server).playlists() == []


def test_a_mark_is_left_out_where_only_administrators_may_write_one(server: JellyfinServer) -> None:
    server.admin = False
    opened = login(server)
    songs = [song["Id"] for song in server.songs]
    id_ = opened.create_playlist("Evening", "made: 1", songs)
    (found,) = opened.playlists()
    assert (found.id, found.name, found.comment, found.songs) == (id_, "Evening", None, 7)


def test_a_mark_costs_nothing_else_that_is_known_of_a_playlist(server: JellyfinServer) -> None:
    opened = login(server)
    opened.create_playlist("Evening", "made: 1", [])
    (found,) = server.lists.values()
    assert found["kept"] == ["a tag of theirs"]


def test_a_song_twice_is_there_once(server: JellyfinServer) -> None:
    """Since 10.10, and a song that is gone not at all: whoever writes playlists reads what became of them."""
    opened, songs = login(server), [song["Id"] for song in server.songs[:2]]
    id_ = opened.create_playlist("Evening", "made: 1", [*songs, *songs, "f" * 32])
    assert opened.playlist_songs(id_) == songs


def test_no_key_goes_to_another_host(server: JellyfinServer) -> None:
    opened = login(server)
    with JellyfinServer([]) as other:
        server.faults.append(Answer(status=307, headers={"Location": f"{other.url}/Items"}))
        with pytest.raises(SourceError, match="it sends us to"):
            list(opened.songs())
        assert other.asked == []
    elsewhere = replace(server.connection(), url="http://127.0.0.1:9")
    with pytest.raises(SourceError, match="takes no connection"):
        Jellyfin.prepare(elsewhere, server.PASSWORD, QUICK)
