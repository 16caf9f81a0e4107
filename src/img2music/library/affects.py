"""What is stored of a track's affect, and the affect that it is read as."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike, NDArray

from img2music.library.record import BEST_FIRST
from img2music.library.schema import lyrics, tracks
from img2music.music.lyrics.fusion import fuse

HEARD = np.dtype([("id", "<i8"), ("valence", "<f8"), ("arousal", "<f8")])
"""``affects.packed``: the affect that was heard, or that a table has."""
READ = np.dtype([("id", "<i8"), ("valence", "<f8")])
"""``affects.words``: the valence that is read in the words; null for none."""
_HEARD, _READ = struct.Struct("<qdd"), struct.Struct("<qd")

KNOWN = sa.or_(lyrics.c.text.is_not(None), lyrics.c.instrumental)
"""Whether a source knows the words of a track, or that there are none."""
BEST = (
    sa.case((KNOWN, 0), else_=1),
    lyrics.c.text.is_(None),
    sa.case({source: rank for rank, source in enumerate(BEST_FIRST)}, value=lyrics.c.source, else_=len(BEST_FIRST)),
)
"""What to sort the sources of a track's words by, best first: words, then the knowledge that there are none."""

_OF_WORDS = sa.select(lyrics.c.valence).where(lyrics.c.track_id == tracks.c.id, KNOWN).order_by(*BEST).limit(1)
WORDS = sa.case((tracks.c.path.is_not(None), _OF_WORDS.correlate(tracks).scalar_subquery())).label("words")
"""Valence that is read in a track's words; what a table says of a song is not moved by them."""

Columns = tuple[NDArray[np.float64], NDArray[np.float64]]


def affect_of(valence: ArrayLike, arousal: ArrayLike, words: ArrayLike) -> Columns:
    """Derive valence and arousal from what is stored of tracks. The only place that does."""
    return fuse(valence, words), np.asarray(arousal, dtype=np.float64)


def affects_of(rows: Sequence[sa.Row[Any]]) -> list[tuple[float, float]]:
    """Valence and arousal of rows of the table of tracks that were read with `WORDS`."""
    stored = np.array([(row.valence, row.arousal, row.words) for row in rows], dtype=np.float64).reshape(-1, 3)
    valence, arousal = affect_of(*stored.T)
    return list(zip(valence.tolist(), arousal.tolist(), strict=True))


def pack(row: Sequence[Any]) -> dict[str, Any]:
    """Make a row of the table of affects of a track's id, valence, arousal and words' valence."""
    track, valence, arousal, words = row
    read = None if words is None else _READ.pack(track, words)
    return {"track_id": track, "packed": _HEARD.pack(track, valence, arousal), "words": read}


def unpack(parts: Iterable[tuple[bytes, bytes]], most: int) -> dict[str, NDArray[Any]]:
    """Read ids, valence and arousal from parts of the table of affects, of so many bytes at most, in order of id."""
    # Each part is put where it stays; what is not filled of an array takes no memory.
    columns = [np.empty(most // HEARD.itemsize, dtype=HEARD[name]) for name in HEARD.names or ()]
    length = 0
    read = []
    for packed, words in parts:
        rows = np.frombuffer(packed, dtype=HEARD)
        for column, name in zip(columns, HEARD.names or (), strict=True):
            column[length : length + len(rows)] = rows[name]
        length += len(rows)
        read.append(words)
    ids, valence, arousal = _ordered([column[:length] for column in columns])
    said = np.frombuffer(b"".join(read), dtype=READ)
    if len(said):
        with_words, words_say = _ordered([said["id"], said["valence"]])
        known = np.searchsorted(ids, with_words)
        valence[known], arousal[known] = affect_of(valence[known], arousal[known], words_say)
    return {"id": ids, "valence": valence, "arousal": arousal}


def _ordered(columns: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Put columns in ascending order of the first."""
    if bool(np.all(columns[0][1:] > columns[0][:-1])):
        return columns
    order = np.argsort(columns[0], kind="stable")
    return [column[order] for column in columns]
