"""Which songs a stack learns from, and which judge it: as scikit-learn parts them, and so as the original did."""

from collections.abc import Sequence

from img2music.errors import UsageError
from img2music.music.song import Song
from img2music.research.songs.groups import Indices
from img2music.research.songs.options import SplitBy


def artists_of(songs: Sequence[Song]) -> list[str]:
    """Give what must stay on one side where songs are parted by artist: a song without one stands alone."""
    return [song.artist.casefold() if song.artist else f"\0{song.row}" for song in songs]


def hold_out(songs: Sequence[Song], by: SplitBy, share: float, seed: int) -> tuple[Indices, Indices]:
    """Part songs into those to learn from and those to judge by."""
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

    kind, groups, what = (
        (ShuffleSplit, None, "songs") if by is SplitBy.RANDOM else (GroupShuffleSplit, artists_of(songs), "artists")
    )
    try:
        train, test = next(kind(1, test_size=share, random_state=seed).split(songs, groups=groups))
    except ValueError:
        raise UsageError(f"The table has too few {what} to part them into training and test.") from None
    return train, test


def folds_of(songs: Sequence[Song], by: SplitBy, folds: int, seed: int) -> list[Indices]:
    """Part songs into folds: the indices of each."""
    from sklearn.model_selection import GroupKFold, KFold

    kind, groups, what = (KFold, None, "songs") if by is SplitBy.RANDOM else (GroupKFold, artists_of(songs), "artists")
    count = len(songs if groups is None else set(groups))
    if not 2 <= folds <= count:
        raise UsageError(f"`folds` must be from 2 to the number of {what}, {count}, not {folds}.")
    return [test for _, test in kind(folds, shuffle=True, random_state=seed).split(songs, groups=groups)]
