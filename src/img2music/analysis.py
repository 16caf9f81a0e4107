"""What one analyzer version measures of one track."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from img2music.affect import Affect

PITCH_CLASSES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Names of the pitch classes, 0 = C, each in the spelling that is commoner as a tonic."""

NO_MUSIC = "There is no music in it: it is silent, or shorter than 0.4 seconds."
"""Why a file is not analysed that can be read: no fault of it."""


class FailureKind(StrEnum):
    """What is wrong with a file, or with what looked into it."""

    UNREADABLE = "unreadable"
    UNREACHED = "unreached"
    DAMAGED = "damaged"
    SILENT = "silent"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    UNEXPECTED = "unexpected"


def limits(least: float, most: float, *, lacking: bool = False) -> dict[str, Any]:
    """Metadata of a feature: its limits, and whether a sound file may lack it."""
    return {"least": least, "most": most, "lacking": lacking}


UNIT = limits(0.0, 1.0)
FASTEST = 1000.0
"""Beats a minute, or onsets a second."""
LOUDEST = 1000.0
"""Decibels, up and down: more than floating point has room for."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a track, named and scaled as in Spotify's audio-features table unless said otherwise.

    What is measured in a sound file has a number for all that is not said to be None. Of a song out of a table, each
    is None where the table has none.
    """

    danceability: float | None = field(metadata=UNIT)
    energy: float | None = field(metadata=UNIT)
    valence: float | None = field(metadata=UNIT)
    """What the audio network hears; the track's affect is another thing."""
    acousticness: float | None = field(metadata=UNIT)
    instrumentalness: float | None = field(metadata=UNIT)
    liveness: float | None = field(metadata=UNIT)
    speechiness: float | None = field(metadata=UNIT)
    tempo: float | None = field(metadata=limits(0.0, FASTEST, lacking=True))
    """Beats per minute; None where no beat is found."""
    key: int | None = field(metadata=limits(0, 11, lacking=True))
    """Pitch class of the tonic, 0 = C to 11 = B; None where no key is found."""
    mode: int | None = field(metadata=limits(0, 1, lacking=True))
    """1 major, 0 minor; None where no key is found."""
    loudness: float | None = field(metadata=limits(-LOUDEST, LOUDEST, lacking=True))
    """Integrated loudness in LUFS (ITU-R BS.1770-4); None for silence."""
    onset_rate: float | None = field(metadata=limits(0.0, FASTEST))
    """Onsets a second."""

    @property
    def key_name(self) -> str | None:
        """The key as people write it, such as "D minor"; None where no key is found."""
        if self.key is None:
            return None
        return PITCH_CLASSES[self.key] + {None: "", 0: " minor", 1: " major"}[self.mode]

    @property
    def key_symbol(self) -> str | None:
        """The key in the three characters at most that tags hold, such as "Dm" or "F#"; None where it is not known."""
        if self.key is None or self.mode is None:
            return None
        return PITCH_CLASSES[self.key] + ("" if self.mode else "m")

    @property
    def summary(self) -> str:
        """Tempo and key as people write them, such as "90 BPM, D minor"; empty where neither is found."""
        tempo = None if self.tempo is None else f"{self.tempo:.0f} BPM"
        return ", ".join(fact for fact in (tempo, self.key_name) if fact)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Affect of one window of a track."""

    start: float
    """Seconds from the start of the track."""
    end: float
    """Seconds from the start of the track."""
    affect: Affect
    """Affect of the window."""

    @property
    def silent(self) -> bool:
        """Whether nothing sounds in it: only silence has no arousal at all."""
        return self.affect.arousal == 0.0


@dataclass(frozen=True, slots=True)
class TrackAnalysis:
    """What one analyzer version measured of one track."""

    analyzer: str
    """Name and version of the analyzer, such as ``"audio/4"``."""
    duration: float
    """Length of the track in seconds."""
    listened: float
    """Seconds of it that were decoded and heard."""
    affect: Affect
    """Affect of the whole track."""
    features: Features
    """Features of the whole track."""
    curve: tuple[CurvePoint, ...]
    """The affect curve, in order of time, not empty. Windows may have gaps between them (what was not heard)."""
    note: str | None = None
    """What is wrong with the file, if it is damaged or cut short."""
