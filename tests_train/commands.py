"""The command, in this process or in one of its own."""

import os
import sys
from pathlib import Path

from tests.support.commands import call

ROOT = Path(__file__).parents[1]


def run(*arguments: object) -> str:
    """Run it here and give what it printed."""
    code, printed, told = call(*arguments)
    assert code == 0, told
    return printed


def train_image(folder: Path, output: Path, network: str, *more: object) -> str:
    arguments = ("train", "image", "--data", folder, "--out", output, "--network", network, "--weights", "none")
    return run(*arguments, "--format", "json", *more)


def command(folder: Path, output: Path, network: str, *more: object) -> list[str]:
    """The same for a process of its own."""
    arguments = ("train", "image", "--data", folder, "--out", output, "--network", network, "--weights", "none", *more)
    return [sys.executable, "-m", "img2music", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}
