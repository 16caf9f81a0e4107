"""Scans of the real command into PostgreSQL, killed at random: a worker, the scan, the server, the network between."""

import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from img2music import Library
from tests.e2e.command import environment, words
from tests.support.library_sounds import write_sound
from tests.support.postgres import PostgresServer, programs

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.cluster]

KILLS = int(os.environ.get("IMG2MUSIC_KILLS", "1"))
"""Of each kind."""
FILES = 40
PATIENCE = 150.0


class Network:
    """What lies between a scan and its server, and may be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    near.close()
                    continue
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()

    def close(self) -> None:
        self.cut()
        self._listener.close()


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:  # the other one tells whether there may be one
    found = programs()
    assert found is not None
    own = PostgresServer(found)
    yield own
    own.close()


def kill(kind: str, scan: psutil.Popen, server: PostgresServer, network: Network) -> None:
    """Kill something of a scan that runs."""
    if kind == "worker":
        workers = [each for each in scan.children(recursive=True) if "spawn_main" in " ".join(each.cmdline())]
        for worker in workers[:1]:
            worker.kill()
    elif kind == "scan":
        started = scan.children(recursive=True)
        scan.kill()
        assert psutil.wait_procs(started, timeout=20)[1] == []
    elif kind == "server":
        server.stop()
        server.start()
    else:
        network.cut()


def test_scans_that_are_killed_go_on(server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    for number in range(FILES):
        write_sound(tmp_path / "music" / f"{number:03}.wav", 150.0 + 9 * number)
    database = server.database()
    network = Network(server.port)
    address = server.url(database).replace(f":{server.port}/", f":{network.port}/")
    command = words("scan", tmp_path / "music", "--library", address, "--jobs", "2")
    chance = random.Random(14)
    kinds = ["worker", "scan", "server", "network"] * KILLS
    chance.shuffle(kinds)
    killed = []
    try:
        for kind in [*kinds, None]:
            log = (tmp_path / "log").open("w+")
            scan = psutil.Popen(command, env=environment(tmp_path), stderr=log, stdin=subprocess.DEVNULL)
            if kind is not None:
                time.sleep(chance.uniform(1.0, 6.0))
                if scan.poll() is None:
                    kill(kind, scan, server, network)
                    killed.append(kind)
            code = scan.wait(PATIENCE)
            log.seek(0)
            said = log.read()
            log.close()
            assert "Traceback" not in said
            if kind != "scan":  # of which Python's own tracker of resources tells
                assert all(line.startswith("img2music: ") for line in said.splitlines()), said
            assert code in ((0,) if kind is None else (0, 1, 2, -9)), said
            with Library.open(server.url(database)) as library:
                assert library.verify().database == []
        with Library.open(server.url(database)) as library:
            status = library.scan_status()
            tracks = library.tracks()
            assert sorted(Path(track.path or "").name for track in tracks) == [f"{n:03}.wav" for n in range(FILES)]
            assert library.failures() == []
        assert (status.waiting, status.in_hand) == (0, 0)
        assert sum(run.done for run in status.scans) == FILES  # the result of each file was stored once
        assert killed
    finally:
        network.close()
