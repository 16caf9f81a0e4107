"""Connections that do not get on."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from img2music.server import protocol


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(protocol, "HEAD_TIME", 0.3)
    config = uvicorn.Config(PlainTextResponse("here"), http=protocol.TimedProtocol, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def answered(connection: socket.socket) -> None:
    read = b""
    while not read.endswith(b"here"):
        more = connection.recv(4096)
        assert more
        read += more


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"], ids=["first", "second"])
def test_a_head_that_trickles_ends_the_connection(before: bytes, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.settimeout(20)
        if before:
            slow.sendall(before)
            answered(slow)
        slow.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012 - whenever it comes
            for number in range(1000):
                slow.sendall(f"X-{number}: 1\r\n".encode())
                time.sleep(0.02)


def test_a_connection_that_gets_on_stays(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as steady:
        steady.settimeout(20)
        for _ in range(4):
            steady.sendall(b"GET / HTTP/1.1\r\nHost: local")
            time.sleep(0.1)
            steady.sendall(b"host\r\n\r\n")
            answered(steady)
