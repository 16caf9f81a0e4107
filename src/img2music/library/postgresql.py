"""A library on a PostgreSQL server."""

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
