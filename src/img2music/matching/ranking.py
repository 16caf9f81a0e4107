"""The nearest tracks to a position, nearest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.library.search import AffectIndex
from img2music.matching.diversity import Copy, Diversity, second_copies
from img2music.track import Track

FIRST_BATCH = 12
"""Tracks read at once from the library to begin with, enough for ten of a large one as a rule; doubled while more are
needed."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how far it is."""

    track: Track
    position: tuple[float, float]  # where it stands in the space of the match
    distance: float  # euclidean distance to the query in that space


class TrackIndex:
    """All tracks of a library, placed in the space of the match.

    Parameters are their ids, in ascending order, and groups that are each placed among their own: which of the ids are
    in it, in ascending order (None for all), and an index of their affects.
    """

    def __init__(self, ids: NDArray[np.int64], groups: Sequence[tuple[NDArray[np.int64] | None, AffectIndex]]) -> None:
        self.ids = ids
        self._groups = groups

    def __len__(self) -> int:
        return len(self.ids)

    def build(self) -> None:
        """Get ready for many questions."""
        for _, index in self._groups:
            index.build()

    def masks(self, mask: NDArray[np.bool_] | None) -> list[NDArray[np.bool_] | None]:
        """Which tracks of each group may be chosen, by which of all may; what `nearest` takes."""
        return [mask if mask is None or members is None else mask[members] for members, _ in self._groups]

    def nearest(
        self, position: tuple[float, float], k: int, masks: Sequence[NDArray[np.bool_] | None]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the k nearest tracks, by distance and then by id, as indices of ids."""
        found = []
        for (members, index), mask in zip(self._groups, masks, strict=True):
            indices, distances = index.nearest(position, k, mask)
            found.append((indices if members is None else members[indices], distances))
        if len(found) == 1:
            return found[0]
        indices, distances = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((indices, distances))[:k]
        return indices[order], distances[order]

    def positions(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where tracks stand, shape (n, 2)."""
        found = np.empty((len(indices), 2))
        for members, index in self._groups:
            if members is None:
                return index.positions(indices)
            at = np.minimum(np.searchsorted(members, indices), len(members) - 1)
            own = members[at] == indices
            found[own] = index.positions(at[own])
        return found


class TrackSpace:
    """The tracks that may be chosen, placed in the space of the match.

    Parameters are all tracks of a library, how it reads tracks, which of them may be chosen, and how it tells copies.
    Several threads may use one.
    """

    def __init__(
        self,
        index: TrackIndex,
        read: Callable[[Sequence[int]], Iterable[Track]],
        mask: NDArray[np.bool_] | None = None,
        copies: Callable[[Iterable[str]], Iterable[Copy]] = lambda _: (),
    ) -> None:
        self._index = index
        self._ids = index.ids
        self._read = read
        self._copies = copies
        self._mask = mask
        self._masks = index.masks(mask)
        self._known: dict[int, Track] = {}
        self._left_out: set[int] = set()  # second copies, as far as is known
        self.size = len(index) if mask is None else int(np.count_nonzero(mask))

    def near(self, position: tuple[float, float], first: int = FIRST_BATCH) -> Iterator[Neighbour]:
        """All tracks that may be chosen, of copies only the best, nearest first; those equally far in order of id.

        So many are read ``first``.
        """
        done, wanted = 0, first
        while done < self.size:
            indices, distances = self._index.nearest(position, min(wanted, self.size), self._masks)
            indices, distances = indices[done:], distances[done:]
            ids, positions = self._ids[indices].tolist(), self._index.positions(indices).tolist()
            self._learn([id_ for id_ in ids if id_ not in self._known and id_ not in self._left_out])
            for id_, (x, y), distance in zip(ids, positions, distances.tolist(), strict=True):
                if id_ in self._known:  # no second copy, and not pruned by another process meanwhile
                    yield Neighbour(self._known[id_], (x, y), distance)
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
        for neighbour in self.near(position, max(FIRST_BATCH, count + count // 5)):
            if diversity.admits(neighbour.track):
                diversity.add(neighbour.track)
                chosen.append(neighbour)
                if len(chosen) == count:
                    break
        return chosen
