"""Texts and words that people rated: EmoBank and the Glasgow Norms as their authors distribute them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Scale
from img2music.errors import InputError, UsageError
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.lexicon import Lexicon

EMOBANK = Scale("emobank", 1.0, 5.0)
COLUMNS = ("id", "split", "V", "A", "text")
SPLITS = ("train", "dev", "test")
LARGEST = 200_000_000
"""Bytes; EmoBank has 1.4 million."""


@dataclass(frozen=True)
class RatedTexts:
    """Sentences with people's ratings."""

    texts: tuple[str, ...]  # clean
    ratings: NDArray[np.float64]  # mean valence and arousal, unit scale
    groups: tuple[str, ...]  # the document that each is from

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, places: NDArray[np.intp]) -> "RatedTexts":
        """Give those at some places, in that order."""
        chosen = places.tolist()
        return RatedTexts(
            tuple(self.texts[place] for place in chosen),
            self.ratings[places],
            tuple(self.groups[place] for place in chosen),
        )


def read_emobank(path: Path) -> dict[str, RatedTexts]:
    """Read EmoBank.

    Parameters
    ----------
    path : Path
        ``emobank.csv``: id, split, V, A, D, text; ratings from 1 to 5.

    Returns
    -------
    dict of str to RatedTexts
        By split: train, dev, test.

    Raises
    ------
    InputError
        If it can't be read, lacks a column or a split, or holds a row that is not as it should be.

    References
    ----------
    Buechel, S. & Hahn, U. (2017). EmoBank: studying the impact of annotation perspective and representation format
    on dimensional emotion analysis. EACL.
    """
    found: dict[str, list[tuple[str, tuple[float, float], str]]] = {split: [] for split in SPLITS}
    for line, row in _records(path):
        try:
            affect = EMOBANK.to_unit(_number(row, "V", line, path), _number(row, "A", line, path))
        except UsageError as error:
            raise InputError(f"row {line}: {error}", str(path)) from None
        if row["split"] not in found:
            raise InputError(f"row {line}, column 'split': {row['split']!r} is not train, dev or test.", str(path))
        # An id is a document's name with the place of the sentence: NAME_FROM_TO.
        document = row["id"].rsplit("_", 2)[0]
        found[row["split"]].append((clean(row["text"]), (affect.valence, affect.arousal), document))
    for split, rows in found.items():
        if len(rows) < 3:
            raise InputError(f"the split {split!r} has {len(rows)} rows, fewer than 3.", str(path))
    return {
        split: RatedTexts(
            tuple(text for text, _, _ in rows),
            np.array([affect for _, affect, _ in rows]),
            tuple(group for _, _, group in rows),
        )
        for split, rows in found.items()
    }


def _records(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"is larger than {LARGEST // 10**6} MB: not EmoBank.", str(path))
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            _require(reader.fieldnames or (), path)
            for row in reader:
                if any(row.get(name) is None for name in COLUMNS):
                    raise InputError(f"row {reader.line_num} has fewer columns than the header.", str(path))
                yield reader.line_num, row
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", str(path)) from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError("is not CSV in UTF-8; save it as that.", str(path)) from None


def _require(header: Sequence[str], path: Path) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(f"row 1 lacks the columns {', '.join(missing)}; EmoBank has {', '.join(COLUMNS)}.", str(path))


def _number(row: dict[str, str], column: str, line: int, path: Path) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise InputError(f"row {line}, column {column!r}: {row[column]!r} is not a number.", str(path)) from None


def read_glasgow(path: Path) -> Lexicon:
    """Read the Glasgow Norms."""
    lexicon = Lexicon.load(path)
    if lexicon.name != "Glasgow Norms":
        raise InputError(
            f"is {lexicon.name}; the Glasgow Norms are needed, whose terms let a model be passed on.", str(path)
        )
    return lexicon
