"""A film of ten minutes on the page: until its first cues can be heard, and until all of it is there."""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from benchmarks.score import long_film
from demo.media import copy_photos, music_folder
from img2music.media.video import VideoFile

MINUTES = 10
SIZE = (1920, 1080)
EVERY = 0.25  # seconds from one look at the project to the next


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--film", type=Path, help="a film of yours instead of one of photos")
    parser.add_argument("--keep", type=Path, help="folder for the film, to use it again")


def run(options: argparse.Namespace) -> Report:
    report = Report("project", ["what", "seconds", "of the film's length", "processor time"])
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        home, kept = Path(temporary), options.keep or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        copy_photos(home / "photos")
        photos = sorted((home / "photos").iterdir())
        film = (options.film or long_film(kept, photos, "ten-minutes.mp4", SIZE, MINUTES)).resolve()
        for name in ("CACHE", "CONFIG", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
        (home / "tmp").mkdir()
        os.environ |= {"NUMBA_CACHE_DIR": str(home / "numba"), "TMPDIR": str(home / "tmp")}  # nothing is compiled yet
        command = [sys.executable, "-m", "img2music"]
        subprocess.run([*command, "scan", str(music_folder())], check=True, capture_output=True)
        decoding, worked = time.perf_counter(), time.process_time()
        with VideoFile(film) as video:
            lasts, pictures = video.survey.duration, sum(1 for _ in video.frames())
        shares = _shares(time.perf_counter() - decoding, lasts)
        report.add(f"floor: to decode its {pictures} pictures", *shares, time.process_time() - worked)
        before = _worked()
        serving = [*command, "serve", "--port", "0", "--no-open", "--films", str(film.parent)]
        with subprocess.Popen(serving, stderr=subprocess.PIPE, text=True) as server:
            try:
                found = _watched(_port(server), film)
            finally:
                server.terminate()
        *parts, (whole, seconds) = found.items()
        for what, each in parts:
            report.add(what, *_shares(each, lasts), "")
        report.add(whole, *_shares(seconds, lasts), _worked() - before)
    report.note = (
        "From the moment at which the page asks; a server that has just been started, on a machine on which nothing "
        "is compiled or kept. Its processor time is that of all processes of the server, of which the beat tracker "
        f"takes half a minute to be compiled. Load before and after: {load:.1f}, {os.getloadavg()[0]:.1f}."
    )
    return report


def _worked() -> float:
    """Seconds of processor time of all processes that were begun and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _shares(seconds: float, lasts: float) -> tuple[float, str]:
    return seconds, f"{seconds / lasts:.0%}"


def _port(server: "subprocess.Popen[str]") -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise SystemExit("the server did not start")


def _watched(address: str, film: Path) -> dict[str, float]:
    """Seconds until each that a person waits for."""
    begun = time.perf_counter()
    project = _asked(f"{address}/api/projects", {"film": str(film)})
    at = f"{address}/api/projects/{project['id']}"
    found: dict[str, float] = {}
    while True:
        now = _asked(at)
        if now["sheet"] is not None and not found:
            found["first scenes and cues"] = time.perf_counter() - begun
            mix = f"{at}/mix?revision={now['revision']}&start=0&seconds=5"
            assert urllib.request.urlopen(mix).read(4) == b"RIFF"
            found["first 5 seconds heard"] = time.perf_counter() - begun
        if now["sheet"] is not None and now["drafted"] is None:
            return found | {"all scenes and cues": time.perf_counter() - begun}
        assert now["job"] is not None, "the job failed"
        time.sleep(EVERY)


def _asked(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    content = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Img2music": "1"}
    with urllib.request.urlopen(urllib.request.Request(url, content, headers)) as answer:
        return dict(json.load(answer))
