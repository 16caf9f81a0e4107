"""The cue sheet: which passage lies under which part of a film. Its dataclasses are its shape as JSON."""

import itertools
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from img2music.affect import Affect
from img2music.errors import InputError, UsageError, shown
from img2music.matching.explanations import Explanation
from img2music.matching.passages import Passage, clock
from img2music.options import LOUDNESS, Captions, OriginalSound
from img2music.shapes import Result, from_dict, to_dict
from img2music.track import display_name

SCHEMA: Final = "img2music/cues/1"

DECIMALS = 3
"""Of seconds and other measures in a file: milliseconds; what must be exact to the picture is told by frames."""

GAINS = (-24.0, 12.0)
"""Least and greatest gain in decibels."""

LONGEST_PATH = 4096
"""Bytes of a path on Linux, with the one that ends it (limits.h)."""

TOLERANCE = 0.1
"""Seconds by which a passage may differ from its cue, or reach beyond what it lies in, where people type numbers."""

EARLY, LATE = 0.045, 0.125
"""Seconds by which music may change before and after the picture without anyone noticing (ITU-R BT.1359-1: the
thresholds of detectability of sound before and after picture)."""

SHARED = 1.5
"""Length of a photo's time by a cross-fade, at least."""

LAST_FADE = 1.5
"""Seconds in which the last picture of a slideshow goes dark, with its sound; a third of its time, at most."""

LONGEST_CAPTION = 500
"""Characters of a caption; of many, more than a picture has room for."""

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read as a cue sheet; a film of a day with a shot a second takes a third of it."""

Amount = Annotated[float, Meta(ge=0.0)]
Count = Annotated[int, Meta(ge=0)]
FirstFrame = Annotated[
    Count | None, Meta(description="Number of its first picture, 0 for the film's first. It informs; the seconds hold.")
]
EndFrame = Annotated[Count | None, Meta(description="Number of the first picture after it.")]


@dataclass(frozen=True, slots=True)
class FilmFile:
    """The film of a cue sheet."""

    path: Annotated[str, Meta(description="Absolute path, as os.fsdecode gives it.")]
    duration: Annotated[float, Meta(gt=0.0, description="Seconds from its first picture to the end of its last.")]
    fps: Annotated[float, Meta(gt=0.0, description="Pictures a second; on average, where the rate varies.")]
    frames: Annotated[Count | None, Meta(description="How many pictures it has.")] = None


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A part of a film."""

    start: Annotated[Amount, Meta(description="Seconds from the film's first picture.")]
    end: Annotated[Amount, Meta(description="Seconds from the film's first picture.")]

    def __post_init__(self) -> None:
        _require_forward(self, "it")


@dataclass(frozen=True, slots=True)
class FilmPart(TimeSpan):
    """The same, counted in pictures too."""

    start_frame: FirstFrame = field(default=None, kw_only=True)
    end_frame: EndFrame = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Shot(FilmPart):
    """What lies between two transitions of a film."""

    affect: Annotated[Affect, Meta(description="Median of what its pictures feel like, and what the scene adds.")]


@dataclass(frozen=True, slots=True)
class SceneMeasures:
    """What a scene's pictures do not tell one by one."""

    movement: Annotated[
        Amount | None,
        Meta(
            description="By what share of the picture its parts move in a second, on average; null where a film has "
            "too few pictures to tell."
        ),
    ] = None
    cuts: Annotated[Amount, Meta(description="Shots that begin in it, a minute, without the film's first.")] = 0.0
    brightness: Annotated[Amount | None, Meta(description="Mean level of its pictures: 0 is black, 1 white.")] = None
    loudness: Annotated[
        float | None,
        Meta(description="LUFS of the film's own sound; null for silence, and where it was not listened to."),
    ] = None
    speech: Annotated[
        Amount | None, Meta(description="Share of it in which someone speaks; null where it was not listened to.")
    ] = None
    arousal_shift: Annotated[
        float, Meta(description="What movement, cuts and loudness add to the arousal of its pictures.")
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Scene(FilmPart):
    """Neighbouring shots whose affect belongs together."""

    affect: Annotated[Affect, Meta(description="Mean of its shots', each as long as it lasts.")]
    word: Annotated[str, Meta(description="One plain word for the affect.")] = field(default="", kw_only=True)
    shots: tuple[Shot, ...] = ()
    measures: Annotated[SceneMeasures | None, Meta(description="Null in a slideshow.")] = field(
        default=None, kw_only=True
    )

    def __post_init__(self) -> None:
        TimeSpan.__post_init__(self)
        object.__setattr__(self, "word", self.affect.word)


@dataclass(frozen=True, slots=True)
class CueTrack:
    """The track of a cue, with what people tell it by."""

    id: Annotated[int | None, Meta(description="Its number in the library.")] = field(default=None, kw_only=True)
    path: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration: Annotated[Amount | None, Meta(description="Seconds.")] = None

    @property
    def shown_title(self) -> str:
        """The title; where there is none, the path."""
        return self.title or self.path

    @property
    def display_name(self) -> str:
        """What names it wherever songs are shown, as in "#17 Title - Artist"."""
        return display_name(self.id, self.shown_title, self.artist)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A track that could lie there as well."""

    track: CueTrack
    passage: Passage
    distance: Annotated[Amount, Meta(description="As that of the cue.")]
    note: Annotated[
        str | None, Meta(description="Why it was not chosen, where it is nearer than the one that was.")
    ] = None

    def __post_init__(self) -> None:
        _require_forward(self.passage, "its passage")


@dataclass(frozen=True, slots=True)
class CueBeats:
    """How a passage lies on the beats of its song. It informs."""

    tempo: Annotated[
        Amount | None, Meta(description="Beats a minute where it begins; where it ends, if there are beats only there.")
    ] = None
    start_offset: Annotated[
        float | None,
        Meta(description="Seconds by which it starts after the nearest beat, negative before it; null without beats."),
    ] = None
    end_offset: Annotated[float | None, Meta(description="Likewise of its end; null for the last cue.")] = None
    note: Annotated[str | None, Meta(description="Why it does not start on a beat; null if it does.")] = None


@dataclass(frozen=True, slots=True)
class ComputedFor:
    """What the cue was when its gain, distance, reason and beats were found.

    Leave it as it is when you change the cue: what differs is found again.
    """

    id: int | None = field(default=None, kw_only=True)
    path: str
    start: float
    end: float
    passage: Passage
    gain_db: float

    def __post_init__(self) -> None:
        _require_forward(self, '"computed_for"')
        _require_forward(self.passage, 'the passage of "computed_for"')


@dataclass(frozen=True, slots=True)
class Cue(FilmPart):
    """One passage placed on the film's time."""

    track: CueTrack
    passage: Annotated[Passage, Meta(description="Seconds of the track, as many as the cue lasts.")]
    fade_in: Annotated[Amount, Meta(description="Seconds in which it fades in, from its start on.")] = 0.0
    fade_out: Annotated[
        Amount,
        Meta(
            description="Seconds in which it fades out: after its end, under the next cue, with what the track has "
            "after the passage; if no cue follows at once, before its end."
        ),
    ] = 0.0
    gain_db: Annotated[
        float, Meta(description=f"Decibels that bring the track to {LOUDNESS:g} LUFS, so that all are equally loud.")
    ] = 0.0
    distance: Annotated[
        Amount | None,
        Meta(description="Mean distance of the affect curves of film and track along it, in the space of the match."),
    ] = None
    why: str = ""
    explanation: Annotated[
        Explanation | None, Meta(description="The same in parts; null where it was chosen by hand.")
    ] = field(default=None, kw_only=True)
    alternatives: Annotated[tuple[Alternative, ...], Meta(description="Runners-up, best first.")] = ()
    beats: Annotated[CueBeats | None, Meta(description="Null where none were looked for.")] = None
    pinned: Annotated[bool, Meta(description="Whether it stays as it is when music is chosen again.")] = False
    computed_for: ComputedFor | None = field(default=None, compare=False)  # until it is brought up to date (`swapping`)

    def __post_init__(self) -> None:
        TimeSpan.__post_init__(self)
        _require_forward(self.passage, "its passage")
        lasts, sounds = self.end - self.start, self.passage.end - self.passage.start
        if abs(lasts - sounds) > TOLERANCE:
            raise UsageError(f"a cue lasts {lasts:g} s and its passage {sounds:g} s: they must be equally long")
        same_song = self.computed_for is None or self.computed_for.path == self.track.path
        if same_song and self.track.duration is not None and self.passage.end > self.track.duration + TOLERANCE:
            ends, song = self.passage.end, self.track.duration
            raise UsageError(f"the passage of a cue ends at {ends:g} s, and its track at {song:g} s")


@dataclass(frozen=True, slots=True)
class OwnSound:
    """The film's own sound beside the music."""

    use: OriginalSound
    duck_db: Annotated[Amount, Meta(description="Decibels by which the music is lowered while someone speaks.")]
    gain_db: Annotated[
        float | None,
        Meta(description="Decibels that make speech in it as loud as the music; null where it was not listened to."),
    ] = None
    speech: Annotated[
        tuple[TimeSpan, ...] | None, Meta(description="Where someone speaks; null where it was not listened to.")
    ] = None

    music_db: Annotated[
        float,
        Meta(ge=-60.0, le=24.0, description="Decibels by which the music is louder than speech where nobody speaks."),
    ] = 0.0

    @property
    def depth(self) -> float:
        """Decibels by which the music is lowered under speech: so that it lies as far beneath, however loud it is."""
        return max(0.0, self.duck_db + self.music_db) if self.use is OriginalSound.DUCK and self.duck_db else 0.0


@dataclass(frozen=True, slots=True)
class SheetPhoto:
    """A photo of a slideshow, or a clip: a part of a film that is among the photos."""

    path: str
    start: Annotated[Amount, Meta(description="Seconds of the film from which on it is seen, until the next one is.")]
    start_frame: FirstFrame = None
    clip_start: Annotated[
        Amount | None,
        Meta(description="Second of a clip, from its first picture, seen at `start`; null for a photo."),
    ] = None
    caption: Annotated[
        Annotated[str, Meta(max_length=LONGEST_CAPTION)] | None,
        Meta(description="What is written on it; null: what `captions` says."),
    ] = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class SheetSlideshow:
    """What a film of photos and clips is made of."""

    width: Annotated[int, Meta(ge=1, description="Of the film, in pixels.")]
    height: Annotated[int, Meta(ge=1, description="Of the film, in pixels.")]
    cross_fade: Annotated[
        Amount, Meta(description="Seconds from one photo to the next; less, where one of them is seen too briefly.")
    ] = field(default=0.0, kw_only=True)
    captions: Captions = field(default=Captions.NONE, kw_only=True)
    still: Annotated[bool, Meta(description="Whether photos stand still.")] = field(default=False, kw_only=True)
    photos: Annotated[tuple[SheetPhoto, ...], Meta(min_length=1, description="In the order of the film.")]

    @property
    def has_clips(self) -> bool:
        """Whether there are clips among the photos."""
        return any(photo.clip_start is not None for photo in self.photos)


@dataclass(frozen=True, slots=True, repr=False)
class CueSheet(Result):
    """A film's scenes and cues."""

    schema: Literal["img2music/cues/1"] = field(default=SCHEMA, kw_only=True)
    film: FilmFile
    scenes: tuple[Scene, ...]
    original: Annotated[OwnSound | None, Meta(description="Null where nothing is said of it, or it has none.")] = field(
        default=None, kw_only=True
    )
    slideshow: Annotated[SheetSlideshow | None, Meta(description="Null for a film not made of photos.")] = field(
        default=None, kw_only=True
    )
    cues: Annotated[
        tuple[Cue, ...], Meta(description="In order of time, none over another; between two there may be silence.")
    ]
    banned: Annotated[tuple[CueTrack, ...], Meta(description="Songs that are not chosen again.")] = ()
    silences: Annotated[tuple[TimeSpan, ...], Meta(description="Where no music is chosen again.")] = ()

    def __post_init__(self) -> None:
        before = 0.0
        for number, cue in enumerate(self.cues, start=1):
            if cue.start < before - TOLERANCE:
                raise UsageError(
                    f"cue {number} starts at {cue.start:g} s, before cue {number - 1} ends at {before:g} s"
                )
            before = cue.end
        if before > self.film.duration + TOLERANCE:
            raise UsageError(
                f"cue {len(self.cues)} ends at {before:g} s, after the film's end at {self.film.duration:g} s"
            )
        photos = () if self.slideshow is None else self.slideshow.photos
        last = -math.inf
        for number, photo in enumerate(photos, start=1):
            if photo.start >= self.film.duration:
                raise UsageError(
                    f"photo {number} starts at {photo.start:g} s, and the film ends at {self.film.duration:g} s"
                )
            if photo.start <= last:
                raise UsageError(f"photo {number} starts at {photo.start:g} s, not after photo {number - 1}")
            last = photo.start
        others = (other.track.path for cue in self.cues for other in cue.alternatives)
        for path in (self.film.path, *(path for _, path in self.files), *others):
            if not _names_a_file(path):
                raise UsageError(f"a path is not one that a file can have: {shown(path)}")

    @property
    def distance(self) -> float | None:
        """Mean distance along all cues; None where one does not tell its own."""
        known = [(cue.distance, cue.end - cue.start) for cue in self.cues if cue.distance is not None]
        if not known or len(known) < len(self.cues):
            return None
        return sum(distance * seconds for distance, seconds in known) / sum(seconds for _, seconds in known)

    @property
    def summary(self) -> str:
        """One line about the film and its music."""
        parts = (sum(len(scene.shots) for scene in self.scenes), len(self.scenes), len(self.cues))
        counts = [f"{n} {noun}{'s' * (n != 1)}" for n, noun in zip(parts, ("shot", "scene", "cue"), strict=True)]
        mean = [] if self.distance is None else [f"mean distance {self.distance:.2f}"]
        return f"{clock(self.film.duration)}: {', '.join(counts + mean)}"

    @property
    def files(self) -> list[tuple[str, str]]:
        """What it names: the film, or the photos that it is made of, and the songs; each in words and by its path."""
        photos = () if self.slideshow is None else self.slideshow.photos
        shown_files = [
            (f"{'photo' if photo.clip_start is None else 'clip'} {n}", photo.path) for n, photo in enumerate(photos, 1)
        ]
        shown_files = shown_files or [("film", self.film.path)]
        return [*shown_files, *((f"cue {n}", cue.track.path) for n, cue in enumerate(self.cues, 1))]

    def to_dict(self) -> dict[str, Any]:
        """The documented shape ``img2music/cues/1`` (docs/soundtrack.md)."""
        told: dict[str, Any] = rounded(to_dict(replace(self, cues=tuple(map(recorded, self.cues)))))
        seldom = {"banned", "silences"}
        return {key: part for key, part in told.items() if part is not None and (part or key not in seldom)}


def parse(content: bytes, name: str) -> CueSheet:
    """Read the JSON of a cue sheet, also one that was edited by hand; ``name`` is the file's, for messages."""
    return sheet_of(document_of(content, name), name)


def document_of(content: bytes, name: str) -> dict[str, Any]:
    """Read JSON that may be a cue sheet, or hold one; its ``schema`` tells which."""
    if len(content) > LARGEST:
        raise InputError("is too large for a cue sheet.", name)
    try:
        document = json.loads(content, parse_float=finite, parse_constant=finite)
    except json.JSONDecodeError as error:
        raise InputError(f"is no cue sheet: it is not JSON (line {error.lineno}: {error.msg}).", name) from None
    except (ValueError, RecursionError):
        raise InputError(
            "is no cue sheet: it is not JSON in UTF-8 with finite numbers, or nested too deeply.", name
        ) from None
    return document if isinstance(document, dict) else {}


def sheet_of(document: Mapping[str, Any], name: str) -> CueSheet:
    """The cue sheet that JSON held."""
    if document.get("schema") != SCHEMA:
        raise InputError(f'is no cue sheet of this version of img2music ("schema" is not "{SCHEMA}").', name)
    return from_dict(document, CueSheet, name)


def clocks(one: float, other: float) -> tuple[str, str]:
    """Two times that differ as people write them, with the decimals that it takes to see it."""
    decimals = next((number for number in range(3) if clock(one, number) != clock(other, number)), 3)
    return clock(one, decimals), clock(other, decimals)


def gain(loudness: float | None) -> float:
    """Gain in decibels that brings a song of a loudness (LUFS; None for silence) to `LOUDNESS`."""
    return 0.0 if loudness is None else min(max(LOUDNESS - loudness, GAINS[0]), GAINS[1])


def cross_fades(starts: Sequence[float], wanted: float) -> list[float]:
    """Seconds of the cross-fades of a slideshow whose photos are seen from these times on, the last being its end.

    As many as times; the first and the last are 0. No photo is in two cross-fades at once.
    """
    lengths = [after - before for before, after in itertools.pairwise(starts)]
    inner = [min(wanted, min(each) / SHARED) for each in itertools.pairwise(lengths)]
    return [0.0, *inner, 0.0]


def darkening(length: float) -> float:
    """Seconds in which the last photo of a slideshow, seen so long, goes dark."""
    return min(LAST_FADE, length / 3)


def _require_forward(span: TimeSpan | Passage | ComputedFor, what: str) -> None:
    if not 0.0 <= span.start < span.end:
        raise UsageError(f"{what} ends at {span.end:g} s, but starts at {span.start:g} s")


def _names_a_file(path: str) -> bool:
    try:
        return "\0" not in path and 0 < len(os.fsencode(path)) < LONGEST_PATH
    except UnicodeEncodeError:  # half of a character that JSON writes as two
        return False


def finite(text: str) -> float:
    """A number of JSON; a `ValueError` if it is not finite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def recorded(cue: Cue) -> Cue:
    """The cue with what it is now, so that what belongs to it can be found again when it changes."""
    track = cue.track
    was = ComputedFor(track.path, cue.start, cue.end, cue.passage, cue.gain_db, id=track.id)
    return replace(cue, computed_for=was)


def rounded(value: Any) -> Any:
    """Round every number with decimals, however deep; the rate of a film keeps what tells 29.97 from 30000/1001."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: round(part, 6) if key == "fps" else rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return value
