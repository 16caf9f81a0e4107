"""Lyrics and songs from web services, through the real command, against servers on loopback."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.e2e.command import ROOT, call, environment, img2music, words
from tests.support.servers import (
    Answer,
    LrclibServer,
    MusixmatchServer,
    ReccoBeatsServer,
    Server,
    SpotifyServer,
    spotify_id,
    spotify_track,
)
from tests.support.songs import make_record, put

pytestmark = pytest.mark.slow

SONGS = 12
LIST = spotify_id(900)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.db"
    with LibraryStore.open(path, create=True) as store:
        tags = [Tags(title=f"Song {n}", artist="Somebody") for n in range(SONGS)]
        put(store, [make_record(f"/music/{n:02}.mp3", tags=tags[n]) for n in range(SONGS)])
    return path


@pytest.fixture
def lrclib() -> Iterator[LrclibServer]:
    songs = [{"title": f"Song {n}", "artist": "Somebody", "plain": f"These are the words of {n}"} for n in range(SONGS)]
    with LrclibServer(*songs) as server:
        yield server


def kill_after(server: Server, answers: int, *arguments: str | Path, home: Path, **more: str) -> None:
    """Start a command, and kill it while it waits for a server that has answered so many requests."""
    server.answers = answers
    process = subprocess.Popen(words(*arguments), cwd=home, env=environment(home, **more), stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(server.asked) <= answers and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    server.answers = 1_000_000


def test_lyrics_are_fetched_and_shown(library: Path, lrclib: LrclibServer, tmp_path: Path) -> None:
    url = {"IMG2MUSIC_LRCLIB_URL": lrclib.url, "IMG2MUSIC_LIBRARY": str(library)}
    done = img2music("lyrics", "fetch", home=tmp_path, **url).sound(0)
    assert done.err == "img2music: 12 tracks: lyrics of 0 known before, found for 0, none known for 12.\n"
    assert lrclib.asked == []
    lrclib.faults.append(Answer({}, 429, {"Retry-After": "0"}))
    done = img2music("lyrics", "fetch", "--source", "lrclib", "--limit", "2", home=tmp_path, **url).sound(0)
    assert "found for 2 (lrclib 2)" in done.err
    shown = img2music("lyrics", "show", "1", "--format", "table", home=tmp_path, **url).sound(0)
    assert shown.out == "These are the words of 0\n"
    assert shown.err.startswith("img2music: Song 0 by Somebody: lyrics, from lrclib, language en, fetched 20")
    shown = img2music("lyrics", "show", "/music/01.mp3", home=tmp_path, **url).sound(0)
    jsonschema.validate(shown.json, json.loads((ROOT / "docs/schemas/lyrics.json").read_text(encoding="utf-8")))
    assert [(each["source"], each["text"]) for each in shown.json["lyrics"]] == [
        ("lrclib", "These are the words of 1"),
        ("tags", None),
        ("files", None),
    ]
    shown = img2music("lyrics", "show", "5", "--format", "table", home=tmp_path, **url).sound(2)
    assert "no lyrics of it are known (tags, files know none)" in shown.err


def test_killed_and_resumed(library: Path, lrclib: LrclibServer, tmp_path: Path) -> None:
    command = ("lyrics", "fetch", "--library", library, "--source", "lrclib")
    kill_after(lrclib, 4, *command, home=tmp_path, IMG2MUSIC_LRCLIB_URL=lrclib.url)
    with LibraryStore.open(library, read_only=True) as store:
        assert len(store.lyrics_sources()) == 4
        assert store.faults() == []
    img2music(*command, home=tmp_path, IMG2MUSIC_LRCLIB_URL=lrclib.url).sound(0)
    assert len(lrclib.asked) == SONGS + 1  # only the one that was not answered is asked for again
    with LibraryStore.open(library, read_only=True) as store:
        assert all(has["lrclib"] for has in store.lyrics_sources().values())
        assert len(store.lyrics_sources()) == SONGS


def test_a_service_that_is_not_there(library: Path, tmp_path: Path) -> None:
    command = ("lyrics", "fetch", "--library", library, "--source", "lrclib")
    with Server() as gone:
        url = gone.url
    done = img2music(*command, home=tmp_path, IMG2MUSIC_LRCLIB_URL=url).sound(2)
    assert "/music/00.mp3: LRCLIB: it takes no connection" in done.err
    assert "11 not asked for, 1 failed. Given up: lrclib; run it again to go on." in done.err
    done = img2music(*command, home=tmp_path, IMG2MUSIC_LRCLIB_URL="lrclib.net").sound(2)
    assert "IMG2MUSIC_LRCLIB_URL) must be like" in done.err


@pytest.mark.parametrize("module", ["httpx", "tenacity"])
def test_without_the_extra(library: Path, tmp_path: Path, module: str) -> None:
    service = ["lyrics", "fetch", "--source", "lrclib"] if module == "httpx" else ["import", "spotify", spotify_id(1)]
    code = f"import sys; sys.modules[{module!r}] = None; from img2music.cli.app import main; main()"
    done = call([sys.executable, "-c", code, *service, "--library", str(library)], tmp_path).sound(2)
    assert "needs an extra: pip install 'img2music[web]'" in done.err
    if module == "httpx":  # what is on this machine needs none
        call([sys.executable, "-c", code, "lyrics", "fetch", "--library", str(library)], tmp_path).sound(0)


def test_keys_are_never_told(library: Path, tmp_path: Path) -> None:
    command = ("lyrics", "fetch", "--library", library, "--source", "musixmatch")
    done = img2music(*command, home=tmp_path).sound(2)
    assert "musixmatch needs a key of yours: set IMG2MUSIC_MUSIXMATCH_KEY" in done.err
    with MusixmatchServer({("Song 0", "Somebody"): "These are the words"}) as server:
        settings = tmp_path / "config" / "img2music" / "sources.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'[musixmatch]\nkey = "{server.KEY}"\nurl = "{server.url}/ws/1.1"\n')
        home = {"home": tmp_path, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        done = img2music(*command, "--limit", "2", **home).sound(0)  # type: ignore[arg-type]
        assert "found for 1 (musixmatch 1), none known for 1" in done.err
        settings.write_text(f'[musixmatch]\nkey = "wr0ng-key"\nurl = "{server.url}/ws/1.1"\n')
        done = img2music(*command, **home).sound(1)  # type: ignore[arg-type]
        assert "it refuses the key" in done.err
    assert "wr0ng" not in done.err
    shown = img2music("lyrics", "show", "1", "--format", "table", "--library", library, home=tmp_path).sound(0)
    assert shown.out == "These are the words\n"
    assert "an excerpt, from musixmatch" in shown.err


@pytest.fixture
def reccobeats() -> Iterator[ReccoBeatsServer]:
    with ReccoBeatsServer({spotify_id(n) for n in range(249)}) as server:
        yield server


@pytest.fixture
def spotify(reccobeats: ReccoBeatsServer) -> Iterator[dict[str, str]]:
    with SpotifyServer({LIST: [spotify_track(n) for n in range(250)]}) as server:
        yield {
            "IMG2MUSIC_SPOTIFY_URL": f"{server.url}/v1",
            "IMG2MUSIC_SPOTIFY_TOKEN_URL": f"{server.url}/accounts/api/token",
            "IMG2MUSIC_SPOTIFY_CLIENT_ID": server.CLIENT,
            "IMG2MUSIC_SPOTIFY_CLIENT_SECRET": server.SECRET,
            "IMG2MUSIC_RECCOBEATS_URL": reccobeats.url,
        }


def test_a_playlist_is_imported_and_recommended(
    spotify: dict[str, str], reccobeats: ReccoBeatsServer, tmp_path: Path
) -> None:
    library = tmp_path / "library.db"
    command = ("import", "spotify", f"https://open.spotify.com/playlist/{LIST}", "--library", library)
    kill_after(reccobeats, 5, *command, home=tmp_path, **spotify)
    with LibraryStore.open(library, read_only=True) as store:
        assert store.count() == 200
    done = img2music(*command, home=tmp_path, **spotify).sound(1)
    jsonschema.validate(done.json, json.loads((ROOT / "docs/schemas/import.json").read_text(encoding="utf-8")))
    assert {name: done.json[name] for name in ("rows", "new", "updated", "left_out")} == {
        "rows": 250,
        "new": 49,
        "updated": 200,
        "left_out": 1,
    }
    assert done.err.count("ReccoBeats is asked for them") == 1
    assert spotify["IMG2MUSIC_SPOTIFY_CLIENT_SECRET"] not in done.err
    found = img2music("recommend", "--emotion", "happiness", "--library", library, home=tmp_path).sound(0)
    assert "Song " in found.out


def test_bad_spotify(spotify: dict[str, str], tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    done = img2music(
        "import", "spotify", "https://example.org/x", "--library", library, home=tmp_path, **spotify
    ).sound(2)
    assert "is no Spotify playlist, album or track" in done.err
    done = img2music("import", "spotify", spotify_id(1), "--library", library, home=tmp_path).sound(2)
    assert "spotify needs a key of yours: set IMG2MUSIC_SPOTIFY_CLIENT_ID and" in done.err
    assert not library.exists()
    wrong = spotify | {"IMG2MUSIC_SPOTIFY_CLIENT_SECRET": "wr0ng"}
    done = img2music("import", "spotify", spotify_id(1), "--library", library, home=tmp_path, **wrong).sound(2)
    assert "Spotify: it refuses the key; check client_id and client_secret." in done.err
    assert "wr0ng" not in done.err + json.dumps(done.out)
