"""All songs of a music server on loopback, walked: how long it takes, and how much memory."""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import psutil

from benchmarks.report import Report
from img2music import Library
from img2music.connectors.connections import Connection, keep
from img2music.connectors.folders import FolderWalk
from img2music.connectors.registry import music_server
from tests.support.music_servers import SubsonicServer, entry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=50_000)


def run(options: argparse.Namespace) -> Report:
    report = Report("servers", ["what", "songs", "seconds", "MB more than before, at most"])
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    server = context.Process(target=_serve, args=(options.songs, far), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as name:
        for each in ("CACHE", "CONFIG"):
            os.environ[f"XDG_{each}_HOME"] = f"{name}/{each.lower()}"
        connection = Connection(name="home", kind="subsonic", url=near.recv(), user=SubsonicServer.USER)
        keep(connection, SubsonicServer.PASSWORD)
        opened = music_server(connection)
        opened.look()
        _measure(report, "the server's songs", lambda: (1 for _ in opened.songs()))
        opened.close()
        _measure(report, "as locations", lambda: (1 for _ in FolderWalk(["server://home"])))
        with Library.open(Path(name, "library.db")) as library:
            _measure(report, "what a scan would do", lambda: iter([library.scan("server://home", dry_run=True).found]))
    near.send(None)
    server.join()
    return report


def _measure(report: Report, what: str, walk: Callable[[], Iterator[int]]) -> None:
    process, most, count = psutil.Process(), 0, 0
    before, start = process.memory_info().rss, time.perf_counter()
    for number in walk():
        count += number
        if count % 1000 == 0:
            most = max(most, process.memory_info().rss)
    most = max(most, process.memory_info().rss)
    report.add(what, count, time.perf_counter() - start, (most - before) / 1e6)


def _serve(count: int, pipe: Pipe) -> None:
    with SubsonicServer([entry(number) for number in range(count)]) as server:
        pipe.send(server.url)
        pipe.recv()
