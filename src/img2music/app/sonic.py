"""Songs of a music server that feel alike, told to its clients by the ids that these know."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from img2music.app.feedback import judged
from img2music.app.library import Library, store_of
from img2music.connectors.music_server import ServerSong
from img2music.matching.paths import even_path
from img2music.options import ME

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 500
"""Songs of an answer."""
MOST_RANKED = 4_000
"""Tracks that are looked through for those that a server has."""
FURTHEST = math.sqrt(2)
"""Distance of the corners of the plane on which songs stand by their ranks."""


class UnknownSongError(Exception):
    """A song is not the server's, or no track that is there."""


@dataclass(frozen=True, slots=True)
class SonicMatch:
    """A song of a server, and how much it feels like another."""

    song: ServerSong
    similarity: float  # 1: the same; 0: as different as can be


class SonicSimilarity:
    """Finds songs that feel alike among those of a music server that are matched to the library's."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._servers = store_of(library).servers

    def similar(self, connection: str, song: str, count: int) -> list[SonicMatch]:
        """Songs that feel like another, as the library ranks what else feels like it."""
        track = self._library.tracks_by_id([self._track(connection, song)])
        found: dict[str, float] = {}
        count, top = min(count, MOST), max(20, 2 * min(count, MOST))
        while track:
            (asked,) = track.values()
            matches = self._library.recommend(asked, top=top).recommendations[0].matches
            songs = self._servers.songs_of(connection, [each.track.id for each in matches])
            for each in matches:
                for other in songs.get(each.track.id, [])[:1]:
                    found.setdefault(other.song or "", _similarity(each.distance))
            found.pop(song, None)
            if len(found) >= count or len(matches) < top or top >= MOST_RANKED:
                break
            top = min(4 * top, MOST_RANKED)
        return self._told(connection, list(found.items())[:count])

    def path(self, connection: str, start: str, end: str, count: int) -> list[SonicMatch]:
        """Songs that lead from one to another in even steps, both among them."""
        ends = self._track(connection, start), self._track(connection, end)
        songs = self._servers.mapped_tracks(connection) | {ends[0]: start, ends[1]: end}
        never = judged(store_of(self._library), ME)[1] - set(ends)
        positions = self._library.positions()
        ids = positions["id"]
        there = np.isin(ids, [each for each in songs if each not in never])
        ids, points = ids[there], np.stack([positions["valence"], positions["arousal"]], axis=1)[there]
        at = np.searchsorted(ids, ends)
        if (at >= len(ids)).any() or (ids[at] != ends).any():
            raise UnknownSongError(start, end)
        way = even_path(points.astype(float), int(at[0]), int(at[1]), min(count, MOST))
        steps = np.linalg.norm(points[way] - points[way[0]], axis=1).tolist()
        told = [(songs[int(ids[each])], _similarity(step)) for each, step in zip(way, steps, strict=True)]
        return self._told(connection, told)

    def _track(self, connection: str, song: str) -> int:
        found = self._servers.tracks_of(connection, [song])
        if song not in found:
            raise UnknownSongError(song)
        return found[song]

    def _told(self, connection: str, found: "Iterable[tuple[str, float]]") -> list[SonicMatch]:
        found = list(found)
        songs = self._servers.told(connection, [song for song, _ in found])
        return [SonicMatch(songs[song], similarity) for song, similarity in found if song in songs]


def _similarity(distance: float) -> float:
    return round(max(0.0, 1.0 - distance / FURTHEST), 6)
