"""Calls of a music server's clients that nginx sends to img2music, as docs/servers.md sets it up."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.command import ROOT
from tests.e2e.test_proxy import nginx
from tests.support.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # as `test_proxy` has it


@pytest.fixture
def upstreams() -> Iterator[tuple[Server, Server]]:
    """What stands for img2music, and for the music server."""
    with Server() as ours, Server() as theirs:
        yield ours, theirs


@pytest.fixture
def proxy(upstreams: tuple[Server, Server], tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/servers.md").read_text(encoding="utf-8"), re.DOTALL)
    for old, server in zip(("http://127.0.0.1:8750", "http://127.0.0.1:4533"), upstreams, strict=True):
        assert block.count(old) == 1
        block = block.replace(old, server.url)
    with nginx(tmp_path, port, f"server {{ listen 127.0.0.1:{port};\n{block} }}\n"):
        yield f"http://127.0.0.1:{port}"


def test_three_calls_come_here_and_all_others_go_to_the_server(proxy: str, upstreams: tuple[Server, Server]) -> None:
    ours, theirs = upstreams
    for call in ("getSonicSimilarTracks", "findSonicPath.view", "getOpenSubsonicExtensions"):
        httpx.get(f"{proxy}/rest/{call}", params={"id": "a/b c", "u": "ann&co"})
        httpx.post(f"{proxy}/rest/{call}", data={"id": "a/b c"})
        got, posted = ours.asked[-2:]
        assert (got.method, got.path) == ("GET", f"/servers/home/rest/{call}")
        assert (got.query["id"], got.query["u"], got.headers["Host"]) == ("a/b c", "ann&co", "localhost")
        assert (posted.method, posted.path, posted.body) == ("POST", f"/servers/home/rest/{call}", "id=a%2Fb+c")
    assert len(ours.asked) == 6
    assert theirs.asked == []
    for path in ("/rest/getSong.view", "/rest/getSonicSimilarTracksNot", "/app/", "/servers/home/rest/ping"):
        httpx.get(f"{proxy}{path}")
        assert theirs.asked[-1].path == path
    assert len(ours.asked) == 6
