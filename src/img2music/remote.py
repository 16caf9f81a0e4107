"""Files of object stores, other machines and music servers: listed, asked for their state, and fetched, by fsspec."""

import hashlib
import html
import os
import posixpath
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from img2music.errors import Img2MusicError, InputError, require_extra

SCHEMES = ("s3", "sftp", "http", "https", "server")
SERVER_FILES = "img2music.connectors.server_files.ServerFiles"
"""The file system of music servers; a string, since it is above this."""
CONNECT_SECONDS, READ_SECONDS = 10, 60
"""Seconds without an answer after which a store is given up."""
LEAST_RATE = 20_000
"""Bytes a second, after a minute's grace, below which a file is given up."""
ASKED_AT_ONCE = 8
"""Files of which an HTTP server, whose lists tell no more than names, is asked at the same time."""

State = tuple[int, int]
"""Size in bytes, and the time of the last modification in nanoseconds since 1970."""
Answer = TypeVar("Answer")

_filesystems: dict[tuple[str, str], Any] = {}
_making = threading.Lock()


class RemoteError(InputError):
    """A file could not be fetched, or a folder not be listed; it may be there all the same."""

    def __init__(self, why: str, url: str) -> None:
        super().__init__(f"can't be fetched: {why}.", url)
        self.why = why


def exists(url: str) -> bool:
    """Whether there is a file or folder; True also where that can't be told."""
    try:
        _asked(url, lambda filesystem, path: filesystem.info(path))
    except FileNotFoundError:
        return False
    except RemoteError:
        pass
    return True


def reached(url: str) -> bool:
    """Whether there is a file or folder, and may be read from here."""
    try:
        return bool(found(url, lambda filesystem, path: filesystem.info(path)))
    except RemoteError:
        return False


def renew(url: str) -> None:
    """Forget how a store was logged in at, which has changed."""
    _filesystems.pop(_key(url), None)


def state(url: str) -> State:
    """Ask for the state of a file."""
    return _state(url, found(url, lambda filesystem, path: filesystem.info(path)))


def fetch(url: str, target: str, size: int) -> None:
    """Copy a file to this machine."""
    patience = READ_SECONDS + size / LEAST_RATE
    known = {"size": size} if url.startswith("server:") else {}
    found(url, lambda filesystem, path: filesystem.get_file(path, target, timeout=patience, **known))
    if os.stat(target).st_size != size:  # noqa: PTH116
        raise RemoteError("it is cut short, or has changed meanwhile", url)


def read(url: str, start: int, end: int) -> bytes:
    """Read a part of a file."""

    def part(filesystem: Any, path: str) -> bytes:
        if not url.startswith("sftp:"):
            return bytes(filesystem.cat_file(path, start=start, end=end))
        with filesystem.open(path, "rb") as file:
            file.seek(start)
            return bytes(file.read(end - start))

    content = found(url, part)
    if len(content) != end - start:
        raise RemoteError("the server reads no parts of files, or it was being changed", url)
    return content


def listed(
    root: str,
    wanted: Callable[[str], bool],
    unreadable: Callable[[RemoteError], None],
    left_out: Callable[[str], object],
) -> Iterator[tuple[str, State]]:
    """List the files below a folder that are wanted by their URLs, with their states, in no certain order.

    Of songs of a music server that are left out, since they can't be asked for, it is told in one line.
    """
    if root.startswith(("s3:", "server:")):
        try:
            yield from _objects(root, wanted) if root.startswith("s3:") else _songs(root, wanted, unreadable, left_out)
        except RemoteError as error:
            unreadable(error)
        return
    waiting, seen = [root], {root}
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        while waiting:
            folder = waiting.pop()
            try:
                entries = dict(_entries(folder))
            except RemoteError as error:
                unreadable(error)
                continue
            inner = [url for url, entry in entries.items() if entry["type"] == "directory" and url not in seen]
            seen.update(inner)
            waiting += inner
            files = {url: entry for url, entry in entries.items() if entry["type"] != "directory" and wanted(url)}
            for url, told in zip(files, pool.map(_told_state, files, files.values()), strict=True):
                if isinstance(told, RemoteError):
                    unreadable(told)
                elif told is not None:
                    yield url, told


def _told_state(url: str, entry: dict[str, Any]) -> State | RemoteError | None:
    """The state of a file of a folder: HTTP servers list names alone, and SFTP servers what a link is, not its file.

    None where there is none: a link leads nowhere, or the file has gone meanwhile.
    """
    try:
        if entry["size"] is None or entry["type"] == "link":
            entry = _asked(url, lambda filesystem, path: filesystem.info(path))
        return _state(url, entry)
    except FileNotFoundError:
        return None
    except RemoteError as error:
        return error


def _objects(root: str, chosen: Callable[[str], bool]) -> Iterator[tuple[str, State]]:
    """All objects below a prefix, a thousand a request: no store of objects has folders."""
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    wanted = {"Bucket": bucket, "Prefix": prefix and f"{prefix}/"}
    empty = True
    while True:
        page: dict[str, Any] = found(root, lambda filesystem, _: filesystem.call_s3("list_objects_v2", **wanted))
        for entry in page.get("Contents", ()):
            empty, url = False, f"s3://{bucket}/{entry['Key']}"
            if chosen(url):
                yield url, _state(url, entry)
        if not page.get("IsTruncated"):
            break
        if "NextContinuationToken" not in page:
            raise RemoteError("its list is cut short", root)
        wanted["ContinuationToken"] = page["NextContinuationToken"]
    if empty:
        raise RemoteError("there is nothing in it", root)


def _songs(
    root: str,
    wanted: Callable[[str], bool],
    unreadable: Callable[[RemoteError], None],
    left_out: Callable[[str], object],
) -> Iterator[tuple[str, State]]:
    """All songs of a music server."""
    songs: Iterator[dict[str, Any]] = found(root, lambda filesystem, _: filesystem.songs(left_out))
    empty = True
    for entry in songs:
        empty, url = False, entry["name"]
        if not wanted(url):
            continue
        try:
            told = _state(url, entry)
        except RemoteError as error:
            unreadable(error)
        else:
            yield url, told
    if empty:
        raise RemoteError("there is nothing in it", root)


def _entries(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What lies in a folder, by URL; of the links of a page those that lead there."""
    for entry in found(folder, lambda filesystem, path: filesystem.ls(path.rstrip("/") + "/", detail=True)):
        name = str(entry["name"])
        if folder.startswith("sftp:"):
            if entry["type"] != "unknown":  # a pipe, a device
                yield "/".join(folder.split("/", 3)[:3]) + name.rstrip("/"), entry
            continue
        address = html.unescape(name)
        scheme, host, path, *_ = urllib.parse.urlsplit(address)
        url = f"{scheme}://{host}{quoted(posixpath.normpath(path))}"
        if url.startswith(folder + "/") and "?" not in address and "#" not in address:  # else another order of the list
            yield url, entry


def quoted(path: str) -> str:
    """The path of an HTTP address, percent-encoded where it must be and nowhere else."""
    return urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe="/~:@!$&'()*+,;=")


def _state(url: str, info: dict[str, Any]) -> State:
    """The size and time of a file.

    Stores tell times in seconds, some more exactly in lists; what a store writes for each version of an object (ETag)
    stands for the rest.
    """
    size = info.get("Size", info.get("size"))
    changed = info.get("LastModified") or info.get("mtime") or info.get("Last-Modified")
    mark = info.get("ETag", "")
    if size is None:
        raise RemoteError("the server does not tell its size", url)
    if isinstance(changed, str):
        changed = parsedate_to_datetime(changed)
    seconds = int(changed.timestamp()) if isinstance(changed, datetime) else 0
    if changed and not url.startswith("s3:"):  # of several servers behind one name, each may have ETags of its own
        mark = ""
    rest = int.from_bytes(hashlib.blake2b(mark.strip('"').encode(), digest_size=8).digest()) % 10**9 if mark else 0
    return int(size), seconds * 10**9 + rest


def found(url: str, ask: Callable[[Any, str], Answer]) -> Answer:
    """What a store says; a `RemoteError` where it says nothing, also that there is nothing."""
    try:
        return _asked(url, ask)
    except FileNotFoundError:
        what = "song" if url.startswith("server:") else "file, folder or bucket"
        raise RemoteError(f"there is no such {what}", url) from None


def _asked(url: str, ask: Callable[[Any, str], Answer]) -> Answer:
    """The same, but for a `FileNotFoundError`."""
    scheme, _, rest = url.partition("://")
    path, key = rest.partition("/")[2], _key(url)
    try:
        with _making:
            filesystem = _filesystems.get(key) or _filesystems.setdefault(key, _filesystem(*key))
        return ask(filesystem, f"/{path}" if scheme == "sftp" else rest if scheme == "s3" else url)
    except Img2MusicError:
        raise
    except Exception as error:  # noqa: BLE001 - each of the libraries has errors of its own
        cause = error.__cause__ if scheme.startswith("http") and error.__cause__ is not None else error
        if (isinstance(error, FileNotFoundError) and cause is error) or _status(cause) in (404, 410):
            raise FileNotFoundError(url) from None
        _filesystems.pop(key, None)  # a connection that broke is of no use any more
        raise RemoteError(_why(cause), url) from None


def _key(url: str) -> tuple[str, str]:
    """What is logged in at once: a host, a connection, or all of a scheme."""
    scheme, _, rest = url.partition("://")
    return scheme, rest.partition("/")[0] if scheme in ("sftp", "server") else ""


def _filesystem(scheme: str, host: str) -> Any:
    with require_extra(f"Reading music of {scheme}", "servers" if scheme == "server" else "remote"):
        import fsspec

        if scheme == "server":
            fsspec.register_implementation(scheme, SERVER_FILES, clobber=True)
            return fsspec.filesystem(scheme, connection=host, skip_instance_cache=True)
        if scheme == "s3":
            # What is called again is called by s3fs, five times with growing pauses.
            retries = {"total_max_attempts": 1}
            config = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "retries": retries}
            kept = {"skip_instance_cache": True, "use_listings_cache": False}
            return fsspec.filesystem("s3", config_kwargs=config, max_concurrency=1, **kept)
        if scheme == "sftp":
            from sshfs import SSHFileSystem

            name = urllib.parse.urlsplit(f"sftp://{host}")
            given = {"port": name.port, "username": name.username, "known_hosts": ()}  # () as ssh knows them
            times = {"connect_timeout": CONNECT_SECONDS, "login_timeout": CONNECT_SECONDS, "keepalive_interval": 15}
            set_ = {each: value for each, value in given.items() if value is not None}
            return SSHFileSystem(name.hostname, skip_instance_cache=True, **set_, **times)
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        settings = {"timeout": timeout, "trust_env": True}  # the environment's proxies, and passwords in .netrc
        return fsspec.filesystem(scheme, client_kwargs=settings, simple_links=False, skip_instance_cache=True)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    told = response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None
    return told or getattr(error, "status", None)


def _why(error: BaseException) -> str:
    """Why a store could not be read, in our own words: what libraries say may hold what is secret."""
    kinds = {each.__name__ for each in type(error).__mro__}
    for words, names in _WORDS.items():
        if kinds & names:
            return words
    status = _status(error) or _status(error.__cause__ or error)
    if status in (401, 403):
        return _REFUSED
    if isinstance(error, OSError) and error.errno and error.__cause__ is None:
        return os.strerror(error.errno).lower()  # of this machine, such as a full disk
    return f"the store answers {status or type(error).__name__}"


_REFUSED = "access is refused; check the credentials"
_WORDS = {
    "there are no credentials for it in the environment or in its settings files": {"NoCredentialsError"},
    "the key of its host is not known; connect to it with ssh once": {"HostKeyNotVerifiable"},
    _REFUSED: {
        *("PermissionError", "PermissionDenied", "PartialCredentialsError", "CredentialRetrievalError"),
        *("ProfileNotFound", "TokenRetrievalError"),
    },
    "the store does not answer in time": {"TimeoutError", "ConnectTimeoutError", "ReadTimeoutError"},
    "the store can't be reached, or the connection was cut": {
        *("ConnectionError", "HTTPClientError", "ClientConnectionError", "ClientPayloadError", "gaierror"),
        *("DisconnectError", "IncompleteRead", "SFTPConnectionLost", "SFTPNoConnection"),
    },
}
"""What is said of errors, by the names of their classes and of those above: none of these libraries is imported."""
