"""The routes of the API, by what they are about."""

from fastapi import APIRouter

from img2music.server.description import PROBLEM
from img2music.server.routes import (
    connections,
    feedback,
    jobs,
    library,
    login,
    pictures,
    playlists,
    projects,
    recommending,
    songs,
    tracks,
)
from img2music.server.served import Served


def router(served: Served) -> APIRouter:
    """Make the routes of a library that is served."""
    routes = APIRouter(prefix="/api", responses=PROBLEM)
    for part in (
        login,
        pictures,
        recommending,
        songs,
        tracks,
        feedback,
        playlists,
        connections,
        projects,
        jobs,
        library,
    ):
        part.add(routes, served)
    return routes
