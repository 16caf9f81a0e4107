"""OASIS: 900 photos with people's ratings of valence and arousal.

Kurdi, Lozano & Banaji (2017), "Introducing the Open Affective Standardized Image Set (OASIS)", Behavior Research
Methods 49, 457-470: about 100 raters a photo and dimension, 1 to 7.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.affect import SCALES, Affect
from img2music.errors import InputError, UsageError

COLUMNS = ("Theme", "Valence_mean", "Arousal_mean")


@dataclass(frozen=True)
class RatedImages:
    """Images with the mean of people's ratings.

    Attributes
    ----------
    paths : tuple of Path, length n
        The image files.
    affect : ndarray of float64, shape (n, 2)
        Mean valence and arousal on the unit scale.
    themes : tuple of str, length n
        What each shows, without its number: "Acorns" for "Acorns 1" to "Acorns 3".
    """

    paths: tuple[Path, ...]
    affect: NDArray[np.float64]
    themes: tuple[str, ...]


def load_oasis(folder: Path) -> RatedImages:
    """Read OASIS as its authors distribute it.

    Parameters
    ----------
    folder : Path
        Holds ``OASIS.csv`` and the folder ``images`` with one ``<Theme>.jpg`` a row.

    Returns
    -------
    RatedImages
        In the order of the table.

    Raises
    ------
    InputError
        If the table or an image is missing, the table is empty or no table of OASIS, a theme is there twice, or
        a rating is not a number from 1 to 7.
    """
    ratings = _ratings(folder / "OASIS.csv")
    paths = tuple(folder / "images" / f"{theme}.jpg" for theme in ratings)
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError(f"missing, and {len(missing) - 1} more of {len(paths)} images.", str(missing[0]))
    return RatedImages(
        paths=paths,
        affect=np.array([(rating.valence, rating.arousal) for rating in ratings.values()]),
        themes=tuple(re.sub(r"\s*\d+$", "", theme) for theme in ratings),
    )


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if lacking:
                raise InputError(f"the table of OASIS has the column {lacking[0]!r}; this one has not.", str(table))
            return list(reader)
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror}); give the folder that holds OASIS.csv and images.", str(table)
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a CSV table in UTF-8 ({error}).", str(table)) from error


def _ratings(table: Path) -> dict[str, Affect]:
    """Read the ratings by theme, with its number."""
    rows = _rows(table)
    if not rows:
        raise InputError("the table has no rows.", str(table))

    ratings: dict[str, Affect] = {}
    for number, row in enumerate(rows, start=2):
        # Two themes of the authors' own table end in a blank; the files' names do not.
        theme = (row["Theme"] or "").strip()
        if not theme or Path(theme).name != theme:
            raise InputError(f"line {number} has no theme that could name an image.", str(table))
        if theme in ratings:
            raise InputError(f"line {number} has {theme!r} a second time.", str(table))
        try:
            ratings[theme] = SCALES["oasis"].to_unit(float(row["Valence_mean"]), float(row["Arousal_mean"]))
        except (TypeError, ValueError) as error:
            raise InputError(f"line {number} ({theme}) lacks a rating that is a number.", str(table)) from error
        except UsageError as error:
            raise InputError(f"line {number} ({theme}): {error}", str(table)) from error
    return ratings
