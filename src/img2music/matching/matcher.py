"""Ranks the tracks of a library for queries."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.distribution import AffectDistribution
from img2music.errors import InputError
from img2music.filters import TrackFilter
from img2music.library.heard import HeardLibrary
from img2music.library.search import Axes
from img2music.matching.calibration import Calibration, similarity
from img2music.matching.choice import choosable, indices_of
from img2music.matching.diversity import Diversity
from img2music.matching.explanations import Asked, explain, in_words
from img2music.matching.favours import PersonalSpace
from img2music.matching.passages import best_passage
from img2music.matching.person import NOBODY, Person
from img2music.matching.query import Query, QueryKind
from img2music.matching.ranking import Neighbour, TrackIndex, TrackSpace
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.matching.sequencing import Pick, sequence
from img2music.matching.smart_playlists import Searched
from img2music.options import MatchMode, RecommendOptions

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

PER_ARTIST = 2
"""Tracks of one artist in a list of ten, unless asked otherwise."""

ARTIST_SHARE = 5
"""In one playlist for several queries, an artist may have one song in so many, unless asked otherwise."""


class PlacedLibrary:
    """The tracks of a library placed in the space of the match, whichever of them may be chosen.

    It stands for the library as it was when it was made.
    """

    def __init__(self, store: "LibraryStore", mode: MatchMode) -> None:
        columns = store.columns(("id", "valence", "arousal"))
        ids = columns["id"]
        self.mode = mode
        self.unmusical = store.unmusical()
        self.calibrations: dict[bool, Calibration] = {}  # of the tracks with a file, and of those without
        # What we hear and what a table says of other songs are two measures: each is ranked among its own.
        without_file = np.zeros(len(ids), dtype=np.bool_)
        without_file[indices_of(store.ids(TrackFilter(file=False)), ids)] = True
        whole = not without_file.any() or bool(without_file.all())
        groups = []
        for has_file, group in ((True, ~without_file), (False, without_file)):
            if group.any():
                which = None if whole else np.flatnonzero(group)
                axes = (columns[name] for name in ("valence", "arousal"))
                points = Axes(*axes) if which is None else Axes(*(axis[which] for axis in axes))
                calibration = Calibration(mode, AffectDistribution.of(*points))
                groups.append((which, calibration.index(points)))
                self.calibrations[has_file] = calibration
        self.tracks = TrackIndex(ids, groups)
        self.files = groups[0][1] if True in self.calibrations else None  # the tracks with a file

    def calibration(self, *, has_file: bool) -> Calibration:
        """That of the tracks with a file or without; of the others where there are none."""
        return self.calibrations.get(has_file) or self.calibrations[not has_file]


class Matcher:
    """A library of which some tracks may be chosen, ready for any number of queries, also from several threads.

    It stands for the library as it was when it was made, or ``placed``.
    """

    def __init__(
        self,
        store: "LibraryStore",
        mode: MatchMode,
        where: TrackFilter,
        person: Person = NOBODY,
        placed: PlacedLibrary | None = None,
    ) -> None:
        self.placed = placed or PlacedLibrary(store, mode)
        ids = self.placed.tracks.ids
        choice = choosable(store, ids, where, person.never, self.placed.unmusical)
        if choice.refusal:
            raise choice.refusal
        self.notes = (choice.note,) if choice.note else ()
        self.allowed = int(np.count_nonzero(choice.allowed))
        self._mode = mode
        self._narrows = where.narrows
        self._person = person
        self._read_curves = store.curves
        mask = None if self.allowed == len(ids) else choice.allowed
        self._space = TrackSpace(self.placed.tracks, store.tracks, mask, store.copies)
        unwanted = {"speech, noise": choice.left_out, "songs that you never want": person.never}
        self._searched = Searched(
            self.placed.tracks,
            self.placed.files,
            self.placed.tracks.masks(mask)[0],
            where,
            tuple(what for what, which in unwanted.items() if which),
            heard=isinstance(store, HeardLibrary),
        )

    def recommend(
        self,
        queries: Sequence[Query],
        options: RecommendOptions,
        natural: AffectDistribution | None = None,
        *,
        pictures: Sequence[str | None] | None = None,
        notes: Sequence[str] = (),
        errors: Sequence[InputError] = (),
    ) -> Recommendations:
        """Rank tracks for each query, or choose one playlist for all.

        ``natural`` holds the affects of natural images, among which relative matching ranks a picture; ``pictures`` the
        hashes of queries that are pictures; ``notes`` and ``errors`` are what is known already.
        """
        songs = max(options.top, len(queries)) if options.together else options.top
        found: list[Recommendation] = []
        lengths: list[int] = []
        parts = [slice(0, len(queries))] if options.together else [slice(n, n + 1) for n in range(len(queries))]
        for part in parts if queries else []:
            group = queries[part]
            hashes = [None] * len(group) if pictures is None else pictures[part]
            positions = [self._place(query, natural, content) for query, content in zip(group, hashes, strict=True)]
            space = self._space
            if self._person is not NOBODY:
                space = PersonalSpace(space, self._person, positions, hashes)
            for limit in _artist_limits(options, songs, self.allowed):
                diversity = Diversity(limit, options.per_album)
                for query in group:
                    if query.track is not None:
                        diversity.exclude(query.track)
                if options.together:
                    picks = sequence(space, positions, songs, diversity)
                else:
                    picks = [(0, each) for each in space.nearest(positions[0], options.top, diversity)]
                if len(picks) == songs:
                    break
            lengths.append(len(picks))
            found += self._recommendations(group, positions, picks, natural)
        unfit = not self._person.unfit.keys().isdisjoint(pictures or ())
        said = (*notes, *self.notes, *self._short_notes(lengths, songs, options, unfit=unfit))
        searched = replace(self._searched, per_artist=options.per_artist, per_album=options.per_album)
        return Recommendations(self._mode, options.together, tuple(found), said, tuple(errors), searched)

    def _place(self, query: Query, natural: AffectDistribution | None, content: str | None) -> tuple[float, float]:
        """Position of a query in the space of the match: of a picture, where the person put it, if they did."""
        placed = self._person.placed.get(content) if content is not None else None
        if placed is not None and self._mode is MatchMode.RELATIVE:
            return placed
        calibration = self.placed.calibration(has_file=query.kind is QueryKind.SONG)
        kind = {QueryKind.SONG: calibration.library, QueryKind.IMAGE: natural}
        spread = None if query.spread is None else (query.spread.valence, query.spread.arousal)
        return calibration.place(query.affect, kind.get(query.kind), spread)

    def _region(self, query: Query, natural: AffectDistribution | None) -> tuple[tuple[float, float], ...] | None:
        """Outline of where a picture may stand, if its reading is unsure."""
        if query.spread is None or query.spread == Affect(0.0, 0.0):
            return None
        spread = query.spread.valence, query.spread.arousal
        return self.placed.calibration(has_file=False).region(query.affect, natural, spread)

    def _rank(self, query: Query, natural: AffectDistribution | None) -> tuple[float, float] | None:
        """Where a picture stands among pictures."""
        if query.kind is not QueryKind.IMAGE or natural is None or self._mode is MatchMode.ABSOLUTE:
            return None
        valence, arousal = natural.ranks([(query.affect.valence, query.affect.arousal)])[0].tolist()
        return valence, arousal

    def _recommendations(
        self,
        queries: Sequence[Query],
        positions: Sequence[tuple[float, float]],
        picks: Sequence[Pick],
        natural: AffectDistribution | None,
    ) -> Iterator[Recommendation]:
        curves = self._read_curves([neighbour.track.id for _, neighbour in picks])
        matches: list[list[Match]] = [[] for _ in queries]
        asked = [
            Asked(
                query.name,
                query.affect,
                position,
                "pictures" if query.kind is QueryKind.IMAGE else "its songs",
                self._rank(query, natural),
            )
            for query, position in zip(queries, positions, strict=True)
        ]
        for rank, (index, neighbour) in enumerate(picks, start=1):
            curve = curves.get(neighbour.track.id, ())
            matches[index].append(self._match(rank, asked[index], neighbour, curve))
        for query, position, own in zip(queries, positions, matches, strict=True):
            yield Recommendation(query, position, tuple(own), self._region(query, natural))

    def _match(self, rank: int, asked: Asked, found: Neighbour, curve: Sequence[CurvePoint]) -> Match:
        calibration = self.placed.calibration(has_file=found.track.path is not None)
        heard = calibration.place_curve(curve)
        why = explain(
            asked,
            found.track,
            found.position,
            matching=self._mode,
            library=calibration.library,
            first=rank == 1,
            filtered=self._narrows,
            liked=found.track.id in self._person.liked,
        )
        reason = in_words(why, asked, found.track, self._mode)
        passage = best_passage(curve, heard, asked.position, found.track.duration)
        return Match(
            rank, found.track, found.position, found.distance, similarity(found.distance), passage, reason, why
        )

    def _short_notes(
        self, lengths: Sequence[int], songs: int, options: RecommendOptions, *, unfit: bool
    ) -> Iterator[str]:
        """Say why lists are shorter than they were asked to be."""
        short = sorted({length for length in lengths if length < songs})
        if not short:
            return
        count = f"{short[0]} to {short[-1]}" if len(short) > 1 else str(short[0])
        lists = f" in {sum(length < songs for length in lengths)} of {len(lengths)} lists" if len(lengths) > 1 else ""
        reason = f"{self.allowed} may be chosen, and none comes twice"
        if options.per_artist and self.allowed > short[-1]:
            reason += f" nor more than {options.per_artist} of one artist"
        if options.per_album:
            reason += f" nor more than {options.per_album} of one album"
        if unfit:
            reason += ", nor with a picture that you say it does not fit"
        yield f"Only {count} of {songs} songs{lists}: {reason}. Loosen the conditions, or scan more music."


def _artist_limits(options: RecommendOptions, songs: int, allowed: int) -> Iterator[int | None]:
    """Tracks of one artist that a list of so many songs out of so many may hold; the next if it is short."""
    if options.per_artist is not None:
        yield options.per_artist or None
        return
    if not (options.where.artist or options.where.album):
        limit = max(PER_ARTIST, -(-songs // ARTIST_SHARE)) if options.together else PER_ARTIST
        while limit < songs < allowed:
            yield limit
            limit *= 2
    yield None
