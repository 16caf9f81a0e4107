"""Songs that are sent to look for others like them."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Response, UploadFile

from img2music.errors import InputError
from img2music.server.bodies import SongId
from img2music.server.description import Song, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json
from img2music.server.uploads import MOST_SONG, SentSong, plain_name
from img2music.track import Track


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    one_at_a_time = CapacityLimiter(1)  # whoever waits holds no thread that quick answers need

    @routes.post("/songs", status_code=201, response_class=Response, responses=shape(Song, 201))
    async def send_song(file: Annotated[UploadFile, File()]) -> Response:
        """Send a song and have it listened to, if the library does not hold it."""
        if (file.size or 0) > MOST_SONG:
            raise TypedProblem(413, ProblemType.TOO_LARGE, f"The song is larger than {MOST_SONG >> 20} MB.")
        upload = await run_sync(_kept, file, served, limiter=one_at_a_time)
        return as_json(Song(upload.id, upload.name, upload.reading), 201)

    @routes.get("/songs/{id}", response_class=Response, responses=shape(Song))
    def song(id: SongId) -> Response:  # noqa: A002
        """Tell what was heard in a song that was sent."""
        upload = served.song(id)
        return as_json(Song(upload.id, upload.name, upload.reading))


def _kept(file: UploadFile, served: Served) -> SentSong:
    name = file.filename or ""

    def read(path: Path) -> Track:
        track = served.library.read_song(path)
        path.unlink()  # what is asked for is known
        return track if track.id else replace(track, path=plain_name(name))

    try:
        return served.uploads.add(file.file, name, read)
    except InputError as error:
        raise TypedProblem(422, ProblemType.NO_SONG, error.reason) from error
