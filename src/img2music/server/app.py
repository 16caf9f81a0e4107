"""The application: routes, what guards them, and the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

from img2music import __version__
from img2music.app.library import Library
from img2music.server import problems
from img2music.server.guard import Guard, Sessions
from img2music.server.routes import Served, router
from img2music.server.settings import Settings
from img2music.server.sound import SoundCache
from img2music.server.uploads import Uploads

STATIC = Path(__file__).parent / "static"
NO_PAGE = "The page of img2music is not built: run make page. The API is at /api, described at /api/openapi.json.\n"


def create_app(
    library: Library, settings: Settings | None = None, *, cache: Path | None = None, static: Path = STATIC
) -> FastAPI:
    """Make the application of an open library."""
    settings = settings or Settings()
    uploads, sessions = Uploads(), Sessions(settings)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        yield
        uploads.close()

    app = FastAPI(
        title="img2music",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=running,
    )
    problems.install(app)
    app.include_router(router(Served(library, uploads, SoundCache(cache), sessions)))
    app.add_middleware(Guard, settings=settings, sessions=sessions)
    if (static / "index.html").is_file():
        app.mount("/", StaticFiles(directory=static, html=True))
    else:

        @app.get("/", include_in_schema=False)
        def lacking() -> PlainTextResponse:
            return PlainTextResponse(NO_PAGE, 404)

    return app
