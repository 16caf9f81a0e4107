"""The nearest tracks to a position, nearest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.library.search import AffectIndex
from img2music.matching.diversity import Copy, Diversity, second_copies
from img2music.track import Track

FIRST_BATCH = 64
"""Tracks read at once from the library to begin with; doubled while more are needed."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how far it is."""

    track: Track
    position: tuple[float, float]  # where it stands in the space of the match
    distance: float  # euclidean distance to the query in that space


class TrackSpace:
    """The tracks that may be chosen, placed in the space of the match.

    Parameters are the ids of all tracks in ascending order with their positions, shape (n, 2), which of them may be
    chosen, and how the library reads tracks and copies. Several threads may use one.
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        positions: NDArray[np.float64],
        read: Callable[[Sequence[int]], Iterable[Track]],
        mask: NDArray[np.bool_] | None = None,
        copies: Callable[[Iterable[str]], Iterable[Copy]] = lambda _: (),
    ) -> None:
        self._ids = ids
        self._positions = positions
        self._read = read
        self._copies = copies
        self._mask = mask
        self._index = AffectIndex(positions)
        self._known: dict[int, Track] = {}
        self._left_out: set[int] = set()  # second copies, as far as is known
        self.size = len(ids) if mask is None else int(np.count_nonzero(mask))

    def near(self, position: tuple[float, float]) -> Iterator[Neighbour]:
        """All tracks that may be chosen, of copies only the best, nearest first; those equally far in order of id."""
        done, wanted = 0, FIRST_BATCH
        while done < self.size:
            indices, distances = self._index.nearest(position, min(wanted, self.size), self._mask)
            indices, distances = indices[done:], distances[done:]
            ids = self._ids[indices].tolist()
            self._learn([id_ for id_ in ids if id_ not in self._known and id_ not in self._left_out])
            for id_, index, distance in zip(ids, indices, distances, strict=True):
                if id_ in self._known:  # no second copy, and not pruned by another process meanwhile
                    x, y = self._positions[index]
                    yield Neighbour(self._known[id_], (float(x), float(y)), float(distance))
            done += len(ids)
            wanted *= 2

    def _learn(self, ids: Sequence[int]) -> None:
        read = {track.id: track for track in self._read(ids)}
        sounds = {track.sound for track in read.values() if track.sound is not None}
        self._left_out |= second_copies(self._copies(sounds), self._may_be_chosen)
        self._known.update((id_, track) for id_, track in read.items() if id_ not in self._left_out)

    def _may_be_chosen(self, id_: int) -> bool:
        index = int(np.searchsorted(self._ids, id_))
        there = index < len(self._ids) and self._ids[index] == id_
        return bool(there and (self._mask is None or self._mask[index]))

    def nearest(self, position: tuple[float, float], count: int, diversity: Diversity) -> list[Neighbour]:
        """The nearest tracks that may stand in one list."""
        chosen: list[Neighbour] = []
        if count <= 0:
            return chosen
        for neighbour in self.near(position):
            if diversity.admits(neighbour.track):
                diversity.add(neighbour.track)
                chosen.append(neighbour)
                if len(chosen) == count:
                    break
        return chosen
