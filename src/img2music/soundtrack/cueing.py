"""What was chosen becomes cues: passages on beats, fades, gains, reasons and runners-up."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import LibraryError
from img2music.library.store import LibraryStore
from img2music.library.track import Track
from img2music.matching.explanations import Asked
from img2music.matching.passages import Passage
from img2music.parallel import in_order, processors
from img2music.soundtrack.aligning import Aligned, Laid, align, cross_fade
from img2music.soundtrack.choosing import Chosen
from img2music.soundtrack.cue_sheet import Alternative, Cue, CueBeats, CueTrack
from img2music.soundtrack.film import Film
from img2music.soundtrack.music import FilmCurve, Music, Span
from img2music.soundtrack.scenes import Scene

LOUDNESS = -16.0
"""LUFS to which gains bring every track; what is asked of music on the web and of films on phones."""

GAINS = (-24.0, 12.0)
"""Least and greatest gain in decibels."""

FADE_IN = 1.0
"""Seconds of the fade at the film's start. No fade is longer than a third of its cue."""

Point = tuple[float, float]


class CueWriter:
    """Turns what was chosen into cues.

    Parameters
    ----------
    film : Film
    scenes : sequence of Scene
    positions : ndarray of float64, shape (n, 2)
        The film's curve in the space of the match.
    curve : FilmCurve
        The same in cells.
    music : Music
        The tracks' curves.
    ids : ndarray of int64
        The tracks' numbers in the library.
    explained : callable
        Says why a track is heard: called with what was asked, the track, and where it stands.
    """

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

    def cues(self, chosen: Sequence[Chosen], runners: Sequence[Sequence[int]], store: LibraryStore) -> tuple[Cue, ...]:
        """Write all cues.

        Parameters
        ----------
        chosen : sequence of Chosen
            In order.
        runners : sequence of sequence of int
            Runners-up of each, best first.
        store : LibraryStore
            The tracks' library.

        Returns
        -------
        tuple of Cue
            In order, each with its runners-up.

        Raises
        ------
        LibraryError
            If one of the tracks is no longer there.
        """
        places = sorted({each.track for each in chosen} | {place for row in runners for place in row})
        ids = [int(self._ids[place]) for place in places]
        known = {track.id: track for track in store.tracks(ids)}
        if len(known) < len(ids):
            raise LibraryError("Songs were removed from the library meanwhile: run this again.")
        by_place = {place: known[number] for place, number in zip(places, ids, strict=True)}

        def aligned(number: int) -> Aligned:
            span, place = chosen[number].span, chosen[number].track
            laid = Laid(
                path=_path(by_place[place]),
                duration=float(self._music.durations[place]),
                start=self._best(span, place),
                length=self._curve.seconds(span),
                opens=number == 0,
                closes=number == len(chosen) - 1,
            )
            return align(laid, lambda start: laid.length * self._laid(span, place, start)[1])

        found = list(in_order(aligned, range(len(chosen)), processors()))
        return tuple(
            self._cue(number, chosen, found, [(place, by_place[place]) for place in runners[number]], by_place)
            for number in range(len(chosen))
        )

    def _cue(
        self,
        number: int,
        chosen: Sequence[Chosen],
        aligned: Sequence[Aligned],
        runners: Sequence[tuple[int, Track]],
        by_place: dict[int, Track],
    ) -> Cue:
        span, place = chosen[number].span, chosen[number].track
        track, here = by_place[place], aligned[number]
        start, end = self._times(span)
        passage, distance, heard = self._laid(span, place, here.start)
        loudness = track.features.loudness
        fade_in = min(cross_fade(here.period) if number else FADE_IN, (end - start) / 3)
        if here.fade_out is None:
            following = cross_fade(aligned[number + 1].period)
            left = max(0.0, float(self._music.durations[place]) - passage.end)
            fade_out = min(following, self._curve.seconds(chosen[number + 1].span) / 3, left)
        else:
            fade_out = min(here.fade_out, (end - start) / 3)
        return Cue(
            start=start,
            end=end,
            start_frame=self._film.frame(start),
            end_frame=self._film.frame(end),
            track=_cue_track(track),
            passage=passage,
            fade_in=fade_in,
            fade_out=fade_out,
            gain_db=0.0 if loudness is None else min(max(LOUDNESS - loudness, GAINS[0]), GAINS[1]),
            distance=distance,
            why=self._why(start, end, track, heard),
            alternatives=tuple(
                Alternative(_cue_track(other), *self._laid(span, runner, self._best(span, runner))[:2])
                for runner, other in runners
            ),
            beats=None
            if here.period is None or here.start_offset is None
            else CueBeats(60.0 / here.period, here.start_offset, here.end_offset),
        )

    def _best(self, span: Span, place: int) -> float:
        return self._music.passage(self._curve, span, place)[0]

    def _times(self, span: Span) -> Point:
        return float(self._curve.boundaries[span.first]), float(self._curve.boundaries[span.last])

    def _laid(self, span: Span, place: int, begin: float) -> tuple[Passage, float, Point]:
        """A passage of a track, its mean distance at every sample of the film, and its mean position."""
        start, end = self._times(span)
        within = self._within(start, end)
        heard = self._music.positions(place, begin + self._film.curve[within, 0] - start)
        distance = float(np.hypot(*(heard - self._positions[within]).T).mean())
        valence, arousal = heard.mean(axis=0).tolist()
        return Passage(begin, begin + end - start), distance, (valence, arousal)

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
