"""Why a track was matched: in parts, and in one line that a person understands."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.options import MatchMode
from img2music.track import Track

LEANING = 0.1
"""How far from the middle a position must be before it is called calm, lively, pleasant or sombre."""

LEAST = 0.04
"""How far from neutral its affect must be as well: the calmest song of a loud library ranks low and is not calm."""

POOR = 0.2
"""A distance from which on a match is no longer called a likeness: a fifth of the way across the plane."""

NOTABLE = 0.1
"""Difference on one axis from which on it is named when a match is poor."""

REMARKABLE = 55
"""Percent of the library that a track must exceed before it is said."""

AXES: tuple[tuple["Side", "Side"], ...] = (("sombre", "pleasant"), ("calm", "lively"))
COMPARED = {"sombre": "more sombre", "pleasant": "more pleasant", "calm": "calmer", "lively": "livelier"}

Side = Literal["sombre", "pleasant", "calm", "lively"]
"""A side of one of the two axes."""


class Likeness(StrEnum):
    """How near a match is."""

    ALIKE = "alike"
    NEAREST = "nearest"
    FURTHER = "further"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a track is compared with."""

    name: str  # as in "like NAME": "the photo", "this song", "what you asked for"
    affect: Affect
    position: tuple[float, float]  # in the space of the match
    among: str = "pictures"  # its kind
    rank: tuple[float, float] | None = None  # among its kind, if it is not the position

    @property
    def standing(self) -> tuple[float, float]:
        """Where it stands among its kind."""
        return self.rank or self.position


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a track stands among all of the library."""

    side: Side | None  # None: in the middle
    percent: int | None  # of the library of which it is further to that side
    asked_percent: int | None  # the same of what was asked for among its kind, if its own word says otherwise


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a track was matched, in parts, for those who word it themselves."""

    likeness: Likeness
    """How near it is: "alike", the "nearest" there is, or "further"."""
    filtered: bool
    """Whether filters left out tracks, so that nearer ones may have been among those."""
    shared: tuple[Side, ...]
    """The sides on which both stand, if they are alike."""
    differs: tuple[Side, ...]
    """The sides to which the track is further than what was asked for, if they are not alike."""
    standing: Standing | None
    """Where it stands in the library; None where affects are compared as they are, or it is alone."""
    liked: bool
    """Whether the person likes it."""


def explain(
    asked: Asked,
    track: Track,
    position: tuple[float, float],
    *,
    matching: MatchMode,
    library: AffectDistribution,
    first: bool = False,
    filtered: bool = False,
    liked: bool = False,
) -> Explanation:
    """Find why a track was matched.

    ``library`` holds the affects of all tracks that it was chosen from; ``first`` tells that no track that was allowed
    is nearer, ``filtered`` that filters left out tracks.
    """
    alike = math.dist(asked.position, position) < POOR
    return Explanation(
        Likeness.ALIKE if alike else Likeness.NEAREST if first else Likeness.FURTHER,
        filtered,
        _shared(asked, track, position) if alike else (),
        () if alike else _difference(asked.position, position),
        _stand(track.affect, asked, library) if matching is MatchMode.RELATIVE else None,
        liked,
    )


def reasoned(
    asked: Asked, track: Track, position: tuple[float, float], *, matching: MatchMode, **known: Any
) -> tuple[Explanation, str]:
    """Find and say why a track was matched; ``known`` is what `explain` takes."""
    found = explain(asked, track, position, matching=matching, **known)
    return found, in_words(found, asked, track, matching)


def in_words(found: Explanation, asked: Asked, track: Track, matching: MatchMode) -> str:
    """Say why a track was matched, in one line without a full stop."""
    word = asked.affect.word
    if found.likeness is not Likeness.ALIKE:
        nearest = "nearest that the filters leave" if found.filtered else "nearest your library has"
        head = f"The {nearest}, but " if found.likeness is Likeness.NEAREST else "Further off, "
        head += f"{' and '.join(COMPARED[side] for side in found.differs)} than {asked.name} ({word})"
    elif found.shared:
        head = f"{' and '.join(found.shared).capitalize()} like {asked.name}"
        head += "" if word in found.shared else f" ({word})"
    else:
        head = f"Feels like {asked.name} ({word})"
    stand = _standing_in_words(found.standing, asked)
    if matching is MatchMode.ABSOLUTE:
        stand = (
            f"valence {track.affect.valence:.2f} and arousal {track.affect.arousal:.2f}"
            f" beside {asked.affect.valence:.2f} and {asked.affect.arousal:.2f}"
        )
    facts = [fact for fact in (stand, track.features.summary) if fact]
    return (f"{head}: {', '.join(facts)}" if facts else head) + (", and you like it" if found.liked else "")


def _standing_in_words(standing: Standing | None, asked: Asked) -> str | None:
    if standing is None:
        return None
    if standing.side is None:
        return "in the middle of your library"
    words = f"{COMPARED[standing.side]} than {standing.percent} % of your library"
    if standing.asked_percent is None:
        return words
    return f"{words}, as {asked.name} is than {standing.asked_percent} % of {asked.among}"


def _shared(asked: Asked, track: Track, position: tuple[float, float]) -> tuple[Side, ...]:
    return tuple(
        side
        for axis in (1, 0)
        if (side := _lean(axis, asked.affect, asked.standing)) and side == _lean(axis, track.affect, position)
    )


def _lean(axis: int, affect: Affect, position: tuple[float, float]) -> Side | None:
    """The side of an axis on which both the position and the affect itself are."""
    value = (affect.valence, affect.arousal)[axis]
    if position[axis] >= 0.5 + LEANING and value >= 0.5 + LEAST:
        return AXES[axis][1]
    if position[axis] <= 0.5 - LEANING and value <= 0.5 - LEAST:
        return AXES[axis][0]
    return None


def _difference(asked: tuple[float, float], position: tuple[float, float]) -> tuple[Side, ...]:
    """How a far position differs: at least one of the two axes is named."""
    differences = [position[axis] - asked[axis] for axis in range(2)]
    return tuple(AXES[axis][differences[axis] > 0] for axis in (1, 0) if abs(differences[axis]) >= NOTABLE)


def _stand(affect: Affect, asked: Asked, library: AffectDistribution) -> Standing | None:
    """Where the track stands in the library, on the axis on which the query stands out more."""
    if len(library.valence) < 2:
        return None
    by_relevance = sorted((1, 0), key=lambda axis: -abs(asked.position[axis] - 0.5))
    for axis in by_relevance:
        sample = (library.valence, library.arousal)[axis]
        value = (affect.valence, affect.arousal)[axis]
        below = int(np.searchsorted(sample, value, side="left"))
        above = len(sample) - int(np.searchsorted(sample, value, side="right"))
        percent = 100 * max(below, above) // len(sample)
        if percent >= REMARKABLE:
            upper = below > above
            return Standing(AXES[axis][upper], percent, _asked_percent(asked, axis, upper=upper))
    return Standing(None, None, None)


def _asked_percent(asked: Asked, axis: int, *, upper: bool) -> int | None:
    """Where the query stands, if there too, though its own word says otherwise: a weary photo is livelier than most."""
    value, rank = (asked.affect.valence, asked.affect.arousal)[axis], asked.standing[axis]
    share = rank if upper else 1.0 - rank
    return None if (value > 0.5) is upper or share <= 0.5 else int(100 * share)
