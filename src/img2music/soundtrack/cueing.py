"""What was chosen becomes cues: passages on beats, fades, gains, reasons and runners-up.

So that beats fall where cues meet, each passage moves a little within its song.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import LibraryError
from img2music.matching.explanations import Asked, Explanation
from img2music.matching.passages import Passage
from img2music.parallel import in_order, processors
from img2music.soundtrack.beats import Beats, compile_tracker, listen
from img2music.soundtrack.choosing import Chosen
from img2music.soundtrack.cue_sheet import EARLY, LATE, Alternative, Cue, CueBeats, CueTrack, Scene, gain
from img2music.soundtrack.curves import TOLERANCE, FilmCurve, Span, TrackCurves
from img2music.soundtrack.film import Film, frame_at
from img2music.track import Track

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

NEARER = 0.005
"""Distance by which a runner-up is nearer than what was chosen before it is said why: tables show two decimals."""

REACH = 4.0  # seconds by which a passage may move within its song
AROUND = 20.0
"""Seconds of a song that are heard on either side of where a passage begins and ends: enough to tell beats from their
halves and thirds."""

ON_BEAT = 0.03  # seconds from a beat that count as on it; a little less than the 35 ms that are asked for
OFF_BEAT, OFF_BAR, END_OFF_BEAT = 2.0, 0.5, 0.4
"""Prices, in seconds times distance as those of choosing: a cue that begins off the beats of its song; on a beat that
is not the first of its bar; and that ends off the beats while the next begins."""

UPBEAT, INTRO = 0.5, 0.25
"""Prices where a song would begin as it does by itself: for doing so where that is not on a beat; and for each second
that is left out, up to its first beat."""

SEAM, QUIET = 2.0, 1.0
"""Seconds before and after a change of songs that should sound, and the price of each second in which they don't."""

ENDING = 2.0  # what it is worth, likewise, that the song's own end closes the film
RING = 1.0  # seconds of a song's dying away that may be lost at the film's end, or that it may end before it
PHRASE = 8  # beats over which the music fades at the end of a film: two bars
SHORTEST_FADE_OUT, LONGEST_FADE_OUT = 3.0, 8.0  # seconds of that fade
CROSS_FADE_ON_BEATS, SHORTEST_CROSS_FADE, LONGEST_CROSS_FADE = 1.0, 0.4, 2.0
"""Seconds that a cross-fade of whole beats comes near, and between which it lies."""

OPENING_FADE = 0.05
"""Seconds in which a song comes in that is heard from its own beginning: nothing came before that would be cut off, and
its first note is heard whole. Its first sound may be as much before its first beat."""

FADE_IN, CROSS_FADE, FADE_OUT = 1.0, 2.0, 4.0
"""Seconds of the fades of songs without beats: at the film's start, between two cues, and at its end."""

Point = tuple[float, float]

Misfit = Callable[[int, float], float]
"""What a cue (by its index) costs if its passage begins at a second of its song."""

Runner = tuple[int, bool]
"""A track that could lie there as well, and whether it or its artist is heard in a cue close by."""


@dataclass(frozen=True)
class CueWriter:
    """Turns what was chosen into cues."""

    film: Film
    scenes: Sequence[Scene]
    positions: NDArray[np.float64]  # the film's affect curve in the space of the match
    ranks: NDArray[np.float64]  # and among pictures; in absolute matching the same
    curve: FilmCurve
    music: TrackCurves
    ids: NDArray[np.int64]  # numbers in the library, of each track
    explained: Callable[[Asked, Track, Point], tuple[Explanation, str]]
    first_scene: int = 1  # number of the first of the scenes, where they are a part of a film's

    def cues(
        self,
        chosen: Sequence[Chosen],
        runners: Sequence[Sequence[Runner]],
        pinned: Sequence[bool],
        store: "LibraryStore",
    ) -> tuple[Cue, ...]:
        """Write all cues."""
        indices = sorted({each.track for each in chosen} | {track for row in runners for track, _ in row})
        ids = [int(self.ids[index]) for index in indices]
        known = {track.id: track for track in store.tracks(ids)}
        if len(known) < len(ids):
            raise LibraryError("Songs were removed from the library meanwhile: run this again.")
        songs = {index: known[number] for index, number in zip(indices, ids, strict=True)}

        def misfit(number: int, begin: float) -> float:
            start, end = self.curve.times(chosen[number].span)
            return self._heard(start, end, chosen[number].track, begin)[0] * (end - start)

        plain = []
        for each in chosen:  # the passage that fits best, wherever the beats are
            (start, end), track = self.curve.times(each.span), songs[each.track]
            passage, gain_db = self._best(each.span, each.track), gain(track.features.loudness)
            plain.append(Cue(start, end, _cue_track(track), passage, gain_db=gain_db))
        found = []
        for cue, each, others, pin in zip(align(plain, self.film.times, misfit), chosen, runners, pinned, strict=True):
            distance, heard = self._heard(cue.start, cue.end, each.track, cue.passage.start)
            explanation, why = self._why(*self.curve.times(each.span), songs[each.track], heard)
            alternatives = [self._alternative(each, one, songs[one[0]], distance, pin) for one in others]
            finished = replace(
                cue,
                start_frame=frame_at(self.film.times, cue.start),
                end_frame=frame_at(self.film.times, cue.end),
                distance=distance,
                why=why,
                explanation=explanation,
                alternatives=tuple(alternatives),
            )
            found.append(finished)
        return tuple(found)

    def replaced(self, cue: Cue, span: Span, track: int, others: Sequence[int], store: "LibraryStore") -> Cue:
        """A cue with another track, and others as its alternatives; the fades stay, as far as there is room."""
        numbers = [int(self.ids[index]) for index in (track, *others)]
        known = {each.id: each for each in store.tracks(numbers)}
        song = known[numbers[0]]
        start, end = self.curve.times(span)
        ending = end >= self.film.duration - TOLERANCE
        passage = self._best(span, track)
        found = Cue(start, end, _cue_track(song), passage, gain_db=gain(song.features.loudness))
        beats = listen(found.track.path, _spans(found, ending=ending))

        def misfit(_: int, begin: float) -> float:
            return self._heard(start, end, track, begin)[0] * (end - start)

        begin, _ = _best(
            int(start > TOLERANCE), found, start, np.array([end]), beats=beats, misfit=misfit, ending=ending
        )
        distance, heard = self._heard(start, end, track, begin)
        kept = min(cue.fade_in, (end - start) / 3) if cue.fade_in > OPENING_FADE else None  # what opened may not now
        explanation, why = self._why(start, end, song, heard)
        chosen = Chosen(span, track)
        alternatives = [
            self._alternative(chosen, (index, False), known[number], distance, pinned=False)
            for index, number in zip(others, numbers[1:], strict=True)
            if number in known
        ]
        return replace(
            found,
            start_frame=frame_at(self.film.times, start),
            end_frame=frame_at(self.film.times, end),
            passage=Passage(begin, begin + end - start),
            fade_in=_fade_in(replace(found, passage=Passage(begin, begin + end - start)), beats, kept),
            fade_out=min(cue.fade_out, (end - start) / 3),
            beats=beats_of(begin, None if ending else begin + end - start, beats),
            distance=distance,
            why=why,
            explanation=explanation,
            alternatives=tuple(alternatives),
            pinned=cue.pinned,
        )

    def _alternative(self, each: Chosen, runner: Runner, track: Track, chosen: float, pinned: bool) -> Alternative:
        other, repeats = runner
        start, end = self.curve.times(each.span)
        passage = self._best(each.span, other)
        distance = self._heard(start, end, other, passage.start)[0]
        note = None
        if distance < chosen - NEARER:
            unmoved = self._best(each.span, each.track).start
            if pinned:
                note = "another is pinned"
            elif repeats:
                note = "it or its artist is heard close by"
            elif distance >= self._heard(start, end, each.track, unmoved)[0] - NEARER:
                note = "the chosen one was this near before it moved to a beat"
            elif passage.start > 0.0 and unmoved == 0.0:
                note = "it would begin within the song"
            elif self.music.pace is not None:
                note = "its tempo fits the cutting less"
            else:
                note = "not so near in whole seconds, which the search compares"
        return Alternative(_cue_track(track), passage, distance, note)

    def _best(self, span: Span, track: int) -> Passage:
        begin, (start, end) = self.music.passage(self.curve, span, track)[0], self.curve.times(span)
        return Passage(begin, begin + end - start)

    def _heard(self, start: float, end: float, track: int, begin: float) -> tuple[float, Point]:
        """Mean distance of a passage at every sample of the film, and its mean position."""
        within = self._within(start, end)
        heard = self.music.positions(track, begin + self.film.curve[within, 0] - start)
        distance = float(np.hypot(*(heard - self.positions[within]).T).mean())
        valence, arousal = heard.mean(axis=0).tolist()
        return distance, (valence, arousal)

    def _within(self, start: float, end: float) -> NDArray[np.int64]:
        times = self.film.curve[:, 0]
        found = np.flatnonzero((times >= start - 1e-6) & (times < end - 1e-6))
        return found if len(found) else np.array([int(np.abs(times - start).argmin())])

    def _why(self, start: float, end: float, track: Track, heard: Point) -> tuple[Explanation, str]:
        numbers = [
            n
            for n, scene in enumerate(self.scenes, self.first_scene)
            if scene.start < end - 1e-6 and scene.end > start + 1e-6
        ]
        name = f"scene {numbers[0]}" if len(numbers) == 1 else f"scenes {numbers[0]} to {numbers[-1]}"
        within = self._within(start, end)
        affect = Affect(*self.film.curve[within, 1:].mean(axis=0).clip(0.0, 1.0).tolist())
        position, rank = (tuple(curve[within].mean(axis=0).tolist()) for curve in (self.positions, self.ranks))
        return self.explained(Asked(name, affect, position, rank=rank), track, heard)


def _cue_track(track: Track) -> CueTrack:
    assert track.path is not None, "a song without sound"  # it has no curve, so it is no candidate
    return CueTrack(track.path, track.shown_title, track.artist, track.album, track.duration, id=track.id)


def align(cues: Sequence[Cue], times: NDArray[np.float64], misfit: Misfit) -> list[Cue]:
    """Move passages so that cues begin and end on beats, and the last one with its song; set all fades.

    A cue stays where the picture changes. It may begin at any beat within `REACH` of the place that was chosen for it;
    what it then costs in affect is weighed against prices for a beat that is not the first of a bar, and for an end off
    the beats. So that both songs are on the beat where they meet, the join may move to another picture, as far as
    nobody notices. The last passage may end where its song ends.
    """
    if not cues:
        return []
    compile_tracker()  # before several threads need it

    last = len(cues) - 1
    wanted = [(cue.track.path, _spans(cue, ending=number == last)) for number, cue in enumerate(cues)]
    heard = list(in_order(lambda one: listen(*one), wanted, processors()))
    found: list[Cue] = []
    start = cues[0].start
    for number, cue in enumerate(cues):
        ending = number == last
        joins = np.array([cue.end]) if ending else _joins(cue.end, times)
        begin, end = _best(number, cue, start, joins, beats=heard[number], misfit=misfit, ending=ending)
        found.append(replace(cue, start=start, end=end, passage=Passage(begin, begin + end - start)))
        start = end
    return [_faded(number, found, heard) for number in range(len(found))]


def _spans(cue: Cue, *, ending: bool) -> list[tuple[float, float]]:
    """Parts of a song to hear: around where its passage begins and ends, and where it would to end with the song."""
    moments = [cue.passage.start, cue.passage.end]
    if ending:
        moments += [_duration(cue) - (cue.end - cue.start), _duration(cue)]
    return [(moment - AROUND, moment + AROUND) for moment in moments]


def _duration(cue: Cue) -> float:
    assert cue.track.duration is not None, "a song of unknown length"  # it has no curve, so it is no candidate
    return cue.track.duration


def _joins(cut: float, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of the film at which two songs may meet, the nearest to the cut first."""
    near = times[(times >= cut - EARLY) & (times <= cut + LATE)]
    near = np.unique(np.append(near[np.abs(near - cut) > 1e-3], cut))
    return near[np.argsort(np.abs(near - cut), kind="stable")]


def _best(
    number: int, cue: Cue, start: float, joins: NDArray[np.float64], *, beats: Beats, misfit: Misfit, ending: bool
) -> tuple[float, float]:
    """Where a passage begins in its song, and where the cue ends on the film."""
    lasts = float(joins.max()) - start
    chosen_begin, duration = cue.passage.start, _duration(cue)
    left = duration - lasts - (0.0 if ending else LONGEST_CROSS_FADE)  # the next cue fades in over what follows
    off = OFF_BEAT if len(beats.times) else 0.0
    opening = chosen_begin == 0.0
    sounds = max(chosen_begin, beats.begins or 0.0)
    if number:  # a film may begin as softly as its first song does
        sounds = beats.sounding(sounds)
    skipped = INTRO if opening else 0.0
    options: list[tuple[float, float]] = [(sounds, min(off, UPBEAT) if opening else off), (chosen_begin, off)]
    near = (np.abs(beats.times - chosen_begin) <= REACH) | (np.abs(beats.times - sounds) <= REACH)
    closing = np.zeros_like(near)
    if ending and beats.ends is not None:
        closing = np.abs(beats.times + lasts - beats.ends) <= RING
        options.append((beats.ends - lasts, off - ENDING))
    bars = bool(beats.first.any())
    for time, first, closes in zip(
        beats.times[near | closing], beats.first[near | closing], closing[near | closing], strict=True
    ):
        options.append((float(time), (OFF_BAR if bars and not first else 0.0) - (ENDING if closes else 0.0)))
    best, chosen = math.inf, (chosen_begin, float(joins[0]))
    for begin, price in options:
        if begin != chosen_begin and not 0.0 <= begin <= left:
            continue
        end, apart = float(joins[0]), False
        if not ending:
            fitting = joins[(begin + joins - start <= duration + TOLERANCE) | (joins == joins[0])]
            end, apart = _join(begin - start, fitting, beats)
        cost = misfit(number, begin) + price + (END_OFF_BEAT if apart else 0.0) + 1e-3 * abs(begin - chosen_begin)
        cost += skipped * max(0.0, begin - sounds)
        if number:
            cost += QUIET * beats.quiet(begin, begin + SEAM)
        if not ending:
            cost += QUIET * beats.quiet(begin + lasts - SEAM, begin + lasts)
        if cost < best:
            best, chosen = cost, (begin, end)
    return chosen


def _join(shift: float, joins: NDArray[np.float64], beats: Beats) -> tuple[float, bool]:
    """The join at which the outgoing song is on a beat, else the cut, and whether it is off the beats there."""
    for join in joins.tolist():
        offset = beats.offset(join + shift)
        if offset is None:
            return float(joins[0]), False
        if abs(offset) <= ON_BEAT:
            return join, False
    return float(joins[0]), True


def _faded(number: int, found: Sequence[Cue], heard: Sequence[Beats]) -> Cue:
    """A cue with its fades, and with how it lies on its beats."""
    cue, beats = found[number], heard[number]
    following = number + 1 < len(found)
    return replace(
        cue,
        fade_in=_fade_in(cue, beats, _cross_fade(number, found, heard) if number else None),
        fade_out=_cross_fade(number + 1, found, heard) if following else _fade_out(cue, beats),
        beats=beats_of(cue.passage.start, cue.passage.end if following else None, beats),
    )


def beats_of(begin: float, end: float | None, beats: Beats) -> CueBeats:
    """How a passage lies on the beats of its song."""
    offset = beats.offset(begin)
    end_offset = None if end is None else beats.offset(end)
    length = beats.length(begin) or (None if end is None else beats.length(end))
    note = None
    if offset is None:
        note = beats.why_not(begin)
    elif abs(offset) > ON_BEAT:
        note = "it begins as its song does" if begin == 0.0 else "no beat in reach fits the film and leaves room"
    return CueBeats(60.0 / length if length else None, offset, end_offset, note)


def _whole(length: float | None, wanted: float) -> float:
    """The number of whole beats that lasts nearest to ``wanted`` seconds, in seconds; ``wanted`` without beats."""
    return wanted if length is None else max(1, round(wanted / length)) * length


def _fade_in(cue: Cue, beats: Beats, crossed: float | None) -> float:
    """Seconds in which a cue comes in: at once with its song's own beginning, else as the one before goes."""
    if cue.passage.start <= (beats.begins or 0.0) + OPENING_FADE:
        return OPENING_FADE
    if crossed is not None:
        return crossed
    return min(_whole(beats.length(cue.passage.start), FADE_IN), (cue.end - cue.start) / 3)


def _cross_fade(number: int, found: Sequence[Cue], heard: Sequence[Beats]) -> float:
    """Seconds in which a cue takes over from the one before: whole beats of its own, else of the other's."""
    before, cue = found[number - 1], found[number]
    leaves = before.passage.end
    most = min((cue.end - cue.start) / 3, (before.end - before.start) / 3, max(0.0, _duration(before) - leaves))
    length = heard[number].length(cue.passage.start) or heard[number - 1].length(leaves)
    if length is None:
        return min(CROSS_FADE, most)
    wanted = _whole(length, CROSS_FADE_ON_BEATS)
    if wanted < SHORTEST_CROSS_FADE:
        wanted = math.ceil(SHORTEST_CROSS_FADE / length) * length
    if wanted > min(most, LONGEST_CROSS_FADE):
        wanted = max(1, math.floor(min(most, LONGEST_CROSS_FADE) / length)) * length
    return min(wanted, most)


def _fade_out(cue: Cue, beats: Beats) -> float:
    """Seconds of the last fade: what is left of the song's own end, or about a phrase, from a beat on."""
    lasts, end = cue.end - cue.start, cue.passage.end
    if beats.ends is not None and beats.ends - end <= RING:
        return min(max(0.05, 2.0 * (beats.ends - end)), lasts / 3)
    length = beats.length(end)
    if length is None:
        return min(FADE_OUT, lasts / 3)
    wanted = min(max(PHRASE * length, SHORTEST_FADE_OUT), LONGEST_FADE_OUT, lasts / 3)
    lengths = end - beats.times
    within = (lengths >= min(SHORTEST_FADE_OUT, lasts / 6)) & (lengths <= min(LONGEST_FADE_OUT, lasts / 3))
    if not within.any():
        return wanted
    price = np.abs(lengths - wanted) - np.where(beats.first, length, 0.0)
    return float(lengths[within][price[within].argmin()])


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
