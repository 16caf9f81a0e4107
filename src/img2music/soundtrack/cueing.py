"""What was chosen becomes cues: passages on beats, fades, gains, reasons and runners-up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import LibraryError
from img2music.library.store import LibraryStore
from img2music.matching.explanations import Asked
from img2music.matching.passages import Passage
from img2music.soundtrack.aligning import Placed, align
from img2music.soundtrack.choosing import Chosen
from img2music.soundtrack.cue_sheet import Alternative, Cue, CueTrack, gain
from img2music.soundtrack.film import Film
from img2music.soundtrack.music import FilmCurve, Music, Span
from img2music.soundtrack.scenes import Scene
from img2music.track import Track

NEARER = 0.005
"""Distance by which a runner-up is nearer than what was chosen before it is said why: tables show two decimals."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Runner:
    """A track that could lie there as well, and whether it or its artist is heard in a cue close by."""

    track: int
    repeats: bool


class CueWriter:
    """Turns what was chosen into cues."""

    def __init__(
        self,
        film: Film,
        scenes: Sequence[Scene],
        *,
        positions: NDArray[np.float64],
        curve: FilmCurve,
        music: Music,
        ids: NDArray[np.int64],
        explained: Callable[[Asked, Track, Point], str],
    ) -> None:
        self._film, self._scenes, self._positions = film, scenes, positions
        self._curve, self._music, self._ids = curve, music, ids
        self._explained = explained

    def cues(
        self,
        chosen: Sequence[Chosen],
        runners: Sequence[Sequence[Runner]],
        pinned: Sequence[bool],
        store: LibraryStore,
    ) -> tuple[Cue, ...]:
        """Write all cues."""
        places = sorted({each.track for each in chosen} | {runner.track for row in runners for runner in row})
        ids = [int(self._ids[place]) for place in places]
        known = {track.id: track for track in store.tracks(ids)}
        if len(known) < len(ids):
            raise LibraryError("Songs were removed from the library meanwhile: run this again.")
        by_place = {place: known[number] for place, number in zip(places, ids, strict=True)}

        placed = self._placed(chosen, by_place)
        return tuple(
            self._cue(each, lies, [(runner, by_place[runner.track]) for runner in others], by_place[each.track], pin)
            for each, lies, others, pin in zip(chosen, placed, runners, pinned, strict=True)
        )

    def _placed(self, chosen: Sequence[Chosen], songs: Mapping[int, Track]) -> list[Placed]:
        """The chosen passages, on beats."""
        plain = [
            Placed(
                _path(songs[each.track]),
                float(self._music.durations[each.track]),
                *self._times(each.span),
                self._best(each.span, each.track),
            )
            for each in chosen
        ]

        def misfit(number: int, begin: float) -> float:
            start, end = plain[number].start, plain[number].end
            return self._heard(start, end, chosen[number].track, begin)[0] * (end - start)

        return align(plain, self._film.times, misfit)

    def _cue(
        self, each: Chosen, lies: Placed, runners: Sequence[tuple[Runner, Track]], track: Track, pinned: bool
    ) -> Cue:
        distance, heard = self._heard(lies.start, lies.end, each.track, lies.begin)
        return Cue(
            start=lies.start,
            end=lies.end,
            start_frame=self._film.frame(lies.start),
            end_frame=self._film.frame(lies.end),
            track=_cue_track(track),
            passage=Passage(lies.begin, lies.begin + lies.end - lies.start),
            fade_in=lies.fade_in,
            fade_out=lies.fade_out,
            gain_db=gain(track.features.loudness),
            distance=distance,
            why=self._why(*self._times(each.span), track, heard),
            alternatives=tuple(self._alternative(each, runner, other, distance, pinned) for runner, other in runners),
            beats=lies.beats,
        )

    def _alternative(self, each: Chosen, runner: Runner, track: Track, chosen: float, pinned: bool) -> Alternative:
        begin = self._best(each.span, runner.track)
        start, end = self._times(each.span)
        distance = self._heard(start, end, runner.track, begin)[0]
        note = None
        if distance < chosen - NEARER:
            unmoved = self._best(each.span, each.track)
            if pinned:
                note = "another is pinned"
            elif runner.repeats:
                note = "it or its artist is heard close by"
            elif distance >= self._heard(start, end, each.track, unmoved)[0] - NEARER:
                note = "the chosen one was this near before it moved to a beat"
            elif begin > 0.0 and unmoved == 0.0:
                note = "it would begin within the song"
            elif self._music.pace is not None:
                note = "its tempo fits the cutting less"
            else:
                note = "not so near in whole seconds, which the search compares"
        return Alternative(_cue_track(track), Passage(begin, begin + end - start), distance, note)

    def _best(self, span: Span, place: int) -> float:
        return self._music.passage(self._curve, span, place)[0]

    def _times(self, span: Span) -> Point:
        return float(self._curve.boundaries[span.first]), float(self._curve.boundaries[span.last])

    def _heard(self, start: float, end: float, place: int, begin: float) -> tuple[float, Point]:
        """Mean distance of a passage at every sample of the film, and its mean position."""
        within = self._within(start, end)
        heard = self._music.positions(place, begin + self._film.curve[within, 0] - start)
        distance = float(np.hypot(*(heard - self._positions[within]).T).mean())
        valence, arousal = heard.mean(axis=0).tolist()
        return distance, (valence, arousal)

    def _within(self, start: float, end: float) -> NDArray[np.int64]:
        times = self._film.curve[:, 0]
        found = np.flatnonzero((times >= start - 1e-6) & (times < end - 1e-6))
        return found if len(found) else np.array([int(np.abs(times - start).argmin())])

    def _why(self, start: float, end: float, track: Track, heard: Point) -> str:
        numbers = [
            n for n, scene in enumerate(self._scenes, 1) if scene.start < end - 1e-6 and scene.end > start + 1e-6
        ]
        name = f"scene {numbers[0]}" if len(numbers) == 1 else f"scenes {numbers[0]} to {numbers[-1]}"
        within = self._within(start, end)
        seen = self._positions[within].mean(axis=0).tolist()
        asked = Asked(name, _mean_affect(self._film.curve[within, 1:]), (seen[0], seen[1]))
        return self._explained(asked, track, heard)


def _mean_affect(points: NDArray[np.float64]) -> Affect:
    valence, arousal = points.mean(axis=0).clip(0.0, 1.0).tolist()
    return Affect(valence, arousal)


def _path(track: Track) -> str:
    assert track.path is not None, "a song without sound"  # it has no curve, so it is no candidate
    return track.path


def _cue_track(track: Track) -> CueTrack:
    return CueTrack(track.id, _path(track), track.shown_title, track.artist, track.album, track.duration)


def starts_note(cues: Sequence[Cue]) -> tuple[str, ...]:
    """Say which cues do not begin on a beat of their song, and why; nothing if all do."""
    reasons: dict[str, list[str]] = {}
    for number, cue in enumerate(cues, start=1):
        if cue.beats is not None and cue.beats.note is not None:
            reasons.setdefault(cue.beats.note, []).append(str(number))
    if not reasons:
        return ()
    off = sum(map(len, reasons.values()))
    told = "; ".join(f"not {'cue' if len(ns) == 1 else 'cues'} {', '.join(ns)}: {why}" for why, ns in reasons.items())
    return (f"{len(cues) - off} of {len(cues)} cues begin on a beat of their song; {told}.",)
