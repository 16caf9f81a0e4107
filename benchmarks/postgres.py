"""Top 10 of a library on a PostgreSQL server: cold, warm, over HTTP, with filters; the plane, an export, GiST.

Without ``--library`` it starts a server of its own (Debian's package postgresql) and fills it; with ``--fill``, it
replaces all tracks of the library that is given. Seconds of the server's processor are not told.
"""

import argparse
import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import psycopg

from benchmarks.copy import server
from benchmarks.made_up import fill
from benchmarks.report import Report, seconds
from img2music.affect import Affect
from img2music.app.library import Library
from img2music.library.store import LibraryStore

NEAREST = "SELECT id FROM tracks WHERE NOT missing ORDER BY point(valence, arousal) <-> point(0.8, 0.3) LIMIT 10"
WORDS = [sys.executable, "-m", "img2music"]
QUESTION = ["recommend", "--valence", "0.8", "--arousal", "0.3"]
PREWARM = """
SELECT sum(pg_prewarm(oid::regclass)) FROM pg_class WHERE oid = ANY('{tracks,curves,lyrics}'::regclass[]) OR oid IN (
    SELECT indexrelid FROM pg_index WHERE indrelid = ANY('{tracks,curves,lyrics}'::regclass[])
    AND (indisprimary OR indexrelid::regclass::text ~ '_(sound|year|genre)$'))
"""
"""Reads what questions look into."""
YEAR, GENRE = 1974, "genre 005"
"""What 1 % of the tracks are of."""
MIB = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--library", help="a library on a server to ask, instead of a made-up one")
    parser.add_argument("--fill", action="store_true", help="replace its tracks by made-up ones")
    parser.add_argument("--buffers", default="1GB", help="memory of the server that it starts (shared_buffers)")
    parser.add_argument("--prewarm", action="store_true", help="read the tables into that before warm questions")
    parser.add_argument("--export", action="store_true", help="also export it, to /tmp, and count its lines")
    parser.add_argument("--gist", action="store_true", help="also make a GiST index, and drop it")
    parser.add_argument("--repeat", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    report = Report("postgres", ["what", "seconds", "MiB"])
    with contextlib.ExitStack() as stack:
        location = options.library or stack.enter_context(server(options.buffers))
        if options.fill or not options.library:
            report.add("filling it", seconds(lambda: fill(location, options.tracks), repeat=1, warmup=0), None)
        _commands(report, location, options)
        if options.prewarm:
            with psycopg.connect(location, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
                took = seconds(lambda: connection.execute(PREWARM), repeat=1, warmup=0)
            report.add("reading the tables into the server's memory", took, None)
        _in_process(report, location)
        _served(report, location)
        with LibraryStore.open(location) as store, store._engine.connect() as connection:
            count = store.count()
            if options.gist:
                _gist(report, connection.exec_driver_sql)
            whole = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
            connection.rollback()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    report.note = f"{count:,} tracks, {whole / 1e9:.2f} GB; medians; the load was {load} at the end."
    return report


def _commands(report: Report, location: str, options: argparse.Namespace) -> None:
    def command(what: str, *words: str, repeat: int = options.repeat) -> None:
        def call() -> None:
            subprocess.run([*WORDS, *words, "--library", location], check=True, capture_output=True)

        took = seconds(call, repeat=repeat, warmup=repeat - 1)
        report.add(what, took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)  # the most so far

    command("recommend --year, whole command", *QUESTION, "--year", f"{YEAR}-{YEAR}")
    command("recommend --genre", *QUESTION, "--genre", GENRE)
    command("recommend", *QUESTION)
    command("recommend --match absolute", *QUESTION, "--match", "absolute")
    command("library info", "library", "info", repeat=1)
    if options.export:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "all.jsonl"
            command("library export", "library", "export", str(file), repeat=1)


def _in_process(report: Report, location: str) -> None:
    turn = iter(np.random.default_rng(1).random((1_000_000, 2)).tolist())
    years, genres = iter(range(1960, 2020)), iter(range(100, 400))

    def add(what: str, ask: Callable[[], object], repeat: int, warmup: int = 0) -> None:
        report.add(what, seconds(ask, repeat=repeat, warmup=warmup), psutil.Process().memory_info().rss // MIB)

    with Library.open(location, read_only=True) as library:

        def ask(**more: object) -> None:
            library.recommend(affects=Affect(*next(turn)), **more)  # type: ignore[arg-type]

        add("first question of a process", ask, 1)
        add("second question", ask, 1)
        add("getting ready", library.prepare, 1)
        add("warm, another point each time", ask, 200, 100)
        add("warm, a year again", lambda: ask(year=(YEAR, YEAR)), 50, 5)
        add("warm, another year each time", lambda: ask(year=(next(years),) * 2), 20)
        add("warm, another genre each time", lambda: ask(genre=f"genre {next(genres)}"), 20)
        add("warm, another artist each time", lambda: ask(artist=f"artist {next(genres)}"), 3)
        add("plane: ids and affects", library.affects, 1)


@contextlib.contextmanager
def serving(location: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server on a free port, ready."""
    command = [*WORDS, "serve", "--port", "0", "--no-open", "--library", location]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search("http://[^ ]+", process.stderr.readline())
        assert found is not None
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield found[0], psutil.Process(process.pid)
        finally:
            process.terminate()


def _served(report: Report, location: str) -> None:
    turn = iter(np.random.default_rng(2).random((1_000_000, 2)).tolist())
    years = iter(range(1960, 2020))

    with serving(location) as (address, process):

        def ask(path: str, body: object = None) -> bytes:
            data = None if body is None else json.dumps(body).encode()
            headers = {"X-Img2music": "1", "Content-Type": "application/json"}
            request = urllib.request.Request(f"{address}api/{path}", data, headers)
            with urllib.request.urlopen(request, timeout=600) as answer:
                return bytes(answer.read())

        def recommend(**filters: object) -> None:
            valence, arousal = next(turn)
            ask("recommend", {"query": {"point": {"valence": valence, "arousal": arousal}}, "filters": filters})

        def add(what: str, question: Callable[[], object], repeat: int, warmup: int = 0) -> None:
            report.add(f"HTTP: {what}", seconds(question, repeat, warmup), process.memory_info().rss // MIB)

        recommend()  # waits until it has read the library
        time.sleep(5)
        add("recommend, warm", recommend, 200, 50)
        add("recommend, a year again", lambda: recommend(year=YEAR), 20, 2)
        add("recommend, another year each time", lambda: recommend(year=next(years)), 20)
        add("plane", lambda: ask("plane"), 1)


def _gist(report: Report, execute: Callable[[str], object]) -> None:
    make = "CREATE INDEX bench_gist ON tracks USING gist (point(valence, arousal)) WHERE NOT missing"
    report.add("GiST index, made", seconds(lambda: execute(make), repeat=1, warmup=0), None)
    report.add("GiST index, ten nearest affects", seconds(lambda: execute(NEAREST).all()), None)  # type: ignore[attr-defined]
    size = execute("SELECT pg_relation_size('bench_gist')").scalar_one()  # type: ignore[attr-defined]
    report.add("GiST index, size", None, size // MIB)
