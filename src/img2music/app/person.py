"""One person and a library: what they said bears on what is chosen for them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError
from img2music.library.heard import HeardLibrary
from img2music.library.record import Feedback
from img2music.library.store import LibraryStore
from img2music.library.workers import content_of
from img2music.matching.calibration import affect_at
from img2music.matching.person import Person
from img2music.matching.query import Query, QueryKind
from img2music.matching.query_reading import Readings
from img2music.options import AnyPath

if TYPE_CHECKING:  # reading films takes libraries that nothing else needs
    from img2music.soundtrack.film import Film
    from img2music.soundtrack.slideshow.photos import Photo

SURE = Affect(0.0, 0.0)
"""Spread of what somebody said that a picture feels like to them."""


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
        hashes = None
        if person.knows_pictures:
            hashes = [_hash(query.path if query.kind is QueryKind.IMAGE else None) for query in read.queries]
        queries = tuple(
            replace(query, affect=self._felt(query, content), spread=SURE if content in person.felt else query.spread)
            for query, content in zip(read.queries, hashes or [None] * len(read.queries), strict=True)
        )
        return queries, None if read.natural is None else person.natural(read.natural), hashes

    def picture_at(self, position: tuple[float, float], sample: AffectDistribution) -> Affect:
        """What a picture feels like that they put at a position among natural images, which are read as ``sample``."""
        return affect_at(position, self.person.natural(sample))

    def film(self, film: "Film") -> "Film":
        """A film as they feel it."""
        curve = film.curve.copy()
        curve[:, 1:] = self.person.curve(curve[:, 1:])
        shots = tuple(replace(shot, affect=self.person.picture(shot.affect)) for shot in film.shots)
        return replace(film, shots=shots, curve=curve)

    def photos(self, photos: "Sequence[Photo]") -> "list[Photo]":
        """Photos as they feel them."""
        hashes = [_hash(photo.path) if self.person.knows_pictures else None for photo in photos]
        felt = zip(photos, hashes, strict=True)
        return [replace(photo, affect=self.person.picture(photo.affect, content)) for photo, content in felt]

    def without_unfit(self, photos: Sequence[AnyPath]) -> Person:
        """The person, who does not want what does not fit one of these photos either."""
        return self.person.without(filter(None, map(_hash, photos))) if self.person.unfit else self.person

    def _felt(self, query: Query, content: str | None) -> Affect:
        if query.kind is QueryKind.IMAGE:
            return self.person.picture(query.affect, content)
        if query.track is not None:
            return self.person.song(query.affect, query.track.genre, query.track.id)
        return query.affect


def _hash(picture: AnyPath | None) -> str | None:
    try:
        return None if picture is None else content_of(os.fsdecode(picture))
    except InputError:  # a picture that came from memory, or is gone meanwhile; who reads it says so
        return None
