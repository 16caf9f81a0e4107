"""Jobs of a library that is served: taken, run one at a time, each in a process of its own, and tidied up after.

A process, since a thread takes the server's time from those who ask it something (`benchmarks server`: with 200 clients
on two busy cores about half the answers a second), and what crashes in one takes the server along.
"""

import atexit
import contextlib
import itertools
import os
import secrets
import shutil
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from img2music.app.folders import Folder, known_folders
from img2music.app.job_work import ENDED, GRACE, Rendering, exported, run_job
from img2music.app.library import Library, store_of
from img2music.connectors.connections import connections
from img2music.connectors.registry import MUSIC
from img2music.errors import Img2MusicError, LibraryError, UsageError, printable
from img2music.files import Closing, make_folder
from img2music.filters import TrackFilter
from img2music.library.executors import Context, interrupts_blocked
from img2music.library.jobs import OPEN, Job, JobKind, JobState
from img2music.locations import absolute
from img2music.options import TagOptions

POLL = 0.5
"""Seconds after which jobs of other servers are looked at."""
MOST_KEPT = 2 << 30
"""Bytes of files to be imported that are kept; then those of jobs that ended go, the oldest first."""
MOST_EXPORTS, MOST_EXPORTED = 5, 50 << 30
"""Files to be taken away that are kept, and bytes of them; the newest in any case."""
WRITING = (JobKind.EXPORT, JobKind.RENDER)
"""Jobs that write a file to be taken away."""
STRAY = 3600.0
"""Seconds after which what was sent and belongs to no job is removed."""
LONGEST_ENDING = 10


class JobQueue(Closing):
    """The jobs of a library, and what runs them until it is closed."""

    def __init__(self, library: Library, music: Sequence[str] = ()) -> None:
        """Take folders that may be scanned, beside those in which tracks lie."""
        self._store = store_of(library)
        self._music = [absolute(each) for each in music]
        self._folders: tuple[tuple[int, tuple[str, ...]], list[Folder]] | None = None
        self._running: tuple[Any, int] | None = None  # a process, and what it runs
        self._ended, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.jobs = self._store.jobs

    def start(self) -> None:
        """Run what waits, from now on."""
        self._tidy()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # else Python would wait for the job where nobody has closed this

    def close(self) -> None:
        """Interrupt what runs."""
        atexit.unregister(self.close)
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    # What may be asked

    def folders(self) -> list[Folder]:
        """List the folders that may be scanned, and the music servers that are connected and give out files."""
        servers = tuple(_servers())
        state = self._store.version().changes, servers
        if self._folders is None or self._folders[0] != state:
            self._folders = state, known_folders([*self._music, *servers], self._store.folders())
        return self._folders[1]

    def scan(self, ids: Collection[str] = (), *, retry_failed: bool = False) -> Job:
        """Bring the library up to date with folders, or with all that are known, but for servers never scanned."""
        folders = self.folders()
        known = {folder.id: folder.path for folder in folders}
        if unknown := [each for each in ids if each not in known]:
            raise KeyError(unknown[0])
        usual = [each.id for each in folders if each.tracks or not each.path.startswith("server:")]
        paths = [known[each] for each in ids or usual]
        if not paths:
            raise UsageError("There is no folder to scan: name one with `music` when the server is started.")
        return self._add(JobKind.SCAN, ", ".join(paths), {"folders": paths, "retry_failed": retry_failed})

    def tag(self, options: TagOptions, filters: dict[str, Any]) -> Job:
        """Write moods into the tags of files, of songs that pass conditions."""
        TrackFilter(**filters)
        return self._add(JobKind.TAG, Path(self._store.location).name, {"options": asdict(options), "filters": filters})

    def export(self, format_: str) -> Job:
        """Write the library to a file."""
        return self._add(JobKind.EXPORT, f"library.{format_}", {"format": format_})

    def read_film(self, project: int, name: str) -> Job:
        """Read a project's film, and choose its music."""
        return self._add(JobKind.FILM, name, {"project": project})

    def make_proxy(self, project: int, name: str) -> Job:
        """Make a small copy of a project's film that browsers play."""
        return self._add(JobKind.PROXY, name, {"project": project})

    def render(self, project: int, name: str, step: tuple[int, str], what: Rendering, format_: str) -> Job:
        """Render a step of a project, told by its position and a digest of its sheet."""
        position, digest = step
        request = {"project": project, "position": position, "digest": digest, "what": what, "format": format_}
        return self._add(JobKind.RENDER, name, request)

    def match(self, connection: str, *, refresh: bool = False) -> Job:
        """Bring up to date which songs of a music server are tracks of the library."""
        return self._add(JobKind.MATCH, connection, {"connection": connection, "refresh": refresh})

    def import_file(self, file: BinaryIO, name: str) -> Job:
        """Read a table of songs, or an exported library, of which a copy is kept until that is done."""
        name = printable(name.replace("\\", "/").rsplit("/", 1)[-1]) or "songs"
        ending = Path(name).suffix if Path(name).suffix[1:].isalnum() else ""
        copy = self._store.folder / f"import-{secrets.token_hex(8)}{ending[:LONGEST_ENDING]}"
        make_folder(copy.parent)
        self._make_room(file)
        try:
            with copy.open("xb") as stream:
                shutil.copyfileobj(file, stream, 1 << 20)
                os.fsync(stream.fileno())
            within = [folder.path for folder in self.folders()]
            return self._add(JobKind.IMPORT, name, {"file": copy.name, "name": name, "within": within})
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise LibraryError(f"can't keep what was sent ({error.strerror}).", remedy="free some space.") from error
        except BaseException:
            copy.unlink(missing_ok=True)
            raise

    def retry(self, id_: int) -> Job:
        """Have a job that did not end well go on."""
        if not self._is_here(self.jobs.request(id_)):
            raise UsageError("What was sent is no longer kept: send it again.")
        job = self.jobs.retry(id_)
        self._wake.set()
        return job

    def cancel(self, id_: int) -> Job:
        """Have a job end; what it has finished is kept."""
        return self.jobs.cancel(id_)

    def remove(self, id_: int) -> None:
        """Forget a job that has ended, its log and its file."""
        if self.jobs.get(id_).state in OPEN:
            raise UsageError(f"The job #{id_} has not ended: cancel it first.")
        file = self._file(id_)
        self.jobs.remove([id_])
        if file is not None:
            file.unlink(missing_ok=True)

    def exported(self, id_: int) -> Path | None:
        """The file that an export, or a rendering, has written; None if there is none, or none any more."""
        job = self.jobs.get(id_)
        file = self._file(id_) if job.kind in WRITING and job.state is JobState.DONE else None
        return file if file is not None and file.is_file() else None

    def _add(self, kind: JobKind, name: str, request: dict[str, Any]) -> Job:
        _ = self._store.folder  # no library in memory
        job = self.jobs.add(kind, name, request)
        self._wake.set()
        return job

    def _file(self, id_: int) -> Path | None:
        """Where what a job reads or writes is, if it is kept here."""
        request = self.jobs.request(id_)
        name = exported(id_, request["format"]) if "format" in request else request.get("file")
        return None if name is None else self._store.folder / name

    def _is_here(self, request: dict[str, Any]) -> bool:
        """Whether what a job is to import is on this machine, and is still kept."""
        return "file" not in request or (self._store.folder / request["file"]).is_file()

    # Running

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(LibraryError):  # it is tried again
                self._look()
            self._wake.wait(POLL)
            self._wake.clear()
        self._stop()

    def _look(self) -> None:
        """Start a job that waits, where none runs, here or elsewhere."""
        if self._running is not None:
            process, id_ = self._running
            if process.is_alive():
                return
            self._reap(process, id_)
        if not self.jobs.unended():
            return
        with self._store.running():  # so none does, whatever is told of it
            self.jobs.interrupt(ENDED)
        unended = self.jobs.unended()
        requests = dict(self.jobs.requests())  # read last, as one may be added or removed between both
        waiting = [job.id for job in unended if job.id in requests and self._is_here(requests[job.id])]
        if waiting:
            self._start(waiting[0])

    def _start(self, id_: int) -> None:
        process = Context().Process(target=run_job, args=(self._store.address, id_), name=f"job {id_}")
        with interrupts_blocked():
            process.start()
        self._running = process, id_

    def _reap(self, process: Any, id_: int) -> None:
        self._running = None
        process.join()
        if process.exitcode:  # before it took the job, or else that is told to be running
            error = f"The process of the job has ended (exit code {process.exitcode})."
            self.jobs.end(id_, JobState.FAILED, error=error, was=JobState.WAITING)
        process.close()
        self._tidy()
        self._wake.set()

    def _stop(self) -> None:
        if self._running is None:
            return
        process, _ = self._running
        process.terminate()
        process.join(GRACE)
        process.kill()
        process.join()
        process.close()
        self._tidy()

    # Files

    def _make_room(self, file: BinaryIO) -> None:
        """Remove files of jobs that ended, where too much is kept with another."""
        wanted = file.seek(0, os.SEEK_END)
        file.seek(0)
        kept = {job: self._store.folder / request["file"] for job, request in self.jobs.requests() if "file" in request}
        sizes = {job: path.stat().st_size for job, path in kept.items() if path.is_file()}
        waiting = {job.id for job in self.jobs.unended()}
        for job in sorted(sizes.keys() - waiting):
            if sum(sizes.values()) + wanted <= MOST_KEPT:
                return
            kept[job].unlink(missing_ok=True)
            del sizes[job]
        if sum(sizes.values()) + wanted > MOST_KEPT:
            raise UsageError("Too much waits to be imported: wait until that is done.")

    def _tidy(self) -> None:
        """Forget the oldest jobs, and remove files that no job has; not while one is running."""
        with contextlib.suppress(LibraryError, OSError), self._store.running():
            self.jobs.interrupt(ENDED)
            self.jobs.prune()
            listed = self.jobs.newest()
            requests = dict(self.jobs.requests())
            listed = [job for job in listed if job.id in requests]  # as above
            exports = [job.id for job in listed if job.kind in WRITING and job.state is JobState.DONE]
            names = [exported(id_, requests[id_]["format"]) for id_ in exports[:MOST_EXPORTS]]
            sizes = itertools.accumulate(_size(self._store.folder / name) for name in names)
            keep = {name for name, size in zip(names, sizes, strict=True) if name == names[0] or size <= MOST_EXPORTED}
            keep |= {
                requests[job.id]["file"]
                for job in listed
                if job.kind is JobKind.IMPORT and job.state is not JobState.DONE
            }
            for file in self._store.folder.iterdir():
                # It may be that an upload is here before its job is.
                age = time.time() - file.stat().st_mtime if file.name.startswith("import-") else STRAY
                if file.name not in keep and age >= STRAY:
                    file.unlink(missing_ok=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _servers() -> list[str]:
    """Connected music servers that give out files, as folders; none where connections can't be read."""
    try:
        known = connections()
    except Img2MusicError:  # which whoever lists them is told
        return []
    return [f"server://{each.name}" for each in known if each.kind in MUSIC and MUSIC[each.kind].files]
