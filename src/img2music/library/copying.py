"""Copies a library from one database to another of either kind as it is, with every number in it."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from img2music.library.database import backend
from img2music.library.schema import TextType, counters, job_log, jobs, metadata, scans, storable, tracks, work
from img2music.progress import Progress, Step

A_BATCH = 2000

# Jobs belong to the server that runs them, and have files beside the library; scans to who runs them.
TABLES = [table for table in metadata.sorted_tables if table not in (counters, jobs, job_log, scans, work)]


def is_empty(connection: sa.Connection) -> bool:
    """Whether there is nothing in a library that would be copied."""
    return all(connection.execute(sa.select(sa.true()).select_from(each).limit(1)).first() is None for each in TABLES)


def copy_tables(source: sa.Connection, target: sa.Connection, progress: Progress) -> int:
    """Copy all but jobs into an empty library, and give the number of tracks."""
    counts = {each: source.execute(sa.select(sa.func.count()).select_from(each)).scalar_one() for each in TABLES}
    total, done = sum(counts.values()), 0
    for table in TABLES:
        for rows in _rows(source, table):
            backend(target.dialect).fill(target, table, rows)
            done += len(rows)
            progress(Step("Copying", done, total, None, "rows"))
    for name, last in backend(source.dialect).last_ids(source).items():
        if name in {table.name for table in TABLES}:
            backend(target.dialect).go_on_after(target, name, last)
    backend(target.dialect).analyze(target)
    return counts[tracks]


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[list[Any]]]:
    """Rows as the driver gives them, some thousand at a time."""
    texts = [index for index, column in enumerate(table.columns) if isinstance(column.type, TextType)]
    statement = str(sa.select(*table.columns).order_by(*table.primary_key).compile(dialect=connection.dialect))
    streaming = {"stream_results": True, "max_row_buffer": A_BATCH}
    found = connection.exec_driver_sql(statement, execution_options=streaming)
    for part in found.partitions(A_BATCH):
        rows = [list(row) for row in part]
        for row in rows:
            for index in texts:
                row[index] = storable(row[index])
        yield rows
