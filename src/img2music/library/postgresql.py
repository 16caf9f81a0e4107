"""A library on a PostgreSQL server."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from img2music.errors import LibraryError

insert = postgresql.insert


def engine(url: sa.URL, name: str) -> sa.Engine:
    """Connect to a server; ``name`` is what the library is called."""
    try:
        return sa.create_engine(url)
    except ModuleNotFoundError as error:
        raise LibraryError(
            f"there is no driver here for {url.drivername} ({error.name});", name, remedy="install it, or give a file."
        ) from None


JOBS = 0x696D326D
"""The lock of who runs a job."""


@contextlib.contextmanager
def exclusive(engine: sa.Engine, taken: LibraryError) -> Iterator[None]:
    """Hold a lock of a database, which dies with this process's connection."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(JOBS))).scalar():
            raise taken
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(JOBS)))
