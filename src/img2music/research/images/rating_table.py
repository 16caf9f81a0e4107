"""A table of anybody's rated images: ``file,valence,arousal[,scale][,group][,category]``."""

from pathlib import Path

import numpy as np

from img2music.affect import SCALES, Scale
from img2music.errors import InputError, UsageError, printable, shown
from img2music.research.images.rated_images import RatedImages, read_rating, read_table, require_files

COLUMNS = ("file", "valence", "arousal")


def load_rating_table(table: Path, scale: Scale | None = None) -> RatedImages:
    """Read rated images from a CSV table."""
    paths: dict[Path, int] = {}
    affects, themes, categories, scales = [], [], [], []
    for number, row in enumerate(read_table(table, COLUMNS), start=2):
        name = (row["file"] or "").strip()
        if not name:
            raise InputError(f"line {number} names no file.", str(table))
        path = table.parent / name
        if path in paths:
            raise InputError(
                f"line {number} has {shown(name)} a second time; the first is line {paths[path]}.", str(table)
            )
        paths[path] = number
        where = f"line {number} ({printable(name[:60])})"
        where = f"line {number} ({printable(name[:60])})"
        own = _scale(row.get("scale"), scale, where, table)
        rating = read_rating(own, row["valence"], row["arousal"], where, table)
        affects.append((rating.valence, rating.arousal))
        themes.append((row.get("group") or "").strip() or name)
        categories.append((row.get("category") or "").strip())
        scales.append(own)
    require_files(paths)
    return RatedImages(
        paths=tuple(paths),
        affect=np.array(affects),
        themes=tuple(themes),
        categories=tuple(categories) if any(categories) else (),
        scale=scales[0] if len(set(scales)) == 1 else SCALES["unit"],
        dataset="csv",
    )


def _scale(cell: str | None, default: Scale | None, where: str, table: Path) -> Scale:
    if cell and cell.strip():
        try:
            return Scale.parse(cell)
        except UsageError as error:
            raise InputError(f"{where}: {error}", str(table)) from error
    if default is None:
        raise UsageError(
            "The ratings have no scale: say with --scale how they run, such as 1-7, or add a column scale."
        )
    return default
