"""Scans on a Ray cluster of three nodes on this machine beside scans by local processes, with as many workers."""

import argparse
import contextlib
import itertools
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

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

    report = Report("cluster", ["round", "songs", "on", "seconds", "processor seconds", "until ready", "load before"])
    with tempfile.TemporaryDirectory() as name:
        folder, music = Path(name), Path(name, "music")
        music.mkdir()
        songs = [file.path for file in itertools.islice(FolderWalk([str(options.music)]), options.songs)]
        for number, song in enumerate(songs):
            (music / f"{number:05}{Path(song).suffix}").symlink_to(song)
        nodes = RayNodes(3)
        os.environ |= nodes.settings
        try:
            found: list[tuple[float, float, Any]] = []
            for round_, on in itertools.product(range(options.rounds), ("processes", nodes.address)):
                local = on == "processes"
                apart = {node.pid for node in nodes.nodes} if local else set()
                load, start = os.getloadavg()[0], time.perf_counter()
                with ProcessExecutor(options.jobs) if local else RayExecutor(on, [name], options.jobs) as executor:
                    ready = time.perf_counter() - start
                    found.append(measure(executor, music, folder / f"{len(found)}.db", apart))
                report.add(round_ + 1, len(songs), "processes" if local else "Ray", *found[-1][:2], ready, load)
        finally:
            nodes.close()
    here, there = ([sum(each[what] for each in found[first::2]) for what in (0, 1)] for first in (0, 1))
    time_, work = (100 * (ray / local - 1) for ray, local in zip(there, here, strict=True))
    same = all(stored == found[0][2] for _, _, stored in found)
    alike = "the same" if same else "NOT the same"
    report.note = (
        f"Ray takes {time_:.1f} % more time (bar: 10 %) and {work:.1f} % more of processors, which tells more where "
        f"other programs run; the libraries are {alike}."
    )
    return report


def measure(executor: Executor, music: Path, library: Path, apart: set[int]) -> tuple[float, float, Any]:
    """Scan into a new library; what it took, in seconds and in seconds of processors, and what is in it."""
    with LibraryStore.open(library, create=True) as store:
        start, before = time.perf_counter(), spent(psutil.Process(), apart)
        scan(store, [music], executor=executor)
        seconds, used = time.perf_counter() - start, spent(psutil.Process(), apart) - before
        records = sorted(store.records(), key=lambda record: record.file.path)
        return seconds, used, (records, sorted(store.failures(), key=lambda failure: failure.path))


def spent(process: psutil.Process, apart: set[int]) -> float:
    """Processor seconds of a process and of all below it, but for some with what is below these."""
    with contextlib.suppress(psutil.NoSuchProcess):
        times, children = process.cpu_times(), process.children()
        own = float(times.user + times.system)
        return own + sum(spent(child, apart) for child in children if child.pid not in apart)
    return 0.0
