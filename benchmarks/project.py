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
    report = Report("project", ["what", "seconds", "of the film's length"])
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
        decoding = time.perf_counter()
        with VideoFile(film) as video:
            lasts, pictures = video.survey.duration, sum(1 for _ in video.frames())
        report.add(f"floor: to decode its {pictures} pictures", *_shares(time.perf_counter() - decoding, lasts))
        serving = [*command, "serve", "--port", "0", "--no-open", "--films", str(film.parent)]
        with subprocess.Popen(serving, stderr=subprocess.PIPE, text=True) as server:
            try:
                for what, seconds in _watched(_port(server), film).items():
                    report.add(what, *_shares(seconds, lasts))
            finally:
                server.terminate()
        worked = resource.getrusage(resource.RUSAGE_CHILDREN)
        report.add("processor time of the server and its job", *_shares(worked.ru_utime + worked.ru_stime, lasts))
    report.note = (
        "From the moment at which the page asks. First use: nothing is compiled or kept. Load before and after: "
        f"{os.getloadavg()[2]:.1f}, {os.getloadavg()[0]:.1f}."
    )
    return report


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
