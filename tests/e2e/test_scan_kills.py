"""Scans of the real command into PostgreSQL, by processes and on a Ray cluster, in which something dies at random."""

import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import psutil
import pytest

from img2music import Library
from tests.e2e.command import environment, words
from tests.support.clusters import RayNodes
from tests.support.library_sounds import make_music
from tests.support.opened import Opened
from tests.support.postgres import PostgresServer, programs

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.cluster]

KILLS = int(os.environ.get("IMG2MUSIC_KILLS", "0"))
"""Of each place; 0 for a few."""
KINDS = ("network", "parted network", "server", "scan")
"""What dies wherever a scan looks into files."""
FILES = 40
PATIENCE = 300.0


class Network:
    """A way to a server, which may be cut, or carry nothing for a while."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._carries = threading.Event()
        self._carries.set()
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

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                self._carries.wait()
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

    def part(self, seconds: float, *, heals: bool) -> None:
        """Carry nothing for a while, and then what was held back or, if the connections are not what heals, no more."""
        self._carries.clear()
        time.sleep(seconds)
        if not heals:
            self.cut()
        self._carries.set()

    def close(self) -> None:
        self.cut()
        self._listener.close()


class Place(Protocol):
    """Where scans look into files."""

    kinds: Sequence[str]
    """What may die there."""
    few: int
    """Kills that don't take long."""
    workers: int
    options: Sequence[str]
    settings: Mapping[str, str]

    def kill(self, kind: str, scan: psutil.Popen, chance: random.Random) -> None:
        """Have something die under a scan that runs."""

    def mend(self) -> None:
        """Make it whole."""

    def close(self) -> None:
        """End it."""


def started_by(process: psutil.Process, words: str = "") -> list[psutil.Process]:
    """Processes that another has started, whose command holds some words."""
    found = []
    for each in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if words in " ".join(each.cmdline()):
                found.append(each)
    return found


def kill_one(find: Callable[[], list[psutil.Process]], scan: psutil.Popen, chance: random.Random) -> None:
    """Kill one of the processes that there are, or will be."""
    while not (found := find()) and scan.poll() is None:
        time.sleep(0.05)
    with suppress(psutil.NoSuchProcess, IndexError):
        chance.choice(found).kill()


class Processes:
    """Processes of this machine."""

    kinds = ("worker",)
    few = 5
    workers = 2
    options = ("--jobs", "2")
    settings: Mapping[str, str] = MappingProxyType({})

    def kill(self, kind: str, scan: psutil.Popen, chance: random.Random) -> None:
        kill_one(lambda: started_by(scan, "spawn_main"), scan, chance)

    def mend(self) -> None:
        pass

    def close(self) -> None:
        pass


class Cluster:
    """A Ray cluster and the way to it."""

    kinds = ("node", "worker", "way", "parted way", "frozen node", "driver")
    few = 2
    workers = 3

    def __init__(self) -> None:
        pytest.importorskip("ray")
        self._begin()

    def _begin(self) -> None:
        self._nodes = RayNodes(self.workers)
        self._head = self._nodes.nodes[0]
        self._way = Network(self._nodes.client)
        self.options = ("--on", f"ray://127.0.0.1:{self._way.port}")
        self.settings = self._nodes.settings

    def kill(self, kind: str, scan: psutil.Popen, chance: random.Random) -> None:
        nodes = [psutil.Process(node.pid) for node in self._nodes.nodes]
        if kind == "node":
            self._nodes.kill(chance.randrange(len(nodes)))
        elif kind == "worker":
            kill_one(lambda: [each for node in nodes for each in started_by(node, "ray::Worker")], scan, chance)
        elif kind == "way":
            self._way.cut()
        elif kind == "parted way":
            self._way.part(chance.uniform(1.0, 20.0), heals=chance.random() < 0.5)
        elif kind == "frozen node":
            node = chance.choice(nodes)
            frozen = [node, *started_by(node)]
            for each in frozen:
                each.suspend()
            time.sleep(chance.uniform(1.0, 40.0))  # after half a minute the others take it for dead
            for each in frozen:
                each.resume()
        else:
            kill_one(lambda: started_by(scan, "spawn_main"), scan, chance)

    def mend(self) -> None:
        if self._head.poll() is not None:
            self.close()
            self._begin()
        for index in reversed(range(len(self._nodes.nodes))):
            if self._nodes.nodes[index].poll() is not None:
                self._nodes.kill(index)
        while len(self._nodes.nodes) < self.workers:
            self._nodes.add()

    def close(self) -> None:
        self._way.close()
        self._nodes.close()


@pytest.fixture(params=[Processes, Cluster])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    found: Place = request.param()
    yield found
    found.close()


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:  # the other one tells whether there may be one
    found = programs()
    assert found is not None
    own = PostgresServer(found)
    yield own
    own.close()


def kill(  # noqa: PLR0917
    kind: str, scan: psutil.Popen, place: Place, server: PostgresServer, network: Network, chance: random.Random
) -> None:
    """Have something die under a scan that runs."""
    if kind == "scan":
        started = scan.children(recursive=True)
        scan.kill()
        assert psutil.wait_procs(started, timeout=20)[1] == []
    elif kind == "server":
        server.stop()
        server.start()
    elif kind == "network":
        network.cut()
    elif kind == "parted network":
        network.part(chance.uniform(1.0, 10.0), heals=chance.random() < 0.5)
    else:
        place.kill(kind, scan, chance)


@pytest.mark.timeout(300 + 60 * KILLS)
def test_scans_in_which_something_dies_go_on(place: Place, server: PostgresServer, tmp_path: Path) -> None:
    music = {file.name for file in make_music(tmp_path / "music", FILES)}
    chance = random.Random(14)
    kinds = list((*place.kinds, *KINDS) * max(KILLS, 1))[: KILLS or place.few]
    chance.shuffle(kinds)
    network, opened = Network(server.port), Opened(tmp_path / "music")
    try:
        while kinds:
            database = server.database()
            through = server.url(database).replace(f":{server.port}/", f":{network.port}/")
            stored: set[str] = set()
            while stored != music:
                kind = kinds.pop() if kinds else None
                opened.forget()
                with (tmp_path / "log").open("w+") as log:
                    command = words("scan", tmp_path / "music", "--library", through, *place.options)
                    env = environment(tmp_path, **place.settings)
                    scan = psutil.Popen(command, env=env, stderr=log, stdin=subprocess.DEVNULL)
                    if kind is not None:
                        enough = chance.randrange(FILES - len(stored))
                        while len(opened.look()) <= enough and scan.poll() is None:
                            time.sleep(0.01)
                        kill(kind, scan, place, server, network, chance)
                    code = scan.wait(PATIENCE)
                    log.seek(0)
                    said = log.read()
                print(kind, code, said)
                assert opened.look().isdisjoint(stored)  # nothing is looked into twice but what was in flight
                assert code != 0 or f"{FILES - len(stored)} analysed" in said
                if kind != "scan":  # of which Python's own tracker of resources tells
                    assert all(line.startswith("img2music: ") for line in said.splitlines())
                assert code in ((0,) if kind is None else (0, 2, -9))
                with Library.open(server.url(database)) as library:
                    assert library.verify().database == []
                    assert library.failures() == []
                    stored = {Path(track.path or "").name for track in library.tracks()}
                    status = library.scan_status()
                assert code != 0 or stored == music
                place.mend()
            assert (status.waiting, status.in_hand) == (0, 0)
            assert sum(run.done for run in status.scans) == FILES  # the result of each file was stored once
    finally:
        opened.close()
        network.close()
