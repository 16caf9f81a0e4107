"""Servers on loopback that behave as the documented web services do, failures included."""

import base64
import email.utils
import json
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from img2music.connectors.http import Limits

QUICK = Limits(connect=2, read=0.3, total=0.6, patience=5, tries=3, backoff=0.001, body=1 << 16, rate=10_000)
"""Limits under which a failure takes no time."""


@dataclass(frozen=True)
class Asked:
    """A request that a server got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """What a server says to a request."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        body = self.body
        handler.send_response(self.status)
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (usual | self.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    @property
    def body(self) -> bytes:
        return json.dumps(self.value).encode() if self.raw is None else self.raw


class Truncated(Answer):
    """Half of a body, after which the connection ends."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self.status)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body[: len(self.body) // 2])
        handler.close_connection = True


class Unending(Answer):
    """A body without a stated length, which ends too early, as a server that dies sends it."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self.status)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(self.body[: len(self.body) // 2])
        handler.close_connection = True


class SlowBody(Answer):
    """A byte now and then, each in time, the whole never."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        drip(handler, b" ")


class SlowHead(Answer):
    """The same in the headers."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        drip(handler, b"x")


class Silence(Answer):
    """Nothing at all."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.8)
        handler.close_connection = True


class Reset(Answer):
    """A connection that is reset."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True


class Gigantic(Answer):
    """A body without end."""

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        handler.close_connection = True
        try:
            while True:
                handler.wfile.write(b"[" * (1 << 16))
        except OSError:
            pass


def drip(handler: BaseHTTPRequestHandler, byte: bytes) -> None:
    handler.close_connection = True
    until = time.monotonic() + 20
    try:
        while time.monotonic() < until:
            handler.wfile.write(byte)
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


def http_date(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


class Server:
    """A web service on loopback.

    `faults` are its next answers, before what it would say by itself. It answers `answers` requests, and keeps the next
    one waiting.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: deque[Answer | None] = deque()
        self.answers = 1_000_000
        self._ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer.handle(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that has gone

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0))).decode()
        asked = Asked(handler.command, parts.path, query, dict(handler.headers.items()), body)
        self.asked.append(asked)
        if len(self.asked) > self.answers:
            self._ended.wait(60)
        fault = self.faults.popleft() if self.faults else None
        (fault or self.answer(asked)).send(handler)

    def answer(self, asked: Asked) -> Answer:
        return Answer({"path": asked.path})

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class LrclibServer(Server):
    """https://lrclib.net/docs."""

    def __init__(self, *songs: dict[str, Any]) -> None:
        super().__init__()
        self.songs = [lrclib_entry(**song) for song in songs]

    def answer(self, asked: Asked) -> Answer:
        assert asked.headers["User-Agent"].startswith("img2music/")
        query = asked.query
        found = [
            song
            for song in self.songs
            if song["trackName"].lower() == query.get("track_name", "").lower()
            and query.get("artist_name", "").lower() in song["artistName"].lower()
        ]
        if asked.path == "/api/search":
            return Answer(found)
        assert asked.path == "/api/get"
        found = [
            song
            for song in found
            if song["artistName"].lower() == query["artist_name"].lower()
            and song["albumName"] == query.get("album_name", song["albumName"])
            and abs(song["duration"] - float(query.get("duration", song["duration"]))) <= 2
        ]
        if found:
            return Answer(found[0])
        missing = {"code": 404, "name": "TrackNotFound", "message": "Failed to find specified track"}
        return Answer(missing, 404)


def lrclib_entry(
    title: str,
    artist: str,
    *,
    album: str = "Album",
    duration: float = 200.0,
    plain: str | None = None,
    synced: str | None = None,
    instrumental: bool = False,
) -> dict[str, Any]:
    return {
        "id": 3396226,
        "trackName": title,
        "artistName": artist,
        "albumName": album,
        "duration": duration,
        "instrumental": instrumental,
        "plainLyrics": plain,
        "syncedLyrics": synced,
    }


class MusixmatchServer(Server):
    """https://docs.musixmatch.com: HTTP 200 always, the status inside, 30 % of the words and a footer."""

    KEY = "mXm-secret/key+1"

    def __init__(self, songs: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self.songs = songs

    def answer(self, asked: Asked) -> Answer:
        assert asked.path == "/ws/1.1/matcher.lyrics.get"
        if asked.query.get("apikey") != self.KEY:
            return Answer(musixmatch_message(401))
        words = self.songs.get((asked.query["q_track"], asked.query["q_artist"]))
        if words is None:
            return Answer(musixmatch_message(404))
        footer = "...\n\n******* This Lyrics is NOT for Commercial use *******\n(1409618301886)"
        return Answer(musixmatch_message(200, lyrics_body=f"{words}\n{footer}"))


def musixmatch_message(status: int, **lyrics: Any) -> dict[str, Any]:
    entry = {"lyrics_id": 15912802, "restricted": 0, "instrumental": 0, "lyrics_language": "en"} | lyrics
    body = {"lyrics": entry} if lyrics else []
    return {"message": {"header": {"status_code": status, "execute_time": 0.02}, "body": body}}


class SpotifyServer(Server):
    """https://developer.spotify.com/documentation/web-api, and its accounts service under ``/accounts``."""

    CLIENT, SECRET = "client0123456789", "secret9876543210"

    def __init__(self, playlists: dict[str, list[dict[str, Any] | None]]) -> None:
        super().__init__()
        self.playlists = playlists
        self.catalogue = {track["id"]: track for tracks in playlists.values() for track in tracks if track}
        self.tokens: list[str] = []
        self.valid_for = 3600
        self.development = False  # an application in development mode, since February 2026
        self.features: dict[str, dict[str, Any]] | None = None  # None: 403, as for applications since November 2024

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/accounts/api/token":
            return self._token(asked)
        if asked.headers.get("Authorization") not in [f"Bearer {token}" for token in self.tokens[-1:]]:
            return spotify_error(401, "The access token expired")
        return self._resource(asked)

    def expire(self) -> None:
        """Let all tokens expire before their time."""
        self.tokens.append("none")

    def _token(self, asked: Asked) -> Answer:
        expected = base64.b64encode(f"{self.CLIENT}:{self.SECRET}".encode()).decode()
        if asked.method != "POST" or asked.body != "grant_type=client_credentials":
            return Answer({"error": "unsupported_grant_type"}, 400)
        if asked.headers.get("Authorization") != f"Basic {expected}":
            return Answer({"error": "invalid_client", "error_description": "Invalid client secret"}, 400)
        self.tokens.append(f"token-{len(self.tokens)}")
        return Answer({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.valid_for})

    def _resource(self, asked: Asked) -> Answer:
        kinds: list[tuple[str, Callable[..., Answer]]] = [
            (r"/v1/playlists/(\w+)/items", self._items),
            (r"/v1/albums/(\w+)", self._album),
            (r"/v1/albums/(\w+)/tracks/?", self._album_tracks),
            (r"/v1/tracks/(\w+)", self._track),
            (r"/v1/tracks/?", self._tracks),
            (r"/v1/audio-features/?", self._features),
        ]
        for pattern, method in kinds:
            found = re.fullmatch(pattern, asked.path)
            if found:
                return method(asked, *found.groups())
        return spotify_error(404, "Service not found")

    def _page(self, asked: Asked, items: list[Any]) -> Answer:
        limit, start = int(asked.query["limit"]), int(asked.query["offset"])
        assert 1 <= limit <= 50
        more = f"{self.url}{asked.path}?limit={limit}&offset={start + limit}" if start + limit < len(items) else None
        return Answer({"items": items[start : start + limit], "next": more, "total": len(items), "limit": limit})

    def _items(self, asked: Asked, playlist: str) -> Answer:
        if playlist not in self.playlists:
            return spotify_error(404, "Resource not found")
        name = "item" if self.development else "track"
        return self._page(asked, [{"added_at": None, name: track} for track in self.playlists[playlist]])

    def _album(self, asked: Asked, album: str) -> Answer:
        if album not in self.playlists:
            return spotify_error(404, "Resource not found")
        return Answer({"id": album, "name": "The Album", "release_date": "1999-01-02"})

    def _album_tracks(self, asked: Asked, album: str) -> Answer:
        tracks = [track for track in self.playlists[album] if track]
        return self._page(asked, [{name: track[name] for name in track if name != "album"} for track in tracks])

    def _track(self, asked: Asked, track: str) -> Answer:
        return Answer(self.catalogue[track]) if track in self.catalogue else spotify_error(404, "Non existing id")

    def _tracks(self, asked: Asked) -> Answer:
        ids = asked.query["ids"].split(",")
        assert len(ids) <= 50
        if self.development:
            return spotify_error(403, "Forbidden")
        return Answer({"tracks": [self.catalogue.get(id_) for id_ in ids]})

    def _features(self, asked: Asked) -> Answer:
        ids = asked.query["ids"].split(",")
        assert len(ids) <= 100
        if self.features is None:
            return Answer({"error": {"status": 403}}, 403)
        return Answer({"audio_features": [self.features.get(id_) for id_ in ids]})


def spotify_error(status: int, message: str) -> Answer:
    return Answer({"error": {"status": status, "message": message}}, status)


def spotify_id(number: int) -> str:
    return f"{number:022d}"


def spotify_track(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": spotify_id(number),
        "type": "track",
        "name": f"Song {number}",
        "artists": [{"id": "a", "name": "Nina Simone"}, {"id": "b", "name": "Hal Mooney"}],
        "album": {"name": "Pastel Blues", "release_date": "1965-10"},
        "duration_ms": 200_000 + number,
        "is_local": False,
    } | more


def features_of(number: int) -> dict[str, Any]:
    share = (number % 97) / 97
    return {
        "danceability": share,
        "energy": 1 - share,
        "valence": share,
        "acousticness": 0.25,
        "instrumentalness": 0.0,
        "liveness": 0.125,
        "speechiness": 0.0625,
        "tempo": 90.5 + number % 60,
        "key": number % 12,
        "mode": number % 2,
        "loudness": -8.5,
    }


class ReccoBeatsServer(Server):
    """https://reccobeats.com/docs: up to 40 ids, of Spotify's or its own; what it does not know is left out."""

    def __init__(self, known: set[str]) -> None:
        super().__init__()
        self.known = known

    def answer(self, asked: Asked) -> Answer:
        assert asked.path == "/v1/audio-features"
        ids = asked.query["ids"].split(",")
        if len(ids) > 40:
            return Answer({"error": "Invalid parameter: ids", "path": asked.path, "status": 4001}, 400)
        content = [
            {"id": f"00000000-0000-4000-8000-{id_[-12:]}", "href": f"https://open.spotify.com/track/{id_}"}
            | features_of(int(id_))
            for id_ in ids
            if id_ in self.known
        ]
        return Answer({"content": content})
