"""Spotify's Web API: songs of playlists, albums and tracks, with a key (https://developer.spotify.com/documentation/web-api)."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from img2music.connectors.features import with_features
from img2music.connectors.http import Limits, Session
from img2music.connectors.settings import address, require
from img2music.connectors.tags import one_line
from img2music.errors import MissingExtraError, SourceError, UsageError, printable
from img2music.music.song import Song

try:
    import spotipy
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials
except ModuleNotFoundError:
    raise MissingExtraError("Asking Spotify", "web") from None

URL = "https://api.spotify.com/v1"
TOKEN_URL = "https://accounts.spotify.com/api/token"  # noqa: S105 - an address
KINDS = ("playlist", "album", "track")
TRACKS_A_REQUEST, FEATURES_A_REQUEST, ITEMS_A_PAGE = 50, 100, 50
MAX_PAGES = 2000  # a playlist has at most 10,000 songs; a service that never ends its list is broken

_ID = re.compile(r"[0-9A-Za-z]{22}")
_URL = re.compile(r"(?:https?://)?open\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?([a-z]+)/([0-9A-Za-z]+)/?(?:[?#].*)?")
_URI = re.compile(r"spotify:(?:user:[^:]+:)?([a-z]+):([0-9A-Za-z]+)")
_GONE = (403, 404, 410)

Value = TypeVar("Value")

# spotipy writes tokens and keys to its log; what it has to say of errors, ours say.
logging.getLogger("spotipy").setLevel(logging.CRITICAL)


def parse_reference(text: str) -> tuple[str, str]:
    """Read a Spotify address.

    Parameters
    ----------
    text : str
        ``https://open.spotify.com/playlist/...``, ``spotify:track:...``, or the 22 letters and digits of a track alone.

    Returns
    -------
    kind : str
        One of `KINDS`.
    id : str

    Raises
    ------
    UsageError
        If it is none of these.
    """
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
        session = Session("Spotify", limits, secrets=(client, secret))
        self._tokens = _Tokens(client, secret, requests_session=session, cache_handler=MemoryCacheHandler())
        self._tokens.OAUTH_TOKEN_URL = address("spotify", TOKEN_URL, "token_url")
        self._api = spotipy.Spotify(auth_manager=self._tokens, requests_session=session)
        self._api.prefix = f"{address('spotify', URL)}/"
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
                # Not spotipy's audio_features, which warns of its deprecation on every call.
                answer = self._ask(lambda: self._api._get("audio-features", ids=batch))  # noqa: B023 - called at once
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
                yield from _list(self._ask(lambda: self._api.tracks(ids)), "tracks")
            except SourceError as error:
                if error.status not in _GONE:
                    raise
                # https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide
                self._single_tracks = True
        if self._single_tracks:
            for id_ in ids:
                try:
                    yield self._ask(lambda: self._api.track(id_))  # noqa: B023 - called at once
                except SourceError as error:
                    if error.status != 404:
                        raise

    def _playlist(self, id_: str) -> Iterator[Any]:
        try:
            for item in self._pages(lambda start: self._api.playlist_items(id_, limit=ITEMS_A_PAGE, offset=start)):
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
        album = self._ask(lambda: self._api.album(id_))
        for track in self._pages(lambda start: self._api.album_tracks(id_, limit=ITEMS_A_PAGE, offset=start)):
            if isinstance(track, dict):
                yield track | {"album": album}

    def _pages(self, page: Callable[[int], Any]) -> Iterator[Any]:
        start = 0
        for _ in range(MAX_PAGES):
            answer = self._ask(lambda: page(start))  # noqa: B023 - called at once
            items = _list(answer, "items")
            yield from items
            start += len(items)
            if not items or answer.get("next") is None:
                return

    def _ask(self, call: Callable[[], Value]) -> Value:
        """Ask, and once more with a new token where the old one is refused: they live for an hour."""
        try:
            return self._call(call)
        except SourceError as error:
            if error.status != 401 or self._tokens.cache_handler.get_cached_token() is None:
                raise
        self._tokens.cache_handler.save_token_to_cache(None)
        return self._call(call)

    def _call(self, call: Callable[[], Value]) -> Value:
        had_token = self._tokens.cache_handler.get_cached_token() is not None
        try:
            return call()
        except SourceError as error:
            has_token = self._tokens.cache_handler.get_cached_token() is not None
            if not had_token and not has_token and error.status in (400, 401):
                raise SourceError(
                    "Spotify: it refuses the key; check client_id and client_secret.", status=error.status, final=True
                ) from None
            raise


class _Tokens(SpotifyClientCredentials):  # type: ignore[misc]  # spotipy has no types
    """spotipy's tokens, whose shape it would trust."""

    def _request_access_token(self) -> dict[str, Any]:
        token = super()._request_access_token()
        sound = isinstance(token, dict) and isinstance(token.get("access_token"), str)
        if not sound or not isinstance(token.get("expires_in"), int):
            raise SourceError("Spotify: its answer holds no token; check its address.")
        return dict(token)


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
    artists = entry.get("artists")
    names = (
        [_line(artist.get("name")) for artist in artists if isinstance(artist, dict)]
        if isinstance(artists, list)
        else []
    )
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
    if not isinstance(value, str):
        return None
    return one_line(value) or None
