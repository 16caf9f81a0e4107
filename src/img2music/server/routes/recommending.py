"""Songs for a picture, a song, a point or a word."""

import dataclasses
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from img2music.errors import LibraryError
from img2music.matching.recommendation import Recommendations, RecommendShape
from img2music.options import MatchMode
from img2music.server.bodies import Asked, RecommendRequest
from img2music.server.description import shape
from img2music.server.served import Served, as_json


def add(routes: APIRouter, served: Served) -> None:
    """Add the route."""

    @routes.post("/recommend", response_class=Response, responses=shape(RecommendShape))
    def recommend(body: RecommendRequest) -> Response:
        """Recommend songs for a picture, a song, a point or a word."""
        options: dict[str, Any] = {
            "top": body.limit,
            "match": MatchMode.ABSOLUTE if body.absolute else MatchMode.RELATIVE,
            "per_artist": body.per_artist,
            "person": body.person,
            "where": served.filter(body.filters),
        }
        try:
            return as_json(_found(body.query, served, options))
        except LibraryError as error:
            if len(served.library):
                raise
            raise HTTPException(409, str(error)) from error  # nothing was scanned yet


def _found(query: Asked, served: Served, options: dict[str, Any]) -> Recommendations:
    library, given = served.library, query.given
    if given == "picture":
        upload = served.picture(str(query.picture))
        found = library.recommend(upload.analysis, **options)
        # Its sender knows it by its name, not by where it lies here.
        named = (dataclasses.replace(one, query=dataclasses.replace(one.query, path=upload.name)) for one in found)
        return dataclasses.replace(found, recommendations=tuple(named))
    if query.track is not None:
        return library.recommend(served.track(query.track), **options)
    if query.point is not None:
        return library.recommend(affects=query.point.affect, **options)
    return library.recommend(emotion=query.emotion, **options)
