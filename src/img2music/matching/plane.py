"""A recommendation on the affect plane."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, MissingExtraError
from img2music.options import MatchMode
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommending import Answer, Recommendation
from img2music.media.images import read_image
from img2music.plots import THUMBNAILS, PlottedQuery, PlottedSong, affect_plane

THUMBNAIL_SIDE = 84


def plot(recommendation: Recommendation, file: Path) -> tuple[str, ...]:
    """Draw the library, the queries and their tracks, in the space of the match."""
    pairs = [(answer, index) for answer in recommendation.queries for index in range(len(answer.asked))]
    queries = [_plotted(answer, index, thumbnail=i < THUMBNAILS) for i, (answer, index) in enumerate(pairs)]
    songs = len(recommendation.positions)
    photos = all(answer.asked[index].kind is QueryKind.IMAGE for answer, index in pairs)
    noun = ("photo" if photos else "query") if len(pairs) == 1 else ("photos" if photos else "queries")
    return affect_plane(
        recommendation.positions,
        queries,
        file,
        ranks=recommendation.matching is MatchMode.RELATIVE,
        title=f"{len(queries)} {noun} among {songs:,} songs",
    )


def _plotted(answer: Answer, index: int, *, thumbnail: bool) -> PlottedQuery:
    query = answer.asked[index]
    return PlottedQuery(
        position=answer.positions[index],
        label=Path(query.path).stem if query.path else query.affect.word,
        songs=tuple(PlottedSong(m.position, m.track.shown_title) for m in answer.matches if m.query is query),
        thumbnail=_thumbnail(query) if thumbnail and query.kind is QueryKind.IMAGE else None,
    )


def _thumbnail(query: Query) -> NDArray[np.uint8] | None:
    assert query.path is not None
    try:
        image = read_image(query.path, least_side=THUMBNAIL_SIDE)
    except (InputError, MissingExtraError):
        return None  # gone since it was analysed
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return np.asarray(image)
