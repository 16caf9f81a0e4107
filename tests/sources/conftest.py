"""Fixtures for tests of web services."""

import os
from collections.abc import Callable

import pytest

from tests.sources.servers import Server

Point = Callable[..., None]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test uses keys or addresses of the person who runs it."""
    for name in os.environ:
        if name.startswith(
            ("IMG2MUSIC_SPOTIFY_", "IMG2MUSIC_RECCOBEATS_", "IMG2MUSIC_LRCLIB_", "IMG2MUSIC_MUSIXMATCH_")
        ):
            monkeypatch.delenv(name)


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Point:
    """Sends a client to a server: ``point(server, IMG2MUSIC_LRCLIB_URL="/api")``."""

    def to(server: Server, **paths: str) -> None:
        for name, path in paths.items():
            monkeypatch.setenv(name, server.url + path)

    return to
