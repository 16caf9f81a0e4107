"""Kills scans at random moments (kill -9), finishes, and compares with an undisturbed scan."""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--music", type=Path, required=True, help="folder of music")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Report:
    report = Report("kill", ["what", "value", "of"])
    chance = random.Random(options.seed)
    kills = equal = clean = orphans = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        expected = finish(folder / "calm.db", options)
        undisturbed = time.perf_counter() - start
        while kills < options.kills:
            library = folder / f"{kills}.db"
            process = subprocess.Popen(command(library, options), stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.0, undisturbed))
            if process.poll() is not None:  # it was done before its moment came
                library.unlink()
                continue
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            kills += 1
            orphans += len(psutil.wait_procs(children, timeout=15)[1])
            equal += finish(library, options) == expected
            verify = img2music("library", "verify", "--library", library)
            clean += subprocess.run(verify, check=False, capture_output=True).returncode == 0
    report.add("libraries equal to the undisturbed one", equal, options.kills)
    report.add("libraries sound", clean, options.kills)
    report.add("processes left behind", orphans, 0)
    report.note = f"An undisturbed scan took {undisturbed:.1f} s; each kill came at a random moment of that."
    return report


def img2music(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "img2music", *map(str, arguments)]


def command(library: Path, options: argparse.Namespace) -> list[str]:
    return img2music("scan", options.music, "--jobs", options.jobs, "--library", library)


def finish(library: Path, options: argparse.Namespace) -> bytes:
    """Scan to the end and give the exported library, which holds no ids and no times of ours."""
    done = subprocess.run(command(library, options), check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    exported = library.with_suffix(".jsonl")
    export = img2music("library", "export", exported, "--library", library, "--force")
    subprocess.run(export, check=True, capture_output=True)
    return exported.read_bytes()
