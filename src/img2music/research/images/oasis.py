"""OASIS: 900 photos with people's ratings of valence and arousal.

Kurdi, Lozano & Banaji (2017), "Introducing the Open Affective Standardized Image Set (OASIS)", Behavior Research
Methods 49, 457-470: about 100 raters a photo and dimension, 1 to 7.
"""

import re
from pathlib import Path

import numpy as np

from img2music.affect import SCALES, Affect
from img2music.errors import InputError
from img2music.research.images.rated_images import RatedImages, read_rating, read_table, require_files

TABLE = "OASIS.csv"
COLUMNS = ("Theme", "Valence_mean", "Arousal_mean")


def load_oasis(folder: Path) -> RatedImages:
    """Read OASIS as its authors distribute it."""
    table = folder / TABLE
    if not table.exists():
        raise InputError("No such file; give the folder that holds OASIS.csv and images.", str(table))
    ratings: dict[str, Affect] = {}
    categories = []
    for number, row in enumerate(read_table(table, COLUMNS), start=2):
        # Two themes of the authors' own table end in a blank; the files' names do not.
        theme = (row["Theme"] or "").strip()
        if not theme or Path(theme).name != theme:
            raise InputError(f"line {number} has no theme that could name an image.", str(table))
        if theme in ratings:
            raise InputError(f"line {number} has {theme!r} a second time.", str(table))
        where = f"line {number} ({theme})"
        ratings[theme] = read_rating(SCALES["oasis"], row["Valence_mean"], row["Arousal_mean"], where, table)
        categories.append((row.get("Category") or "").strip())
    paths = tuple(folder / "images" / f"{theme}.jpg" for theme in ratings)
    require_files(paths)
    return RatedImages(
        paths=paths,
        affect=np.array([(rating.valence, rating.arousal) for rating in ratings.values()]),
        themes=tuple(re.sub(r"\s*\d+$", "", theme) for theme in ratings),
        categories=tuple(categories) if any(categories) else (),
        scale=SCALES["oasis"],
        dataset="oasis",
    )
