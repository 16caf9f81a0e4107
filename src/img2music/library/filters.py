"""What a `TrackFilter` means: once as SQL, once as masks over columns.

Text matches if the folded tag (`schema.fold`) contains the folded wish. Ranges include both ends. A track
that lacks a value that a condition asks for fails it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, or_

from img2music.library.schema import fold, tracks
from img2music.library.track import TrackFilter

INSTRUMENTAL = 0.5
"""Least ``instrumentalness`` of a track that counts as instrumental."""

_TEXTS = ("genre", "artist", "album")
_RANGES = ("year", "tempo", "duration")


def conditions(where: TrackFilter) -> list[ColumnElement[bool]]:
    """Express a filter as SQL conditions on the table of tracks, all of which must hold.

    Parameters
    ----------
    where : TrackFilter

    Returns
    -------
    list of ColumnElement
    """
    found: list[ColumnElement[bool]] = []
    for name in _TEXTS:
        wishes = getattr(where, name)
        if wishes:
            column = tracks.c[f"{name}_folded"]
            found.append(or_(*(column.contains(fold(wish), autoescape=True) for wish in wishes)))
    for name in _RANGES:
        least, greatest = getattr(where, name) or (None, None)
        if getattr(where, name) is not None:
            found.append(tracks.c[name].is_not(None))
        if least is not None:
            found.append(tracks.c[name] >= least)
        if greatest is not None:
            found.append(tracks.c[name] <= greatest)
    return [*found, *_conditions_of_one_value(where)]


def _conditions_of_one_value(where: TrackFilter) -> Iterator[ColumnElement[bool]]:
    if where.instrumental is not None:
        column = tracks.c.instrumentalness
        yield column >= INSTRUMENTAL if where.instrumental else column < INSTRUMENTAL
    if where.key is not None:
        pitch_class, mode = where.key
        yield tracks.c.key == pitch_class
        if mode is not None:
            yield tracks.c.mode == mode
    if where.file is not None:
        yield tracks.c.path.is_not(None) if where.file else tracks.c.path.is_(None)


def columns_needed(where: TrackFilter) -> tuple[str, ...]:
    """Names of the columns that `mask` looks at.

    Parameters
    ----------
    where : TrackFilter

    Returns
    -------
    tuple of str
    """
    names = [name for name in _TEXTS if getattr(where, name)]
    names += [name for name in _RANGES if getattr(where, name) is not None]
    if where.instrumental is not None:
        names.append("instrumentalness")
    if where.key is not None:
        names += ["key"] if where.key[1] is None else ["key", "mode"]
    if where.file is not None:
        names.append("content")
    return tuple(names)


def mask(where: TrackFilter, columns: Mapping[str, NDArray[Any]], length: int) -> NDArray[np.bool_]:
    """Tell which tracks pass a filter, from columns in memory.

    Parameters
    ----------
    where : TrackFilter
    columns : mapping of str to ndarray, shape (length,)
        At least those of `columns_needed`, as `LibraryStore.columns` gives them.
    length : int
        Number of tracks.

    Returns
    -------
    ndarray of bool, shape (length,)
    """
    passes = np.ones(length, dtype=np.bool_)
    for name in _TEXTS:
        wishes = [fold(wish) for wish in getattr(where, name)]
        if wishes:
            # A library has far fewer artists than tracks: fold and look in each text once.
            verdicts = {
                tag: tag is not None and any(wish in fold(tag) for wish in wishes)
                for tag in set(columns[name].tolist())
            }
            passes &= np.fromiter((verdicts[tag] for tag in columns[name].tolist()), np.bool_, length)
    for name in _RANGES:
        if getattr(where, name) is not None:
            least, greatest = getattr(where, name)
            values = columns[name]
            # Comparisons with NaN (no value) are false.
            passes &= (values >= (-np.inf if least is None else least)) & (
                values <= (np.inf if greatest is None else greatest)
            )
    if where.instrumental is not None:
        values = columns["instrumentalness"]
        passes &= values >= INSTRUMENTAL if where.instrumental else values < INSTRUMENTAL
    if where.key is not None:
        pitch_class, mode = where.key
        passes &= columns["key"] == pitch_class
        if mode is not None:
            passes &= columns["mode"] == mode
    if where.file is not None:
        passes &= np.array([(content is not None) is where.file for content in columns["content"].tolist()], np.bool_)
    return passes
