"""Spotify and ReccoBeats, as they are documented."""

import logging
from collections.abc import Iterator

import pytest

from img2music.connectors.reccobeats import ReccoBeats
from img2music.connectors.spotify import Spotify, parse_reference
from img2music.errors import SourceError, UsageError
from img2music.music.song import Song
from tests.connectors.conftest import Point
from tests.support.servers import (
    QUICK,
    Answer,
    ReccoBeatsServer,
    SpotifyServer,
    features_of,
    spotify_id,
    spotify_track,
)

LIST, ALBUM, OTHER = spotify_id(900), spotify_id(901), spotify_id(902)


@pytest.fixture
def server(point: Point, monkeypatch: pytest.MonkeyPatch) -> Iterator[SpotifyServer]:
    playlist = [spotify_track(number) for number in range(120)]
    odd = [
        None,  # no longer there
        spotify_track(500, type="episode"),
        spotify_track(501, id=None, is_local=True),
        spotify_track(3),  # twice
        spotify_track(502, name=" \n", duration_ms="long", album=None, artists=None),
    ]
    other = [spotify_track(number) for number in range(200, 260)]
    lists = {LIST: [*playlist[:60], *odd, *playlist[60:]], ALBUM: playlist[:55], OTHER: other}
    with SpotifyServer(lists) as running:
        point(running, IMG2MUSIC_SPOTIFY_URL="/v1/", IMG2MUSIC_SPOTIFY_TOKEN_URL="/accounts/api/token")
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_ID", running.CLIENT)
        monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_SECRET", running.SECRET)
        yield running


def titles(songs: list[Song]) -> list[str | None]:
    return [song.title for song in songs]


@pytest.mark.parametrize("development", [False, True])
def test_a_playlist_page_by_page(server: SpotifyServer, development: bool) -> None:
    server.development = development
    songs = list(Spotify(QUICK).songs([("playlist", LIST)]))
    assert titles(songs) == [f"Song {number}" for number in range(120)]
    assert [song.row for song in songs] == list(range(1, 121))
    assert songs[7] == Song(
        row=8,
        title="Song 7",
        artist="Nina Simone; Hal Mooney",
        album="Pastel Blues",
        year=1965,
        duration=200.007,
        identifier=f"spotify:{spotify_id(7)}",
    )
    assert [asked.path for asked in server.asked].count(f"/v1/playlists/{LIST}/items") == 3


@pytest.mark.parametrize("development", [False, True])
def test_tracks_by_id(server: SpotifyServer, development: bool) -> None:
    server.development = development
    references = [("track", spotify_id(number)) for number in [*range(60), 777]]
    songs = list(Spotify(QUICK).songs([*references, ("album", ALBUM)]))
    assert titles(songs) == [f"Song {number}" for number in range(60)]
    batches = [asked.query for asked in server.asked if asked.path.rstrip("/") == "/v1/tracks"]
    assert len(batches) == (1 if development else 2)


def test_an_album(server: SpotifyServer) -> None:
    songs = list(Spotify(QUICK).songs([("album", ALBUM)]))
    assert titles(songs) == [f"Song {number}" for number in range(55)]
    assert (songs[0].album, songs[0].year) == ("The Album", 1999)


def test_features_where_the_key_allows_it(server: SpotifyServer) -> None:
    server.features = {spotify_id(n): {"id": spotify_id(n)} | features_of(n) for n in range(110)}
    server.features[spotify_id(0)] |= {
        "key": -1,
        "tempo": 0,
        "energy": 1.5,
        "valence": "high",
        "mode": True,
        "liveness": 10**400,
    }
    client = Spotify(QUICK)
    songs = client.fill(list(client.songs([("playlist", LIST)])))
    assert not client.refuses_features
    assert (songs[0].key, songs[0].tempo, songs[0].energy, songs[0].valence, songs[0].mode) == (None,) * 5
    assert songs[0].liveness is None
    assert (songs[7].key, songs[7].mode, songs[7].tempo, songs[7].loudness) == (7, 1, 97.5, -8.5)
    assert songs[7].valence == pytest.approx(7 / 97)
    assert songs[115].valence is None


@pytest.mark.parametrize("status", [403, 404, 410])
def test_features_are_refused_once(server: SpotifyServer, status: int) -> None:
    client = Spotify(QUICK)
    songs = list(client.songs([("playlist", LIST)]))
    server.faults.append(Answer({"error": {"status": status}}, status))
    before = len(server.asked)
    assert client.fill(songs) == songs
    assert client.refuses_features
    assert client.fill(songs) == songs
    assert len(server.asked) == before + 1


def test_tokens_end(server: SpotifyServer) -> None:
    client = Spotify(QUICK)
    songs = client.songs([("playlist", LIST)])
    assert next(songs).title == "Song 0"
    server.expire()
    assert len(list(songs)) == 119
    assert [asked.path for asked in server.asked].count("/accounts/api/token") == 2
    server.valid_for = 30  # less than the margin of a minute: a new one each time
    server.expire()
    assert len(list(client.songs([("playlist", OTHER)]))) == 60


@pytest.mark.parametrize("value", [{}, [], None, "x", {"access_token": "a", "expires_in": "b"}])
def test_tokens_that_are_none(server: SpotifyServer, value: object) -> None:
    server.faults.append(Answer(value))
    with pytest.raises(SourceError, match="Spotify: its answer holds no token"):
        list(Spotify(QUICK).songs([("playlist", LIST)]))


@pytest.mark.parametrize("value", [{}, [], None, "x", {"items": None}, {"items": 3}])
def test_pages_that_are_none(server: SpotifyServer, value: object) -> None:
    client = Spotify(QUICK)
    list(client.songs([("track", spotify_id(1))]))
    server.faults.append(Answer(value))
    with pytest.raises(SourceError, match="Spotify: its answer holds no list of items"):
        list(client.songs([("playlist", LIST)]))


def test_passing_faults(server: SpotifyServer) -> None:
    server.faults.extend([Answer(status=500), None, Answer({}, 429, {"Retry-After": "0"}), None, Answer(status=502)])
    assert len(list(Spotify(QUICK).songs([("playlist", LIST)]))) == 120


def test_wrong_keys(server: SpotifyServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_SECRET", "wr0ng-s3cret")
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError, match="refuses the key") as caught:
        list(Spotify(QUICK).songs([("playlist", LIST)]))
    assert caught.value.final
    assert "wr0ng" not in str(caught.value) + caplog.text
    monkeypatch.delenv("IMG2MUSIC_SPOTIFY_CLIENT_SECRET")
    with pytest.raises(UsageError, match="IMG2MUSIC_SPOTIFY_CLIENT_SECRET"):
        Spotify(QUICK)


def test_nothing_is_logged_of_keys_and_tokens(server: SpotifyServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = Spotify(QUICK)
        client.fill(list(client.songs([("playlist", LIST)])))
    assert "/v1/playlists" in caplog.text  # what httpx says of addresses
    for secret in (server.CLIENT, server.SECRET, "token-0", "Bearer", "Basic"):
        assert secret not in caplog.text


def test_a_playlist_that_can_not_be_read(server: SpotifyServer) -> None:
    with pytest.raises(SourceError, match=f"the playlist {spotify_id(1)} can't be read with this key"):
        list(Spotify(QUICK).songs([("playlist", spotify_id(1))]))
    with pytest.raises(SourceError, match="404: Resource not found"):
        list(Spotify(QUICK).songs([("album", spotify_id(1))]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://open.spotify.com/playlist/37i9dQZF1DX4sWSpwq3LiO?si=4a", ("playlist", "37i9dQZF1DX4sWSpwq3LiO")),
        ("open.spotify.com/intl-de/track/6f807x0ima9a1j3VPbc7VN/", ("track", "6f807x0ima9a1j3VPbc7VN")),
        ("https://open.spotify.com/embed/album/6f807x0ima9a1j3VPbc7VN#x", ("album", "6f807x0ima9a1j3VPbc7VN")),
        (" spotify:track:6f807x0ima9a1j3VPbc7VN\n", ("track", "6f807x0ima9a1j3VPbc7VN")),
        ("spotify:user:me:playlist:37i9dQZF1DX4sWSpwq3LiO", ("playlist", "37i9dQZF1DX4sWSpwq3LiO")),
        ("6f807x0ima9a1j3VPbc7VN", ("track", "6f807x0ima9a1j3VPbc7VN")),
    ],
)
def test_addresses(text: str, expected: tuple[str, str]) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "x", "https://evil.example/track/6f807x0ima9a1j3VPbc7VN", "spotify:artist:6f807x0ima9a1j3VPbc7VN", "../../me"],
)
def test_other_addresses(text: str) -> None:
    with pytest.raises(UsageError, match="is no Spotify playlist, album or track"):
        parse_reference(text)


def songs(*numbers: int) -> list[Song]:
    return [Song(row=n + 1, title=f"Song {n}", identifier=f"spotify:{spotify_id(n)}") for n in numbers]


@pytest.fixture
def reccobeats(point: Point) -> Iterator[ReccoBeatsServer]:
    with ReccoBeatsServer({spotify_id(number) for number in range(90)}) as running:
        point(running, IMG2MUSIC_RECCOBEATS_URL="")
        yield running


def test_reccobeats_in_batches(reccobeats: ReccoBeatsServer) -> None:
    asked_for = [*songs(*range(100)), Song(row=101, title="Local"), *songs(5)]
    filled = ReccoBeats(QUICK).fill(asked_for)
    assert len(reccobeats.asked) == 3
    assert [song.title for song in filled] == [song.title for song in asked_for]
    assert filled[8].tempo == 98.5
    assert filled[8].valence == pytest.approx(8 / 97)
    assert filled[101].key == 5
    assert filled[95] == asked_for[95]
    assert filled[100] == asked_for[100]
    assert ReccoBeats(QUICK).fill(filled[:90]) == filled[:90]
    assert len(reccobeats.asked) == 3  # what is known is not asked for again


def test_reccobeats_by_its_own_ids(reccobeats: ReccoBeatsServer) -> None:
    id_ = "00000000-0000-4000-8000-000000000007"
    reccobeats.faults.append(Answer({"content": [{"id": id_, "href": None} | features_of(7), 3, {}]}))
    (song,) = ReccoBeats(QUICK).fill([Song(row=1, identifier=f"reccobeats:{id_}")])
    assert song.key == 7


def test_reccobeats_knows_nothing(reccobeats: ReccoBeatsServer) -> None:
    reccobeats.faults.append(Answer({"error": "not found"}, 404))
    assert ReccoBeats(QUICK).fill(songs(1)) == songs(1)
    reccobeats.faults.append(Answer({"content": None}))
    with pytest.raises(SourceError, match="ReccoBeats: its answer holds no list"):
        ReccoBeats(QUICK).fill(songs(1))
