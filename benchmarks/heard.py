"""What is heard of films on the page before they are rendered, beside what is rendered: when, and how loud.

A real Chromium plays films of several containers, rates, lengths and layouts of sound, one by one, all along and then
from places that are sought; what sounds is captured sample by sample. The command renders the same sheets.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from scipy.signal import correlate

from benchmarks.film_material import Kind, write
from benchmarks.report import Report
from benchmarks.server import served
from demo.media import music_folder
from img2music.app.mixes import stereo
from tests.support.films import Picture, Still, pictures
from tests.support.listening import LISTEN, RATE, Window, listened, windows
from tests.support.soundtracks import talk

QUICK_VP9 = {"deadline": "realtime", "cpu-used": "8"}
KINDS = (
    Kind("25 stereo.mp4", 44.0, size=(320, 180)),
    Kind("29.97 mono.mov", 37.0, Fraction(30_000, 1001), (320, 180), sound="pcm_s16le", layout="mono"),
    Kind("24 5.1.mkv", 51.0, Fraction(24), (320, 180), sound="ac3", layout="5.1"),
    Kind("30 opus.webm", 40.0, Fraction(30), (320, 180), "libvpx-vp9", options=QUICK_VP9, sound="libopus"),
    Kind("25 silent.mp4", 33.0, size=(320, 180), sound=None),
)
SPOKEN = ((6.0, 12.0), (20.0, 27.0))
"""Seconds in which someone speaks in each film that has sound."""
COLOURS = ((235, 190, 80), (30, 40, 80), (200, 50, 40))
SONGS = 12
NEAR = 96
"""Samples by which music and the film's own sound may be apart: containers tell times in milliseconds."""
SOUGHT = (21.0, 7.0, 26.0)
"""Seconds that are gone to, in this order."""
PLAYED = 6.0
"""Seconds that are played there."""
EDGE = 1.5
"""Seconds beside the edges of speech in which the music is on its way."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", help="the film whose name begins so")


@dataclass(frozen=True)
class Rendered:
    """The mean of left and right of what the command writes."""

    mix: NDArray[np.float64]
    music: NDArray[np.float64]
    film: NDArray[np.float64]
    plain: NDArray[np.float64]  # the music, not lowered under speech


def run(options: argparse.Namespace) -> Report:
    columns = [
        "film",
        "played",
        "windows",
        "late ms",
        "within 40 ms",
        "cues",
        "cues off dB",
        "ducked by dB",
        "rendered so",
    ]
    report = Report("heard", columns)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        (folder / "films").mkdir()
        library, music = folder / "library.db", folder / "music"
        music.mkdir()
        for song in sorted(music_folder().rglob("*.opus"))[:SONGS]:
            shutil.copy(song, music)
        command("scan", music, "--library", library)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with served(library, music, "--films", str(folder / "films")) as (_, port):
            for kind in KINDS:
                if not kind.name.startswith(options.only or ""):
                    continue
                film = made(folder / "films", kind)
                project = edited(f"http://127.0.0.1:{port}/api", film)
                rendered = render(library, project, folder)
                page = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900}).new_page()
                page.add_init_script(LISTEN)
                page.goto(f"http://127.0.0.1:{port}/#films/{project.id}")
                page.wait_for_selector("tbody tr")
                page.wait_for_function("() => document.querySelector('video')?.readyState >= 2", timeout=120_000)
                found = played(page, 0.0, kind.seconds - 0.7, rendered)
                told(report, (kind.name, "from its start"), found, project, rendered)
                found = []
                for start in SOUGHT:
                    found += played(page, start, start + PLAYED, rendered)
                told(report, (kind.name, "sought"), found, project, rendered)
                page.context.close()
        report.note = (
            "Late: by how much sound comes after the picture, the median of windows of a second, and how many are "
            "in time. Off: by how much a cue is louder than rendered, the greatest. Ducked: by how much music is "
            "softer where someone speaks than elsewhere, of what is heard and of what is rendered. Bars: 40 ms, 1 dB. "
            f"Chromium {browser.version}, load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} processors."
        )
        browser.close()
    return report


def made(folder: Path, kind: Kind) -> Path:
    """A film with cuts, and with a voice where it has sound."""
    stills = [Still(drawn(number), kind.seconds / 6) for number in range(6)]
    sound = None
    if kind.sound:
        voice = talk(kind.seconds, SPOKEN)
        channels = av.AudioLayout(kind.layout).nb_channels
        sound = np.repeat(voice * (0.5 if channels > 2 else 1.0), channels, axis=0)
    shown = pictures(stills, float(kind.rate), kind.size)
    return write(folder / kind.name, kind, shown, sound)


def drawn(number: int) -> Picture:
    picture = np.full((180, 320, 3), COLOURS[number % len(COLOURS)], dtype=np.uint8)
    picture[40:140, 20 + 40 * number : 100 + 40 * number] = 255 - picture[0, 0]
    return picture


@dataclass(frozen=True)
class Project:
    """A project of a film whose cues were changed by hand."""

    id: int
    sheet: dict[str, Any]
    exported: bytes
    film: Path


def edited(api: str, film: Path) -> Project:
    """Have a film read, and change its cues in every way that is heard."""
    at = f"{api}/projects/{asked(f'{api}/projects', {'film': str(film)})['id']}"
    while not ((project := asked(at))["sheet"] and project["ready"]):
        time.sleep(0.3)

    def change(**edit: Any) -> None:
        nonlocal project
        project = asked(f"{at}/edits", {"revision": project["revision"], "edit": edit})

    while len(project["sheet"]["cues"]) < 3:
        number, longest = max(enumerate(project["sheet"]["cues"]), key=lambda each: each[1]["end"] - each[1]["start"])
        change(kind="split", cue=number, at=round((longest["start"] + longest["end"]) / 2 + 1.37, 2))
        change(kind="swap", cue=number + 1, alternative=0)
    change(kind="fade", cue=0, fade_in=1.0, fade_out=2.0)
    change(kind="gain", cue=1, db=-4.0)
    while asked(f"{at}/mix?revision={project['revision']}&start=0&seconds=1", header="X-Mastered") != "exact":
        time.sleep(0.3)
    exported = asked(f"{at}/export?format=project", raw=True)
    return Project(project["id"], project["sheet"], exported, film)


def asked(address: str, body: object = None, *, header: str | None = None, raw: bool = False) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json", "X-Img2music": "1"})
    with urllib.request.urlopen(request) as answer:
        if header is not None:
            return answer.headers[header]
        return answer.read() if raw else json.load(answer)


def command(*words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "img2music", *map(str, words)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)


def render(library: Path, project: Project, folder: Path) -> Rendered:
    """What the command makes of the sheet."""
    sheet, out = folder / "project.json", folder / "out.wav"
    sheet.write_bytes(project.exported)
    words = ("score", project.film, "--library", library, "--sheet", sheet, "--force", "--stems")
    command(*words, folder / "out", "--audio-only", out)
    command(*words, folder / "plain", "--original", "keep")
    own = folder / "out-film.wav"
    mix, music, plain = (middle(file) for file in (out, folder / "out-music.wav", folder / "plain-music.wav"))
    film = middle(own) if own.exists() else np.zeros(len(mix))
    own.unlink(missing_ok=True)
    return Rendered(mix, music, film, plain)


def middle(file: Path) -> NDArray[np.float64]:
    """The mean of left and right, as two loudspeakers have them."""
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        names = [each.name for each in stream.codec_context.layout.channels]
        resampler = av.AudioResampler("flt", stream.codec_context.layout, RATE)
        parts = [
            ready.to_ndarray().reshape(-1, len(names))
            for frame in container.decode(stream)
            for ready in resampler.resample(frame)
        ]
    samples = np.concatenate(parts).astype(np.float32)
    both = np.repeat(samples, 2, axis=1) if len(names) == 1 else stereo(samples, names)
    return np.asarray(np.clip(both, -1.0, 1.0).mean(axis=1), dtype=np.float64)


def played(page: Page, start: float, end: float, rendered: Rendered) -> list[Window]:
    """Play a part, and find it in what is rendered."""
    page.evaluate("Object.assign(window.heard, {blocks: [], pictures: []})")
    box = page.locator(".scroller canvas").bounding_box()
    assert box is not None
    seconds = len(rendered.mix) / RATE
    page.mouse.click(box["x"] + start / seconds * box["width"] + 1, box["y"] + 80)
    page.keyboard.press("k")
    reached = time.monotonic() + 60.0 + end - start
    while page.evaluate("document.querySelector('video').currentTime") < end and time.monotonic() < reached:
        page.wait_for_timeout(200)
    page.keyboard.press("k")
    return windows(listened(page), rendered.mix)


def told(report: Report, of: tuple[str, str], found: list[Window], project: Project, rendered: Rendered) -> None:
    late = np.array([1000 * each.late for each in found])
    cues = [
        louder([each for each in found if cue["start"] <= each.place / RATE < cue["end"] - 1.0], rendered)
        for cue in project.sheet["cues"]
    ]
    heard = [each for each in cues if each is not None]
    lower = [ducked(found, rendered, heard=each) if rendered.film.any() else "" for each in (True, False)]
    report.add(
        *of, len(found), float(np.median(late)), f"{100 * (np.abs(late) <= 40).mean():.0f} %",
        f"{len(heard)} of {len(cues)}", max(heard, key=abs), *lower,
    )  # fmt: skip


def louder(found: list[Window], rendered: Rendered) -> float | None:
    """Decibels by which windows are louder than what is rendered there, all together."""
    if not found:
        return None
    heard = sum(float(np.square(each.heard).sum()) for each in found)
    same = sum(float(np.square(rendered.mix[each.place : each.place + RATE]).sum()) for each in found)
    return float(10 * np.log10(heard / same))


def ducked(found: list[Window], rendered: Rendered, *, heard: bool) -> float | str:
    """Decibels by which music is softer where someone speaks than where nobody does."""
    levels: dict[bool, list[float]] = {True: [], False: []}
    for each in found:
        begin, end = each.place / RATE, each.place / RATE + 1.0
        spoken = any(start + EDGE <= begin and end <= stop - EDGE for start, stop in SPOKEN)
        if spoken or all(end <= start - EDGE or begin >= stop + EDGE for start, stop in SPOKEN):
            sound = each.heard if heard else rendered.mix[each.place : each.place + RATE]
            parts = np.stack([found_in(sound, whole, each.place) for whole in (rendered.plain, rendered.film)], axis=1)
            levels[spoken].append(max(1e-6, float(np.linalg.lstsq(parts, sound[NEAR:-NEAR])[0][0])))
    if not (levels[True] and levels[False]):
        return ""
    return float(20 * np.log10(np.median(levels[False]) / np.median(levels[True])))


def found_in(sound: NDArray[np.float64], whole: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """What of a sound is in another, which may be a little earlier or later there."""
    near = whole[place : place + len(sound)]
    near = np.pad(near, (0, len(sound) - len(near)))
    at = int(np.argmax(correlate(near, sound[NEAR:-NEAR], mode="valid", method="fft")))
    return near[at : at + len(sound) - 2 * NEAR]
