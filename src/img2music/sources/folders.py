"""Walks folders for audio files, without opening any."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

EXTENSIONS = frozenset(
    "3ga 3gp aac ac3 aif aifc aiff alac amr ape asf au caf dff dsf dts eac3 flac gsm it m4a m4b m4p mka mod mp+ mp1 "
    "mp2 mp3 mp4 mpa mpc mpga mpp oga ogg oma opus ra ram rf64 rm s3m shn snd spx tak tta voc w64 wav wave weba webm "
    "wma wv xm".split()
)
"""Extensions (lower case, without the dot) of the files that are taken for audio. A file with another one is left
alone, whatever it holds: to look into every file of a disk would take hours."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """An audio file in a folder.

    Attributes
    ----------
    path : str
        Absolute path, as ``os.fsdecode`` gives it.
    size : int
        Bytes.
    mtime_ns : int
        Time of the last modification, in nanoseconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass
class Walk:
    """Walks a folder; iterate it once.

    Files come in order of their names' bytes, folder by folder. Hidden files and folders (a leading dot) are left
    out. Symbolic links are followed, but no folder is entered twice, so a loop of them ends. What is not a regular
    file (a pipe, a device) is left out.

    Attributes
    ----------
    folder : str
        Absolute path of the folder.
    unreadable : list of (str, str)
        Files and folders that could not be read, and why; complete when the iteration is.
    empty : bool
        Whether the folder itself holds nothing at all, not even what is left out; known when the iteration is
        complete.
    """

    folder: str
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    empty: bool = False

    def __iter__(self) -> Iterator[FoundFile]:
        visited: set[tuple[int, int]] = set()
        waiting = [self.folder]
        while waiting:
            folder = waiting.pop()
            folders: list[str] = []
            try:
                status = os.stat(folder)  # noqa: PTH116  # names may be any bytes: plain strings all the way
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as entries:
                    ordered = sorted(entries, key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                self.unreadable.append((folder, error.strerror or str(error)))
                continue
            if folder == self.folder:
                self.empty = not ordered
            for entry in ordered:
                found = self._look(entry, folders)
                if found is not None:
                    yield found
            waiting.extend(reversed(folders))

    def _look(self, entry: os.DirEntry[str], folders: list[str]) -> FoundFile | None:
        if entry.name.startswith("."):
            return None
        try:
            if entry.is_dir():
                folders.append(entry.path)
                return None
            if not is_audio_name(entry.name):
                return None
            status = entry.stat()
        except FileNotFoundError:
            return None  # a dangling link, or gone meanwhile
        except OSError as error:
            self.unreadable.append((entry.path, error.strerror or str(error)))
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return FoundFile(entry.path, status.st_size, status.st_mtime_ns)


def is_audio_name(name: str) -> bool:
    """Tell whether a file is taken for audio, by the extension of its name.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    return os.path.splitext(name)[1][1:].lower() in EXTENSIONS  # noqa: PTH122  # a million times: no Path each
