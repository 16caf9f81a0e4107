"""One person in the match: what they never want, what they like, and how they feel what is read."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.library.record import Feedback, FeedbackKind
from img2music.library.schema import folded
from img2music.matching.correction import Correction, Floats, Items, as_array
from img2music.matching.explanations import AXES, COMPARED

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

NOTABLE = 0.04
"""What readings are corrected by, on the unit scale, before it is said."""

MOST_TOLD = 3
"""Genres of which it is said."""

LIKED = 0.02
"""Distance in the space of the match by which what a person likes counts as nearer: tables show two decimals, so that
it only comes before what fits about as well."""

NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Person:
    """What is known of one person, as far as it bears on what is chosen for them."""

    never: frozenset[int] = NONE  # ids of tracks
    liked: frozenset[int] = NONE
    # Hash of a picture -> ids of tracks that go with it, and that don't
    fits: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unfit: Mapping[str, frozenset[int]] = field(default_factory=dict)
    pictures: Correction | None = None
    songs: Correction | None = None
    felt: Mapping[str, Affect] = field(default_factory=dict)  # pictures that were judged, by their hash
    # Those of them that were put somewhere in the space of the relative match
    placed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    heard: Mapping[int, Affect] = field(default_factory=dict)  # tracks that were judged, by id

    @classmethod
    def known(cls, store: "LibraryStore", said: Sequence[Feedback]) -> "Person":
        """Make of what one person said what bears on a match; of several answers to one question the last counts."""
        if not said:
            return NOBODY
        ids = iter(store.judged([each.track for each in said if each.track is not None]))
        likes: dict[int, bool] = {}
        pairs: dict[tuple[str, int], bool] = {}
        felt: dict[str, Feedback] = {}
        heard: dict[object, tuple[Feedback, list[int]]] = {}
        for each in said:
            tracks = next(ids) if each.track is not None else []
            if each.picture is None and each.track is not None:
                if each.affect is None:
                    likes |= dict.fromkeys(tracks, each.kind is FeedbackKind.LIKE)
                else:
                    name = each.track.content or each.track.identifier
                    heard.pop(name, None)  # the last goes last, after what was said of copies meanwhile
                    heard[name] = each, tracks
            elif each.picture is not None and each.track is None:
                felt[each.picture.content] = each
            elif each.picture is not None:
                pairs |= {(each.picture.content, track): each.kind is FeedbackKind.FITS for track in tracks}
        return cls(
            never=frozenset(track for track, good in likes.items() if not good),
            liked=frozenset(track for track, good in likes.items() if good),
            fits=_by_picture(pairs, fit=True),
            unfit=_by_picture(pairs, fit=False),
            pictures=_of_pictures(list(felt.values())),
            songs=_of_songs(store, list(heard.values())),
            felt={content: each.affect for content, each in felt.items() if each.affect},
            placed={
                content: (each.position.valence, each.position.arousal)
                for content, each in felt.items()
                if each.position
            },
            heard={track: each.affect for each, tracks in heard.values() for track in tracks if each.affect},
        )

    @property
    def knows_pictures(self) -> bool:
        """Whether anything was said of pictures, so that they must be told apart."""
        return bool(self.fits or self.unfit or self.felt)

    def without(self, pictures: Iterable[str]) -> "Person":
        """The same person, who does not want what does not fit one of these pictures either."""
        return replace(self, never=self.never.union(*(self.unfit.get(each, NONE) for each in pictures)))

    def picture(self, affect: Affect, content: str | None = None) -> Affect:
        """What a picture feels like to them, by what is read in it; what they said of that very picture holds."""
        if content is not None and content in self.felt:
            return self.felt[content]
        if self.pictures is None:
            return affect
        return Affect(*self.pictures.apply(Items(as_array([affect])))[0].tolist())

    def curve(self, points: Floats) -> Floats:
        """The same of the pictures of a film, valence and arousal in rows."""
        return points if self.pictures is None else self.pictures.apply(Items(points))

    def natural(self, sample: AffectDistribution) -> AffectDistribution:
        """How natural images feel to them, by how they are read."""
        return sample if self.pictures is None else self.pictures.population(sample)

    def song(self, affect: Affect, genre: str | None, id: int = 0) -> Affect:  # noqa: A002
        """What a song feels like to them, by what is read in it."""
        if id in self.heard:
            return self.heard[id]
        if self.songs is None:
            return affect
        return Affect(*self.songs.apply(Items(as_array([affect]), [genres(genre)]))[0].tolist())

    def library(self, store: "LibraryStore") -> tuple[NDArray[np.int64], Floats] | None:
        """Ids of the tracks that are there, and what is to be added to their readings; None for nothing."""
        if self.songs is None:
            return None
        columns = store.columns(("id", "valence", "arousal", "genre"))
        ids, read = columns["id"], np.column_stack([columns["valence"], columns["arousal"]])
        felt = self.songs.apply(Items(read, [genres(each) for each in columns["genre"].tolist()]))
        for track, affect in self.heard.items():
            felt[ids == track] = (affect.valence, affect.arousal)
        return ids, felt - read

    def tendencies(self) -> Iterator[str]:
        """What is made of their answers, a sentence for each notable part."""
        for what, correction in (("pictures", self.pictures), ("songs", self.songs)):
            if correction is None:
                continue
            answers = "1 answer" if correction.count == 1 else f"{correction.count} answers"
            if words := _words(correction.usual):
                yield f"You find {what} {words} than they are read ({answers})."
            parts = sorted(correction.deviations.items(), key=lambda part: -float(np.abs(part[1]).max()))
            for name, shift in parts[:MOST_TOLD]:
                if words := _words(shift):
                    yield f"You find {name} {words} than other songs that are read alike ({answers})."


NOBODY = Person()


@functools.lru_cache(maxsize=1 << 16)
def genres(text: str | None) -> frozenset[str]:
    """The genres that a tag names, without regard to case."""
    return frozenset(filter(None, map(folded, (text or "").replace("/", ";").replace(",", ";").split(";"))))


def _words(shift: Floats) -> str:
    """What readings are corrected to, in words; empty if it is not notable."""
    axes = [axis for axis in (1, 0) if abs(shift[axis]) >= NOTABLE]
    return " and ".join(f"{abs(shift[axis]):.2f} {COMPARED[AXES[axis][int(shift[axis] > 0)]]}" for axis in axes)


def _by_picture(pairs: Mapping[tuple[str, int], bool], *, fit: bool) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for (picture, track), fits in pairs.items():
        if fits is fit:
            found[picture] = found.get(picture, NONE) | {track}
    return found


def _of_pictures(answers: Sequence[Feedback]) -> Correction | None:
    read = [each.picture.affect for each in answers if each.picture is not None]
    felt = [each.affect for each in answers if each.affect is not None]
    return Correction.fit(Items(as_array(read)), as_array(felt)) if answers else None


def _of_songs(store: "LibraryStore", answers: Sequence[tuple[Feedback, Sequence[int]]]) -> Correction | None:
    """Learn from songs: by what is read in them now, or was read where the library no longer has them."""
    there = {track.id: track for track in store.tracks([track for _, tracks in answers for track in tracks[:1]])}
    judged = [there.get(tracks[0]) if tracks else None for _, tracks in answers]
    known = [track or each.track for track, (each, _) in zip(judged, answers, strict=True)]
    items = Items(
        as_array([each.affect for each in known if each is not None]),
        [genres(each.genre) for each in known if each is not None],
    )
    felt = [each.affect for each, _ in answers if each.affect is not None]
    return Correction.fit(items, as_array(felt)) if answers else None
