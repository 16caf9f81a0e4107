"""What is in the library, and what reads it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from img2music.app.overview import DuplicatePage, FailurePage, LibraryInfo, ModelsInUse, models_in_use
from img2music.server.description import shape
from img2music.server.served import Served, as_json

MOST = 500

Skip = Annotated[int, Query(ge=0, lt=2**63, description="How many to leave out from the beginning.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    overview = served.overview

    @routes.get("/library", response_class=Response, responses=shape(LibraryInfo))
    def info() -> Response:
        """Count what is in the library: tracks, hours, genres, decades, and where it comes from."""
        return as_json(overview.info())

    @routes.get("/library/failures", response_class=Response, responses=shape(FailurePage))
    def failures(skip: Skip = 0, limit: Limit = 50) -> Response:
        """List files that scans could not analyse, and why."""
        return as_json(overview.failures(skip, limit))

    @routes.get("/library/duplicates", response_class=Response, responses=shape(DuplicatePage))
    def duplicates(skip: Skip = 0, limit: Limit = 50) -> Response:
        """List recordings that the library has more than once; only one of each comes into a list of songs."""
        return as_json(overview.duplicates(skip, limit))

    @routes.get("/library/models", response_class=Response, responses=shape(ModelsInUse))
    def models() -> Response:
        """List the models that read pictures, sound and lyrics."""
        return as_json(models_in_use())
