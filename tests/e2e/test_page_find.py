"""The view Find in a real browser: what may be dropped, the list, and what a bad connection must not lose."""

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from img2music import Library
from tests.e2e.browser import drop_photo, from_menu, require_accessible, titles
from tests.e2e.test_serve import served
from tests.support.songs import put, record
from tests.support.sounds import chords, encode

pytestmark = pytest.mark.slow

LONG = "A title as long as those of symphonies and of their movements are, with all that belongs to it, " * 2
NAMES = (LONG, None, "أنت عمري", "שיר לשלום", "봄날", "Blue in Green")
GENRES = ("Jazz", "K-Pop", "Rock")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user with photos, and with songs of many kinds that have no sound."""
    home = tmp_path_factory.mktemp("home")
    for folder in ("tmp", "photos/trip/.hidden", "photos/trip/music"):
        (home / folder).mkdir(parents=True)
    colours = {"coffee.png": "brown", "trip/2.jpg": "red", "trip/10.jpg": "navy", "trip/.hidden/no.jpg": "white"}
    for name, colour in {**colours, "trip/music/cover.jpg": "gold"}.items():
        Image.new("RGB", (64, 48), colour).save(home / "photos" / name)
    for song, notes in (("trip/music/song.flac", [(60, 64, 67)]), ("known.flac", [(57, 60, 64)])):
        encode(home / "photos" / song, chords(notes, 6.0), "flac", 16_000)
    songs = [
        record(
            f"/music/{'live' if n % 2 else 'studio'}/{n}.flac",
            (n % 7) / 7,
            (n % 5) / 5,
            title=(NAMES[n] if n < len(NAMES) else f"Song {n}"),
            artist=f"Artist {n // 6}",
            album=f"Album {n // 3}",
            genre=GENRES[n % 3],
            year=1960 + n,
            tempo=60.0 + 3 * n,
        )
        for n in range(36)
    ]
    with Library.open(home / "library.db") as library:
        put(library._store, songs)
        library.scan(home / "photos", jobs=1)
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    library, temporary = str(home / "library.db"), str(home / "tmp")
    with served(home, "--library", library, end=signal.SIGTERM, TMPDIR=temporary) as found:
        yield found


FORGET = """
    (name) => {
      const given = [...document.querySelectorAll('.given .photo')].filter(({title}) => !name || title === name);
      const forget = {method: 'DELETE', headers: {'X-Img2music': '1'}};
      return Promise.all(given.map((each) => fetch(each.firstElementChild.src.replace('/thumbnail', ''), forget)));
    }
"""
"""Has the server forget the photos that were given, or one of them."""

Open = Callable[..., Page]


class Held:
    """Requests that wait until they are released."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        self._waits = True
        page.route(pattern, lambda route: self.routes.append(route) if self._waits else route.continue_())

    def release(self) -> None:
        self._waits = False
        for route in self.routes:
            route.continue_()


@pytest.mark.parametrize("way", ["chosen", "dropped"])
def test_a_folder_gives_its_photos_one_by_one_and_together(context: Open, home: Path, address: str, way: str) -> None:
    page = context()
    page.goto(address)
    if way == "chosen":
        page.set_input_files("[webkitdirectory]", home / "photos/trip")
    else:
        page.wait_for_selector(".drop")
        data = {"items": [], "files": [str(home / "photos/trip")], "dragOperationsMask": 1}
        session = page.context.new_cdp_session(page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    expect(page.locator(".given .photo")).to_have_count(2)
    expect(page.get_by_text("2 songs and covers of this folder are left out.")).to_be_visible()
    expect(page.locator(".song-row")).to_have_count(10)
    names = [each.get_attribute("title") for each in page.locator(".given .photo").all()]
    assert names == ["2.jpg", "10.jpg"]
    page.get_by_role("button", name="One playlist for all 2").click()
    expect(page.get_by_role("heading", name="One playlist for 2 photos")).to_be_visible()
    expect(page.get_by_alt_text("For 10.jpg:").first).to_be_visible()
    shown = [each.get_attribute("alt") for each in page.locator(".reason img").all()]
    assert shown == ["For 2.jpg:"] * 5 + ["For 10.jpg:"] * 5
    page.get_by_role("button", name="Take 2.jpg away").click()
    expect(page.get_by_alt_text("For 2.jpg:")).to_have_count(0)


def test_many_are_sent_a_few_at_once_and_what_fails_is_gathered(context: Open, tmp_path: Path, address: str) -> None:
    for number in range(8):
        (tmp_path / f"{number}.jpg").write_bytes(b"none")
    page = context()
    held = Held(page, "**/api/pictures")
    page.goto(address)
    page.set_input_files("input[type=file]", sorted(tmp_path.glob("*.jpg")))
    expect(page.get_by_text("0 of 8 read")).to_be_visible()
    page.wait_for_timeout(300)
    assert len(held.routes) == 3
    held.release()
    expect(page.locator(".failed summary")).to_have_text("8 files could not be used")
    page.locator(".failed summary").click()
    expect(page.locator(".failed li").first).to_contain_text("0.jpg: ")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_sending_is_stopped_and_one_photo_taken_away_meanwhile(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    held = Held(page, "**/api/pictures")
    page.set_input_files("input[type=file]", [home / "photos/trip" / name for name in ("2.jpg", "10.jpg")])
    page.get_by_role("button", name="Take 2.jpg away").click()
    expect(page.get_by_role("button", name="Take 2.jpg away")).to_have_count(0)
    expect(page.get_by_text("1 of 2 read")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".sending")).to_have_count(0)
    assert len(held.routes) == 2
    expect(page.locator(".given .photo")).to_have_count(1)


def test_a_song_is_what_others_are_like(context: Open, home: Path, tmp_path: Path, address: str) -> None:
    page = context()
    page.goto(address)
    page.wait_for_selector(".drop")
    page.set_input_files("[accept^=audio]", home / "photos/known.flac")
    expect(page.get_by_role("heading", name="Songs that feel like known")).to_be_visible()
    expect(page.locator(".song-row")).to_have_count(10)
    assert "known" not in titles(page)
    other = encode(tmp_path / "elsewhere.flac", chords([(50, 53, 57)], 6.0), "flac", 16_000)
    page.set_input_files("[accept^=audio]", other)
    expect(page.get_by_role("heading", name="Songs that feel like elsewhere")).to_be_visible()
    expect(page.locator(".song-row")).to_have_count(10)
    page.get_by_role("button", name="Take elsewhere away").click()
    expect(page.locator(".song-row")).to_have_count(0)


def test_a_word_is_understood_or_others_are_offered(context: Open, address: str) -> None:
    page = context()
    page.goto(address)
    word = page.get_by_label("Or say it in a word")
    word.fill("nostlgic")
    word.press("Enter")
    expect(page.get_by_text("“nostlgic” is no feeling known here.")).to_be_visible()
    page.get_by_role("button", name="nostalgic").click()
    expect(page.get_by_role("heading", name="Songs that feel nostalgic")).to_be_visible()
    expect(page.locator(".song-row")).to_have_count(10)
    korean = context(locale="ko-KR")
    korean.goto(address)
    word = korean.get_by_label("또는 낱말로 말해 보세요")
    word.fill("서늘한")
    word.press("Enter")
    expect(korean.get_by_role("heading", name="서늘한 노래")).to_be_visible()
    expect(korean.locator(".reason").first).to_contain_text("노래 · ")


def test_filters_are_set_shown_kept_and_taken_away(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    artists = page.locator(".song-row .artist")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Genre", exact=True).select_option("Jazz")
    expect(page.get_by_role("listitem").filter(has_text="Jazz")).to_be_visible()
    page.get_by_role("group", name="Year").get_by_label("from").fill("1980")
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Songs per album").select_option("1")
    expect(page.locator(".song-row")).to_have_count(5)
    albums = [text.split(" · ")[1] for text in artists.all_inner_texts()]
    assert len(set(albums)) == 5
    assert min(int(each.split()[1]) for each in albums) >= 6
    page.reload()
    drop_photo(page, home, address)
    expect(page.locator(".song-row")).to_have_count(5)
    page.get_by_role("button", name="Remove the filter Jazz").click()
    expect(page.locator(".song-row")).to_have_count(6)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("group", name="Tempo in BPM").get_by_label("to").fill("61")
    page.keyboard.press("Tab")
    expect(page.locator(".list").get_by_text("No song passes these filters.")).to_be_visible()
    page.locator(".loosen").click()
    expect(page.locator(".song-row")).to_have_count(10)
    from_menu(page.locator(".song-row").first, "Nothing from the folder")
    expect(page.locator(".filters li")).to_contain_text("not folder ")
    page.get_by_role("button", name="Remove the filter not folder").click()
    expect(page.locator(".filters li")).to_have_count(0)


def test_a_song_makes_room_for_others_in_order(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    first = titles(page)
    swapped, alike = first, []
    for _ in range(3):
        page.locator(".song-row").nth(3).get_by_role("button", name="Another song in place of").click()
        expect(page.locator(".song-row .title").nth(3)).not_to_have_text(swapped[3])
        expect(page.locator(".told")).to_contain_text("the most alike of the others")
        swapped = titles(page)
        assert swapped[3] not in first
        assert [*swapped[:3], *swapped[4:]] == [*first[:3], *first[4:]]
        alike.append(int(re.search(r"\d+", page.locator(".alike").nth(3).inner_text())[0]))
    assert alike == sorted(alike, reverse=True)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".song-row .title")).not_to_have_text(swapped)
    page.get_by_role("button", name="Put back the 2 songs that you took off").click()
    expect(page.locator(".song-row .title")).to_have_text(first)


def test_photos_list_and_locks_are_there_after_a_reload(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    rows = page.locator(".song-row")
    rows.nth(4).get_by_role("button", name="Keep ").click()
    rows.nth(2).get_by_role("button", name="Another song in place of").click()
    expect(page.locator(".told")).to_be_visible()
    from_menu(rows.first, "Take off this list")
    page.get_by_role("button", name="More songs").click()
    expect(rows).to_have_count(20)
    coffee = titles(page)

    # They belong to the photo, and come back with it.
    page.set_input_files("input[type=file]", home / "photos/trip/2.jpg")
    expect(page.get_by_role("heading", name="Songs that feel like 2")).to_be_visible()
    expect(page.locator(".song-row.locked")).to_have_count(0)
    page.get_by_role("button", name="Songs for coffee.png").click()
    expect(page.locator(".song-row .title")).to_have_text(coffee)
    expect(page.locator(".song-row.locked .title")).to_have_text(coffee[4])
    page.get_by_role("button", name="livelier").click()
    expect(page.get_by_role("button", name="Remember that")).to_be_visible()
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    point, moved = page.locator(".point").get_attribute("aria-label"), titles(page)
    page.reload()
    expect(page.locator(".given .photo")).to_have_count(2)
    expect(page.get_by_role("button", name="Remember that")).to_be_visible()
    expect(page.locator(".song-row .title")).to_have_text(moved)
    assert page.locator(".point").get_attribute("aria-label") == point
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator(".song-row .title")).to_have_text(coffee)

    # What the server has forgotten meanwhile is left out; what is given then comes last.
    page.evaluate(FORGET, "coffee.png")
    page.reload()
    expect(page.get_by_role("heading", name="Songs that feel like 2")).to_be_visible()
    expect(page.locator(".given .photo")).to_have_count(1)
    assert page.locator(".problem").count() == 0
    page.set_input_files("input[type=file]", home / "photos/coffee.png")
    expect(page.get_by_role("heading", name="Songs that feel like coffee")).to_be_visible()
    expect(page.locator(".given .photo").nth(1)).to_have_attribute("title", "coffee.png")
    page.get_by_role("button", name="gloomy").click()
    expect(page.get_by_role("heading", name="Songs that feel gloomy")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Songs that feel gloomy")).to_be_visible()
    page.evaluate(FORGET, "2.jpg")
    page.get_by_role("button", name="Songs for 2.jpg").click()
    expect(page.locator(".problem")).to_contain_text("The server no longer has this file: give it again.")


def test_what_does_not_fit_a_photo_leaves_its_list(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    first = titles(page)
    from_menu(page.locator(".song-row").nth(1), "Does not fit this photo")
    expect(page.locator(".song-row .title").nth(1)).to_have_text(first[2])
    page.get_by_role("button", name="What you said 1").click()
    expect(page.locator(".said li")).to_contain_text("does not fit coffee.png")
    page.locator(".said button").click()
    page.keyboard.press("Escape")
    expect(page.locator(".song-row .title")).to_have_text(first)


def test_what_is_said_without_a_connection_is_told_and_kept_once_there_is_one(
    context: Open, home: Path, address: str
) -> None:
    page = context()
    drop_photo(page, home, address)
    page.context.set_offline(True)
    for row, told in ((0, "Not kept yet: "), (1, "2 things you said are not kept yet: ")):
        page.locator(".song-row").nth(row).locator(".act").first.click()
        expect(page.locator(".problem")).to_contain_text(told)
    page.get_by_role("button", name="gloomy").click()
    expect(page.locator(".list")).to_contain_text("The songs come as soon as")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Songs that feel gloomy")).to_be_visible()
    expect(page.get_by_role("button", name="What you said 2")).to_be_visible()
    expect(page.locator(".problem")).to_have_count(0)

    # What is said in one tab shows in another.
    other = page.context.new_page()
    other.goto(address)
    expect(other.get_by_role("button", name="What you said 2")).to_be_visible()
    page.get_by_role("button", name="What you said 2").click()
    for left in (1, 0):
        page.locator(".said button").first.click()
        expect(page.locator(".said li")).to_have_count(left)
    expect(other.get_by_role("button", name="What you said", exact=True)).to_be_visible()


def test_that_a_server_is_away_is_told_until_it_answers(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("button", name="gloomy").click()
    expect(page.locator(".problem")).to_contain_text("The server can't be reached.")
    page.unroute("**/api/**")  # of which no event tells
    expect(page.locator(".problem")).to_have_count(0)
    expect(page.get_by_role("heading", name="Songs that feel gloomy")).to_be_visible()
    expect(page.locator(".song-row")).not_to_have_count(0)


def test_a_list_that_does_not_follow_says_so(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    before = titles(page)
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_role("combobox", name="Genre", exact=True)).to_be_enabled()
    page.context.set_offline(True)
    page.get_by_role("combobox", name="Genre", exact=True).select_option("Jazz")
    stale = page.locator(".stale")
    expect(stale).to_contain_text("This list is from before your last change")
    assert titles(page) == before
    page.route("**/api/recommend", lambda route: route.abort(), times=1)  # what goes on at once meets this
    page.route("**/api/health", lambda route: route.abort())  # and nothing goes on by itself after that
    page.context.set_offline(False)
    expect(stale).to_be_visible()
    stale.get_by_role("button", name="Try again").click()
    expect(stale).to_have_count(0)
    assert titles(page) != before
    expect(page.locator(".problem")).to_have_count(0)


def test_photos_that_the_server_has_forgotten_are_sent_again(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    page.set_input_files("input[type=file]", home / "photos/trip/2.jpg")
    expect(page.locator(".given .photo")).to_have_count(2)
    expect(page.get_by_role("heading", name="Songs that feel like 2")).to_be_visible()
    page.evaluate(FORGET)
    page.get_by_role("button", name="Songs for coffee.png").click()
    expect(page.get_by_role("heading", name="Songs that feel like coffee")).to_be_visible()
    expect(page.locator(".song-row")).to_have_count(10)
    page.evaluate(FORGET)
    page.get_by_role("button", name="One playlist for all 2").click()
    expect(page.get_by_alt_text("For coffee.png:").first).to_be_visible()
    page.evaluate(FORGET)
    page.get_by_role("button", name="Songs for 2.jpg").click()
    expect(page.get_by_role("heading", name="Songs that feel like 2")).to_be_visible()
    expect(page.locator('.list[aria-busy="false"]')).to_be_visible()
    page.evaluate(FORGET)
    from_menu(page.locator(".song-row").first, "Fits this photo")
    expect(page.locator(".told")).to_contain_text("comes sooner for this photo")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("button", name="What you said", exact=True)).to_be_visible()
    assert page.locator(".problem").count() == 0


def test_a_slow_answer_is_waited_for_and_the_last_wish_counts(context: Open, home: Path, address: str) -> None:
    page = context()
    drop_photo(page, home, address)
    held = Held(page, "**/api/recommend")
    page.get_by_role("button", name="gloomy").click()
    expect(page.locator('.list[aria-busy="true"]')).to_be_visible()
    page.get_by_role("button", name="serene").click()
    page.wait_for_timeout(200)
    held.release()
    expect(page.locator('.list[aria-busy="false"]')).to_be_visible()
    expect(page.get_by_role("heading", name="Songs that feel serene")).to_be_visible()


@pytest.mark.parametrize(
    "look", [(360, "light", "ko"), (360, "dark", "en"), (900, "light", "en"), (1600, "dark", "ko")]
)
def test_no_view_keeps_anybody_out(context: Open, home: Path, address: str, look: tuple[int, str, str]) -> None:
    width, theme, language = look
    page = context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    answers = {"health": {"status": "ok", "version": "0", "tracks": 0}}
    page.route("**/api/health", lambda route: route.fulfill(json=answers["health"]))
    page.goto(address)
    page.wait_for_selector(".empty")
    require_accessible(page, language, width)
    page.unroute("**/api/health")
    page.route("**/api/health", lambda route: route.fulfill(status=401, json={"detail": ""}))
    logins = {"admitted": False, "password": True, "oidc": True}
    page.route("**/api/session", lambda route: route.fulfill(json=logins))
    page.reload()
    page.wait_for_selector(".login")
    require_accessible(page, language, width)
    page.unroute("**/api/health")
    page.route("**/api/health", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".problem")
    require_accessible(page, language, width)
    page.unroute("**/api/health")
    page.locator(".problem .button").click()
    page.wait_for_selector(".drop")
    shutil.copy(home / "library.db", broken := home / "broken.jpg")
    page.set_input_files("input[type=file]", [broken, broken, *sorted((home / "photos").rglob("[!c]*.jpg"))])
    page.wait_for_selector(".failed summary")
    page.locator(".failed summary").click()
    page.locator(".together").click()
    page.wait_for_selector(".reason img")
    if width == 360:
        page.locator(".others").click()
    page.locator(".ask input[list]").fill("xyz")
    page.keyboard.press("Enter")
    page.locator(".filters .open").click()
    page.locator(".panel select").first.select_option("Jazz")
    page.wait_for_selector(".filters li")
    require_accessible(page, language, width)
    page.locator("[popovertarget]").first.click()
    require_accessible(page, language, width)
