"""Top 10 of a library on a PostgreSQL server: cold, warm, with a filter; and what a GiST index would do.

Without ``--library`` it starts a server of its own (Debian's package postgresql) and fills it.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.copy import server
from benchmarks.report import Report, seconds
from benchmarks.synthetic import make_library
from img2music.affect import Affect
from img2music.app.library import Library
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore

NEAREST = "SELECT id FROM tracks WHERE NOT missing ORDER BY point(valence, arousal) <-> point(0.8, 0.3) LIMIT 10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--library", help="a library on a server to ask, instead of a made-up one; an index is added")


def run(options: argparse.Namespace) -> Report:
    if options.library:
        return _measure(options.library)
    with tempfile.TemporaryDirectory() as folder, server() as location:
        file = Path(folder) / "library.db"
        make_library(file, options.tracks)
        with Library.open(file, read_only=True) as library:
            library.copy(location)
        return _measure(location)


def _measure(location: str) -> Report:
    words = [sys.executable, "-m", "img2music", "recommend", "--library", location, "--valence", "0.8", "--arousal"]

    def command(*more: str) -> float:
        return seconds(lambda: subprocess.run([*words, "0.3", *more], check=True, capture_output=True), repeat=3)

    report = Report("postgres", ["what", "seconds"])
    report.add("recommend, whole command", command())
    report.add("... --match absolute", command("--match", "absolute"))
    report.add("... --year 1990-1990 (1 %)", command("--year", "1990-1990"))
    turn = iter(np.random.default_rng(1).random((1_000_000, 2)).tolist())

    def ask(library: Library, **more: object) -> None:
        library.recommend(affects=[Affect(*next(turn))], **more)  # type: ignore[arg-type]

    with Library.open(location, read_only=True) as library:
        report.add("first question of a process", seconds(lambda: ask(library), repeat=1, warmup=0))
        report.add("warm, another point each time", seconds(lambda: ask(library), repeat=200, warmup=100))
        report.add("warm, --year 1990-1990", seconds(lambda: ask(library, year=(1990, 1990)), repeat=20))
        years = iter(range(1951, 2020))
        report.add("warm, another year each time", seconds(lambda: ask(library, year=(next(years),) * 2), repeat=20))
    with LibraryStore.open(location) as store:
        count = store.count()
        report.add("reading all affects", seconds(lambda: store.columns(["id", "valence", "arousal"])))
        report.add("ids of one year", seconds(lambda: store.ids(TrackFilter(year=(1990, 1990)))))
        with store._engine.connect() as connection:

            def index() -> None:
                connection.exec_driver_sql("CREATE INDEX bench_gist ON tracks USING gist (point(valence, arousal))")

            report.add("GiST index, made", seconds(index, repeat=1, warmup=0))
            report.add("GiST index, top 10", seconds(lambda: connection.exec_driver_sql(NEAREST).all()))
            size = connection.exec_driver_sql("SELECT pg_relation_size('bench_gist')").scalar_one()
            whole = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
            connection.rollback()
    report.note = f"{count:,} tracks, {whole / 1e9:.2f} GB; the GiST index {size / 1e6:.0f} MB. Median."
    return report
