"""What the library stores of one file or song, and how a curve is packed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from img2music.affect import Affect
from img2music.music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.sources.folders import FileState
from img2music.sources.tags import Tags

CURVE_DTYPE = np.dtype([("start", "<f8"), ("end", "<f8"), ("valence", "<f8"), ("arousal", "<f8")])


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A file and everything that is known of it.

    Attributes
    ----------
    file : FileState
        The file as it was when it was analysed.
    content : str
        BLAKE2b hash of its bytes (hexadecimal).
    tags : Tags
        Its tags.
    analysis : TrackAnalysis
        What was measured.
    missing : bool
        Whether the file was gone at the last scan of its folder.
    """

    file: FileState
    content: str
    tags: Tags
    analysis: TrackAnalysis
    missing: bool = False


@dataclass(frozen=True, slots=True)
class SongRecord:
    """A song without a file, and everything that is known of it.

    Attributes
    ----------
    identifier : str
        Its name at its source, such as ``"spotify:6f807x0ima9a1j3VPbc7VN"``; no other track has it.
    tags : Tags
        Its title, artist and so on.
    duration : float or None
        Length in seconds.
    analyzer : str
        What its affect comes from.
    affect : Affect
    features : Features
        What is known of them.
    """

    identifier: str
    tags: Tags
    duration: float | None
    analyzer: str
    affect: Affect
    features: Features


def pack_curve(curve: Sequence[CurvePoint]) -> bytes:
    """Pack an affect curve: 32 bytes a point (`CURVE_DTYPE`, little-endian).

    Parameters
    ----------
    curve : sequence of CurvePoint

    Returns
    -------
    bytes
    """
    rows = [(point.start, point.end, point.affect.valence, point.affect.arousal) for point in curve]
    return np.array(rows, dtype=CURVE_DTYPE).tobytes()


def unpack_curve(packed: bytes) -> tuple[CurvePoint, ...]:
    """Unpack what `pack_curve` packed.

    Parameters
    ----------
    packed : bytes

    Returns
    -------
    tuple of CurvePoint
    """
    rows = np.frombuffer(packed, dtype=CURVE_DTYPE).tolist()
    return tuple(CurvePoint(start, end, Affect(valence, arousal)) for start, end, valence, arousal in rows)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be analysed, and why.

    Attributes
    ----------
    file : FileState
        The file as it was.
    analyzer : str
        The analyzer version that failed.
    reason : str
        Why, without the path.
    """

    file: FileState
    analyzer: str
    reason: str
