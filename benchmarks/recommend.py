"""The recommend command on a large library, all in, beside the original's way."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Report, seconds
from benchmarks.synthetic import make_library

PEER = """
import sqlite3, sys
import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
rows = sqlite3.connect(sys.argv[1]).execute("SELECT id, valence, arousal FROM tracks").fetchall()
table = np.array(rows)
distances = euclidean_distances(table[:, 1:], [[0.8, 0.3]])[:, 0]
print(table[np.argsort(distances)[:10], 0])
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--library", type=Path, help="where to keep the synthetic library, to use it again")
    parser.add_argument("--image", type=Path, help="a photo to recommend for as well")


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        file = options.library or Path(folder) / "library.db"
        made = seconds(lambda: make_library(file, options.tracks), repeat=1, warmup=0)
        size = file.stat().st_size / 1e6

        def command(*arguments: str) -> float:
            words = [sys.executable, "-m", "img2music", "recommend", "--library", str(file), *arguments]
            return seconds(lambda: subprocess.run(words, check=True, capture_output=True))

        numbers = ("--valence", "0.8", "--arousal", "0.3")
        report = Report("recommend", ["what", "seconds"])
        report.add("recommend --valence --arousal", command(*numbers))
        report.add("... --match absolute", command(*numbers, "--match", "absolute"))
        report.add("... --genre jazz", command(*numbers, "--genre", "jazz"))
        report.add("... --year 1990 (1 %)", command(*numbers, "--year", "1990-1990"))
        if options.image:
            report.add("recommend PHOTO", command(str(options.image)))
        peer = [sys.executable, "-c", PEER, str(file)]
        report.add(
            "original's way: read, euclidean_distances, argsort",
            seconds(lambda: subprocess.run(peer, check=True, capture_output=True)),
        )
        report.note = f"{options.tracks:,} tracks, {size:.0f} MB of SQLite, written in {made:.0f} s; median of 5."
    return report
