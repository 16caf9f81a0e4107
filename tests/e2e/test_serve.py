"""``img2music serve`` as a process: it answers, refuses what it must, and ends."""

import json
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.command import environment, img2music, words

pytestmark = pytest.mark.slow


def test_it_answers_and_ends(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            words("serve", "--port", "0", "--no-open"), cwd=tmp_path, env=environment(tmp_path), stderr=log
        )
    try:
        address = ""
        for _ in range(600):
            said = (tmp_path / "log").read_text()
            if "http://" in said:
                address = said[said.index("http://") :].split()[0]
                break
            assert server.poll() is None, said
            time.sleep(0.1)
        with urllib.request.urlopen(f"{address}api/health") as answer:
            assert json.load(answer)["tracks"] == 0
        with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1].strip("/")))) as raw:
            raw.sendall(b"GET /api/tracks/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 404 " in raw.recv(4096).split(b"\r\n")[0]
            port = str(raw.getpeername()[1])
        taken = img2music("serve", "--port", port, "--no-open", home=tmp_path)
        assert "can't be listened at" in taken.sound(2).err
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_nobody_else_gets_in_without_a_login(tmp_path: Path) -> None:
    refused = img2music("serve", "--host", "0.0.0.0", "--port", "0", "--no-open", home=tmp_path)
    assert "set a password first (--set-password)" in refused.sound(2).err
