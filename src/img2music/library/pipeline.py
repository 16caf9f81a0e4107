"""Hashes files in threads, and looks into those with new content in processes, a few at a time.

A process first reads a file's tags and hashes its sound, then listens to it if that sound is new.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from img2music.analysis import TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, InputError
from img2music.library.record import TrackRecord
from img2music.library.workers import (
    BrokenPoolError,
    CrashedError,
    Measured,
    Workers,
    analyse,
    content_hash,
    identify,
    result,
    timeout,
)
from img2music.track import Tags

TRIES = 2
"""A file whose process died is tried once more: it may have been another program that took the memory."""
RESTARTS = 3
"""Pools that break down altogether before the scan gives up."""
TICK = 1.0
"""Seconds after which `run` gives a sign of life."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file."""

    file: FileState  # the file as it was found
    content: str | None  # hash of its bytes; None if they could not be read
    measured: Measured | str  # what was measured, or why nothing could be
    shared: bool = False  # whether it was measured before, or on another file of the same sound


@dataclass
class _Task:
    """Files of one content; the first is looked into, all get what comes of it."""

    content: str
    files: list[FileState]
    analysis: TrackAnalysis | None = None  # where it is known, and only tags and sound are not
    identity: tuple[Tags, str] | None = None
    tries: int = 0
    twins: list["_Task"] = field(default_factory=list)  # of the same sound, waiting for its analysis

    def outcomes(self, found: TrackAnalysis | str, *, shared: bool) -> Iterator[Outcome]:
        """What came of its files."""
        measured: Measured | str = str(found)
        if self.identity is not None and not isinstance(found, str):
            measured = Measured(*self.identity, found)
        for file in self.files:
            yield Outcome(file, self.content, measured, shared=shared)
            shared = True
        for twin in self.twins:
            yield from twin.outcomes(found, shared=True)


class Pipeline:
    """Takes files to outcomes."""

    def __init__(
        self, workers: Workers, jobs: int, known: Callable[[str | None, str | None], TrackRecord | None]
    ) -> None:
        self._workers = workers
        self._jobs = jobs
        self._known = known
        self._hashing: dict[Future[str], FileState] = {}
        self._working: dict[Future[Any], _Task] = {}
        self._tasks: dict[str, _Task] = {}  # by content
        self._heard: dict[str, _Task] = {}  # by sound, those that are being listened to
        self._restarts = 0
        self._progressed = time.monotonic()

    def run(self, files: Iterable[FileState]) -> Iterator[Outcome | None]:
        """Work through files."""
        waiting = iter(files)
        hashers = ThreadPoolExecutor(self._jobs)
        try:
            while True:
                while len(self._hashing) < 2 * self._jobs and len(self._working) < 3 * self._jobs:
                    file = next(waiting, None)
                    if file is None:
                        break
                    self._hashing[hashers.submit(content_hash, file)] = file
                if not self._hashing and not self._working:
                    return
                running: list[Future[Any]] = [*self._hashing, *self._working]
                done = wait(running, TICK, FIRST_COMPLETED).done
                for future in done & self._hashing.keys():
                    yield from self._hashed(future, self._hashing.pop(future))
                for future in done & self._working.keys():
                    if future in self._working:  # not if the pool was replaced meanwhile
                        yield from self._looked(future, self._working.pop(future))
                if done:
                    self._progressed = time.monotonic()
                else:
                    self._end_stall()
                    yield None
        finally:
            hashers.shutdown(cancel_futures=True)

    def _hashed(self, future: Future[str], file: FileState) -> Iterator[Outcome]:
        try:
            content = future.result()
        except InputError as error:
            yield Outcome(file, None, error.reason)
            return
        task = self._tasks.get(content)
        if task is not None:
            task.files.append(file)
            return
        record = self._known(content, None)
        if record is not None and record.sound is not None:
            yield Outcome(file, content, Measured(record.tags, record.sound, record.analysis), shared=True)
            return
        self._tasks[content] = task = _Task(content, [file], None if record is None else record.analysis)
        self._submit(task)

    def _looked(self, future: "Future[Any]", task: _Task) -> Iterator[Outcome]:
        try:
            found = result(future)
        except BrokenPoolError:
            self._restart([task])
            return
        except CrashedError as error:
            task.tries += 1
            if task.tries < TRIES:
                self._submit(task)
                return
            found = str(error)
        if task.identity is None and not isinstance(found, str):
            yield from self._identified(task, *found)
        else:
            yield from self._end(task, found, shared=False)

    def _identified(self, task: _Task, tags: Tags, sound: str | None) -> Iterator[Outcome]:
        task.identity = tags, sound or task.content
        if task.analysis is None and sound is not None:
            twin = self._heard.get(sound)
            if twin is not None:
                twin.twins.append(task)
                return
            record = self._known(None, sound)
            task.analysis = None if record is None else record.analysis
        if task.analysis is not None:
            yield from self._end(task, task.analysis, shared=True)
            return
        self._heard[task.identity[1]] = task
        self._submit(task)

    def _end(self, task: _Task, found: TrackAnalysis | str, *, shared: bool) -> Iterator[Outcome]:
        for done in (task, *task.twins):
            del self._tasks[done.content]
        if task.identity is not None:
            self._heard.pop(task.identity[1], None)
        yield from task.outcomes(found, shared=shared)

    def _submit(self, task: _Task) -> None:
        work = identify if task.identity is None else analyse
        self._working[self._workers.submit(work, task.files[0])] = task

    def _restart(self, more: Iterable[_Task] = ()) -> None:
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise Img2MusicError(
                "The analysing processes die whatever they are given; is there memory left? Try --jobs 1."
            )
        tasks = [*more, *self._working.values()]
        self._working.clear()
        self._workers.restart()
        for task in tasks:
            self._submit(task)

    def _end_stall(self) -> None:
        """Replace the pool if nothing ends although all time is up: a crash has swallowed a message."""
        if self._working:
            patience = 60.0 + 3.0 * max(timeout(task.files[0]) for task in self._working.values())
            if time.monotonic() - self._progressed > patience:
                self._progressed = time.monotonic()
                self._restart()
