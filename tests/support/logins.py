"""Logins at music servers of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from img2music.connectors.http import Limits
from img2music.connectors.jellyfin import Jellyfin
from img2music.connectors.music_server import MusicServer
from img2music.connectors.opensubsonic import OpenSubsonic
from img2music.connectors.plex import Plex


@contextmanager
def logged_in(kind: str, server: Any, limits: Limits) -> Iterator[MusicServer]:
    """Log in at a server that runs, as is usual for its kind."""
    opened: MusicServer
    if kind == "jellyfin":
        opened = Jellyfin(*Jellyfin.prepare(server.connection(), server.PASSWORD, limits), limits)
    elif kind == "plex":
        opened = Plex(server.connection(), server.TOKEN, limits)
    else:
        opened = OpenSubsonic(server.connection(), server.PASSWORD, limits)
    yield opened
    opened.close()
