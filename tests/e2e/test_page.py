"""The page of ``img2music serve`` in a real browser, on a real photo and real songs: from the photo to the playlist."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import drop_photo, from_menu, require_accessible, require_accessible_also_wide, serve, titles

pytestmark = pytest.mark.slow

UNCOVERED = """button => {
  const { x, y, width, height } = button.getBoundingClientRect();
  return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


def test_a_photo_is_dropped_and_its_songs_are_heard(context, home, address):
    page = context()
    (home / "photos/broken.jpg").write_bytes(b"no picture")
    page.goto(address)
    page.set_input_files("input[type=file]", [home / "photos" / name for name in ("broken.jpg", "coffee.png")])
    expect(page.locator(".song-row")).to_have_count(5)
    expect(page.locator(".failed")).to_contain_text("broken.jpg: ")
    page.get_by_role("button", name="Dismiss").click()
    assert "<img src=x onerror=alert(1)>" in titles(page)

    # A click plays the passage from its start, another one pauses.
    row = page.locator(".song-row").first
    start = row.locator(".times .unseen").inner_text().split(" ")[0]
    minutes, seconds = map(int, start.split(":"))
    row.locator(".play").click()
    time_now = lambda: float(page.locator(".seek input").input_value())  # noqa: E731
    moved = "before => +document.querySelector('.seek input').value > before + 0.3"
    page.wait_for_function(moved, arg=60 * minutes + seconds)
    assert time_now() < 60 * minutes + seconds + 8
    row.locator(".play").click()
    page.wait_for_selector(".controls [aria-label=Play]")
    before = time_now()
    page.keyboard.press("l")
    assert time_now() == pytest.approx(before + 5, abs=0.5)

    # What is locked keeps its place.
    locked = titles(page)[2]
    page.get_by_role("button", name=f"Keep {locked} in its place").click()
    page.locator(".correct button").first.click()
    page.locator(".correct button").first.click()
    page.get_by_role("button", name="Put it back").wait_for()
    expect(page.locator(".song-row .title").nth(2)).to_have_text(locked)
    page.get_by_role("button", name=f"Let {locked} move again").click()
    page.get_by_role("button", name="Put it back").click()
    page.get_by_role("button", name="Put it back").wait_for(state="detached")


def test_a_song_that_is_not_heard_says_why(context, home, address):
    page = context()
    drop_photo(page, home, address)
    title = "calm_acoustic_1"
    row = page.locator(".song-row").filter(has_text=title)
    page.context.set_offline(True)
    row.locator(".play").click()
    wrong = page.locator(".player .wrong")
    expect(wrong).to_have_text(f"{title} can't be fetched: the server can't be reached. Play tries again.")
    page.context.set_offline(False)
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('.seek input').value > 0.5")
    expect(wrong).to_have_count(0)
    file = home / "music/happy_electronic_1.opus"
    file.rename(away := home / "away.opus")
    page.locator(".song-row").filter(has_text=file.stem).locator(".play").click()
    expect(wrong).to_have_text(f"{file.stem} can't be played: its file is damaged, or not there any more.")
    away.rename(file)


def test_photo_plane_and_first_songs_are_seen_without_scrolling(context, home, address):
    page = context(viewport={"width": 1280, "height": 800})
    drop_photo(page, home, address)
    rows = page.locator(".song-row")
    for seen in (page.locator("figure img"), page.locator(".plane"), page.locator(".reading"), rows.first, rows.nth(1)):
        expect(seen).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 360, "height": 740})
    for seen in (page.locator(".given img"), page.locator(".plane"), page.locator(".reading"), rows.first):
        expect(seen).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Pick a mood or a word").click()
    page.get_by_role("button", name="serene").click()
    expect(page.get_by_role("heading", name="Songs that feel serene")).to_be_visible()
    expect(rows.first).to_be_in_viewport()
    download = page.get_by_role("button", name="Download playlist")
    download.scroll_into_view_if_needed()
    page.get_by_role("button", name="Keep in the library").click()
    expect(page.locator(".told")).to_be_visible()
    assert download.evaluate(UNCOVERED)


def test_what_is_said_bears_on_the_list_until_it_is_taken_back(context, home, address):
    page = context()
    drop_photo(page, home, address)
    first = titles(page)
    point, plane = page.locator(".point").bounding_box(), page.locator(".plane").bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.mouse.down()
    page.mouse.move(plane["x"] + 0.9 * plane["width"], plane["y"] + 0.2 * plane["height"], steps=20)
    expect(page.locator(".song-row .title").first).not_to_have_text(first[0])  # while it is dragged
    page.mouse.up()
    page.locator(".point").press("ArrowUp")
    page.get_by_role("button", name="more sombre").click()
    expect(page.locator(".reading")).to_have_text("excited 80 % pleasant, 82 % lively")
    page.get_by_role("button", name="Remember that").click()
    expect(page.locator(".told")).to_be_visible()
    expect(page.get_by_role("heading", name="Songs that feel like coffee")).to_be_visible()
    expect(page.locator(".reading")).to_have_text("excited 80 % pleasant, 82 % lively")  # the point stays
    from_menu(page.locator(".song-row").last, "Never again")
    expect(page.locator(".song-row")).to_have_count(4)
    page.get_by_role("button", name="What you said 2").click()
    expect(page.locator(".said li").last).to_contain_text("To you coffee.png is excited")
    for left in (1, 0):
        page.locator(".said button").first.click()
        expect(page.locator(".said li")).to_have_count(left)
    page.keyboard.press("Escape")
    expect(page.locator(".song-row .title")).to_have_text(first)


def test_a_playlist_is_taken_along(context, home, address):
    page = context()
    drop_photo(page, home, address)
    first = titles(page)
    from_menu(page.locator(".song-row").nth(1), "off this list")
    kept = titles(page)
    assert kept == [first[0], *first[2:]]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download playlist").click()
    assert download.value.suggested_filename == "coffee.m3u8"
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert [Path(line).stem for line in lines if not line.startswith("#")] == kept


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_keeps_anybody_out(context, home, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page.goto(address)
    page.wait_for_selector(".drop")
    require_accessible(page, language)
    drop_photo(page, home, address)
    require_accessible(page, language)
    page.locator(".song-row .play").first.click()
    page.wait_for_selector(".player")
    page.get_by_role("button", name=re.compile("Larger|크게")).click()
    page.locator(".correct button").first.click()
    page.locator(".next button").first.wait_for()
    require_accessible_also_wide(page, language)
    page.locator(".song-row").last.locator(".act").first.click()
    for tool in (0, 1):
        page.locator("button.tool").nth(tool).click()
        page.wait_for_selector("dialog[open]")
        require_accessible(page, language)
        page.keyboard.press("Escape")


def test_an_empty_library_says_what_to_do(context, tmp_path):
    for address in serve(tmp_path):
        page = context()
        page.goto(address)
        page.locator(".empty").get_by_role("link", name="Go and scan it").click()
        expect(page.get_by_role("heading", name="Scan your music")).to_be_visible()
