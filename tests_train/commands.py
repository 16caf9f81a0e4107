"""The command, in this process or in one of its own."""

import os
import sys
from pathlib import Path

from typer.testing import CliRunner

from img2music.cli.app import app

ROOT = Path(__file__).parents[1]


def run(*arguments: object) -> str:
    """Run it here and give what it printed; what it raises is raised."""
    result = CliRunner(mix_stderr=False).invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output + result.stderr
    return result.stdout


def train_image(folder: Path, output: Path, network: str, *more: object) -> str:
    arguments = ("train", "image", "--data", folder, "--out", output, "--network", network, "--weights", "none")
    return run(*arguments, "--format", "json", *more)


def command(folder: Path, output: Path, network: str, *more: object) -> list[str]:
    """The same for a process of its own."""
    arguments = ("train", "image", "--data", folder, "--out", output, "--network", network, "--weights", "none", *more)
    return [sys.executable, "-m", "img2music", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}
