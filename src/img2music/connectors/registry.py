"""Kinds of servers and services, by name: what is imported of them is what is used."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from img2music.connectors.connections import Connection, secret_of

if TYPE_CHECKING:
    from img2music.connectors.music_server import MusicServer, Seen
    from img2music.connectors.photo_service import PhotoService


LONGEST_PRODUCT = 80
"""Characters of what a server calls itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of servers or services."""

    title: str
    home: str  # a class that is called with a `Connection` and its secret, or None
    login: str  # what one logs in with where there is no user
    login_of_user: str | None = None  # what a user logs in with; None where there are no users
    required: bool = True  # whether there is no login without a secret
    files: bool = True  # whether songs can be read there
    asks: str | None = None  # path that answers anybody, and by that tells what it is
    within: str = ""  # what its address may end with
    shows: Callable[[Any], bool] = lambda _: False  # whether it is that


def _holds(told: Any, *path: str) -> Any:
    """What an answer has at a path; None for nothing."""
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return told


MUSIC = {
    "subsonic": Kind(
        title="OpenSubsonic",
        home="img2music.connectors.opensubsonic:OpenSubsonic",
        login="API key",
        login_of_user="password",
        asks="/rest/ping?f=json&v=1.16.1&c=img2music",
        shows=lambda told: _holds(told, "subsonic-response", "status") is not None,
    ),
    "jellyfin": Kind(
        title="Jellyfin",
        home="img2music.connectors.jellyfin:Jellyfin",
        login="API key",
        login_of_user="password",
        asks="/System/Info/Public",
        shows=lambda told: str(_holds(told, "ProductName")).startswith("Jellyfin"),
    ),
    "plex": Kind(
        title="Plex",
        home="img2music.connectors.plex:Plex",
        login="token",
        asks="/identity",
        shows=lambda told: _holds(told, "MediaContainer", "machineIdentifier") is not None,
    ),
    "mpd": Kind(title="MPD", home="img2music.connectors.mpd:Mpd", login="password", required=False, files=False),
}
"""Music servers."""
PHOTOS = {
    "immich": Kind(
        title="Immich",
        home="img2music.connectors.immich:Immich",
        login="API key",
        asks="/api/server/ping",
        within="/api",
        shows=lambda told: _holds(told, "res") == "pong",
    ),
    "photoprism": Kind(
        title="PhotoPrism",
        home="img2music.connectors.photoprism:PhotoPrism",
        login="app password",
        asks="/api/v1/status",
        shows=lambda told: _holds(told, "status") == "operational",
    ),
}
"""Photo services."""
KINDS = MUSIC | PHOTOS


def music_server(connection: Connection) -> "MusicServer":
    """Log in at a music server."""
    return cast("MusicServer", _class(MUSIC[connection.kind])(connection, secret_of(connection.name)))


def photo_service(connection: Connection) -> "PhotoService":
    """Log in at a photo service."""
    return cast("PhotoService", _class(PHOTOS[connection.kind])(connection, secret_of(connection.name)))


def look(connection: Connection) -> "Seen":
    """Log in at a server or service, and tell what is seen."""
    service = (music_server if connection.kind in MUSIC else photo_service)(connection)
    try:
        return _seen(service.look(), secret_of(connection.name))
    finally:
        service.close()


def _seen(told: "Seen", *secrets: str | None) -> "Seen":
    """What a server shows, without what it may say again of the login."""
    from img2music.connectors.http import without_secrets

    given = [secret for secret in secrets if secret]
    product = without_secrets(told.product, *given).partition("=")[0][:LONGEST_PRODUCT]
    return replace(told, product=product, user=None if told.user is None else without_secrets(told.user, *given))


def try_login(connection: Connection, secret: str | None) -> tuple[Connection, str | None, "Seen"]:
    """Log in for the first time, with what is not kept yet; tell what to keep, and what is seen.

    A kind may have a class method ``prepare``, which finds out how to log in, or has a password changed into a token.
    """
    kind, given = _class(KINDS[connection.kind]), secret
    if hasattr(kind, "prepare"):
        connection, secret = kind.prepare(connection, secret)
    service = kind(connection, secret)
    try:
        return connection, secret, _seen(service.look(), given, secret)
    finally:
        service.close()


def kind_of(url: str) -> str | None:
    """Find out what kind of server or service there is, by what each tells anybody; None where none does."""
    from img2music.connectors.http import Limits, Session
    from img2music.errors import SourceError

    if url.startswith("mpd:"):
        return "mpd"
    with Session(url, Limits(tries=1, read=5, total=5, body=1 << 20, rate=50), pinned=url) as session:
        for name, kind in KINDS.items():
            if kind.asks is None:
                continue
            try:
                if kind.shows(session.ask(url.removesuffix(kind.within) + kind.asks)):
                    return name
            except SourceError as error:
                if error.final and error.status is None:  # it is not reached, or points elsewhere
                    raise
    return None


def _class(kind: Kind) -> Any:
    return pkgutil.resolve_name(kind.home)
