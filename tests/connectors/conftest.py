"""Fixtures for tests of web services."""

from collections.abc import Callable

import pytest

from tests.support.servers import Server

Point = Callable[..., None]


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Point:
    """Sends a client to a server: ``point(server, IMG2MUSIC_LRCLIB_URL="/api")``."""

    def to(server: Server, **paths: str) -> None:
        for name, path in paths.items():
            monkeypatch.setenv(name, server.url + path)

    return to
