"""The map of the library: songs where they lie, moved and chosen by mouse and keyboard."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from img2music import Library
from tests.e2e.browser import require_accessible, require_accessible_also_wide, serve
from tests.support.songs import put, record

pytestmark = pytest.mark.slow

CORNERS = {(0.2, 0.8): 3, (0.8, 0.8): 1, (0.2, 0.2): 1, (0.8, 0.2): 2}
"""Where songs lie, and how many."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    places = [place for place, count in CORNERS.items() for _ in range(count)]
    songs = [record(f"/music/{i}.mp3", *place, title=f"Song {i}") for i, place in enumerate(places)]
    with Library.open(home / "library.db") as library:
        put(library._store, songs)
    yield from serve(home, "--library", str(home / "library.db"))


def opened(page: Page, address: str) -> Page:
    page.goto(f"{address}#map")
    page.wait_for_selector("canvas[data-drawn]")
    expect(page.get_by_text("7 of 7 songs in sight")).to_be_visible()
    return page


def spots(page: Page) -> list[tuple[int, int]]:
    """The middles of what is drawn, in each quarter of the canvas."""
    image = Image.open(io.BytesIO(bytes(page.evaluate(BYTES))))
    drawn = np.asarray(image.convert("RGBA"))[..., 3] > 0
    height, width = drawn.shape
    found = []
    for rows, top in ((slice(0, height // 2), 0), (slice(height // 2, height), height // 2)):
        for columns, left in ((slice(0, width // 2), 0), (slice(width // 2, width), width // 2)):
            y, x = np.nonzero(drawn[rows, columns])
            found.append((round(x.mean() + left), round(y.mean() + top)))
    return found


BYTES = """async () => {
  const blob = await new Promise(done => document.querySelector("canvas").toBlob(done));
  return [...new Uint8Array(await blob.arrayBuffer())];
}"""


def test_songs_are_drawn_where_they_lie_and_move_with_the_mouse(context, address):
    page = opened(context(), address)
    top_left, top_right, bottom_left, bottom_right = before = spots(page)
    assert abs(top_left[1] - top_right[1]) <= 1
    assert abs(top_left[0] - bottom_left[0]) <= 1
    assert abs((top_right[0] - top_left[0]) - (bottom_left[1] - top_left[1])) <= 2  # one scale for both axes
    assert abs(bottom_right[0] - top_right[0]) <= 1
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 25, steps=4)
    page.mouse.up()
    page.wait_for_timeout(200)
    assert [(a - c, b - d) for (a, b), (c, d) in zip(spots(page), before, strict=True)] == [(40, 25)] * 4
    page.mouse.wheel(0, -1200)
    expect(page.get_by_text("7 of 7 songs in sight")).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_text("7 of 7 songs in sight")).to_be_visible()
    assert spots(page) == before
    page.set_viewport_size({"width": 1280, "height": 800})
    for seen in (page.locator(".axis.down"), page.locator(".seen")):
        expect(seen).to_be_in_viewport(ratio=1)


def test_songs_stand_as_they_are_matched_or_as_they_were_read(context, address):
    page = opened(context(), address)
    middle = page.locator("line.middle").first
    centre = page.locator("canvas").bounding_box()["width"] / 2

    def off_centre() -> float:
        return float(middle.get_attribute("x1")) - centre

    assert off_centre() < -20  # four of seven songs are sombre: ranks 2/7 and 11/14
    page.get_by_role("button", name="As read").click()
    expect(page.get_by_text("Songs stand where they were read.")).to_be_visible()
    assert off_centre() == pytest.approx(0, abs=2)
    page.get_by_role("button", name="As matched").click()
    expect(page.get_by_text("as on Find.")).to_be_visible()
    assert off_centre() < -20


def test_a_lasso_makes_a_playlist(context, address):
    page = opened(context(), address)
    box, (x, y) = page.locator("canvas").bounding_box(), spots(page)[0]
    page.get_by_role("button", name="Lasso").click()
    left, top = box["x"] + x, box["y"] + y
    page.mouse.move(left - 40, top - 40)
    page.mouse.down()
    for dx, dy in ((40, -40), (40, 40), (-40, 40)):
        page.mouse.move(left + dx, top + dy, steps=3)
    page.mouse.up()
    expect(page.get_by_role("heading", name="3 songs are chosen")).to_be_visible()
    assert sorted(page.locator(".chosen h3").all_inner_texts()) == ["Song 0", "Song 1", "Song 2"]
    page.get_by_label("Name", exact=True).fill("Tense")
    page.get_by_role("button", name="Keep in the library").click()
    expect(page.get_by_text("Tense is kept in your library.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download playlist").click()
    assert Path(download.value.path()).read_text().count("#EXTINF") == 3
    page.get_by_role("button", name="Clear").click()
    page.mouse.move(left + 100, top + 100)
    page.mouse.down()
    page.mouse.move(left + 130, top + 100, steps=3)
    page.mouse.move(left + 130, top + 130, steps=3)
    page.mouse.up()
    expect(page.get_by_role("heading", name="No song lies there.")).to_be_visible()


def test_the_keyboard_does_all_of_it(context, address):
    page = opened(context(), address)
    frame = page.get_by_role("application", name="Map of your songs")
    frame.focus()
    frame.press("Enter")
    expect(page.get_by_role("heading", name="No song lies there.")).to_be_visible()
    box, (x, y) = page.locator("canvas").bounding_box(), spots(page)[3]
    step = 0.1 * min(box["width"], box["height"])
    for _ in range(round((x - box["width"] / 2) / step)):
        frame.press("ArrowRight")
    for _ in range(round((y - box["height"] / 2) / step)):
        frame.press("ArrowDown")
    frame.press("+")
    frame.press("Enter")
    expect(page.get_by_role("heading", name="2 songs are chosen")).to_be_visible()
    page.get_by_role("button", name="More like this: Song 5").click()
    expect(page.get_by_role("heading", name="Songs that feel like Song 5")).to_be_visible()
    assert page.url.endswith("#find")


def test_songs_are_named_and_found(context, address):
    page = opened(context(), address)
    box, (x, y) = page.locator("canvas").bounding_box(), spots(page)[1]
    page.mouse.move(box["x"] + x + 5, box["y"] + y)
    expect(page.locator(".frame .name")).to_have_text("Song 3")
    page.mouse.click(box["x"] + x + 5, box["y"] + y)
    expect(page.get_by_role("heading", name="Song 3").first).to_be_visible()
    page.get_by_role("searchbox").fill("song 6")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 song has “song 6”")).to_be_visible()
    expect(page.locator("circle.marked[r='6']")).to_have_count(1)


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_map_keeps_nobody_out(context, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(f"{address}#map")
    page.wait_for_selector("canvas[data-drawn]")
    expect(page.locator("#map-help")).to_contain_text(re.compile("pinch|두 손가락"))  # no wheel, no keys
    require_accessible(page, language)
    page.get_by_role("searchbox").fill("song")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chosen li")
    require_accessible_also_wide(page, language)


def test_an_empty_map_says_so(context, tmp_path):
    for empty in serve(tmp_path):
        page = context()
        page.goto(f"{empty}#map")
        page.get_by_role("link", name="Go and scan it").click()
        expect(page.get_by_role("heading", name="Scan your music")).to_be_visible()
