"""Wall time of `img2music --help` as a whole process, beside `vibenet --help`."""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import Report

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "img2music --help": [sys.executable, "-m", "img2music", "--help"],
    "img2music recommend --help": [sys.executable, "-m", "img2music", "recommend", "--help"],
    "vibenet --help": [str(Path(sys.executable).with_name("vibenet")), "--help"],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=10, help="runs of each command, after one that is not counted")


def run(options: argparse.Namespace) -> Report:
    report = Report("startup", ["command", "median s", "least s", "most s"])
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(options.runs + 1):  # the commands take turns, so that a change of the machine's speed hits all
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    for name, values in times.items():
        counted = values[1:]
        report.add(name, statistics.median(counted), min(counted), max(counted))
    report.note = "The floor is the first row: an interpreter that does nothing."
    return report
