"""A Ray cluster on this machine: each node is what ``ray start`` starts, with a token."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = (
    *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", "--num-cpus=1"),
    *("--object-store-memory=80000000", "--node-ip-address=127.0.0.1", "--min-worker-port=0", "--max-worker-port=0"),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Have this process end what it has started, and itself, when the tests die however they die."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class RayNodes:
    """Nodes with one processor each; the first is the head."""

    def __init__(self, count: int = 1) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))  # short, for names of sockets are
        self.settings = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": uuid.uuid4().hex,
            "RAY_gcs_rpc_server_reconnect_timeout_s": "10",  # a minute otherwise
            "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "10",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }
        self.gcs, self.client = free_port(), free_port()
        self.nodes: list[subprocess.Popen[bytes]] = []
        head = ("--head", f"--port={self.gcs}", f"--ray-client-server-port={self.client}", "--include-dashboard=false")
        self._start(*head, f"--temp-dir={self.folder}")
        for _ in range(count - 1):
            self.add()

    @property
    def address(self) -> str:
        """The address of its head, for programs that are not on a node."""
        return f"ray://127.0.0.1:{self.client}"

    def add(self, **settings: str) -> None:
        """Start one more node."""
        self._start(f"--address=127.0.0.1:{self.gcs}", f"--dashboard-agent-listen-port={free_port()}", **settings)

    def kill(self, node: int) -> None:
        """End a node as a power cut does."""
        process = self.nodes.pop(node)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End all nodes."""
        while self.nodes:
            self.kill(-1)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, *options: str, **settings: str) -> None:
        environment = {**os.environ, **self.settings, **settings}
        log = self.folder / f"{uuid.uuid4().hex}.log"
        with log.open("wb") as told:
            process = subprocess.Popen(
                [*START, *options],
                env=environment,
                stdout=told,
                stderr=told,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call of libc
            )
        self.nodes.append(process)
        end = time.monotonic() + 120
        while "Ray runtime started" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
