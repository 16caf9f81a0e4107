"""``library copy`` of a made-up library to a PostgreSQL server and back: time, memory, and whether both are equal."""

import argparse
import contextlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report import Report, seconds
from benchmarks.synthetic import make_library
from img2music.errors import UsageError
from tests.support.postgres import PostgresServer, programs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--library", type=Path, help="where to keep the synthetic library, to use it again")


@contextlib.contextmanager
def server(shared_buffers: str = "1GB") -> Iterator[str]:
    """An empty library on a server of our own."""
    found = programs()
    if found is None:
        raise UsageError("This needs PostgreSQL: install Debian's package postgresql.")
    made = PostgresServer(found, shared_buffers=shared_buffers, max_wal_size="8GB", autovacuum="on")
    try:
        yield made.url(made.database())
    finally:
        made.close()


def run(options: argparse.Namespace) -> Report:
    report = Report("copy", ["what", "seconds", "MB"])
    with tempfile.TemporaryDirectory() as folder, server() as location:
        file, back = options.library or Path(folder) / "library.db", Path(folder) / "back.db"
        make_library(file, options.tracks)

        def copy(source: object, target: object) -> None:
            words = [sys.executable, "-m", "img2music", "library", "copy", str(source), str(target)]
            took = seconds(lambda: subprocess.run(words, check=True, capture_output=True), repeat=1, warmup=0)
            largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of all so far
            report.add(f"{'SQLite' if source == file else 'PostgreSQL'} to the other", took, largest)

        copy(file, location)
        copy(location, back)
        report.note = f"{options.tracks:,} tracks; rows that differ after both: {_differing(file, back)}."
    return report


def _differing(one: Path, other: Path) -> int:
    with contextlib.closing(sqlite3.connect(one)) as connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        differ = "SELECT count(*) FROM (SELECT * FROM {0}.{2} EXCEPT SELECT * FROM {1}.{2})"
        return sum(
            connection.execute(differ.format(*sides, name)).fetchone()[0]
            for name in names
            for sides in (("main", "other"), ("other", "main"))
        )
