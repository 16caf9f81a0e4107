"""ReccoBeats: features of songs by their Spotify ids, without a key (https://reccobeats.com/docs)."""

from collections.abc import Iterator, Sequence
from typing import Any

from img2music.connectors.features import has_features, with_features
from img2music.connectors.http import Limits, Session
from img2music.connectors.settings import address
from img2music.errors import SourceError
from img2music.music.song import Song

URL = "https://api.reccobeats.com"
BATCH = 40
"""Ids a request, at most."""


class ReccoBeats:
    """A client of ReccoBeats."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._url = address("reccobeats", URL)
        self._session = Session("ReccoBeats", limits)

    def fill(self, songs: Sequence[Song]) -> list[Song]:
        """Fill in the features that songs lack."""
        wanted = dict.fromkeys(id_ for song in songs if not has_features(song) and (id_ := _id(song)) is not None)
        found: dict[str, dict[str, Any]] = {}
        ids = list(wanted)
        for start in range(0, len(ids), BATCH):
            found.update(self._features(ids[start : start + BATCH]))
        return [with_features(song, found[id_]) if (id_ := _id(song)) in found else song for song in songs]

    def _features(self, ids: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        try:
            answer = self._session.ask(f"{self._url}/v1/audio-features", {"ids": ",".join(ids)})
        except SourceError as error:
            if error.status == 404:  # it knows none of them
                return
            raise
        entries = answer.get("content") if isinstance(answer, dict) else None
        if not isinstance(entries, list):
            raise SourceError("ReccoBeats: its answer holds no list of features; check its address.")
        for entry in entries:
            if isinstance(entry, dict):
                # An entry has an id of ReccoBeats' own; that of Spotify ends the address in "href".
                for id_ in (entry.get("id"), str(entry.get("href")).rpartition("/")[2]):
                    if id_ in ids:
                        yield id_, entry


def _id(song: Song) -> str | None:
    source, _, id_ = (song.identifier or "").partition(":")
    return id_ if source in ("spotify", "reccobeats") and id_ else None
