"""A library in a SQLite file, or in memory."""

import contextlib
import os
import secrets
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import sqlite

from img2music.errors import LibraryError
from img2music.library.affects import HEARD, READ
from img2music.library.schema import affects

BUSY_SECONDS = 20.0
"""How long to wait for another program that writes to the library."""
MOST_JOINED = 1 << 22  # ids a query: twice 40 bytes each stay below SQLite's limit of 1e9 bytes a value

insert = sqlite.insert

REMEDIES = {
    ("SQLITE_NOTADB",): ("it is not an img2music library (no SQLite database);", "give another file."),
    ("SQLITE_CORRUPT",): ("the database is damaged;", "restore it from a copy, or scan into a new one."),
    ("SQLITE_FULL",): ("the disk is full;", "free some space and try again. Nothing that was stored is lost."),
    ("SQLITE_READONLY",): ("it can't be written here (read-only file or disk);", "copy it to where it can."),
    ("SQLITE_BUSY", "SQLITE_LOCKED"): ("another program is writing to it;", "try again when that is done."),
    ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"): (
        "it can't be opened;",
        "check that the folder exists and that you may read and write it.",
    ),
    ("SQLITE_IOERR_SHM",): (
        "there is no room for its index beside it:",
        "is the disk full? Nothing that was stored is lost.",
    ),
    ("SQLITE_IOERR",): ("the disk reports an error;", "check it, and restore the library from a copy."),
}
"""What is wrong and what to do, by the beginnings of the names of SQLite's errors; the first that fits."""


LOCK_SECONDS = 0.2
"""How long to wait for a lock; who only looks whether it is held has it for a moment."""


def engine(path: Path | None, *, create: bool, read_only: bool) -> sa.Engine:
    """Connect to a file, or without one to memory, which is gone when the last connection is closed."""
    if path is None:
        uri = f"file:/img2music-{secrets.token_hex(8)}?vfs=memdb"
    else:
        _require(path, create=create)
        uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
        if read_only:
            uri = _readable_uri(uri, path)

    def connect() -> sqlite3.Connection:
        return _connect(uri, read_only=read_only)

    made = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool)

    @sa.event.listens_for(made, "begin")
    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        # To change a table, SQLite makes a new one and drops the old, with which all that refers to it would go.
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if options.get('upgrading') else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")

    return made


def _require(path: Path, *, create: bool) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if not create:
            raise LibraryError("there is no such library;", str(path), remedy="scan some music into it.") from None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"can't make its folder: {error.strerror}.", str(path)) from None
        try:
            path.touch()  # here and now: should it go later, no connection makes another
        except OSError as error:
            raise LibraryError(f"it can't be written here: {error.strerror}.", str(path)) from None
        return
    except OSError as error:
        raise LibraryError(f"it can't be opened: {error.strerror}.", str(path)) from None
    if stat.S_ISDIR(mode):
        raise LibraryError("it is a folder;", str(path), remedy="give a file.")
    if not stat.S_ISREG(mode):
        raise LibraryError("it is a pipe, socket or device;", str(path), remedy="give a file.")


def identity(path: Path) -> tuple[int, int] | None:
    """Tell which file a path names; None if there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LibraryError(f"it can't be opened: {error.strerror}.", str(path)) from None
    return found.st_dev, found.st_ino


def moved(path: Path) -> LibraryError:
    """Refuse what would be written to a file that nobody finds any more."""
    return LibraryError(
        "it was replaced, moved or removed while it was in use;",
        str(path),
        remedy="start again with what is there now.",
    )


def let_go(engine: sa.Engine) -> None:
    """Close a file that has moved: SQLite itself would leave the last changes in a log that it is parted from.

    The file that is there now would take that log for its own.
    """
    if isinstance(engine.pool, sa.QueuePool) and engine.pool.checkedin():  # one to the file that was opened
        with contextlib.suppress(sqlite3.Error, sa.exc.DBAPIError), contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA busy_timeout = 0")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    engine.dispose()


def _connect(uri: str, *, read_only: bool) -> sqlite3.Connection:
    # isolation_level=None: the driver leaves BEGIN to us, so that schema changes are in the transaction too.
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")  # safe in WAL mode: a power cut undoes the last commits whole
    connection.execute("PRAGMA cache_size = -65536")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _readable_uri(uri: str, path: Path) -> str:
    """Choose how to read: as usual or, where no log can be made beside the file, as never changing."""
    try:
        with contextlib.closing(_connect(uri, read_only=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR_SHM")):
            raise
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size > 0:
            raise LibraryError(
                "it was not closed properly and can't be written here;",
                str(path),
                remedy="copy it and its -wal file to where they can be written, and use the copy.",
            ) from None
        return f"{uri}&immutable=1"
    return uri


def require_writable(engine: sa.Engine) -> None:
    """Find out now, not after an hour of scanning, whether it can be written; readers and a writer don't wait."""
    with contextlib.closing(engine.raw_connection()) as raw:
        if raw.cursor().execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
            raw.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
    # SQLite lets a transaction begin where it can't be written, so one has to write.
    with engine.execution_options(immediate=True).connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
        connection.rollback()


def lend_columns(engine: sa.Engine, columns: Sequence[sa.Column[Any]]) -> None:
    """Let tables look as if they had columns, all of them null, where they can't be changed."""

    @sa.event.listens_for(engine, "connect")
    def lend(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        for table in {column.table.name for column in columns}:
            nulls = ", ".join(f"NULL AS {column.name}" for column in columns if column.table.name == table)
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT *, {nulls} FROM main.{table}")  # noqa: S608
        connection.execute("PRAGMA query_only = ON")

    engine.dispose()


@contextlib.contextmanager
def exclusive(path: Path, ending: str, taken: LibraryError) -> Iterator[None]:
    """Hold a lock beside a library, which dies with this process."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(path.name + ending), timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise taken from None
    except OSError as error:
        raise LibraryError(f"can't lock it: {error.strerror}.", str(path)) from None
    try:
        yield
    finally:
        lock.release()


def compact(engine: sa.Engine) -> None:
    """Shrink the file to what is in it, unless it is busy."""
    with contextlib.closing(engine.raw_connection()) as raw, contextlib.suppress(sqlite3.OperationalError):
        raw.cursor().execute("VACUUM")
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def faults(connection: sa.Connection) -> list[str]:
    """Check the database itself."""
    found = [str(row) for row in connection.execute(sa.text("PRAGMA integrity_check")).scalars() if row != "ok"]
    strays = connection.execute(sa.text("PRAGMA foreign_key_check")).all()
    return found + [f"a row of {row[0]} belongs to no track" for row in strays]


def joined_affects(connection: sa.Connection) -> tuple[list[tuple[bytes, bytes]], int] | None:
    """Read the table of affects in parts, and tell their bytes.

    SQLite joins its rows, four times as fast as an object a row. It does so byte by byte in a database in UTF-8; None
    should another build of it mind.
    """
    last = connection.execute(sa.select(sa.func.max(affects.c.track_id))).scalar() or 0
    packed = _joined(connection, "SELECT count(*), CAST(group_concat(packed, '') AS BLOB) FROM affects WHERE ", last)
    words = _joined(
        connection,
        "SELECT count(*), CAST(group_concat(words, '') AS BLOB) FROM affects INDEXED BY ix_affects_words "
        "WHERE words IS NOT NULL AND ",
        last,
    )
    if any(len(part) != count * kind.itemsize for of, kind in ((packed, HEARD), (words, READ)) for count, part in of):
        return None
    parts = [(part, read) for (_, part), (_, read) in zip(packed, words, strict=True)]
    return parts, sum(len(part) for part, _ in parts)


def _joined(connection: sa.Connection, select: str, last: int) -> list[tuple[int, bytes]]:
    statement = sa.text(f"{select} track_id > :above AND track_id <= :upto")
    parts = [{"above": above, "upto": above + MOST_JOINED} for above in range(0, last, MOST_JOINED)]
    found = (connection.execute(statement, part).one() for part in parts)
    return [(count, part or b"") for count, part in found]


def ids(statement: sa.Select[Any], execute: Callable[[sa.Select[Any]], sa.CursorResult[Any]]) -> NDArray[np.int64]:
    """Read ids in any order."""
    return np.fromiter(execute(statement).scalars(), dtype=np.int64)


def fill(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, with a value for every column, as the driver takes them."""
    names = ", ".join(map(connection.dialect.identifier_preparer.quote, table.columns.keys()))
    marks = ", ".join("?" * len(table.columns))
    values = list(map(tuple, rows))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608


def last_ids(connection: sa.Connection) -> dict[str, int]:
    """Tell the greatest number that was ever given in each table that numbers its rows."""
    return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}


def go_on_after(connection: sa.Connection, table: str, last: int) -> None:
    """Number the rows of a table from there."""
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
    connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:table, :last)"), {"table": table, "last": last})


def analyze(connection: sa.Connection) -> None:
    """Nothing: its statistics, once there are any, would have to be kept up to date."""
