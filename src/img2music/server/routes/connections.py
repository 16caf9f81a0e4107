"""Music servers and photo services that are connected, and playlists that go to servers or come from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Response

from img2music.app import connections as use
from img2music.app.connections import Connected, ConnectionList
from img2music.app.server_playlists import ServerPlaylists
from img2music.app.server_reports import PullReport, PushReport, ServerPlaylistList
from img2music.connectors.connections import connection, given_secret, secret_variable
from img2music.errors import ConflictError, UsageError
from img2music.server.bodies import Body, ConnectionName, NewConnection, PullRequest, PushRequest
from img2music.server.description import shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json

PATIENCE = 30.0
"""Seconds that one exchange waits for another of this server."""


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""

    @routes.get("/connections", response_class=Response, responses=shape(ConnectionList))
    def list_connections() -> Response:
        """List the music servers and photo services that are connected."""
        return as_json(use.listed())

    @routes.post("/connections", status_code=201, response_class=Response, responses=shape(Connected, 201))
    def connect(body: NewConnection) -> Response:
        """Log in at a server, and keep that under a name, in place of what has the name by now."""
        if given_secret(body.name) is not None:  # which goes to no other host than who set it has named
            raise ConflictError(f"The secret of {body.name} is set by {secret_variable(body.name)}: connect it there.")
        parts = urlsplit(use.address(body.url))
        if parts.scheme == "mpd" and parts.path:
            raise UsageError("A socket of this machine is connected by its command line: give a host and a port.")
        secret = None if body.secret is None else body.secret.get_secret_value()
        return as_json(use.connect(body.name, body.url, body.kind, body.user, secret), 201)

    @routes.get("/connections/{name}", response_class=Response, responses=shape(Connected))
    def see(name: ConnectionName) -> Response:
        """Log in at a connection, and tell what is seen."""
        _require(name)
        return as_json(use.see(name))

    @routes.delete("/connections/{name}", status_code=204)
    def forget_connection(name: ConnectionName) -> None:
        """Forget a connection and its secret; songs of it that the library knows stay there."""
        _require(name)
        use.forget(name)

    _add_playlists(routes, served)


def _add_playlists(routes: APIRouter, served: Served) -> None:
    turns = Lock()

    @contextmanager
    def exchange(name: str) -> Iterator[ServerPlaylists]:
        """A server of which the songs are matched, or soon are; after who was there first, who may be gone by now."""
        _require(name)
        taken = turns.acquire(timeout=PATIENCE)
        try:
            with served.library.playlists.at(name) as server:
                if not server.ready:
                    told = f"The songs of {name} have to be matched first, which takes a while: begin a job `match`."
                    raise TypedProblem(409, ProblemType.NOT_READY, told)
                yield server
        finally:
            if taken:
                turns.release()

    @routes.get("/connections/{name}/playlists", response_class=Response, responses=shape(ServerPlaylistList))
    def list_there(name: ConnectionName) -> Response:
        """List the playlists of a music server."""
        _require(name)
        with served.library.playlists.at(name) as server:
            return as_json(server.list())

    @routes.post("/connections/{name}/push", response_class=Response, responses=shape(PushReport))
    def push(name: ConnectionName, body: PushRequest) -> Response:  # type: ignore[valid-type]  # made from the options
        """Write a playlist to a music server, in place; 409 `not-ready` if a job is to match its songs first."""
        with exchange(name) as server:
            return as_json(server.push(**_given(body)))

    @routes.post("/connections/{name}/pull", response_class=Response, responses=shape(PullReport))
    def pull(name: ConnectionName, body: PullRequest) -> Response:  # type: ignore[valid-type]  # as above
        """Take a playlist of a music server, in place; 409 `not-ready` if a job is to match its songs first."""
        with exchange(name) as server:
            return as_json(server.pull(**_given(body)))


def _given(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body if value is not None}


def _require(name: str) -> None:
    try:
        connection(name)
    except UsageError as error:
        raise HTTPException(404, str(error)) from None
