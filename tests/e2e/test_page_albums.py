"""Albums on the page: from photos that are dropped to a slideshow that was changed by hand and rendered."""

import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser import require_accessible_also_wide, serve
from tests.support.soundtracks import Track, film

pytestmark = pytest.mark.slow

COLOURS = {"beach": (250, 205, 120), "forest": (60, 110, 60), "night": (20, 20, 50), "party": (220, 60, 50)}
SMALL = {"size": 128, "fps": 10, "seconds_per_photo": 3.0}


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    trip = home / "films/Trip"
    trip.mkdir(parents=True)
    for number, (name, colour) in enumerate(COLOURS.items()):
        image = Image.new("RGB", (640, 480), colour)
        image.paste(tuple(255 - each for each in colour), (60 + 90 * number, 120, 200 + 90 * number, 360))
        image.save(trip / f"{name}.jpg")
        os.utime(trip / f"{name}.jpg", (1e9 - 1000 * number, 1e9 - 1000 * number))
    yield from serve(home, "--films", str(home / "films"))


def asked(address: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "X-Img2music": "1"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def album(home: Path, address: str) -> str:
    """Where the API has an album that was read."""
    begun = asked(f"{address}api/projects", {"folder": str(home / "films/Trip"), "album": SMALL})
    found = f"{address}api/projects/{begun['id']}"
    for _ in range(3000):
        if asked(found)["ready"]:
            return found
        time.sleep(0.1)
    raise AssertionError(asked(f"{address}api/jobs"))


def settled(page: Page) -> None:
    expect(page.locator('.editor[aria-busy="false"]')).to_have_count(1, timeout=120_000)


def names(page: Page) -> list[str]:
    settled(page)
    return [
        each.split(": ")[1].split(",")[0]
        for each in page.locator("ol .photo").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    ]


def opened(page: Page) -> None:
    page.wait_for_url("**/#films/*")
    expect(page.locator("ol .photo").first).to_be_visible(timeout=120_000)


def small(route: Route) -> None:
    """What the page asks for, but for a film that is drawn quickly."""
    body = route.request.post_data_json
    if body is not None:
        body["album"] |= SMALL
    route.continue_(post_data=None if body is None else json.dumps(body))


def send(page: Page, files: list[Path]) -> None:
    """Begin an album of files with about one song."""
    page.get_by_text("Choice of songs").click()
    page.get_by_label("About so many songs").fill("1")
    with page.expect_request(lambda request: request.url.endswith("/projects") and request.method == "POST") as sent:
        page.set_input_files("input[type=file]", files)
    assert sent.value.post_data_json["options"]["songs"] == 1


def test_photos_that_are_dropped_become_a_slideshow(context, home, address, tmp_path):
    page = context(viewport={"width": 1440, "height": 1000})
    page.route("**/api/projects", small)
    page.goto(f"{address}#films")
    broken = home / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")
    send(page, [*sorted((home / "films/Trip").iterdir()), broken])
    opened(page)
    expect(page.get_by_role("alert")).to_contain_text("broken.jpg")
    page.get_by_role("button", name="By mood").click()
    by_mood = names(page)
    page.locator("ol .photo").nth(0).drag_to(page.locator("ol .photo").nth(2))
    dragged = [by_mood[1], by_mood[2], by_mood[0], by_mood[3]]
    expect(page.locator("ol .photo").nth(2)).to_have_attribute("aria-label", re.compile(f"Photo 3: {by_mood[0]},"))
    assert names(page) == dragged
    page.get_by_label("Captions").select_option(label="names of the files")
    page.get_by_label("Written on it").fill("At last")
    page.get_by_label("Written on it").press("Enter")
    settled(page)
    song = page.locator("tbody .pick").first.inner_text()
    page.locator("tbody .pick").first.click()
    page.get_by_role("button", name="Use ").first.click()
    settled(page)
    assert page.locator("tbody .pick").first.inner_text() != song
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".transport .time")).to_contain_text("0:01.", timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    for what in ("another song", "a caption", "how the album looks", "move a photo"):
        page.get_by_role("button", name=f"Undo: {what}").click()
        settled(page)
    assert names(page) == by_mood
    for what in ("move a photo", "how the album looks", "a caption", "another song"):
        page.get_by_role("button", name=f"Redo: {what}").click()
        settled(page)
    assert names(page) == dragged
    page.get_by_role("button", name="Render", exact=True).click()
    link = page.locator(".jobs li").first.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=300_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as film:
        (seen, heard) = (film.streams.video[0], film.streams.audio[0])
        assert (seen.width, seen.height, seen.frames) == (228, 128, 12 * 10)
        assert float(heard.duration * heard.time_base) == pytest.approx(12.0, abs=0.1)
        frames = [frame.to_ndarray(format="rgb24")[20, 20] for frame in film.decode(video=0)]
        film.seek(0)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    assert np.abs(sound).max() > 0.05
    number = page.url.rpartition("/")[2]
    starts = [each["start"] for each in asked(f"{address}api/projects/{number}")["sheet"]["slideshow"]["photos"]]
    for name, start in zip(dragged, starts, strict=True):
        assert np.abs(frames[round(10 * (start + 1.5))].astype(int) - COLOURS[name]).max() < 60
    expect(page.locator("video")).to_be_visible(timeout=60_000)


def test_an_album_plays_while_it_is_drawn_and_of_two_windows_the_later_one_is_told(context, album):
    number = album.rpartition("/")[2]
    address = album.partition("api/")[0]
    one, other = context(), context()
    before = asked(album)
    unseen = True  # by the other window, which would follow what the one does

    def answer(page: Page, route: Route) -> None:
        now = before if page is other and unseen else asked(album)
        route.fulfill(json=now | {"ready": False, "job": 1})

    for page in (one, other):
        page.route("**/api/projects/*", partial(answer, page))
        page.goto(f"{address}#films/{number}")
        opened(page)
    one.get_by_role("button", name="Play", exact=True).click()
    expect(one.get_by_role("img", name="Photo 2")).to_be_visible(timeout=60_000)
    one.get_by_role("button", name="Pause").click()
    one.locator("ol .photo").first.click()
    one.get_by_role("button", name="Show later").click()
    settled(one)
    other.locator("ol .photo").first.click()
    unseen = False
    other.get_by_role("button", name="Take out of the album").click()
    expect(other.get_by_role("alert")).to_contain_text("Trip was changed elsewhere meanwhile")
    assert names(other) == names(one)


def test_photos_that_are_sent_later_come_to_those_that_were_sent(context, home, address):
    page = context(viewport={"width": 1440, "height": 1000})
    page.route("**/api/projects", small)
    page.goto(f"{address}#films")
    send(page, [home / "films/Trip/beach.jpg"])
    opened(page)
    broken, more = home / "broken.jpg", home / "more.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")
    Image.new("RGB", (64, 36), COLOURS["party"]).save(more)
    page.get_by_label("Add photos").set_input_files([broken, more])
    expect(page.get_by_role("heading", name="2 photos", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("alert")).to_contain_text("1 file is left out. broken.jpg")
    assert names(page) == ["beach", "more"]
    assert page.get_by_label("Add photos").bounding_box()["width"] <= 1  # the browser's own button is not beside ours


def test_an_album_with_a_clip_is_called_so_and_gets_more_photos(context, home, address):
    folder = home / "films/Clips"
    folder.mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (64, 36), COLOURS["beach"]).save(folder / f"{name}.jpg")
    tone = np.sin(np.arange(96_000, dtype=np.float32) / 20.0)[np.newaxis]
    film(folder / "c.mov", 2.0, Track(tone, "mono"))
    begun = asked(f"{address}api/projects", {"folder": str(folder), "album": SMALL, "options": {"songs": 1}})
    page = context(viewport={"width": 1440, "height": 1000})
    page.goto(f"{address}#films/{begun['id']}")
    opened(page)
    for heading in ("2 photos and 1 clip", "Songs of the album", "Strip of the album", "The whole album"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_label("The clips' own sound")).to_be_visible()
    expect(page.locator("ol .photo").nth(2)).to_have_attribute("aria-label", re.compile("Clip 3: c,"))
    Image.new("RGB", (64, 36), COLOURS["party"]).save(folder / "d.jpg")
    page.get_by_role("button", name="Add what else is in the folder").click()
    expect(page.get_by_role("heading", name="3 photos and 1 clip", exact=True)).to_be_visible(timeout=60_000)
    assert names(page) == ["a", "b", "c", "d"]
    strip = page.get_by_role("group", name="Strip of the album")
    assert strip.evaluate("each => each.scrollWidth - each.clientWidth") <= 1  # all of it is seen
    page.get_by_role("button", name="Undo: more photos").click()
    expect(page.get_by_role("heading", name="2 photos and 1 clip", exact=True)).to_be_visible()
    korean = context(viewport={"width": 1440, "height": 1000}, locale="ko-KR")
    korean.goto(f"{address}#films/{begun['id']}")
    opened(korean)
    for heading in ("사진 2장, 클립 1개", "앨범의 노래", "앨범 띠", "앨범 전체"):
        expect(korean.get_by_role("heading", name=heading, exact=True)).to_be_visible()


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_keeps_nobody_out(context, album, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page.goto(f"{album.partition('api/')[0]}#films/{album.rpartition('/')[2]}")
    opened(page)
    page.locator("ol .photo").nth(1).click()
    require_accessible_also_wide(page, language)
