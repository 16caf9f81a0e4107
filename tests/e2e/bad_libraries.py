"""Libraries that are none, damaged, out of reach or from the future, made on the spot."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.bad_images import encoded

NOT_ONE = r"not an img2music library"
UNREACHABLE = r"can't be (opened|written)|permission|can't make its folder|folder exists"


@dataclass(frozen=True)
class BadLibrary:
    """A library that makes trouble.

    Attributes
    ----------
    name : str
        File name, also the kind's name.
    make : callable
        Makes it at the first path; the second is a sound library that may be copied.
    reading, writing : str or None
        What ``tracks`` and ``scan`` must say (regular expressions); None if they must work all the same.
    """

    name: str
    make: Callable[[Path, Path], object]
    reading: str | None
    writing: str | None


LIBRARIES: list[BadLibrary] = []
Maker = Callable[[Path, Path], object]


def library(name: str, reading: str | None, writing: str | None) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        LIBRARIES.append(BadLibrary(name, make, reading, writing))
        return make

    return register


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@library("not_there.db", reading="scan", writing=None)
def not_there(path: Path, sound: Path) -> None:
    pass


@library("empty.db", reading="scan", writing=None)
def empty(path: Path, sound: Path) -> None:
    path.touch()


@library("letter.txt", reading=NOT_ONE, writing=NOT_ONE)
def text(path: Path, sound: Path) -> None:
    path.write_text("Dear library,\n" * 500)


@library("photo.jpg", reading=NOT_ONE, writing=NOT_ONE)
def picture(path: Path, sound: Path) -> None:
    path.write_bytes(encoded("JPEG"))


@library("other_program.db", reading=NOT_ONE, writing=NOT_ONE)
def other_program(path: Path, sound: Path) -> None:
    execute(path, "CREATE TABLE bookmarks (url TEXT)", "INSERT INTO bookmarks VALUES ('a')")


@library("other_alembic.db", reading=NOT_ONE, writing=NOT_ONE)
def other_alembic(path: Path, sound: Path) -> None:
    """Another program that also keeps its schema with Alembic, and tracks of its own."""
    execute(
        path,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('3f2a')",
        "CREATE TABLE parcels (id INTEGER)",
    )


@library("folder.db", reading="folder", writing="folder")
def folder(path: Path, sound: Path) -> None:
    path.mkdir()


@library("no_such_folder/library.db", reading="scan", writing=None)
def no_such_folder(path: Path, sound: Path) -> None:
    pass


@library("file.txt/library.db", reading="scan|folder", writing="folder")
def below_a_file(path: Path, sound: Path) -> None:
    path.parent.write_text("a file where a folder should be")


@library("broken_link.db", reading="scan", writing=UNREACHABLE)
def broken_link(path: Path, sound: Path) -> None:
    path.symlink_to("nowhere/library.db")


@library("loop.db", reading=UNREACHABLE + "|loop", writing=UNREACHABLE + "|loop")
def loop(path: Path, sound: Path) -> None:
    path.symlink_to(path.name)


@library("pipe.db", reading="pipe, socket or device", writing="pipe, socket or device")
def pipe(path: Path, sound: Path) -> None:
    os.mkfifo(path)


@library("device.db", reading="pipe, socket or device", writing="pipe, socket or device")
def device(path: Path, sound: Path) -> None:
    path.symlink_to("/dev/null")


@library("n" * 300, reading="too long|" + UNREACHABLE, writing="too long|" + UNREACHABLE)
def long_name(path: Path, sound: Path) -> None:
    pass


@library("head_only.db", reading="damaged|" + NOT_ONE, writing="damaged|" + NOT_ONE)
def head_only(path: Path, sound: Path) -> None:
    path.write_bytes(sound.read_bytes()[:50])


@library("first_page_only.db", reading="damaged", writing="damaged")
def first_page_only(path: Path, sound: Path) -> None:
    path.write_bytes(sound.read_bytes()[:4096])


@library("half.db", reading="damaged", writing="damaged")
def half(path: Path, sound: Path) -> None:
    data = sound.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@library("overwritten.db", reading="damaged", writing="damaged")
def overwritten(path: Path, sound: Path) -> None:
    data = bytearray(sound.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 512] = b"\xee" * 512
    path.write_bytes(data)


@library("tables_lost.db", reading="damaged|" + NOT_ONE, writing="damaged|" + NOT_ONE)
def tables_lost(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)
    execute(path, "DROP TABLE curves", "DROP TABLE failures")


@library("future.db", reading="newer.*upgrade", writing="newer.*upgrade")
def future(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")


@library("read_only.db", reading=None, writing="read-only")
def read_only(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)
    path.chmod(0o444)


@library("read_only_folder/library.db", reading=None, writing="read-only|" + UNREACHABLE)
def read_only_folder(path: Path, sound: Path) -> None:
    path.parent.mkdir()
    shutil.copy(sound, path)
    path.chmod(0o444)
    path.parent.chmod(0o555)


@library("forbidden_folder/new.db", reading="scan", writing=UNREACHABLE + "|read-only")
def forbidden_folder(path: Path, sound: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o555)


@library("sealed_folder/library.db", reading=UNREACHABLE, writing=UNREACHABLE)
def sealed_folder(path: Path, sound: Path) -> None:
    path.parent.mkdir()
    shutil.copy(sound, path)
    path.parent.chmod(0)


@library("unreadable.db", reading=UNREACHABLE, writing=UNREACHABLE)
def unreadable(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)
    path.chmod(0)


@library("log_of_another.db", reading=None, writing=None)
def foreign_log(path: Path, sound: Path) -> None:
    """A write-ahead log beside it that is rubbish."""
    shutil.copy(sound, path)
    path.with_name(path.name + "-wal").write_bytes(os.urandom(20_000))


@library("100%?mode=memory#ü 음악.db", reading=None, writing=None)
def odd_name(path: Path, sound: Path) -> None:
    """A name that would mean something else in a URL."""
    shutil.copy(sound, path)


@library("line\nbreak.db", reading=None, writing=None)
def line_break(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)


@library(os.fsdecode(b"caf\xe9.db"), reading=None, writing=None)
def not_utf8(path: Path, sound: Path) -> None:
    shutil.copy(sound, path)


@library("edited_by_hand.db", reading="damaged|not between|outside|verify", writing=None)
def edited_by_hand(path: Path, sound: Path) -> None:
    """An affect that is none."""
    shutil.copy(sound, path)
    execute(path, "UPDATE tracks SET valence = 7.0")


URLS = {
    "nonsense://somewhere/else": "a SQLite file, or on a PostgreSQL server",
    "postgresql://nobody:secret@127.0.0.1:1/none": "driver|connect|refused|be reached",
    "mysql://root@localhost/music": "a SQLite file, or on a PostgreSQL server",
    "sqlite://": "file",
    "postgresql://[": "driver|not a database URL|be reached",
    "http://example.org/library.db": "a SQLite file, or on a PostgreSQL server",
}
"""Addresses of libraries that can't be reached, and what must be said."""
