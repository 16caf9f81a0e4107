"""What the library stores of one file or song, and how a curve is packed."""

import os
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import numpy as np

from img2music.affect import Affect
from img2music.analysis import NO_MUSIC, CurvePoint, FailureKind, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import UsageError, shown
from img2music.locations import stem
from img2music.track import Seconds, Tags, Text, display_name

CURVE_DTYPE = np.dtype([("start", "<f8"), ("end", "<f8"), ("valence", "<f8"), ("arousal", "<f8")])
_POINT = struct.Struct("<dddd")

LOCAL = ("tags", "files")
"""Sources of lyrics that are the sound file itself, or lie beside it."""
BEST_FIRST = (*LOCAL, "table", "lrclib", "musixmatch")
"""All sources; of two that know the words the earlier is believed."""


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A file and everything that is known of it."""

    file: FileState  # the file as it was when it was analysed
    content: str  # BLAKE2b hash of its bytes (hexadecimal)
    tags: Tags  # its tags
    analysis: TrackAnalysis  # what was measured
    missing: bool = False  # whether the file was gone at the last scan of its folder
    # Hash of its encoded sound apart from tags (`media.packets.sound_hash`); its content where its packets can't be
    # told, None where nobody has looked yet
    sound: str | None = None


@dataclass(frozen=True, slots=True)
class SongRecord:
    """A song without a file, and everything that is known of it."""

    identifier: Text  # its name at its source, such as "spotify:6f807x0ima9a1j3VPbc7VN"; no other track has it
    tags: Tags  # its title, artist and so on
    duration: Seconds | None  # its length
    analyzer: Text  # what its affect comes from
    affect: Affect
    features: Features  # what is known of them
    sources: tuple[str, ...] = ()  # tables and playlists that it is from


@dataclass(frozen=True, slots=True)
class LyricsRecord:
    """What one source knows of the words of a track."""

    source: Text  # of `BEST_FIRST`
    text: str | None  # lines; None if it knows none
    instrumental: bool  # whether it knows that there are none
    language: Text | None  # ISO 639 code, where one could be told
    # When it was asked, in seconds since 1970, up to the last year that a date has
    fetched: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]
    # What is read in the words, on the scale of text-affect/1; None where that is nothing, or nobody asked
    valence: float | None = None

    @property
    def known(self) -> bool:
        """Whether it knows the words, or that there are none."""
        return self.text is not None or self.instrumental


def best(records: Iterable[LyricsRecord]) -> LyricsRecord | None:
    """Choose among what sources know of the words of one track, best first."""
    return next((record for record in records if record.known), None)


def pack_curve(curve: Sequence[CurvePoint]) -> bytes:
    """Pack an affect curve: 32 bytes a point (`CURVE_DTYPE`, little-endian)."""
    return b"".join(_POINT.pack(each.start, each.end, each.affect.valence, each.affect.arousal) for each in curve)


def unpack_curve(packed: bytes, shift: float = 0.0) -> tuple[CurvePoint, ...]:
    """Unpack what `pack_curve` packed."""
    points: Iterable[tuple[float, ...]] = _POINT.iter_unpack(packed)
    if shift:
        points = ((start, end, min(max(valence + shift, 0.0), 1.0), arousal) for start, end, valence, arousal in points)
    return tuple(CurvePoint(start, end, Affect(valence, arousal)) for start, end, valence, arousal in points)


class Stage(StrEnum):
    """What is done with a file in turn: its bytes are read, its tags and its packets, its sound."""

    READ = "read"
    IDENTIFY = "identify"
    ANALYSE = "analyse"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file could not be analysed."""

    reason: str  # without the path
    stage: Stage
    kind: FailureKind


@dataclass(frozen=True, slots=True)
class Failure(FileState):
    """A file as it was when it could not be analysed, and why."""

    analyzer: str  # the analyzer version that failed
    reason: str  # why, without the path
    stage: Stage = Stage.ANALYSE  # at which it failed
    kind: FailureKind = FailureKind.DAMAGED
    attempts: int = 1  # how often it was tried as it is

    def __post_init__(self) -> None:
        if self.reason == NO_MUSIC:  # as it was written before there were kinds
            object.__setattr__(self, "kind", FailureKind.SILENT)

    @property
    def silent(self) -> bool:
        """Whether the file is as it should be, and holds nothing to hear."""
        return self.kind is FailureKind.SILENT


class FeedbackKind(StrEnum):
    """What a person says: how something feels; of a track, liked or never wanted; of one with a picture, fit or not."""

    AFFECT = "affect"
    LIKE = "like"
    NEVER = "never"
    FITS = "fits"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTrack:
    """A track of which somebody said something, as it was then."""

    path: str | None
    """Its file, of which it is known by what is in it; None for a song without one."""
    identifier: Text | None
    """Name of a song without a file."""
    title: Text | None
    """Title."""
    artist: Text | None
    """Artist."""
    genre: Text | None
    """Genre."""
    duration: Seconds | None
    """Length in seconds."""
    content: Text | None
    """BLAKE2b hash of the file's bytes (hexadecimal)."""
    sound: Text | None
    """Hash of the encoded sound apart from tags (hexadecimal)."""
    affect: Affect
    """What was read in it."""
    model: Text
    """What read it, with its version."""

    def __post_init__(self) -> None:
        _require_storable(self)

    @property
    def name(self) -> str:
        """What to call it: title and artist, else the name of its file, else its identifier."""
        title = self.title or (stem(self.path) if self.path else self.identifier or "")
        return display_name(None, title, self.artist)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPicture:
    """A picture of which somebody said something, as it was then."""

    path: str
    """Where it was; or what it was called, where its file was a copy that is gone."""
    content: Text
    """BLAKE2b hash of its bytes (hexadecimal), by which it is known."""
    affect: Affect
    """What was read in it."""
    model: Text
    """What read it, with its version."""

    def __post_init__(self) -> None:
        _require_storable(self)


def now() -> str:
    """The present `Moment`."""
    return moment_of(datetime.now(UTC))


def moment_of(time: datetime) -> str:
    """A time in UTC as a `Moment`."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


LONGEST_NAME = 100
"""Characters of a name that somebody gives: a person's, or a playlist's."""


def require_name(name: str, argument: str) -> None:
    """Refuse what is no name; signs that join letters or emoji are fine, those that end a line are not."""
    odd = any(map(_is_odd, name))
    if odd or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(
            f"`{argument}` must be a name of 1 to {LONGEST_NAME} characters, on one line and with no space around it, "
            f"not {shown(name)}."
        )


def as_name(text: str) -> str:
    """A name as much like a text, such as that of a file, as one may be."""
    return "".join(" " if _is_odd(char) else char for char in text).strip()[:LONGEST_NAME].strip() or "?"


def _is_odd(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person said of a track, of a picture, or of both together."""

    id: int
    """Its number."""
    person: Name
    """Who said it."""
    said: Moment
    """When, in UTC, such as "2026-05-04T10:20:30.400Z"."""
    kind: FeedbackKind
    """What was said: "affect", "like", "never", "fits" or "unfit"."""
    affect: Affect | None = None
    """What it feels like to them."""
    track: JudgedTrack | None = None
    """The track."""
    picture: JudgedPicture | None = None
    """The picture."""
    position: Affect | None = None
    """Where they put a picture in the space of the relative match, if that is how they said what it feels like."""

    def __post_init__(self) -> None:
        _require_storable(self)
        needed = {FeedbackKind.LIKE: (1, 0), FeedbackKind.NEVER: (1, 0), FeedbackKind.FITS: (1, 1)}
        there = self.track is not None, self.picture is not None
        fits = there[0] != there[1] if self.kind is FeedbackKind.AFFECT else there == needed.get(self.kind, (1, 1))
        if not fits or (self.affect is None) is (self.kind is FeedbackKind.AFFECT):
            raise UsageError(f"{self.kind} is not said of this: a track, a picture, an affect lacks or is too much.")
        if self.position is not None and (self.kind is not FeedbackKind.AFFECT or self.picture is None):
            raise UsageError("A position is said of a picture, with its affect.")


def _require_storable(of: Any) -> None:
    """Refuse text that no database and no file name can hold, as a file that was edited may have it."""
    for name in of.__slots__:
        value = getattr(of, name)
        if isinstance(value, str):
            found = os.fsencode(value) if name == "path" else value.encode()
            if b"\0" in found:
                raise UsageError(f"{name} holds a zero byte.")
