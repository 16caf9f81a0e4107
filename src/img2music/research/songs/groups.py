"""What a group of inputs is: some numbers of each song, fitted on the training part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError
from img2music.music.song import Song

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Learning:
    """What a group may learn from besides the songs."""

    targets: Floats
    axes: tuple[str, ...]  # names of the targets
    parts: Sequence[NDArray[np.intp]]  # folds of the songs: places that each leaves out
    by_artist: bool  # whether songs are parted by artist, so that nothing may be known of the artists of other songs


class InputGroup(Protocol):
    """Some inputs that go together."""

    name: str

    def lacks(self, song: Song) -> str | None:
        """Name what the group needs and a song does not have; None where nothing is missing."""
        ...

    def fit(self, songs: Sequence[Song], learning: "Learning") -> Floats:
        """Learn from the training part, of which no song lacks anything; give its inputs, shape (songs, columns)."""
        ...

    def transform(self, songs: Sequence[Song]) -> Floats:
        """Give inputs of other songs, shape (songs, columns), without NaN for songs that lack nothing."""
        ...

    def columns(self) -> list[str]:
        """Name the columns."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Give what `restore` needs, as JSON has it; arrays go into files of the folder."""
        ...


def plain_name(name: object) -> str:
    """Refuse the name of a file that lies outside its model's folder."""
    if not isinstance(name, str) or Path(name).name != name or name in {"", ".."}:
        raise ModelError(f"The model names a file outside its folder: {name!r}.")
    return name
