"""Which songs a stack learns from, and which judge it."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, UsageError
from img2music.music.song import Song
from img2music.research.songs.regressors import EXTRA

Indices = NDArray[np.intp]


class Split(StrEnum):
    """How songs are parted."""

    RANDOM = "random"
    ARTIST = "artist"


def artists_of(songs: Sequence[Song]) -> list[str]:
    """Give what must stay on one side where songs are parted by artist: a song without one stands alone."""
    return [song.artist.casefold() if song.artist else f"\0{song.row}" for song in songs]


def hold_out(songs: Sequence[Song], split: Split, share: float, seed: int) -> tuple[Indices, Indices]:
    """Part songs into those to learn from and those to judge by."""
    try:
        from sklearn.model_selection import GroupShuffleSplit, train_test_split
    except ImportError:
        raise MissingExtraError("Training on tables", EXTRA) from None

    places = np.arange(len(songs))
    try:
        if split is Split.RANDOM:
            train, test = train_test_split(places, test_size=share, random_state=seed)
        else:
            shuffled = GroupShuffleSplit(1, test_size=share, random_state=seed)
            train, test = next(shuffled.split(places, groups=artists_of(songs)))
    except ValueError:
        what = "songs" if split is Split.RANDOM else "artists"
        raise UsageError(f"The table has too few {what} to part them into training and test.") from None
    return train, test


def folds_of(songs: Sequence[Song], split: Split, folds: int, seed: int) -> list[Indices]:
    """Part songs into folds."""
    try:
        from sklearn.model_selection import GroupKFold, KFold
    except ImportError:
        raise MissingExtraError("Training on tables", EXTRA) from None

    groups = artists_of(songs)
    what, count = ("songs", len(songs)) if split is Split.RANDOM else ("artists", len(set(groups)))
    if not 2 <= folds <= count:
        raise UsageError(f"folds must be from 2 to the number of {what}, {count}, not {folds}.")
    places = np.arange(len(songs))
    if split is Split.RANDOM:
        parts = KFold(folds, shuffle=True, random_state=seed).split(places)
    else:
        parts = GroupKFold(folds, shuffle=True, random_state=seed).split(places, groups=groups)
    return [test for _, test in parts]


def fingerprint(*parts: object) -> str:
    """Give a digest of what a training depends on."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode("utf-8", "surrogatepass")
        digest.update(str(len(content)).encode() + b":" + content)
    return digest.hexdigest()
