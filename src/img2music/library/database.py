"""Opens the database of a library: its place, settings and migrations, and its failures in plain words."""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from img2music.errors import LibraryError, printable
from img2music.library.schema import HEAD, metadata

BUSY_SECONDS = 20.0
"""How long to wait for another program that writes to the library."""

_REMEDIES = {
    "SQLITE_NOTADB": "it is not an img2music library (no SQLite database); give another file.",
    "SQLITE_CORRUPT": "the database is damaged; restore it from a copy, or scan into a new one.",
    "SQLITE_FULL": "the disk is full; free some space and try again. Nothing that was stored is lost.",
    "SQLITE_READONLY": "it can't be written here (read-only file or disk); copy it to where it can.",
    "SQLITE_BUSY": "another program is writing to it; try again when that is done.",
    "SQLITE_LOCKED": "another program is writing to it; try again when that is done.",
    "SQLITE_CANTOPEN": "it can't be opened; check that the folder exists and that you may read and write it.",
    "SQLITE_PERM": "it can't be opened; check that you may read and write it.",
    "SQLITE_AUTH": "it can't be opened; check that you may read and write it.",
    "SQLITE_IOERR_SHM": "there is no room for its index beside it: is the disk full? Nothing that was stored is lost.",
    "SQLITE_IOERR": "the disk reports an error; check it, and restore the library from a copy.",
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a library is: a SQLite file, or the URL of a database server."""

    path: Path | None  # the SQLite file
    url: str | None  # an SQLAlchemy URL, if it is not a SQLite file

    def __str__(self) -> str:
        if self.path is not None:
            return printable(str(self.path))
        return sa.make_url(str(self.url)).render_as_string(hide_password=True)


def locate(location: str | os.PathLike[str] | None) -> Location:
    """Tell where a library is."""
    if location is None:
        location = os.environ.get("IMG2MUSIC_LIBRARY") or None
    if location is None:
        import platformdirs

        return Location(platformdirs.user_data_path("img2music") / "library.db", None)
    text = os.fspath(location)
    if "://" not in text:
        return Location(Path(text).expanduser().absolute(), None)
    try:
        url = sa.make_url(text)
    except ArgumentError:
        raise LibraryError(f"{printable(text)}: not a database URL (such as postgresql://user@host/name).") from None
    if url.get_backend_name() != "sqlite":
        return Location(None, text)
    if not url.database or url.database == ":memory:":
        raise LibraryError("A library is a file: give a path, not an in-memory database.")
    return Location(Path(url.database).absolute(), None)


def open_engine(location: Location, *, create: bool, read_only: bool) -> sa.Engine:
    """Open the database of a library and bring it to the newest schema."""
    with plain_errors(location):
        if location.path is None:
            engine = _server_engine(location)
        else:
            engine = _file_engine(location, location.path, create=create, read_only=read_only)
        try:
            _prepare(engine, location, create=create, read_only=read_only)
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextlib.contextmanager
def plain_errors(location: Location) -> Iterator[None]:
    """Turn errors of the database into a `LibraryError` that says what to do."""
    try:
        yield
    except DBAPIError as error:
        raise _plain(error.orig, location) from error
    except sqlite3.Error as error:
        raise _plain(error, location) from error


@contextlib.contextmanager
def exclusive(location: Location) -> Iterator[None]:
    """Hold a lock beside the library, which dies with this process.

    A library on a server has no such lock: there, two scans at once cost double work and nothing else.
    """
    if location.path is None:
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(location.path.with_name(location.path.name + ".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise LibraryError(
            f"Library {location}: another scan of it is running, or its files are being tagged; wait until it is done."
        ) from None
    except OSError as error:
        raise LibraryError(f"Library {location}: can't lock it: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def compact(engine: sa.Engine) -> None:
    """Shrink a database in a file to what is in it, unless it is busy; a server does that by itself."""
    if engine.dialect.name != "sqlite":
        return
    with contextlib.closing(engine.raw_connection()) as raw, contextlib.suppress(sqlite3.OperationalError):
        raw.cursor().execute("VACUUM")
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _plain(error: BaseException | None, location: Location) -> LibraryError:
    name = getattr(error, "sqlite_errorname", None) or ""
    for code, remedy in _REMEDIES.items():
        if name.startswith(code):
            return LibraryError(f"Library {location}: {remedy}")
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return LibraryError(f"Library {location}: the database says: {printable(first)}")


def _server_engine(location: Location) -> sa.Engine:
    try:
        return sa.create_engine(str(location.url))
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        kind = sa.make_url(str(location.url)).drivername
        lacking = f" ({error.name})" if isinstance(error, ModuleNotFoundError) else ""
        raise LibraryError(
            f"Library {location}: there is no driver here for {printable(kind)}{lacking}; install it, or give a file."
        ) from None


def _file_engine(location: Location, path: Path, *, create: bool, read_only: bool) -> sa.Engine:
    if not _exists(location, path):
        if not create:
            raise LibraryError(f"Library {location}: there is none; make it with: img2music scan FOLDER")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"Library {location}: can't make its folder: {error.strerror}.") from None
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={'rwc' if create else 'rw'}"
    if read_only:
        uri = _readable_uri(uri, location, path)

    def connect() -> sqlite3.Connection:
        return _connect(uri, read_only=read_only)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("upgrading"):
            # To change a table, SQLite makes a new one and drops the old, with which all that refers to it would go.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")

    return engine


def _exists(location: Location, path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise LibraryError(f"Library {location}: it can't be opened: {error.strerror}.") from None
    if stat.S_ISDIR(mode):
        raise LibraryError(f"Library {location}: it is a folder; give a file.")
    if not stat.S_ISREG(mode):
        raise LibraryError(f"Library {location}: it is a pipe, socket or device; give a file.")
    return True


def _connect(uri: str, *, read_only: bool) -> sqlite3.Connection:
    # isolation_level=None: the driver leaves BEGIN to us, so that schema changes are in the transaction too.
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # safe in WAL mode: a power cut undoes the last commits whole
    connection.execute("PRAGMA cache_size = -65536")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _readable_uri(uri: str, location: Location, path: Path) -> str:
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
                f"Library {location}: it was not closed properly and can't be written here; "
                "copy it and its -wal file to where they can be written, and use the copy."
            ) from None
        return f"{uri}&immutable=1"
    return uri


def _prepare(engine: sa.Engine, location: Location, *, create: bool, read_only: bool) -> None:
    with engine.connect() as connection:
        revision = _revision(connection, location)
    if revision is None and not create:
        raise LibraryError(f"Library {location}: it is empty; fill it with: img2music scan FOLDER")
    if revision != HEAD and read_only:
        # Readers upgrade too, where the disk lets them.
        open_engine(location, create=False, read_only=False).dispose()
    elif revision != HEAD:
        _upgrade(engine, location)
    if not read_only and engine.dialect.name == "sqlite":
        with contextlib.closing(engine.raw_connection()) as raw:
            if raw.cursor().execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                raw.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
        # Finds out now, not after an hour of scanning, whether it can be written.
        # SQLite lets a transaction begin where it can't be written, so one has to write.
        with engine.execution_options(immediate=True).connect() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
            connection.rollback()


def _revision(connection: sa.Connection, location: Location) -> str | None:
    """Tell the revision of the schema; None for an empty database."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables or "tracks" not in tables:
        raise LibraryError(f"Library {location}: it is a database, but not an img2music library.")
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    lost = metadata.tables.keys() - set(tables)
    if found == HEAD and lost:
        raise LibraryError(
            f"Library {location}: it is damaged (no {' and '.join(sorted(lost))} in it); "
            "restore it from a copy, or scan into a new one."
        )
    return None if found is None else str(found)


def _upgrade(engine: sa.Engine, location: Location) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "img2music.library:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.execution_options(immediate=True, upgrading=True).begin() as connection:
        revision = _revision(connection, location)  # again: another program may have upgraded it meanwhile
        if revision is not None and revision not in known:
            raise LibraryError(
                f"Library {location}: it was made by a newer img2music (schema {printable(revision)}); "
                "upgrade img2music."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()  # the next connection heeds foreign keys again


def scalar(connection: sa.Connection, statement: sa.Select[Any]) -> int:
    """Read one whole number, 0 for none."""
    return int(connection.execute(statement).scalar() or 0)
