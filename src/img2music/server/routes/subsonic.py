"""OpenSubsonic's extension ``sonicSimilarity`` for the songs of a music server, below ``/servers/NAME/rest``.

https://opensubsonic.netlify.app/docs/extensions/sonicsimilarity/. A proxy sends these calls of a server's clients here,
so they log in as they do there.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from img2music import __version__
from img2music.app.sonic import SonicMatch, SonicSimilarity, UnknownSongError
from img2music.connectors import subsonic_clients
from img2music.connectors.connections import Connection, connection
from img2music.errors import Img2MusicError, SourceError, UsageError
from img2music.server.guard import MOST_SESSIONS, Sessions, Tries
from img2music.server.served import Served
from img2music.server.settings import Settings
from img2music.shapes import dumps

VERSION = "1.16.1"
"""Of the Subsonic API."""
NAME = "sonicSimilarity"
OWN = [{"name": name, "versions": [1]} for name in (NAME, "formPost", "apiKeyAuthentication")]
LASTS = 600.0
"""Seconds that the login of a client holds before it is tried again."""
SIMILAR, PATH = 10, 25
"""Songs of an answer, where that is not said."""
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Params = Mapping[str, str]
Content = dict[str, Any]


class Failed(Exception):  # noqa: N818 - what the API calls an answer
    """An answer that tells what is wrong, by a number of the Subsonic API."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def router(served: Served) -> APIRouter:
    """Make the routes of a library that is served."""
    routes, sonic = APIRouter(), SonicSimilarity(served.library)
    clients = _Clients(served.settings, served.sessions)

    @routes.api_route("/servers/{name}/rest/{call}", methods=["GET", "POST"], include_in_schema=False)
    async def answer(name: str, call: str, request: Request) -> Response:
        """Answer a call."""
        params = dict(request.query_params)
        try:
            if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                params |= {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
            content = await answered(name, call.removesuffix(".view"), params, request)
        except Failed as failed:
            error = {"error": {"code": failed.code, "message": failed.message}}
            return _written("failed", error, params, failed.status)
        return _written("ok", content, params)

    async def answered(name: str, call: str, params: Params, request: Request) -> Content:
        if call not in {"ping", "getOpenSubsonicExtensions", "getSonicSimilarTracks", "findSonicPath"}:
            raise Failed(0, f"{call} is not answered here, but by the music server itself.", 404)
        try:
            there: Connection | None = await run_in_threadpool(connection, name)
        except UsageError:
            there = None
        if call == "getOpenSubsonicExtensions":  # which anybody may ask
            theirs = None if there is None else await run_in_threadpool(subsonic_clients.extensions, there)
            others = [each for each in theirs or () if each["name"] != NAME]
            return {"openSubsonicExtensions": OWN if theirs is None else [OWN[0], *others]}
        await clients.require(there, params, request)
        if there is None:
            raise Failed(70, "There is no such connection.")
        return {} if call == "ping" else await run_in_threadpool(_matches, sonic, there.name, call, params)

    return routes


def _matches(sonic: SonicSimilarity, name: str, call: str, params: Params) -> Content:
    try:
        if call == "findSonicPath":
            ends = _required(params, "startSongId"), _required(params, "endSongId")
            found = sonic.path(name, *ends, _count(params, PATH, 1))
        else:
            found = sonic.similar(name, _required(params, "id"), _count(params, SIMILAR, 0))
    except UnknownSongError:
        raise Failed(70, "The library knows no such song of this server: match its songs, and scan.") from None
    except Img2MusicError as error:
        raise Failed(0, str(error)) from error
    return {"sonicMatch": [{"entry": _child(each), "similarity": each.similarity} for each in found]}


def _required(params: Params, name: str) -> str:
    if not params.get(name):
        raise Failed(10, f"Required parameter is missing: {name}.")
    return params[name]


def _count(params: Params, usual: int, least: int) -> int:
    told = params.get("count", str(usual))
    if not re.fullmatch(r"\d{1,9}", told, re.ASCII) or int(told) < least:
        raise Failed(0, f"count must be a number, at least {least}.")
    return int(told)


def _child(match: SonicMatch) -> Content:
    """A song as the API calls it; what is not known is left out."""
    song = match.song
    path = PurePosixPath((song.path or "").replace("\\", "/"))
    told = {
        "id": song.id,
        "isDir": False,
        "title": song.title or path.name or song.id,
        "album": song.album,
        "artist": song.artist,
        "albumId": song.album_id,
        "coverArt": song.cover,
        "track": song.number,
        "discNumber": song.disc,
        "year": song.year,
        "size": song.size,
        "suffix": path.suffix[1:] or None,
        "duration": None if song.duration is None else round(song.duration),
        "path": song.path,
        "musicBrainzId": song.recording,
        "isVideo": False,
        "type": "music",
        "mediaType": "song",
    }
    return {name: value for name, value in told.items() if value is not None}


class _Clients:
    """Who may ask: with our token or password, or whoever the music server itself lets in."""

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        self._settings, self._sessions, self._tries = settings, sessions, Tries()
        self._until: dict[bytes, float] = {}

    async def require(self, there: Connection | None, params: Params, request: Request) -> None:
        """Refuse who may not."""
        if self._sessions.admits(request):
            return
        if "apiKey" in params and "u" in params:
            raise Failed(43, "Multiple conflicting authentication mechanisms provided.")
        if not params.get("apiKey") and not (params.get("u") and (params.get("p") or params.get("t"))):
            raise Failed(10, "Required parameter is missing: apiKey, or u with t and s, or with p.")
        login = [there.url if there else "", *(params.get(name, "") for name in subsonic_clients.LOGIN)]
        known = hashlib.sha256("\0".join(login).encode()).digest()  # no login itself is kept
        if self._until.get(known, 0.0) > time.monotonic():
            return
        if not await self._holds(there, params):
            raise Failed(44, "Invalid API key.") if "apiKey" in params else Failed(40, "Wrong username or password.")
        while len(self._until) >= MOST_SESSIONS:
            del self._until[next(iter(self._until))]
        self._until[known] = time.monotonic() + LASTS

    async def _holds(self, there: Connection | None, params: Params) -> bool:
        away = False

        def holds() -> bool:
            nonlocal away
            try:
                return self._is_own(params) or _is_theirs(there, params)
            except SourceError:  # which costs as much time as a wrong one
                away = True
                return False

        try:
            held = await self._tries.make(holds)
        except HTTPException as error:
            raise Failed(0, str(error.detail), error.status_code) from None
        if away:
            raise Failed(0, "The music server can't be asked whether this login holds: try again later.")
        return held

    def _is_own(self, params: Params) -> bool:
        token, given = self._settings.token, params.get("p", "")
        if "apiKey" in params:
            return self._settings.has_token(params["apiKey"])
        if "t" in params:  # made of what is known in clear, as a token is and a password is not
            salted = f"{token}{params.get('s', '')}".encode()
            made = hashlib.md5(salted, usedforsecurity=False).hexdigest()
            return token is not None and secrets.compare_digest(made.encode(), params["t"].lower().encode())
        try:
            given = bytes.fromhex(given[4:]).decode() if given.startswith("enc:") else given
        except ValueError:
            return False
        return self._settings.has_password(given)


def _is_theirs(there: Connection | None, params: Params) -> bool:
    return there is not None and there.kind == "subsonic" and subsonic_clients.may_log_in(there, params)


def _written(status: str, content: Content, params: Params, code: int = 200) -> Response:
    """An answer as JSON or XML, as it is asked for."""
    frame = {"status": status, "version": VERSION, "type": "img2music", "serverVersion": __version__}
    whole = {**frame, "openSubsonic": True, **content}
    headers = {"cache-control": "no-store"}
    if params.get("f") == "json":
        return Response(dumps({"subsonic-response": whole}, None), code, headers, "application/json")
    root = _element("subsonic-response", whole)
    root.set("xmlns", "http://subsonic.org/restapi")
    written = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return Response(written, code, headers, "application/xml")


def _element(name: str, value: Any) -> ElementTree.Element:
    """Numbers and words become attributes, what has parts becomes elements."""
    made = ElementTree.Element(name)
    if not isinstance(value, dict):
        made.text = _text(value)
        return made
    for key, part in value.items():
        if isinstance(part, dict | list):
            made.extend(_element(key, each) for each in (part if isinstance(part, list) else [part]))
        else:
            made.set(key, _text(part))
    return made


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _NO_XML.sub("", str(value))
