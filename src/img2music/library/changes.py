"""What has changed in folders since the library last saw them, told without opening a file."""

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from img2music.analysis import FailureKind
from img2music.connectors.folders import FileState, FolderWalk, in_system_folder, under
from img2music.library.record import Failure
from img2music.library.store import KnownFile, LibraryStore
from img2music.locations import exists, is_url
from img2music.options import ScanOptions


@dataclass
class Changes:
    """What a scan has to do."""

    found: int = 0  # audio files in the folders
    unchanged: int = 0  # files that the library knows as they are, or as silent
    new: list[FileState] = field(default_factory=list)  # files that it does not know
    changed: list[FileState] = field(default_factory=list)  # that it knows otherwise, or by another analyzer version
    unhashed: list[FileState] = field(default_factory=list)  # of the unchanged, whose sound has not been hashed yet
    reread: list[FileState] = field(default_factory=list)  # of the unchanged, whose tags are to be read again
    failed_before: int = 0  # files that could not be analysed, and have not changed since
    returned: list[int] = field(default_factory=list)  # ids of tracks that were missing and are back, unchanged
    # Tracks whose file is gone, or in a folder that is no longer walked
    missing: list[KnownFile] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # files and folders that could not be read, and why
    notes: list[str] = field(default_factory=list)  # of songs of servers that can't be asked for
    # Given folders that hold nothing, although the library has tracks in them
    emptied: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # paths of failures whose file is gone


def find_changes(
    store: LibraryStore,
    folders: Sequence[str],
    options: ScanOptions = ScanOptions(),
    *,
    analyzer: str,
    left_out: Mapping[str, Container[str]] = MappingProxyType({}),
) -> Changes:
    """Compare folders with the library, but for songs of servers that are `left_out` of the walk."""
    known = {file.path: file for file in store.known_files() if under(file.path, folders)}
    failed = {failure.path: failure for failure in store.failures()}
    changes = Changes()
    walk = FolderWalk(folders, left_out=left_out)
    seen: set[str] = set()
    for file in walk:
        if file.path in seen:
            continue
        seen.add(file.path)
        changes.found += 1
        before = known.get(file.path)
        failure = failed.get(file.path)
        if options.full or failure is None or not _same(failure, file, analyzer):
            failure = None
        again = (options.retry, FailureKind.UNREACHED)
        if failure is not None and (failure.kind in again or (options.retry_failed and not failure.silent)):
            failure = None
        if failure is not None and failure.silent:
            changes.unchanged += 1
        elif failure is not None:
            changes.failed_before += 1
        elif before is None:
            changes.new.append(file)
        elif options.full or not _same(before, file, analyzer):
            changes.changed.append(file)
        else:
            _note_unchanged(changes, before, file, options)
    changes.unreadable, changes.notes = walk.unreadable, walk.notes
    unread = [path for path, _ in walk.unreadable]
    unreadable = [path for path in unread if is_url(path) or os.path.lexists(path)]
    changes.emptied = [folder for folder in walk.empty if any(under(path, [folder]) for path in known)]
    changes.missing = [
        file
        for path, file in known.items()
        if path not in seen and not file.missing and (_gone(path, unreadable) or _left_out(path, folders))
    ]
    changes.gone = [
        path
        for path in failed
        if path not in seen and under(path, folders) and (_gone(path, unread) or _left_out(path, folders))
    ]
    return changes


def _note_unchanged(changes: Changes, before: KnownFile, file: FileState, options: ScanOptions) -> None:
    changes.unchanged += 1
    if not before.hashed:
        changes.unhashed.append(file)
    elif options.tags:
        changes.reread.append(file)
    if before.missing:
        changes.returned.append(before.id)


def _same(before: KnownFile | Failure, file: FileState, analyzer: str) -> bool:
    return (before.size, before.mtime_ns, before.analyzer) == (file.size, file.mtime_ns, analyzer)


def _left_out(path: str, folders: Sequence[str]) -> bool:
    """Whether a file is in a system folder; an earlier version, or a scan of that very folder, has taken it."""
    return any(under(path, [folder]) and in_system_folder(path, folder) for folder in folders)


def _gone(path: str, unreadable: Sequence[str]) -> bool:
    return not under(path, unreadable) and not exists(path)
