"""Texts and words that people rated: EmoBank and the Glasgow Norms as their authors distribute them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.errors import InputError
from img2music.music.lyrics.cleaning import clean
from img2music.research.ratings import Columns, Rating, all_ratings
from img2music.research.text.lexicon import Lexicon

EMOBANK = Scale("emobank", 1.0, 5.0)
COLUMNS = Columns("id", "V", "A", more=("split", "text"))
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class RatedTexts:
    """Sentences with people's ratings."""

    texts: tuple[str, ...]  # clean
    ratings: NDArray[np.float64]  # mean valence and arousal, unit scale, shape (n, 2)
    groups: tuple[str, ...]  # the document that each is from

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: NDArray[np.intp]) -> "RatedTexts":
        """Give those with some indices, in that order."""
        chosen = indices.tolist()
        return RatedTexts(
            tuple(self.texts[index] for index in chosen),
            self.ratings[indices],
            tuple(self.groups[index] for index in chosen),
        )


def read_emobank(path: Path) -> dict[str, RatedTexts]:
    """Read EmoBank by split: train, dev, test.

    Buechel, S. & Hahn, U. (2017). EmoBank: studying the impact of annotation perspective and representation format
    on dimensional emotion analysis. EACL.
    """
    found: dict[str, list[Rating]] = {split: [] for split in SPLITS}
    for rating in all_ratings(path, COLUMNS, EMOBANK):
        split = rating.cells["split"]
        if split not in found:
            raise InputError(f"{rating.where}, column 'split': {split!r} is not train, dev or test.", str(path))
        found[split].append(rating)
    for split, rows in found.items():
        if len(rows) < 3:
            raise InputError(f"the split {split!r} has {len(rows)} rows, fewer than 3.", str(path))
    return {
        split: RatedTexts(
            tuple(clean(row.cells["text"]) for row in rows),
            np.array([(row.affect.valence, row.affect.arousal) for row in rows]),
            # An id is a document's name with the place of the sentence: NAME_FROM_TO.
            tuple(row.item.rsplit("_", 2)[0] for row in rows),
        )
        for split, rows in found.items()
    }


def read_glasgow(path: Path) -> Lexicon:
    """Read the Glasgow Norms."""
    lexicon = Lexicon.load(path)
    if lexicon.name != "Glasgow Norms":
        raise InputError(
            f"is {lexicon.name}; the Glasgow Norms are needed, whose terms let a model be passed on.", str(path)
        )
    return lexicon
