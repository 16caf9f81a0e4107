"""The groups of inputs that a stack may be given of each song, by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from img2music.errors import ModelError, UsageError, printable
from img2music.research.songs.artist_inputs import Artist
from img2music.research.songs.column_inputs import ColumnGroup
from img2music.research.songs.groups import InputGroup, Sources
from img2music.research.songs.lyric_inputs import LyricAffect, LyricEmbedding, LyricStyle
from img2music.research.songs.other_songs import OtherSongs
from img2music.research.songs.word_inputs import Words

GROUPS: Mapping[str, type[InputGroup]] = {
    "music": ColumnGroup,
    "lyric-affect": LyricAffect,
    "lyric-embedding": LyricEmbedding,
    "lyric-style": LyricStyle,
    "lyric-words": Words,
    "title-words": Words,
    "artist": Artist,
    "other-songs": OtherSongs,
    "spotify": ColumnGroup,
}


def make_groups(names: Sequence[str], sources: Sources | None = None) -> list[InputGroup]:
    """Make groups of inputs, to be fitted."""
    sources = sources or Sources()
    for name in names:
        if name in {"valence", "energy"}:
            raise UsageError(
                f"Spotify's {name} is no input here: it is a target itself, and predicting it from itself says nothing."
            )
        if name not in GROUPS:
            raise UsageError(f"There are no inputs {name!r}; there are: {', '.join(GROUPS)}.")
    if not names or len(set(names)) < len(names):
        raise UsageError("Give each group of inputs once, and one at least.")
    if {"music", "spotify"} <= set(names):
        raise UsageError("The inputs 'spotify' hold the eight of 'music' already: give one of them.")
    if ("other-songs" in names) != (sources.others is not None):
        raise UsageError("The inputs 'other-songs' and the table that they learn from, `more_songs`, go together.")
    return [GROUPS[name].make(name, sources) for name in names]


def restore_group(name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None = None) -> InputGroup:
    """Make a fitted group of what its ``save`` gave."""
    if name not in GROUPS:
        raise ModelError(f"The model takes inputs that are not known: {name!r} (known are {', '.join(GROUPS)}).")
    try:
        return GROUPS[name].restore(name, facts, folder, given)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{printable(str(folder))} lacks part of its inputs {name!r}: {error}.") from None
