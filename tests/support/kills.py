"""A server that is not asked any more from some moment on: what a killed command leaves behind there and here.

What was stored by then stays, and nothing is caught: as with a signal, but within the process, which is cheap enough to
try every moment. `tests/e2e/test_playlist_kills.py` has the signal.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

with contextlib.suppress(ImportError):
    import mpd


class Killed(BaseException):
    """The end."""


class _Moments:
    def __init__(self, last: int) -> None:
        self.left = last

    def pass_(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


@contextlib.contextmanager
def killed_after(moments: int) -> Iterator[None]:
    """End whatever asks a server, after so many moments: before each request, and before the answer to a change."""
    passed = _Moments(moments)
    with pytest.MonkeyPatch.context() as patch:
        send: Any = httpx.AsyncClient.send
        write: Any = mpd.MPDClient._write_line
        read: Any = mpd.MPDClient._read_line

        async def sent(client: httpx.AsyncClient, request: httpx.Request, **how: Any) -> httpx.Response:
            passed.pass_()
            answer: httpx.Response = await send(client, request, **how)
            if request.method != "GET" or request.url.path.endswith(("createPlaylist", "updatePlaylist")):
                passed.pass_()
            return answer

        def written(client: Any, line: str) -> None:
            passed.pass_()
            write(client, line)
            client.changes = line.startswith(("command_list_end", "rm ", "rename ", "playlist"))

        def answered(client: Any) -> Any:
            if getattr(client, "changes", False):
                line = _peeked(client)
                client.changes = False
                passed.pass_()
                return line()
            return read(client)

        def _peeked(client: Any) -> Callable[[], Any]:
            try:
                line = read(client)
            except mpd.CommandError as error:
                fault = error

                def fail() -> Any:
                    raise fault

                return fail
            return lambda: line

        patch.setattr(httpx.AsyncClient, "send", sent)
        patch.setattr(mpd.MPDClient, "_write_line", written)
        patch.setattr(mpd.MPDClient, "_read_line", answered)
        yield
