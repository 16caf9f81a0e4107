"""Pictures and songs that were sent, kept while the server runs."""

import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeAlias, TypeVar

from filelock import FileLock, Timeout

from img2music.app.pictures import heat, preview
from img2music.errors import InputError, printable
from img2music.files import Closing
from img2music.track import Track

if TYPE_CHECKING:
    from img2music.vision.model import ImageAnalysis

MOST_BYTES = 100 << 20  # of one picture
MOST_SONG = 500 << 20  # of one song
MOST_TABLE = 1 << 30  # of a file to be imported
MOST_PROJECT = 64 << 20  # of a project
MOST_KEPT = 2 << 30  # bytes of all; then the oldest go
MOST_COUNT = 1000
THUMBNAIL = 640  # pixels of its longer side
LONGEST_NAME = 200
LONGEST_FILE = 80  # characters of the name of the copy
PREFIX = "img2music-uploads-"
LOCK = ".lock"
"""What is held in a folder of uploads, and let go when its process ends, however it does."""
YOUNG = 60.0  # seconds in which a folder that was made is surely held
UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")

Reading = TypeVar("Reading")


@dataclass(frozen=True)
class Upload(Generic[Reading]):
    """A file that was sent."""

    id: str
    name: str  # as its sender calls it; never a path here
    path: Path
    size: int  # bytes
    reading: Reading  # what was read in it

    def thumbnail(self) -> bytes:
        """A small JPEG of a picture."""
        return self._made("thumbnail", lambda: {"thumbnail": preview(self.path, THUMBNAIL, name=self.name)})

    def heat(self, part: str) -> bytes:
        """What moved the reading of a picture, a part of what `img2music.app.pictures.heat` makes."""
        return self._made(part, lambda: heat(self.path, self.name))

    def _made(self, name: str, make: Callable[[], dict[str, bytes]]) -> bytes:
        """What is made, along with others, when it is first asked for; no sender's name begins with a dot."""
        file = self.path.with_name(f".{name}")
        if not file.exists():
            for each, content in make().items():
                partial = file.with_name(f".{secrets.token_hex(8)}")
                partial.write_bytes(content)
                partial.replace(file.with_name(f".{each}"))
        return file.read_bytes()


SentPicture: TypeAlias = "Upload[ImageAnalysis]"
SentSong: TypeAlias = Upload[Track]


def plain_name(name: str) -> str:
    """What a file is called that was sent, without a path."""
    return printable(name.replace("\\", "/").rsplit("/", 1)[-1])[:LONGEST_NAME] or "file"


def _remove_strays() -> None:
    """Remove folders of this user's servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):  # another user's, or gone meanwhile
            status, made = folder.lstat(), (folder / LOCK).lstat().st_mtime
            own = stat.S_ISDIR(status.st_mode) and status.st_uid == getattr(os, "getuid", lambda: 0)()
            if own and time.time() - made > YOUNG:
                with FileLock(folder / LOCK, timeout=0):
                    shutil.rmtree(folder)


class Uploads(Closing):
    """Files in a folder of the server's own, the newest of them."""

    def __init__(self) -> None:
        _remove_strays()
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._held = FileLock(self._folder / LOCK, thread_local=False)
        self._held.acquire()
        self._kept: OrderedDict[str, Upload[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Remove them."""
        self._held.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(
        self, file: BinaryIO, name: str, read: Callable[[Path], Reading], *, beside: Path | None = None
    ) -> Upload[Reading]:
        """Copy and read a file, which who reads it may remove; and copy what is said of it in a file beside it."""
        id_ = secrets.token_hex(16)
        name = plain_name(name)
        # Some formats are told by their ending alone.
        path = self._folder / id_ / (UNSAFE.sub("_", name).lstrip(".")[-LONGEST_FILE:] or "file")
        path.parent.mkdir()
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
            if beside is not None and beside.is_file():
                shutil.copyfile(beside, path.with_name(f"{path.name}.xmp"))
            reading = read(path)
            upload = Upload(id_, name, path, path.stat().st_size if path.exists() else 0, reading)
        except InputError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise InputError(f"{name}: {error.what}", remedy=error.remedy) from error
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        with self._lock:
            self._kept[id_] = upload
            while len(self._kept) > MOST_COUNT or sum(each.size for each in self._kept.values()) > MOST_KEPT:
                shutil.rmtree(self._kept.popitem(last=False)[1].path.parent, ignore_errors=True)
        return upload

    def get(self, id: str) -> Upload[Any] | None:  # noqa: A002
        """Find one."""
        with self._lock:
            if id in self._kept:
                self._kept.move_to_end(id)
            return self._kept.get(id)

    def remove(self, upload: Upload[Any]) -> None:
        """Forget one."""
        with self._lock:
            self._kept.pop(upload.id, None)
        shutil.rmtree(upload.path.parent, ignore_errors=True)
