"""Importing a table of songs and recommending from it, as commands."""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Report, seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--table", type=Path, required=True, help="songs with Spotify's columns, as CSV in UTF-8")
    parser.add_argument("--repeat", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    report = Report("table", ["what", "seconds"])
    first, again, found = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeat):
            library = str(Path(folder) / f"{number}.db")
            command = ("import", "table", str(options.table), "--format", "json", "--library", library)
            imported, spent = _timed(*command)
            first.append(spent)
            again.append(_timed(*command)[1])
            found.append(_timed("recommend", "--emotion", "happiness", "--format", "json", "--library", library)[1])
    report.add("import, all songs new", sorted(first)[options.repeat // 2])
    report.add("import again", sorted(again)[options.repeat // 2])
    report.add("recommend, all in", sorted(found)[options.repeat // 2])
    report.add("csv.DictReader alone", seconds(lambda: _rows(options.table), repeat=options.repeat))
    report.note = (
        f"{imported['rows']:,} rows: {imported['new']:,} songs, {imported['duplicates']:,} duplicates merged, "
        f"{imported['left_out']:,} rows left out, {len(imported['problems']):,} problems told."
    )
    return report


def _timed(*arguments: str) -> tuple[Any, float]:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "img2music", *arguments], capture_output=True, check=False)
    spent = time.perf_counter() - start
    if done.returncode == 2:
        sys.exit(done.stderr.decode())
    return json.loads(done.stdout), spent


def _rows(table: Path) -> int:
    with table.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.DictReader(stream))
