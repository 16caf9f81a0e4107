"""Walks folders for audio files or images, without opening any."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

# fmt: off
EXTENSIONS = frozenset({
    "aac", "ac3", "aif", "aifc", "aiff", "alac", "ape", "au", "caf", "dff", "dsf", "eac3", "flac", "m4a",
    "m4b", "mka", "mp+", "mp1", "mp2", "mp3", "mpa", "mpc", "mpga", "mpp", "oga", "ogg", "oma", "opus", "ra", "rf64",
    "shn", "snd", "spx", "tak", "tta", "voc", "w64", "wav", "wave", "weba", "wma", "wv",
})
# fmt: on
"""Extensions (lower case, without the dot) of the files that are taken for audio. A file with another one is
left alone, whatever it holds: to look into every file of a disk would take hours."""

IMAGE_EXTENSIONS = frozenset(
    {"avif", "bmp", "gif", "heic", "heif", "jfif", "jp2", "jpe", "jpeg", "jpg", "png", "ppm", "tif", "tiff", "webp"}
)
"""Extensions (lower case, without the dot) of the files that are taken for images."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells, without opening it, that a file is unchanged.

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


class FolderWalk:
    """Walks folders for files of one kind; iterate it once.

    Files come folder by folder, in order of their names' bytes. Hidden files and folders (a leading dot) are
    left out, and so is what is not a regular file (a pipe, a device). Links are followed, after all that is
    there without them; no folder is entered twice, so a loop of links ends.

    Parameters
    ----------
    folders : sequence of str
        Absolute paths.
    wanted : callable, optional
        Tells by a file's name whether it is of the kind; by default `is_audio_name`.

    Attributes
    ----------
    unreadable : list of (str, str)
        Files and folders that could not be read, and why; complete when the iteration is.
    empty : list of str
        Those of the folders that hold nothing at all; complete when the iteration is.
    """

    def __init__(self, folders: Sequence[str], wanted: Callable[[str], bool] | None = None) -> None:
        self.unreadable: list[tuple[str, str]] = []
        self.empty: list[str] = []
        self._roots = list(folders)
        self._wanted = wanted or is_audio_name

    def __iter__(self) -> Iterator[FileState]:
        visited: set[tuple[int, int]] = set()
        waiting = self._roots[::-1]
        links: list[str] = []
        while waiting or links:
            folder = waiting.pop() if waiting else links.pop(0)
            try:
                status = os.stat(folder)  # noqa: PTH116  # names may be any bytes, and there may be a million
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as entries:
                    ordered = sorted(entries, key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                self.unreadable.append((folder, error.strerror or str(error)))
                continue
            if not ordered and folder in self._roots:
                self.empty.append(folder)
            inner: list[str] = []
            for entry in ordered:
                try:
                    found = self._look(entry, inner, links)
                except OSError as error:
                    # A link that leads nowhere or to itself is no fault; neither is what has gone meanwhile.
                    if error.errno not in (errno.ENOENT, errno.ELOOP):
                        self.unreadable.append((entry.path, error.strerror or str(error)))
                    continue
                if found is not None:
                    yield found
            waiting.extend(reversed(inner))

    def _look(self, entry: os.DirEntry[str], inner: list[str], links: list[str]) -> FileState | None:
        if entry.name.startswith("."):
            return None
        if entry.is_dir():
            (links if entry.is_symlink() else inner).append(entry.path)
            return None
        if not self._wanted(entry.name):
            return None
        status = entry.stat()
        return FileState(entry.path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


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


def why_no_sound(path: str, reason: str) -> str:
    """Say why a file can't be used that was taken for sound, perhaps only because it is no image.

    Parameters
    ----------
    path : str
        The file.
    reason : str
        Why it can't be read as sound.

    Returns
    -------
    str
    """
    if is_audio_name(path) or not os.path.isfile(path):  # noqa: PTH113  # names may be any bytes
        return reason
    return f"neither an image nor sound: {reason}"


def is_image_name(name: str) -> bool:
    """Tell whether a file is taken for an image, by the extension of its name.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    return os.path.splitext(name)[1][1:].lower() in IMAGE_EXTENSIONS  # noqa: PTH122
