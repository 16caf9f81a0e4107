"""Playlists on the page: kept by name, put in order, taken along; two tabs lose nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import drop_photo, from_menu, require_accessible, require_accessible_also_wide, serve, titles

pytestmark = pytest.mark.slow


def kept(page: Page) -> list[str]:
    return page.locator("section ol h3").all_inner_texts()


def keep(page: Page, home: Path, address: str, name: str) -> list[str]:
    drop_photo(page, home, address)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Keep in the library").click()
    expect(page.get_by_text(f"{name} is kept in your library.")).to_be_visible()
    return titles(page)


def open_playlist(page: Page, name: str) -> None:
    page.get_by_role("link", name="Playlists", exact=True).click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_from_a_photo_to_a_playlist_that_is_there_tomorrow(context, home, address):
    page = context()
    songs = keep(page, home, address, "Coffee time")
    open_playlist(page, "Coffee time")
    assert kept(page) == songs
    page.get_by_role("button", name=f"Move {songs[0]} down").click()
    moved = [songs[1], songs[0], *songs[2:]]
    expect(page.locator("section ol h3").first).to_have_text(moved[0])
    page.get_by_role("button", name=f"Move {songs[0]}: drag it").press("ArrowDown")
    moved = [songs[1], songs[2], songs[0], *songs[3:]]
    expect(page.locator("section ol h3").nth(2)).to_have_text(songs[0])
    handle = page.locator("section ol .handle").last
    box, top = handle.bounding_box(), page.locator("section ol .handle").first.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(top["x"] + 10, top["y"] + 30, steps=8)
    page.mouse.move(top["x"] + 10, top["y"] - 8, steps=3)
    page.mouse.up()
    moved = [moved[-1], *moved[:-1]]
    expect(page.locator("section ol h3").first).to_have_text(moved[0])
    page.get_by_role("button", name=f"Take {moved[1]} out").click()
    expect(page.get_by_text(f"{moved[1]} is taken out.")).to_be_visible()
    page.reload()
    expect(page.locator("section ol h3")).to_have_text([moved[0], *moved[2:]])
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_selector(".player")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download playlist").click()
    assert download.value.suggested_filename == "Coffee time.m3u8"
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert [Path(line).stem for line in lines if line[0] != "#"] == kept(page)


def test_what_could_not_be_kept_is_told_and_kept_later(context, home, address):
    page = context()
    drop_photo(page, home, address)
    page.get_by_label("Name").fill("Later")
    page.context.set_offline(True)
    page.get_by_role("button", name="Keep in the library").click()
    expect(page.locator(".problem")).to_be_in_viewport()
    page.context.set_offline(False)  # it goes on by itself
    expect(page.get_by_text("Later is kept in your library.")).to_be_visible()
    expect(page.locator(".problem")).to_have_count(0)


def test_it_is_replaced_renamed_and_deleted_and_all_of_it_is_undone(context, home, address):
    page = context()
    songs = keep(page, home, address, "Morning")
    from_menu(page.locator(".song-row").first, "off this list")
    page.get_by_role("button", name="Replace that playlist").click()
    expect(page.get_by_text("Morning holds these songs now.")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    open_playlist(page, "Morning")
    expect(page.locator("section ol h3")).to_have_text(songs)
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the playlist").fill("Night")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Night", exact=True)).to_be_visible()
    page.get_by_role("button", name="Order smoothly").click()
    expect(page.get_by_text("Neighbours feel alike now.")).to_be_visible()
    assert sorted(kept(page)) == sorted(songs)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("section ol h3")).to_have_text(songs)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Night is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Night")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("link", name="Night").click()
    expect(page.locator("section ol h3")).to_have_text(songs)


def test_single_songs_are_collected(context, home, address):
    page = context()
    drop_photo(page, home, address)
    first, second = titles(page)[:2]
    page.get_by_role("button", name=f"Add {first} to a playlist").click()
    page.get_by_label("New playlist").fill("Some")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Some is kept in your library.")).to_be_visible()
    for song, told in ((second, f"{second} is in Some."), (first, f"{first} is in Some already.")):
        page.get_by_role("button", name=f"Add {song} to a playlist").click()
        page.get_by_role("dialog").get_by_role("button", name="Some").click()
        expect(page.get_by_text(told, exact=True)).to_be_visible()
    open_playlist(page, "Some")
    expect(page.locator("section ol h3")).to_have_text([first, second])


def test_of_two_tabs_the_later_one_is_told(context, home, address):
    one = context()
    songs = keep(one, home, address, "Shared")
    open_playlist(one, "Shared")
    other = one.context.new_page()
    other.goto(one.url)
    expect(other.locator("section ol h3")).to_have_text(songs)
    one.get_by_role("button", name=f"Take {songs[0]} out").click()
    expect(one.get_by_text(f"{songs[0]} is taken out.")).to_be_visible()
    other.get_by_role("button", name=f"Take {songs[1]} out").click()
    expect(other.get_by_role("alert")).to_contain_text("Shared was changed elsewhere meanwhile")
    expect(other.locator("section ol h3")).to_have_text(songs[1:])
    other.get_by_role("button", name=f"Take {songs[1]} out").click()
    expect(other.locator("section ol h3")).to_have_text(songs[2:])


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_keeps_nobody_out(context, home, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    drop_photo(page, home, address)
    page.locator(".song-row .acts .act").nth(3).click()
    page.wait_for_selector("dialog[open]")
    require_accessible(page, language)
    page.locator("dialog[open] input").fill(f"{theme} {language}")
    page.keyboard.press("Enter")
    page.wait_for_selector(".told")
    page.goto(f"{address}#playlists")
    page.wait_for_selector(".covers")
    require_accessible(page, language)
    page.locator(".all li a").first.click()
    page.wait_for_selector("section ol h3")
    require_accessible_also_wide(page, language)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_selector(".all li a")
    page.goto(f"{address}#playlists/999")
    page.set_viewport_size({"width": 360, "height": 740})
    require_accessible(page, language)


def test_there_are_none_at_first(context, tmp_path):
    for empty in serve(tmp_path):
        page = context(viewport={"width": 360, "height": 740})
        page.goto(f"{empty}#playlists")
        expect(page.get_by_text("None yet.")).to_be_visible()
        require_accessible(page, "en-US")
