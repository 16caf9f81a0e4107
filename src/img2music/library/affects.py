"""What is stored of a track's affect, and the affect that it is read as."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike, NDArray

from img2music.library.record import BEST_FIRST
from img2music.library.schema import lyrics, tracks
from img2music.music.lyrics.fusion import fuse

RAW = np.dtype([("id", "<i8"), ("valence", "<f8"), ("arousal", "<f8"), ("words", "<f8")])
"""A row of the table of affects: what was heard, and the valence that is read in the words; NaN for none."""
_PACKED = struct.Struct("<qddd")

KNOWN = sa.or_(lyrics.c.text.is_not(None), lyrics.c.instrumental)
"""Whether a source knows the words of a track, or that there are none."""
BEST = (
    sa.case((KNOWN, 0), else_=1),
    lyrics.c.text.is_(None),
    sa.case({source: rank for rank, source in enumerate(BEST_FIRST)}, value=lyrics.c.source, else_=len(BEST_FIRST)),
)
"""What to sort the sources of a track's words by, best first: words, then the knowledge that there are none."""

_READ = sa.select(lyrics.c.valence).where(lyrics.c.track_id == tracks.c.id, KNOWN).order_by(*BEST).limit(1)
WORDS = sa.case((tracks.c.path.is_not(None), _READ.correlate(tracks).scalar_subquery())).label("words")
"""Valence that is read in a track's words; what a table says of a song is not moved by them."""


def affect_of(valence: ArrayLike, arousal: ArrayLike, words: ArrayLike) -> NDArray[np.float64]:
    """Derive affects from what is stored of tracks: shape (n, 2). The only place that does."""
    return np.column_stack([fuse(valence, words), np.asarray(arousal, dtype=np.float64)])


def affects_of(rows: Sequence[sa.Row[Any]]) -> list[list[float]]:
    """Valence and arousal of rows of the table of tracks that were read with `WORDS`."""
    stored = np.array([(row.valence, row.arousal, row.words) for row in rows], dtype=np.float64).reshape(-1, 3)
    derived: list[list[float]] = affect_of(*stored.T).tolist()
    return derived


def pack(row: Sequence[Any]) -> bytes:
    """Pack id, valence, arousal and words' valence as `RAW`."""
    *heard, words = row
    return _PACKED.pack(*heard, np.nan if words is None else words)
