"""What was recommended: for each query its matches."""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from img2music import shapes
from img2music.arguments import checked
from img2music.errors import InputError, UsageError
from img2music.files import write_atomically
from img2music.matching import notebook
from img2music.matching.explanations import Explanation
from img2music.matching.passages import Passage
from img2music.matching.playlists import FORMATS
from img2music.matching.query import Query
from img2music.options import AnyPath, MatchMode
from img2music.track import Track

if TYPE_CHECKING:
    from img2music.matching.smart_playlists import Searched


@dataclass(frozen=True, slots=True)
class Match(shapes.Result):
    """A track ranked for a query."""

    rank: int
    """1 for the best; in one playlist for several queries, 1 for the first song of it."""
    track: Track
    """The song."""
    position: tuple[float, float]
    """Where it stands in the space of the match: its ranks of valence and arousal, or with ``match="absolute"`` its
    affect."""
    distance: float
    """Euclidean distance from the query in that space, from 0 to 1.42."""
    similarity: float
    """1 / (1 + distance)."""
    passage: Passage | None
    """The passage that fits best; None for a song without a file."""
    reason: str
    """One line for a person."""
    explanation: Explanation | None = None
    """The same in parts; None for a song that a person chose."""

    def __repr__(self) -> str:
        name = self.track.display_name
        return f"<Match {self.rank}: {name!r}, similarity {self.similarity:.2f}, passage {self.passage}>"


@dataclass(frozen=True, slots=True)
class Recommendation(shapes.Result):
    """The matches of one query."""

    query: Query
    """What was asked for."""
    position: tuple[float, float]
    """Where it stands in the space of the match, as in `Match`."""
    matches: tuple[Match, ...]
    """Best first; in one playlist for several queries, those that play for this one, in order of playing."""
    region: tuple[tuple[float, float], ...] | None = None
    """Of a picture whose reading is unsure: the outline of where it may stand in that space, corner by corner. For four
    of five pictures, what people feel lies in it."""

    def __repr__(self) -> str:
        return f"<Recommendation for {self.query}: {len(self.matches)} matches>"

    def _repr_html_(self) -> str:
        return notebook.recommendations([self])


@dataclass(frozen=True, slots=True)
class RecommendShape:
    """``img2music/recommend/2``."""

    schema: Literal["img2music/recommend/2"]
    match: MatchMode
    together: bool  # whether all matches are one playlist, in order of playing
    recommendations: tuple[Recommendation, ...]
    notes: tuple[str, ...]
    errors: list[shapes.Problem]


@dataclass(frozen=True)
class Recommendations(shapes.Result, Sequence[Recommendation]):
    """What one call recommends: a sequence of a `Recommendation` for each query, in the order of the queries.

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
    """"relative" or "absolute"."""
    together: bool
    """Whether all matches are one playlist, in order of playing."""
    recommendations: tuple[Recommendation, ...]
    """What the sequence holds."""
    notes: tuple[str, ...] = ()
    """What a person should know about the result as a whole."""
    errors: tuple[InputError, ...] = ()
    """Files that could not be read."""
    searched: InitVar["Searched | None"] = None  # what `plot` draws, and smart playlists go by
    title: str | None = None
    """What a playlist of them is called."""

    def __post_init__(self, searched: "Searched | None") -> None:
        object.__setattr__(self, "_searched", searched)

    def __repr__(self) -> str:
        return f"<Recommendations: {len(self)} queries, {len(self.matches)} songs, {len(self.errors)} errors>"

    def _repr_html_(self) -> str:
        return notebook.recommendations(self)

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

    def to_dict(self) -> dict[str, Any]:
        """The shape ``img2music/recommend/2``, of builtin types."""
        own = (self.match, self.together, self.recommendations, self.notes, shapes.problems(self.errors))
        return shapes.to_dict(RecommendShape("img2music/recommend/2", *own))

    @checked
    def save(self, file: AnyPath, format: str | None = None) -> tuple[str, ...]:  # noqa: A002
        """Write a playlist, CSV or JSON; an older file of the same kind is replaced.

        Parameters
        ----------
        file : str or path-like
            Its ending tells the format.
        format : str, optional
            Name of the format (docs/matching.md), where the ending does not tell it.

        Returns
        -------
        tuple of str
            What a person should know of the file, such as what a server needs to make sense of a smart playlist.

        Raises
        ------
        UsageError, InputError
            If the format is not known, or the file can't be written or would replace something else.
        """
        target, chosen = Path(file), FORMATS.chosen(format, file)
        if not self.recommendations:
            raise UsageError("Nothing was recommended, so nothing is written.")
        write_atomically(chosen.write(self, target.absolute().parent), target, chosen.kind)
        return tuple(chosen.notes(self))

    @checked
    def plot(self, file: AnyPath) -> tuple[str, ...]:
        """Draw the library, the queries and their matches on the affect plane.

        Parameters
        ----------
        file : str or path-like
            A ``.png`` or an ``.svg``; an older plot is replaced.

        Returns
        -------
        tuple of str
            What a person should know about the drawing, such as letters that no font has.

        Raises
        ------
        UsageError, MissingExtraError, InputError
            If it is neither, matplotlib is not installed, or the file can't be written or would replace something else.
        """
        from img2music.matching import plane

        searched: Searched | None = self.__dict__["_searched"]
        return plane.plot(self, None if searched is None else searched.tracks, Path(file))
