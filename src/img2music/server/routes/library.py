"""What is in the library, and what reads it."""

from fastapi import APIRouter, Response

from img2music.app.library import store_of
from img2music.app.models import ModelList, models
from img2music.library.listing import FailureList, LibraryInfo, failure_list
from img2music.server.description import Decade, DecadeList, Duplicates, shape
from img2music.server.served import Served, as_json

MOST_GROUPS = 200
"""Recordings of which copies are listed."""


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    library = served.library

    @routes.get("/library", response_class=Response, responses=shape(LibraryInfo))
    def info() -> Response:
        """Count what is in the library."""
        return as_json(library.info())

    @routes.get("/library/failures", response_class=Response, responses=shape(FailureList))
    def failures() -> Response:
        """List the files that could not be analysed, and why."""
        return as_json(failure_list(store_of(library).failures()))

    @routes.get("/library/duplicates", response_class=Response, responses=shape(Duplicates))
    def duplicates() -> Response:
        """List recordings of which there are several files that sound the same."""
        found = library.duplicates()
        return as_json(Duplicates(found[:MOST_GROUPS], len(found)))

    @routes.get("/library/decades", response_class=Response, responses=shape(DecadeList))
    def decades() -> Response:
        """Count the songs of each decade."""
        return as_json(DecadeList([Decade(decade, count) for decade, count in library.decades().items()]))

    @routes.get("/library/models", response_class=Response, responses=shape(ModelList))
    def list_models() -> Response:
        """List the models that read pictures."""
        return as_json(models())
