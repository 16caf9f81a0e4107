"""What jobs do, each in a process of its own that ends when the server does."""

import contextlib
import io
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from img2music.app.cluster import scan
from img2music.connectors.tables import read_songs
from img2music.errors import Cancelled, Img2MusicError, InputError, LibraryError, unexpected
from img2music.files import HEAD_BYTES, FileKind, make_folder, replacing
from img2music.filters import TrackFilter
from img2music.library.exchange import EXPORT, export_library, import_library
from img2music.library.importing import import_table
from img2music.library.jobs import JobKind, JobState
from img2music.library.listing import write_csv
from img2music.library.store import LibraryStore
from img2music.library.tagging import TaggedFile, tag
from img2music.options import ScanOptions, TagOptions
from img2music.progress import Progress, Step
from img2music.track import Track

NICE = 10
"""By how much a job and its workers stand back behind those who ask the server for something."""
GRACE = 3.0
"""Seconds in which a job that is to end may do so by itself; no harm is done to one that is killed."""
ENDED = "The server ended while it ran; what was finished is kept."
EVERY = 0.4
"""Seconds after which it is stored how far a job is."""
RECENT = 20.0
"""Seconds over which its rate is taken."""

CSV = FileKind("a CSV list of tracks", (".csv",), rb"id,")


class Rendering(StrEnum):
    """What is rendered of a project."""

    FILM = "film"
    MUSIC = "music"
    STEMS = "stems"


Request = dict[str, Any]
Found = tuple[dict[str, int], list[str]]
"""What a job has done, counted, and what is to be said of it."""


def run_job(address: str, id_: int) -> None:
    """Run a job that waits; the main function of a process."""
    ending = _Ending()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        with LibraryStore.open(address) as store, contextlib.ExitStack() as stack:
            try:
                stack.enter_context(store.running())
            except LibraryError:  # another server was quicker
                return
            if store.jobs.begin(id_):
                _run(store, id_, ending)
    except LibraryError as error:  # nor can it be told there
        sys.exit(f"The job #{id_}: {error}")


class _Ending:
    """Whether the server has ended, or has told this process to; after a while it has to."""

    def __init__(self) -> None:
        self.told = False
        signal.signal(signal.SIGTERM, lambda *_: self._tell())
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            self._tell()

    def _tell(self) -> None:
        if not self.told:
            self.told = True
            timer = threading.Timer(GRACE, os._exit, [1])
            timer.daemon = True
            timer.start()


class _Watching:
    """Stores how far a job is, now and then, and ends it when it is to end."""

    def __init__(self, store: LibraryStore, id_: int, ending: _Ending) -> None:
        self._jobs, self._id, self._ending = store.jobs, id_, ending
        self._last: Step | None = None
        self._item: str | None = None
        self._stored = 0.0
        self._recent: deque[tuple[float, float]] = deque()

    def __call__(self, step: Step) -> None:
        """Take a step."""
        if self._ending.told:
            raise Cancelled
        now = time.monotonic()
        if self._last is None or step.stage != self._last.stage:
            self._recent.clear()
            self._stored = 0.0
        self._last, self._item = step, step.item or self._item
        if now - self._stored >= EVERY:
            self._stored = now
            if not self._store(step, now):
                raise Cancelled

    def end(self) -> None:
        """Store the last step."""
        if self._last is not None:
            self._store(self._last, time.monotonic())

    def _store(self, step: Step, now: float) -> bool:
        while len(self._recent) > 1 and now - self._recent[0][0] > RECENT:
            self._recent.popleft()
        self._recent.append((now, step.done))
        seconds, done = now - self._recent[0][0], step.done - self._recent[0][1]
        rate = done / seconds if seconds and done else None
        left = None if rate is None or step.total is None else max(step.total - step.done, 0.0) / rate
        shown = Step(step.stage, step.done, step.total, self._item, step.unit)
        return self._jobs.step(self._id, shown, rate, left)


def _run(store: LibraryStore, id_: int, ending: _Ending) -> None:
    jobs, request = store.jobs, store.jobs.request(id_)
    watching = _Watching(store, id_, ending)
    state, result, error = JobState.DONE, None, None
    try:
        result, lines = _WORK[jobs.get(id_).kind](store, request | {"id": id_}, watching)
        watching.end()
        jobs.say(id_, lines)
    except Cancelled:
        state = JobState.INTERRUPTED if ending.told else JobState.CANCELLED
        error = ENDED if ending.told else None
    except Img2MusicError as failed:
        state, error = JobState.FAILED, str(failed)
    except Exception as failed:  # noqa: BLE001 - told where the job is shown
        traceback.print_exc()
        state, error = JobState.FAILED, unexpected(failed, "").what
    if error is not None:
        jobs.say(id_, [error])
    jobs.end(id_, state, result=result, error=error)
    if state is JobState.DONE and "file" in request:
        (store.folder / request["file"]).unlink(missing_ok=True)


def _scan(store: LibraryStore, request: Request, progress: Progress) -> Found:
    report = scan(store, request["folders"], ScanOptions(retry_failed=request["retry_failed"]), progress)
    if report.unusable:
        raise report.failed[0]
    return _counts(report), [*map(str, report.failed), *report.notes, str(report)]


def _import(store: LibraryStore, request: Request, progress: Progress) -> Found:
    path, name = store.folder / request["file"], request["name"]
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if re.match(EXPORT.start, head):
            found = import_library(store, path, progress, request["within"])
            counts, lines = _counts(found), [*found.notes, *(error.reason for error in found.errors)]
        else:
            report = import_table(store, path, read_songs(path, progress=progress), source=name, progress=progress)
            counts, lines = _counts(report), [*report.notes, *map(str, report.problems)]
    except OSError as error:
        raise InputError("is not here any more: send it again.", name) from error
    except InputError as error:
        raise InputError(error.what, name, remedy=error.remedy) from error
    return counts, lines


def _tag(store: LibraryStore, request: Request, progress: Progress) -> Found:
    report = tag(store, TrackFilter(**request["filters"]), TagOptions(**request["options"]), progress)
    lines = [*map(str, report.errors), *(_edits(file) for file in report.items if file.changed), str(report)]
    return _counts(report) | {"files": len(report.items), "kept": report.kept}, lines


def _edits(file: TaggedFile) -> str:
    edits = (edit for edit in file.fields if edit.before != edit.after and not edit.kept)
    told = (f"{edit.field} = {'; '.join(map(str, edit.after)) or 'none'}" for edit in edits)
    return f"{file.path}: {', '.join(told)}"


def _export(store: LibraryStore, request: Request, progress: Progress) -> Found:
    file = store.folder / exported(request["id"], request["format"])
    make_folder(file.parent)
    write = _write_csv if request["format"] == "csv" else export_library
    return {"tracks": write(store, file, progress), "bytes": file.stat().st_size}, []


def exported(id_: int, format_: str) -> str:
    """The name of the file that an export writes."""
    return f"export-{id_}.{format_}"


def _write_csv(store: LibraryStore, path: Path, progress: Progress) -> int:
    total = store.count() + store.count(missing=True)

    def counted() -> Iterator[Track]:
        for count, track in enumerate(store.tracks(missing=True), start=1):
            progress(Step("Exporting", count, total, track.path or track.identifier, "tracks"))
            yield track

    with replacing(path, CSV) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
        write_csv(text, counted())
        text.detach()
    return total


def _counts(report: Any) -> dict[str, int]:
    """Numbers of a report, and how many files, lines or rows it says something of."""
    values = {each.name: getattr(report, each.name) for each in fields(report)}
    counts = {name: value for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)}
    names = {"failed": "failed", "errors": "failed", "problems": "problems"}
    return counts | {name: len(values[each]) for each, name in names.items() if each in values}


def _film(store: LibraryStore, request: Request, progress: Progress) -> Found:
    from img2music.app.projects import read_project_film

    return read_project_film(store, request["project"], progress)


def _proxy(store: LibraryStore, request: Request, progress: Progress) -> Found:
    from img2music.app.projects import make_project_proxy

    return make_project_proxy(store, request["project"], progress)


def _render(store: LibraryStore, request: Request, progress: Progress) -> Found:
    from img2music.app.projects import render_project

    file = store.folder / exported(request["id"], request["format"])
    make_folder(file.parent)
    step = request["position"], request["digest"]
    return render_project(store, request["project"], step, Rendering(request["what"]), file, progress=progress)


def _match(store: LibraryStore, request: Request, progress: Progress) -> Found:
    from img2music.app.server_playlists import ServerPlaylists

    with ServerPlaylists(store, request["connection"]) as server:
        found = server.match(refresh=request["refresh"], progress=progress)
    counts = {"songs": found.songs, "mapped": found.mapped, "unsure": len(found.unsure), "absent": found.absent}
    return counts, list(found.notes)


_WORK: dict[JobKind, Callable[[LibraryStore, Request, Progress], Found]] = {
    JobKind.SCAN: _scan,
    JobKind.IMPORT: _import,
    JobKind.TAG: _tag,
    JobKind.EXPORT: _export,
    JobKind.FILM: _film,
    JobKind.PROXY: _proxy,
    JobKind.RENDER: _render,
    JobKind.MATCH: _match,
}
