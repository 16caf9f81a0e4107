"""Songs: what is known of them, their sound, their covers, and where they all stand."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from img2music.app.sounds import Peaks
from img2music.server.bodies import LONGEST, TrackId
from img2music.server.description import Responses, TrackPage, content, shape
from img2music.server.problems import problem
from img2music.server.served import Served, as_json
from img2music.track import Track

PAGE = 100
MOST_A_PAGE = 1000
PLANE = np.dtype([("id", "<i4"), ("valence", "<f4"), ("arousal", "<f4")])
"""A song of the plane as bytes."""
AN_HOUR = {"cache-control": "private, max-age=3600"}

UNCHANGED: Responses = {304: {"description": "The client has the same already (`If-None-Match`)."}}


class Ranges(FileResponse):
    """A file, whole or by ranges of bytes; what is wrong with the ranges is told as of all else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        refused: Response | None = None

        async def told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                headers = {name.decode(): value.decode() for name, value in message["headers"]}
                whole = {name: value for name, value in headers.items() if name == "content-range"}
                refused = problem(message["status"], "These are no ranges of bytes of this file.", whole)
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, told)
        if refused is not None:
            await refused(scope, receive, send)


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    _add_lists(routes, served)

    @routes.get("/tracks/{id}", response_class=Response, responses=shape(Track))
    def track(id: TrackId) -> Response:  # noqa: A002
        """Tell what is known of a song."""
        return as_json(served.track(id))

    one_at_a_time = CapacityLimiter(1)  # whoever waits holds no thread that quick answers need

    async def audio(id: TrackId, request: Request) -> Response:  # noqa: A002
        """Play a song: its file, or Opus where browsers don't play that; by ranges of bytes as well."""
        track = await run_sync(served.sound, id)
        own = await run_sync(served.sounds.own, track)
        path, media_type = own or (await run_sync(served.sounds.opus, track, limiter=one_at_a_time), "audio/ogg")
        answer = Ranges(path, media_type=media_type, headers=AN_HOUR, stat_result=await run_sync(os.stat, path))
        return unchanged(request, answer.headers["etag"]) or answer

    sound = content("audio/*", "The file, or the bytes of it that were asked for.", 200, 206) | UNCHANGED
    for method in ("GET", "HEAD"):
        name = f"audio_{method.lower()}"
        routes.add_api_route(
            "/tracks/{id}/audio", audio, methods=[method], operation_id=name, response_class=Ranges, responses=sound
        )

    @routes.get("/tracks/{id}/peaks", response_class=Response, responses=shape(Peaks) | UNCHANGED)
    def peaks(id: TrackId, request: Request) -> Response:  # noqa: A002
        """Give what the waveform of a song is drawn from."""
        return file_answer(served.sounds.peaks(served.sound(id)), "application/json", request)

    cover_responses = content("image/jpeg", "The cover.") | UNCHANGED

    @routes.get("/tracks/{id}/cover", response_class=Response, responses=cover_responses)
    def cover(id: TrackId, request: Request) -> Response:  # noqa: A002
        """Show the cover of a song, from its file or beside it."""
        found = served.sounds.cover(served.sound(id))
        if found is None:
            raise HTTPException(404, f"The song #{id} has no cover.")
        return file_answer(found, "image/jpeg", request)


def _add_lists(routes: APIRouter, served: Served) -> None:
    @routes.get("/tracks", response_class=Response, responses=shape(TrackPage))
    def tracks(
        search: Annotated[str, Query(max_length=LONGEST)] = "",
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE)] = PAGE,
    ) -> Response:
        """List songs in order of id, or those with words in title, artist or album."""
        found = served.library.search(search, after=after, limit=limit + 1)
        page = found[:limit]
        return as_json(TrackPage(page, page[-1].id if len(found) > limit else None))

    @routes.get(
        "/plane",
        response_class=Response,
        responses=content("application/octet-stream", "For each song int32 id, float32 valence and arousal."),
    )
    def plane(absolute: bool = False) -> Response:
        """Give where all songs stand in the space of the match, little-endian: int32 id, float32 valence and arousal.

        That is how pleasant and how lively each is among all; with `absolute`, their affects as they were read.
        """
        columns = served.library.affects() if absolute else served.library.positions()
        points = np.empty(len(columns["id"]), dtype=PLANE)
        for name, values in columns.items():
            points[name] = values
        return Response(points.view(np.uint8).data, media_type="application/octet-stream")


def file_answer(path: Path, media_type: str, request: Request) -> Response:
    """Answer with a small file, read at once: it may be removed from the cache at any time."""
    etag = f'"{path.stem}"'  # made of what it was made from
    content = path.read_bytes()
    return unchanged(request, etag) or Response(content, media_type=media_type, headers=AN_HOUR | {"etag": etag})


def unchanged(request: Request, etag: str) -> Response | None:
    """What to answer if the client has the very same (RFC 9110, 13.1.2)."""
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=AN_HOUR | {"etag": etag}) if known & {etag, "*"} else None
