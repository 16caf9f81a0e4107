"""Writes what tracks are like into the tags of their files, and takes it out again."""

import contextlib
import os
import stat
from dataclasses import dataclass, field
from typing import Literal

from img2music.connectors.folders import FileState
from img2music.connectors.tag_writing import FieldEdit, Moods, TagEdit, TagFile
from img2music.errors import Img2MusicError, InputError, unexpected
from img2music.files import edited_copy, put_in_place, remove_left_copies
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore
from img2music.library.workers import content_hash
from img2music.locations import is_url
from img2music.media.packets import same_sound
from img2music.options import TagOptions
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result
from img2music.track import Track


@dataclass(frozen=True, slots=True)
class TaggedFile:
    """A track's file, and what became of its tags, or would."""

    id: int
    path: str
    fields: tuple[FieldEdit, ...]
    changed: bool

    @property
    def kept(self) -> bool:
        """Whether something was left as it is, since somebody else has written it."""
        return any(each.kept for each in self.fields)


@dataclass(repr=False)
class TagReport(Result):
    """What `tag` did, or with ``dry_run`` what it would do."""

    schema: Literal["img2music/tag/1"] = field(default="img2music/tag/1", init=False, repr=False)
    action: Literal["write", "remove"] = "write"
    """What was asked for."""
    dry_run: bool = False
    """Whether it only tells what it would do."""
    changed: int = 0
    """Files whose tags are other ones now."""
    missing: int = 0
    """Tracks that were left out, since the last scan did not find their file."""
    without_file: int = 0
    """Songs that were left out, since they have none."""
    linked: int = 0
    """Tracks that were left out: their path is a link to the file of another, which was looked at."""
    items: list[TaggedFile] = field(default_factory=list)
    """Files that were looked at, in order of path, changed or not."""
    errors: list[InputError] = field(default_factory=list)
    """Files that were left as they were: something is wrong."""

    @property
    def kept(self) -> int:
        """Files with a mood, tempo or key that others have written, and that was left as it is."""
        return sum(file.kept for file in self.items)

    def __str__(self) -> str:
        parts = [
            f"would change {self.changed}" if self.dry_run else f"{self.changed} changed",
            f"{len(self.items) - self.changed} as they are",
            f"{self.kept} with a mood, tempo or key by others, which is kept" if self.kept else "",
            f"{self.linked} links to others" if self.linked else "",
            f"{self.missing} missing" if self.missing else "",
            f"{self.without_file} songs without a file" if self.without_file else "",
            f"{len(self.errors)} failed" if self.errors else "",
        ]
        looked = len(self.items) + len(self.errors)
        return f"tags of {looked} files: {', '.join(part for part in parts if part)}."


def tag(
    store: LibraryStore,
    where: TrackFilter = TrackFilter(),
    options: TagOptions = TagOptions(),
    progress: Progress = unwatched,
) -> TagReport:
    """Write valence, arousal, mood, tempo and key of tracks into their files' own tags, or take them out again.

    Each file is copied beside itself; the copy is changed, its encoded sound compared with that of the file, and only
    then does it take the file's place, while the library takes down its new size, time and hash: so the next scan finds
    it unchanged. Whatever stops this, every file is whole, and the next call goes on from there.
    """
    run = _Tagging(store, options)
    with contextlib.nullcontext() if options.dry_run else store.alone():
        run.work(where, progress)
    return run.report


class _Tagging:
    """One run of `tag`."""

    def __init__(self, store: LibraryStore, options: TagOptions) -> None:
        self.report = TagReport(action="remove" if options.remove else "write", dry_run=options.dry_run)
        self._store = store
        self._options = options
        self._seen: set[str] = set()
        self._tidied: set[str] = set()

    def work(self, where: TrackFilter, progress: Progress) -> None:
        """Go through the tracks, one after the other."""
        tracks = list(self._store.tracks(where=where, missing=True))
        scanned = {known.id: known for known in self._store.known_files()}
        for done, track in enumerate(tracks, start=1):
            self._look(track, scanned.get(track.id))
            progress(Step("Tagging", done, len(tracks), track.path, "tracks"))

    def _look(self, track: Track, scanned: FileState | None) -> None:
        report = self.report
        if track.path is None:
            report.without_file += 1
            return
        if track.missing or scanned is None:
            report.missing += 1
            return
        if is_url(track.path):
            reason = "is in a store, of which files are only read; tag it where it comes from."
            report.errors.append(InputError(reason, track.path))
            return
        real = os.path.realpath(track.path)
        if real in self._seen:
            report.linked += 1
            return
        self._seen.add(real)
        self._tidy(os.path.dirname(real))  # noqa: PTH120 - names may be any bytes
        try:
            edit = self._tag(track, scanned, real)
            report.items.append(TaggedFile(track.id, track.path, edit.fields, edit.changed))
            report.changed += edit.changed
        except InputError as error:
            report.errors.append(InputError(error.reason, track.path))
        except OSError as error:
            reason = f"can't be written: {error.strerror or error}; it is left as it was."
            report.errors.append(InputError(reason, track.path))
        except Img2MusicError:  # the library's: there is no going on
            raise
        except Exception as error:  # noqa: BLE001 - whatever a file does to what reads it, the rest goes on
            report.errors.append(unexpected(error, track.path))

    def _tidy(self, folder: str) -> None:
        """Remove what an earlier run left in a folder when it was killed."""
        if folder not in self._tidied and not self._options.dry_run:
            self._tidied.add(folder)
            with contextlib.suppress(OSError):  # of a folder that is gone or read-only, its files tell
                remove_left_copies(folder)

    def _tag(self, track: Track, scanned: FileState, real: str) -> TagEdit:
        before = _unchanged(real, scanned)
        file = TagFile(real)
        edit = file.remove() if self._options.remove else file.write(_moods(track), overwrite=self._options.overwrite)
        if not edit.changed:
            return edit
        if not os.access(real, os.W_OK):
            raise InputError("is read-only; it is left as it was.", real)
        if not os.access(os.path.dirname(real), os.W_OK | os.X_OK):  # noqa: PTH120 - names may be any bytes
            raise InputError("its folder is read-only; it is left as it was.", real)
        if self._options.dry_run:
            return edit
        with edited_copy(real) as copy:
            file.save(copy)
            if not same_sound(real, copy):
                raise InputError("other tags would change its sound; it is left as it was.", real)
            if self._options.keep_times:
                os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
            status = os.stat(copy)  # noqa: PTH116
            content = content_hash(FileState(copy, status.st_size, status.st_mtime_ns))
            aliases = self._aliases(track, scanned, real)
            # Should the library fail in between, the file is taken for changed at the next scan, and nothing is lost.
            with self._store.writing() as transaction:
                for each, path in aliases.items():
                    transaction.put_file(each, FileState(path, status.st_size, status.st_mtime_ns), content)
                _unchanged(real, scanned)
                put_in_place(copy, real)
        return edit

    def _aliases(self, track: Track, scanned: FileState, real: str) -> dict[int, str]:
        """Paths of the tracks, by id, that are this very file: its own, and those that are links to it."""
        return {
            each: record.file.path
            for each, record in self._store.same_content(track.content or "")
            if (record.file.size, record.file.mtime_ns) == (scanned.size, scanned.mtime_ns)
            and os.path.realpath(record.file.path) == real
        }


def _unchanged(real: str, scanned: FileState) -> os.stat_result:
    """The state of a file, if it is as it was scanned."""
    try:
        status = os.stat(real)  # noqa: PTH116 - names may be any bytes
    except FileNotFoundError:
        raise InputError("is not there any more; is its disk mounted? If so, scan its folder again.", real) from None
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", real) from None
    if not stat.S_ISREG(status.st_mode) or (status.st_size, status.st_mtime_ns) != (scanned.size, scanned.mtime_ns):
        raise InputError("has changed since it was scanned; scan its folder again first.", real)
    return status


def _moods(track: Track) -> Moods:
    affect, features = track.affect, track.features
    return Moods(affect.valence, affect.arousal, affect.word, features.tempo, features.key_symbol)
