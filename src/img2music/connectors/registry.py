"""Kinds of servers and services, by name: what is imported of them is what is used."""

import pkgutil
from typing import TYPE_CHECKING, cast

from img2music.connectors.connections import Connection, secret_of

if TYPE_CHECKING:
    from img2music.connectors.music_server import MusicServer
    from img2music.connectors.photo_service import PhotoService

MUSIC = {
    "subsonic": "img2music.connectors.opensubsonic:OpenSubsonic",
    "jellyfin": "img2music.connectors.jellyfin:Jellyfin",
    "plex": "img2music.connectors.plex:Plex",
    "mpd": "img2music.connectors.mpd:Mpd",
}
"""Music servers. Each is a class that is called with a `Connection` and its secret, or None."""
PHOTOS = {
    "immich": "img2music.connectors.immich:Immich",
    "photoprism": "img2music.connectors.photoprism:PhotoPrism",
}
"""Photo services, likewise."""
KINDS = MUSIC | PHOTOS


def music_server(connection: Connection) -> "MusicServer":
    """Log in at a music server."""
    return cast("MusicServer", pkgutil.resolve_name(MUSIC[connection.kind])(connection, secret_of(connection.name)))


def photo_service(connection: Connection) -> "PhotoService":
    """Log in at a photo service."""
    return cast("PhotoService", pkgutil.resolve_name(PHOTOS[connection.kind])(connection, secret_of(connection.name)))
