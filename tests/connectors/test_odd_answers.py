"""Answers of music servers in which one thing is odd: whatever is asked ends, with what there is or one line."""

import dataclasses
import gzip
from collections.abc import Callable
from typing import Any

import pytest

from img2music.connectors import told
from img2music.connectors.music_server import MusicServer
from img2music.errors import Img2MusicError, SourceError
from tests.support.logins import logged_in
from tests.support.media_servers import JellyfinServer, PlexServer, jellyfin_song, plex_song
from tests.support.music_servers import SubsonicServer, entry
from tests.support.servers import QUICK, Answer, Asked

KINDS = ["subsonic", "jellyfin", "plex"]
LIMITS = dataclasses.replace(QUICK, body=1 << 20, total=5, tries=1)
ODD = {"half of a pair": "\udc80", "control characters": "a\0b\x1b[31m"}


def make(kind: str) -> Any:
    """A server of three songs."""
    server: Callable[..., Any] = {"subsonic": SubsonicServer, "jellyfin": JellyfinServer, "plex": PlexServer}[kind]
    song = {"subsonic": entry, "jellyfin": jellyfin_song, "plex": plex_song}[kind]
    return server([song(number) for number in range(3)])


def changed(value: Any, key: str, odd: Any) -> Any:
    """An answer in which each value of a key is another."""
    if isinstance(value, dict):
        return {name: odd if name == key else changed(each, key, odd) for name, each in value.items()}
    return [changed(each, key, odd) for each in value] if isinstance(value, list) else value


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return value.keys() | {key for each in value.values() for key in keys_of(each)}
    return {key for each in value for key in keys_of(each)} if isinstance(value, list) else set()


def ask_all(kind: str, server: Any, opened: MusicServer, outcome: Callable[[Callable[[], Any]], Any]) -> None:
    """Ask for whatever is asked of music servers."""
    songs = [str(song[{"subsonic": "id", "jellyfin": "Id", "plex": "ratingKey"}[kind]]) for song in server.songs]
    parts = [f"/library/parts/{number}/1678816282/file.flac" for number in range(3)]
    server.files = dict.fromkeys([*songs, *parts], b"x")
    server.lists.clear()
    outcome(opened.look)
    outcome(lambda: list(opened.songs()))
    outcome(lambda: opened.song(songs[0]))
    made = outcome(lambda: opened.create_playlist("Evening", "mark", songs[:2]))
    there = next(iter(server.lists), made or "1")
    outcome(opened.playlists)
    outcome(lambda: opened.playlist_songs(there))
    outcome(lambda: opened.replace_playlist(there, "Night", "mark", songs))
    outcome(lambda: opened.like(songs[:1], True))
    outcome(lambda: opened.like(songs[:1], False))
    outcome(lambda: opened.read(songs[0], 0, 1))


def result(ask: Callable[[], Any]) -> Any:
    """What there is, or nothing but one line."""
    found, line = None, ""
    try:
        found = ask()
    except Img2MusicError as error:
        line = str(error)
    assert line.isprintable(), ascii(line)
    assert len(line) < 500
    for each in found if isinstance(found, list) else [found]:
        id_ = each if isinstance(each, str) else getattr(each, "id", "")
        assert id_ == "" or told.usable_id(id_) == id_, ascii(id_)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_odd_ends_in_one_line_and_no_id_is_none(kind: str, odd: str) -> None:
    server = make(kind)
    answer, keys = server.answer, set()

    def noted(asked: Asked) -> Answer:
        found: Answer = answer(asked)
        keys.update(keys_of(found.value))
        return found

    with server, logged_in(kind, server, LIMITS) as opened:
        server.answer = noted
        ask_all(kind, server, opened, lambda ask: ask())  # nothing fails where nothing is odd
        assert len(keys) > 20
        for key in sorted(keys):
            server.answer = lambda asked, key=key: dataclasses.replace(
                found := answer(asked), value=changed(found.value, key, odd)
            )
            ask_all(kind, server, opened, result)


@pytest.mark.parametrize("key", ["Id", "AccessToken"])
def test_a_login_that_is_odd_is_none(key: str) -> None:
    server = make("jellyfin")
    answer = server.answer
    server.answer = lambda asked: dataclasses.replace(found := answer(asked), value=changed(found.value, key, "\udc80"))
    with server, pytest.raises(SourceError, match="it is no Jellyfin"), logged_in("jellyfin", server, LIMITS):
        pass


@pytest.mark.parametrize("kind", ["jellyfin", "plex"])
def test_a_playlist_without_end_is_not_believed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST_SONGS", 1000)
    server = make(kind)
    with server, logged_in(kind, server, LIMITS) as opened:
        id_ = opened.create_playlist("Evening", "", [])
        server.asked.clear()
        page = [{"Id": str(number), "ratingKey": str(number)} for number in range(500)]
        many = {"TotalRecordCount": 10**15, "totalSize": 10**15}
        whole = {"Items": page, "Metadata": page, **many}

        def endless(asked: Asked) -> Answer:
            assert len(server.asked) < 10
            return Answer({"MediaContainer": whole} if kind == "plex" else whole)

        server.answer = endless
        assert len(opened.playlist_songs(id_)) == 1000


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip,deflate,gzip", "\x7f"])
def test_what_is_packed_twice_is_not_unpacked(coding: str) -> None:
    """Two kilobytes of it are a gigabyte."""
    server = make("plex")
    with server, logged_in("plex", server, LIMITS) as opened:
        for ask in (opened.look, lambda: opened.read("1000", 0, 1)):
            bomb = gzip.compress(gzip.compress(b" " * (1 << 20)))
            server.faults.append(Answer(raw=bomb, headers={"Content-Encoding": coding}))
            with pytest.raises(SourceError, match=r"^home: its answer is packed \(") as caught:
                ask()
            assert str(caught.value).isprintable()


def test_what_is_packed_once_is_read() -> None:
    server = make("plex")
    answer = server.answer
    server.answer = lambda asked: Answer(raw=gzip.compress(answer(asked).body), headers={"Content-Encoding": "gzip"})
    with server, logged_in("plex", server, LIMITS) as opened:
        assert [song.title for song in opened.songs()] == ["Song 0", "Song 1", "Song 2"]
