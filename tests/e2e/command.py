"""Run the real command, as a user would, and look at what comes back."""

import ctypes
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HANG = 120  # seconds after which a command counts as hung; the slowest takes a tenth of that on two cores
OURS = re.compile(r"img2music: ")
"""How lines on stderr begin, except what is said of wrong usage; all others leaked out of a library."""
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
        leaks = [line for line in lines if RAW.search(line) or not (lines[0].startswith("Usage:") or OURS.match(line))]
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
    """
    return call(words(*arguments), home, cwd, **more)


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
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (result.stdout, result.stderr))
    return Outcome(command[2:] if command[0] == sys.executable else command, result.returncode, out, err)


def heed_permissions() -> None:
    """Give up root's right to pass over file permissions, for this process and what it starts; prctl(2)."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)
