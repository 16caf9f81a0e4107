"""Tracks in the order in which one person wants them: liked ones a little earlier, those that don't fit not at all."""

import heapq
from collections.abc import Iterator, Sequence

from img2music.matching.person import LIKED, NONE, Person
from img2music.matching.ranking import FIRST_BATCH, Neighbour, TrackSpace

Position = tuple[float, float]


class PersonalSpace(TrackSpace):
    """A space as one person wants its tracks for pictures, known by their hashes, that stand at some positions."""

    def __init__(
        self, space: TrackSpace, person: Person, positions: Sequence[Position], pictures: Sequence[str | None]
    ) -> None:
        self._space = space
        self._person = person
        self._pictures = list(zip(positions, pictures, strict=True))
        self.size = space.size

    def near(self, position: Position, first: int = FIRST_BATCH) -> Iterator[Neighbour]:
        """All tracks that may be chosen, nearest first, but that liked ones count as nearer by `LIKED`."""
        here = [picture for at, picture in self._pictures if picture and at == position]
        liked = self._person.liked.union(*(self._person.fits.get(picture, NONE) for picture in here))
        unfit = NONE.union(*(self._person.unfit.get(picture, NONE) for picture in here))
        waiting: list[tuple[float, int, Neighbour]] = []
        for order, each in enumerate(self._space.near(position, first)):
            while waiting and waiting[0][0] <= each.distance - LIKED:
                yield heapq.heappop(waiting)[2]
            if each.track.id not in unfit:
                heapq.heappush(waiting, (each.distance - LIKED * (each.track.id in liked), order, each))
        yield from (heapq.heappop(waiting)[2] for _ in range(len(waiting)))
