"""Films on the page: from a film to an edited, rendered one; with the keyboard, in two windows, on a phone."""

import json
import re
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser import require_accessible, require_accessible_also_wide, serve
from tests.support.films import Still, make_film
from tests.support.listening import LISTEN, RATE, listened, windows

pytestmark = pytest.mark.slow

SECONDS = 48.0


def made_film(path: Path) -> None:
    """Four pictures in turn, so that there are cuts."""
    colours = [(235, 190, 80), (30, 40, 80), (200, 50, 40), (120, 190, 140)]
    stills = []
    for number, colour in enumerate(colours * 2):
        picture = np.full((90, 160, 3), colour, dtype=np.uint8)
        picture[20:70, 20 + 10 * number : 60 + 10 * number] = 255 - picture[0, 0]
        stills.append(Still(picture, SECONDS / 8))
    make_film(path, stills)


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    (home / "films/Summer").mkdir(parents=True)
    made_film(home / "films/Summer/Beach.mp4")
    shutil.copy(home / "films/Summer/Beach.mp4", home / "Sent.mp4")
    yield from serve(home, "--films", str(home / "films"))


@pytest.fixture(scope="module")
def project(home: Path, address: str) -> str:
    """Where the API has a film that was read."""
    begun = asked(f"{address}api/projects", {"film": str(home / "films/Summer/Beach.mp4")})
    found = f"{address}api/projects/{begun['id']}"
    for _ in range(3000):
        if asked(found)["sheet"] is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(asked(f"{address}api/jobs"))


@pytest.fixture
def film(context, address: str, project: str) -> Page:
    """The page with that film, as it was when it was read."""
    state = asked(project)
    while state["undo"]:
        state = asked(f"{project}/undo", {"revision": state["revision"]})
    page = context(viewport={"width": 1600, "height": 1000})
    page.goto(f"{address}#films/{state['id']}")
    opened(page)
    return page


def asked(address: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "X-Img2music": "1"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        return json.load(answer)


def opened(page: Page) -> None:
    page.wait_for_url("**/#films/*")
    expect(page.locator("tbody tr").first).to_be_visible(timeout=120_000)


def settled(page: Page) -> None:
    expect(page.locator('.editor[aria-busy="false"]')).to_have_count(1, timeout=120_000)


def times(page: Page) -> list[list[str]]:
    settled(page)
    return page.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td.time')].map(cell => cell.textContent))"
    )


def songs(page: Page) -> list[str]:
    settled(page)
    return page.locator("tbody .pick").evaluate_all("all => all.map(each => each.innerText)")


def drag(page: Page, start: float, end: float, *keys: str) -> None:
    """Drag along the songs of the strip, by seconds of the film."""
    strip = page.locator(".scroller canvas")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    places = [box["x"] + each / SECONDS * box["width"] for each in (start, end)]
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(places[0], box["y"] + 260)
    page.mouse.down()
    page.mouse.move(places[1], box["y"] + 260, steps=6)
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def seconds(shown: str) -> float:
    minutes, rest = shown.split(":")
    return 60 * int(minutes) + float(rest)


def test_what_is_changed_by_hand_is_kept_and_undone_also_after_a_reload(film):
    page = film
    chosen, first = songs(page), times(page)
    drag(page, SECONDS - 0.1, 42.1)  # there is a cut at 42
    settled(page)
    moved = times(page)
    assert moved[-1][1] == "0:42.00"
    drag(page, 5.0, 4.7, "Alt")
    settled(page)
    slipped = times(page)
    assert slipped[0][:2] == moved[0][:2]
    page.locator("tbody .pick").first.click()
    page.get_by_role("button", name="Use ").first.click()
    settled(page)
    swapped = songs(page)
    assert swapped[0] != chosen[0]
    page.reload()
    opened(page)
    assert (songs(page), times(page)[-1][1]) == (swapped, "0:42.00")
    page.get_by_role("button", name="Undo: another song").click()
    settled(page)
    assert (songs(page), times(page)) == (chosen, slipped)
    page.keyboard.press("Control+z")
    settled(page)
    page.keyboard.press("Control+z")
    settled(page)
    assert times(page) == first
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    settled(page)
    assert times(page) == moved


def test_a_part_is_silenced_songs_are_split_joined_pinned_banned_and_chosen_again(film):
    page = film
    chosen = songs(page)
    drag(page, 2.0, 4.0, "Shift")
    page.get_by_role("button", name="Silence there").click()
    settled(page)
    assert [each[:2] for each in times(page)][:2] == [["0:00.00", "0:02.00"], ["0:04.00", times(page)[1][1]]]
    page.keyboard.press("Control+z")
    page.locator("tbody .pick").first.click()
    page.locator(".scroller canvas").click(position={"x": 200, "y": 80})
    page.keyboard.press("s")
    settled(page)
    assert len(songs(page)) == len(chosen) + 1
    page.get_by_role("button", name="Join with the next").click()
    settled(page)
    assert len(songs(page)) == len(chosen)
    page.get_by_role("button", name="Pin", exact=True).click()
    settled(page)
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    names = [each.split("\n")[1] for each in songs(page)]
    other = next(number for number, name in enumerate(names) if name != names[0])
    page.locator("tbody .pick").nth(other).click()
    page.get_by_role("button", name="Never in this film").click()
    settled(page)
    expect(page.get_by_role("heading", name="Banned from this film")).to_be_visible()
    page.get_by_role("button", name="Choose again").click()
    settled(page)
    assert songs(page)[0] == chosen[0]
    assert all(names[other] not in each for each in songs(page))


def test_the_keyboard_does_it_too(film):
    page = film
    first = times(page)
    page.locator("tbody .pick").last.press("Enter")
    edge = page.get_by_role("slider", name="End of").first
    edge.focus()
    edge.press("ArrowLeft")
    expect(page.locator("tbody tr").last.locator(".end")).not_to_have_text(first[-1][1])
    assert seconds(times(page)[-1][1]) == pytest.approx(seconds(first[-1][1]) - 0.04, abs=0.011)
    gain = page.get_by_role("slider", name="Level")
    gain.focus()
    before = gain.get_attribute("aria-valuetext")
    gain.press("ArrowRight")
    settled(page)
    expect(page.get_by_role("button", name="Undo: level")).to_be_enabled()
    assert gain.get_attribute("aria-valuetext") != before
    page.locator(".scroller").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".transport .time")).to_contain_text("0:00.04")
    page.keyboard.press("0")


def test_of_two_windows_the_later_one_is_told(film):
    one = film
    other = one.context.new_page()
    other.goto(one.url)
    opened(other)
    one.get_by_role("button", name="Pin", exact=True).click()
    settled(one)
    other.get_by_role("button", name="Take out").click()
    expect(other.get_by_role("alert")).to_contain_text("Beach.mp4 was changed elsewhere meanwhile")
    expect(other.get_by_role("button", name="Unpin")).to_be_visible()
    assert songs(other) == songs(one)


def test_a_change_whose_answer_is_lost_is_made_once(film, project):
    before = songs(film)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    film.route("**/edits", lose, times=1)
    film.locator("tbody .pick").first.click()
    film.get_by_role("button", name="Take out").first.click()
    expect(film.locator(".problem")).to_contain_text("can't be reached")
    expect(film.locator(".problem")).to_have_count(0)  # it is asked for again, and was made
    assert len(songs(film)) == len(before) - 1
    assert asked(project)["undo"]["kind"] == "remove"
    film.get_by_role("button", name=re.compile("^Undo")).click()
    assert songs(film) == before


def test_a_film_is_seen_before_it_plays_and_its_level_is_told_when_it_is_known(film, address):
    poster = film.locator("video").get_attribute("poster")
    with urllib.request.urlopen(poster) as answer:
        assert answer.headers["content-type"] == "image/jpeg"
    guessed = {"x-mastered": "estimated"}

    def guess(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | guessed)

    film.route("**/mix?*", guess)
    film.get_by_role("button", name="Play", exact=True).click()
    film.get_by_role("button", name="Pause", exact=True).click()
    told = film.get_by_text("The final level is still being measured")
    expect(told).to_be_visible()
    guessed.clear()
    expect(told).to_have_count(0)


def test_a_film_of_an_allowed_folder_is_read_where_it_is(context, address):
    page = context()
    page.goto(f"{address}#films")
    page.get_by_text("Choice of songs").click()
    page.get_by_label("About so many songs").fill("2")
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_label("Voice").select_option("No voice")
    page.get_by_role("button", name="films", exact=True).click()
    page.get_by_role("button", name="Summer").click()
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/projects")) as sent:
        page.get_by_role("button", name="Beach.mp4").click()
    options = {"songs": 2, "least_song": None, "filters": {"instrumental": True}}
    assert sent.value.post_data_json["options"] == options
    opened(page)
    expect(page.get_by_role("heading", name="Beach.mp4")).to_be_visible()


def test_a_film_is_sent_renamed_and_deleted(context, home, address):
    page = context()
    page.goto(f"{address}#films")
    page.set_input_files("input[type=file]", home / "Sent.mp4")
    opened(page)
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the film").fill("By the sea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By the sea")).to_be_visible()
    page.get_by_role("link", name="All films").click()
    page.get_by_role("button", name="Delete By the sea").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("By the sea is deleted")).to_be_visible()
    expect(page.get_by_role("link", name="By the sea")).to_have_count(0)


def rendered(page: Page, what: str, tmp_path: Path) -> Path:
    page.get_by_role("combobox", name="What", exact=True).select_option(label=what)
    before = page.locator(".jobs li").count()
    page.get_by_role("button", name="Render", exact=True).click()
    expect(page.locator(".jobs li")).to_have_count(before + 1)
    link = page.locator(".jobs li").first.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    return tmp_path / download.value.suggested_filename


def test_the_film_is_rendered_as_it_was_edited(film, tmp_path):
    drag(film, 20.0, 30.0, "Shift")
    film.get_by_role("button", name="Silence there").click()
    settled(film)
    with av.open(str(rendered(film, "the film with its music", tmp_path))) as result:
        assert result.streams.video[0].frames == SECONDS * 25
        sound = np.concatenate([frame.to_ndarray()[0] for frame in result.decode(audio=0)])
    assert np.abs(sound[21 * RATE : 29 * RATE]).max() < 0.001
    assert np.abs(sound[: 19 * RATE]).max() > 0.05


def asked_until_measured(project: str, revision: int) -> None:
    for _ in range(300):
        with urllib.request.urlopen(f"{project}/mix?revision={revision}&start=0&seconds=1") as answer:
            if answer.headers["X-Mastered"] == "exact":
                return
        time.sleep(0.2)
    raise AssertionError("not measured")


def test_what_is_heard_is_what_is_rendered_and_in_time_with_the_picture(film, context, project, tmp_path):
    page = context(bypass_csp=True)  # for what listens
    page.add_init_script(LISTEN)
    page.goto(film.url)
    opened(page)
    with av.open(str(rendered(page, "the music alone (WAV)", tmp_path))) as result:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in result.decode(audio=0)]
    whole = np.concatenate(frames).mean(axis=1)
    whole /= np.iinfo(frames[0].dtype).max if frames[0].dtype.kind == "i" else 1.0
    asked_until_measured(project, asked(project)["revision"])
    for share, end in ((0.0, "0:08."), (0.5, "0:31.")):
        box = page.locator(".scroller canvas").bounding_box()
        page.mouse.click(box["x"] + share * box["width"] + 1, box["y"] + 80)
        page.keyboard.press("k")
        expect(page.locator(".transport .time")).to_contain_text(end, timeout=60_000)
        page.keyboard.press("k")
        found = windows(listened(page), whole)
        assert len(found) >= 5
        assert abs(np.median([each.late for each in found])) < 0.04
        powers = [(np.square(each.heard).sum(), np.square(whole[each.place :][:RATE]).sum()) for each in found]
        assert np.abs(np.median(10 * np.log10([heard / same for heard, same in powers]))) < 1.0


def test_a_timeline_is_taken_along(film):
    with film.expect_download() as download:
        film.get_by_role("button", name="Download", exact=True).click()
    assert download.value.suggested_filename == "Beach.otio"
    assert "OTIO_SCHEMA" in Path(download.value.path()).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_keeps_nobody_out(context, film, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page.goto(f"{address}#films")
    page.wait_for_selector(".films")
    page.locator("details summary").click()
    require_accessible_also_wide(page, language)
    page.goto(film.url)
    opened(page)
    expect(page.locator(".details")).to_contain_text("the film here" if language == "en-US" else "이 부분의 영상")
    require_accessible_also_wide(page, language)
    box = page.locator(".scroller canvas").bounding_box()
    page.mouse.click(box["x"] + 30, box["y"] + 35)
    page.wait_for_selector("#scene-heading")
    require_accessible(page, language)
