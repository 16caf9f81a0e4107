"""Scanning: tracks a minute beside the `vibenet` command, a scan with nothing to do, memory with a 2-hour file."""

import argparse
import csv
import io
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.report import Report
from benchmarks.synthetic import put
from tests.support.library_sounds import write_sound

LONG_SECONDS = 7200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--music", type=Path, help="folder of at least 60 real tracks, for the comparison")
    parser.add_argument("--jobs", type=int, default=2, help="workers of both programs")
    parser.add_argument("--unchanged", type=int, default=10_000, help="tracks of the scan with nothing to do")
    parser.add_argument("--long", default="mp3", help="formats of the 2-hour file, parted by commas; empty for none")


def run(options: argparse.Namespace) -> Report:
    report = Report("scan", ["what", "value", "unit", "beside", "its value"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.music is not None:
            compare(options.music, options.jobs, folder, report)
        if options.unchanged:
            scan_unchanged(options.unchanged, folder / "unchanged", report)
        for suffix in filter(None, options.long.split(",")):
            scan_long(suffix, folder / suffix, report)
    report.note = "Bars: twice vibenet's tracks a minute; r 0.97; 3 s and no file opened; 700 MB a worker."
    return report


def img2music(*arguments: object) -> str:
    command = [sys.executable, "-m", "img2music", *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return done.stdout


def compare(music: Path, jobs: int, folder: Path, report: Report) -> None:
    for path in music.rglob("*"):  # both read from memory
        if path.is_file():
            path.read_bytes()
    start = time.perf_counter()
    img2music("scan", music, "--jobs", jobs, "--library", folder / "compare.db")
    ours = time.perf_counter() - start
    vibenet = Path(sys.executable).with_name("vibenet")
    start = time.perf_counter()
    command = [str(vibenet), "-r", "-q", "-j", str(jobs), "-f", "csv", str(music)]
    theirs_text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs = time.perf_counter() - start
    tracks = json.loads(img2music("tracks", "--format", "json", "--library", folder / "compare.db"))["tracks"]
    rows = {str(Path(row["path"]).absolute()): row for row in csv.DictReader(io.StringIO(theirs_text))}
    pairs = [(track["features"], rows[track["path"]]) for track in tracks if track["path"] in rows]
    report.add("tracks", len(tracks), "", "vibenet", len(rows))
    report.add("speed", 60 * len(tracks) / ours, "tracks/min", "vibenet", 60 * len(rows) / theirs)
    report.add("speed, times vibenet's", (len(tracks) / ours) / (len(rows) / theirs), "", "bar", 2.0)
    for name in ("valence", "energy"):
        values = np.array([[float(mine[name]), float(other[name])] for mine, other in pairs])
        r = float(np.corrcoef(values.T)[0, 1])
        report.add(f"raw {name} beside vibenet's", r, f"Pearson r, {len(pairs)} tracks", "bar", 0.97)


def scan_unchanged(count: int, folder: Path, report: Report) -> None:
    """Scan files that are all known. The library is filled from one real analysis, as if each had been scanned."""
    import dataclasses

    from img2music.connectors.folders import FolderWalk
    from img2music.library.scanning import scan
    from img2music.library.store import LibraryStore
    from img2music.options import ScanOptions

    folder.mkdir()
    write_sound(folder / "one.wav")
    database = folder.with_suffix(".db")
    with LibraryStore.open(database, create=True) as store:
        scan(store, [folder], ScanOptions(jobs=1))
    sound = (folder / "one.wav").read_bytes()
    for number in range(count - 1):
        path = folder / f"artist {number % 100}" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sound[:-8] + number.to_bytes(8, "little"))
    with LibraryStore.open(database) as store:
        (record,) = store.records()
        put(
            store,
            (
                dataclasses.replace(record, file=file, content=f"{number:064x}")
                for number, file in enumerate(FolderWalk([str(folder)]))
            ),
        )
        opened: list[Any] = []
        watching = True

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if watching and event == "open" and str(arguments[0]).startswith(f"{folder}/"):
                opened.append(arguments[0])

        sys.addaudithook(hook)  # sees every file that Python opens in this process; can't be taken back
        start = time.perf_counter()
        found = scan(store, [folder])
        inside = time.perf_counter() - start
        watching = False
    if found.unchanged != count:
        raise SystemExit(f"{found.unchanged} of {count} files were found unchanged")
    start = time.perf_counter()
    img2music("scan", folder, "--library", database)
    report.add(f"scan again, {count} tracks, command", time.perf_counter() - start, "s", "bar", 3.0)
    report.add(f"scan again, {count} tracks, function", inside, "s", "", "")
    report.add("files opened by it", len(opened), "", "bar", 0)


def scan_long(suffix: str, folder: Path, report: Report) -> None:
    folder.mkdir()
    path = folder / f"long.{suffix}"
    encode_long(path)
    command = [sys.executable, "-m", "img2music", "scan", folder, "--jobs", "1", "--library", folder.with_suffix(".db")]
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True)
    peak = Peak(process.pid)
    _, errors = process.communicate()
    took = time.perf_counter() - start
    peak.stop()
    if process.returncode:
        raise SystemExit(errors)
    size = path.stat().st_size / 1e6
    report.add(f"2-hour {suffix} ({size:.0f} MB), worker", peak.megabytes, "MB at most", "bar", 700.0)
    report.add(f"2-hour {suffix}, command", took, "s", "", "")


class Peak(threading.Thread):
    """Watches the resident memory of the analysing processes below a process."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self._pid = pid
        self._running = True
        self.start()

    def run(self) -> None:
        while self._running:
            try:
                for child in psutil.Process(self._pid).children(recursive=True):
                    self.megabytes = max(self.megabytes, child.memory_info().rss / 1e6)
            except psutil.Error:
                pass
            time.sleep(0.01)

    def stop(self) -> None:
        self._running = False
        self.join()


def encode_long(path: Path) -> None:
    """Encode two hours of stereo at 44.1 kHz: ten minutes of chords on a pulse, twelve times."""
    import av

    rate = 44100
    chance = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        codec = {".mp3": "libmp3lame", ".flac": "flac", ".ogg": "libvorbis", ".opus": "libopus"}[path.suffix]
        if codec == "libopus":
            rate = 48000
        stream: Any = container.add_stream(codec, rate=rate, layout="stereo")
        axis = np.arange(10 * rate) / rate
        beat = 0.3 + 0.7 * np.exp(-8 * (axis % 0.5))
        for _ in range(LONG_SECONDS // 10):
            pitch = 220 * 2 ** (chance.integers(12) / 12)
            sound = sum(np.sin(2 * math.pi * pitch * ratio * axis) for ratio in (1, 1.26, 1.5)) * beat
            sound = 0.2 * sound + 0.01 * chance.standard_normal(len(axis))
            pcm = np.repeat((np.clip(sound, -1, 1) * 32000).astype("<i2"), 2).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="stereo")
            frame.sample_rate = rate
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
