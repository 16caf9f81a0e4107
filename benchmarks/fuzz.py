"""Damaged files of every kind that the program reads: none may crash it, hang it, or fill the memory."""

import argparse
import hashlib
import multiprocessing
import random
import re
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import fuzz_readers
from benchmarks.mutations import mutated
from benchmarks.report import Report

HANG = 60.0
"""Seconds for one file."""
MEMORY = 2 << 30
"""Bytes for one file, all of the process counted."""
ADDRESSES = 12 << 30
"""Bytes of addresses that a process gets: beyond, allocations fail, so that the machine lives."""
FINDINGS_A_KIND = 20
LONGEST_LINE = 400

LEAK = re.compile(
    r"\bb'|object at 0x|codec can't|format requires|index out of range|unpack|Traceback|\b\w{1,40}Error\(|\n"
)
"""Words of Python's insides, which are no message."""
LONGEST_MESSAGE = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(fuzz_readers.READERS)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"which of {names} (default all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each reader (default 10)")
    parser.add_argument("--seed", type=int, default=0, help="another one makes other files (default 0)")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="folder for what is found")


def run(options: argparse.Namespace) -> Report:
    unknown = set(options.readers) - fuzz_readers.READERS.keys()
    if unknown:
        raise SystemExit(f"no such reader: {', '.join(unknown)}; there is: {', '.join(fuzz_readers.READERS)}")
    columns = ["reader", "seeds", "files", "files/s", "refused", "wrong", "crashed", "hung", "too large", "slowest s"]
    report = Report("fuzz", [*columns, "most MiB"])
    for name in options.readers or fuzz_readers.READERS:
        found = fuzz(name, 60 * options.minutes, options.seed, options.findings / name)
        kinds = [found.kinds[kind] for kind in ("refused", "wrong", "crashed", "hung", "too large")]
        rate = found.files / found.seconds
        report.add(name, found.seeds, found.files, rate, *kinds, found.slowest, round(found.peak / 2**20))
        print(f"{name}: {found.files:,} files, {sum(kinds[1:])} findings", flush=True)
    report.note = (
        f"Each file is a small valid one with up to 16 changes (seed {options.seed}), read in a process that may take "
        f"{HANG:.0f} s and {MEMORY >> 20} MiB, its libraries' own included. Findings are in {options.findings}."
    )
    return report


@dataclass
class Found:
    """What came of the files of one reader."""

    seeds: int = 0
    files: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def fuzz(name: str, seconds: float, seed: int, findings: Path) -> Found:
    """Read mutated files for a time; those that do harm are kept, with what they did beside them."""
    chance = random.Random(f"{name} {seed}")
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        seeds = fuzz_readers.READERS[name].seeds(Path(folder) / "seeds")
        contents = {path: path.read_bytes() for path in seeds}
        found.seeds = len(seeds)
        worker = Worker(name, Path(folder) / "work")
        # The seeds themselves first: a reader that refuses them looks at nothing.
        for path in seeds:
            kind, detail, *_ = worker.read(path)
            if kind != "read":
                raise SystemExit(f"{name}: the seed {path.name} is {kind}: {detail}")
        started = time.monotonic()
        while time.monotonic() < started + seconds:
            path = chance.choice(seeds)
            content = mutated(chance, contents[path], list(contents.values()))
            case = Path(folder) / "work" / f"case{path.suffix}"
            case.write_bytes(content)
            kind, detail, took, peak = worker.read(case)
            found.files += 1
            found.kinds[kind] += 1
            found.slowest, found.peak = max(found.slowest, took), max(found.peak, peak)
            if kind not in ("read", "refused") and found.kinds[kind] <= FINDINGS_A_KIND:
                keep(findings, f"{kind.replace(' ', '-')}-{path.stem}", content, path.suffix, detail)
        found.seconds = time.monotonic() - started
        worker.end()
    return found


def keep(folder: Path, name: str, content: bytes, suffix: str, detail: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{hashlib.blake2b(content, digest_size=6).hexdigest()}{suffix}"
    file.write_bytes(content)
    told = "\n".join(line[:LONGEST_LINE] for line in detail.splitlines())
    file.with_name(file.name + ".txt").write_text(told, encoding="utf-8", errors="backslashreplace")


class Worker:
    """A process that reads one file after the other, and is begun anew when it ends or has to be ended."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._folder.mkdir()
        self._log = folder / "stderr"
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(self._name, theirs, self._log), daemon=True)
        self._process.start()
        theirs.close()

    def read(self, path: Path) -> tuple[str, str, float, int]:
        """What came of a file, the words for it, how many seconds it took, and the most bytes that were held."""
        self._pipe.send(path)
        started = time.monotonic()
        try:
            if self._pipe.poll(HANG):
                kind, detail, peak = self._pipe.recv()
                return kind, detail, time.monotonic() - started, peak
        except (EOFError, ConnectionError):
            self._process.join()
            code = self._process.exitcode or 0
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            said = self._log.read_text(encoding="utf-8", errors="replace")[-4000:] if self._log.exists() else ""
            self._again()
            return "crashed", f"{name}\n{said}", time.monotonic() - started, 0
        self._process.kill()
        self._again()
        return "hung", f"no end after {HANG:.0f} s", time.monotonic() - started, 0

    def _again(self) -> None:
        self.end()
        shutil.rmtree(self._folder)
        self._folder.mkdir()
        self._start()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def judged(message: str) -> tuple[str, str]:
    """Whether a refusal is in plain words, and what it says."""
    plain = len(message) <= LONGEST_MESSAGE and "unexpected " not in message and not LEAK.search(message.strip())
    return ("refused" if plain else "wrong"), message


def serve(name: str, pipe: Connection, log: Path) -> None:
    """Read the files whose paths come through a pipe, in a process of its own."""
    import faulthandler
    import os

    from img2music.errors import Img2MusicError

    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    read = fuzz_readers.READERS[name].read
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        Path("/proc/self/clear_refs").write_text("5")  # forget the most that was held before
        os.ftruncate(2, 0)
        kind, detail = "read", ""
        try:
            for refusal in read(path):
                if judged(refusal)[0] == "wrong":
                    kind, detail = judged(refusal)
                    break
        except Img2MusicError as error:
            kind, detail = judged(str(error).replace(str(path), path.name))
        except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
            kind, detail = "wrong", traceback.format_exc(limit=-8)
        held = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10  # type: ignore[index]
        if held > MEMORY and kind in ("read", "refused"):
            kind, detail = "too large", f"{held >> 20} MiB held ({detail})"
        pipe.send((kind, detail, held))
