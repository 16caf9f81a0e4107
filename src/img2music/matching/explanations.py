"""Why a track was matched, in one line that a person understands."""

import math
from dataclasses import dataclass

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

AXES = (("sombre", "pleasant"), ("calm", "lively"))
COMPARED = (("more sombre", "more pleasant"), ("calmer", "livelier"))


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


def explain(
    asked: Asked,
    track: Track,
    position: tuple[float, float],
    *,
    matching: MatchMode,
    library: AffectDistribution,
    first: bool = False,
    filtered: bool = False,
) -> str:
    """Say why a track was matched, in one line without a full stop.

    ``library`` holds the affects of all tracks that it was chosen from; ``first`` tells that no track that was allowed
    is nearer, ``filtered`` that filters left out tracks.
    """
    if math.dist(asked.position, position) < POOR:
        head = _likeness(asked, track, position)
    else:
        nearest = "nearest that the filters leave" if filtered else "nearest your library has"
        head = f"The {nearest}, but " if first else "Further off, "
        head += f"{_difference(asked.position, position)} than {asked.name} ({asked.affect.word})"
    if matching is MatchMode.RELATIVE:
        stand = _stand(track.affect, asked, library)
    else:
        stand = (
            f"valence {track.affect.valence:.2f} and arousal {track.affect.arousal:.2f}"
            f" beside {asked.affect.valence:.2f} and {asked.affect.arousal:.2f}"
        )
    facts = [fact for fact in (stand, track.features.summary) if fact]
    return f"{head}: {', '.join(facts)}" if facts else head


def _likeness(asked: Asked, track: Track, position: tuple[float, float]) -> str:
    shared = [
        word
        for axis in (1, 0)
        if (word := _lean(axis, asked.affect, asked.standing)) and word == _lean(axis, track.affect, position)
    ]
    if not shared:
        return f"Feels like {asked.name} ({asked.affect.word})"
    aside = "" if asked.affect.word in shared else f" ({asked.affect.word})"
    return f"{' and '.join(shared).capitalize()} like {asked.name}{aside}"


def _lean(axis: int, affect: Affect, position: tuple[float, float]) -> str | None:
    """The side of an axis on which both the position and the affect itself are, as a word."""
    value = (affect.valence, affect.arousal)[axis]
    if position[axis] >= 0.5 + LEANING and value >= 0.5 + LEAST:
        return AXES[axis][1]
    if position[axis] <= 0.5 - LEANING and value <= 0.5 - LEAST:
        return AXES[axis][0]
    return None


def _difference(asked: tuple[float, float], position: tuple[float, float]) -> str:
    """How a far position differs: at least one of the two axes is named."""
    differences = [position[axis] - asked[axis] for axis in range(2)]
    words = [COMPARED[axis][differences[axis] > 0] for axis in (1, 0) if abs(differences[axis]) >= NOTABLE]
    return " and ".join(words)


def _stand(affect: Affect, asked: Asked, library: AffectDistribution) -> str | None:
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
            words = COMPARED[axis][below > above]
            return f"{words} than {percent} % of your library{_as_asked(asked, axis, upper=below > above)}"
    return "in the middle of your library"


def _as_asked(asked: Asked, axis: int, *, upper: bool) -> str:
    """Say that the query stands there too, where its own word says otherwise: a weary photo is livelier than most."""
    value, rank = (asked.affect.valence, asked.affect.arousal)[axis], asked.standing[axis]
    share = rank if upper else 1.0 - rank
    if (value > 0.5) is upper or share <= 0.5:
        return ""
    return f", as {asked.name} is than {int(100 * share)} % of {asked.among}"
