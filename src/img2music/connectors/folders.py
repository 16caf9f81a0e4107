"""Walks folders for audio files or images, opening none whose name tells what it is."""

import errno
import os
import re
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType

from img2music.connectors.music_server import song_at
from img2music.locations import inside, is_url, readable
from img2music.remote import RemoteError, listed

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

CONTAINERS = frozenset({"3g2", "3gp", "asf", "m4v", "mkv", "mov", "mp4", "ogv", "ogx", "webm"})
"""Extensions of files that are films, or sound alone: these are looked into."""

# fmt: off
FILM_EXTENSIONS = frozenset({
    "3g2", "3gp", "asf", "avi", "dv", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "nut",
    "ogv", "ts", "vob", "webm", "wmv",
})
# fmt: on
"""Extensions (lower case, without the dot) of the files that are taken for films; whether libav can read one is seen
when it is opened."""

SYSTEM_FOLDER = re.compile(
    # Thumbnails, waste, snapshots and working files of Synology, QNAP, TerraMaster, ReadyNAS, Buffalo, Western Digital,
    r"@eadir|@tmp|@sharebin|@__thumb|#recycle|#snapshot|@recycle|@recently-snapshot|trashbox"
    r"|(network )?recycle bin( .*)?"
    # of Windows (S-1-5 is in RECYCLER), of file systems that were repaired, of Android,
    r"|\$recycle\.bin|s-1-5-[0-9-]+|system volume information|\$windows\.~.*|lost\+found|found\.[0-9]{3}|lost\.dir"
    # of macOS and archives that it made, Nextcloud, iTunes and Lightroom, and desktops after freedesktop.org.
    r"|__macosx|network trash folder|temporary items|files_trashbin|files_versions|ipod photo cache|.*\.lrdata"
    r"|\.trash.*|\.recycle.*|\.thumbnails",
    re.IGNORECASE,
)
"""Names of folders in which systems and programs keep what people have deleted, and thumbnails of what they have."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells, without opening it, that a file is unchanged."""

    path: str  # absolute path, as os.fsdecode gives it
    size: int  # bytes
    mtime_ns: int  # time of the last modification, in nanoseconds since 1970


def under(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of some folders, or below."""
    return any(path == folder or path.startswith(inside(folder)) for folder in folders)


class FolderWalk:
    """Walks folders for files of one kind; iterate it once.

    Files come folder by folder, in order of their names' bytes. Hidden files and folders (a leading dot) are
    left out, and so are system folders (`SYSTEM_FOLDER`), but for those that are given, and what is not a regular
    file (a pipe, a device). Links are followed, after all that is there without them; no folder is entered twice, so a
    loop of links ends. A folder may be of a store or another machine (a URL); its files come in the order of its lists,
    and links to folders are not followed there. Songs of music servers come as these list them, but for those whose
    ids are ``left_out``, by connection: they are known to be files of this machine.
    """

    def __init__(
        self,
        folders: Sequence[str],
        wanted: Callable[[str], bool] | None = None,
        left_out: Mapping[str, Container[str]] = MappingProxyType({}),
    ) -> None:
        self.unreadable: list[tuple[str, str]] = []
        self.empty: list[str] = []
        self.notes: list[str] = []  # of songs of servers that can't be asked for
        self._roots = list(folders)
        self._wanted = wanted or holds_only_sound
        self._left_out = left_out

    def __iter__(self) -> Iterator[FileState]:
        for root in filter(is_url, self._roots):
            yield from self._remote(root)
        visited: set[tuple[int, int]] = set()
        waiting = [root for root in self._roots[::-1] if not is_url(root)]
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

    def _remote(self, root: str) -> Iterator[FileState]:
        def told(error: RemoteError) -> None:
            self.unreadable.append((error.path or root, error.why))

        of_server = root.startswith("server:")
        left_out = self._left_out.get(song_at(root)[0], ()) if of_server else ()

        def wanted(url: str) -> bool:
            if of_server:
                return song_at(url)[1] not in left_out and self._wanted(url)
            below = readable(url)[len(readable(root)) :]
            if any(part.startswith(".") for part in below.split("/")) or in_system_folder(url, root):
                return False
            try:
                return self._wanted(url)
            except RemoteError as error:
                told(error)
                return False

        for url, (size, mtime_ns) in listed(root, wanted, told, self.notes.append):
            yield FileState(url, size, mtime_ns)

    def _look(self, entry: os.DirEntry[str], inner: list[str], links: list[str]) -> FileState | None:
        if entry.name.startswith("."):
            return None
        if entry.is_dir():
            if SYSTEM_FOLDER.fullmatch(entry.name):
                return None
            (links if entry.is_symlink() else inner).append(entry.path)
            return None
        if not self._wanted(entry.path):
            return None
        status = entry.stat()
        return FileState(entry.path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _extension(name: str) -> str:
    return os.path.splitext(name)[1][1:].lower()  # noqa: PTH122  # a million times: no Path each


def is_audio_name(name: str) -> bool:
    """Tell whether a file is taken for audio, by the extension of its name."""
    return _extension(name) in EXTENSIONS


def is_image_name(name: str) -> bool:
    """Tell whether a file is taken for an image, by the extension of its name."""
    return _extension(name) in IMAGE_EXTENSIONS


def is_film_name(name: str) -> bool:
    """Tell whether a file is taken for a film, by the extension of its name."""
    return _extension(name) in FILM_EXTENSIONS


def holds_only_sound(path: str) -> bool:
    """Tell whether a file is sound: by the extension of its name or, where that may be a film's too, by looking."""
    if _extension(path) not in CONTAINERS:
        return is_audio_name(path)
    from img2music.media.audio import is_sound_alone

    return is_sound_alone(path)


def in_system_folder(path: str, folder: str) -> bool:
    """Tell whether a path below a folder leads through a folder that `FolderWalk` does not enter there."""
    return any(SYSTEM_FOLDER.fullmatch(part) for part in PurePath(readable(path)[len(readable(folder)) :]).parts[:-1])


def why_no_sound(path: str, reason: str) -> str:
    """Say why a file can't be used that was taken for sound, perhaps only because it is no image."""
    if is_audio_name(path) or not os.path.isfile(path):  # noqa: PTH113  # names may be any bytes
        return reason
    return f"neither an image nor sound: {reason}"


def is_picture(path: str) -> bool:
    """Tell whether a file is taken for an image, by the extension of its name or by its first bytes."""
    from img2music.media.images import is_image

    return is_image_name(path) or is_image(path)


def given_pictures(what: str, paths: Sequence[str | os.PathLike[str]]) -> Iterator[tuple[str, str]]:
    """Files, and the pictures in folders, each with what it is called: as `files.require_outputs` takes inputs."""
    for path in map(os.fsdecode, paths):
        yield what, path
        if os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            yield from ((what, file.path) for file in FolderWalk([path], is_image_name))
