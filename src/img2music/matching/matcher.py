"""Recommend tracks of a library for pictures, songs or numbers."""

import dataclasses
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, printable
from img2music.filters import TrackFilter
from img2music.library.scanning import Progress
from img2music.library.store import LibraryStore
from img2music.matching.calibration import Calibration, Matching, similarity
from img2music.matching.choice import choosable
from img2music.matching.diversity import Diversity
from img2music.matching.explanations import Asked, explain
from img2music.matching.passages import Passage, best_passage
from img2music.matching.query import Query, QueryKind
from img2music.matching.ranking import Candidate, Field
from img2music.matching.reading import read_queries
from img2music.matching.sequencing import sequence
from img2music.matching.widening import widened
from img2music.track import Track

SCHEMA = "img2music/recommend/1"

PER_ARTIST = 2
"""Tracks of one artist in a list of ten, unless asked otherwise."""

ARTIST_SHARE = 5
"""In one playlist for several photos, an artist may have one song in so many, unless asked otherwise."""


WIDEST = 2.0
"""Standard deviations by which a list may be widened; beyond, it answers to nothing any more."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to recommend."""

    matching: Matching = Matching.RELATIVE  # relative (ranks on both sides) or absolute
    top: int = 10  # tracks for each query; of a playlist for several photos, the least length
    # At most so many tracks of one artist in a list; 0 for any number. None for any number where artists or albums are
    # asked for; else for `PER_ARTIST`, or in one playlist for several photos a fifth of it, if that is more, and twice
    # as many until the list is full
    per_artist: int | None = None
    together: bool = False  # one playlist in the order of the queries instead of a list for each
    where: TrackFilter | None = None  # conditions that every track must meet
    image_model: str | os.PathLike[str] | None = None  # what reads pictures, as `ImageModel.load` takes it
    # How far around a picture's point its songs may stand, in standard deviations of its reading; 0 for the nearest
    # songs. Nothing for songs and numbers, which have no such uncertainty
    widen: float = 0.0

    def __post_init__(self) -> None:
        if self.top < 1:
            raise UsageError(f"The number of songs must be at least 1, not {self.top}.")
        if self.per_artist is not None and self.per_artist < 0:
            raise UsageError(f"The number of songs per artist must be at least 0 (any number), not {self.per_artist}.")
        if not 0.0 <= self.widen <= WIDEST:
            raise UsageError(f"A list is widened (--widen) by 0 to {WIDEST:g} standard deviations, not {self.widen:g}.")
        if self.widen and self.together:
            raise UsageError("--widen spreads the list of one picture, --together makes one playlist: choose one.")

    def artist_limits(self, songs: int, allowed: int) -> Iterator[int | None]:
        """Tracks of one artist that a list of so many songs out of so many may hold; the next if it is short."""
        if self.per_artist is not None:
            yield self.per_artist or None
            return
        if self.where is None or not (self.where.artist or self.where.album):
            limit = max(PER_ARTIST, -(-songs // ARTIST_SHARE)) if self.together else PER_ARTIST
            while limit < songs < allowed:
                yield limit
                limit *= 2
        yield None


@dataclass(frozen=True, slots=True)
class Match:
    """A track ranked for a query.

    Attributes
    ----------
    rank : int
        1 for the best; in a playlist for several photos, the place in it.
    track : Track
    distance : float
        Euclidean distance in the space of the match.
    similarity : float
        1 / (1 + distance).
    passage : Passage or None
        The passage that fits best; None for a song without a file.
    why : str
        One line for a person.
    query : Query
        What it was matched with.
    position : tuple of (float, float)
        Where it stands in the space of the match.
    """

    rank: int
    track: Track
    distance: float
    similarity: float
    passage: Passage | None
    why: str
    query: Query
    position: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """The tracks for one query, or one playlist for several.

    Attributes
    ----------
    asked : tuple of Query
        One, or with ``together`` all.
    positions : tuple of (float, float)
        Where they stand in the space of the match.
    matches : tuple of Match
        Best first, or in order of playing.
    """

    asked: tuple[Query, ...]
    positions: tuple[tuple[float, float], ...]
    matches: tuple[Match, ...]

    @property
    def affect(self) -> Affect:
        """The query's affect; of several, their mean."""
        return Affect(
            sum(query.affect.valence for query in self.asked) / len(self.asked),
            sum(query.affect.arousal for query in self.asked) / len(self.asked),
        )


@dataclass(frozen=True)
class Recommendation:
    """What was recommended.

    Attributes
    ----------
    matching : Matching
        Relative or absolute.
    together : bool
        Whether the only answer is one playlist for all queries.
    queries : tuple of Answer
        In the order of the queries; a single one with ``together``.
    errors : tuple of InputError
        Files that could not be read.
    notes : tuple of str
        What a person should know about the result as a whole.
    positions : ndarray of float64, shape (n, 2)
        Where the tracks that could be chosen stand in the space of the match.
    """

    matching: Matching
    together: bool
    queries: tuple[Answer, ...]
    positions: np.ndarray[Any, np.dtype[np.float64]] = field(repr=False)
    errors: tuple[InputError, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The documented shape ``img2music/recommend/1`` (docs/matching.md)."""
        return {
            "schema": SCHEMA,
            "match": str(self.matching),
            "queries": [_answer_json(answer, together=self.together) for answer in self.queries],
            "errors": [{"path": error.path, "error": error.reason} for error in self.errors],
        }

    def matches(self) -> list[Match]:
        """All matches, list after list, each track once: what a playlist of the whole holds."""
        first: dict[int, Match] = {}
        for answer in self.queries:
            for match in answer.matches:
                first.setdefault(match.track.id, match)
        return list(first.values())


class Matcher:
    """A library placed in the space of the match, ready for any number of queries."""

    def __init__(
        self,
        store: LibraryStore,
        matching: Matching = Matching.RELATIVE,
        where: TrackFilter | None = None,
    ) -> None:
        columns = store.columns(("id", "valence", "arousal"))
        ids = columns["id"]
        where = where or TrackFilter()
        choice = choosable(store, ids, where)
        if choice.refusal:
            raise choice.refusal
        points = np.column_stack([columns["valence"], columns["arousal"]])
        self.notes = (choice.note,) if choice.note else ()
        self.allowed = int(np.count_nonzero(choice.allowed))
        self._store = store
        self._filtered = where.narrows
        # What we hear and what a table says of other songs are two measures: each is ranked among its own.
        without_file = np.isin(ids, store.ids(TrackFilter(file=False)), assume_unique=True)
        self.positions = np.empty_like(points)
        self._calibrations: dict[bool, Calibration] = {}
        for has_file, group in ((True, ~without_file), (False, without_file)):
            if group.any():
                calibration = Calibration(matching, AffectDistribution.of(points[group, 0], points[group, 1]))
                self.positions[group] = calibration.place_library(points[group])
                self._calibrations[has_file] = calibration
        everything = self.allowed == len(ids)
        self._field = Field(ids, self.positions, store.tracks, None if everything else choice.allowed, store.copies)

    def place(self, query: Query) -> tuple[float, float]:
        """Position of a query in the space of the match."""
        calibration = self._calibration(has_file=query.kind is QueryKind.SONG)
        return calibration.place(query.affect, calibration.library if query.kind is QueryKind.SONG else query.among)

    def _calibration(self, *, has_file: bool) -> Calibration:
        """That of the tracks with a file or without; of the others where there are none."""
        return self._calibrations.get(has_file) or self._calibrations[not has_file]

    def best(self, query: Query, top: int, per_artist: int | None, widen: float = 0.0) -> Answer:
        """The tracks that fit one query best."""
        position = self.place(query)
        diversity = self._without([query], per_artist)
        if widen and query.spread is not None:
            reach = (widen * query.spread[0], widen * query.spread[1])
            targets = [self.place(replace(query, affect=near)) for near in widened(query.affect, reach, top)]
            chosen = [candidate for target in targets for candidate in self._field.nearest(target, 1, diversity)]
            found = [replace(each, distance=math.dist(each.position, position)) for each in chosen]
            candidates = sorted(found, key=lambda each: each.distance)
        else:
            candidates = self._field.nearest(position, top, diversity)
        matches = self._matches([query] * len(candidates), candidates)
        return Answer((query,), (position,), matches)

    def playlist(self, queries: Sequence[Query], songs: int, per_artist: int | None) -> Answer:
        """One playlist that follows the queries in their order with smooth steps."""
        positions = [self.place(query) for query in queries]
        steps = sequence(self._field, positions, songs, self._without(queries, per_artist))
        matches = self._matches([queries[step.photo] for step in steps], [step.candidate for step in steps])
        return Answer(tuple(queries), tuple(positions), matches)

    @staticmethod
    def _without(queries: Sequence[Query], per_artist: int | None) -> Diversity:
        diversity = Diversity(per_artist)
        for query in queries:
            if query.track is not None:
                diversity.exclude(query.track)
        return diversity

    def _matches(self, queries: Sequence[Query], candidates: Sequence[Candidate]) -> tuple[Match, ...]:
        curves = self._store.curves([candidate.track.id for candidate in candidates])
        return tuple(
            self._match(rank, query, candidate, curves.get(candidate.track.id, ()))
            for rank, (query, candidate) in enumerate(zip(queries, candidates, strict=True), start=1)
        )

    def _match(self, rank: int, query: Query, candidate: Candidate, curve: Sequence[CurvePoint]) -> Match:
        among = "its songs" if query.among is None else "pictures"
        asked = Asked(query.name, query.affect, self.place(query), among)
        track = candidate.track
        calibration = self._calibration(has_file=track.path is not None)
        heard = [calibration.place(point.affect, calibration.library) for point in curve]
        return Match(
            rank=rank,
            track=track,
            distance=candidate.distance,
            similarity=similarity(candidate.distance),
            passage=best_passage(curve, heard, asked.position, track.duration),
            why=explain(
                asked,
                track,
                candidate.position,
                matching=calibration.matching,
                library=calibration.library,
                first=rank == 1,
                filtered=self._filtered,
            ),
            query=query,
            position=candidate.position,
        )


def recommend(
    store: LibraryStore,
    paths: Sequence[str | os.PathLike[str]] = (),
    affects: Sequence[Affect] = (),
    options: Options | None = None,
    progress: Progress | None = None,
) -> Recommendation:
    """Recommend tracks for pictures, songs and affects: a list for each, or one playlist for all."""
    if not paths and not affects:
        raise nothing_asked()
    options = options or Options()
    matcher = Matcher(store, options.matching, options.where)
    read = read_queries(paths, store, options.image_model, progress)
    queries = (*read.queries, *(Query(QueryKind.NUMBERS, affect) for affect in affects))
    recommendation = answer(matcher, queries, options)
    damaged = tuple(f"{printable(query.path or '')}: {query.note}" for query in read.queries if query.note)
    return replace(recommendation, errors=read.errors, notes=(*read.notes, *damaged, *recommendation.notes))


def nothing_asked() -> UsageError:
    """Say that there is nothing to recommend for."""
    return UsageError("Nothing to match: give a picture, a song, --valence and --arousal, or --emotion.")


def answer(matcher: Matcher, queries: Sequence[Query], options: Options) -> Recommendation:
    """Recommend tracks for each query, or one playlist for all."""
    songs = max(options.top, len(queries)) if options.together else options.top
    together = options.together and bool(queries)
    answers: list[Answer] = []
    for group in [queries] if together else [[query] for query in queries]:
        for limit in options.artist_limits(songs, matcher.allowed):
            if together:
                found = matcher.playlist(group, songs, limit)
            else:
                found = matcher.best(group[0], songs, limit, options.widen)
            if len(found.matches) == songs:
                break
        answers.append(found)
    return Recommendation(
        options.matching,
        options.together,
        tuple(answers),
        matcher.positions,
        notes=(*matcher.notes, *_short_notes(answers, songs, options, matcher)),
    )


def _short_notes(answers: Sequence[Answer], songs: int, options: Options, matcher: Matcher) -> Iterator[str]:
    """Say why lists are shorter than they were asked to be."""
    short = [answer for answer in answers if len(answer.matches) < songs]
    if not short:
        return
    lengths = sorted({len(answer.matches) for answer in short})
    count = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else str(lengths[0])
    lists = f" in {len(short)} of {len(answers)} lists" if len(answers) > 1 else ""
    reason = f"{matcher.allowed} may be chosen, and none comes twice"
    if options.per_artist and matcher.allowed > max(lengths):
        reason += f" nor more than {options.per_artist} of one artist"
    yield f"Only {count} of {songs} songs{lists}: {reason}. Loosen the conditions, or scan more music."


def _affect_json(affect: Affect) -> dict[str, float]:
    return {"valence": affect.valence, "arousal": affect.arousal}


def _query_json(path: str | None, affect: Affect) -> dict[str, Any]:
    return {
        "path": path,
        "affect": _affect_json(affect),
        "word": affect.word,
        "emotions": affect.emotions(),
    }


def _answer_json(answer: Answer, *, together: bool) -> dict[str, Any]:
    if not together:
        (query,) = answer.asked
        return {**_query_json(query.path, query.affect), "tracks": [_match_json(m) for m in answer.matches]}
    return {
        **_query_json(None, answer.affect),
        "photos": [_query_json(query.path, query.affect) for query in answer.asked],
        "tracks": [{**_match_json(match), "for": match.query.path} for match in answer.matches],
    }


def _match_json(match: Match) -> dict[str, Any]:
    track = match.track
    return {
        "rank": match.rank,
        "id": track.id,
        "path": track.path,
        "identifier": track.identifier,
        "title": track.title,
        "artist": track.artist,
        "album": track.album,
        "duration": track.duration,
        "affect": _affect_json(track.affect),
        "distance": match.distance,
        "similarity": match.similarity,
        "passage": None if match.passage is None else dataclasses.asdict(match.passage),
        "why": match.why,
    }
