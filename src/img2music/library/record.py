"""What the library stores of one file or song, and how a curve is packed."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from img2music.affect import Affect
from img2music.analysis import NO_MUSIC, CurvePoint, Features, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.track import Tags

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

    identifier: str  # its name at its source, such as "spotify:6f807x0ima9a1j3VPbc7VN"; no other track has it
    tags: Tags  # its title, artist and so on
    duration: float | None  # length in seconds
    analyzer: str  # what its affect comes from
    affect: Affect
    features: Features  # what is known of them
    sources: tuple[str, ...] = ()  # tables and playlists that it is from


@dataclass(frozen=True, slots=True)
class LyricsRecord:
    """What one source knows of the words of a track."""

    source: str  # of `BEST_FIRST`
    text: str | None  # lines; None if it knows none
    instrumental: bool  # whether it knows that there are none
    language: str | None  # ISO 639 code, where one could be told
    fetched: int  # when it was asked, in seconds since 1970
    # What the shipped text model reads in the words, on the unit scale; None where it reads nothing, or nobody asked
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


@dataclass(frozen=True, slots=True)
class Failure(FileState):
    """A file as it was when it could not be analysed, and why."""

    analyzer: str  # the analyzer version that failed
    reason: str  # why, without the path

    @property
    def silent(self) -> bool:
        """Whether the file is as it should be, and holds nothing to hear."""
        return self.reason == NO_MUSIC
