"""One playlist for several queries: songs that fit each in turn, with smooth steps between them."""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from img2music.matching.diversity import Diversity
from img2music.matching.ranking import Neighbour, TrackSpace

STEP_WEIGHT = 0.5
"""What a step between neighbouring songs costs beside a song's distance from its query. Below 1, so that a
song is never drawn away from its query by more than the steps on both sides get shorter."""

CHOICES = 24
"""Nearest tracks of a query among which its songs are chosen, over and above those it needs."""

BEAM = 16
"""Playlists followed at once."""

Pick = tuple[int, Neighbour]
"""One song of a playlist: the index of the query that it plays for, and the track with its distance from that query."""


@dataclass(frozen=True)
class _Draft:
    """A playlist so far: its last song, and the draft before that."""

    cost: float
    diversity: Diversity
    last: Neighbour | None = None
    before: "_Draft | None" = None

    def extended(self, choices: Iterable[Neighbour], limit: int = BEAM) -> list["_Draft"]:
        """The cheapest drafts with one song more."""
        admitted = (choice for choice in choices if self.diversity.admits(choice.track))
        drafts = [_Draft(self.cost + self._price(choice), self.diversity, choice, self) for choice in admitted]
        return heapq.nsmallest(limit, drafts, key=lambda draft: draft.cost)

    def settled(self) -> "_Draft":
        """The same, knowing that it holds its last song."""
        assert self.last is not None
        diversity = self.diversity.copy()
        diversity.add(self.last.track)
        return replace(self, diversity=diversity)

    def songs(self) -> list[Neighbour]:
        """All songs, in order of playing."""
        draft, songs = self, []
        while draft.last is not None and draft.before is not None:
            songs.append(draft.last)
            draft = draft.before
        return songs[::-1]

    def _price(self, choice: Neighbour) -> float:
        step = 0.0 if self.last is None else math.dist(self.last.position, choice.position)
        return choice.distance + STEP_WEIGHT * step


def slots(queries: int, songs: int) -> list[int]:
    """Share out the songs of a playlist among queries, evenly and in their order."""
    return [song * queries // songs for song in range(songs)]


def sequence(
    space: TrackSpace, positions: Sequence[tuple[float, float]], songs: int, diversity: Diversity
) -> list[Pick]:
    """Choose a playlist that follows the positions of queries, keeping distances and steps small.

    A beam search over the slots of the playlist: each takes one of the nearest tracks of its query,
    and the cost is the sum of distances from the queries plus `STEP_WEIGHT` times the sum of steps
    between neighbouring songs.
    """
    beam = [_Draft(0.0, diversity)]
    plan: list[int] = []
    for query, group in itertools.groupby(slots(len(positions), min(songs, space.size))):
        needed = len(list(group))
        choices = list(itertools.islice(space.near(positions[query]), CHOICES + 2 * needed))
        for _ in range(needed):
            drafts = [draft for parent in beam for draft in parent.extended(choices)]
            if not drafts:  # all near ones are taken: look further, for the best playlist so far
                admitted = (c for c in space.near(positions[query]) if beam[0].diversity.admits(c.track))
                drafts = beam[0].extended(itertools.islice(admitted, 1))
            if not drafts:  # nothing is left that the playlist may hold
                break
            beam = [draft.settled() for draft in heapq.nsmallest(BEAM, drafts, key=lambda draft: draft.cost)]
            plan.append(query)
    return list(zip(plan, beam[0].songs(), strict=True))
