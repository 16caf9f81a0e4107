"""How quickly the strip of a long film is drawn while it is scrolled and zoomed, beside a page with nothing to draw.

A real Chromium draws a film of two hours with 2,000 shots and 150 cues. A gesture is a step with each picture that the
browser asks for, so that nobody but the page takes its time; what comes from the server meanwhile is part of it.
"""

import argparse
import itertools
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.film_material import Kind, repeated, write
from benchmarks.report import Report
from benchmarks.server import served
from benchmarks.synthetic import put, records
from img2music.affect import Affect
from img2music.app.projects import packed
from img2music.connectors.folders import FolderWalk
from img2music.library.projects import Change
from img2music.library.store import LibraryStore
from img2music.media.video import survey_of
from img2music.options import OriginalSound
from img2music.soundtrack.cue_sheet import CueTrack, OwnSound, Scene, Shot, TimeSpan
from img2music.soundtrack.film import Film
from img2music.soundtrack.shots import Change as HowItChanges
from img2music.soundtrack.shots import Transition
from tests.support.library_sounds import write_sound
from tests.support.soundtracks import cue, sheet

MIB = 1 << 20
REPEATS = 20
"""Of a film that is made, to be a long one."""
SONGS, SONG = 50, 180.0
STEPS = 300
"""Pictures that a gesture lasts."""
QUIET = 0.1
"""Share of a processor below which a server does nothing."""

GESTURES = """
async ([kind, steps]) => {
  const area = document.querySelector('.scroller'), canvas = document.querySelector('.scroller canvas, body > canvas');
  const frame = () => new Promise(requestAnimationFrame);
  const between = () => new Promise((go) => setTimeout(go)); // as events of a mouse come, which are not part of drawing
  const wide = area?.clientWidth ?? 0, most = area ? area.scrollWidth - wide : 0;
  const before = Number(canvas?.dataset.drawn ?? 0);
  const gaps = [];
  let last = await frame();
  const begun = last;
  for (let step = 0; step < steps; step++) {
    const share = step / steps;
    await between();
    if (kind === 'scroll') area.scrollLeft = most * (0.2 + 0.02 * share) + 40 * step;
    else if (kind === 'whole') area.scrollLeft = most * share;
    else if (kind === 'zoom') {
      // In to single frames and out again, about a point that moves.
      const by = (share < 0.5 ? -1 : 1) * 2 * Math.log(window.closest) / steps / 0.004;
      const at = area.getBoundingClientRect().left + wide * (0.3 + 0.4 * share);
      area.dispatchEvent(new WheelEvent('wheel', {deltaY: by, ctrlKey: true, clientX: at, cancelable: true}));
    } else if (kind === 'fill') canvas.getContext('2d').fillRect(step, 0, 10, 10);
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  const drawn = Number(canvas?.dataset.drawn ?? 0) - before;
  return {seconds: (last - begun) / 1000, drawn, worst: gaps[Math.floor(0.95 * steps)]};
}
"""
EMPTY = "<!doctype html><canvas width=1580 height=296></canvas>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--shots", type=int, default=2000)
    parser.add_argument("--cues", type=int, default=150)
    parser.add_argument("--keep", type=Path, help="folder for the film and the songs, to use them again")


def run(options: argparse.Namespace) -> Report:
    report = Report(
        "strip", ["what", "pictures a second", "strips drawn a second", "95 % within ms", "ms of script a strip"]
    )
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder: Path = options.keep or Path(temporary)
        (folder / "films").mkdir(parents=True, exist_ok=True)
        film = long_film(folder, 3600.0 * options.hours, options.shots)
        library = Path(temporary) / "library.db"
        project = keep(library, film, songs(folder / "music"), options.shots, options.cues)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with served(library, folder / "music", "--films", str(folder / "films")) as (process, port):
            empty = browser.new_page(viewport={"width": 1600, "height": 1000})
            empty.set_content(EMPTY)
            for kind, what in (("nothing", "an empty page"), ("fill", "a page that fills a canvas of that size")):
                found = empty.evaluate(GESTURES, [kind, STEPS])
                report.add(what, STEPS / found["seconds"], "", found["worst"], "")
            empty.close()
            begun = time.perf_counter()
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.goto(f"http://127.0.0.1:{port}/#films/{project}")
            page.wait_for_selector(".scroller canvas[data-drawn]")
            opened = time.perf_counter() - begun
            settle(process.pid)
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            gestures(report, page, session)
            memory = told_memory(browser, session, process.pid)
        report.note = (
            f"{options.hours:g} hours, {options.shots} shots, {options.cues} cues of {SONGS} songs; "
            f"Chromium {browser.version} without a GPU. "
            f"The strip was there after {opened:.1f} s. {memory} Bar: 30 a second, or what software rendering allows. "
            f"Load of the machine meanwhile: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} processors."
        )
        browser.close()
    return report


def gestures(report: Report, page: Page, session: CDPSession) -> None:
    page.evaluate("window.closest = 16e6 / document.querySelector('.scroller').clientWidth")
    page.evaluate(GESTURES, ["zoom", STEPS])  # what is fetched for the first time is on its way from then on
    for kind, what in (
        ("zoom", "zooming from all to a frame and back"),
        ("scroll", "scrolling at two minutes across"),
        ("whole", "scrolling through all of it, at two minutes across"),
    ):
        if kind != "zoom":
            page.locator(".scroller").focus()
            page.keyboard.press("0")
            across = "document.querySelector('.scroller').scrollWidth / document.querySelector('.scroller').clientWidth"
            while page.evaluate(across) < 60:
                page.keyboard.press("+")
        page.wait_for_timeout(2000)
        before = scripts(session)
        found = page.evaluate(GESTURES, [kind, STEPS])
        drawn = max(1, found["drawn"])
        spent = 1000 * (scripts(session) - before) / drawn
        report.add(what, STEPS / found["seconds"], found["drawn"] / found["seconds"], found["worst"], spent)


def scripts(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "ScriptDuration"))


def settle(pid: int) -> None:
    """Wait until the server has heard and shown all that was asked for."""
    server = psutil.Process(pid)
    for _ in range(300):
        server.cpu_percent()
        time.sleep(1.0)
        if server.cpu_percent() < 100 * QUIET:
            return


def told_memory(browser: Browser, session: CDPSession, pid: int) -> str:
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    processes = [
        each for each in psutil.Process().children(recursive=True) if "--type=renderer" in " ".join(each.cmdline())
    ]
    largest = max(each.memory_full_info().uss for each in processes)
    server = psutil.Process(pid).memory_full_info().uss
    return (
        f"Memory: {metrics['JSHeapUsedSize'] / MIB:.0f} MiB of script, {largest / MIB:.0f} MiB of the page's process, "
        f"{server / MIB:.0f} MiB of the server."
    )


def long_film(folder: Path, seconds: float, shots: int) -> Path:
    """A film of flat pictures with cuts and sound, made of a short one that comes again and again."""
    path = folder / "films" / f"{seconds:.0f}-{shots}.mp4"
    if not path.exists():
        part = folder / "part.mp4"
        count, length = shots // REPEATS, seconds / REPEATS
        kind = Kind(part.name, length, size=(160, 90), options={"bf": "0"}, sound_rate=48_000)
        write(part, kind, flat(count, length))
        repeated(part, path.with_suffix(".part.mp4"), REPEATS).rename(path)
    return path


def flat(shots: int, seconds: float) -> Any:
    chance = np.random.default_rng(5)
    colours = chance.integers(20, 236, (shots, 3), dtype=np.uint8)
    for number in range(round(25 * seconds)):
        picture = np.broadcast_to(colours[min(shots - 1, int(number / 25 / seconds * shots))], (90, 160, 3)).copy()
        picture[30:60, number % 120 : number % 120 + 40] = 255 - picture[0, 0]
        yield number / 25, picture


def songs(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:02}.wav" for number in range(SONGS)]
    for number, path in enumerate(paths):
        if not path.exists():
            write_sound(path, 150.0 + 9 * number, SONG)
    return paths


def keep(library: Path, film: Path, music: list[Path], shots: int, cues: int) -> int:
    """A project of a film as it is when it was read and its music was chosen."""
    survey = survey_of(film)
    lasts = survey.duration
    chance = np.random.default_rng(6)
    affects = [Affect(*map(float, each)) for each in chance.uniform(0.1, 0.9, (shots, 2))]
    edges = np.linspace(0.0, lasts, shots + 1)
    made = tuple(Shot(float(edges[n]), float(edges[n + 1]), affects[n]) for n in range(shots))
    scenes = tuple(
        Scene(part[0].start, part[-1].end, part[0].affect, part)
        for part in (made[n : n + 10] for n in range(0, shots, 10))
    )
    ends = np.linspace(0.0, lasts, cues + 1).round(3)
    with LibraryStore.open(library, create=True) as store:
        files = FolderWalk([str(music[0].parent)])
        put(store, (replace(made, file=file) for made, file in zip(records(SONGS), files, strict=True)))
        tracks = [CueTrack(str(each.path), each.title, None, None, SONG, id=each.id) for each in store.tracks()]
        placed = []
        for number, (start, end) in enumerate(itertools.pairwise(ends.tolist())):
            song = tracks[number % SONGS]
            placed.append(replace(cue(start, end, Path(song.path), 10.0), track=song))
        said = sheet(lasts, *placed, film=film)
        spoken = tuple(TimeSpan(float(at), float(at) + 3.0) for at in np.arange(0.0, lasts - 8.0, 8.0))
        said = replace(said, scenes=scenes, original=OwnSound(OriginalSound.DUCK, 12.0, 0.0, spoken))
        times = np.arange(0.0, lasts, 0.5)
        felt = np.column_stack([times, 0.5 + 0.3 * np.sin(times / 7), 0.5 + 0.3 * np.cos(times / 11)])
        cuts = tuple(Transition(HowItChanges.CUT, each, each, each) for each in edges.tolist())
        seen = Film(said.film, np.arange(round(25 * lasts)) / 25.0, made, cuts, felt, survey=survey)
        row = store.projects.add(film.name, str(film), {})
        store.projects.put(row.id, None, Change("spot"), said.to_json(), reading=packed(seen))
    return row.id
