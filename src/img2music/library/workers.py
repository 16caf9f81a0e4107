"""Processes that analyse files: a crash or a hang of one costs one file, and none outlives the scan."""

import contextlib
import hashlib
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from multiprocessing import resource_tracker
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

from img2music.analysis import TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, InputError, ModelError, unexpected
from img2music.track import Tags

TIMEOUT_BASE = 300.0
TIMEOUT_A_BYTE = 2e-6
"""A file may take five minutes, and two seconds more a megabyte: far more than a slow machine needs."""

STILL_CHANGING = "it was being changed while it was read; scan again when it is done."

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file says and holds."""

    tags: Tags
    sound: str  # hash of its encoded sound, as `TrackRecord` has it
    analysis: TrackAnalysis


class CrashedError(Img2MusicError):
    """The process that analysed a file died; it may have been the file, or lack of memory."""


class BrokenPoolError(Img2MusicError):
    """The processes died without having anything to do."""


class Workers:
    """A pool of analysing processes. Use as a context manager."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.stop()
        self._pool.join()

    def submit(self, work: Callable[[FileState], Result], file: FileState) -> "Future[Result]":
        """Have a file looked into."""
        # The pool starts processes in this thread and in threads that inherit its signal mask: Ctrl-C reaches
        # the parent alone, from the first instruction on.
        with _interrupts_blocked():
            try:
                future: Future[Result] = self._pool.schedule(work, args=(file,), timeout=timeout(file))
            except RuntimeError:  # the pool broke a moment ago
                future = Future()
                future.set_exception(BrokenPoolError("a worker process has ended."))
        return future

    def restart(self) -> None:
        """Replace the pool, after which every future of the old one is void."""
        self._pool.stop()
        self._pool.join()
        self._pool = self._new_pool()

    def _new_pool(self) -> Any:
        from pebble import ProcessPool

        return ProcessPool(self._jobs, initializer=_initialise, context=_Context())


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


class _Context(multiprocessing.context.SpawnContext):
    """Spawns: to fork a process that has threads and ONNX Runtime in it is not safe."""

    Process = _Process


def timeout(file: FileState) -> float:
    """Tell how long the analysis of a file may take."""
    return TIMEOUT_BASE + TIMEOUT_A_BYTE * file.size


def result(future: "Future[Result]") -> Result | str:
    """Read what came of a file."""
    from concurrent.futures.process import BrokenProcessPool

    from pebble import ProcessExpired

    try:
        return future.result()
    except InputError as error:
        return error.reason
    except (ModelError, BrokenPoolError):
        raise
    except (BrokenProcessPool, CancelledError) as error:
        raise BrokenPoolError("a worker process has ended.") from error
    except Img2MusicError as error:
        return str(error)
    except TimeoutError:
        return "the analysis did not end in time; the file may be damaged."
    except ProcessExpired as error:
        raise CrashedError(
            "the analysis crashed; the file may be damaged, or memory ran out (try --jobs 1)."
        ) from error
    except Exception as error:  # noqa: BLE001  # whatever a file does to a decoder, the rest of the batch goes on
        return unexpected(error, "").reason


def content_hash(file: FileState) -> str:
    """Hash the bytes of a file."""
    try:
        with open(file.path, "rb") as stream:  # noqa: PTH123  # names may be any bytes
            digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
    _require_unchanged(file)
    return digest.hexdigest()


def identify(file: FileState) -> tuple[Tags, str | None]:
    """Read the tags of a file, and hash its sound apart from them."""
    from img2music.connectors.tags import read_tags
    from img2music.media.packets import sound_hash

    tags, sound = read_tags(file.path), None
    with contextlib.suppress(InputError):
        sound = sound_hash(file.path)
    _require_unchanged(file)
    return tags, sound


def analyse(file: FileState) -> TrackAnalysis:
    """Listen to a file."""
    from img2music.music.audio.analyzer import analyze_track

    analysis = analyze_track(file.path)
    _require_unchanged(file)
    return analysis


def _require_unchanged(file: FileState) -> None:
    try:
        status = os.stat(file.path)  # noqa: PTH116
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise InputError(STILL_CHANGING, file.path)


def _initialise() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the scan dies, however it dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
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
