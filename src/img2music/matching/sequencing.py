"""One playlist for several photos: songs that fit each in turn, with smooth steps between them."""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from img2music.matching.diversity import Diversity
from img2music.matching.ranking import Candidate, Field

STEP_WEIGHT = 0.5
"""What a step between neighbouring songs costs beside a song's distance from its photo. Below 1, so that a
song is never drawn away from its photo by more than the steps on both sides get shorter."""

CHOICES = 24
"""Nearest tracks of a photo among which its songs are chosen, over and above those it needs."""

BEAM = 16
"""Playlists followed at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """One song of the playlist."""

    photo: int  # number of the photo that it plays for
    candidate: Candidate  # the track, with its distance from that photo


@dataclass(frozen=True)
class _Draft:
    """A playlist so far: its last song, and the draft before that."""

    cost: float
    diversity: Diversity
    last: Candidate | None = None
    before: "_Draft | None" = None

    def extended(self, choices: Iterable[Candidate], limit: int = BEAM) -> list["_Draft"]:
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

    def songs(self) -> list[Candidate]:
        """All songs, in order of playing."""
        draft, songs = self, []
        while draft.last is not None and draft.before is not None:
            songs.append(draft.last)
            draft = draft.before
        return songs[::-1]

    def _price(self, choice: Candidate) -> float:
        step = 0.0 if self.last is None else math.dist(self.last.position, choice.position)
        return choice.distance + STEP_WEIGHT * step


def slots(photos: int, songs: int) -> list[int]:
    """Share out the places of a playlist among photos, evenly and in their order."""
    return [place * photos // songs for place in range(songs)]


def sequence(field: Field, positions: Sequence[tuple[float, float]], songs: int, diversity: Diversity) -> list[Step]:
    """Choose a playlist that follows positions, keeping distances and steps small.

    A beam search over the places of the playlist: each place takes one of the nearest tracks of its photo,
    and the cost is the sum of distances from the photos plus `STEP_WEIGHT` times the sum of steps
    between neighbouring songs.
    """
    plan = slots(len(positions), min(songs, field.size))
    beam = [_Draft(0.0, diversity)]
    photos: list[int] = []
    for photo, places in itertools.groupby(plan):
        needed = len(list(places))
        choices = list(itertools.islice(field.near(positions[photo]), CHOICES + 2 * needed))
        for _ in range(needed):
            drafts = [draft for parent in beam for draft in parent.extended(choices)]
            if not drafts:  # all near ones are taken: look further, for the best playlist so far
                admitted = (c for c in field.near(positions[photo]) if beam[0].diversity.admits(c.track))
                drafts = beam[0].extended(itertools.islice(admitted, 1))
            if not drafts:  # nothing is left that the playlist may hold
                return _steps(photos, beam[0])
            beam = [draft.settled() for draft in heapq.nsmallest(BEAM, drafts, key=lambda draft: draft.cost)]
            photos.append(photo)
    return _steps(photos, beam[0])


def _steps(photos: list[int], draft: _Draft) -> list[Step]:
    return [Step(photo, song) for photo, song in zip(photos, draft.songs(), strict=True)]
