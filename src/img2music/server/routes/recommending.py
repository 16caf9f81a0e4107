"""Songs for a picture, a song, a point or a word."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from img2music.errors import LibraryError, UsageError
from img2music.matching.query import MOODS, affect_of
from img2music.matching.recommendation import Recommendations, RecommendShape
from img2music.options import MatchMode
from img2music.server.bodies import Asked, RecommendRequest
from img2music.server.description import EmotionList, Genre, GenreList, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json
from img2music.server.uploads import SentPicture


def add(routes: APIRouter, served: Served) -> None:
    """Add the route."""

    @routes.post("/recommend", response_class=Response, responses=shape(RecommendShape))
    def recommend(body: RecommendRequest) -> Response:
        """Recommend songs for a picture, a song, a point or a word."""
        options: dict[str, Any] = {
            "top": body.limit,
            "match": MatchMode.ABSOLUTE if body.absolute else MatchMode.RELATIVE,
            "per_artist": body.per_artist,
            "per_album": body.per_album,
            "person": body.person,
            "where": served.filter(body.filters),
        }
        try:
            return as_json(_found(body.query, served, options))
        except LibraryError as error:
            if len(served.library):
                raise
            raise TypedProblem(409, ProblemType.EMPTY, str(error)) from error  # nothing was scanned yet

    @routes.get("/emotions", response_class=Response, responses=shape(EmotionList))
    def emotions() -> Response:
        """List the words that may be asked for."""
        return as_json(EmotionList(MOODS))

    @routes.get("/genres", response_class=Response, responses=shape(GenreList))
    def genres() -> Response:
        """List the genres that the songs' tags name."""
        return as_json(GenreList([Genre(name, count) for name, count in served.library.genres().items()]))


def _found(query: Asked, served: Served, options: dict[str, Any]) -> Recommendations:
    library = served.library
    match query.given:
        case "picture" | "pictures" as given:
            uploads = [served.picture(each) for each in query.pictures or [str(query.picture)]]
            read = [each.reading for each in uploads]
            return _named(library.recommend(*read, together=given == "pictures", **options), uploads)
        case "song":
            return library.recommend(served.song(str(query.song)).reading, **options)
        case "track":
            return library.recommend(served.track(query.track or 0), **options)
        case "point":
            assert query.point is not None, "it is given"
            return library.recommend(affects=query.point.affect, **options)
    try:
        affect = affect_of(str(query.emotion))
    except UsageError as error:
        raise TypedProblem(422, ProblemType.UNKNOWN_WORD, str(error)) from error
    return library.recommend(affects=affect, **options)


def _named(found: Recommendations, uploads: Sequence[SentPicture]) -> Recommendations:
    """The same under the names by which their sender knows the pictures, not where they lie here."""
    named = (
        dataclasses.replace(one, query=dataclasses.replace(one.query, path=upload.name))
        for one, upload in zip(found, uploads, strict=True)
    )
    return dataclasses.replace(found, recommendations=tuple(named))
