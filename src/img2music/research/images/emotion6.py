"""Emotion6: 1,980 photos with people's ratings of valence and arousal.

Peng, Chen, Sadovnik & Gallagher (2015), "A Mixed Bag of Emotions: Model, Predict, and Transfer Emotion
Distributions", CVPR, 860-868: 330 photos for each of six emotion words that they were searched by, 15 raters a photo,
1 to 9.
"""

from pathlib import Path, PurePosixPath

import numpy as np

from img2music.affect import SCALES, Affect
from img2music.errors import InputError
from img2music.research.images.rated_images import RatedImages, read_rating, read_table, require_files

TABLE = "ground_truth.txt"
COLUMNS = ("image", "valence", "arousal")
"""The first three; shares of seven emotions follow."""


def load_emotion6(folder: Path) -> RatedImages:
    """Read Emotion6 as its authors distribute it."""
    table = folder / TABLE
    ratings: dict[str, Affect] = {}
    for number, row in enumerate(read_table(table, COLUMNS, tabs=True), start=2):
        name = (row["image"] or "").strip()
        parts = PurePosixPath(name).parts
        if len(parts) != 2 or ".." in parts:
            raise InputError(f"line {number} has no image such as joy/1.jpg.", str(table))
        if name in ratings:
            raise InputError(f"line {number} has {name!r} a second time.", str(table))
        where = f"line {number} ({name})"
        ratings[name] = read_rating(SCALES["emotion6"], row["valence"], row["arousal"], where, table)
    paths = tuple(folder / "images" / name for name in ratings)
    require_files(paths)
    return RatedImages(
        paths=paths,
        affect=np.array([(rating.valence, rating.arousal) for rating in ratings.values()]),
        themes=tuple(ratings),
        categories=tuple(PurePosixPath(name).parts[0] for name in ratings),
        scale=SCALES["emotion6"],
        dataset="emotion6",
    )
