"""Music servers and photo services that are connected, and playlists that go to servers or come from them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Response

from img2music.app import connections as use
from img2music.app.connections import Connected, ConnectionList
from img2music.app.server_playlists import ServerPlaylists
from img2music.app.server_reports import (
    LikesReport,
    PlaylistComparison,
    PullReport,
    PushReport,
    ServerMatch,
    ServerPlaylistList,
)
from img2music.app.service_albums import AlbumList, PhotoList, list_albums, list_photos
from img2music.connectors.connections import given_secret, secret_variable
from img2music.errors import ConflictError, UsageError
from img2music.remarks import remark
from img2music.server.bodies import (
    LONGEST,
    LONGEST_PATH,
    Address,
    Body,
    ComparisonRequest,
    ConnectionName,
    LikesRequest,
    NewConnection,
    PullRequest,
    PushRequest,
    SettledRequest,
)
from img2music.server.description import ConnectionKind, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json, require_connection

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
            told = remark("secret-of-environment", body.name, secret_variable(body.name))
            raise ConflictError(str(told), remark=told)
        _require_no_socket(body.url)
        secret = None if body.secret is None else body.secret.get_secret_value()
        return as_json(use.connect(body.name, body.url, body.kind, body.user, secret), 201)

    @routes.get("/connections/{name}", response_class=Response, responses=shape(Connected))
    def see(name: ConnectionName) -> Response:
        """Log in at a connection, and tell what is seen."""
        require_connection(name)
        return as_json(use.see(name))

    @routes.delete("/connections/{name}", status_code=204)
    def forget_connection(name: ConnectionName) -> None:
        """Forget a connection and its secret; songs of it that the library knows stay there."""
        require_connection(name)
        use.forget(name)

    @routes.post("/connections/kind", response_class=Response, responses=shape(ConnectionKind))
    def find_kind(body: Address) -> Response:
        """Find out what is at an address, which tells what its login needs; it is asked without a login."""
        _require_no_socket(body.url)
        return as_json(ConnectionKind(use.find_kind(body.url)))

    exchange = _exchanges(served)
    _add_playlists(routes, served, exchange)
    _add_songs(routes, served, exchange)
    _add_photos(routes)


def _exchanges(served: Served) -> Callable[[str], AbstractContextManager[ServerPlaylists]]:
    turns = Lock()

    @contextmanager
    def exchange(name: str) -> Iterator[ServerPlaylists]:
        """A server of which the songs are matched, or soon are; after who was there first, who may be gone by now."""
        require_connection(name)
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

    return exchange


def _add_playlists(
    routes: APIRouter, served: Served, exchange: Callable[[str], AbstractContextManager[ServerPlaylists]]
) -> None:
    @routes.get("/connections/{name}/playlists", response_class=Response, responses=shape(ServerPlaylistList))
    def list_there(name: ConnectionName) -> Response:
        """List the playlists of a music server."""
        require_connection(name)
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

    @routes.post("/connections/{name}/diff", response_class=Response, responses=shape(PlaylistComparison))
    def diff(name: ConnectionName, body: ComparisonRequest) -> Response:
        """Compare a playlist with the one of a music server that stands for it; 409 `not-ready` as above."""
        with exchange(name) as server:
            return as_json(server.compare(body.playlist))


def _add_songs(
    routes: APIRouter, served: Served, exchange: Callable[[str], AbstractContextManager[ServerPlaylists]]
) -> None:
    @routes.post("/connections/{name}/likes", response_class=Response, responses=shape(LikesReport))
    def likes(name: ConnectionName, body: LikesRequest) -> Response:
        """Like at a music server what is liked here, or the other way; no like is taken back. 409 as above."""
        with exchange(name) as server:
            give = server.push_likes if body.to == "server" else server.pull_likes
            return as_json(give(dry_run=body.dry_run))

    @routes.get("/connections/{name}/songs", response_class=Response, responses=shape(ServerMatch))
    def songs(name: ConnectionName) -> Response:
        """Tell which songs of a music server are tracks, and of which that is unsure; 409 as above."""
        with exchange(name) as server:
            return as_json(server.match())

    @routes.put("/connections/{name}/songs", status_code=204)
    def settle(name: ConnectionName, body: SettledRequest) -> None:
        """Say which track a song of a music server is, or that it is none; that holds from then on."""
        require_connection(name)
        with served.library.playlists.at(name) as server:
            server.settle(body.song, body.track)

    @routes.delete("/connections/{name}/songs", status_code=204)
    def unsettle(name: ConnectionName, song: Annotated[str, Query(min_length=1, max_length=LONGEST_PATH)]) -> None:
        """Forget what was said of a song, which is matched again."""
        require_connection(name)
        with served.library.playlists.at(name) as server:
            server.unsettle(song)


def _given(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body if value is not None}


def _add_photos(routes: APIRouter) -> None:
    @routes.get("/connections/{name}/albums", response_class=Response, responses=shape(AlbumList))
    def albums(name: ConnectionName) -> Response:
        """List the albums of a photo service."""
        require_connection(name)
        return as_json(list_albums(name))

    @routes.get("/connections/{name}/photos", response_class=Response, responses=shape(PhotoList))
    def photos(
        name: ConnectionName,
        album: Annotated[str | None, Query(min_length=1, max_length=LONGEST_PATH, description="Its id.")] = None,
        search: Annotated[str | None, Query(min_length=1, max_length=LONGEST)] = None,
    ) -> Response:
        """List the photos of an album in its order, or those that the service finds for words, the best first."""
        require_connection(name)
        if (album is None) is (search is None):
            raise UsageError("Give either `album` or `search`.")
        return as_json(list_photos(name, album=album, search=search))


def _require_no_socket(url: str) -> None:
    parts = urlsplit(use.address(url))
    if parts.scheme == "mpd" and parts.path:
        told = remark("socket")
        raise UsageError(str(told), remark=told)
