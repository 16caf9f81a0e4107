"""Recommendations on the affect plane."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, MissingExtraError
from img2music.matching.query import Query, QueryKind
from img2music.media.images import read_image
from img2music.options import MatchMode
from img2music.plots import THUMBNAILS, PlottedQuery, PlottedSong, affect_plane

if TYPE_CHECKING:
    from img2music.matching.recommendation import Recommendation, Recommendations

THUMBNAIL_SIDE = 84


def plot(found: "Recommendations", songs: NDArray[np.float64], file: Path) -> tuple[str, ...]:
    """Draw songs, shape (n, 2), the queries and their matches in the space of the match; give notes on the drawing."""
    queries = [_plotted(each, thumbnail=i < THUMBNAILS) for i, each in enumerate(found)]
    photos = all(each.query.kind is QueryKind.IMAGE for each in found)
    noun = ("photo" if photos else "query") if len(found) == 1 else ("photos" if photos else "queries")
    title = f"{len(queries)} {noun} among {len(songs):,} songs"
    return affect_plane(songs, queries, file, ranks=found.match is MatchMode.RELATIVE, title=title)


def _plotted(found: "Recommendation", *, thumbnail: bool) -> PlottedQuery:
    query = found.query
    return PlottedQuery(
        position=found.position,
        label=Path(query.path).stem if query.path else query.word,
        songs=tuple(PlottedSong(match.position, match.track.shown_title) for match in found.matches),
        thumbnail=_thumbnail(query) if thumbnail else None,
    )


def _thumbnail(query: Query) -> NDArray[np.uint8] | None:
    if query.kind is not QueryKind.IMAGE or query.path is None:
        return None
    try:
        image = read_image(query.path, least_side=THUMBNAIL_SIDE)
    except (InputError, MissingExtraError):
        return None  # gone since it was analysed
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return np.asarray(image)
