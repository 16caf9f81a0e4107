"""What the page shows of a photo's reading: where it may lie, and what moved it."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import drop_photo, require_accessible

pytestmark = pytest.mark.slow

DRAWN = """image => {
  const canvas = new OffscreenCanvas(3, 3), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 3, 3);
  const { data } = context.getImageData(0, 0, 3, 3);
  return Array.from({ length: 9 }, (_, i) => (data[4 * i] - data[4 * i + 2]) * data[4 * i + 3]);
}"""
"""How red (or, below 0, blue) each ninth of an overlay is."""
PARTS = ["upper left", "top", "upper right", "left", "middle", "right", "lower left", "bottom", "lower right"]


def test_the_plane_shows_where_the_photo_may_lie(context, home, address):
    page = context()
    drop_photo(page, home, address)
    region, plane, point = (page.locator(each).bounding_box() for each in (".region path", ".plane", ".point"))
    line = 4  # pixels, with its joints
    for corner, size in (("x", "width"), ("y", "height")):
        first, last = region[corner], region[corner] + region[size]
        assert plane[corner] - line <= first < point[corner] + point[size] / 2 < last
        assert last <= plane[corner] + plane[size] + line
    expect(page.get_by_text("four in five photos that are read like this")).to_be_visible()
    page.get_by_role("button", name="livelier").click()  # what a person feels is sure
    expect(page.locator(".region")).to_have_count(0)
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator(".region")).to_have_count(1)


def test_the_photo_shows_what_moved_its_reading(context, home, address):
    page = context()
    drop_photo(page, home, address)
    photo = page.get_by_role("img", name="Your photo coffee.png")
    assert photo.bounding_box()["height"] > 150
    page.get_by_role("button", name="What moved it").click()
    overlay = page.locator("img.heat")
    for axis, raises, lowers in (
        ("Pleasant or sombre", "more pleasant", "more sombre"),
        ("Lively or calm", "livelier", "calmer"),
    ):
        page.get_by_role("button", name=axis).click()
        expect(overlay).to_have_attribute("alt", re.compile(f"{raises}|{lowers}|No part alone"))
        overlay.evaluate("image => image.decode()")
        assert overlay.bounding_box() == photo.bounding_box()
        told, drawn = overlay.get_attribute("alt"), overlay.evaluate(DRAWN)
        for part, what in re.findall(r"The (.+?) makes it (.+?)\.", told):
            strength = drawn[PARTS.index(part)] * (1 if what == raises else -1)
            assert strength > 0
            assert strength >= 0.5 * max(each * (1 if what == raises else -1) for each in drawn)
    page.get_by_role("button", name="What moved it").click()
    expect(overlay).to_have_count(0)


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_moved_it_keeps_nobody_out(context, home, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    drop_photo(page, home, address)
    page.locator("figure .chip").click()
    page.wait_for_selector("img.heat")
    require_accessible(page, language)
