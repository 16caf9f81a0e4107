"""All songs of a music server walked, and what a scan would do: time, and the memory that it takes.

MPD is the real one; the others behave as they are documented, on loopback.
"""

import argparse
import itertools
import multiprocessing
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from benchmarks.report import Report
from img2music import Library
from img2music.connectors.connections import Connection, keep
from img2music.connectors.jellyfin import Jellyfin
from img2music.connectors.registry import MUSIC, music_server
from tests.support.media_servers import JellyfinServer, PlexServer, jellyfin_song, plex_song
from tests.support.mpd_servers import mpd
from tests.support.music_servers import SubsonicServer, entry, make_music

KINDS = ("subsonic", "mpd", "jellyfin", "plex")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=50_000)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)


def run(options: argparse.Namespace) -> Report:
    report = Report("servers", ["server", "what", "songs", "seconds", "MiB that it added"])
    context = multiprocessing.get_context("spawn")
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as name, _server(kind, options.songs, Path(name)) as (connection, secret):
            for each in ("CACHE", "CONFIG"):
                os.environ[f"XDG_{each}_HOME"] = f"{name}/{each.lower()}"
            keep(connection, secret)
            for what in (_walked, _scanned)[: 1 + MUSIC[connection.kind].files]:
                got, answer = context.Pipe(duplex=False)
                process = context.Process(target=_measured, args=(what, connection, answer))
                process.start()
                report.add(kind, what.__doc__, *got.recv())
                process.join()
    return report


@contextmanager
def _server(kind: str, songs: int, folder: Path) -> Iterator[tuple[Connection, str | None]]:
    """A server with so many songs; those of MPD are links to thirty."""
    if kind == "subsonic":
        with SubsonicServer([entry(number) for number in range(songs)]) as subsonic:
            yield subsonic.connection(kind), subsonic.PASSWORD
    elif kind == "jellyfin":
        with JellyfinServer([jellyfin_song(number) for number in range(songs)]) as jellyfin:
            yield Jellyfin.prepare(jellyfin.connection(kind), jellyfin.PASSWORD)
    elif kind == "plex":
        with PlexServer([plex_song(number) for number in range(songs)]) as plex:
            yield plex.connection(kind), plex.TOKEN
    else:
        made = [path for path in make_music(folder / "made", 30).rglob("*.*") if path.is_file()]
        for number, path in zip(range(songs), itertools.cycle(made), strict=False):
            album = folder / "music" / f"Root {number // 300}" / path.parent.name
            album.mkdir(parents=True, exist_ok=True)
            os.link(path, album / f"{number} {path.name}")
        with mpd(folder / "music", folder / "home") as home:
            yield home.connection(kind), None


def _walked(connection: Connection) -> int:
    """walked"""
    server = music_server(connection)
    server.look()
    count = sum(1 for _ in server.songs())
    server.close()
    return count


def _scanned(connection: Connection) -> int:
    """what a scan would do"""
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder, "library.db")) as library:
        return library.scan(f"server://{connection.name}", dry_run=True).found


def _measured(what: Callable[[Connection], int], connection: Connection, answer: Pipe) -> None:
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder, "library.db")) as library:
        library.scan(folder, dry_run=True)  # code is no song
    before, start = _largest(), time.perf_counter()
    count = what(connection)
    answer.send((count, time.perf_counter() - start, _largest() - before))


def _largest() -> float:
    """MiB that this process had at most: of its own, which getrusage's figure is not."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
