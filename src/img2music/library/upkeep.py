"""Looks after a library: what is in it, whether it is sound, what may go."""

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from img2music import locations
from img2music.connectors.folders import FileState
from img2music.errors import InputError, UsageError
from img2music.library.importing import table_source
from img2music.library.store import LibraryStore
from img2music.library.workers import content_hash
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result


@dataclass(repr=False)
class Verification(Result):
    """What is wrong with a library or its files."""

    database: list[str] = field(default_factory=list)
    """Faults of the database; empty if it is sound."""
    files: list[InputError] = field(default_factory=list)
    """Tracks whose files are gone, now or at the last scan, have changed or can't be read."""
    checked: int = 0
    """Number of files that were looked at."""


def verify(store: LibraryStore, *, content: bool = False, progress: Progress = unwatched) -> Verification:
    """Check the database, and that the tracks' files are there as they were analysed."""
    found = Verification(database=store.faults())
    total = len(list(store.known_files()))
    for record in store.records():
        found.checked += 1
        path = record.file.path
        try:
            if record.missing:
                back = "it is there: scan its folder again." if locations.exists(path) else "prune removes it for good."
                raise InputError("is marked missing since a scan;", path, remedy=back)
            state = FileState(path, *locations.state(path))
            if state != record.file:
                raise InputError("has changed since it was analysed; scan again.", path)
            if not locations.is_url(path) and not os.access(path, os.R_OK):
                raise InputError("can't be read; check its permissions.", path)
            if content and content_hash(state) != record.content:
                raise InputError("its bytes have changed, though its size and time have not.", path)
        except OSError as error:
            found.files.append(InputError(f"can't be read: {error.strerror or error}; scan again.", path))
        except InputError as error:
            found.files.append(error)
        progress(Step("Checking", found.checked, total, path, "files"))
    return found


def prune(store: LibraryStore, *, without_file: bool = False, dry_run: bool = False) -> int:
    """Remove the tracks that are marked missing, for good."""
    if dry_run:
        return store.count(missing=True) + (store.info().without_file if without_file else 0)
    with store.alone():
        with store.writing() as transaction:
            removed = transaction.remove_missing() + (transaction.remove_songs() if without_file else 0)
        store.compact()
    return removed


def forget(store: LibraryStore, what: str) -> int:
    """Remove what the library has of a folder, a file, a table or a playlist, for good; files are not touched."""
    if not what:
        raise UsageError("An empty name is no folder, file, table or playlist.")
    path = locations.expanded(what)
    sources = store.info().sources
    table = table_source(Path(path))
    named = [name for name in sources if name in (what, table)] or [
        name for name in sources if os.sep not in what and PurePath(name).name == what
    ]
    with store.alone(), store.writing() as transaction:
        removed = transaction.forget_files(path)
        if len(named) == 1:
            removed += transaction.forget_source(named[0])
    if not removed and len(named) != 1:
        listed = "; ".join(named or sources) or "none"
        reason = "several tables are called so" if named else "the library has nothing of it"
        raise InputError(f"{reason}; its tables and playlists are: {listed}.", what)
    store.compact()
    return removed
