"""Run the real command, as a user would, and look at what comes back."""

import ctypes
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.e2e.preloaded"])
HANG = 120  # seconds after which a command counts as hung; the slowest takes a tenth of that on two cores
OURS = re.compile(r"img2music: ")
"""How lines on stderr begin; all others leaked out of a library."""
RAW = re.compile(r"Traceback|unexpected \w+:|\[Errno|<class|\w+Error\(|0x[0-9a-f]{6,}|sqlite3\.|sqlalchemy")
"""What no message to a person holds."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    command: list[str]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def errors(self) -> dict[str, str]:
        """Failed inputs of a JSON report: reason by path."""
        return {error["path"]: error["error"] for error in self.json["errors"]}

    def sound(self, *codes: int) -> "Outcome":
        """Fail unless the exit code is one of these and stderr holds nothing but lines that we wrote."""
        assert self.code in codes, f"{self}\nexit code {self.code}, expected {codes}"
        lines = self.err.splitlines()
        leaks = [line for line in lines if RAW.search(line) or not OURS.match(line)]
        assert not leaks, f"{self}\nleaked to stderr: {leaks}"
        return self

    def __str__(self) -> str:
        return f"$ {' '.join(map(ascii, self.command))}\n{self.out[-3000:]}\n{self.err[-3000:]}"


def environment(home: Path, **more: str) -> dict[str, str]:
    """Variables of a user who has nothing but a home folder."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def words(*arguments: str | bytes | Path) -> list[str]:
    return [sys.executable, "-m", "img2music", *(os.fsdecode(argument) for argument in arguments)]


def img2music(*arguments: str | bytes | Path, home: Path, cwd: Path | None = None, **more: str) -> Outcome:
    """Run ``img2music`` to its end.

    It runs without the right to read and write what the permissions forbid, which root has: what a user sees is tested.
    Each command is a process of its own, forked from one that has imported the libraries: a tenth of the time of a new
    Python. What is set before Python starts, such as its encoding, needs a new one.
    """
    if more.keys() & {"LC_ALL", "LANG", "PYTHONIOENCODING", "PYTHONUTF8"}:
        return call(words(*arguments), home, cwd, **more)
    command = words(*arguments)[2:]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        streams = tuple(f"/proc/{os.getpid()}/fd/{stream.fileno()}" for stream in (out, err))
        process = FORKS.Process(target=_main, args=(command, cwd or home, environment(home, **more), *streams))
        process.start()
        process.join(HANG)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, HANG)
        code = process.exitcode
        process.close()
        return Outcome(command, code, *(_text(os.pread(stream.fileno(), 1 << 28, 0)) for stream in (out, err)))


def _main(command: list[str], cwd: Path, env: dict[str, str], out: str, err: str) -> None:
    """Become the command; runs in a process of its own."""
    for number, path in enumerate((os.devnull, out, err)):
        stream = os.open(path, os.O_RDWR | os.O_APPEND)
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    heed_permissions()
    sys.argv = command
    sys.stdin, sys.stdout = open(0), open(1, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    from img2music.cli.app import main

    main()


def call(command: list[str], home: Path, cwd: Path | None = None, **more: str) -> Outcome:
    result = subprocess.run(
        command,
        cwd=cwd or home,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
        preexec_fn=heed_permissions,
    )
    name = command[2:] if command[0] == sys.executable else command
    return Outcome(name, result.returncode, _text(result.stdout), _text(result.stderr))


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def heed_permissions() -> None:
    """Give up root's right to pass over file permissions, for this process and what it starts; prctl(2), capset(2)."""
    drop_from_bounding_set, dac_override, dac_read_search, version_3 = 24, 1, 2, 0x20080522
    libc = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)
    header, sets = (
        (ctypes.c_uint32 * 2)(version_3, 0),
        (ctypes.c_uint32 * 6)(),
    )  # effective, permitted, inheritable; twice
    libc.capget(header, sets)
    for index in range(3):  # effective, permitted, inheritable
        sets[index] &= ~(1 << dac_override | 1 << dac_read_search)
    libc.capset(header, sets)
