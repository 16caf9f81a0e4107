"""Songs of Spotify into the library."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from img2music.errors import UsageError
from img2music.library.store import LibraryStore
from img2music.library.streaming import REFUSED, SpotifyImport
from tests.support.servers import (
    QUICK,
    Answer,
    ReccoBeatsServer,
    SpotifyServer,
    Truncated,
    features_of,
    spotify_id,
    spotify_track,
)

LIST, OTHER = spotify_id(900), spotify_id(901)
LIST_URL = f"https://open.spotify.com/playlist/{LIST}?si=1"


@pytest.fixture
def store(tmp_path: Path, at) -> Iterator[LibraryStore]:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


@pytest.fixture
def spotify(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpotifyServer]:
    lists = {LIST: [spotify_track(n) for n in range(230)], OTHER: [spotify_track(n) for n in range(220, 240)]}
    with SpotifyServer(lists) as server:
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_URL", f"{server.url}/v1")
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_TOKEN_URL", f"{server.url}/accounts/api/token")
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_ID", server.CLIENT)
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_SECRET", server.SECRET)
        yield server


@pytest.fixture
def reccobeats(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReccoBeatsServer]:
    with ReccoBeatsServer({spotify_id(number) for number in range(239)}) as server:
        monkeypatch.setenv("IMG2MUSIC_RECCOBEATS_URL", server.url)
        yield server


def test_features_from_reccobeats(store: LibraryStore, spotify: SpotifyServer, reccobeats: ReccoBeatsServer) -> None:
    report = SpotifyImport([LIST_URL, f"spotify:playlist:{OTHER}", spotify_id(3)], QUICK).run(store)
    assert (report.rows, report.new, report.updated, report.notes, report.errors) == (240, 239, 0, [REFUSED], [])
    (lacking,) = report.problems
    assert str(lacking).endswith(
        "Song 239 by Nina Simone; Hal Mooney: neither Spotify nor ReccoBeats knows its features; left out"
    )
    assert len([asked for asked in spotify.asked if "audio-features" in asked.path]) == 1
    track = store.find_any(f"spotify:{spotify_id(7)}")
    assert track is not None
    assert (track.title, track.artist, track.year, track.path) == ("Song 7", "Nina Simone; Hal Mooney", 1965, None)
    assert (track.affect.valence, track.affect.arousal) == pytest.approx((7 / 97, 1 - 7 / 97))
    assert track.features.tempo == 97.5


def test_features_from_spotify(store: LibraryStore, spotify: SpotifyServer, reccobeats: ReccoBeatsServer) -> None:
    spotify.features = {spotify_id(n): {"id": spotify_id(n)} | features_of(n) for n in range(230)}
    report = SpotifyImport([LIST_URL], QUICK).run(store)
    assert (report.new, report.notes, reccobeats.asked) == (230, [], [])


def test_what_is_there_is_not_asked_for_again(
    store: LibraryStore, spotify: SpotifyServer, reccobeats: ReccoBeatsServer
) -> None:
    assert SpotifyImport([LIST_URL], QUICK).run(store).new == 230
    asked = len(reccobeats.asked)
    report = SpotifyImport([LIST_URL], QUICK).run(store)
    assert (report.new, report.updated, len(reccobeats.asked)) == (0, 230, asked)
    assert store.count() == 230


def test_a_fault_in_the_middle_loses_nothing(
    store: LibraryStore, spotify: SpotifyServer, reccobeats: ReccoBeatsServer
) -> None:
    spotify.faults.extend([None, None, None, *[Truncated([1] * 99)] * 3])  # token, two pages
    patient = replace(QUICK, read=10.0, total=20.0)  # a late answer would take a fault's turn
    report = SpotifyImport([LIST_URL, f"spotify:playlist:{OTHER}"], patient).run(store)
    assert [str(error) for error in report.errors] == [
        f"{LIST_URL}: Spotify: its answer ends too early, 3 times; try again later."
    ]
    assert (report.rows, report.new) == (120, 119)
    assert SpotifyImport([LIST_URL], QUICK).run(store).new == 120


def test_a_playlist_that_is_not_there(
    store: LibraryStore, spotify: SpotifyServer, reccobeats: ReccoBeatsServer
) -> None:
    report = SpotifyImport([f"spotify:playlist:{spotify_id(5)}", f"spotify:album:{OTHER}"], QUICK).run(store)
    assert report.new == 19
    (error,) = report.errors
    assert "can't be read with this key" in str(error)
    reccobeats.faults.append(Answer({}, 402))
    report = SpotifyImport([LIST_URL, spotify_id(3)], QUICK).run(store)
    assert [error.reason for error in report.errors] == ["ReccoBeats: it answers with 402."]
    assert (report.rows, report.new) == (200, 0)
    reccobeats.faults.append(Answer({}, 400))
    report = SpotifyImport([LIST_URL], QUICK).run(store)
    assert [error.reason for error in report.errors] == ["200 songs are not imported: ReccoBeats: it answers with 400."]
    assert (report.new, report.updated) == (20, 10)


def test_an_empty_playlist(store: LibraryStore, spotify: SpotifyServer) -> None:
    spotify.playlists[spotify_id(902)] = [None]
    (error,) = SpotifyImport([f"spotify:playlist:{spotify_id(902)}"], QUICK).run(store).errors
    assert error.reason == "Spotify names no song of it that can be imported."


def test_bad_usage(spotify: SpotifyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is no Spotify playlist"):
        SpotifyImport(["https://example.org"])
    monkeypatch.delenv("IMG2MUSIC_SPOTIFY_CLIENT_ID")
    with pytest.raises(UsageError, match="IMG2MUSIC_SPOTIFY_CLIENT_ID"):
        SpotifyImport([LIST_URL])
