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
class Candidate:
    """A track and how far it is."""

    track: Track
    position: tuple[float, float]  # where it stands in the space of the match
    distance: float  # euclidean distance to the query in that space


class Field:
    """The tracks that may be chosen, placed in the space of the match."""

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

    def near(self, position: tuple[float, float]) -> Iterator[Candidate]:
        """All tracks that may be chosen, of copies only the best, nearest first; those equally far in order of id."""
        done, wanted = 0, FIRST_BATCH
        while done < self.size:
            places, distances = self._index.nearest(position, min(wanted, self.size), self._mask)
            places, distances = places[done:], distances[done:]
            ids = [int(number) for number in self._ids[places]]
            unknown = [number for number in ids if number not in self._known and number not in self._left_out]
            read = {track.id: track for track in self._read(unknown)}
            sounds = {track.sound for track in read.values() if track.sound is not None}
            self._left_out |= second_copies(self._copies(sounds), self._may_be_chosen)
            self._known.update((number, track) for number, track in read.items() if number not in self._left_out)
            for number, place, distance in zip(ids, places, distances, strict=True):
                if number in self._known:  # no second copy, and not pruned by another process meanwhile
                    x, y = self._positions[place]
                    yield Candidate(self._known[number], (float(x), float(y)), float(distance))
            done += len(ids)
            wanted *= 2

    def _may_be_chosen(self, number: int) -> bool:
        place = int(np.searchsorted(self._ids, number))
        there = place < len(self._ids) and self._ids[place] == number
        return bool(there and (self._mask is None or self._mask[place]))

    def nearest(self, position: tuple[float, float], count: int, diversity: Diversity) -> list[Candidate]:
        """The nearest tracks that may stand in one list."""
        chosen: list[Candidate] = []
        if count <= 0:
            return chosen
        for candidate in self.near(position):
            if diversity.admits(candidate.track):
                diversity.add(candidate.track)
                chosen.append(candidate)
                if len(chosen) == count:
                    break
        return chosen
