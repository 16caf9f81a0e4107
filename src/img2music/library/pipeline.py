"""Lets an executor hash files, and look into those with new content, a few at a time.

It first reads a file's tags and hashes its sound, then listens to it if that sound is new.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from img2music.analysis import FailureKind, TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import Img2MusicError, InputError, ModelError, is_lack_of_memory, unexpected
from img2music.library.executors import BrokenExecutorError, CrashedError, Executor, TooLargeError, timeout
from img2music.library.record import Fault, Stage, TrackRecord
from img2music.library.workers import Measured, analyse, content_hash, identify, tags_of
from img2music.remote import RemoteError
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
    measured: Measured | Fault  # what was measured, or why nothing could be
    shared: bool = False  # whether it was measured before, or on another file of the same sound


@dataclass
class _Task:
    """Files of one content; the first is looked into, all get what comes of it."""

    files: list[FileState]
    content: str | None = None  # None until it is hashed
    analysis: TrackAnalysis | None = None  # where it is known, and only tags and sound are not
    sound: str | None = None  # where it is known as well, and only tags are not
    identity: tuple[Tags, str] | None = None
    tries: int = 0
    twins: list["_Task"] = field(default_factory=list)  # of the same sound, waiting for its analysis

    def outcomes(self, found: TrackAnalysis | Fault, *, shared: bool) -> Iterator[Outcome]:
        """What came of its files."""
        if isinstance(found, Fault):
            measured: Measured | Fault = found
        else:
            assert self.identity is not None
            measured = Measured(*self.identity, found)
        for file in self.files:
            yield Outcome(file, self.content, measured, shared=shared)
            shared = True
        for twin in self.twins:
            yield from twin.outcomes(found, shared=True)


class Pipeline:
    """Takes files to outcomes."""

    def __init__(
        self,
        executor: Executor,
        known: Callable[[str | None, str | None], TrackRecord | None] = lambda _content, _sound: None,
        reread: Callable[[FileState], TrackRecord | None] = lambda _file: None,
    ) -> None:
        """Take what is known of a content or else of a sound, and of a file of which only tags are to be read."""
        self._executor = executor
        self._known = known
        self._reread = reread
        self._hashing: dict[Future[Any], _Task] = {}
        self._working: dict[Future[Any], _Task] = {}
        self._tasks: dict[str, _Task] = {}  # by content
        self._heard: dict[str, _Task] = {}  # by sound, those that are being listened to
        self._restarts = 0
        self._progressed = time.monotonic()

    def run(self, files: Iterable[FileState]) -> Iterator[Outcome | None]:
        """Work through files."""
        waiting = iter(files)
        jobs = self._executor.jobs
        while True:
            while len(self._hashing) < 2 * jobs and len(self._working) < 3 * jobs:
                file = next(waiting, None)
                if file is None:
                    break
                record = self._reread(file)
                if record is None:
                    self._submit(_Task([file]))
                else:
                    self._begin(_Task([file], record.content, record.analysis, record.sound), record.content)
            if not self._hashing and not self._working:
                return
            done = wait([*self._hashing, *self._working], TICK, FIRST_COMPLETED).done
            for future in done:
                task = self._hashing.pop(future, None) or self._working.pop(future, None)
                if task is not None:  # else the pool was replaced meanwhile
                    yield from self._looked(future, task)
            if done:
                self._progressed = time.monotonic()
            else:
                self._end_stall()
                yield None

    def _hashed(self, task: _Task, content: str) -> Iterator[Outcome]:
        record = None if content in self._tasks else self._known(content, None)
        if record is not None and record.sound is not None:
            measured = Measured(record.tags, record.sound, record.analysis)
            yield Outcome(task.files[0], content, measured, shared=True)
            return
        self._begin(_Task(task.files, content, None if record is None else record.analysis), content)

    def _begin(self, task: _Task, content: str) -> None:
        """Have files looked into, or wait for what comes of others of the same content."""
        under_way = self._tasks.setdefault(content, task)
        if under_way is task:
            self._submit(task)
        else:
            under_way.files += task.files

    def _looked(self, future: "Future[Any]", task: _Task) -> Iterator[Outcome]:
        stages = {Stage.READ: task.content, Stage.IDENTIFY: task.identity, Stage.ANALYSE: None}
        stage = next(stage for stage, known in stages.items() if known is None)
        try:
            found = self._executor.result(future)
        except ModelError:
            raise
        except BrokenExecutorError:
            self._restart([task])
        except Exception as error:  # noqa: BLE001 - whatever a file does to a decoder, the rest of the batch goes on
            task.tries += 1
            if isinstance(error, CrashedError) and task.tries < TRIES:
                self._submit(task)
            else:
                yield from self._end(task, _fault(error, stage), shared=False)
        else:
            if task.content is None:
                yield from self._hashed(task, found)
            elif task.identity is None:
                yield from self._identified(task, task.content, *found)
            else:
                yield from self._end(task, found, shared=False)

    def _identified(self, task: _Task, content: str, tags: Tags, sound: str | None) -> Iterator[Outcome]:
        task.identity = tags, sound or task.sound or content
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

    def _end(self, task: _Task, found: TrackAnalysis | Fault, *, shared: bool) -> Iterator[Outcome]:
        for done in (task, *task.twins):
            if done.content is not None:
                del self._tasks[done.content]
        if task.identity is not None:
            self._heard.pop(task.identity[1], None)
        yield from task.outcomes(found, shared=shared)

    def _submit(self, task: _Task) -> None:
        file = task.files[0]
        if task.content is None:
            self._hashing[self._executor.read(content_hash, file)] = task
            return
        work: Callable[[FileState], Any] = analyse
        if task.identity is None:
            work = identify if task.sound is None else tags_of
        self._working[self._executor.submit(work, file)] = task

    def _restart(self, more: Iterable[_Task] = ()) -> None:
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise Img2MusicError(
                "The analysing processes die whatever they are given; is there memory left? Try `jobs=1`."
            )
        tasks = [*more, *self._working.values(), *self._hashing.values()]
        self._working.clear()
        self._hashing.clear()
        self._executor.restart()
        for task in tasks:
            self._submit(task)

    def _end_stall(self) -> None:
        """Replace the pool if nothing ends although all time is up: a crash has swallowed a message."""
        if self._working:
            patience = 60.0 + 3.0 * max(timeout(task.files[0]) for task in self._working.values())
            if time.monotonic() - self._progressed > patience:
                self._progressed = time.monotonic()
                self._restart()


def _fault(error: Exception, stage: Stage) -> Fault:
    """Why a file could not be looked into."""
    if isinstance(error, InputError):
        kind = FailureKind.UNREADABLE if stage is Stage.READ else FailureKind.DAMAGED
        kind = FailureKind.UNREACHED if isinstance(error, RemoteError) else kind
        return Fault(error.reason, stage, kind)
    if isinstance(error, CrashedError):
        return Fault(str(error), stage, FailureKind.CRASHED)
    if isinstance(error, TimeoutError):
        return Fault("the analysis did not end in time; the file may be damaged.", stage, FailureKind.TIMEOUT)
    if isinstance(error, TooLargeError):
        return Fault(str(error), stage, FailureKind.MEMORY)
    if isinstance(error, Img2MusicError):
        return Fault(str(error), stage, FailureKind.UNEXPECTED)
    kind = FailureKind.MEMORY if is_lack_of_memory(error) else FailureKind.UNEXPECTED
    return Fault(unexpected(error, "").reason, stage, kind)
