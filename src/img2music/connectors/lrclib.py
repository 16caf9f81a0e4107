"""LRCLIB: lyrics that people share, without a key (https://lrclib.net/docs)."""

from typing import Any

from img2music.connectors.http import Limits, Session
from img2music.connectors.lyrics import Lyrics, first_artist, lyrics_of, same_words
from img2music.connectors.settings import address
from img2music.errors import SourceError

URL = "https://lrclib.net"
TOLERANCE = 2.0
"""Seconds by which lengths may differ, as LRCLIB has it; a song of another length is often another song."""


class Lrclib:
    """A client of LRCLIB."""

    name = "lrclib"

    def __init__(self, limits: Limits | None = None) -> None:
        self._url = address(self.name, URL)
        self._session = Session("LRCLIB", limits)

    def find(self, title: str, artist: str, album: str | None, duration: float | None) -> Lyrics:
        """Ask for the lyrics of a song: by all that is known of it, and if that fails by title and artist."""
        query = {"track_name": title, "artist_name": first_artist(artist)}
        entry = self._get(query, album, duration)
        if entry is not None and _same_length(entry, duration):
            return _lyrics(entry)
        for lyrics in map(_lyrics, self._search(query, duration)):
            if lyrics != Lyrics():
                return lyrics
        return Lyrics()

    def _get(self, query: dict[str, str], album: str | None, duration: float | None) -> dict[str, Any] | None:
        more = ({"album_name": album} if album else {}) | ({"duration": f"{duration:.0f}"} if duration else {})
        try:
            entry = self._session.ask(f"{self._url}/api/get", query | more)
        except SourceError as error:
            if error.status == 404:
                return None
            raise
        if not isinstance(entry, dict):
            raise SourceError("LRCLIB: its answer is not a song; check its address.")
        return entry

    def _search(self, query: dict[str, str], duration: float | None) -> list[dict[str, Any]]:
        found = self._session.ask(f"{self._url}/api/search", query)
        if not isinstance(found, list):
            raise SourceError("LRCLIB: its answer is not a list of songs; check its address.")
        return [
            entry
            for entry in found
            if isinstance(entry, dict)
            and _same_length(entry, duration)
            and same_words(query["track_name"], entry.get("trackName"))
            and same_words(query["artist_name"], entry.get("artistName"))
        ]


def _same_length(entry: dict[str, Any], duration: float | None) -> bool:
    length = entry.get("duration")
    if not duration or not isinstance(length, int | float) or not length:
        return True
    return abs(length - round(duration)) <= TOLERANCE


def _lyrics(entry: dict[str, Any]) -> Lyrics:
    """An entry may have words without times, with times, both, or neither."""
    for name in ("plainLyrics", "syncedLyrics"):
        text = entry.get(name)
        if isinstance(text, str):
            lyrics = lyrics_of(text)
            if lyrics != Lyrics():
                return lyrics
    return Lyrics(instrumental=entry.get("instrumental") is True)
