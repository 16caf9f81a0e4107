"""Changes of jobs, for all who watch: the library is looked at once for all of them, and not while nobody does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from anyio.to_thread import run_sync

from img2music.errors import LibraryError
from img2music.library.jobs import Job, Jobs

EVERY = 0.25
"""Seconds after which it is looked for changes."""
LASTS = 600.0
"""Seconds after which a stream ends, so that who is logged out does not watch on; browsers open another."""
MOST_RECENT = 1000


class Events:
    """Tells changes of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._recent: dict[int, Job] = {}  # that have changed lately, in order of their events
        self._last = 0
        self._looked = float("-inf")

    async def since(self, event: int, ended: Callable[[], bool] = lambda: False) -> AsyncIterator[Job]:
        """Tell each job that has changed after an event, and from then on as it changes, until the server ends.

        What is wrong with the library is told before the first of them.
        """
        await self._look()
        there = await run_sync(self._jobs.since, 0)
        if there and event > there[-1].events:  # of another library, perhaps
            event = 0
        last = max(self._last, event)
        return self._told([job for job in there if job.events > event], last, ended)

    async def _told(self, changed: list[Job], last: int, ended: Callable[[], bool]) -> AsyncIterator[Job]:
        until = time.monotonic() + LASTS
        while time.monotonic() < until and not ended():
            for job in changed:
                last = max(last, job.events)
                yield job
            await asyncio.sleep(EVERY)
            await self._look()
            changed = [job for job in self._recent.values() if job.events > last]

    async def _look(self) -> None:
        if time.monotonic() - self._looked < EVERY:
            return
        self._looked = time.monotonic()
        with suppress(LibraryError):  # it is looked again
            for job in await run_sync(self._jobs.since, self._last):
                self._recent.pop(job.id, None)
                self._recent[job.id] = job
                self._last = job.events
            while len(self._recent) > MOST_RECENT:
                del self._recent[next(iter(self._recent))]
