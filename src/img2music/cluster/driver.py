"""The process that drives a Ray cluster.

Ray ends the process that drives a cluster when the cluster goes, prints what it likes, and sets signal handlers; so
that process is none in which anything else is done.
"""

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from img2music.cluster.nodes import alive, connected, difference, examine
from img2music.cluster.worker import Unseen, Worker, versions
from img2music.connectors.folders import FileState
from img2music.errors import ClusterError, Img2MusicError
from img2music.library.executors import CrashedError, initialise

FILES_A_WORKER = 500
"""Files after which a worker is replaced: what decoders leak ends with it."""
MOVES = 3
"""Nodes that may die under a file before it is taken for the culprit."""
CHECK_SECONDS = 5.0
VERDICT_SECONDS = 60.0
"""How long it may take until Ray knows whether a node or a worker has died."""


@dataclass
class Item:
    """A file to be looked into."""

    number: int
    work: Callable[[FileState], Any]
    file: FileState
    timeout: float
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a file: a result or an error."""

    number: int
    found: Any


def silence() -> None:
    """Begin a process in which Ray runs."""
    initialise()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())


def drive(pipe: Connection, on: str, jobs: int | None, folders: Sequence[str]) -> None:
    """Answer with the number of workers or with an error; then items with answers and, as text, notes."""
    silence()
    try:
        with connected(on):
            _require_alike(folders)
            crew = _Crew(pipe)
            pipe.send(crew.start(jobs))
            crew.take()
    except Img2MusicError as error:
        pipe.send(error)
    os._exit(0)  # whatever threads still wait for


def _require_alike(folders: Sequence[str]) -> None:
    nodes = [node for node in examine(folders) if node.cpus]
    if not nodes:
        raise ClusterError("No node of the Ray cluster has a processor to give.")
    if wrong := [node for node in nodes if node.error is not None]:
        others = f" So it is with {len(wrong) - 1} more of {len(nodes)} nodes." if len(wrong) > 1 else ""
        raise ClusterError(f"Node {wrong[0].name} can't take part: {wrong[0].error}{others}")


class _UnfitError(Exception):
    """A node that can't take part."""


class _Crew:
    """Threads, each of which has a worker look into one file after another."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._versions = versions()
        self._active = 0

    def start(self, jobs: int | None) -> int:
        import ray

        self._active = jobs or int(ray.cluster_resources().get("CPU", 1))
        for _ in range(self._active):
            threading.Thread(target=self._serve, daemon=True).start()
        return self._active

    def take(self) -> None:
        """Take items until there are no more."""
        with contextlib.suppress(EOFError):
            while (item := self._pipe.recv()) is not None:
                self._items.put(item)

    def _send(self, message: object) -> None:
        with self._sending:
            self._pipe.send(message)

    def _serve(self) -> None:
        import ray

        try:
            while True:
                worker, node = self._hire()
                for _ in range(FILES_A_WORKER):
                    if not self._run(worker, node, self._items.get()):
                        break
                ray.kill(worker)
        except _UnfitError as error:
            self._send(str(error))
            self._leave(ClusterError(f"No node is left that can take part. {error}"))
        except Exception:  # noqa: BLE001 - the cluster is gone in ways of which there are many
            self._leave()

    def _leave(self, error: ClusterError | None = None) -> None:
        """Do without this thread; the last one ends the process."""
        with self._sending:
            self._active -= 1
            if not self._active:
                if error is not None:
                    self._pipe.send(error)
                os._exit(1)

    def _hire(self) -> tuple[Any, str]:
        """Have a worker started, and wait until it is."""
        import ray

        hire = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Worker)
        for _ in range(MOVES):
            worker = hire.remote()
            try:
                node, theirs = ray.get(worker.introduce.remote())
            except ray.exceptions.RayActorError:  # its node has died meanwhile, or is about to
                self._require_connection()
                time.sleep(1.0)
                continue
            differs = difference(self._versions, theirs)
            if differs is not None:
                raise _UnfitError(f"Node {alive()[node]} takes no part: {differs}")
            return worker, node
        raise ClusterError("workers end as soon as they are started.")

    def _run(self, worker: Any, node: str, item: Item) -> bool:
        """Look into a file; tell whether the worker can go on."""
        import ray

        try:
            found = ray.get(worker.run.remote(item.work, item.file), timeout=item.timeout)
        except ray.exceptions.GetTimeoutError:
            self._send(Answer(item.number, TimeoutError()))
            return False
        except ray.exceptions.RayError as error:
            item.moves += 1
            if item.moves < MOVES and isinstance(error, ray.exceptions.RayActorError) and self._lost(worker, node):
                self._items.put(item)
            else:
                what = "the analysis crashed; the file may be damaged, or memory ran out on its node."
                self._send(Answer(item.number, CrashedError(what)))
            return False
        if isinstance(found, Unseen):
            if os.path.lexists(item.file.path):
                self._items.put(item)
                name = alive().get(node, node)
                raise _UnfitError(f"Node {name} takes no part: it does not see {item.file.path}; is its disk mounted?")
            found = found.error
        self._send(Answer(item.number, found))
        return True

    def _lost(self, worker: Any, node: str) -> bool:
        """Wait until it is known whether the node of a worker has died, or the way to it, rather than the worker."""
        import ray

        end = time.monotonic() + VERDICT_SECONDS
        while time.monotonic() < end and node in self._require_connection():
            try:
                ray.get(worker.introduce.remote(), timeout=CHECK_SECONDS)
            except ray.exceptions.ActorUnavailableError:
                time.sleep(1.0)
            except ray.exceptions.RayActorError:
                return node not in self._require_connection()
            except ray.exceptions.GetTimeoutError:
                continue
            else:
                return True
        return True

    def _require_connection(self) -> dict[str, str]:
        """End the process where the node that it is connected to has died: all that it starts is ended with it."""
        import ray

        nodes = alive()
        if ray.get_runtime_context().get_node_id() not in nodes:
            os._exit(1)
        return nodes
