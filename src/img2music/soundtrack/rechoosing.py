"""Music chosen again for a film that was spotted: for all that nobody has pinned, or another song for one cue."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.matching.calibration import targets
from img2music.matching.explanations import reasoned
from img2music.matching.passages import Passage, clock
from img2music.options import MatchMode, SpotOptions
from img2music.soundtrack.choosing import Prices
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue, CueSheet, CueTrack, Scene
from img2music.soundtrack.cueing import CROSS_FADE_ON_BEATS, OPENING_FADE, CueWriter
from img2music.soundtrack.curves import FilmCurve, Span, TrackCurves
from img2music.soundtrack.film import Film, frame_at, scene_of
from img2music.soundtrack.spotting import Candidates, cell_seconds, grid, spot

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

SHORTEST = 2.0
"""Seconds of the shortest part of a film between what is pinned that gets music of its own."""
LEAST_CUE = 0.5
"""Seconds that a song must last to lie under a film."""
FELT = 0.002
"""Difference of affects from which on somebody has corrected one: files have three decimals."""


def corrected(film: Film, scenes: Sequence[Scene]) -> Film:
    """A film as people say that its scenes feel, where that is not what its shots say."""
    curve = film.curve.copy()
    for scene in scenes:
        if not scene.shots:
            continue
        read, said = scene_of(scene.shots).affect, scene.affect
        within = (curve[:, 0] >= scene.start - 1e-6) & (curve[:, 0] < scene.end - 1e-6)
        for axis, moved in ((1, said.valence - read.valence), (2, said.arousal - read.arousal)):
            if abs(moved) > FELT:
                curve[within, axis] = np.clip(curve[within, axis] + moved, 0.0, 1.0)
    return replace(film, curve=curve)


def respotted(
    film: Film,
    sheet: CueSheet,
    tracks: Candidates,
    options: SpotOptions,
    *,
    store: "LibraryStore",
    natural: AffectDistribution,
) -> tuple[Cue, ...]:
    """Choose music anew for all that is neither pinned nor to be silent; pinned songs are not chosen again."""
    film = corrected(film, sheet.scenes)
    pinned = [cue for cue in sheet.cues if cue.pinned]
    others = tracks.allowed & ~np.isin(tracks.ids, [cue.track.id for cue in pinned if cue.track.id is not None])
    if others.any():
        tracks = replace(tracks, allowed=others)
    found = list(pinned)
    free = list(_free(sheet, pinned))
    seconds = sum(end - start for start, end in free)
    for start, end in free:
        part, scenes, first = _part(film, sheet.scenes, start, end)
        wanted = options
        if options.songs is not None:
            share = max(options.songs - len(pinned), 1) * (end - start) / seconds
            wanted = replace(options, songs=max(1, round(share)))
        chosen = spot(part, scenes, tracks, wanted, store=store, natural=natural, first_scene=first)
        found += (_moved(cue, start, film) for cue in chosen)
    return tuple(_met(sorted(found, key=lambda cue: cue.start)))


def continued(
    film: Film,
    scenes: Sequence[Scene],
    before: Sequence[Cue],
    tracks: Candidates,
    options: SpotOptions,
    *,
    store: "LibraryStore",
    natural: AffectDistribution,
) -> tuple[Cue, ...]:
    """Choose music for more of a film than before: its cues stay, and the last goes on as long as it is worth it."""
    *kept, last = before
    sheet = CueSheet(film.file, tuple(scenes), tuple(replace(cue, pinned=True) for cue in kept))
    (song,) = np.flatnonzero(tracks.ids == last.track.id).tolist()
    under = next(scene for scene in scenes if scene.end > last.start + TOLERANCE)
    fits = under.end - last.start <= tracks.durations[song]
    found = respotted(
        film, sheet, replace(tracks, pins={0: song} if fits else {}), options, store=store, natural=natural
    )
    cues = [replace(cue, pinned=False) for cue in found]
    on = cues[len(kept)]
    until = last.passage.start + on.end - on.start
    if on.track.id == last.track.id and abs(on.start - last.start) < TOLERANCE and until <= tracks.durations[song]:
        beats = last.beats and replace(last.beats, end_offset=None)
        passage = Passage(last.passage.start, until)
        cues[len(kept)] = replace(on, passage=passage, fade_in=last.fade_in, beats=beats)
    return tuple(cues)


def swapped(
    film: Film,
    sheet: CueSheet,
    number: int,
    track: CueTrack,
    options: SpotOptions,
    *,
    store: "LibraryStore",
    natural: AffectDistribution,
) -> Cue:
    """Lay another song under a cue, and find its passage, gain and reason; a cue ends with its song."""
    film, cue = corrected(film, sheet.scenes), sheet.cues[number]
    known = _known(store, track, cue)
    lasts = float(known.durations[0])
    if lasts < LEAST_CUE:
        raise UsageError(f"The song lasts {clock(lasts)}, too short to lie under a film.")
    end = min(cue.end, cue.start + lasts)
    edges = np.unique([0.0, cue.start, end, film.duration])
    first, last = (int(np.abs(edges - time).argmin()) for time in (cue.start, end))
    relative = options.match is MatchMode.RELATIVE
    seen = film.curve[:, 1:]
    positions, ranks = (targets(seen, natural), natural.ranks(seen)) if relative else (seen, seen)
    cell = cell_seconds(1, end - cue.start)
    curve = FilmCurve(grid(film.curve[:, 0], positions, film.duration, cell), edges, cell)
    music = TrackCurves(known.durations, known.curves, known.library if relative else None, cell, Prices().inside)
    explained = partial(reasoned, matching=options.match, library=known.library, filtered=False)
    writer = CueWriter(film, sheet.scenes, positions, ranks, curve, music, ids=known.ids, explained=explained)
    long_enough = (index for index in range(1, len(known.ids)) if known.durations[index] >= end - cue.start)
    return writer.replaced(cue, Span(first, last), 0, list(long_enough), store)


def _known(store: "LibraryStore", track: CueTrack, cue: Cue) -> Candidates:
    """A song, and those that it takes the place of: the cue's own, and the other alternatives."""
    wanted = [track, *(each.track for each in cue.alternatives), cue.track]
    ids = list(dict.fromkeys(each.id for each in wanted if each.id is not None and each.path != track.path))
    curves = store.curve_arrays([*([] if track.id is None else [track.id]), *ids])
    if track.id is None or not len(curves.get(track.id, ())):
        raise UsageError("The library has not heard this song: scan it first.")
    ids = [track.id, *(each for each in ids if len(curves.get(each, ())))]
    lengths = {each.id: each.duration or 0.0 for each in store.tracks(ids)}
    ids = [each for each in ids if each in lengths]
    if not ids or ids[0] != track.id:
        raise UsageError("This song is not in the library any more.")
    columns = store.columns(("valence", "arousal"))
    return Candidates(
        ids=np.array(ids),
        durations=np.array([lengths[each] for each in ids]),
        artists=np.arange(len(ids)),
        curves=[curves[each] for each in ids],
        allowed=np.ones(len(ids), dtype=np.bool_),
        pins={},
        library=AffectDistribution.of(columns["valence"], columns["arousal"]),
        filtered=False,
        tempos=np.full(len(ids), np.nan),
    )


def _free(sheet: CueSheet, pinned: Sequence[Cue]) -> Iterator[tuple[float, float]]:
    """Parts of a film for which music is chosen."""
    taken = sorted([*((cue.start, cue.end) for cue in pinned), *((span.start, span.end) for span in sheet.silences)])
    start = 0.0
    for begin, end in [*taken, (sheet.film.duration, sheet.film.duration)]:
        if begin - start >= SHORTEST:
            yield start, begin
        start = max(start, end)


def _part(film: Film, scenes: Sequence[Scene], start: float, end: float) -> tuple[Film, list[Scene], int]:
    """A part of a film as a film of its own, its scenes, and the number of the first of them."""
    within = (film.curve[:, 0] >= start - 1e-6) & (film.curve[:, 0] < end - 1e-6)
    if not within.any():
        within[int(np.abs(film.curve[:, 0] - start).argmin())] = True
    curve = film.curve[within].copy()
    curve[:, 0] = np.clip(curve[:, 0] - start, 0.0, end - start)
    times = film.times[(film.times >= start - 1e-6) & (film.times < end)] - start
    shots = tuple(
        replace(shot, start=max(shot.start, start) - start, end=min(shot.end, end) - start)
        for shot in film.shots
        if shot.start < end - 1e-6 and shot.end > start + 1e-6
    )
    inside = [(n, each) for n, each in enumerate(scenes, 1) if each.start < end - 1e-6 and each.end > start + 1e-6]
    clipped = [
        replace(each, start=max(each.start, start) - start, end=min(each.end, end) - start) for _, each in inside
    ]
    first = inside[0][0] if inside else 1
    if not clipped:
        clipped = [Scene(0.0, end - start, Affect(*curve[:, 1:].mean(axis=0).tolist()))]
    clipped[0] = replace(clipped[0], start=0.0)
    clipped[-1] = replace(clipped[-1], end=end - start)
    file = replace(film.file, duration=end - start)
    return replace(film, file=file, times=times, shots=shots, curve=curve, survey=None), clipped, first


def _moved(cue: Cue, by: float, film: Film) -> Cue:
    start, end = cue.start + by, cue.end + by
    first, last = frame_at(film.times, start), frame_at(film.times, end)
    return replace(cue, start=start, end=end, start_frame=first, end_frame=last)


def _met(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Cues of which those that are new fade with those that are pinned where both meet."""
    for number, cue in enumerate(cues):
        before = cues[number - 1] if number else None
        after = cues[number + 1] if number + 1 < len(cues) else None
        if not cue.pinned and before is not None and before.pinned and cue.start - before.end <= TOLERANCE:
            crossed = cue.fade_in if cue.fade_in <= OPENING_FADE else before.fade_out
            cue = replace(cue, fade_in=crossed)  # noqa: PLW2901 - the same with its fades
        if not cue.pinned and after is not None and after.pinned and after.start - cue.end <= TOLERANCE:
            left = float("inf") if cue.track.duration is None else max(0.0, cue.track.duration - cue.passage.end)
            crossed = CROSS_FADE_ON_BEATS if after.fade_in <= OPENING_FADE else after.fade_in
            cue = replace(cue, fade_out=min(crossed, left))  # noqa: PLW2901
        yield cue
