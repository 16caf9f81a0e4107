"""Edits of a cue sheet by hand: what is wished, and the sheet that comes of it. Every sheet that comes of one is valid.

Edits that choose music take what they need from whoever knows the library and the film (`Music`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from img2music.affect import Affect
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from img2music.options import OriginalSound
from img2music.soundtrack.cue_sheet import (
    DECIMALS,
    GAINS,
    TOLERANCE,
    Cue,
    CueSheet,
    CueTrack,
    OwnSound,
    Scene,
    Shot,
    TimeSpan,
)
from img2music.soundtrack.film import scene_of

LEAST = 0.5
"""Seconds of the shortest cue that is left when one is cut."""
FAR = 2 * 10**-DECIMALS
"""Seconds by which times may differ that are the same: spans that are longer are still some when they are stored."""
MOST_GAIN = GAINS[1]


class Edge(StrEnum):
    """An end of a cue or a scene."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Border:
    """Move an edge of a cue; the edge of a neighbour that meets it there moves along."""

    cue: int
    edge: Edge
    seconds: float


@dataclass(frozen=True, slots=True)
class Slip:
    """Let a cue play another passage of its song, in the same place."""

    cue: int
    seconds: float  # where the passage begins in the song


@dataclass(frozen=True, slots=True)
class Split:
    """Make two cues of one."""

    cue: int
    at: float  # seconds of the film


@dataclass(frozen=True, slots=True)
class Join:
    """Make one cue of a cue and the next: it goes on until there."""

    cue: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Let no music sound in a part of the film, and choose none for it later."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a cue away."""

    cue: int


@dataclass(frozen=True, slots=True)
class Gain:
    """Make a cue louder or softer."""

    cue: int
    db: float


@dataclass(frozen=True, slots=True)
class Fade:
    """Fade a cue in and out."""

    cue: int
    fade_in: float
    fade_out: float


@dataclass(frozen=True, slots=True)
class Sound:
    """Keep the film's own sound, lower the music under speech in it, or drop it."""

    use: OriginalSound
    duck_db: float
    music_db: float | None = None  # by which the music is louder than speech; as it was, where nothing is said


@dataclass(frozen=True, slots=True)
class Swap:
    """Let another song play: one of the alternatives, 0 for the first, or one of the library."""

    cue: int
    alternative: int | None = None
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """Keep a cue as it is when music is chosen again, or no longer."""

    cue: int
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Ban:
    """Never choose a song, whose cues are given to their best alternatives; or allow it again."""

    track: int
    banned: bool = True


@dataclass(frozen=True, slots=True)
class Choose:
    """Choose anew whatever is not pinned."""


@dataclass(frozen=True, slots=True)
class SceneBorder:
    """Move the start of a scene to a picture; the one before it ends there."""

    scene: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SceneAffect:
    """Correct what a scene feels like."""

    scene: int
    valence: float
    arousal: float


Edit = (
    Border
    | Slip
    | Split
    | Join
    | Silence
    | Remove
    | Gain
    | Fade
    | Sound
    | Swap
    | Pin
    | Ban
    | Choose
    | SceneBorder
    | SceneAffect
)
EDITS: dict[str, type[Any]] = {
    "border": Border,
    "slip": Slip,
    "split": Split,
    "join": Join,
    "silence": Silence,
    "remove": Remove,
    "gain": Gain,
    "fade": Fade,
    "sound": Sound,
    "swap": Swap,
    "pin": Pin,
    "ban": Ban,
    "choose": Choose,
    "scene-border": SceneBorder,
    "scene-affect": SceneAffect,
}
"""All edits, by what they are called."""
KINDS = {kind: name for name, kind in EDITS.items()}


class Music(Protocol):
    """What chooses music for a film."""

    def track(self, id: int) -> CueTrack:  # noqa: A002
        """A song of the library."""

    def swapped(self, sheet: CueSheet, cue: int, track: CueTrack) -> Cue:
        """A cue with another song, its passage, gain and reason found for it."""

    def chosen(self, sheet: CueSheet) -> tuple[Cue, ...]:
        """Cues for all of a film that is not pinned or silenced, and those that are pinned."""


def edited(sheet: CueSheet, edit: Edit, music: Music) -> CueSheet:
    """Apply an edit."""
    return _APPLIED[type(edit)](sheet, edit, music)


# What the person does with time


def _border(sheet: CueSheet, edit: Border, _: Music) -> CueSheet:
    cues = list(sheet.cues)
    number = _number(sheet, edit.cue)
    cue = cues[number]
    if edit.edge is Edge.START:
        before = cues[number - 1] if number else None
        met = before is not None and abs(before.end - cue.start) <= TOLERANCE
        # Where the song would have to begin before its beginning, it moves along.
        least = 0.0 if cue.track.duration is None else max(0.0, cue.end - cue.track.duration)
        if before is not None:
            least = max(least, before.start + LEAST if met else before.end)
        if met and before is not None:
            seconds = _within(edit.seconds, least, min(cue.end - LEAST, before.start + _left(before)))
            cues[number - 1] = _placed(before, before.start, seconds)
        else:
            seconds = _within(edit.seconds, least, cue.end - LEAST)
        cues[number] = _placed(cue, seconds, cue.end)
    else:
        after = cues[number + 1] if number + 1 < len(cues) else None
        if after is not None and abs(after.start - cue.end) <= TOLERANCE:
            return _border(sheet, Border(number + 1, Edge.START, edit.seconds), _)
        most = min(sheet.film.duration if after is None else after.start, cue.start + _left(cue))
        cues[number] = _placed(cue, cue.start, _within(edit.seconds, cue.start + LEAST, most))
    return _with(sheet, cues)


def _slip(sheet: CueSheet, edit: Slip, _: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    lasts = cue.end - cue.start
    begin = max(0.0, edit.seconds)
    if cue.track.duration is not None:
        begin = max(0.0, min(begin, cue.track.duration - lasts))
    return _set(sheet, edit.cue, _by_hand(replace(cue, passage=Passage(begin, begin + lasts))))


def _split(sheet: CueSheet, edit: Split, _: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    if not cue.start + LEAST <= edit.at <= cue.end - LEAST:
        raise UsageError(f"A cue can be split from {LEAST:g} s after its start to {LEAST:g} s before its end.")
    cues = list(sheet.cues)
    first = replace(_placed(cue, cue.start, edit.at), fade_out=0.0)
    second = replace(_placed(cue, edit.at, cue.end), fade_in=0.0)
    cues[edit.cue : edit.cue + 1] = [first, second]
    return _with(sheet, cues)


def _join(sheet: CueSheet, edit: Join, _: Music) -> CueSheet:
    number = _number(sheet, edit.cue)
    if number + 1 >= len(sheet.cues):
        raise UsageError("There is no cue after the last one to join it with.")
    cue, after = sheet.cues[number : number + 2]
    if cue.start + _left(cue) < after.end - TOLERANCE:
        raise UsageError("The song is too short to go on until the end of the next cue.")
    cues = list(sheet.cues)
    end = min(after.end, cue.start + _left(cue))
    cues[number : number + 2] = [replace(_placed(cue, cue.start, end), fade_out=after.fade_out)]
    return _with(sheet, cues)


def _silence(sheet: CueSheet, edit: Silence, _: Music) -> CueSheet:
    start, end = max(0.0, edit.start), min(edit.end, sheet.film.duration)
    if end - start < FAR:
        raise UsageError("`start` must be before `end`.")
    cues = []
    for cue in sheet.cues:
        if cue.end <= start + FAR or cue.start >= end - FAR:
            cues.append(cue)
            continue
        if start - cue.start >= LEAST:
            cues.append(_placed(cue, cue.start, start))
        if cue.end - end >= LEAST:
            cues.append(_placed(cue, end, cue.end))
    return replace(_with(sheet, cues), silences=_merged([*sheet.silences, TimeSpan(start, end)]))


def _remove(sheet: CueSheet, edit: Remove, _: Music) -> CueSheet:
    number = _number(sheet, edit.cue)
    return replace(sheet, cues=sheet.cues[:number] + sheet.cues[number + 1 :])


# How it sounds


def _gain(sheet: CueSheet, edit: Gain, _: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    return _set(sheet, edit.cue, replace(cue, gain_db=_within(edit.db, *GAINS)))


def _fade(sheet: CueSheet, edit: Fade, _: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    lasts = cue.end - cue.start
    fade_in, fade_out = (_within(each, 0.0, lasts) for each in (edit.fade_in, edit.fade_out))
    return _set(sheet, edit.cue, replace(cue, fade_in=fade_in, fade_out=fade_out))


def _sound(sheet: CueSheet, edit: Sound, _: Music) -> CueSheet:
    duck = _within(edit.duck_db, 0.0, 60.0)
    own = replace(sheet.original or OwnSound(edit.use, duck), use=edit.use, duck_db=duck)
    if edit.music_db is not None:
        own = replace(own, music_db=_within(edit.music_db, -60.0, 24.0))
    return replace(sheet, original=own)


# Which music


def _swap(sheet: CueSheet, edit: Swap, music: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    if (edit.alternative is None) == (edit.track is None):
        raise UsageError("Give either `alternative` or `track`.")
    if edit.alternative is not None:
        if not 0 <= edit.alternative < len(cue.alternatives):
            raise UsageError(f"Cue {edit.cue + 1} has {len(cue.alternatives)} alternatives.")
        track = cue.alternatives[edit.alternative].track
    else:
        assert edit.track is not None
        track = music.track(edit.track)
    return _set(sheet, edit.cue, music.swapped(sheet, edit.cue, track))


def _pin(sheet: CueSheet, edit: Pin, _: Music) -> CueSheet:
    cue = sheet.cues[_number(sheet, edit.cue)]
    return _set(sheet, edit.cue, replace(cue, pinned=edit.pinned))


def _ban(sheet: CueSheet, edit: Ban, music: Music) -> CueSheet:
    track = music.track(edit.track)
    others = tuple(each for each in sheet.banned if each.path != track.path)
    if not edit.banned:
        return replace(sheet, banned=others)
    sheet = replace(sheet, banned=(*others, track))
    banned = {each.path for each in sheet.banned}
    kept: list[Cue] = []
    for number, cue in enumerate(sheet.cues):
        left = [each for each in cue.alternatives if each.track.path not in banned]
        if cue.track.path == track.path and left:
            kept.append(replace(music.swapped(sheet, number, left[0].track), pinned=False))
        elif cue.track.path != track.path:
            kept.append(cue)
    without = (
        replace(cue, alternatives=tuple(each for each in cue.alternatives if each.track.path not in banned))
        for cue in kept
    )
    return _with(sheet, without)


def _choose(sheet: CueSheet, _: Choose, music: Music) -> CueSheet:
    return replace(sheet, cues=music.chosen(sheet))


def _scene_border(sheet: CueSheet, edit: SceneBorder, _: Music) -> CueSheet:
    scenes = list(sheet.scenes)
    if not 0 < edit.scene < len(scenes):
        raise UsageError(f"The film has {len(scenes)} scenes; the first one starts with it.")
    before, scene = scenes[edit.scene - 1 : edit.scene + 1]
    if sheet.slideshow is None:
        seconds = _within(edit.seconds, before.start + LEAST, scene.end - LEAST)
    else:  # a photo belongs to one scene
        inside = (shot.start for shot in (*before.shots[1:], *scene.shots))
        seconds = min(inside, key=lambda start: abs(start - edit.seconds), default=scene.start)
    scenes[edit.scene - 1 : edit.scene + 1] = _parted(before, scene, seconds)
    return replace(sheet, scenes=tuple(scenes))


def _scene_affect(sheet: CueSheet, edit: SceneAffect, _: Music) -> CueSheet:
    scenes = list(sheet.scenes)
    if not 0 <= edit.scene < len(scenes):
        raise UsageError(f"The film has {len(scenes)} scenes.")
    affect = Affect(_within(edit.valence, 0.0, 1.0), _within(edit.arousal, 0.0, 1.0))
    scenes[edit.scene] = replace(scenes[edit.scene], affect=affect)
    return replace(sheet, scenes=tuple(scenes))


_APPLIED: dict[type[Any], Callable[[CueSheet, Any, Music], CueSheet]] = {
    Border: _border,
    Slip: _slip,
    Split: _split,
    Join: _join,
    Silence: _silence,
    Remove: _remove,
    Gain: _gain,
    Fade: _fade,
    Sound: _sound,
    Swap: _swap,
    Pin: _pin,
    Ban: _ban,
    Choose: _choose,
    SceneBorder: _scene_border,
    SceneAffect: _scene_affect,
}


# Help


def _number(sheet: CueSheet, cue: int) -> int:
    if not 0 <= cue < len(sheet.cues):
        raise UsageError(f"There is no cue {cue + 1}: the film has {len(sheet.cues)}.")
    return cue


def _within(value: float, least: float, most: float) -> float:
    if most < least:
        raise UsageError("There is no room for it.")
    return min(max(value, least), most)


def _left(cue: Cue) -> float:
    """Seconds that a cue can last with what its song has from the passage's start on."""
    return float("inf") if cue.track.duration is None else cue.track.duration - cue.passage.start


def _placed(cue: Cue, start: float, end: float) -> Cue:
    """A cue with other edges, in which the song lies as it did."""
    begin = cue.passage.start + start - cue.start
    begin = max(0.0, begin)
    fade_in, fade_out = (min(each, end - start) for each in (cue.fade_in, cue.fade_out))
    moved = replace(
        cue,
        start=start,
        end=end,
        start_frame=cue.start_frame if abs(start - cue.start) < FAR else None,
        end_frame=cue.end_frame if abs(end - cue.end) < FAR else None,
        passage=Passage(begin, begin + end - start),
        fade_in=fade_in,
        fade_out=fade_out,
    )
    return _by_hand(moved) if abs(start - cue.start) > FAR else moved


def _by_hand(cue: Cue) -> Cue:
    """A cue of whose beats and distance nothing is known any more."""
    return replace(cue, distance=None, beats=None)


def _set(sheet: CueSheet, number: int, cue: Cue) -> CueSheet:
    return replace(sheet, cues=(*sheet.cues[:number], cue, *sheet.cues[number + 1 :]))


def _with(sheet: CueSheet, cues: Iterable[Cue]) -> CueSheet:
    """A sheet with other cues; where one sounds now, no silence is wanted any more."""
    cues = tuple(cues)
    left: list[TimeSpan] = []
    for span in sheet.silences:
        start = span.start
        for cue in cues:
            if cue.start < span.end - FAR and cue.end > start + FAR:
                if cue.start > start + FAR:
                    left.append(TimeSpan(start, cue.start))
                start = max(start, cue.end)
        if span.end > start + FAR:
            left.append(TimeSpan(start, span.end))
    return replace(sheet, cues=cues, silences=tuple(left))


def _merged(spans: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    found: list[TimeSpan] = []
    for span in sorted(spans, key=lambda each: each.start):
        if found and span.start <= found[-1].end + FAR:
            found[-1] = TimeSpan(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def _parted(before: Scene, scene: Scene, seconds: float) -> list[Scene]:
    """Two scenes that meet elsewhere; a shot that the border parts belongs to both."""
    shots = [*before.shots, *scene.shots]
    if not shots:
        return [
            replace(before, end=seconds, end_frame=None),
            replace(scene, start=seconds, start_frame=None),
        ]
    first = [shot for shot in shots if shot.start < seconds - FAR]
    last = [shot for shot in shots if shot.end > seconds + FAR]
    if first[-1].end > seconds + FAR:
        first[-1] = replace(first[-1], end=seconds, end_frame=None)
    if last[0].start < seconds - FAR:
        last[0] = replace(last[0], start=seconds, start_frame=None)
    return [_of_shots(before, first), _of_shots(scene, last)]


def _of_shots(scene: Scene, shots: Sequence[Shot]) -> Scene:
    """A scene of other shots, corrected as it was."""
    found = scene_of(shots)
    if scene.shots:
        read = scene_of(scene.shots).affect
        felt = (
            min(max(getattr(found.affect, axis) + getattr(scene.affect, axis) - getattr(read, axis), 0.0), 1.0)
            for axis in ("valence", "arousal")
        )
        found = replace(found, affect=Affect(*felt))
    return replace(found, measures=scene.measures)
