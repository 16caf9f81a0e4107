"""One person and a library: what they said bears on what is chosen for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError
from img2music.library.heard import HeardLibrary
from img2music.library.record import Feedback
from img2music.library.store import LibraryStore
from img2music.library.workers import content_of
from img2music.matching.person import Person
from img2music.matching.query import Query, QueryKind
from img2music.matching.query_reading import Readings


@dataclass(frozen=True)
class Listener:
    """A person, and a library as they hear it."""

    person: Person
    store: LibraryStore  # read with what they said of songs

    @classmethod
    def of(cls, store: LibraryStore, name: str, said: Sequence[Feedback] | None = None) -> "Listener":
        """Read what somebody said, here or elsewhere, and bring it to bear."""
        person = Person.known(store, store.feedback(name) if said is None else said)
        heard = person.library(store)
        return cls(person, store if heard is None else HeardLibrary(store, *heard))

    def feel(self, read: Readings) -> tuple[tuple[Query, ...], AffectDistribution | None, list[str | None] | None]:
        """Queries and natural images as they feel them, and the hashes of the pictures where they matter."""
        person = self.person
        hashes = [_hash(query) for query in read.queries] if person.knows_pictures else None
        queries = tuple(
            replace(query, affect=self._felt(query, content))
            for query, content in zip(read.queries, hashes or [None] * len(read.queries), strict=True)
        )
        return queries, None if read.natural is None else person.natural(read.natural), hashes

    def _felt(self, query: Query, content: str | None) -> Affect:
        if query.kind is QueryKind.IMAGE:
            return self.person.picture(query.affect, content)
        if query.track is not None:
            return self.person.song(query.affect, query.track.genre, query.track.id)
        return query.affect


def _hash(query: Query) -> str | None:
    if query.kind is not QueryKind.IMAGE or query.path is None:
        return None
    try:
        return content_of(query.path)
    except InputError:  # a picture that came from memory, or is gone meanwhile
        return None
