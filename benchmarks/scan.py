"""Scanning: time and memory beside the `vibenet` command, a scan with nothing to do, memory with a 2-hour file."""

import argparse
import csv
import io
import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.report import Report
from benchmarks.synthetic import put
from img2music.connectors.folders import is_audio_name
from tests.support.library_sounds import write_sound

LONG_SECONDS = 7200
IMG2MUSIC = (sys.executable, "-m", "img2music")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--music", type=Path, help="folder of real tracks; each format in it is compared by itself")
    parser.add_argument("--before", type=Path, help="`src` of an earlier commit's checkout, for the same scans")
    parser.add_argument("--jobs", type=int, default=2, help="workers of both programs")
    parser.add_argument("--unchanged", type=int, default=10_000, help="tracks of the scan with nothing to do")
    parser.add_argument("--long", default="mp3", help="formats of the 2-hour file, parted by commas; empty for none")


def run(options: argparse.Namespace) -> Report:
    report = Report("scan", ["what", "value", "unit", "beside", "its value"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.music is not None:
            compare(options.music, options.jobs, options.before, folder, report)
        if options.unchanged:
            scan_unchanged(options.unchanged, folder / "unchanged", report)
        for suffix in filter(None, options.long.split(",")):
            scan_long(suffix, folder / suffix, report)
    report.note = "Bars: 3 times vibenet's tracks a minute; r 0.97; 3 s and no file opened; 700 MB a worker."
    return report


@dataclass(frozen=True)
class Cost:
    """What a command took, its workers included."""

    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # megabytes of its largest process
    output: str


def cost_of(command: list[object], source: Path | None = None) -> Cost:
    """Run a command, with the code in a folder if told so."""
    environment = os.environ | ({"PYTHONPATH": str(source.resolve())} if source else {})
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    peak = Peak(process.pid)
    output, errors = process.communicate()
    wall = time.perf_counter() - start
    peak.stop()
    if process.returncode not in (0, 1):
        raise SystemExit(errors)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, peak.megabytes, output)


def compare(music: Path, jobs: int, before: Path | None, folder: Path, report: Report) -> None:
    (folder / "start").mkdir()
    for index in range(2 * jobs):  # so that all workers start
        write_sound(folder / "start" / f"{index}.wav", 220.0 + index)
    starts = scanned(folder / "start", jobs, None, folder / "start.db")[0].cpu, listened(folder / "start", jobs)[0].cpu
    report.add("start of all workers", starts[0], "s of processor", "vibenet", starts[1])
    pairs = []
    formats: dict[str, list[Path]] = {}
    for path in sorted(path for path in music.rglob("*") if is_audio_name(path.name) and path.is_file()):
        formats.setdefault(path.suffix[1:].lower(), []).append(path)
    for suffix, paths in formats.items():
        copies = folder / suffix
        copies.mkdir()
        for index, path in enumerate(paths):
            shutil.copy(path, copies / f"{index}.{suffix}")  # both read from memory, then
        ours, tracks = scanned(copies, jobs, None, folder / f"{suffix}.db")
        theirs, rows = listened(copies, jobs)
        add_costs(suffix, (ours, len(tracks)), "vibenet", (theirs, len(rows)), report)
        if rows:
            net = [(cost.cpu - start) / len(tracks) for cost, start in zip((ours, theirs), starts, strict=True)]
            report.add(f"{suffix}: without the start", net[0], "s of processor a track", "vibenet", net[1])
            report.add(f"{suffix}: times as fast", net[1] / net[0], "by cpu, without the start", "bar", 3.0)
        pairs += [(track["features"], rows[name]) for name, track in tracks.items() if name in rows]
        if before is not None:
            earlier, known = scanned(copies, jobs, before, folder / f"{suffix}-before.db")
            add_costs(suffix, (ours, len(tracks)), "before", (earlier, len(known)), report)
            report.add(f"{suffix}: greatest difference from before", *difference(tracks, known), "", "")
        shutil.rmtree(copies)
    for name in ("valence", "energy"):
        values = np.array([[float(mine[name]), float(other[name])] for mine, other in pairs])
        r = float(np.corrcoef(values.T)[0, 1])
        report.add(f"raw {name} beside vibenet's", r, f"Pearson r, {len(pairs)} tracks", "bar", 0.97)


def scanned(folder: Path, jobs: int, source: Path | None, library: Path) -> tuple[Cost, dict[str, Any]]:
    """Scan a folder; the tracks by name."""
    cost = cost_of([*IMG2MUSIC, "scan", folder, "--jobs", jobs, "--library", library], source)
    told = cost_of([*IMG2MUSIC, "tracks", "--format", "json", "--library", library], source).output
    return cost, {Path(track["path"]).name: track for track in json.loads(told)["tracks"]}


def listened(folder: Path, jobs: int) -> tuple[Cost, dict[str, Any]]:
    """Have vibenet hear a folder; its rows by name, none where it can't decode, and so reads all tracks alike."""
    cost = cost_of([Path(sys.executable).with_name("vibenet"), "-r", "-q", "-j", jobs, "-f", "csv", folder])
    rows = {Path(row["path"]).name: row for row in csv.DictReader(io.StringIO(cost.output))}
    return cost, rows if len({row["valence"] for row in rows.values()}) == len(rows) else {}


def add_costs(suffix: str, ours: tuple[Cost, int], name: str, other: tuple[Cost, int], report: Report) -> None:
    (cost, count), (beside, known) = ours, other
    if not known:
        report.add(f"{suffix}: tracks", count, "", name, 0)
        return
    for what, unit in (("wall", "s a track"), ("cpu", "s of processor a track")):
        mine, its = getattr(cost, what) / count, getattr(beside, what) / known
        report.add(f"{suffix}: {count} tracks", mine, unit, name, its)
        report.add(f"{suffix}: times as fast", its / mine, f"by {what}", name, 1.0)
    report.add(f"{suffix}: largest process", cost.memory, "MB", name, beside.memory)


def difference(tracks: dict[str, Any], before: dict[str, Any]) -> tuple[float, str]:
    """Greatest difference of an affect, or of a feature that lies from 0 to 1, and which it is."""
    greatest = (0.0, "")
    for name, track in tracks.items():
        for part in ("affect", "features"):
            for key, value in track[part].items():
                other = before[name][part][key]
                if isinstance(value, float) and isinstance(other, float) and key not in ("tempo", "loudness"):
                    greatest = max(greatest, (abs(value - other), f"{part}.{key}"))
    return greatest


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
    cost_of([*IMG2MUSIC, "scan", folder, "--library", database])
    report.add(f"scan again, {count} tracks, command", time.perf_counter() - start, "s", "bar", 3.0)
    report.add(f"scan again, {count} tracks, function", inside, "s", "", "")
    report.add("files opened by it", len(opened), "", "bar", 0)


def scan_long(suffix: str, folder: Path, report: Report) -> None:
    folder.mkdir()
    path = folder / f"long.{suffix}"
    encode_long(path)
    cost = cost_of([*IMG2MUSIC, "scan", folder, "--jobs", "1", "--library", folder.with_suffix(".db")])
    size = path.stat().st_size / 1e6
    report.add(f"2-hour {suffix} ({size:.0f} MB), worker", cost.memory, "MB at most", "bar", 700.0)
    report.add(f"2-hour {suffix}, command", cost.wall, "s", "", "")


class Peak(threading.Thread):
    """Watches the most resident memory that a process and those below it have had (Linux)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self._pid = pid
        self._running = True
        self.start()

    def run(self) -> None:
        while self._running:
            try:
                process = psutil.Process(self._pid)
                for each in (process, *process.children(recursive=True)):
                    status = Path(f"/proc/{each.pid}/status").read_text()
                    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
                    self.megabytes = max(self.megabytes, int(peak[1]) * 1024 / 1e6 if peak else 0.0)
            except (psutil.Error, OSError):
                pass
            time.sleep(0.05)

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
