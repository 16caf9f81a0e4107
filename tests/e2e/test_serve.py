"""``img2music serve`` as a process: it answers, refuses what it must, and ends."""

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command import environment, img2music, words

pytestmark = pytest.mark.slow


@contextmanager
def served(home: Path, *options: str, end: signal.Signals, **more: str) -> Iterator[str]:
    """Run the server on a free port; it ends at once, well, and without a trace."""
    with (home / "log").open("w") as log:
        command = words("serve", "--port", "0", "--no-open", *options)
        server = subprocess.Popen(command, cwd=home, env=environment(home, **more), stderr=log)
    try:
        address = ""
        for _ in range(600):
            said = (home / "log").read_text()
            if "(Ctrl-C" in said:
                address = said[said.index("http://") :].split()[0]
                break
            assert server.poll() is None, said
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(end)
        assert server.wait(30) == 0
    assert "Traceback" not in (home / "log").read_text()
    assert not list((home / "tmp").iterdir())


def test_it_answers_and_ends(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with served(tmp_path, end=signal.SIGINT, TMPDIR=str(tmp_path / "tmp")) as address:
        with urllib.request.urlopen(f"{address}api/health") as answer:
            assert json.load(answer)["tracks"] == 0
        with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1].strip("/")))) as raw:
            raw.sendall(b"GET /api/tracks/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 404 " in raw.recv(4096).split(b"\r\n")[0]
            port = str(raw.getpeername()[1])
        taken = img2music("serve", "--port", port, "--no-open", home=tmp_path)
        assert "can't be listened at" in taken.sound(2).err


def test_others_need_the_token(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    more = {"IMG2MUSIC_TOKEN": "open sesame", "TMPDIR": str(tmp_path / "tmp")}
    with served(tmp_path, "--host", "0.0.0.0", end=signal.SIGTERM, **more) as address:
        health = f"{address.replace('0.0.0.0', '127.0.0.1')}api/health"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(health)
        asked = urllib.request.Request(health, headers={"Authorization": "Bearer open sesame"})
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["status"] == "ok"
        # The word of a proxy that is not named counts for nothing.
        headers = {"X-Img2music": "1", "Content-Type": "application/json", "X-Forwarded-Proto": "https"}
        body = json.dumps({"password": "open sesame"}).encode()
        login = urllib.request.Request(health.replace("health", "session"), body, headers)
        with urllib.request.urlopen(login) as answer:
            assert "Secure" not in answer.headers["Set-Cookie"]


def test_nobody_else_gets_in_without_a_login(tmp_path: Path) -> None:
    for beyond in (("--host", "0.0.0.0"), ("--proxy", "127.0.0.1"), ("--root-path", "music"), ("--name", "music.lan")):
        refused = img2music("serve", *beyond, "--port", "0", "--no-open", home=tmp_path)
        assert "set a password first (--set-password)" in refused.sound(2).err
