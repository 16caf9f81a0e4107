"""Plex: its login, and what it tells of songs."""

from collections.abc import Iterator

import pytest

from img2music.connectors.music_server import ServerSong
from img2music.connectors.plex import IN_ADDRESS, Plex
from img2music.errors import SourceError, UsageError
from tests.support.media_servers import PlexServer, container, plex_song
from tests.support.servers import QUICK, Answer

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[PlexServer]:
    with PlexServer([plex_song(number) for number in range(7)]) as running:
        yield running


def login(server: PlexServer, token: str = PlexServer.TOKEN) -> Plex:
    return Plex(server.connection(), token, QUICK)


def test_who_logs_in_sees_what_there_is(server: PlexServer) -> None:
    seen = login(server).look()
    assert (seen.product, seen.user) == ("Plex 1.41.0.8992", "alice")
    assert seen.counts == {"songs": 7, "playlists": 0}


def test_a_wrong_token_is_told(server: PlexServer) -> None:
    with pytest.raises(SourceError, match="it answers with 401") as caught:
        login(server, "another").look()
    assert caught.value.final
    for token in (None, "", "ü"):
        with pytest.raises(UsageError, match="connect it again"):
            Plex(server.connection(), token, QUICK)


def test_another_server_is_told(server: PlexServer) -> None:
    server.faults.append(container())
    with pytest.raises(SourceError, match="no Plex Media Server"):
        login(server).look()


def test_what_plex_tells_of_a_song(server: PlexServer) -> None:
    server.songs = [
        plex_song(
            7,
            parentIndex=2,
            originalTitle="A feat. B\x1b",
            userRating=10,
            Genre=[{"tag": "Jazz"}, {"tag": "Ro\nck"}, {}],
        ),
        {"ratingKey": 5},
        {"ratingKey": "v", "type": "clip"},
        {"title": "no id"},
        {"ratingKey": "odd", "title": 3, "duration": "x", "Media": [{"Part": [3]}], "userRating": "10", "addedAt": -1},
        {
            "ratingKey": "one",
            "Media": {"Part": {"file": "C:\\Music\\A.MP3", "size": 5}},
            "userRating": 9.0,
            "year": 1970,
        },
    ]
    whole, bare, odd, one = login(server).songs()
    assert whole == ServerSong(
        id="1007",
        title="Song 7",
        artist="A feat. B",
        album="Album 0",
        album_artist="Artist 0",
        genre="Jazz; Ro ck",
        year=1957,
        number=8,
        disc=2,
        duration=187.0,
        path="/data/Music/Artist 0/Album 0/08 Song 7.flac",
        suffix="flac",
        size=1007,
        changed=1678816282 * 10**9,
        recording=None,  # what it tells is MusicBrainz's id of the track of a release
        liked=True,
    )
    assert bare == ServerSong(id="5")
    assert odd == ServerSong(id="odd")
    assert one == ServerSong(id="one", path="C:\\Music\\A.MP3", suffix="mp3", size=5, year=1970)


def test_without_totals_all_came_at_once(server: PlexServer) -> None:
    server.totals = False
    assert len(list(login(server).songs())) == 7


def test_a_rating_that_is_not_ours_stays(server: PlexServer) -> None:
    server.songs[0]["userRating"] = 6.0
    login(server).like(["1000", "1001"], False)
    assert server.songs[0]["userRating"] == 6.0


def test_smart_playlists_are_nobody_s_to_write(server: PlexServer) -> None:
    server.lists = {"1": {"title": "Recent", "summary": "", "songs": [], "smart": "1"}}
    assert [each.own for each in login(server).playlists()] == [False]


def test_songs_are_added_in_portions_that_fit_an_address(server: PlexServer) -> None:
    server.songs = [plex_song(number) for number in range(2 * IN_ADDRESS + 1)]
    opened = login(server)
    id_ = opened.create_playlist("Evening", "made: 1", [song["ratingKey"] for song in server.songs])
    assert len(server.lists[id_]["songs"]) == 2 * IN_ADDRESS + 1
    added = [asked for asked in server.asked if asked.method == "PUT" and asked.path.endswith("/items")]
    assert len(added) == 3
    assert all(len(asked.query["uri"]) < 4000 for asked in added)


@pytest.mark.parametrize("key", ["@198.51.100.1/x", "http://198.51.100.1/library/parts/1", None, 3])
def test_a_file_is_asked_of_this_server_alone(server: PlexServer, key: object) -> None:
    server.songs[0]["Media"][0]["Part"][0]["key"] = key
    with pytest.raises(SourceError, match="no file of this song"):
        login(server).read("1000", 0, 5)


def test_ids_that_are_none_are_not_sent(server: PlexServer) -> None:
    with pytest.raises(SourceError, match="no such song"):
        login(server).create_playlist("Evening", "made: 1", ["1000,1001"])
    server.faults.extend([None, Answer({"MediaContainer": {"machineIdentifier": "x/../y"}})])
    with pytest.raises(SourceError, match="no Plex Media Server"):
        login(server).create_playlist("Evening", "made: 1", ["1000"])
