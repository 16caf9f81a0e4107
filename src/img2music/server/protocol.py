"""Connections: who begins a request has to get on with it."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIME = 10.0
"""Seconds in which the head of a request must be there: connections that trickle take the place of others."""


class TimedProtocol(H11Protocol):
    """HTTP on a connection that is closed when the head of a request does not come in time."""

    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on, and wait for the rest of a head that has begun."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._rest()
        elif self._ending is None:
            self._ending = self.loop.call_later(HEAD_TIME, self.transport.close)

    def _rest(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
