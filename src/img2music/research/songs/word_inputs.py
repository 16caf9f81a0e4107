"""Inputs from what words say of the targets: ``lyric-words`` and ``title-words``."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.music.song import Song
from img2music.research.songs.groups import Learning, plain_name
from img2music.research.songs.style import WORD
from img2music.research.songs.word_scores import WordScores, terms_of

Floats = NDArray[np.float64]


class Words:
    """What words say of the targets: ``lyric-words`` and ``title-words``.

    The training part's own scores are those of regressions that have not seen the song, or every regressor that is
    trained on them would trust them too much.
    """

    def __init__(self, name: str, scores: WordScores | None = None, axes: Sequence[str] = ()) -> None:
        self.name = name
        self._scores = scores
        self._axes = tuple(axes)
        self._known: dict[str, Counter[str]] = {}

    def lacks(self, song: Song) -> str | None:
        return None if self._text(song) else self.name.replace("-words", "")

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        self._axes = learning.axes
        self._scores, left_out = WordScores.fit(self._terms(songs), learning.targets, learning.parts)
        return left_out

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._scores is not None, "fit comes first"
        return self._scores.of(self._terms(songs))

    def columns(self) -> list[str]:
        return [f"{self.name}: {axis}" for axis in self._axes]

    def save(self, folder: Path) -> dict[str, Any]:
        assert self._scores is not None, "fit comes first"
        file = f"{self.name}.json"
        self._scores.save(folder / file)
        return {"file": file, "axes": list(self._axes)}

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path) -> Self:
        """Make it of what `save` gave."""
        scores = WordScores.load(folder / plain_name(facts["file"]))
        if len(scores.means) != len(facts["axes"]):
            raise ModelError(f"{printable(str(folder))}: {facts['file']} is of other targets.")
        return cls(name, scores, facts["axes"])

    def _text(self, song: Song) -> str:
        if self.name == "lyric-words":
            return song.lyrics or ""
        return " ".join(part for part in (song.title, song.artist, song.album) if part)

    def _terms(self, songs: Sequence[Song]) -> list[Counter[str]]:
        texts = [self._text(song) for song in songs]
        for text in texts:
            if text not in self._known:
                self._known[text] = terms_of(WORD.findall(text.lower().replace("\u2019", "'")))
        return [self._known[text] for text in texts]
