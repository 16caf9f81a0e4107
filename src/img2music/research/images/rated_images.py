"""Images with people's ratings of them, and the tables that ratings come in."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.affect import SCALES, Affect, Scale
from img2music.errors import InputError, UsageError


@dataclass(frozen=True)
class RatedImages:
    """Images with the mean of people's ratings."""

    paths: tuple[Path, ...]  # the image files
    affect: NDArray[np.float64]  # mean valence and arousal on the unit scale
    # What belongs together: "Acorns" for "Acorns 1" to "Acorns 3". An image without a theme is its own
    themes: tuple[str, ...]
    # What kind of image each is, such as "Animal"; empty where a set has no categories
    categories: tuple[str, ...] = ()
    scale: Scale = SCALES["unit"]  # how the set itself writes its ratings
    dataset: str = "csv"  # name of the set, as in the registry of data sets

    @property
    def has_themes(self) -> bool:
        """Whether any two images share a theme."""
        return len(set(self.themes)) < len(self.themes)


def read_table(table: Path, columns: Sequence[str], *, tabs: bool = False) -> list[dict[str, str | None]]:
    """Read a table with a head line."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            if tabs:
                file.readline()
                reader = csv.DictReader(file, columns, delimiter="\t", quoting=csv.QUOTE_NONE)
            else:
                reader = csv.DictReader(file)
            lacking = [column for column in columns if column not in (reader.fieldnames or ())]
            if lacking:
                raise InputError(f"the head line lacks the column {lacking[0]!r}.", str(table))
            rows = list(reader)
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror}).", str(table)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("not a CSV table in UTF-8; save it as one.", str(table)) from error
    if not rows:
        raise InputError("the table has no rows.", str(table))
    return rows


def read_rating(scale: Scale, valence: str | None, arousal: str | None, where: str, table: Path) -> Affect:
    """Read the ratings of one row."""
    try:
        return scale.to_unit(float(valence or ""), float(arousal or ""))
    except UsageError as error:
        raise InputError(f"{where}: {error}", str(table)) from error
    except ValueError as error:
        raise InputError(f"{where} lacks a rating that is a number.", str(table)) from error


def require_files(paths: Iterable[Path]) -> None:
    """Refuse a set of which images are missing."""
    wanted = list(paths)
    missing = [path for path in wanted if not os.path.isfile(path)]  # noqa: PTH113 - also of a name that none can have
    if missing:
        raise InputError(f"missing, and {len(missing) - 1} more of {len(wanted)} images.", str(missing[0])[:1000])
