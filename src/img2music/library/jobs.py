"""Jobs: long work that can be watched, cancelled and resumed, as it is kept in the library.

Every change of a job has a number, its event, which is greater than all before it: who has seen event 7 asks for what
came after 7. Who runs a job holds a lock of the library, which dies with its process: a job that is told to run while
nobody holds that lock has been interrupted.
"""

import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from img2music.errors import UsageError, printable
from img2music.library.record import now
from img2music.library.schema import EVENTS, Connecting, counters, job_log, jobs
from img2music.progress import Step

MOST_ENDED = 100
"""Jobs that are kept when they have ended; then the oldest go."""
MOST_WAITING = 20
MOST_LINES = 1000
"""Lines of the log of a job."""
MOST_TEXT = 2000
"""Characters of a line, a name or an error."""


class JobKind(StrEnum):
    """What a job does."""

    SCAN = "scan"
    IMPORT = "import"
    TAG = "tag"
    EXPORT = "export"
    FILM = "film"
    PROXY = "proxy"
    RENDER = "render"
    MATCH = "match"


class JobState(StrEnum):
    """How far a job is. An interrupted one was running when what ran it ended."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


OPEN = (JobState.WAITING, JobState.RUNNING)
AGAIN = (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)
"""From which it can go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Long work of the server."""

    id: int
    kind: JobKind
    state: JobState
    name: str  # what it works on
    created: str  # in UTC, as all times
    started: str | None
    ended: str | None
    stage: str | None  # what is being done, such as "Listening"
    done: float | None  # how much of it
    total: float | None  # of how much, where that is known
    unit: str | None  # what both count, such as "files"
    item: str | None  # what was done last
    rate: float | None  # how much a second
    left: float | None  # seconds, about
    result: dict[str, int] | None  # what came of it, counted
    error: str | None
    options: list[str]  # that were chosen, such as "dry_run"; "filters" where a tagging is not of all songs
    events: int  # the number of its last event
    project: int | None  # that it is for


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a job had to say."""

    id: int
    at: str  # when, in UTC
    text: str


_STORED = {"events": "event", "options": "request", "project": "request"}
"""Columns of fields that are not called as these."""
_COLUMNS = [jobs.c[_STORED.get(each.name, each.name)] for each in dataclasses.fields(Job)]
_OF_A_RUN = ("started", "ended", "stage", "done", "total", "unit", "item", "rate", "left", "result", "error")


class Jobs:
    """The jobs of a library."""

    def __init__(self, reading: Connecting, writing: Connecting) -> None:
        self._reading, self._writing = reading, writing

    def newest(self) -> list[Job]:
        """Read all jobs, newest first."""
        return self._read(sa.select(*_COLUMNS).order_by(jobs.c.id.desc()))

    def get(self, id: int) -> Job:  # noqa: A002
        """Read a job; a `KeyError` if there is none."""
        for job in self._read(sa.select(*_COLUMNS).where(jobs.c.id == id)):
            return job
        raise KeyError(id)

    def unended(self) -> list[Job]:
        """Read the jobs that have not ended, oldest first."""
        return self._read(sa.select(*_COLUMNS).where(jobs.c.state.in_(OPEN)).order_by(jobs.c.id))

    def since(self, event: int) -> list[Job]:
        """Read the jobs that have changed after an event, in order of their events."""
        return self._read(sa.select(*_COLUMNS).where(jobs.c.event > event).order_by(jobs.c.event))

    def request(self, id: int) -> dict[str, Any]:  # noqa: A002
        """Read what a job is asked to do."""
        return next((request for job, request in self.requests() if job == id), {})

    def requests(self) -> list[tuple[int, dict[str, Any]]]:
        """Read what every job is asked to do, by its number."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(jobs.c.id, jobs.c.request)).all()
        return [(row.id, json.loads(row.request)) for row in rows]

    def log(self, id: int, after: int = 0) -> list[LogLine]:  # noqa: A002
        """Read what a job has said, after a line."""
        columns = (job_log.c.id, job_log.c.at, job_log.c.text)
        said = sa.select(*columns).where(job_log.c.job_id == id, job_log.c.id > after).order_by(job_log.c.id)
        with self._reading() as connection:
            return [LogLine(*row) for row in connection.execute(said)]

    def add(self, kind: JobKind, name: str, request: Mapping[str, Any]) -> Job:
        """Store a job that waits."""
        with self._writing() as connection:
            waiting = sa.select(sa.func.count()).where(jobs.c.state == JobState.WAITING)
            if connection.execute(waiting).scalar_one() >= MOST_WAITING:
                raise UsageError(f"{MOST_WAITING} jobs are waiting: cancel some, or wait until they are done.")
            values: dict[str, Any] = {"kind": kind, "state": JobState.WAITING, "name": _text(name)}
            values |= {"request": json.dumps(request), "created": now(), "event": _event(connection)}
            id_ = connection.execute(sa.insert(jobs).values(values).returning(jobs.c.id)).scalar_one()
        return self.get(id_)

    def begin(self, id: int) -> bool:  # noqa: A002
        """Take a job that waits, unless it was cancelled meanwhile."""
        return self._change(id, [JobState.WAITING], state=JobState.RUNNING, started=now())

    def step(self, id: int, step: Step, rate: float | None, left: float | None) -> bool:  # noqa: A002
        """Store how far a running job is, and tell whether it may go on."""
        values = {"stage": step.stage, "done": step.done, "total": step.total, "unit": step.unit}
        values |= {"item": None if step.item is None else _text(step.item), "rate": rate, "left": left}
        self._change(id, [JobState.RUNNING], **values)
        return not self.stopping(id)

    def stopping(self, id: int) -> bool:  # noqa: A002
        """Whether a job is to be cancelled, or does not run any more."""
        found = sa.select(jobs.c.id).where(jobs.c.id == id, jobs.c.state == JobState.RUNNING, ~jobs.c.cancelling)
        with self._reading() as connection:
            return connection.execute(found).first() is None

    def end(
        self,
        id: int,  # noqa: A002
        state: JobState,
        *,
        result: Mapping[str, int] | None = None,
        error: str | None = None,
        was: JobState = JobState.RUNNING,
    ) -> None:
        """Store what has become of a job, if it is still what it was."""
        told = None if error is None else _text(error)
        counts = None if result is None else json.dumps(result)
        self._change(id, [was], state=state, ended=now(), left=None, result=counts, error=told)

    def interrupt(self, error: str) -> None:
        """Store that nothing runs; for who holds the lock."""
        for job in self.unended():
            if job.state is JobState.RUNNING:
                state = JobState.CANCELLED if self.stopping(job.id) else JobState.INTERRUPTED
                self.end(job.id, state, error=error if state is JobState.INTERRUPTED else None)

    def cancel(self, id: int) -> Job:  # noqa: A002
        """Have a job end: at once if it waits, else as soon as what runs it sees that."""
        if not self._change(id, [JobState.WAITING], state=JobState.CANCELLED, ended=now()):
            self._require(self._change(id, [JobState.RUNNING], cancelling=True), id, "has ended")
        return self.get(id)

    def retry(self, id: int) -> Job:  # noqa: A002
        """Have a job that did not end well go on."""
        values = dict.fromkeys(_OF_A_RUN) | {"state": JobState.WAITING, "cancelling": False}
        self._require(self._change(id, AGAIN, **values), id, "is not one that failed, was cancelled or interrupted")
        return self.get(id)

    def say(self, id: int, lines: Iterable[str]) -> None:  # noqa: A002
        """Add to the log of a job, as long as there is room."""
        with self._writing() as connection:
            said = sa.select(sa.func.count()).where(job_log.c.job_id == id)
            room = MOST_LINES - connection.execute(said).scalar_one()
            texts = list(lines)
            if len(texts) > room:
                texts = [*texts[: max(room - 1, 0)], f"... and {len(texts) - max(room - 1, 0)} more lines."][:room]
            if texts:
                rows = [{"job_id": id, "at": now(), "text": _text(text)} for text in texts]
                connection.execute(sa.insert(job_log), rows)

    def remove(self, ids: Collection[int]) -> None:
        """Forget jobs that have ended."""
        with self._writing() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.id.in_(ids), jobs.c.state.not_in(OPEN)))

    def prune(self) -> None:
        """Forget the oldest of too many jobs that have ended."""
        ended = [job.id for job in self.newest() if job.state not in OPEN]
        if len(ended) > MOST_ENDED:
            self.remove(ended[MOST_ENDED:])

    def _read(self, statement: sa.Select[Any]) -> list[Job]:
        with self._reading() as connection:
            return [_job(row) for row in connection.execute(statement).mappings()]

    def _change(self, id: int, states: Collection[JobState], **values: Any) -> bool:  # noqa: A002
        """Change a job that is in one of these states; tells whether it was."""
        with self._writing() as connection:
            change = sa.update(jobs).where(jobs.c.id == id, jobs.c.state.in_(states))
            return connection.execute(change.values(**values, event=_event(connection))).rowcount == 1

    def _require(self, changed: bool, id: int, otherwise: str) -> None:  # noqa: A002
        if not changed:
            self.get(id)
            raise UsageError(f"The job #{id} {otherwise}.")


def _event(connection: sa.Connection) -> int:
    """The next number; whoever else wants one waits until this is stored, so that they are seen in order."""
    counted = sa.update(counters).where(counters.c.name == EVENTS).values(value=counters.c.value + 1)
    return int(connection.execute(counted.returning(counters.c.value)).scalar_one())


def _text(text: str) -> str:
    return printable(text)[:MOST_TEXT]


def _job(row: Mapping[Any, Any]) -> Job:
    values = {each.name: row[_STORED.get(each.name, each.name)] for each in dataclasses.fields(Job)}
    request = json.loads(row["request"])
    asked = request | request.get("options", {}) | {"filters": bool(request.get("filters"))}
    values["options"] = [name for name, value in asked.items() if value is True]
    values["project"] = request.get("project")
    values |= {"kind": JobKind(row["kind"]), "state": JobState(row["state"])}
    values["result"] = None if row["result"] is None else json.loads(row["result"])
    return Job(**values)
