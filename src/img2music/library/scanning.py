"""Scans folders into the library: only what changed, over several processes, safe to kill at any moment."""

import contextlib
import itertools
import os
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from img2music import locations
from img2music.connectors.folders import FileState
from img2music.connectors.lyric_files import read_embedded
from img2music.connectors.lyrics import Lyrics
from img2music.errors import InputError, LibraryError, UsageError
from img2music.library.changes import Changes, find_changes
from img2music.library.executors import Executor, ProcessExecutor
from img2music.library.ledger import Task
from img2music.library.pipeline import Outcome, Pipeline
from img2music.library.record import Failure, Fault, TrackRecord
from img2music.library.store import LibraryStore
from img2music.options import ScanOptions
from img2music.parallel import processors
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result
from img2music.track import TAG_NAMES

FLUSH_SECONDS = 2.0
FLUSH_FILES = 64
"""What is finished is stored after this long or this many files, whichever is first; a kill costs no more."""
WAIT_SECONDS = 0.5
"""After which it is looked whether other scans are done with what they have in hand."""


@dataclass(repr=False)
class ScanReport(Result):
    """What a scan did, or with ``dry_run`` what it would do."""

    dry_run: bool = False
    """Whether it only tells what it would do."""
    found: int = 0
    """Audio files in the folders."""
    unchanged: int = 0
    """Files that were left alone."""
    new: int = 0
    """Files that were not known, before looking into them."""
    changed: int = 0
    """Files that were known otherwise, likewise."""
    analysed: int = 0
    """Files that were listened to."""
    moved: int = 0
    """Files that a known track has moved to; in a dry run: new files of the size of a missing track."""
    copied: int = 0
    """Files with the same sound as another one, which was not analysed twice."""
    retagged: int = 0
    """Known files whose tags have changed, or anything but their sound; they were not analysed again."""
    reread: int = 0
    """Unchanged files whose tags were read again; in a dry run: those whose tags would be."""
    hashed: int = 0
    """Unchanged files whose sound was not known apart from their tags; in a dry run: likewise."""
    returned: int = 0
    """Missing tracks that are back, unchanged."""
    missing: int = 0
    """Tracks whose file is gone now."""
    silent: int = 0
    """Files that hold nothing to hear; no fault."""
    failed: list[InputError] = field(default_factory=list)
    """Files that could not be analysed, files and folders that could not be read."""
    notes: list[str] = field(default_factory=list)
    """What is wrong with files that were analysed all the same, and songs of servers that can't be asked for."""
    failed_before: int = 0
    """Files that could not be analysed in an earlier scan, and were left alone."""
    unusable: bool = False
    """Whether no given folder could be read, and no track was known in them."""
    seconds: float = 0.0
    """How long it took."""

    def __str__(self) -> str:
        would = self.dry_run
        parts = [
            f"would look into {self.new} new and {self.changed} changed" if would else f"{self.analysed} analysed",
            f"{self.moved} {'of them perhaps ' if would else ''}moved" if self.moved else "",
            f"{self.retagged} retagged" if self.retagged else "",
            f"{self.copied} with the same sound as another" if self.copied else "",
            f"{'hash ' if would else ''}the sound of {self.hashed}{'' if would else ' hashed'}" if self.hashed else "",
            f"{'read ' if would else ''}the tags of {self.reread}{'' if would else ' read'} again"
            if self.reread
            else "",
            f"{self.unchanged} unchanged",
            f"{self.returned} back" if self.returned else "",
            f"{self.missing} missing" if self.missing else "",
            f"{self.silent} silent" if self.silent else "",
            f"{len(self.failed)} failed" if self.failed else "",
            f"{self.failed_before} failed before" if self.failed_before else "",
        ]
        return f"{self.found} audio files: {', '.join(filter(None, parts))}; {self.seconds:.1f} s."


def scan(
    store: LibraryStore,
    folders: Sequence[str | os.PathLike[str]],
    options: ScanOptions = ScanOptions(),
    progress: Progress = unwatched,
    executor: Executor | None = None,
    *,
    left_out: Mapping[str, Container[str]] = MappingProxyType({}),
) -> ScanReport:
    """Bring the library up to date with folders.

    A file whose path, size and time of modification are known, measured by the present analyzer version, is not
    opened, but for its tags if they are asked for. Any other is hashed, and so is its sound apart from its tags; one
    with the content or the sound of a track whose own file is gone has moved, and the track keeps its id; one that
    sounds as it did, or as another present track does, shares that analysis; the rest is analysed, by processes of this
    machine unless there is another executor. Tracks whose file is gone are marked missing, never removed. What is
    finished is stored every two seconds, so that a scan that is interrupted or killed goes on where it was. On a server
    several may scan at once, the same folders too: each file is looked into by one, and each waits for the others.
    Songs of music servers are left out whose ids are in ``left_out``, by connection.
    """
    from img2music.music.audio.analyzer import ANALYZER

    if not folders or not all(map(os.fspath, folders)):
        raise UsageError("Give at least one folder to scan.")
    start = time.monotonic()
    roots = [locations.absolute(folder) for folder in folders]
    for root in roots:
        if root.startswith("server://") and "/" in root.removeprefix("server://"):
            raise UsageError(f"A music server is scanned whole: {root[: root.index('/', len('server://'))]}.")
    if options.dry_run:
        report = _compare(store, roots, ANALYZER, options, left_out)[1]
    else:
        with store.sharing():
            changes, report = _compare(store, roots, ANALYZER, options, left_out)
            with store.writing() as transaction:
                transaction.mark(changes.returned, missing=False)
                transaction.forget_failures(changes.gone)
            files = {
                Task.NEW: changes.new,
                Task.CHANGED: changes.changed,
                Task.UNHASHED: changes.unhashed,
                Task.REREAD: changes.reread,
            }
            if any(files.values()) or store.ledger.has(roots):  # else the library stays as it is
                with store.scanning(roots) as number:
                    planned = store.ledger.plan(number, roots, files)
                    _Run(store, number, roots, report, ANALYZER, options).work(executor, planned, progress)
            with store.writing() as transaction:
                report.missing = transaction.mark_gone((file.id, file.path) for file in changes.missing)
    report.seconds = time.monotonic() - start
    return report


def _compare(
    store: LibraryStore,
    roots: Sequence[str],
    analyzer: str,
    options: ScanOptions,
    left_out: Mapping[str, Container[str]],
) -> tuple[Changes, ScanReport]:
    changes = find_changes(store, roots, options, analyzer=analyzer, left_out=left_out)
    report = ScanReport(
        dry_run=options.dry_run,
        found=changes.found,
        unchanged=changes.unchanged,
        new=len(changes.new),
        changed=len(changes.changed),
        returned=len(changes.returned),
        missing=len(changes.missing),
        failed_before=changes.failed_before,
        notes=list(changes.notes),
    )
    if options.dry_run:
        report.hashed, report.reread = len(changes.unhashed), len(changes.reread)
        sizes = {file.size for file in changes.missing}
        sizes |= {file.size for file in store.known_files() if file.missing}
        report.moved = sum(file.size in sizes for file in changes.new)
    for path, reason in changes.unreadable:
        asked = "nothing" if locations.is_url(path) else "is its disk there? Nothing"
        hint = f"; {asked} is removed from the library" if path in roots else ""
        is_file = os.path.isfile(path) and path in roots  # noqa: PTH113 - names may be any bytes
        told = "is a file: give the folder that it is in." if is_file else f"can't be read: {reason}{hint}."
        report.failed.append(InputError(told, path))
    for path in changes.emptied:
        reason = "holds nothing, but the library has tracks in it (now missing); is its disk mounted?"
        report.failed.append(InputError(reason, path))
    unreadable = {path for path, _ in changes.unreadable}
    report.unusable = all(root in unreadable for root in roots) and not changes.missing
    return changes, report


class _Run:
    """The part of a scan that opens files, and stores what comes of them in batches."""

    def __init__(  # noqa: PLR0917
        self,
        store: LibraryStore,
        number: int,
        roots: Sequence[str],
        report: ScanReport,
        analyzer: str,
        options: ScanOptions,
    ) -> None:
        self._movers: set[int] = set()  # ids of tracks that have moved
        # The same, with their old paths, by new path, until they are stored
        self._moved: dict[str, tuple[int, str]] = {}
        self._store = store
        self._number = number
        self._roots = roots
        self._report = report
        self._analyzer = analyzer
        self._options = options
        self._tasks: dict[str, Task] = {}  # of the files in hand
        self._done = self._faults = 0
        self._same_words: set[str] = set()
        self._finished: list[str] = []
        self._records: list[TrackRecord] = []
        self._failures: list[Failure] = []
        self._flushed = time.monotonic()

    def work(self, executor: Executor | None, planned: int, progress: Progress) -> None:
        """Take every file to the library."""
        with contextlib.ExitStack() as stack:
            try:
                while True:
                    files = self._files()
                    first = next(files, None)
                    if first is not None:
                        if executor is None:
                            executor = stack.enter_context(ProcessExecutor(self._options.jobs or processors()))
                        self._listen(executor, itertools.chain([first], files), planned, progress)
                    elif not self._waits_for_others():
                        break
                    progress(Step("Listening", self._done, max(planned, self._done), None, "files"))  # may end it
            finally:
                self._flush()

    def _files(self) -> Iterator[FileState]:
        """Files that nobody else has in hand, until there is none left."""
        while portion := self._store.ledger.take(self._number, self._roots):
            self._tasks.update((file.path, task) for file, task in portion)
            yield from (file for file, _ in portion)

    def _waits_for_others(self) -> bool:
        """Wait a moment if other scans have files in hand; those of the dead are free again."""
        others = self._store.ledger.others(self._number, self._roots)
        if not others:
            return False
        if dead := others - self._store.scans_alive():
            self._store.ledger.free(dead)
        else:
            time.sleep(WAIT_SECONDS)
        return True

    def _listen(self, executor: Executor, files: Iterable[FileState], planned: int, progress: Progress) -> None:
        progress(Step("Listening", self._done, max(planned, self._done), None, "files"))
        for outcome in Pipeline(executor, self._known, self._stored).run(files):
            if outcome is not None:
                self._done += 1
                self._take(outcome)
                locations.discard(outcome.file.path, (outcome.file.size, outcome.file.mtime_ns))
            item = None if outcome is None else outcome.file.path
            progress(Step("Listening", self._done, max(planned, self._done), item, "files"))  # which may end it
            if len(self._finished) >= FLUSH_FILES or time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._flush()
            files_in_all = max(planned, self._done)  # what others had in hand may have come to this scan
            if self._faults > self._options.failing * files_in_all:
                raise LibraryError(
                    f"{self._faults} of {files_in_all} files could not be analysed, which is more than the share of "
                    f"{self._options.failing:g} that may fail (`failing`);",
                    self._store.location,
                    remedy="see why, then scan again with `retry_failed=True`. What was finished is kept.",
                )

    def _stored(self, file: FileState) -> TrackRecord | None:
        """Give what is stored of a file of which only the tags are to be read."""
        return self._store.record(file.path) if self._tasks[file.path] is Task.REREAD else None

    def _known(self, content: str | None, sound: str | None) -> TrackRecord | None:
        """Give what the present analyzer version measured on a content or a sound, unless it is to be measured anew."""
        if self._options.full:
            return None
        stored = self._store.same_sound(sound or "") if content is None else self._store.same_content(content)
        for record in [*self._records, *(record for _, record in stored)]:
            same = record.sound == sound if content is None else record.content == content
            if same and record.analysis.analyzer == self._analyzer:
                return record
        return None

    def _take(self, outcome: Outcome) -> None:
        file, content, measured = outcome.file, outcome.content, outcome.measured
        report, task = self._report, self._tasks[file.path]
        self._finished.append(file.path)
        if content is None or isinstance(measured, Fault):
            assert isinstance(measured, Fault)
            self._note_failure(file, measured)
            return
        record = TrackRecord(file, content, measured.tags, measured.analysis, sound=measured.sound)
        if task is Task.REREAD:
            self._take_tags(record)
            return
        self._records.append(record)
        if record.analysis.note is not None:
            report.notes.append(f"{file.path}: {record.analysis.note}")
        mover = self._mover(record)
        if mover is not None:
            self._movers.add(mover[0])
            self._moved[file.path] = mover
            report.moved += 1
        if not outcome.shared:
            report.analysed += 1
        elif task is Task.UNHASHED:
            report.hashed += 1
        elif mover is None:
            before = None if task is Task.NEW else self._store.find(file.path)
            if before is None or before.sound != measured.sound:
                report.copied += 1
            elif before.content != content:
                report.retagged += 1
                self._look_at_words(before.id, file.path)
            else:  # only its time is another one
                report.unchanged += 1

    def _take_tags(self, record: TrackRecord) -> None:
        before = self._store.find(record.file.path)
        self._report.reread += 1
        if before is not None and any(getattr(before, name) != getattr(record.tags, name) for name in TAG_NAMES):
            self._report.retagged += 1
            self._report.unchanged -= 1
            self._records.append(record)

    def _note_failure(self, file: FileState, fault: Fault) -> None:
        state = (file.path, file.size, file.mtime_ns)
        failure = Failure(*state, self._analyzer, fault.reason, fault.stage, fault.kind)
        if self._tasks[file.path] in (Task.NEW, Task.CHANGED):  # else the track is as good as it was
            self._failures.append(failure)
        if failure.silent:
            self._report.silent += 1
        else:
            self._faults += 1
            self._report.failed.append(InputError(failure.reason, file.path))

    def _look_at_words(self, track: int, path: str) -> None:
        """Tell whether the lyrics in a file's tags are as they were when they were fetched."""
        for words in self._store.lyrics([track]).get(track, []):
            if words.source == "tags" and read_embedded(path) == Lyrics(words.text, words.instrumental):
                self._same_words.add(path)

    def _mover(self, record: TrackRecord) -> tuple[int, str] | None:
        """Give the id and the old path of a track that has moved to a file, and may have been retagged on the way."""
        if self._tasks[record.file.path] is not Task.NEW:
            return None
        candidates = self._store.same_content(record.content)
        candidates += self._store.same_sound(record.sound or "")
        for track, before in candidates:
            if track not in self._movers and not locations.exists(before.file.path):
                return track, before.file.path
        return None

    def _flush(self) -> None:
        if self._finished:
            failed = {failure.path: failure for failure in self._failures if not failure.silent}
            with self._store.writing() as transaction:
                # What another scan has in hand by now, since this one was taken for dead, is not stored here.
                held = transaction.finish(self._number, self._finished, failed)
                records = [record for record in self._records if record.file.path in held]
                transaction.put(records, moved=self._moved, same_words=self._same_words)
                for failure in self._failures:
                    if failure.path in held:
                        transaction.add_failure(failure)
            for path in self._finished:
                del self._tasks[path]
            for done in (self._finished, self._records, self._failures, self._moved):
                done.clear()
        self._flushed = time.monotonic()
