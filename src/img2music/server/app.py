"""The application: routes, what guards them, and the page."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

from img2music import __version__
from img2music.affect import Affect
from img2music.app.film_views import FilmViews
from img2music.app.films import Films
from img2music.app.jobs import JobQueue
from img2music.app.library import Library, store_of
from img2music.app.mixes import Mixes
from img2music.app.pictures import load_image_model
from img2music.app.projects import Projects
from img2music.app.sounds import Sounds
from img2music.errors import Img2MusicError
from img2music.server import description, problems
from img2music.server.events import Events
from img2music.server.guard import Guard, Sessions
from img2music.server.routes import router, subsonic
from img2music.server.served import Served
from img2music.server.settings import Settings
from img2music.server.uploads import Uploads

STATIC = Path(__file__).parent / "static"
NO_PAGE = "The page of img2music is not built: run make page. The API is at /api, described at /api/openapi.json.\n"


def create_app(
    library: Library,
    settings: Settings | None = None,
    *,
    music: Sequence[str] = (),
    films: Sequence[str] = (),
    cache: Path | None = None,
    static: Path = STATIC,
) -> FastAPI:
    """Make the application of an open library.

    ``music`` are folders that may be scanned, ``films`` those that films may be chosen from.
    """
    settings = settings or Settings()
    uploads, sessions, queue = Uploads(), Sessions(settings), JobQueue(library, music)
    if cache is None:
        import platformdirs

        cache = platformdirs.user_cache_path("img2music", ensure_exists=True) / "server"

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(asyncio.to_thread(_warm, library))
        queue.start()
        if films:
            views.prepare()
        yield
        await asyncio.to_thread(queue.close)
        await asyncio.to_thread(mixes.close)
        await asyncio.to_thread(views.close)
        await warming
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
    description.install(app)
    sounds, mixes, store = Sounds(cache), Mixes(cache / "mixes"), store_of(library)
    views = FilmViews(sounds)
    projects = Projects(store, Films(films, store.films_folder), views, mixes, queue)
    served = Served(library, uploads, sounds, sessions, settings, queue, Events(queue.jobs), projects)
    app.include_router(router(served))
    app.include_router(subsonic.router(served))
    app.add_middleware(Guard, settings=settings, sessions=sessions)
    if (static / "index.html").is_file():
        app.mount("/", StaticFiles(directory=static, html=True))
    else:

        @app.get("/", include_in_schema=False)
        def lacking() -> PlainTextResponse:
            return PlainTextResponse(NO_PAGE, 404)

    return app


def _warm(library: Library) -> None:
    """Load what the first question would wait for."""
    with suppress(Img2MusicError):  # which whoever asks is told
        load_image_model()
        library.recommend(affects=Affect(0.5, 0.5), top=1)
        library.prepare()
