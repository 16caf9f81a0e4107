"""A real server: supysonic, and a second client that sees what was done there."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from img2music.connectors.opensubsonic import OpenSubsonic
from img2music.errors import SourceError
from tests.support.music_servers import Supysonic, make_music, supysonic

pytestmark = pytest.mark.slow

SONGS = int(os.environ.get("IMG2MUSIC_SERVER_SONGS", "30"))
"""300 is what it is meant for."""
LISTED = 200


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_music(tmp_path_factory.mktemp("music"), SONGS)


@pytest.fixture(scope="module")
def real(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supysonic]:
    with supysonic(music, tmp_path_factory.mktemp("supysonic")) as running:
        yield running


@pytest.fixture
def opened(real: Supysonic) -> Iterator[OpenSubsonic]:
    found = OpenSubsonic(real.connection(), real.password)
    yield found
    found.close()


def seen(real: Supysonic, what: str, **params: str) -> dict[str, Any]:
    """What another client is told."""
    login = {"u": real.user, "p": real.password, "v": "1.12.0", "c": "other", "f": "json"}
    told = httpx.get(f"{real.url}/rest/{what}", params={**login, **params}, timeout=60).json()["subsonic-response"]
    assert told["status"] == "ok"
    return dict(told)


def test_all_songs_are_walked_and_are_the_files(real: Supysonic, music: Path, opened: OpenSubsonic) -> None:
    files = {file.relative_to(music).as_posix(): file for file in music.rglob("*.*")}
    songs = list(opened.songs())
    assert sorted(str(song.path) for song in songs) == sorted(files)
    assert opened.look().counts["songs"] == SONGS
    for song in songs[:5]:
        content = files[str(song.path)].read_bytes()
        assert song.size == len(content)
        whole = io.BytesIO()
        opened.fetch(song.id, whole, len(content), 20)
        assert whole.getvalue() == content
        assert opened.read(song.id, 1000, 2000) == content[1000:2000]
        assert opened.song(song.id) == song


def test_a_playlist_is_written_renamed_and_renewed_in_place(real: Supysonic, opened: OpenSubsonic) -> None:
    songs = [song.id for song in opened.songs()]
    songs = (songs * LISTED)[:LISTED]
    id_ = opened.create_playlist("Ein Abend, 저녁", "made by us: 1", songs)
    for name, comment, wanted in (
        ("Ein Abend, 저녁", "made by us: 1", songs),
        ("Night & day", "made by us: 2", songs[::-1]),
        ("Night & day", "made by us: 3", songs[:1]),
        ("Night & day", "made by us: 3", songs * 3),  # in portions
        ("Night & day", "made by us: 4", []),
    ):
        opened.replace_playlist(id_, name, comment, wanted)
        (shown,) = seen(real, "getPlaylists")["playlists"]["playlist"]
        assert (shown["id"], shown["name"], shown["comment"], shown["songCount"]) == (id_, name, comment, len(wanted))
        entries = seen(real, "getPlaylist", id=id_)["playlist"].get("entry", [])
        assert [entry["id"] for entry in entries] == wanted == opened.playlist_songs(id_)
    opened.delete_playlist(id_)
    assert "playlist" not in seen(real, "getPlaylists")["playlists"]
    with pytest.raises(SourceError, match="not found"):
        opened.delete_playlist(id_)


def test_likes_are_stars(real: Supysonic, opened: OpenSubsonic) -> None:
    songs = [song.id for song in opened.songs()]
    opened.like(songs[:3], True)
    opened.like(songs[:10], True)
    opened.like(songs[:1], False)
    starred = seen(real, "getStarred2")["starred2"]["song"]
    assert {entry["id"] for entry in starred} == set(songs[1:10])
    assert {song.id for song in opened.songs() if song.liked} == set(songs[1:10])


def test_a_wrong_password(real: Supysonic) -> None:
    with pytest.raises(SourceError, match="401: Wrong username or password") as caught:
        OpenSubsonic(real.connection(), "wrong-one").look()
    assert caught.value.final
