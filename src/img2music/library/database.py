"""Opens the database of a library: where it is, its migrations, and its failures in plain words."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from img2music.errors import LibraryError, printable
from img2music.library import postgresql, sqlite
from img2music.library.schema import GROWING, HEAD, TextType, metadata, storable

MEMORY = ":memory:"

URL = re.compile(r".*://|postgres[a-z+]*:/", re.DOTALL)
"""Begins an address of a server, if one slash is missing, too: who types that wants no folder of this name."""


@dataclass(frozen=True, slots=True)
class LibraryLocation:
    """Where a library is: a SQLite file, a PostgreSQL server, or else memory."""

    path: Path | None = None
    url: sa.URL | None = None

    def __str__(self) -> str:
        if self.url is not None:
            return postgresql.shown(self.url)
        return MEMORY if self.path is None else os.fspath(self.path)


def locate(location: str | os.PathLike[str] | None) -> LibraryLocation:
    """Tell where a library is."""
    if location is not None and not os.fspath(location):
        raise LibraryError("An empty name is no library.")
    location = location or os.environ.get("IMG2MUSIC_LIBRARY") or None
    if location is None:
        import platformdirs

        return LibraryLocation(platformdirs.user_data_path("img2music") / "library.db")
    text = os.fspath(location)
    if text == MEMORY:
        return LibraryLocation()
    if not URL.match(text):
        return LibraryLocation(Path(text).expanduser().absolute())
    try:
        url = sa.make_url(re.sub("^postgres://", "postgresql://", text))
    except (ArgumentError, ValueError):
        shown = re.sub(":/.*@", "://***@", text)
        raise LibraryError("not a database URL (such as postgresql://user@host/name).", shown) from None
    if url.get_backend_name() == "postgresql":
        return LibraryLocation(url=url)
    if url.get_backend_name() != "sqlite":
        raise LibraryError("a library is a SQLite file, or on a PostgreSQL server.", url.render_as_string())
    if not url.database or url.database == MEMORY:
        return LibraryLocation()
    return LibraryLocation(Path(url.database).absolute())


def open_engine(location: LibraryLocation, *, create: bool, read_only: bool) -> sa.Engine:
    """Open the database of a library and bring it to the newest schema."""
    with plain_errors(location):
        if location.url is not None:
            engine = postgresql.engine(location.url, read_only=read_only)
        else:
            engine = sqlite.engine(location.path, create=create, read_only=read_only)
        try:
            _prepare(engine, location, create=create or location == LibraryLocation(), read_only=read_only)
        except BaseException:
            engine.dispose()
            raise
        return engine


def reading_engine(location: LibraryLocation, engine: sa.Engine) -> sa.Engine:
    """What to read from beside the engine of a library that is written, too: a replica, where one is named."""
    if location.url is None or not postgresql.has_replica(location.url):
        return engine
    return postgresql.engine(location.url, read_only=True)


@contextlib.contextmanager
def plain_errors(location: LibraryLocation) -> Iterator[None]:
    """Turn errors of the database into a `LibraryError` that says what to do."""
    try:
        yield
    except PoolTimeout as error:
        remedy = "try again when fewer ask at once."
        raise LibraryError("all connections to it are taken;", str(location), remedy=remedy) from error
    except (DBAPIError, sqlite3.Error) as error:
        raise _plain(getattr(error, "orig", error), location) from error


def _plain(error: BaseException | None, location: LibraryLocation) -> LibraryError:
    if location.url is None:
        name, remedies = getattr(error, "sqlite_errorname", None) or "", sqlite.REMEDIES
    else:
        name, remedies = postgresql.code(error), postgresql.REMEDIES
    for code, (what, remedy) in remedies.items():
        if name.startswith(code):
            return LibraryError(what, str(location), remedy=remedy)
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return LibraryError(f"the database says: {printable(first)}", str(location))


def backend(dialect: sa.Dialect) -> ModuleType:
    """What knows a kind of database."""
    return sqlite if dialect.name == "sqlite" else postgresql


AMONG = "among"


@lru_cache
def among(statement: sa.Select[Any], column: sa.Column[Any], dialect: str) -> sa.Select[Any]:
    """Narrow a query to rows in which a column has one of the values that are given as `AMONG`.

    A server takes them as one, so that the query is the same for any number of them, and is prepared once.
    """
    if dialect == "sqlite":
        return statement.where(column.in_(sa.bindparam(AMONG, expanding=True)))
    return statement.where(column == sa.any_(sa.bindparam(AMONG, type_=sa.ARRAY(column.type))))


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]], *keys: str) -> None:
    """Insert rows of values as the driver takes them; where there is one of the same keys, give it the other values."""
    if rows:
        text, order = _upsert(connection.dialect, table, tuple(rows[0]), keys)
        texts = [name for name in rows[0] if isinstance(table.c[name].type, TextType)]
        rows = [row | {name: storable(row[name]) for name in texts} for row in rows] if texts else rows
        values = rows if order is None else list(map(itemgetter(*order), rows))
        connection.exec_driver_sql(text, values)  # SQLAlchemy's own way with parameters takes longer than SQLite


@lru_cache
def _upsert(
    dialect: sa.Dialect, table: sa.Table, names: tuple[str, ...], keys: tuple[str, ...]
) -> tuple[str, Sequence[str] | None]:
    """The statement, and in which order it takes values; None where by name."""
    insert = backend(dialect).insert(table)
    changed = {name: insert.excluded[name] for name in names if name not in keys}
    if changed:
        insert = insert.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        insert = insert.on_conflict_do_nothing()
    compiled = insert.compile(dialect=dialect, column_keys=names)
    return str(compiled), compiled.positiontup


def _prepare(engine: sa.Engine, location: LibraryLocation, *, create: bool, read_only: bool) -> None:
    with engine.connect() as connection:
        revision = _revision(connection, location)
        lacking = lacking_columns(connection) if revision == HEAD else []
    if revision is None and not create:
        raise LibraryError("it is empty;", str(location), remedy="scan some music into it.")
    if revision != HEAD or lacking:
        if not read_only or location == LibraryLocation():
            _upgrade(engine, location)
        else:
            try:  # readers upgrade too, where the disk or the server lets them
                open_engine(location, create=False, read_only=False).dispose()
            except LibraryError:
                if revision != HEAD or location.url is not None:
                    raise
                sqlite.lend_columns(engine, lacking)
    if not read_only:
        backend(engine.dialect).require_writable(engine)


def lacking_columns(connection: sa.Connection) -> list[sa.Column[Any]]:
    """Columns of `GROWING` tables that are declared, and were not when the library was last written."""
    lacking: list[sa.Column[Any]] = []
    for table in GROWING:
        there = set(connection.exec_driver_sql(f"SELECT * FROM {table.name} LIMIT 0").keys())  # noqa: S608
        lacking += [column for column in table.columns if column.name not in there]
    return lacking


def _revision(connection: sa.Connection, location: LibraryLocation) -> str | None:
    """Tell the revision of the schema; None for an empty database."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables or "tracks" not in tables:
        raise LibraryError("it is a database, but not an img2music library.", str(location))
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    lost = metadata.tables.keys() - set(tables)
    if found == HEAD and lost:
        raise LibraryError(
            f"it is damaged (no {' and '.join(sorted(lost))} in it);",
            str(location),
            remedy="restore it from a copy, or scan into a new one.",
        )
    return None if found is None else str(found)


def _upgrade(engine: sa.Engine, location: LibraryLocation) -> None:
    """Bring a library to the newest revision, and add the columns that it lacks."""
    with engine.execution_options(immediate=True, upgrading=True).begin() as connection:
        revision = _revision(connection, location)  # again: another program may have upgraded it meanwhile
        if revision != HEAD:
            _migrate(connection, revision, location)
        for column in lacking_columns(connection):
            kind = column.type.compile(engine.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}")


def _migrate(connection: sa.Connection, revision: str | None, location: LibraryLocation) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "img2music.library:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise LibraryError(
            f"it was made by a newer img2music (schema {printable(revision)});",
            str(location),
            remedy="upgrade img2music.",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
