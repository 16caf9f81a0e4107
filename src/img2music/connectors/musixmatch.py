"""Musixmatch: licensed lyrics, with a key (https://docs.musixmatch.com); a free one gives 30 % of each."""

import re
from typing import Any

from img2music.connectors.http import Limits, Session
from img2music.connectors.lyrics import Lyrics, first_artist, lyrics_of
from img2music.connectors.settings import address, require
from img2music.errors import SourceError

URL = "https://api.musixmatch.com/ws/1.1"
_FOOTER = re.compile(r"\s*(?:\.\.\.)?\s*\*{3,}[^\n*]*not for commercial use.*", re.IGNORECASE | re.DOTALL)


class Musixmatch:
    """A client of Musixmatch."""

    name = "musixmatch"

    def __init__(self, limits: Limits | None = None) -> None:
        (self._key,) = require(self.name, "key")
        self._url = address(self.name, URL)
        self._session = Session("Musixmatch", limits, secrets=(self._key,), status=_status)

    def find(self, title: str, artist: str, album: str | None, duration: float | None) -> Lyrics:
        """Ask for the lyrics of a song, or for the excerpt that the key allows."""
        query = {"q_track": title, "q_artist": first_artist(artist), "format": "json", "apikey": self._key}
        try:
            answer = self._session.ask(f"{self._url}/matcher.lyrics.get", query)
        except SourceError as error:
            if error.status == 404:
                return Lyrics()
            if error.status == 401:
                raise SourceError("Musixmatch: it refuses the key; check it.", status=401, final=True) from None
            if error.status == 402:
                raise SourceError(
                    "Musixmatch: the quota of the key is used up; try again tomorrow.", status=402, final=True
                ) from None
            raise
        entry = _member(_member(answer, "message", "body"), "lyrics")
        text = entry.get("lyrics_body")
        if entry.get("restricted") or not isinstance(text, str):
            return Lyrics()
        lyrics = lyrics_of(_FOOTER.sub("", text))
        return lyrics if lyrics != Lyrics() else Lyrics(instrumental=bool(entry.get("instrumental")))


def _status(answer: Any) -> int:
    """It answers 200 to everything, and tells the status inside."""
    status = _member(answer, "message", "header").get("status_code")
    return status if isinstance(status, int) else 502


def _member(value: Any, *names: str) -> dict[str, Any]:
    """A dict inside a dict; an empty one where there is none (an empty body is a list, or text)."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
