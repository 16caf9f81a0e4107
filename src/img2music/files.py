"""Writing files: whole or not at all, and never over anything but an older file of the same kind.

A file is of the same kind if its ending fits what is written and its contents begin as ours do, or it is empty. What a
command reads is not replaced either, nor is a song of the library, by whatever name they are reached.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from img2music.errors import InputError, UsageError, printable, reason_of

DATABASE_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1

HEAD_BYTES = 4096
"""How much of a file is read to tell its kind."""

COPY_PREFIX = ".img2music-"
LONGEST_NAME = 150
"""Bytes of the name of a file that is made of what a person has called something."""
_RESERVED_CHARS = re.compile(r'[\\/:*?"<>|]')
_RESERVED_NAMES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)  # on Windows, with any ending
_COPY_NAME = re.compile(re.escape(COPY_PREFIX) + r"[0-9a-f]{16}(\..*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileKind:
    """What files of one kind have in common, so that nothing else is replaced by one."""

    name: str  # in words, such as "an M3U playlist"
    # Endings of names, in lower case; none if names say nothing. A name without an ending fits too
    endings: tuple[str, ...]
    start: bytes  # regular expression that the first bytes match

    @classmethod
    def json(cls, name: str, schema: str) -> "FileKind":
        """JSON that begins with the name of its schema, in this version or another."""
        family = re.escape(schema.rpartition("/")[0].encode())
        return cls(name, (".json",), rb'\s*\{\s*"schema":\s*"' + family + rb'/\d+"')

    @classmethod
    def csv(cls, name: str, columns: Sequence[str]) -> "FileKind":
        """CSV by its first columns, as we or a spreadsheet program has saved it."""
        cells = [rb'"?' + re.escape(column.encode()) + rb'"?' for column in columns[:3]]
        return cls(name, (".csv",), rb"(\xef\xbb\xbf)?" + rb"[,;\t]".join(cells))


JSON = FileKind("a JSON file", (".json",), rb"\s*\{")
ONNX = FileKind("an ONNX model", (".onnx",), rb"\x08[\x01-\x20]")  # the field ir_version of a ModelProto


class Closing(ABC):
    """What is closed at the end of a ``with`` statement."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close it."""


def open_regular(path: str | os.PathLike[str], what: str, name: str | None = None) -> BinaryIO:
    """Open a file for reading, such as "an image"; a pipe or a device would block, so they are refused unopened.

    An empty one is refused too. What it gives has no name, by which libav would guess what is in it. Errors are of
    ``name``, where the path is that of a copy.
    """
    name = name or os.fsdecode(path)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a PathLike need not be a Path, and names may be any bytes
        if stat.S_ISDIR(mode):
            raise InputError(f"a folder, not {what}.", name)
        if not stat.S_ISREG(mode):
            raise InputError("a pipe, socket or device, not a regular file.", name)
        file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb")
    except (OSError, ValueError) as error:
        reasons = {
            errno.ENOENT: "no such file.",
            errno.EACCES: "no permission to read this file.",
            errno.ELOOP: "a link that leads back to itself.",
            None: "not a path that a file can have.",
        }
        known = reasons.get(getattr(error, "errno", None))
        raise InputError(known or f"can't be read ({reason_of(error)}).", name) from error
    if not os.fstat(file.fileno()).st_size:
        file.close()
        raise InputError("the file is empty.", name)
    return file


def read_text(path: str | os.PathLike[str], most: int, otherwise: str) -> str:
    """Read a text file: UTF-8, UTF-16 by its mark, or Windows-1252 as some programs save it.

    A file of more bytes is refused, and so is what is no text; ``otherwise`` says what it is not, as "no lyrics".
    """
    name = os.fsdecode(path)
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - names may be any bytes
            content = stream.read(most + 1)
    except OSError as error:
        raise InputError(f"can't be read: {reason_of(error, str(error))}.", name) from None
    if len(content) > most:
        raise InputError(f"is larger than {most / 1e6:.0f} MB: {otherwise}.", name)
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in content and not utf16:
        raise InputError(f"is not text: {otherwise}.", name)
    try:
        return content.decode("utf-16", "replace") if utf16 else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def file_name(name: str) -> str:
    """A name for a file, without its ending, that every system takes: of what a person has called something."""
    safe = _RESERVED_CHARS.sub("_", printable(name)).strip(" .")
    safe = safe.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore").rstrip(" .") or "untitled"
    return f"_{safe}" if _RESERVED_NAMES.fullmatch(safe.split(".")[0]) else safe


def make_folder(folder: Path) -> None:
    """Make a folder and those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't be made a folder ({error.strerror}).", str(folder)) from error


def keep_below(files: Iterable[Path], most: float, newest: Path) -> int:
    """Remove what was wanted longest ago, as its time of access says, until all has so many bytes; give how many.

    What is newest stays, however large it is. What others remove meanwhile is gone.
    """
    known = []
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            status = file.stat()
            known.append((status.st_atime_ns, status.st_size, file))
    total = sum(size for _, size, _ in known)
    for _, size, file in sorted(known):
        if total <= most:
            break
        if file != newest:
            with contextlib.suppress(OSError):  # Windows keeps what is open
                file.unlink(missing_ok=True)
                total -= size
    return total


def write_atomically(content: bytes, file: Path, kind: FileKind) -> None:
    """Write a file by way of another that then takes its name."""
    with replacing(file, kind) as stream:
        stream.write(content)


@contextlib.contextmanager
def replacing(file: Path, kind: FileKind) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of another when it is whole."""
    with _told(file):
        if file.exists() and not file.is_file():
            with file.open("wb") as stream:
                yield stream
            return
        target = _resolve(file)
        _require_kind(file, kind)
        partial = target.with_name(f".{os.urandom(8).hex()}.part")
        try:
            with partial.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


def require_outputs(
    outputs: Iterable[tuple[Path | None, FileKind]], inputs: Iterable[tuple[str, str | os.PathLike[str]]] = ()
) -> list[Path]:
    """Refuse early what could not be written, or would replace what must stay."""
    files = [(file, kind) for file, kind in outputs if file is not None]
    _refuse_inputs([file for file, _ in files], inputs)
    names: set[str] = set()
    filled: list[Path] = []
    for file, kind in files:
        with _told(file):
            if file.exists() and not file.is_file() and not file.is_dir():  # a device or a pipe
                continue
            name = str(_writable(file)).casefold()  # A.json is a.json on the file systems of macOS and Windows
            if name in names:
                raise UsageError("Each result needs a file of its own: two have the same name.")
            names.add(name)
            if _require_kind(file, kind):
                filled.append(file)
    return filled


def _refuse_inputs(files: Iterable[Path], inputs: Iterable[tuple[str, str | os.PathLike[str]]]) -> None:
    there: dict[tuple[int, int], Path] = {}
    for file in files:
        with _told(file):
            if file.is_file():
                there[_identity(file)] = file
    if not there:
        return
    for what, given in inputs:
        found = None
        with contextlib.suppress(OSError, ValueError):
            found = there.get(_identity(given))
        if found is not None:
            raise UsageError(f"{printable(str(found))} is {what}; give another file.")


def _writable(file: Path) -> Path:
    """Refuse a file that can't be written; give it without links."""
    if file.is_dir():
        raise InputError("is a folder; give a file.", str(file))
    target = _resolve(file)
    if not target.parent.is_dir():
        raise InputError("can't be written: there is no such folder.", str(file))
    if not os.access(target.parent, os.W_OK):
        raise InputError("can't be written: its folder is not to be written to.", str(file))
    return target


@contextlib.contextmanager
def edited_copy(file: str) -> Iterator[str]:
    """Copy a file beside itself, so that the copy can be changed and then take its place, whole.

    The copy has the permissions, times and extended attributes of the file and, where the system lets it, its owner.
    Its name is hidden (a leading dot), has the same ending, and tells whose it is should a kill leave it behind
    (`remove_left_copies`).
    """
    folder, name = os.path.split(file)  # no Path: names may be any bytes
    copy = os.path.join(folder, f"{COPY_PREFIX}{os.urandom(8).hex()}{os.path.splitext(name)[1]}")  # noqa: PTH118, PTH122
    try:
        shutil.copyfile(file, copy)
        status = os.stat(file)  # noqa: PTH116
        if hasattr(os, "chown"):  # not on Windows
            with contextlib.suppress(PermissionError):
                os.chown(copy, status.st_uid, status.st_gid)
        shutil.copystat(file, copy)
        yield copy
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(copy)  # noqa: PTH108


def remove_left_copies(folder: str) -> None:
    """Remove the copies that earlier calls of `edited_copy` were killed over.

    Should one be in use by another program, that program fails to put it in place, and the file stays as it was.
    """
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if _COPY_NAME.fullmatch(entry.name) and entry.is_file()]
    for copy in left:
        os.unlink(copy)  # noqa: PTH108 - names may be any bytes


def put_in_place(copy: str, file: str) -> None:
    """Let a copy take the place of a file: at every moment, also of a power cut, one of them is there whole."""
    with open(copy, "r+b") as stream:  # noqa: PTH123 - names may be any bytes
        os.fsync(stream.fileno())
    os.replace(copy, file)  # noqa: PTH105


def _resolve(file: Path) -> Path:
    try:
        return file.resolve()
    except RuntimeError:  # a loop of links, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def _identity(file: str | os.PathLike[str]) -> tuple[int, int]:
    """What is the same for all names of a file: links of both kinds, and other cases where case does not count."""
    status = os.stat(file)  # noqa: PTH116 - names may be any bytes
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror or error}.", str(file)) from None


def _require_kind(file: Path, kind: FileKind) -> bool:
    """Refuse a file of another kind; tell whether there is anything to be lost in the one that is there."""
    head = b""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(DATABASE_MAGIC):  # perhaps the library
        raise InputError("is a database, which is not replaced; give another file.", str(file))
    ending = file.suffix.lower()
    if kind.endings and ending and ending not in kind.endings:
        raise InputError(
            f"its name does not fit {kind.name}, which ends in {' or '.join(kind.endings)}; give another name.",
            str(file),
        )
    if head and not re.match(kind.start, head, re.DOTALL):
        raise InputError(f"is not {kind.name}, and nothing else is replaced by one; give another file.", str(file))
    return bool(head)
