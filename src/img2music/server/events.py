"""Changes of jobs, for all who watch: the library is looked at once for all of them, and not while nobody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from anyio.to_thread import run_sync

from img2music.errors import LibraryError
from img2music.library.jobs import Job, Jobs

EVERY = 0.25
"""Seconds after which it is looked for changes."""
LASTS = 600.0
"""Seconds after which a stream ends, so that who is logged out does not watch on; browsers open another."""


class Events:
    """Tells changes of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._known: dict[int, Job] = {}
        self._last = 0
        self._watched = 0
        self._looking: asyncio.Task[None] | None = None
        self._beginning, self._changed = asyncio.Lock(), asyncio.Condition()

    async def since(self, event: int) -> AsyncIterator[Job]:
        """Tell each job that has changed after an event, and from then on as it changes."""
        self._watched += 1
        try:
            await self._begin()
            if event > self._last:  # of another library
                event = 0
            until = asyncio.get_running_loop().time() + LASTS
            while True:
                for job in sorted(self._known.values(), key=lambda job: job.events):
                    if job.events > event:
                        event = job.events
                        yield job
                try:
                    async with asyncio.timeout_at(until), self._changed:
                        while self._last <= event:
                            await self._changed.wait()
                except TimeoutError:
                    return
        finally:
            self._watched -= 1

    async def _begin(self) -> None:
        async with self._beginning:
            if self._looking is None or self._looking.done():
                self._known, self._last = {}, 0
                await self._look()
                self._looking = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while self._watched:
            await asyncio.sleep(EVERY)
            with suppress(LibraryError):  # it is looked again
                await self._look()

    async def _look(self) -> None:
        found = await run_sync(self._jobs.since, self._last)
        if found:
            self._known |= {job.id: job for job in found}
            self._last = found[-1].events
            async with self._changed:
                self._changed.notify_all()
