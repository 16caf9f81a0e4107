"""What was recommended: for each query its matches."""

import os
from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.files import require_outputs, write_atomically
from img2music.matching import formats, notebook, plane
from img2music.matching.passages import Passage
from img2music.matching.query import Query
from img2music.options import MatchMode
from img2music.shapes import JsonResult
from img2music.track import Track


@dataclass(frozen=True, slots=True, repr=False)
class Match(JsonResult):
    """A track ranked for a query.

    Attributes
    ----------
    rank : int
        1 for the best; in one playlist for several queries, 1 for the first song of it.
    track : Track
        The song.
    position : tuple of (float, float)
        Where it stands in the space of the match: ranks of valence and arousal, or with ``match="absolute"`` its
        affect.
    distance : float
        Euclidean distance from the query in that space, in [0, 1.42).
    similarity : float
        1 / (1 + distance).
    passage : Passage or None
        The passage that fits best; None for a song without a file.
    reason : str
        One line for a person.
    """

    rank: int
    track: Track
    position: tuple[float, float]
    distance: float
    similarity: float
    passage: Passage | None
    reason: str

    def __repr__(self) -> str:
        return f"Match({self.rank}, {self.track.label!r}, similarity={self.similarity:.2f}, passage={self.passage})"


@dataclass(frozen=True, slots=True, repr=False)
class Recommendation(JsonResult):
    """The matches of one query.

    Attributes
    ----------
    query : Query
        What was asked for.
    position : tuple of (float, float)
        Where it stands in the space of the match, as `Match.position`.
    matches : tuple of Match
        Best first; in one playlist for several queries, those that play for this one, in order of playing.
    """

    query: Query
    position: tuple[float, float]
    matches: tuple[Match, ...]

    def __repr__(self) -> str:
        return f"Recommendation({self.query!r}, {len(self.matches)} matches)"

    def _repr_html_(self) -> str:
        return notebook.as_html(self)


@dataclass(frozen=True, repr=False)
class Recommendations(JsonResult, Sequence[Recommendation]):
    """All that one call recommends: a sequence with a `Recommendation` for each query, in the order of the queries.

    Attributes
    ----------
    schema : str
        Name of the shape that `to_dict` and `to_json` give (docs/matching.md).
    match : MatchMode
        "relative" or "absolute".
    together : bool
        Whether all matches are one playlist, in order of playing.
    recommendations : tuple of Recommendation
        What the sequence holds.
    notes : tuple of str
        What a person should know about the result as a whole.
    errors : tuple of InputError
        Files that could not be read.

    Examples
    --------
    >>> import img2music
    >>> with img2music.Library.open("music.db") as library:
    ...     found = library.recommend("photo.jpg", top=3)
    >>> for match in found.matches:
    ...     print(match.track.path, match.passage, match.reason)
    >>> found.save("photo.m3u8")
    """

    match: MatchMode
    together: bool
    recommendations: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()
    schema: Literal["img2music/recommend/2"] = formats.SCHEMA
    library: InitVar[NDArray[np.float64] | None] = None  # where all tracks stand that could be chosen, for `plot`

    def __post_init__(self, library: NDArray[np.float64] | None) -> None:
        object.__setattr__(self, "_library", library)

    def __repr__(self) -> str:
        return f"Recommendations({len(self)} queries, {len(self.matches)} matches, {len(self.errors)} errors)"

    def __len__(self) -> int:
        return len(self.recommendations)

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, index: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        return self.recommendations[index]

    @property
    def matches(self) -> tuple[Match, ...]:
        """All matches, list after list, each track once: what a playlist of the whole holds."""
        first: dict[int, Match] = {}
        for recommendation in self.recommendations:
            for match in recommendation.matches:
                first.setdefault(match.track.id, match)
        return tuple(first.values())
