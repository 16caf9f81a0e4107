"""What other commands do with playlists at a music server: supysonic, a real one."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from img2music.app.library import Library, store_of
from img2music.connectors.connections import keep
from img2music.connectors.opensubsonic import OpenSubsonic
from img2music.soundtrack.formats import FORMATS
from tests.soundtrack.test_cue_sheet import SHEET
from tests.support.commands import call, refused
from tests.support.music_servers import Supysonic, make_music, supysonic
from tests.support.songs import put, record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("supysonic") is None, reason="needs supysonic"),
]

COUNT = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supysonic]:
    folder = tmp_path_factory.mktemp("supysonic")
    with supysonic(make_music(folder / "music", COUNT), folder / "home") as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def library(server: Supysonic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same songs as the server's, below another root and in other encodings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    keep(server.connection(), server.password)
    there = OpenSubsonic(server.connection(), server.password)
    songs = sorted(there.songs(), key=lambda song: int((song.title or "").split()[-1]))
    assert len(songs) == COUNT
    for each in there.playlists():
        there.delete_playlist(each.id)
    there.close()
    with Library.open(tmp_path / "library.db") as opened:
        for i, each in enumerate(songs):
            artist, album, title = f"Artist {i // 20}", f"Album {i // 10}", f"Song {i}"
            tags = {"title": title, "artist": artist, "album": album, "duration": each.duration or 1.0}
            put(store_of(opened), [record(f"/me/{artist}/{album}/{i % 10:02d} {title}.opus", i / 40, 0.5, **tags)])
    return str(tmp_path / "library.db")


def test_what_is_recommended_goes_to_the_server_and_is_renewed(library: str, server: Supysonic) -> None:
    for valence, done in (("0.3", "made"), ("0.4", "renewed")):
        asked = ("--valence", valence, "--arousal", "0.5", "--top", "5", "--per-artist", "0", "--speech")
        asked += ("--artist", "Artist", "--to", "home", "--playlist", "Calm")
        code, _, told = call("recommend", *asked, "--library", library)
        assert (code, told.splitlines()[-1]) == (0, f"img2music: Calm at home: {done}, 5 songs.")
    with Library.open(library) as opened:
        kept = [song.track.id for song in opened.playlists.read("Calm").songs]
        opened.playlists.save("Mine", [1])
        store = store_of(opened)
        there = OpenSubsonic(server.connection(), server.password)
        (listed,) = there.playlists()
        songs = there.playlist_songs(listed.id)
        assert [store.servers.tracks_of("home", songs)[song] for song in songs] == kept
        there.close()
    asked = ("--emotion", "calm", "--speech", "--to", "home", "--playlist", "Mine")
    code, _, told = call("recommend", *asked, "--library", library)
    assert (code, "There is a playlist Mine already" in told) == (2, True)


def test_the_songs_of_a_cue_sheet_go_to_the_server(library: str, server: Supysonic, tmp_path: Path) -> None:
    with Library.open(library) as opened:
        paths = [track.path for track in opened.tracks()][3:5]
    cues = [replace(cue, track=replace(cue.track, path=path)) for cue, path in zip(SHEET.cues, paths, strict=True)]
    FORMATS["json"].save(replace(SHEET, cues=tuple(cues)), tmp_path / "film.cues.json")
    for words, name in (((), "a"), (("--playlist", "My film"), "My film")):
        code, out, told = call("cues", tmp_path / "film.cues.json", "--to", "home", *words, "--library", library)
        assert (code, out) == (1, "")  # the film is not there, nor are the songs
        assert f"img2music: {name} at home: made, 2 songs.\n" in told
    there = OpenSubsonic(server.connection(), server.password)
    titles = {song.id: song.title for song in there.songs()}
    for each in there.playlists():
        assert [titles[song] for song in there.playlist_songs(each.id)] == ["Song 3", "Song 4"]
    there.close()
    assert "give both" in refused("cues", tmp_path / "film.cues.json", "--playlist", "My film")


def test_a_folder_that_is_watched_keeps_the_servers_playlist(library: str, server: Supysonic, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "photos" / "photo.png")
    asked = ("watch", tmp_path / "photos", "--playlist", "Wall", "--to", "home", "--top", "3", "--speech")
    command = [sys.executable, "-m", "img2music", *map(str, asked), "--artist", "Artist", "--library", library]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        told = [next(running.stderr), next(running.stderr)]
        assert told[0] == "img2music: Wall: 3 songs for 1 picture, 3 of them new.\n"
        assert told[1] == "img2music: Wall at home: made, 3 songs.\n"
        running.terminate()
        assert running.wait(30) == 0
    second = OpenSubsonic(server.connection(), server.password)
    assert [(each.name, each.songs) for each in second.playlists()] == [("Wall", 3)]
    second.close()


def test_a_scan_leaves_out_what_is_here(library: str, server: Supysonic) -> None:
    code, _, told = call("scan", "server://home", "--library", library)
    assert (code, f"{COUNT} songs of home are here as files, and left out." in told) == (0, True), told
