"""Servers of OpenSubsonic: what all of them do, what each does otherwise, and what none should do."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.connectors.folders import is_audio_name
from img2music.connectors.music_server import ServerSong, song_at, url_of
from img2music.connectors.opensubsonic import IN_FORM, IN_QUERY, OpenSubsonic
from img2music.errors import SourceError, UsageError
from img2music.locations import absolute
from tests.support.music_servers import SubsonicServer, entry, failed, told
from tests.support.servers import (
    QUICK,
    Answer,
    Gigantic,
    Reset,
    Silence,
    SlowBody,
    Truncated,
    Unending,
)

pytestmark = pytest.mark.slow

FILE = bytes(range(256)) * 700
SOUND = {"Content-Type": "audio/mpeg"}
LIMITS = replace(QUICK, body=1 << 20)


@pytest.fixture
def server() -> Iterator[SubsonicServer]:
    with SubsonicServer([entry(number) for number in range(1203)]) as running:
        running.files = {running.songs[0]["id"]: FILE}
        yield running


def login(server: SubsonicServer, secret: str = SubsonicServer.PASSWORD, user: str | None = "alice") -> OpenSubsonic:
    connection, _ = OpenSubsonic.prepare(server.connection(user=user), secret)
    return OpenSubsonic(connection, secret, LIMITS)


def words(server: SubsonicServer, faults: list[Answer]) -> str:
    """What is said of the first request that fails: one line, without a key."""
    opened = login(server)
    opened.playlists()
    server.faults.extend(faults)
    with pytest.raises(SourceError) as caught:
        list(opened.songs())
    message = str(caught.value)
    assert message.startswith("home: ")
    assert message.isprintable()
    assert len(message) < 300
    assert server.PASSWORD not in message
    return message


def test_who_logs_in_sees_what_there_is(server: SubsonicServer) -> None:
    seen = login(server).look()
    assert (seen.product, seen.user) == ("pretend 1.2", "alice")
    assert seen.counts == {"songs": 1203, "albums": 101, "playlists": 0}
    asked = [each for each in server.asked if not each.path.endswith("getOpenSubsonicExtensions")]
    assert {each.method for each in asked} == {"POST"}  # as the extension formPost tells
    assert not any(each.query for each in asked)


def test_a_key_needs_no_user(server: SubsonicServer) -> None:
    assert login(server, server.KEY, user=None).look().user == "alice"
    assert not any("u=" in asked.body for asked in server.asked)
    with pytest.raises(SourceError, match="401: Invalid API key") as caught:
        login(server, "another", user=None)
    assert caught.value.final


def test_a_wrong_password_is_a_wrong_password(server: SubsonicServer) -> None:
    with pytest.raises(SourceError, match="401: Wrong username or password"):
        login(server, "wrong")
    with pytest.raises(UsageError, match="connect it again"):
        OpenSubsonic(server.connection(), None)


def test_a_server_without_tokens_gets_the_password_in_a_form(server: SubsonicServer) -> None:
    server.tokens, server.extensions = False, None
    connection, _ = OpenSubsonic.prepare(server.connection(), server.PASSWORD)
    assert connection.settings == {"login": "password"}
    opened = OpenSubsonic(connection, server.PASSWORD, LIMITS)
    assert len(list(opened.songs())) == 1203  # the server refuses one in an address


def test_a_server_that_takes_tokens_never_gets_the_password(server: SubsonicServer) -> None:
    opened = login(server)
    server.tokens = False  # or somebody is between who says so
    with pytest.raises(SourceError, match="401: Token authentication not supported"):
        list(opened.songs())
    assert not any("p" in parse_qs(asked.body) or "p" in asked.query for asked in server.asked)


@pytest.mark.parametrize("extensions", [["formPost"], [], None], ids=["forms", "addresses", "before OpenSubsonic"])
def test_all_songs_each_once(server: SubsonicServer, extensions: list[str] | None) -> None:
    server.extensions = extensions
    songs = list(login(server).songs())
    assert [song.id for song in songs] == [each["id"] for each in server.songs]
    assert server.calls.count("search3") == 4


@pytest.mark.parametrize("most", [100, 499])
def test_smaller_pages_than_were_asked_for(server: SubsonicServer, most: int) -> None:
    server.most = most
    assert len(list(login(server).songs())) == 1203


@pytest.mark.parametrize(
    "fault",
    [None, failed(10, "Required parameter is missing."), Answer(raw=b"", status=404)],
    ids=["empty", "10", "404"],
)
def test_without_an_empty_search_by_albums(server: SubsonicServer, fault: Answer | None) -> None:
    server.searches = fault is not None
    opened = login(server)
    opened.playlists()
    server.faults.extend([fault] if fault else [])
    assert {song.id for song in opened.songs()} == {each["id"] for each in server.songs}
    assert server.calls.count("getAlbum") == 101


def test_a_search_that_ignores_where_to_begin_loses_nothing(server: SubsonicServer) -> None:
    opened = login(server)
    opened.playlists()
    server.faults.extend([told(searchResult3={"song": server.songs[:500]})] * 2)
    songs = [song.id for song in opened.songs()]
    assert len(songs) == len(set(songs)) == 1203


def test_what_a_server_tells_of_a_song(server: SubsonicServer) -> None:
    server.songs = [
        entry(
            7,
            id=7,
            artist="[Unknown Artist]",
            displayAlbumArtist="A; B",
            genre="Ja\x1bzz\n",
            year="1970",
            starred="2023-03-27T09:45:27Z",
            musicBrainzId="189002E7-3285-4e2e-92a3-7f6c30d407a2",
            discNumber=2,
            coverArt="mf-7",
        ),
        {"id": "bare"},
        entry(8, isDir=True),
        entry(9, isVideo=True),
        entry(10, type="podcast"),
        {"title": "no id"},
        {
            "id": "odd",
            "title": 3,
            "size": -1,
            "duration": "1e9",
            "year": 12,
            "path": ["a"],
            "suffix": "../",
            "created": [5],
            "track": "A1",
            "discNumber": 1.5,
            "musicBrainzId": "none",
            "coverArt": "a\0",
            "albumId": {},
        },
        {"id": "by path", "path": "/music/A/B.OPUS", "size": "123"},
    ]
    whole, bare, odd, by_path = login(server).songs()
    assert whole == ServerSong(
        id="7",
        title="Song 7",
        album="Album 0",
        album_artist="A; B",
        genre="Ja zz",
        year=1970,
        number=8,
        disc=2,
        duration=187.0,
        path="Artist 0/Album 0/08 Song 7.flac",
        suffix="flac",
        size=1007,
        changed=1678816282 * 10**9,
        recording="189002e7-3285-4e2e-92a3-7f6c30d407a2",
        liked=True,
        album_id="al-0",
        cover="mf-7",
    )
    assert bare == ServerSong(id="bare")
    assert odd == ServerSong(id="odd")
    assert by_path == ServerSong(id="by path", path="/music/A/B.OPUS", suffix="opus", size=123)


def test_a_list_of_one_is_its_item(server: SubsonicServer) -> None:
    opened = login(server)
    opened.playlists()
    server.faults.append(told(searchResult3={"song": entry(1)}))
    server.songs = []
    assert [song.title for song in opened.songs()] == ["Song 1"]


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*entry(0), "a"]), inner, max_size=5),
    max_leaves=10,
)


def test_whatever_it_answers_is_a_song_or_none_or_one_line(server: SubsonicServer) -> None:
    opened = login(server)
    server.songs = []

    @settings(max_examples=50, deadline=None)
    @given(found=Json)
    def holds(found: Any) -> None:
        server.faults.extend([told(searchResult3={"song": found}), told(searchResult3={})])
        with contextlib.suppress(SourceError):
            assert all(song.id for song in opened.songs())
        server.faults.clear()

    opened.playlists()
    holds()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (failed(40, "Wrong username or password."), "401: Wrong username or password."),
        (failed(50, "User is not authorized."), "403: User is not authorized."),
        (failed(60, "The trial period is over."), "402: The trial period is over."),
        (Answer({"subsonic-response": {"status": "ok", "error": {"code": 50}}}), "it answers with 403"),
        (failed(50, "a\x1b[31m\nb" + "c" * 1000), "a\\x1b[31m b"),
        (failed(50, f"no {SubsonicServer.PASSWORD}"), "no ***"),
        (Answer({"hello": 1}), "no server of Subsonic's kind"),
        (Answer([1]), "no server of Subsonic's kind"),
        (Answer(raw=b"<html>", headers={"Content-Type": "text/html"}), "not JSON but text/html"),
        (Answer(status=302, headers={"Location": "http://198.51.100.1/"}), "it sends us to 198.51.100.1"),
        (Gigantic(), "larger than 1 MiB"),
        (SlowBody(), "no whole answer in time"),
        (Silence(), "no whole answer in time"),
        (Reset(), "the connection broke"),
        (Truncated([1] * 100), "its answer ends too early"),
        (Answer({}, 429, {"Retry-After": "3600"}), "it asks to wait 3600 seconds"),
        (Answer(status=500), "it answers with 500"),
    ],
    ids=lambda each: each[:20] if isinstance(each, str) else type(each).__name__,
)
def test_a_fault_is_one_line(server: SubsonicServer, fault: Answer, expected: str) -> None:
    assert expected in words(server, [fault] * 3)


Ids = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)
Suffixes = st.none() | st.sampled_from(["flac", "mp3", "m4a"])


@given(id_=Ids, suffix=Suffixes)
def test_a_song_has_one_location_and_that_leads_to_it(id_: str, suffix: str | None) -> None:
    url = url_of("home", ServerSong(id=id_, suffix=suffix))
    assert absolute(url) == url
    assert song_at(url) == ("home", id_, suffix or "snd")
    assert url.count("/") == 3
    assert is_audio_name(url)


def test_a_server_that_does_not_count_is_connected(server: SubsonicServer) -> None:
    opened = login(server)
    opened.playlists()
    server.faults.extend([None, failed(0, "Unknown method")])
    assert opened.look().counts == {}


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("extensions", [["formPost"], []])
def test_a_file_whole_and_in_parts(server: SubsonicServer, ranges: bool, extensions: list[str]) -> None:
    server.ranges, server.extensions = ranges, extensions
    opened, song = login(server), server.songs[0]["id"]
    content = io.BytesIO()
    opened.fetch(song, content, len(FILE), 20)
    assert content.getvalue() == FILE
    assert opened.read(song, 1000, 70_000) == FILE[1000:70_000]
    assert opened.read(song, len(FILE) - 5, len(FILE) + 5) == FILE[-5:]
    with pytest.raises(SourceError) as caught:
        opened.read("none", 0, 5)
    assert caught.value.status == 404


class Cut(Answer):
    """A part of a file, and of it a part."""

    def send(self, handler: Any) -> None:
        handler.send_response(206)
        handler.send_header("Content-Length", str(len(FILE)))
        handler.send_header("Content-Range", f"bytes 0-{len(FILE) - 1}/{len(FILE)}")
        handler.end_headers()
        handler.wfile.write(FILE[:50_000])
        handler.close_connection = True


def test_a_file_that_is_cut_goes_on_there(server: SubsonicServer) -> None:
    opened, song = login(server), server.songs[0]["id"]
    server.asked.clear()
    server.faults.extend([Cut(), Answer(status=503), Reset()])
    content = io.BytesIO()
    opened.fetch(song, content, len(FILE), 20)
    assert content.getvalue() == FILE
    begun = [int(asked.headers["Range"].removeprefix("bytes=").partition("-")[0]) for asked in server.asked]
    assert begun[0] == 0
    assert len(set(begun[1:])) == 1
    assert 0 < begun[1] <= 50_000


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answer(raw=FILE[:-1], headers=SOUND), "it was changed"),
        (Answer(raw=FILE + b"x", headers=SOUND), "it was changed"),
        (Unending(raw=FILE), "shorter than it says"),
        (
            Answer(raw=FILE[5:], status=206, headers=SOUND | {"Content-Range": f"bytes 5-9/{len(FILE)}"}),
            "another part",
        ),
        (Answer(raw=FILE, status=206, headers=SOUND), "another part"),
        (Answer(raw=b"<html>", headers={"Content-Type": "text/html"}), "not JSON but text/html"),
        (failed(0, "disk is gone"), "disk is gone"),
        (Answer({"a": 1}), "no file but a document"),
        (SlowBody(), "it was changed"),
        (Silence(), "in time"),
        (Answer(status=302, headers={"Location": "http://198.51.100.1/"}), "it sends us to 198.51.100.1"),
    ],
    ids=lambda each: each[:20] if isinstance(each, str) else type(each).__name__,
)
def test_a_file_that_is_another_is_refused(server: SubsonicServer, fault: Answer, expected: str) -> None:
    opened = login(server)
    server.faults.extend([fault] * 4)
    with pytest.raises(SourceError, match=expected):
        opened.fetch(server.songs[0]["id"], io.BytesIO(), len(FILE), 2)


def test_a_file_that_drips_is_given_up(server: SubsonicServer) -> None:
    opened = login(server)
    server.faults.extend([SlowBody()] * 4)
    with pytest.raises(SourceError, match="in time"):
        opened.fetch(server.songs[0]["id"], io.BytesIO(), 1_000_000, 0.5)


def test_no_more_is_taken_than_was_asked_for(server: SubsonicServer) -> None:
    class Endless(Gigantic):
        """A file without end, by a server that reads no parts."""

        def send(self, handler: Any) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "audio/mpeg")
            handler.end_headers()
            handler.close_connection = True
            try:
                while True:
                    handler.wfile.write(b"ab" * 30_000)
            except OSError:
                pass

    opened = login(server)
    server.faults.append(Endless())
    assert opened.read("any", 100_000, 100_004) == b"abab"


@pytest.mark.parametrize("extensions", [["formPost"], []])
@pytest.mark.parametrize("tells_id", [True, False])
@pytest.mark.parametrize("count", [0, 1, 1203])
def test_a_playlist_is_made_and_replaced_in_place(
    server: SubsonicServer, extensions: list[str], tells_id: bool, count: int
) -> None:
    server.extensions, server.tells_id = extensions, tells_id
    opened, songs = login(server), [each["id"] for each in server.songs[:count]]
    id_ = opened.create_playlist("Evening", "made: 1", songs)
    (found,) = opened.playlists()
    assert (found.id, found.name, found.comment, found.songs, found.own) == (id_, "Evening", "made: 1", count, True)
    assert opened.playlist_songs(id_) == songs
    opened.replace_playlist(id_, "Night", "made: 2", songs[::-1])
    (found,) = opened.playlists()
    assert (found.id, found.name, found.comment, found.songs) == (id_, "Night", "made: 2", count)
    assert opened.playlist_songs(id_) == songs[::-1]
    opened.delete_playlist(id_)
    assert opened.playlists() == []
    with pytest.raises(SourceError) as caught:
        opened.replace_playlist(id_, "Night", "made: 2", songs)
    assert caught.value.status == 404
    assert server.lists == {}


@pytest.mark.parametrize(("form", "refuses"), [(100_000, True), (1000, True), (1000, False), (None, True)])
def test_a_long_playlist_is_never_seen_shorter_than_the_old_or_the_new_one(
    server: SubsonicServer, form: int | None, refuses: bool
) -> None:
    """By one form where a server takes it; else the new songs come behind the old ones, and these go then."""
    server.form, server.refuses = form or 1000, refuses
    server.extensions = ["formPost"] if form else []
    opened, songs = login(server), [each["id"] for each in server.songs]
    for old, new in (
        (songs[:1100], songs[::-1]),
        (songs[:300], songs[150:]),  # of which some are at the end of the old one
        (songs, songs[700:1000]),
        (songs, songs[1:] + songs[:1]),
        ([], songs),
    ):
        id_ = opened.create_playlist("Evening", "made: 1", old)
        server.seen.clear()
        opened.replace_playlist(id_, "Evening", "made: 1", new)
        assert opened.playlist_songs(id_) == new
        if refuses:
            assert min(map(len, server.seen)) >= min(len(old), len(new))
        if form == 100_000:
            assert server.seen == [new]
        opened.delete_playlist(id_)


def test_a_long_playlist_that_was_stopped_while_it_was_replaced_is_gone_on_with(server: SubsonicServer) -> None:
    server.form = 1000
    opened, songs = login(server), [each["id"] for each in server.songs]
    id_ = opened.create_playlist("Evening", "made: 1", songs[:1100])
    answer, new = server.answer, songs[::-1]
    runs = 0
    while runs < 20:
        runs, changes = runs + 1, len(server.seen)

        def end(asked: Any, changes: int = changes) -> Answer:
            found = answer(asked)
            return Reset() if len(server.seen) > changes else found

        server.answer = end  # type: ignore[method-assign]
        with contextlib.suppress(SourceError):
            opened.replace_playlist(id_, "Evening", "made: 1", new)
            break
        assert len(server.lists[id_]["songs"]) >= 1100
    server.answer = answer  # type: ignore[method-assign]
    assert opened.playlist_songs(id_) == new
    assert runs == 7  # three portions come, three go


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_playlist_that_was_begun_is_made_once(server: SubsonicServer, lost: int) -> None:
    """However far it came before it broke, and whether or not its server had done what was asked."""
    opened, songs = login(server), [each["id"] for each in server.songs]
    opened.playlists()
    begun = server.asked.copy()

    answer = server.answer

    def lose(asked: Any) -> Answer:
        found = answer(asked)
        if asked.path.endswith(("Playlist", "Playlists")) and len(server.asked) - len(begun) == lost + 1:
            return Reset()
        return found

    server.answer = lose  # type: ignore[method-assign]
    try:
        opened.create_playlist("Evening", "made: 1", songs)
    except SourceError:
        server.answer = answer  # type: ignore[method-assign]
        opened.create_playlist("Evening", "made: 1", songs)
    assert [(each["name"], each["songs"]) for each in server.lists.values()] == [("Evening", songs)]


def test_likes_come_and_go_in_portions(server: SubsonicServer) -> None:
    opened, songs = login(server), [each["id"] for each in server.songs]
    opened.like(songs[:5], True)
    opened.like(songs, True)  # those that are liked already are a fault to some servers
    assert server.starred == set(songs)
    assert server.calls.count("star") == 1 + -(-1198 // IN_FORM)
    server.extensions = []
    login(server).like(songs[1:], False)
    assert server.starred == {songs[0]}
    assert server.calls.count("unstar") == -(-1202 // IN_QUERY)
