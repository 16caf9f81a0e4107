"""Where the sound of a track is: a file of this machine, or one that a URL names, of which there is a copy when needed.

Copies lie in the user's cache folder, and all processes of this user share them.
"""

import contextlib
import errno
import functools
import hashlib
import io
import os
import posixpath
import re
import shutil
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from img2music import remote
from img2music.errors import UsageError, printable, reason_of
from img2music.remote import State

MOST_KEPT = 4 << 30
"""Bytes of all copies; beyond that, those that were wanted longest ago go."""
KEPT_SECONDS = 3600.0
"""Copies that nobody has wanted for so long go as well."""
LEFT_SECONDS = 24 * 3600.0
"""What was begun or held so long ago was left behind by a process that was killed."""
LOCKS = 64
"""Files are fetched one at a time for each of so many locks."""

RANGE = 64 << 10
"""Bytes that are read at once of a file of which little is wanted."""
PARTS = 64
"""As many of these are kept while it is open."""
CHANGING = "it was being changed while it was read"

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(:\d+)?"
_HOSTS = {
    "s3": re.compile(r"[^:@]+"),
    "sftp": re.compile(rf"([^:@]+@)?{_HOST}"),
    "http": re.compile(_HOST),
    "https": re.compile(_HOST),
    "server": re.compile(r"[a-z][a-z0-9-]{0,31}"),  # a connection's name
}


def is_url(path: str | os.PathLike[str]) -> bool:
    """Whether a path of the library names a file of a store or another machine."""
    return _URL.match(os.fspath(path)) is not None


def absolute(path: str | os.PathLike[str]) -> str:
    """Write a path as the library does: absolute, with links; of a URL, without what may be written in several ways.

    A password in a URL is refused: it would be in the library, and in whatever is made of it.
    """
    name = os.fspath(path)
    scheme = _URL.match(name)
    if scheme is None:
        return os.path.abspath(name)  # noqa: PTH100 - keeps any bytes, and links
    kind, rest = scheme[1].lower(), name[scheme.end() :]
    if kind == "file":
        return os.path.abspath(urllib.request.url2pathname(urllib.parse.urlsplit(name).path))  # noqa: PTH100
    if kind not in remote.SCHEMES:
        raise UsageError(f"Music is read of {', '.join((*remote.SCHEMES, 'file'))}, not of {printable(kind)}.")
    host, _, path_there = rest.partition("/")
    if not _HOSTS[kind].fullmatch(host):  # not shown: it may hold a password
        what = {"s3": "bucket", "server": "connection"}.get(kind, "host")
        raise UsageError(
            f"A URL of {kind} must begin with the name of a {what}, and hold no password: give that in the environment "
            "or in a settings file."
        )
    if kind != "s3":
        path_there = posixpath.normpath(f"/{path_there}").lstrip("/")
    if kind.startswith("http"):
        if "?" in path_there or "#" in path_there:
            raise UsageError("An HTTP address of music must not have a query, which may hold a key.")
        host, path_there = host.lower(), remote.quoted(path_there)
    return f"{kind}://{host}/{path_there}".rstrip("/")


def expanded(path: str) -> str:
    """The same of what a person writes: ``~`` is the user's home."""
    return absolute(os.path.expanduser(path))  # noqa: PTH111 - names may be any bytes


def exists(path: str) -> bool:
    """Whether there is something of this path; of a URL, True also where that can't be told."""
    return remote.exists(path) if is_url(path) else os.path.lexists(path)


def reached(folder: str) -> bool:
    """Whether a folder can be listed from here."""
    if is_url(folder):
        return remote.reached(folder)
    try:
        os.listdir(folder)  # noqa: PTH208 - names may be any bytes
    except OSError:
        return False
    return True


def is_file(path: str) -> bool:
    """Whether there is a file of this path; of a URL as `exists` tells it."""
    return remote.exists(path) if is_url(path) else os.path.isfile(path)  # noqa: PTH113 - names may be any bytes


def state(path: str) -> State:
    """Tell size and time of a file; an `OSError` or a `RemoteError` where it can't be told."""
    if is_url(path):
        return remote.state(path)
    status = os.stat(path)  # noqa: PTH116 - names may be any bytes
    return status.st_size, status.st_mtime_ns


def real(path: str | os.PathLike[str]) -> str:
    """The same without links; what they are in a store is not known."""
    return absolute(path) if is_url(path) else os.path.realpath(path)


def inside(folder: str) -> str:
    """What the paths of all files in a folder and below begin with."""
    separator = "/" if is_url(folder) else os.sep
    return folder.rstrip(separator) + separator


def folder_of(path: str) -> str:
    """The folder that a file lies in."""
    return path.rpartition("/")[0] if is_url(path) else os.path.dirname(path)  # noqa: PTH120 - names may be any bytes


def stem(path: str) -> str:
    """The name of a file without its ending, as a person reads it."""
    return PurePath(readable(path)).stem


def readable(path: str) -> str:
    """A path as a person reads it: of HTTP without its percent signs."""
    return urllib.parse.unquote(path) if path.startswith(("http:", "https:")) else path


def address(path: str) -> str:
    """A path as a URI."""
    if not is_url(path):
        return Path(path).as_uri()
    scheme, _, rest = path.partition("://")
    return path if scheme.startswith("http") else f"{scheme}://{urllib.parse.quote(rest, safe='/:@')}"


@dataclass(slots=True)
class _Held:
    file: BinaryIO  # locked, which is how other processes know that it is in use
    state: State
    users: int = 1

    def end(self) -> None:
        self.file.close()
        _remove(Path(self.file.name))


_held: dict[str, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def local(path: str | os.PathLike[str], wanted: State | None = None) -> Iterator[str]:
    """Give a file of this machine: the path itself or, of a URL, a copy, which stays as it is within.

    ``wanted`` is the state that it is known to have; else its store is asked.
    """
    name = os.fspath(path)
    if not is_url(name):
        yield name
        return
    held = _take(name, wanted)
    try:
        yield held.file.name
    finally:
        with _guard:
            held.users -= 1
            if not held.users:
                del _held[name]
                held.end()


def is_here(url: str | os.PathLike[str]) -> bool:
    """Whether this process holds a copy of a file."""
    return os.fspath(url) in _held


def discard(path: str, state: State) -> None:
    """Remove the copy of a file that is not wanted any more."""
    if is_url(path):
        _remove(copy(path, state))


def _take(url: str, wanted: State | None) -> _Held:
    with _guard:
        held = _held.get(url)
        if held is not None and wanted in (None, held.state):
            held.users += 1
            return held
    found = wanted or remote.state(url)
    try:
        mine = _Held(_linked(_fetched(url, found)), found)
    except FileNotFoundError:  # it was removed a moment ago
        return _take(url, found)
    except OSError as error:
        raise remote.RemoteError(f"there can be no copy of it here ({reason_of(error)})", url) from None
    with _guard:
        held = _held.get(url)
        if held is None:
            _held[url] = mine
            return mine
        mine.end()
        if held.state != found:
            raise remote.RemoteError(CHANGING, url)
        held.users += 1
        return held


def _linked(whole: Path) -> BinaryIO:
    """Another name of a copy, under which it stays if it is removed, until this process ends.

    A `FileNotFoundError` tells that it was removed a moment ago.
    """
    mine = whole.parent / "held" / f"{os.urandom(8).hex()}{whole.suffix}"
    mine.parent.mkdir(exist_ok=True)
    _remove_strays(mine.parent)
    try:
        os.link(whole, mine)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(whole, mine)
    file = mine.open("rb")
    if not _locked(file, alone=False) or mine.exists():
        return file
    file.close()
    raise FileNotFoundError(mine)


@functools.cache
def _remove_strays(held: Path) -> None:
    """Remove what processes held that were killed, once in the life of this one."""
    for stray in held.iterdir():
        with contextlib.suppress(OSError), stray.open("rb") as file:
            if _locked(file, alone=True):
                _remove(stray)


def _locked(file: BinaryIO, *, alone: bool) -> bool:
    """Lock a file until it is closed, with others or alone; False where it can't be, or there are no such locks."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except (ImportError, OSError):  # Windows, some file systems of a network
        return False
    return True


def copy(url: str, state: State) -> Path:
    """Where the copy of a file is, if there is one."""
    import platformdirs

    name = hashlib.blake2b(f"{url}\0{state[0]}\0{state[1]}".encode("utf-8", "surrogateescape"), digest_size=16)
    ending = os.path.splitext(url)[1]  # noqa: PTH122 - by which libraries tell what is in it
    folder = platformdirs.user_cache_path("img2music") / "remote"
    return folder / f"{name.hexdigest()}{ending if ending[1:].isalnum() else ''}"


def _fetched(url: str, wanted: State) -> Path:
    """The copy of a file; it is fetched if there is none."""
    from filelock import FileLock

    whole = copy(url, wanted)
    whole.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(whole.parent / f"lock-{int(whole.name[:8], 16) % LOCKS}"):
        if not whole.exists():
            partial = whole.with_name(f"{os.urandom(8).hex()}.part")
            try:
                remote.fetch(url, str(partial), wanted[0])
                if remote.state(url) != wanted:
                    raise remote.RemoteError(CHANGING, url)
                partial.replace(whole)
            finally:
                _remove(partial)
            _tidy(whole)
    with contextlib.suppress(FileNotFoundError):  # when it was fetched stays, by which players know it
        os.utime(whole, ns=(time.time_ns(), whole.stat().st_mtime_ns))
    return whole


def _tidy(newest: Path) -> None:
    """Remove what was left behind, and what was wanted longest ago."""
    now, kept, total = time.time(), [], 0
    for file in [*newest.parent.iterdir(), *newest.parent.glob("held/*")]:
        with contextlib.suppress(FileNotFoundError):
            status = file.stat()
            if file.is_dir() or file.name.startswith("lock-"):
                continue
            if file.parent.name == "held" or file.suffix == ".part":
                if now - status.st_ctime > LEFT_SECONDS:
                    _remove(file)
            else:
                kept.append((status.st_atime, status.st_size, file))
                total += status.st_size
    for used, size, file in sorted(kept):
        if file != newest and (total > MOST_KEPT or now - used > KEPT_SECONDS):
            _remove(file)
            total -= size


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):  # Windows keeps what is open
        file.unlink(missing_ok=True)


class _Ranges(io.RawIOBase):
    """A file of a store, of which only what is read is fetched."""

    def __init__(self, url: str) -> None:
        self._url, (self._size, _) = url, remote.state(url)
        self._at = 0
        self._parts: dict[int, bytes] = {}  # the last used at the end
        self.fault: remote.RemoteError | None = None
        self.name = url  # by its ending mutagen guesses what is in it

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, first = divmod(self._at, RANGE)
        part = self._part(number)[first : first + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _part(self, number: int) -> bytes:
        """A part of the file; the last ones stay, for whatever reads tags comes back to them."""
        found = self._parts.pop(number, None)
        if found is None:
            try:
                found = remote.read(self._url, number * RANGE, min(self._size, (number + 1) * RANGE))
            except remote.RemoteError as error:
                self.fault = error  # whatever reads this may take it for the end of the file
                raise OSError(errno.EIO, error.why) from None
        self._parts[number] = found
        if len(self._parts) > PARTS:
            del self._parts[next(iter(self._parts))]
        return found


@contextlib.contextmanager
def by_ranges(url: str) -> Iterator[BinaryIO]:
    """Open a file of a store of which little is to be read; a `RemoteError` if anything could not be."""
    raw = _Ranges(url)
    with io.BufferedReader(raw) as file:
        try:
            yield file
        finally:
            if raw.fault is not None:
                raise raw.fault
