"""A library on a PostgreSQL server."""

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql

from img2music.errors import LibraryError, require_extra
from img2music.library.schema import metadata

insert = postgresql.insert

BUSY_SECONDS = 20.0
"""How long to wait for another program that writes to the library."""
CONNECT_SECONDS = 10
KEPT, MOST = 5, 15
"""Connections of a process that are kept, and that there are at most: of the 40 questions that a server takes at once,
others wait."""
PAGE, PAGES = 8192, 1024
"""Bytes a page, and pages of the table of affects that are read at once."""

FILES, JOB, WRITE, SERVERS = 1, 2, 3, 4
"""Locks of a library: of who changes or scans files, of who runs a job, of who writes."""
FIRST_SCAN = 1000
"""Plus the number of a scan: its lock."""
_LIBRARY = "hashtext('img2music ' || current_schema())"
_CLASS = f"({_LIBRARY}::bigint & 4294967295)::oid"  # as pg_locks shows it

NUMBERED = [table.name for table in metadata.sorted_tables if "id" in table.columns]

_SECRET = re.compile("password|passfile|sslkey", re.IGNORECASE)

REMEDIES = {
    ("28P01",): ("the server takes no such user or password;", "check both."),
    ("28000",): ("the server does not let this user in;", "check the user's name and the server's pg_hba.conf."),
    ("3D000",): ("the server has no such database;", "have it made (createdb), or check the name."),
    ("53300",): ("the server has too many connections;", "try again later, or let it take more (max_connections)."),
    ("42501",): ("its user may not write to it;", "give the user that right, or the name of another user."),
    ("25006",): ("it can't be written here (a replica?);", "give the address of its main server."),
    ("55P03", "40P01"): ("another program is writing to it;", "try again when that is done."),
    ("57014",): ("the server has cut a query short;", "allow it more time (statement_timeout), or try again."),
    ("53100",): ("the server's disk is full;", "free some space and try again. Nothing that was stored is lost."),
    ("XX001", "XX002"): ("the database is damaged;", "restore it from a copy, or scan into a new one."),
    ("22P05",): ("its database is not in UTF-8;", "have one made whose encoding is UTF8."),
    ("08", "57P"): (
        "the server can't be reached, or has gone;",
        "check its address and that it runs, then try again. Nothing that was stored is lost.",
    ),
}
"""What is wrong and what to do, by the beginnings of SQLSTATE codes; the first that fits."""

_UNCODED = {  # libpq gives no code where there is no connection yet
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "too many connections": "53300",
    "session is read-only": "25006",
    'role "': "28000",
    "does not exist": "3D000",
    "": "08",
}


def shown(url: sa.URL) -> str:
    """Name a library without any secret that its address holds."""
    return url.difference_update_query([each for each in url.query if _SECRET.search(each)]).render_as_string()


def has_replica(url: sa.URL) -> bool:
    """Whether several servers are named, of which one is the main server and others may be replicas."""
    hosts = url.query.get("host", ())
    return len(hosts) > 1 if isinstance(hosts, tuple) else "," in f"{hosts}{url.host}"


def engine(url: sa.URL, *, read_only: bool) -> sa.Engine:
    """Connect to a server; where several are named, to read only to a replica if there is one, else to the main one."""
    url = url.set(drivername="postgresql+psycopg")
    settings = {
        "lock_timeout": f"{BUSY_SECONDS * 1000:.0f}ms",
        "client_encoding": "UTF8",
        # The server learns within a minute that this machine is gone, and frees its locks.
        "tcp_keepalives_idle": "20",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
    }
    if read_only:
        settings["default_transaction_read_only"] = "on"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given: Mapping[str, object] = url.query
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "img2music",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "tcp_user_timeout": 30_000,
    }
    if has_replica(url):
        arguments["target_session_attrs"] = "prefer-standby" if read_only else "read-write"
    arguments = {name: value for name, value in arguments.items() if name not in given}
    arguments["options"] = f"{options} {given.get('options', '')}"
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it would tell of a query that Ctrl-C can't cancel
    with require_extra("A library on a PostgreSQL server", "postgres"):
        # The server may have been restarted since: a connection is tried before it is used again.
        # All that is read in one transaction is of one state of the library, as with SQLite.
        made = sa.create_engine(
            url,
            pool_pre_ping=True,
            pool_size=KEPT,
            max_overflow=MOST - KEPT,
            pool_timeout=BUSY_SECONDS,
            isolation_level="REPEATABLE READ",
            connect_args=arguments,
        )

    @sa.event.listens_for(made, "begin")
    def begin(connection: sa.Connection) -> None:
        # One writes at a time, as with SQLite: what is read before it is written still holds then, and two never wait
        # for each other's rows.
        if connection.get_execution_options().get("immediate"):
            connection.exec_driver_sql(
                f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({_LIBRARY}, {WRITE})"
            )

    return made


def code(error: BaseException | None) -> str:
    """SQLSTATE of an error of the driver; empty for another."""
    from psycopg import DataError, Error, OperationalError, ProgrammingError

    if not isinstance(error, Error):
        return ""
    if error.sqlstate is not None:
        return error.sqlstate
    if isinstance(error, DataError | ProgrammingError):  # the latter of an option of the address that there is not
        return ""
    if not isinstance(error, OperationalError):
        return "08"
    return next(code for words, code in _UNCODED.items() if words in str(error))


@contextlib.contextmanager
def locked(engine: sa.Engine, lock: int, taken: LibraryError, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock of a library, which dies with this process's connection."""
    kind = "_shared" if shared else ""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock{kind}({_LIBRARY}, {lock})").scalar():
            raise taken
        try:
            yield
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or code(getattr(error.__cause__, "orig", None)).startswith("08"):
                connection.invalidate()  # so is the lock; the server may not answer any more
            raise
        finally:
            if not connection.invalidated:
                with contextlib.suppress(sa.exc.DBAPIError):  # if the connection is gone, so is the lock
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock{kind}({_LIBRARY}, {lock})")


def scans_alive(connection: sa.Connection) -> set[int] | None:
    """Tell the numbers of the scans whose locks are held; None from a replica, which does not know."""
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        return None
    mine = f"database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = {_CLASS}"  # noqa: S608
    # Of two numbers, not of one of 64 bits.
    held = f"SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND {mine}"  # noqa: S608
    found = connection.exec_driver_sql(held).scalars()
    return {lock - FIRST_SCAN for lock in found if lock > FIRST_SCAN}


def require_writable(engine: sa.Engine) -> None:
    """Find out now, not after an hour of scanning, whether it can be written."""
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
        connection.rollback()


def joined_affects(connection: sa.Connection) -> tuple[Iterator[tuple[bytes, bytes]], int]:
    """Read the table of affects in parts, in any order, and how many bytes they are at most.

    The server joins rows, so that there is no object a row here. Parts that lie in one piece on the disk and fit a
    processor's cache take the server 1.1 s for 10 million tracks and this side 0.2 s; ranges of ids take 2 s and, in
    one piece, 1.9 s.
    """
    pages = connection.exec_driver_sql(f"SELECT pg_relation_size('affects') / {PAGE}").scalar_one()
    return _parts(connection, range(0, pages, PAGES)), pages * PAGE


def _parts(connection: sa.Connection, pages: range) -> Iterator[tuple[bytes, bytes]]:
    """Read two parts at once, where there are several: a server uses a processor for each connection."""
    with contextlib.ExitStack() as stack:
        other = _of_same_state(connection, stack) if len(pages) > 1 else None
        if other is None:
            yield from (_part(connection, page) for page in pages)
            return
        pool = stack.enter_context(ThreadPoolExecutor(1))
        for page in pages[::2]:
            following = pool.submit(_part, other, page + PAGES)
            yield _part(connection, page)
            yield following.result()


def _of_same_state(connection: sa.Connection, stack: contextlib.ExitStack) -> sa.Connection | None:
    """Connect once more, to what reads the same state of the library; None where that can't be."""
    with contextlib.suppress(sa.exc.DBAPIError, sa.exc.TimeoutError):
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        other = stack.enter_context(connection.engine.connect())
        other.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return other
    return None


def _part(connection: sa.Connection, page: int) -> tuple[bytes, bytes]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT string_agg(packed, ''::bytea), string_agg(words, ''::bytea) FROM affects "  # noqa: S608
            f"WHERE ctid >= '({page},0)' AND ctid < '({page + PAGES},0)'"
        )
        packed, words = cursor.fetchone()
        return packed or b"", words or b""


def ids(statement: sa.Select[Any], execute: Callable[[sa.Select[Any]], sa.CursorResult[Any]]) -> NDArray[np.int64]:
    """Read ids in any order; the server joins them, so that there is no object a row here."""
    each = sa.func.int8send(statement.subquery().c.id)
    joined = execute(sa.select(sa.func.string_agg(each, sa.literal_column("''::bytea"), type_=sa.LargeBinary)))
    return np.frombuffer(joined.scalar_one() or b"", dtype=">i8").astype(np.int64)


def fill(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, with a value for every column, as the driver takes them."""
    names = ", ".join(map(connection.dialect.identifier_preparer.quote, table.columns.keys()))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def last_ids(connection: sa.Connection) -> dict[str, int]:
    """Tell the greatest number that was ever given in each table that numbers its rows."""
    given = "pg_sequence_last_value(pg_get_serial_sequence('{0}', 'id'))"
    found = connection.exec_driver_sql("SELECT " + ", ".join(map(given.format, NUMBERED))).one()
    return {table: last for table, last in zip(NUMBERED, found, strict=True) if last is not None}


def go_on_after(connection: sa.Connection, table: str, last: int) -> None:
    """Number the rows of a table from there."""
    connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")


def analyze(connection: sa.Connection) -> None:
    """Let the server count what is in its tables now, not when it finds the time."""
    connection.exec_driver_sql("ANALYZE")
