"""Hashes files in threads and analyses those with new content in processes, a few at a time."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from img2music.errors import Img2MusicError, InputError
from img2music.library.workers import (
    BrokenPoolError,
    CrashedError,
    Measured,
    Workers,
    content_hash,
    result,
    timeout,
)
from img2music.sources.folders import FileState

TRIES = 2
"""A file whose process died is tried once more: it may have been another program that took the memory."""
RESTARTS = 3
"""Pools that break down altogether before the scan gives up."""
TICK = 1.0
"""Seconds after which `run` gives a sign of life."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file.

    Attributes
    ----------
    file : FileState
        The file as it was found.
    content : str or None
        Hash of its bytes; None if they could not be read.
    measured : (Tags, TrackAnalysis) or str
        What was measured, or why nothing could be.
    shared : bool
        Whether it was measured on another file of the same content.
    """

    file: FileState
    content: str | None
    measured: Measured | str
    shared: bool = False


@dataclass
class _Task:
    content: str
    files: list[FileState] = field(default_factory=list)  # the first is analysed, all get the result
    tries: int = 0


class Pipeline:
    """Takes files to outcomes.

    Parameters
    ----------
    workers : Workers
    jobs : int
        Number of threads that hash; as many processes analyse.
    known : callable
        Gives what was measured already on a content, or None.
    """

    def __init__(self, workers: Workers, jobs: int, known: Callable[[str], Measured | None]) -> None:
        self._workers = workers
        self._jobs = jobs
        self._known = known
        self._hashing: dict[Future[str], FileState] = {}
        self._analysing: dict[Future[Measured], _Task] = {}
        self._tasks: dict[str, _Task] = {}
        self._restarts = 0
        self._progressed = time.monotonic()

    def run(self, files: Iterable[FileState]) -> Iterator[Outcome | None]:
        """Work through files.

        Parameters
        ----------
        files : iterable of FileState
            Read as they are needed; a few wait in line at a time.

        Yields
        ------
        Outcome or None
            One a file, in the order in which they get done; None now and then while nothing does.

        Raises
        ------
        Img2MusicError
            If processes die whatever they are given.
        ModelError
            If no file can be analysed.
        """
        waiting = iter(files)
        hashers = ThreadPoolExecutor(self._jobs)
        try:
            while True:
                while len(self._hashing) < 2 * self._jobs and len(self._analysing) < 3 * self._jobs:
                    file = next(waiting, None)
                    if file is None:
                        break
                    self._hashing[hashers.submit(content_hash, file)] = file
                if not self._hashing and not self._analysing:
                    return
                running: list[Future[Any]] = [*self._hashing, *self._analysing]
                done = wait(running, TICK, FIRST_COMPLETED).done
                for future in done & self._hashing.keys():
                    yield from self._hashed(future, self._hashing.pop(future))
                for future in done & self._analysing.keys():
                    if future in self._analysing:  # not if the pool was replaced meanwhile
                        yield from self._analysed(future, self._analysing.pop(future))
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
        measured = self._known(content)
        if measured is not None:
            yield Outcome(file, content, measured, shared=True)
            return
        self._tasks[content] = task = _Task(content, [file])
        self._submit(task)

    def _analysed(self, future: Future[Measured], task: _Task) -> Iterator[Outcome]:
        measured: Measured | str
        try:
            measured = result(future)
        except BrokenPoolError:
            self._restart([task])
            return
        except CrashedError as error:
            task.tries += 1
            if task.tries < TRIES:
                self._submit(task)
                return
            measured = str(error)
        del self._tasks[task.content]
        for index, file in enumerate(task.files):
            yield Outcome(file, task.content, measured, shared=index > 0)

    def _submit(self, task: _Task) -> None:
        self._analysing[self._workers.submit(task.files[0])] = task

    def _restart(self, more: Iterable[_Task] = ()) -> None:
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise Img2MusicError(
                "The analysing processes die whatever they are given; is there memory left? Try --jobs 1."
            )
        tasks = [*more, *self._analysing.values()]
        self._analysing.clear()
        self._workers.restart()
        for task in tasks:
            self._submit(task)

    def _end_stall(self) -> None:
        """Replace the pool if nothing ends although all time is up: a crash has swallowed a message."""
        if self._analysing:
            patience = 60.0 + 3.0 * max(timeout(task.files[0]) for task in self._analysing.values())
            if time.monotonic() - self._progressed > patience:
                self._progressed = time.monotonic()
                self._restart()
