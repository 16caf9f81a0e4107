"""Spotify's Web API: songs of playlists, albums and tracks, with a key (https://developer.spotify.com/documentation/web-api)."""

import base64
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from img2music.connectors.features import with_features
from img2music.connectors.http import Limits, Session
from img2music.connectors.settings import address, require
from img2music.connectors.tags import one_line
from img2music.errors import SourceError, UsageError, printable
from img2music.music.song import Song

URL = "https://api.spotify.com/v1"
TOKEN_URL = "https://accounts.spotify.com/api/token"  # noqa: S105 - an address
KINDS = ("playlist", "album", "track")
TRACKS_A_REQUEST, FEATURES_A_REQUEST, ITEMS_A_PAGE = 50, 100, 50
MAX_PAGES = 2000  # a playlist has at most 10,000 songs; a service that never ends its list is broken
MARGIN = 60.0  # seconds before its end from which a token is not used

_ID = re.compile(r"[0-9A-Za-z]{22}")
_URL = re.compile(r"(?:https?://)?open\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?([a-z]+)/([0-9A-Za-z]+)/?(?:[?#].*)?")
_URI = re.compile(r"spotify:(?:user:[^:]+:)?([a-z]+):([0-9A-Za-z]+)")
_GONE = (403, 404, 410)


def parse_reference(text: str) -> tuple[str, str]:
    """Tell kind (of `KINDS`) and id of an address such as ``spotify:track:...``; an id alone is a track's."""
    text = text.strip()
    found = _URL.fullmatch(text) or _URI.fullmatch(text)
    kind, id_ = (found[1], found[2]) if found else ("track", text)
    if kind not in KINDS or not _ID.fullmatch(id_):
        raise UsageError(
            f"{printable(text)} is no Spotify playlist, album or track; give an address such as "
            "https://open.spotify.com/playlist/37i9dQZF1DX4sWSpwq3LiO or spotify:track:6f807x0ima9a1j3VPbc7VN."
        )
    return kind, id_


class Spotify:
    """A client of Spotify's Web API, with an application's own key (client credentials)."""

    def __init__(self, limits: Limits | None = None) -> None:
        client, secret = require("spotify", "client_id", "client_secret")
        self._key = base64.b64encode(f"{client}:{secret}".encode()).decode()
        self._session = Session("Spotify", limits, secrets=(client, secret, self._key))
        self._url, self._token_url = address("spotify", URL), address("spotify", TOKEN_URL, "token_url")
        self._token, self._until = "", 0.0
        self._single_tracks = False
        self._seen: set[str] = set()
        self.refuses_features = False

    def songs(self, references: Sequence[tuple[str, str]]) -> Iterator[Song]:
        """Read songs without their features. What this client has read before does not come again."""
        for entry in self._entries(references):
            song = _song(entry, len(self._seen) + 1)
            if song is not None and song.identifier is not None and song.identifier not in self._seen:
                self._seen.add(song.identifier)
                yield song

    def fill(self, songs: Sequence[Song]) -> list[Song]:
        """Fill in the features of songs, where the key allows it."""
        found: dict[str, dict[str, Any]] = {}
        ids = [song.identifier.removeprefix("spotify:") for song in songs if song.identifier]
        for start in range(0, len(ids), FEATURES_A_REQUEST):
            if self.refuses_features:
                break
            batch = ",".join(ids[start : start + FEATURES_A_REQUEST])
            try:
                answer = self._get("audio-features", ids=batch)
            except SourceError as error:
                if error.status not in _GONE:
                    raise
                self.refuses_features = True
                break
            for entry in _list(answer, "audio_features"):
                if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                    found[f"spotify:{entry['id']}"] = entry
        return [with_features(song, found.get(song.identifier or "", {})) for song in songs]

    def _entries(self, references: Sequence[tuple[str, str]]) -> Iterator[Any]:
        tracks: list[str] = []
        for kind, id_ in references:
            if kind == "track":
                tracks.append(id_)
                if len(tracks) < TRACKS_A_REQUEST:
                    continue
            yield from self._tracks(tracks)
            tracks = []
            if kind == "playlist":
                yield from self._playlist(id_)
            elif kind == "album":
                yield from self._album(id_)
        yield from self._tracks(tracks)

    def _tracks(self, ids: list[str]) -> Iterator[Any]:
        if ids and not self._single_tracks:
            try:
                yield from _list(self._get("tracks", ids=",".join(ids)), "tracks")
            except SourceError as error:
                if error.status not in _GONE:
                    raise
                # https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide
                self._single_tracks = True
        if self._single_tracks:
            for id_ in ids:
                try:
                    yield self._get(f"tracks/{id_}")
                except SourceError as error:
                    if error.status != 404:
                        raise

    def _playlist(self, id_: str) -> Iterator[Any]:
        try:
            for item in self._pages(f"playlists/{id_}/items", additional_types="track,episode"):
                if isinstance(item, dict):  # "item" since February 2026, "track" before
                    yield item.get("item") or item.get("track")
        except SourceError as error:
            if error.status not in (403, 404):
                raise
            raise SourceError(
                f"Spotify: the playlist {id_} can't be read with this key: it is private or Spotify's own, it does "
                "not exist, or the application is in development mode, which reads no playlists (docs/sources.md).",
                status=error.status,
            ) from None

    def _album(self, id_: str) -> Iterator[Any]:
        album = self._get(f"albums/{id_}")
        for track in self._pages(f"albums/{id_}/tracks"):
            if isinstance(track, dict):
                yield track | {"album": album}

    def _pages(self, path: str, **params: str) -> Iterator[Any]:
        start = 0
        for _ in range(MAX_PAGES):
            answer = self._get(path, limit=ITEMS_A_PAGE, offset=start, **params)
            items = _list(answer, "items")
            yield from items
            start += len(items)
            if not items or answer.get("next") is None:
                return

    def _get(self, path: str, **params: str | int) -> Any:
        """Ask, and once more with a new token where the old one is refused: they live for an hour."""
        if time.monotonic() > self._until:
            self._renew_token()
        try:
            return self._ask(path, params)
        except SourceError as error:
            if error.status != 401:
                raise
        self._renew_token()
        return self._ask(path, params)

    def _ask(self, path: str, params: dict[str, str | int]) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._session.ask(f"{self._url}/{path}", params, headers=headers)

    def _renew_token(self) -> None:
        """https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow."""
        headers, data = {"Authorization": f"Basic {self._key}"}, {"grant_type": "client_credentials"}
        try:
            answer = self._session.ask(self._token_url, method="POST", data=data, headers=headers)
        except SourceError as error:
            if error.status not in (400, 401):
                raise
            reason = "Spotify: it refuses the key; check client_id and client_secret."
            raise SourceError(reason, status=error.status, final=True) from None
        token, seconds = (
            answer.get(name) if isinstance(answer, dict) else None for name in ("access_token", "expires_in")
        )
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise SourceError("Spotify: its answer holds no token; check its address.")
        self._token, self._until = token, time.monotonic() + seconds - MARGIN


def _list(answer: Any, name: str) -> list[Any]:
    items = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise SourceError(f"Spotify: its answer holds no list of {name}; check its address.")
    return items


def _song(entry: Any, row: int) -> Song | None:
    if not isinstance(entry, dict) or entry.get("type", "track") != "track":
        return None
    id_, title = entry.get("id"), _line(entry.get("name"))
    if not isinstance(id_, str) or not _ID.fullmatch(id_) or title is None:
        return None  # a file of the user's own, or what Spotify no longer has
    artists = entry["artists"] if isinstance(entry.get("artists"), list) else []
    names = [_line(artist.get("name")) for artist in artists if isinstance(artist, dict)]
    album = entry["album"] if isinstance(entry.get("album"), dict) else {}
    year = re.match(r"[12]\d{3}", str(album.get("release_date")))
    length = entry.get("duration_ms")
    return Song(
        row=row,
        title=title,
        artist="; ".join(name for name in names if name) or None,
        album=_line(album.get("name")),
        year=int(year[0]) if year else None,
        duration=length / 1000 if isinstance(length, int | float) and 0 < length < 1e8 else None,  # a day
        identifier=f"spotify:{id_}",
    )


def _line(value: object) -> str | None:
    """One line of text, as tags are read."""
    return (one_line(value) or None) if isinstance(value, str) else None
