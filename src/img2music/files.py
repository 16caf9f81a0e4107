"""Writing files so that they are there whole or not at all."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from img2music.errors import InputError

DATABASE_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1


def write_atomically(content: bytes, file: Path) -> None:
    """Write a file by way of another that then takes its name.

    Parameters
    ----------
    content : bytes
    file : Path
        As `replacing` takes it.

    Raises
    ------
    InputError
        If it can't be written; then nothing has changed.
    """
    with replacing(file) as stream:
        stream.write(content)


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of another when it is whole.

    Parameters
    ----------
    file : Path
        Replaced if it exists; through a link, what it points to. A device or a pipe is written to as it is. A
        database is never replaced: it may be the library.

    Yields
    ------
    BinaryIO

    Raises
    ------
    InputError
        If it can't be written; then nothing has changed.
    """
    try:
        if file.exists() and not file.is_file():
            with file.open("wb") as stream:
                yield stream
            return
        target = _resolve(file)
        if _is_database(target):
            raise InputError("is a database, which is not replaced; give another file.", str(file))
        partial = target.with_name(f".{secrets.token_hex(8)}.part")
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
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror or error}.", str(file)) from None


@contextlib.contextmanager
def edited_copy(file: str) -> Iterator[str]:
    """Copy a file beside itself, so that the copy can be changed and then take its place, whole.

    The copy has the permissions, times and extended attributes of the file and, where the system lets it, its owner.
    Its name is hidden (a leading dot), has the same ending, and tells whose it is should it be left behind.

    Parameters
    ----------
    file : str
        A regular file, no link.

    Yields
    ------
    str
        The copy. It takes the file's place with `put_in_place`, or is removed at the end.

    Raises
    ------
    OSError
        If no copy can be made there.
    """
    folder, name = os.path.split(file)  # no Path: names may be any bytes
    copy = os.path.join(folder, f".img2music-{secrets.token_hex(8)}{os.path.splitext(name)[1]}")  # noqa: PTH118, PTH122
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


def put_in_place(copy: str, file: str) -> None:
    """Let a copy take the place of a file: at every moment, also of a power cut, one of them is there whole.

    Parameters
    ----------
    copy : str
        In the folder of the file, as `edited_copy` makes it.
    file : str

    Raises
    ------
    OSError
        If it can't; then the file is as it was.
    """
    with open(copy, "r+b") as stream:  # noqa: PTH123 - names may be any bytes
        os.fsync(stream.fileno())
    os.replace(copy, file)  # noqa: PTH105


def _resolve(file: Path) -> Path:
    try:
        return file.resolve()
    except RuntimeError:  # a loop of links, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(DATABASE_MAGIC)) == DATABASE_MAGIC
    except FileNotFoundError:
        return False
