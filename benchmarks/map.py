"""How soon a million songs are seen on the page's map, and how smoothly they move, beside plotly's scattergl.

Both are shown by one Chromium, one after the other, in a window of the same size, and dragged by the mouse for some
seconds; frames are those that the browser has presented.
"""

import argparse
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, CDPSession, FloatRect, Page, Route, ViewportSize, sync_playwright

from benchmarks.report import Report
from benchmarks.server import served
from benchmarks.synthetic import make_library

PLOTLY = Path("web/node_modules/plotly.js-gl2d-dist-min/plotly-gl2d.min.js")
SIZE: ViewportSize = {"width": 1280, "height": 900}
PEER = "https://peer.invalid/"
BLANK = (20, 20)  # pixels, of which a screenshot is taken to see that something is drawn
DRAW = """async () => {
  const octets = await (await fetch("plane")).arrayBuffer();
  const start = performance.now();
  const values = new Float32Array(octets), count = values.length / 3;
  const x = new Float32Array(count), y = new Float32Array(count);
  for (let i = 0; i < count; i++) { x[i] = values[3 * i + 1]; y[i] = values[3 * i + 2]; }
  const trace = {type: "scattergl", mode: "markers", x, y, marker: {size: 2, opacity: 0.3}, hoverinfo: "none"};
  const layout = {width: 800, height: 700, dragmode: "pan"};
  const plot = document.getElementById("plot");
  await Plotly.newPlot(plot, [trace], layout, {scrollZoom: true});
  for (const canvas of plot.querySelectorAll(".gl-container canvas")) {
    const gl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
    gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));  // which waits until all is drawn
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of dragging")
    parser.add_argument("--plotly", type=Path, default=PLOTLY, help="npm install --no-save plotly.js-gl2d-dist-min")


def run(options: argparse.Namespace) -> Report:
    report = Report("map", ["program", "first draw s", "frames a second", "ink"])
    chance = np.random.default_rng(14)
    points = np.empty(options.songs, dtype=[("id", "<i4"), ("valence", "<f4"), ("arousal", "<f4")])
    points["id"] = np.arange(1, options.songs + 1)
    for name in ("valence", "arousal"):
        points[name] = np.clip(chance.normal(0.5, 0.13, options.songs), 0.0, 1.0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library = Path(folder) / "library.db"
        make_library(library, 100)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with served(library, Path(folder)) as (_, port):
            ours = of_page(browser, f"http://127.0.0.1:{port}/#map", points.tobytes(), options)
        peer = of_plotly(browser, points.tobytes(), options)
        version = browser.version
        browser.close()
    report.add("img2music", *ours)
    report.add("plotly scattergl", *peer)
    report.note = (
        f"{options.songs:,} songs, Chromium {version}, {sys.platform}, without a GPU unless the browser has found one. "
        f"First draw {peer[0] / ours[0]:.1f} times, frames {ours[1] / max(peer[1], 1e-9):.1f} times as good. "
        "Ink: share of the pixels of the plot that are drawn on, read from a screenshot. The floor of a frame is one "
        "pass over the points, 5 to 10 ms."
    )
    return report


def of_page(browser: Browser, address: str, octets: bytes, options: argparse.Namespace) -> tuple[float, float, float]:
    page = browser.new_page(viewport=SIZE)
    page.route("**/api/plane", lambda route: route.fulfill(body=octets, content_type="application/octet-stream"))
    page.goto(address)
    canvas = page.wait_for_selector("canvas[data-drawn]")
    first = page.evaluate(
        "() => Number(document.querySelector('canvas').dataset.drawn)"
        " - performance.getEntriesByType('resource').find(each => each.name.endsWith('/plane')).responseEnd"
    )
    assert canvas is not None
    return first / 1000, dragged(page, canvas.bounding_box(), options.seconds), ink(page, "canvas")


def of_plotly(browser: Browser, octets: bytes, options: argparse.Namespace) -> tuple[float, float, float]:
    page = browser.new_page(viewport=SIZE)

    def answer(route: Route) -> None:
        plane = route.request.url.endswith("plane")
        body = octets if plane else b"<!doctype html><div id=plot></div>"
        route.fulfill(body=body, content_type="application/octet-stream" if plane else "text/html")

    page.route(f"{PEER}**", answer)
    page.goto(PEER)
    page.add_script_tag(path=options.plotly)
    page.set_default_timeout(300_000)
    first = page.evaluate(DRAW)
    box = page.locator(".svg-container").bounding_box()
    return first / 1000, dragged(page, box, options.seconds), ink(page, ".svg-container")


def dragged(page: Page, box: FloatRect | None, seconds: float) -> float:
    """Frames a second that are presented while the mouse drags."""
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session, frames = page.context.new_cdp_session(page), [0]
    session.on("Page.screencastFrame", counting(session, frames))
    page.mouse.move(x, y)
    page.mouse.down()
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 5, "maxWidth": 160, "maxHeight": 120})
    start, step = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        step += 1
        page.mouse.move(x + step * 7 % 101 - 50, y + step * 3 % 61 - 30)
    rate = frames[0] / (time.monotonic() - start)
    session.send("Page.stopScreencast")
    page.mouse.up()
    return rate


def counting(session: CDPSession, frames: list[int]) -> Callable[[dict[str, int]], None]:
    def count(event: dict[str, int]) -> None:
        frames[0] += 1
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    return count


def ink(page: Page, selector: str) -> float:
    """Share of the pixels that are not background."""

    image = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    pixels = np.asarray(image, dtype=int)
    return float((np.abs(pixels - pixels[BLANK[1], BLANK[0]]).sum(axis=2) > 30).mean())
