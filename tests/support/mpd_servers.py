"""MPD and Mopidy, the real ones, of Debian's packages, and a server that says what a test tells it."""

import contextlib
import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from img2music.connectors.connections import Connection

PASSWORD = "pass word+ü"


@dataclass(frozen=True)
class MpdHome:
    """MPD, or Mopidy, as it runs."""

    port: int
    socket: Path | None = None
    password: str | None = None

    @property
    def url(self) -> str:
        return f"mpd://127.0.0.1:{self.port}"

    def connection(self, name: str = "home", url: str | None = None) -> Connection:
        return Connection(name=name, kind="mpd", url=url or self.url)

    def mpc(self, *words: str) -> list[str]:
        """What another client is told."""
        host = f"{self.password}@127.0.0.1" if self.password else "127.0.0.1"
        command = ["mpc", "--host", host, "--port", str(self.port), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()


def require(*programs: str) -> None:
    """Skip without the programs, or fail where all that tests need is required."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        fail = pytest.fail if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1" else pytest.skip
        fail(f"needs Debian's packages {' and '.join(lacking)}")


@contextlib.contextmanager
def mpd(music: Path, home: Path, *, password: bool = False, stickers: bool = True) -> Iterator[MpdHome]:
    """Have MPD read a folder of music and serve it, in silence; what it keeps is in its home."""
    require("mpd", "mpc")
    (home / "playlists").mkdir(parents=True)
    found = MpdHome(free_port(), home / "socket", PASSWORD if password else None)
    more = f'sticker_file "{home}/stickers"\n' if stickers else ""
    if password:
        more += f'password "{PASSWORD}@read,add,control,admin"\ndefault_permissions ""\n'
    (home / "mpd.conf").write_text(
        f'music_directory "{music}"\nplaylist_directory "{home}/playlists"\ndb_file "{home}/database"\n'
        f'bind_to_address "127.0.0.1"\nbind_to_address "{found.socket}"\nport "{found.port}"\n{more}'
        'audio_output {\n type "null"\n name "none"\n}\n'
    )
    with running(["mpd", "--no-daemon", "--stderr", str(home / "mpd.conf")], home, found.port):
        found.mpc("--wait", "update")
        yield found


@contextlib.contextmanager
def mopidy(music: Path, home: Path) -> Iterator[MpdHome]:
    """Have Mopidy, with Mopidy-Local and Mopidy-MPD, do the same."""
    require("mopidy")  # and mopidy-local and mopidy-mpd
    for folder in ("cache", "config", "data", "playlists"):
        (home / folder).mkdir(parents=True)
    found = MpdHome(free_port())
    settings: dict[str, dict[str, object]] = {
        "core": {"cache_dir": home / "cache", "config_dir": home / "config", "data_dir": home / "data"},
        "mpd": {"hostname": "127.0.0.1", "port": found.port},
        "audio": {"output": "fakesink", "mixer": "none"},
        "local": {"media_dir": music},
        "m3u": {"playlists_dir": home / "playlists"},
        "file": {"enabled": "false"},
        "http": {"enabled": "false"},
        "stream": {"enabled": "false"},
    }
    sections = (
        f"[{section}]\n" + "".join(f"{name}={value}\n" for name, value in values.items())
        for section, values in settings.items()
    )
    (home / "mopidy.conf").write_text("\n".join(sections))
    command = ["mopidy", "--config", str(home / "mopidy.conf")]
    subprocess.run([*command, "local", "scan"], check=True, capture_output=True, timeout=120)
    with running(command, home, found.port):
        yield found


@contextlib.contextmanager
def running(command: list[str], home: Path, port: int) -> Iterator[None]:
    """Run a server, once it takes connections."""
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                break
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


Talk = Callable[[bytes, socket.socket], bool]
"""Answers a command; whether it did."""


class OddMpd:
    """Speaks MPD's protocol as far as a greeting and OK to whatever is asked, but for what a test says."""

    def __init__(self) -> None:
        self.greeting = b"OK MPD 0.23.5\n"
        self.talk: Talk = lambda *_: False
        self.asked: list[bytes] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    self.request.sendall(outer.greeting)
                    for line in self.rfile:
                        outer.asked.append(line)
                        if not outer.talk(line, self.request):
                            self.request.sendall(b"OK\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that has gone

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"mpd://127.0.0.1:{self._server.server_address[1]}"

    def connection(self) -> Connection:
        return Connection(name="home", kind="mpd", url=self.url)

    def says(self, about: bytes, *answer: bytes) -> None:
        """Answer all commands that begin so with the same pieces, one after the other; the last may be endless."""

        def talk(line: bytes, to: socket.socket) -> bool:
            if line.startswith(about):
                for piece in answer:
                    to.sendall(piece)
            return line.startswith(about)

        self.talk = talk

    def __enter__(self) -> "OddMpd":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
