"""All songs of a music server, walked: MPD, the real one, and Jellyfin and Plex as they are documented, on loopback."""

import argparse
import dataclasses
import itertools
import multiprocessing
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Report
from img2music.connectors.connections import Connection
from img2music.connectors.jellyfin import LIMITS, Jellyfin
from img2music.connectors.mpd import Mpd
from img2music.connectors.music_server import MusicServer
from img2music.connectors.plex import Plex
from tests.support.media_servers import JellyfinServer, PlexServer, jellyfin_song, plex_song
from tests.support.mpd_servers import mpd
from tests.support.music_servers import make_music

KINDS = ("mpd", "jellyfin", "plex")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=50_000)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)


def run(options: argparse.Namespace) -> Report:
    report = Report("server_walks", ["server", "songs", "seconds", "MiB that the walk added"])
    for kind in options.kinds:
        with _server(kind, options.songs) as (connection, secret):
            got, answer = multiprocessing.get_context("spawn").Pipe(duplex=False)
            walk = multiprocessing.get_context("spawn").Process(target=_walk, args=(connection, secret, answer))
            walk.start()
            report.add(kind, *got.recv())
            walk.join()
    return report


@contextmanager
def _server(kind: str, songs: int) -> Iterator[tuple[Connection, str | None]]:
    """A server with so many songs; those of MPD are links to thirty."""
    if kind == "jellyfin":
        with JellyfinServer([jellyfin_song(number) for number in range(songs)]) as jellyfin:
            yield Jellyfin.prepare(jellyfin.connection(), jellyfin.PASSWORD)
        return
    if kind == "plex":
        with PlexServer([plex_song(number) for number in range(songs)]) as plex:
            yield plex.connection(), plex.TOKEN
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [path for path in make_music(folder / "made", 30).rglob("*.*") if path.is_file()]
        for number, path in zip(range(songs), itertools.cycle(made), strict=False):
            album = folder / "music" / f"Root {number // 300}" / path.parent.name
            album.mkdir(parents=True, exist_ok=True)
            os.link(path, album / f"{number} {path.name}")
        with mpd(folder / "music", folder / "home") as home:
            yield home.connection(), None


def _walk(connection: Connection, secret: str | None, answer: "multiprocessing.connection.Connection") -> None:
    server: MusicServer
    if connection.kind == "mpd":
        server = Mpd(connection, secret)
    else:
        fast = dataclasses.replace(LIMITS, rate=10_000)
        server = (Jellyfin if connection.kind == "jellyfin" else Plex)(connection, secret, fast)
    server.look()
    before, start = _largest(), time.perf_counter()
    count = sum(1 for _ in server.songs())
    took = time.perf_counter() - start
    answer.send((count, took, _largest() - before))
    server.close()


def _largest() -> float:
    """MiB that this process had at most: of its own, which getrusage's figure is not."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
