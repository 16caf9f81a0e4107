"""Spotting: which passage of which track lies under which span of a film."""

import itertools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.distribution import AffectDistribution
from img2music.errors import UsageError, printable
from img2music.library.schema import fold
from img2music.matching.calibration import targets
from img2music.matching.choice import choosable
from img2music.matching.diversity import second_copies
from img2music.matching.explanations import reasoned
from img2music.matching.passages import clock
from img2music.matching.person import LIKED, NOBODY, Person
from img2music.options import CueCount, MatchMode, SpotOptions
from img2music.soundtrack.choosing import MEMORY, Chosen, Prices, choose, shortlist, ways
from img2music.soundtrack.cue_sheet import Cue, Scene, clocks
from img2music.soundtrack.cueing import CueWriter, Runner
from img2music.soundtrack.curves import TOLERANCE, FilmCurve, Pace, Span, TrackCurves
from img2music.soundtrack.film import Film

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

CELL, COARSE_CELL = 1.0, 2.0
"""Seconds in which film and music are compared while passages are searched; less for the shortest scenes."""

MANY = 3000  # tracks from which on cells are coarse, to keep the search within seconds
NAMED = 10  # songs that are listed where a name fits several


@dataclass(frozen=True)
class Candidates:
    """The tracks that may be chosen, and those that are pinned."""

    ids: NDArray[np.int64]  # numbers in the library
    durations: NDArray[np.float64]  # seconds
    artists: NDArray[np.int64]  # equal for the same artist; one of its own for a track whose artist is not known
    curves: list[NDArray[np.void]] = field(repr=False)  # affect curves (`library.record.CURVE_DTYPE`)
    allowed: NDArray[np.bool_]  # false for those that only a pin allows
    pins: dict[int, int]  # scene (0 for the first) to the index of its track among these
    library: AffectDistribution = field(repr=False)  # affects of the whole library
    filtered: bool  # whether there are filters or bans
    tempos: NDArray[np.float64]  # beats a minute; NaN where it is not known
    notes: tuple[str, ...] = ()  # what a person should know of what was left out, and of what was not
    liked: NDArray[np.bool_] | None = None  # that the person likes who asks

    @property
    def longest(self) -> float:
        """Seconds of the longest track that may be chosen."""
        return float(self.durations[self.allowed].max(initial=0.0))


def candidates(store: "LibraryStore", options: SpotOptions, person: Person = NOBODY) -> Candidates:
    """Collect the tracks that may lie under a film: those with sound that pass the filters, each content once."""
    names = ("id", "valence", "arousal", "artist", "title", "duration", "sound", "tempo")
    columns = store.columns(names)
    library = AffectDistribution.of(columns["valence"], columns["arousal"])
    curves = store.curve_arrays(columns["id"].tolist())  # songs without a file have none
    heard = np.array([len(curves.get(number, ())) > 0 for number in columns["id"].tolist()], dtype=np.bool_)
    columns = {name: values[heard] for name, values in columns.items()}
    choice = choosable(store, columns["id"], options.where, person.never)
    banned = {_found(store, columns, text) for text in options.bans}
    pins = {scene - 1: _found(store, columns, text) for scene, text in options.pins}
    for scene, text in options.pins:
        if columns["sound"][pins[scene - 1]] in columns["sound"][list(banned)]:
            raise UsageError(f"{printable(text)!r} is both pinned and banned.")
    unwanted = [
        f"{printable(text)!r} is pinned, and is used though you never want it, or not here."
        for scene, text in options.pins
        if int(columns["id"][pins[scene - 1]]) in person.never
    ]
    passes = choice.allowed.copy()
    for index in banned:
        passes &= columns["sound"] != columns["sound"][index]
    first_copies = np.zeros(len(passes), dtype=np.bool_)
    copies = second_copies(store.copies(), set(columns["id"][passes].tolist()).__contains__)
    passes &= ~np.isin(columns["id"], list(copies), assume_unique=True)
    order = np.flatnonzero(passes)
    first_copies[order[np.unique(columns["sound"][order].astype(str), return_index=True)[1]]] = True
    if not first_copies.any() and not pins:
        raise choice.refusal or UsageError("The bans leave no song: ban fewer.")
    kept = np.flatnonzero(first_copies | np.isin(np.arange(len(passes)), list(pins.values())))
    return Candidates(
        ids=columns["id"][kept],
        durations=columns["duration"][kept].astype(np.float64),
        artists=_artist_numbers(columns["artist"][kept]),
        curves=[curves[number] for number in columns["id"][kept].tolist()],
        allowed=first_copies[kept],
        pins={scene: int(np.searchsorted(kept, index)) for scene, index in pins.items()},
        library=library,
        filtered=options.where.narrows or bool(banned),
        tempos=columns["tempo"][kept].astype(np.float64),
        notes=(*((choice.note,) if choice.note else ()), *unwanted),
        liked=np.isin(columns["id"][kept], list(person.liked)) if person.liked else None,
    )


def _artist_numbers(artists: NDArray[Any]) -> NDArray[np.int64]:
    names = [fold(artist) if artist else index for index, artist in enumerate(artists.tolist())]
    numbers: dict[str | int, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _found(store: "LibraryStore", columns: dict[str, NDArray[Any]], text: str) -> int:
    """Place of the track that a text names: number, path or name, else a part of its name; of copies the first."""
    ids = columns["id"]
    digits = text.removeprefix("#")
    written = digits.isdecimal() and len(digits) < 19 and digits == str(int(digits))  # "07" is a name
    numbered = ids == (int(digits) if written else -1)
    if not (text.startswith("#") and numbered.any()):
        track = store.find(os.path.abspath(text)) if "\0" not in text else None  # noqa: PTH100 - names may be any bytes
        if track is not None:
            numbered = ids == track.id
        else:
            wanted, names = fold(text), _names(store, columns)
            numbered |= np.array([name == wanted for name in names])
            if not numbered.any() and wanted:
                numbered = np.array([wanted in name for name in names])
    found = np.flatnonzero(numbered)
    if not len(found):
        raise UsageError(
            f"No song of the library with sound is {printable(text)!r}: give its number (#17), path or title."
        )
    if len(set(columns["sound"][found].tolist())) > 1:
        few = "; ".join(track.display_name for track in store.tracks(ids[found[:NAMED]].tolist()))
        more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise UsageError(f"{len(found)} songs fit {printable(text)!r}: {few}{more}. Give one by its number (#).")
    return int(found[0])


def _names(store: "LibraryStore", columns: dict[str, NDArray[Any]]) -> list[str]:
    """What tracks are called, also those without a title, for comparison."""
    untagged = columns["id"][np.array([not title for title in columns["title"].tolist()], dtype=np.bool_)].tolist()
    shown = {track.id: track.shown_title for track in store.tracks(untagged)} if untagged else {}
    both = zip(columns["id"].tolist(), columns["title"].tolist(), strict=True)
    return [fold(title or shown.get(number, "")) for number, title in both]


def spot(
    film: Film,
    scenes: Sequence[Scene],
    tracks: Candidates,
    options: SpotOptions,
    *,
    store: "LibraryStore",
    natural: AffectDistribution,
    prices: Prices | None = None,
    first_scene: int = 1,
) -> tuple[Cue, ...]:
    """Choose cues for a film; ``natural`` is how the readings of pictures are spread.

    Of a part of a film, ``first_scene`` is the number of the first scene in it.
    """
    prices = prices or Prices()
    relative = options.match is MatchMode.RELATIVE
    boundaries, owners = stretches(scenes, tracks, options)
    seen = film.curve[:, 1:]
    positions, ranks = (targets(seen, natural), natural.ranks(seen)) if relative else (seen, seen)
    cell = cell_seconds(len(tracks.ids), float(np.diff(boundaries).min()))
    curve = FilmCurve(grid(film.curve[:, 0], positions, boundaries[-1], cell), boundaries, cell)
    library = tracks.library if relative else None
    pace = Pace(np.array([shot.start for shot in film.shots]), tracks.tempos) if options.match_tempo else None
    music = TrackCurves(
        tracks.durations, tracks.curves, library, cell, prices.inside, inside_second=prices.inside_second, pace=pace
    )
    pinned_under = spans(curve, tracks, owners, options)
    short = {span: max(0.0, options.least_song - curve.seconds(span)) for span in pinned_under}
    numbers = ways(short, options.songs)
    found = shortlists(curve, music, tracks, {span: pinned_under[span] for span in numbers})
    chosen = choose(found, tracks.artists, prices, numbers)
    assert chosen is not None, "a stretch has no track that is long enough"
    runners = _runners_up(curve, music, tracks, chosen, prices=prices, count=options.alternatives)
    pinned = [pinned_under[each.span] is not None for each in chosen]
    explained = partial(reasoned, matching=options.match, library=tracks.library, filtered=tracks.filtered)
    writer = CueWriter(
        film, scenes, positions, ranks, curve, music, ids=tracks.ids, explained=explained, first_scene=first_scene
    )
    return writer.cues(chosen, runners, pinned, store)


def count_note(cues: Sequence[Cue], options: SpotOptions) -> tuple[str, ...]:
    """Say that there are not as many songs as were asked for; nothing if there are."""
    if options.songs is None or len(cues) == options.songs:
        return ()
    least = f"each is heard for {options.least_song:g} seconds or more (`least_song`)"
    why = least if len(cues) < options.songs else "songs are too short, or pinned"
    return (
        f"{options.songs} songs were asked for, and there are {len(cues)}: songs change where scenes do, and {why}.",
    )


def require_possible(tracks: Candidates, options: SpotOptions, seconds: float) -> None:
    """Refuse what could not be done for any film of this length, before that film is read."""
    most = max(1, int((seconds + TOLERANCE) / options.least_scene))
    for pinned in tracks.pins:
        if not 0 <= pinned < most:
            scenes = "1 scene" if most == 1 else f"{most} scenes"
            raise UsageError(
                f"There is no scene {pinned + 1} to pin a song to: a film of {clock(seconds)} has at most {scenes} of "
                f"{options.least_scene:g} seconds or more."
            )
    if options.cues is CueCount.ONE:
        _require_one(tracks, seconds)
    elif not tracks.pins and tracks.longest + TOLERANCE < min(seconds, options.least_scene):
        raise _too_short(tracks.longest)


def _require_one(tracks: Candidates, seconds: float) -> None:
    if len(set(tracks.pins.values())) > 1:
        raise UsageError("With `cues=one` only one song can be pinned.")
    for pinned in tracks.pins:
        _require_length(tracks, pinned, "the film", seconds)
    if not tracks.pins and tracks.longest + TOLERANCE < seconds:
        short, long = clocks(tracks.longest, seconds)
        raise UsageError(
            f"No song is as long as the film ({long}; the longest that may be used lasts {short}): "
            "use `cues=auto` or `cues=scene`."
        )


def _require_length(tracks: Candidates, pinned: int, what: str, seconds: float) -> None:
    lasts = float(tracks.durations[tracks.pins[pinned]])
    if lasts + TOLERANCE < seconds:
        short, long = clocks(lasts, seconds)
        raise UsageError(f"The song pinned to scene {pinned + 1} lasts {short}, and {what} {long}.")


def _too_short(longest: float) -> UsageError:
    return UsageError(
        f"The longest song that may be used lasts {clock(longest)}, too short for a scene: scan longer music, "
        "or loosen the filters."
    )


def stretches(
    scenes: Sequence[Scene], tracks: Candidates, options: SpotOptions
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find where cues may begin and end: with scenes, and within one that no track is long enough for."""
    end = scenes[-1].end
    for pinned in tracks.pins:
        if not 0 <= pinned < len(scenes):
            raise UsageError(f"There is no scene {pinned + 1} to pin a song to: the film has {len(scenes)}.")
        if options.cues is not CueCount.ONE:
            _require_length(tracks, pinned, f"scene {pinned + 1}", scenes[pinned].end - scenes[pinned].start)
    if options.cues is CueCount.ONE:
        _require_one(tracks, end)
        return np.array([0.0, end]), np.array([0])
    edges, owners = [0.0], []
    for number, scene in enumerate(scenes):
        lasts = scene.end - scene.start
        longest = float(tracks.durations[tracks.pins[number]]) if number in tracks.pins else tracks.longest
        if longest + TOLERANCE < min(lasts, options.least_scene):
            raise _too_short(longest)
        parts = 1 if lasts <= longest + TOLERANCE else math.ceil(lasts / (0.75 * longest))
        edges += np.linspace(scene.start, scene.end, parts + 1)[1:].tolist()
        owners += [number] * parts
    return np.array(edges), np.array(owners)


def cell_seconds(tracks: int, shortest: float) -> float:
    """Choose the seconds of a cell."""
    return min(COARSE_CELL if tracks > MANY else CELL, shortest / 2)


def grid(times: NDArray[np.float64], positions: NDArray[np.float64], end: float, cell: float) -> NDArray[np.float32]:
    """Average a curve in cells of time."""
    count = max(1, round(end / cell))
    indices = np.minimum((times / cell).astype(np.int64), count - 1)
    filled = np.bincount(indices, minlength=count)
    known = np.flatnonzero(filled)
    columns = [
        np.interp(np.arange(count), known, np.bincount(indices, positions[:, axis], count)[known] / filled[known])
        for axis in range(2)
    ]
    return np.column_stack(columns).astype(np.float32)


def spans(
    curve: FilmCurve, tracks: Candidates, owners: NDArray[np.int64], options: SpotOptions
) -> dict[Span, int | None]:
    """Find where a cue may lie: under what some track is long enough for, with the track that is pinned there."""
    count = len(owners)
    # With one cue there is one stretch, and at most one pinned track.
    one = options.cues is CueCount.ONE and tracks.pins
    pins = dict.fromkeys([0], *set(tracks.pins.values())) if one else tracks.pins
    found: dict[Span, int | None] = {}
    for first, last in itertools.combinations(range(count + 1), 2):
        if last > first + 1 and options.cues is not CueCount.AUTO:
            continue
        wanted = {pins[scene] for scene in set(owners[first:last].tolist()) if scene in pins}
        if len(wanted) <= 1:
            track, span = next(iter(wanted), None), Span(first, last)
            if curve.seconds(span) <= (tracks.longest if track is None else tracks.durations[track]) + TOLERANCE:
                found[span] = track
    return found


def shortlists(
    curve: FilmCurve, music: TrackCurves, tracks: Candidates, pinned: Mapping[Span, int | None]
) -> dict[Span, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Find the tracks that may lie under each span, and what they cost there."""
    found: dict[Span, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
    for span, track in pinned.items():
        if track is not None:
            found[span] = np.array([track]), np.array([music.passage(curve, span, track)[1]])
    free = [span for span, track in pinned.items() if track is None]
    if not free:
        return found
    best = [(np.array([], dtype=np.int64), np.array([], dtype=np.float32)) for _ in free]
    for first, part in music.costs(curve, free):
        part[:, ~tracks.allowed[first : first + part.shape[1]]] = np.inf
        _favour(part, curve, free, tracks.liked, first)
        best = [_shorter(known, first, part[row], tracks.artists) for row, known in enumerate(best)]
    found |= {
        span: (chosen, costs.astype(np.float64))
        for span, (chosen, costs) in zip(free, best, strict=True)
        if len(chosen)
    }
    return found


def _favour(
    costs: NDArray[np.float32],
    curve: FilmCurve,
    spans: Sequence[Span],
    liked: NDArray[np.bool_] | None,
    first: int = 0,
) -> None:
    """Let what is liked, of the tracks from ``first`` on, cost as if it were nearer."""
    if liked is not None:
        seconds = np.array([curve.seconds(span) for span in spans], dtype=np.float32)
        costs -= np.outer(LIKED * seconds, liked[first : first + costs.shape[1]]).astype(np.float32)


def _shorter(
    known: tuple[NDArray[np.int64], NDArray[np.float32]],
    begin: int,
    costs: NDArray[np.float32],
    artists: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Shortlist of what was on one and of the tracks from ``begin`` on."""
    indices = np.concatenate([known[0], np.arange(begin, begin + len(costs))])
    together = np.concatenate([known[1], costs])
    kept = shortlist(together, artists[indices])
    return indices[kept], together[kept]


def _runners_up(
    curve: FilmCurve,
    music: TrackCurves,
    tracks: Candidates,
    chosen: Sequence[Chosen],
    *,
    prices: Prices,
    count: int,
) -> list[list[Runner]]:
    """The tracks that would cost least instead of each chosen one, all others staying as they are."""
    if not count:
        return [[] for _ in chosen]
    spans = [each.span for each in chosen]
    costs = np.concatenate([part for _, part in music.costs(curve, spans)], axis=1)
    costs[:, ~tracks.allowed] = np.inf
    _favour(costs, curve, spans, tracks.liked)
    repeats = np.zeros_like(costs)
    everything = np.arange(len(music))
    for row, each in enumerate(chosen):
        costs[row, each.track] = np.inf
        for other in range(max(0, row - MEMORY), min(len(chosen), row + MEMORY + 1)):
            if other != row:
                beside = np.array(chosen[other].track)
                repeats[row] += prices.repeat(everything, tracks.artists, beside, tracks.artists[beside])
    costs += repeats
    order = np.argsort(costs, axis=1, kind="stable")[:, :count]
    return [
        [(int(track), bool(repeats[row, track] > 0.0)) for track in indices if np.isfinite(costs[row, track])]
        for row, indices in enumerate(order)
    ]
