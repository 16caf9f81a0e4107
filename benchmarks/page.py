"""How soon the page of the server shows another list: after a photo, an arrow key and a drag of the point.

A real Chromium, on songs without sound; a time ends when the list is painted. It counts from the key or the pointer
that the browser got, or, of a photo, from its choice: sending it is part of that.
"""

import argparse
import io
import math
import shutil
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Report
from benchmarks.server import served
from benchmarks.synthetic import make_library

REST = 500
"""Milliseconds before each, in which what belongs to the list before (covers, levels) is fetched."""
STEPS = ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft")
WATCH = """
() => {
  window.times = [];
  const begin = (event) => { window.begun = event.timeStamp; };
  for (const kind of ['keydown', 'pointermove', 'change']) addEventListener(kind, begin, true);
  new MutationObserver((changes) => {
    const among = ({target}) => target.closest?.('.list ol') || target.querySelector?.('.list ol .song-row');
    const rows = changes.some(among);
    if (!rows || window.begun === undefined) return;
    const from = window.begun;
    window.begun = undefined;
    requestAnimationFrame(() => setTimeout(() => window.times.push(performance.now() - from)));
  }).observe(document.body, {childList: true, subtree: true});
}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=20)


def run(options: argparse.Namespace) -> Report:
    report = Report("page", ["what", "median ms", "90 % ms", "most ms", "bar ms"])
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library, photo = Path(folder) / "library.db", Path(folder) / "photo.jpg"
        make_library(library, options.songs)
        photo.write_bytes(large_photo())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with served(library, Path(folder)) as (_, port):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(".drop")
            page.evaluate(WATCH)
            what = f"photo of 12 megapixels ({photo.stat().st_size / 1e6:.1f} MB) chosen"
            report.add(what, *told(of_photos(page, photo, options.repeat)), 500)
            report.add("arrow key on the point", *told(of_keys(page, options.repeat)), 60)
            report.add("point dragged", *told(of_drags(page, options.repeat)), 60)
        version = browser.version
        browser.close()
    report.note = f"{options.songs:,} songs, {options.repeat} each, Chromium {version}."
    return report


def large_photo() -> bytes:
    """A photo of 4000 by 3000 pixels, smooth with noise, as cameras make them."""
    chance = np.random.default_rng(14)
    small = Image.fromarray(chance.integers(0, 255, (30, 40, 3), dtype=np.uint8))
    pixels = np.asarray(small.resize((4000, 3000), Image.Resampling.BICUBIC)).astype(np.int16)
    pixels += chance.integers(-12, 12, pixels.shape, dtype=np.int16)
    content = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(content, "JPEG", quality=92)
    return content.getvalue()


def of_photos(page: Page, photo: Path, repeat: int) -> list[float]:
    times = []
    for _ in range(repeat + 1):  # the first one waits for what is read from the disk
        times.append(one(page, lambda: page.set_input_files("input[type=file]", photo)))
        page.locator(".take-away").first.click()
        page.wait_for_selector(".song-row", state="detached")
    page.set_input_files("input[type=file]", photo)
    page.wait_for_selector(".song-row")
    return times[1:]


def of_keys(page: Page, repeat: int) -> list[float]:
    page.locator(".point").focus()
    return [one(page, partial(page.keyboard.press, f"Shift+{STEPS[step % 4]}")) for step in range(repeat)]


def of_drags(page: Page, repeat: int) -> list[float]:
    plane = page.locator(".plane").bounding_box()
    assert plane is not None
    page.mouse.move(plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2)
    page.mouse.down()
    times = []
    for step in range(repeat):
        x, y = 0.5 + 0.4 * math.cos(step), 0.5 + 0.4 * math.sin(step)
        where = plane["x"] + x * plane["width"], plane["y"] + y * plane["height"]
        times.append(one(page, partial(page.mouse.move, *where)))
    page.mouse.up()
    return times


def one(page: Page, act: Callable[[], object]) -> float:
    page.wait_for_timeout(REST)
    page.evaluate("() => { window.times = []; window.begun = undefined; }")
    act()
    page.wait_for_function("() => window.times.length > 0")
    return float(page.evaluate("window.times[0]"))


def told(times: list[float]) -> tuple[float, float, float]:
    return statistics.median(times), float(np.quantile(times, 0.9)), max(times)
