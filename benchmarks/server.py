"""How quick the server is for many clients while it scans: mixed reads, a job that was begun over HTTP."""

import argparse
import asyncio
import itertools
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
from PIL import Image

from benchmarks.report import Report
from benchmarks.synthetic import make_library, put, records
from img2music.connectors.folders import FileState, FolderWalk, is_audio_name
from img2music.library.store import LibraryStore

HEADERS = "Host: localhost\r\nX-Img2music: 1\r\nContent-Type: application/json\r\n"
LIBRARY, HEARD = 10_000, 8
"""Tracks that the library has, and more of which clients hear something."""
MIB = 1 << 20
MOST_PAUSE = 4.0  # seconds; after five the server closes a connection on which nothing is asked
EVERY = 5.0
"""Seconds after which memory is looked at."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--music", type=Path, required=True, help="folder of music to scan, enough for the time")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--streams", type=int, default=20, help="of which only watch the job")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between answer and question of a client")
    parser.add_argument("--idle", action="store_true", help="without a job")


def run(options: argparse.Namespace) -> Report:
    report = Report("server", ["route", "requests", "median ms", "p95 ms", "most ms"])
    with tempfile.TemporaryDirectory() as name:
        library = Path(name) / "library.db"
        make_library(library, LIBRARY)
        heard = copied(options.music, Path(name) / "heard")
        with LibraryStore.open(library) as store:
            put(store, (replace(made, file=file) for made, file in zip(records(HEARD), heard, strict=True)))
        with served(library, options.music) as (process, port):
            found = asyncio.run(load(port, process.pid, options))
    every = sorted(each for times in found.times.values() for each in times)
    spent = found.processor / len(every)
    for route, times in sorted(found.times.items()):
        report.add(route, len(times), *(1000 * each for each in (statistics.median(times), p95(times), max(times))))
    report.add("all", len(every), *(1000 * each for each in (statistics.median(every), p95(every), every[-1])))
    memory = ", ".join(f"{each / MIB:.0f}" for each in found.memory)
    report.note = (
        f"{len(every) / options.seconds:.0f} answers a second, {1000 * spent:.1f} ms of processor each. "
        f"Statuses: {dict(sorted(found.statuses.items()))}; {found.broken} connections broke. "
        f"Memory of the server every {EVERY:.0f} s, MiB: {memory}. The job: {found.job}. Events: {found.events}."
    )
    return report


def copied(music: Path, folder: Path) -> list[FileState]:
    """Copy files that are heard, and lay a cover beside them."""
    folder.mkdir()
    for file in itertools.islice((each for each in FolderWalk([str(music)]) if is_audio_name(each.path)), HEARD):
        shutil.copy(file.path, folder)
    Image.effect_noise((600, 600), 60).save(folder / "cover.jpg")
    return list(FolderWalk([str(folder)]))


def p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


class Found:
    """What clients saw."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}
        self.statuses: Counter[int] = Counter()
        self.memory: list[int] = []
        self.broken = self.events = 0
        self.processor = 0.0  # seconds that the server took
        self.job = "none"


@contextmanager
def served(library: Path, music: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "img2music", "serve", "--port", "0", "--no-open"]
    command += ["--library", str(library), "--music", str(music), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop it
        yield process, int(line.split("http://")[1].split("/")[0].rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait()


async def load(port: int, pid: int, options: argparse.Namespace) -> Found:
    found = Found()
    await asyncio.sleep(5.0)  # the first readings load models
    if not options.idle:
        body = json.dumps({"kind": "scan"}).encode()
        begun = urllib.request.Request(f"http://127.0.0.1:{port}/api/jobs", body, {"X-Img2music": "1"})
        begun.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(begun) as answer:
            assert answer.status == 202
    before, until = processor(pid), time.monotonic() + options.seconds
    readers = options.clients - options.streams
    await asyncio.gather(
        watch_memory(pid, until, found),
        *(stream(port, until, found) for _ in range(options.streams)),
        *(read(port, random.Random(seed), options.pause, until, found) for seed in range(readers)),
    )
    found.processor = processor(pid) - before
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/jobs") as answer:
        jobs = json.load(answer)["jobs"]
    if jobs:
        found.job = f"{jobs[0]['state']}, {jobs[0]['done']:.0f} of {jobs[0]['total']:.0f}"
    return found


def processor(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def watch_memory(pid: int, until: float, found: Found) -> None:
    while time.monotonic() < until:
        found.memory.append(psutil.Process(pid).memory_info().rss)
        await asyncio.sleep(EVERY)


async def stream(port: int, until: float, found: Found) -> None:
    """Watch the events of jobs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /api/jobs/events HTTP/1.1\r\n{HEADERS}\r\n".encode())
    try:
        async with asyncio.timeout(until - time.monotonic()):
            while line := await reader.readline():
                found.events += line.startswith(b"id:")
    except TimeoutError:
        pass
    writer.close()


async def read(port: int, chance: random.Random, pause: float, until: float, found: Found) -> None:
    """Ask one thing after the other, as a page does."""
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.monotonic() < until:
                await asyncio.sleep(min(chance.expovariate(1 / pause), MOST_PAUSE) if pause else 0)
                ((_, route, request),) = chance.choices(ROUTES, WEIGHTS)
                start = time.monotonic()
                writer.write(request(chance.randrange(1, LIBRARY + 1)))
                status = await answered(reader)
                found.times.setdefault(route, []).append(time.monotonic() - start)
                found.statuses[status] += 1
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            found.broken += 1


async def answered(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(size.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


def get(path: str, more: str = "") -> Callable[[int], bytes]:
    return lambda number: f"GET /api/{path.format(number)} HTTP/1.1\r\n{HEADERS}{more}\r\n".encode()


def ask(**query: object) -> Callable[[int], bytes]:
    def request(number: int) -> bytes:
        point = {"valence": number % 100 / 100, "arousal": number % 83 / 83}
        asked = {"track": number} if "track" in query else {"point": point}
        body = json.dumps({"query": asked, "limit": 20}).encode()
        return f"POST /api/recommend HTTP/1.1\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body

    return request


def of_heard(path: str, more: str = "") -> Callable[[int], bytes]:
    """Ask for something of a track that has a file."""
    return lambda number: get(path, more)(LIBRARY + 1 + number % HEARD)


# How often each is asked for by a page that shows a list: covers and waveforms of what is seen, sound of what is heard.
ROUTES = [
    (1, "recommend point", ask(point=True)),
    (1, "recommend track", ask(track=True)),
    (10, "tracks/{id}/cover", of_heard("tracks/{}/cover")),
    (4, "tracks/{id}/peaks", of_heard("tracks/{}/peaks")),
    (4, "tracks/{id}/audio", of_heard("tracks/{}/audio", "Range: bytes=0-65535\r\n")),
    (2, "tracks/{id}", get("tracks/{}")),
    (1, "tracks", get("tracks?after={}&limit=50")),
    (1, "tracks search", get("tracks?search=song+{}&limit=50")),
    (1, "plane", get("plane")),
    (1, "jobs", get("jobs")),
    (1, "health", get("health")),
    (1, "feedback", get("feedback")),
]
WEIGHTS = [weight for weight, _, _ in ROUTES]
