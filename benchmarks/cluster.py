"""Scans on a Ray cluster of three nodes on this machine beside scans by local processes, with as many workers."""

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from img2music.connectors.folders import FolderWalk
from img2music.library.executors import Executor, ProcessExecutor
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from tests.support.clusters import RayNodes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--music", type=Path, required=True, help="folder of real tracks")
    parser.add_argument("--songs", type=int, default=200, help="how many of them")
    parser.add_argument("--jobs", type=int, default=2, help="workers of either")
    parser.add_argument("--rounds", type=int, default=1, help="scans by either, in turn")


def run(options: argparse.Namespace) -> Report:
    from img2music.cluster.executor import RayExecutor

    report = Report("cluster", ["round", "songs", "on", "seconds", "until ready", "load before"])
    with tempfile.TemporaryDirectory() as name:
        folder, music = Path(name), Path(name, "music")
        music.mkdir()
        songs = [file.path for file in itertools.islice(FolderWalk([str(options.music)]), options.songs)]
        for number, song in enumerate(songs):
            (music / f"{number:05}{Path(song).suffix}").symlink_to(song)
        nodes = RayNodes(3)
        os.environ |= nodes.settings
        try:
            found: list[tuple[float, Any]] = []
            for round_, on in itertools.product(range(options.rounds), ("processes", nodes.address)):
                load, start = os.getloadavg()[0], time.perf_counter()
                with (
                    ProcessExecutor(options.jobs) if on == "processes" else RayExecutor(on, [name], options.jobs)
                ) as executor:
                    ready = time.perf_counter() - start
                    found.append(measure(executor, music, folder / f"{len(found)}.db"))
                seconds = found[-1][0]
                report.add(round_ + 1, len(songs), "processes" if on == "processes" else "Ray", seconds, ready, load)
        finally:
            nodes.close()
    here, there = (sum(seconds for seconds, _ in found[first::2]) for first in (0, 1))
    same = all(stored == found[0][1] for _, stored in found)
    alike = "the same" if same else "NOT the same"
    report.note = f"Ray takes {100 * (there / here - 1):.1f} % more (bar: 10 %); the libraries are {alike}."
    return report


def measure(executor: Executor, music: Path, library: Path) -> tuple[float, Any]:
    """Scan into a new library; how many seconds it took, and what is in it."""
    with LibraryStore.open(library, create=True) as store:
        start = time.perf_counter()
        scan(store, [music], executor=executor)
        seconds = time.perf_counter() - start
        records = sorted(store.records(), key=lambda record: record.file.path)
        return seconds, (records, sorted(store.failures(), key=lambda failure: failure.path))
