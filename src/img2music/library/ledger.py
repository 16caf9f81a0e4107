"""The ledger of scans: which files are to be looked into, and which scan has them in hand.

A scan plans its files, then takes them in portions; the transaction that stores what came of a file removes it from the
ledger, if the scan still has it. So each result is stored once, whatever dies: what a dead scan had in hand is free
again. A scan holds a lock of the library as long as it lives, which dies with it.
"""

import json
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import sqlalchemy as sa

from img2music.analysis import FailureKind
from img2music.connectors.folders import FileState
from img2music.library.filters import below
from img2music.library.record import Stage, now
from img2music.library.rows import batches
from img2music.library.schema import Connecting, failures, scans, work
from img2music.shapes import Result

PORTION = 256
"""Files that a scan takes at once."""
MOST_ENDED = 20
"""Scans that are kept when they have ended."""


class Task(StrEnum):
    """Why a file is looked into."""

    NEW = "new"
    CHANGED = "changed"
    UNHASHED = "unhashed"
    REREAD = "reread"


class ScanState(StrEnum):
    """How far a scan is. A lost one was running when its process, its machine or the connection died."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRun:
    """A scan, on whatever machine."""

    id: int
    """Its number."""
    host: str
    """The machine's name."""
    folders: list[str]
    """What is scanned."""
    state: ScanState
    """How far it is."""
    started: str
    """When, in UTC."""
    updated: str
    """When it last stored something."""
    planned: int
    """Files that it found to look into."""
    done: int
    """Files whose result it has stored."""
    failed: int
    """Those of them that could not be analysed."""

    @property
    def rate(self) -> float:
        """Files a second."""
        seconds = (datetime.fromisoformat(self.updated) - datetime.fromisoformat(self.started)).total_seconds()
        return self.done / seconds if seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """How many files failed alike."""

    kind: FailureKind
    """What is wrong with them."""
    stage: Stage
    """At which they failed."""
    files: int
    """How many."""
    attempts: int
    """How often they were tried in all."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScanStatus(Result):
    """``img2music/scan-status/1``: what scans of a library have done, and have yet to do."""

    schema: Literal["img2music/scan-status/1"] = field(default="img2music/scan-status/1", init=False)
    waiting: int
    """Files that no running scan has in hand; where none is running, the next takes them."""
    in_hand: int
    """Files that running scans have in hand."""
    rate: float
    """Files a second, of all running scans together."""
    seconds_left: float | None
    """About; None where nothing is running, or nothing is known yet."""
    scans: list[ScanRun]
    """The newest first."""
    failures: list[FailureCount]
    """Files that could not be analysed, by kind and stage; those that hold nothing to hear, too."""


def _inside(folders: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(work.c.path.in_(folders), below(tuple(folders), work.c.path))


class Ledger:
    """The ledger of a library."""

    def __init__(self, reading: Connecting, writing: Connecting) -> None:
        self._reading, self._writing = reading, writing

    def begin(self, folders: Sequence[str], alive: Collection[int]) -> int:
        """Note that a scan has begun, and give its number; what scans that are dead had in hand is free."""
        with self._writing() as connection:
            dead = sa.and_(scans.c.state == ScanState.RUNNING, scans.c.id.not_in(alive))
            free = sa.update(work).where(work.c.scan_id.in_(sa.select(scans.c.id).where(dead)))
            connection.execute(free.values(scan_id=None))
            connection.execute(sa.update(scans).where(dead).values(state=ScanState.LOST))
            ended = sa.select(scans.c.id).where(scans.c.state != ScanState.RUNNING).order_by(scans.c.id.desc())
            old = [row.id for row in connection.execute(ended.offset(MOST_ENDED))]
            connection.execute(sa.delete(scans).where(scans.c.id.in_(old)))
            row = {
                "host": platform.node(),
                "folders": json.dumps(list(folders)),
                "state": ScanState.RUNNING,
                "started": now(),
                "updated": now(),
            }
            return int(connection.execute(sa.insert(scans).values(row).returning(scans.c.id)).scalar_one())

    def plan(self, scan: int, folders: Sequence[str], files: Mapping[Task, Iterable[FileState]]) -> int:
        """Replace what waits in some folders, and count it; what other scans have in hand they keep."""
        rows = [
            {"path": file.path, "size": file.size, "mtime_ns": file.mtime_ns, "task": task.value}
            for task, found in files.items()
            for file in found
        ]
        with self._writing() as connection:
            connection.execute(sa.delete(work).where(work.c.scan_id.is_(None), _inside(folders)))
            taken = sa.select(work.c.path).where(work.c.scan_id.is_not(None))
            others = set(connection.execute(taken).scalars())
            free = [row for row in rows if row["path"] not in others]
            for batch in batches(free):
                connection.execute(sa.insert(work), batch)
            connection.execute(sa.update(scans).where(scans.c.id == scan).values(planned=len(free)))
        return len(free)

    def has(self, folders: Sequence[str]) -> bool:
        """Whether files of some folders wait or are in hand."""
        with self._reading() as connection:
            return connection.execute(sa.select(work.c.path).where(_inside(folders)).limit(1)).first() is not None

    def take(self, scan: int, folders: Sequence[str]) -> list[tuple[FileState, Task]]:
        """Take a portion of the files that wait in some folders; no other scan gets them."""
        columns = (work.c.path, work.c.size, work.c.mtime_ns, work.c.task)
        free = sa.select(*columns).where(work.c.scan_id.is_(None), _inside(folders)).order_by(work.c.path)
        with self._writing() as connection:  # one writes at a time: nobody takes the same
            rows = connection.execute(free.limit(PORTION)).all()
            if rows:
                mine = work.c.path.in_([row.path for row in rows])
                connection.execute(sa.update(work).where(mine).values(scan_id=scan))
        return [(FileState(row.path, row.size, row.mtime_ns), Task(row.task)) for row in rows]

    def others(self, scan: int, folders: Sequence[str]) -> set[int]:
        """Tell which other scans have files of some folders in hand."""
        theirs = sa.select(work.c.scan_id).where(work.c.scan_id != scan, _inside(folders)).distinct()
        with self._reading() as connection:
            return set(connection.execute(theirs).scalars())

    def free(self, dead: Collection[int]) -> None:
        """Take from scans what they had in hand."""
        with self._writing() as connection:
            connection.execute(sa.update(work).where(work.c.scan_id.in_(dead)).values(scan_id=None))
            lost = sa.and_(scans.c.id.in_(dead), scans.c.state == ScanState.RUNNING)
            connection.execute(sa.update(scans).where(lost).values(state=ScanState.LOST))

    def end(self, scan: int, state: ScanState) -> None:
        """Note that a scan has ended; what it still had in hand is free."""
        with self._writing() as connection:
            connection.execute(sa.update(work).where(work.c.scan_id == scan).values(scan_id=None))
            connection.execute(sa.update(scans).where(scans.c.id == scan).values(state=state, updated=now()))

    def running(self) -> set[int]:
        """Tell which scans have begun and not ended, dead or alive."""
        with self._reading() as connection:
            return set(connection.execute(sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING)).scalars())

    def status(self, alive: Collection[int]) -> ScanStatus:
        """Tell what is done and what is not."""
        alike = sa.select(failures.c.kind, failures.c.stage, sa.func.count(), sa.func.sum(failures.c.attempts))
        alike = alike.group_by(failures.c.kind, failures.c.stage).order_by(failures.c.kind, failures.c.stage)
        with self._reading() as connection:
            held = sa.func.count().filter(work.c.scan_id.in_(alive))
            files, in_hand = connection.execute(sa.select(sa.func.count(), held).select_from(work)).one()
            found = [
                FailureCount(kind=FailureKind(kind), stage=Stage(stage), files=count, attempts=attempts)
                for kind, stage, count, attempts in connection.execute(alike)
            ]
            runs = [_run(row, alive) for row in connection.execute(sa.select(scans).order_by(scans.c.id.desc()))]
        rate = sum(run.rate for run in runs if run.state is ScanState.RUNNING)
        return ScanStatus(
            waiting=files - in_hand,
            in_hand=in_hand,
            rate=rate,
            seconds_left=files / rate if rate else None,
            scans=runs,
            failures=found,
        )


def _run(row: sa.Row[tuple[object, ...]], alive: Collection[int]) -> ScanRun:
    values = dict(row._mapping)
    state = ScanState(values["state"])
    if state is ScanState.RUNNING and row.id not in alive:
        state = ScanState.LOST
    return ScanRun(**values | {"state": state, "folders": json.loads(values["folders"])})


def finish(connection: sa.Connection, scan: int, paths: Collection[str], failed: Collection[str]) -> set[str]:
    """Remove files that a scan is done with, and tell which of them it still had."""
    held: set[str] = set()
    for batch in batches(paths):
        mine = sa.and_(work.c.scan_id == scan, work.c.path.in_(batch))
        held.update(connection.execute(sa.delete(work).where(mine).returning(work.c.path)).scalars())
    counted = {
        "done": scans.c.done + len(held),
        "failed": scans.c.failed + len(held.intersection(failed)),
        "updated": now(),
    }
    connection.execute(sa.update(scans).where(scans.c.id == scan).values(counted))
    return held
