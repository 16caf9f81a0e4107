"""Where files are looked into: in processes of this machine, or wherever another executor runs what it is given."""

import contextlib
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError

TIMEOUT_BASE = 300.0
TIMEOUT_A_BYTE = 2e-6
"""A file may take five minutes, and two seconds more a megabyte: far more than a slow machine needs."""
CONTAINER = Path("/sys/fs/cgroup/memory.max")
"""Says how many bytes a container may take; a machine has no such file."""


def all_memory() -> int:
    """Tell how many bytes there are; 0 where that can't be told, nor a process kept from taking all (Windows)."""
    if not hasattr(os, "sysconf"):
        return 0
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        return min(most, int(CONTAINER.read_text(encoding="ascii")))
    return most


MEMORY = all_memory()
ENOUGH = 4 << 30
"""Bytes that a process may have anyway: eight times what listening takes, to two hours of music too."""

Result = TypeVar("Result")


class CrashedError(Img2MusicError):
    """What looked into a file died; it may have been the file, or lack of memory."""


class TooLargeError(Img2MusicError):
    """A file needs more memory than a process may take."""


class BrokenExecutorError(Img2MusicError):
    """What looks into files died without having anything to do."""


class Executor(Protocol):
    """Runs functions of one file, a few at a time. A crash or a hang of one costs that file alone."""

    jobs: int
    """How many run at once."""

    def submit(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file looked into."""

    def read(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file read by work that takes little but reading, and may run beside all that was submitted."""

    def result(self, future: "Future[Result]") -> Result:
        """What came of it.

        Raises what the work has raised, `TimeoutError`, `CrashedError`, `TooLargeError` or
        `BrokenExecutorError`.
        """

    def restart(self) -> None:
        """Give up what is under way, after which every future is void."""


def timeout(file: FileState) -> float:
    """Tell how many seconds looking into a file may take."""
    return TIMEOUT_BASE + TIMEOUT_A_BYTE * file.size


def most_memory(jobs: int) -> int:
    """Tell how many bytes each of some processes may take: its part of the machine, or else what is enough."""
    return max(MEMORY // jobs, min(MEMORY, ENOUGH))


class ProcessExecutor(contextlib.AbstractContextManager["ProcessExecutor"]):
    """An `Executor` of processes, none of which outlives this one. Use as a context manager."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool = self._new_pool()
        self._threads = ThreadPoolExecutor(jobs)

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._pool.stop()
        self._pool.join()

    def submit(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file looked into."""
        # The pool starts processes in this thread and in threads that inherit its signal mask: Ctrl-C reaches
        # the parent alone, from the first instruction on.
        with interrupts_blocked():
            try:
                future: Future[Result] = self._pool.schedule(
                    within_memory, args=(work, file, most_memory(self.jobs)), timeout=timeout(file)
                )
            except RuntimeError:  # the pool broke a moment ago
                future = Future()
                future.set_exception(BrokenExecutorError("a worker process has ended."))
        return future

    def read(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file read in a thread of this process."""
        return self._threads.submit(work, file)

    def result(self, future: "Future[Result]") -> Result:
        """What came of it."""
        from concurrent.futures.process import BrokenProcessPool

        from pebble import ProcessExpired

        try:
            return future.result()
        except (BrokenProcessPool, CancelledError) as error:
            raise BrokenExecutorError("a worker process has ended.") from error
        except ProcessExpired as error:
            raise CrashedError(
                "the analysis crashed; the file may be damaged, or memory ran out (try `jobs=1`)."
            ) from error

    def restart(self) -> None:
        """Replace the pool."""
        self._pool.stop()
        self._pool.join()
        self._pool = self._new_pool()

    def _new_pool(self) -> Any:
        from pebble import ProcessPool

        return ProcessPool(self.jobs, initializer=initialise, initargs=(most_memory(self.jobs),), context=Context())


class _Process(multiprocessing.context.SpawnProcess):
    """A process that does not import the main module: a script may scan without ``if __name__ == "__main__"``."""

    _starting = threading.Lock()

    def start(self) -> None:
        with self._starting:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")  # has no file that a child would run
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class Context(multiprocessing.context.SpawnContext):
    """Spawns: to fork a process that has threads and ONNX Runtime in it is not safe."""

    Process = _Process


def initialise(memory: int = 0) -> None:
    """Begin a process that Ctrl-C does not reach, that takes no more memory, and ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(memory)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def limit_memory(memory: int) -> None:
    """Have this process told that memory is out before the kernel ends it, or another in its stead."""
    if not memory:
        return
    import resource

    # What is written to alone counts; libraries reserve far more address space than they use.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or memory < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))


def within_memory(work: Callable[[FileState], Result], file: FileState, memory: int) -> Result:
    """Look into a file; a `TooLargeError` if that needs more memory than `limit_memory` has left."""
    with contextlib.suppress(MemoryError):  # which holds on to all that was allocated
        return work(file)
    most = f" than {memory / 1e9:.1f} GB" if memory else ""
    raise TooLargeError(f"the analysis needs more memory{most}; the file may be damaged (or try `jobs=1`).")


def _end_with_parent() -> None:
    """End this process when the scan dies, however it dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started within."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # It is started with the first process otherwise, and lets interrupts through again when it is.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
