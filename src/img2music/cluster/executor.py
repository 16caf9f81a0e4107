"""Looks into files on a Ray cluster."""

import contextlib
import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from img2music.cluster.driver import Answer, Item, drive
from img2music.connectors.folders import FileState
from img2music.errors import ClusterError, Img2MusicError
from img2music.library.executors import BrokenExecutorError, Context, interrupts_blocked, timeout

Result = TypeVar("Result")
GONE = "The Ray cluster, or the way to it, is gone."
GOODBYE_SECONDS = 10.0
"""How long the process that drives the cluster may take to end."""


class RayExecutor(contextlib.AbstractContextManager["RayExecutor"]):
    """An `Executor` of workers on a Ray cluster, each with one processor. Use as a context manager.

    ``folders`` are those that every node has to see.
    """

    def __init__(self, on: str, folders: Sequence[str] = (), jobs: int | None = None) -> None:
        self._asked = on, jobs, tuple(folders)
        self.notes: list[str] = []
        """What has become of nodes."""
        self._numbers = itertools.count()
        self._start()

    def __exit__(self, *_: object) -> None:
        self._stop()

    def submit(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file looked into on some node."""
        future: Future[Result] = Future()
        item = Item(next(self._numbers), work, file, timeout(file))
        with self._lock:
            if self._ended:
                future.set_exception(BrokenExecutorError(GONE))
                return future
            self._futures[item.number] = future
        with contextlib.suppress(OSError):  # it has ended a moment ago, and the listener fails the future
            self._pipe.send(item)
        return future

    read = submit  # not here: a file is where the nodes are

    def result(self, future: "Future[Result]") -> Result:
        """What came of it."""
        return future.result()

    def restart(self) -> None:
        """Reach the cluster anew, unless none of its nodes is of use."""
        self._stop()
        if self._error is not None:
            raise self._error
        self._start()

    def _start(self) -> None:
        self._futures: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._error: ClusterError | None = None
        context = Context()
        self._pipe, theirs = context.Pipe()
        on, jobs, folders = self._asked
        self._driver = context.Process(target=drive, args=(theirs, on, jobs, folders), daemon=True)
        with interrupts_blocked():
            self._driver.start()
        theirs.close()
        try:
            first = self._pipe.recv()
        except EOFError:
            first = ClusterError(f"{GONE} Is there memory left?")
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if isinstance(first, Img2MusicError):
            self._stop()
            raise first
        self.jobs: int = first

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = self._pipe.recv()
                if isinstance(message, str):
                    self.notes.append(message)
                    continue
                if not isinstance(message, Answer):
                    self._error = message
                    continue
                with self._lock:
                    future = self._futures.pop(message.number)
                if isinstance(message.found, Exception):
                    future.set_exception(message.found)
                else:
                    future.set_result(message.found)
        with self._lock:
            self._ended = True
            for future in self._futures.values():
                future.set_exception(BrokenExecutorError(GONE))

    def _stop(self) -> None:
        with contextlib.suppress(OSError):  # it has ended already
            self._pipe.send(None)
        self._driver.join(GOODBYE_SECONDS)
        self._driver.kill()
        self._driver.join()
        self._listener.join()
        self._pipe.close()
