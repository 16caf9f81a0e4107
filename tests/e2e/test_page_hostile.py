"""The page in a real browser, on songs, pictures and folders that are named to do harm: no script runs in any view."""

import shutil
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from img2music import Library
from tests.e2e.browser import from_menu
from tests.e2e.command import ROOT
from tests.e2e.test_serve import served
from tests.support.songs import put, record
from tests.support.sounds import chords, encode

pytestmark = pytest.mark.slow

IMAGE = "<img src=x onerror=alert(1)>"
HOSTILE = (
    f"{IMAGE}<script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)//",
    "{{constructor.constructor('alert(1)')()}}",
    "</title></style></textarea><iframe srcdoc='<script>alert(1)</script>'>",
)
INJECTED = "img[src='x'], svg[onload], iframe, script:not([src]), a[href^='javascript:'], [onerror], [onload]"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    (home / "tmp").mkdir()
    folder = home / IMAGE
    folder.mkdir()
    tune = encode(home / "tune.flac", chords([(60, 64, 67), (57, 60, 64)], 4.0), "flac", 16_000)
    songs = []
    for index, text in enumerate(HOSTILE):
        file = shutil.copy(tune, folder / f"{index} {IMAGE}.flac")
        named = dict.fromkeys(("title", "artist", "album", "genre", "album_artist", "label"), text)
        songs.append(record(str(file), 0.2 + index / 10, 0.5, duration=8.0, **named))
    with Library.open(home / "library.db") as library:
        put(library._store, songs)
        library.feedback.like(library[1])
        library.feedback.never(library[2], person=IMAGE)
    with served(home, "--library", str(home / "library.db"), end=signal.SIGTERM, TMPDIR=str(home / "tmp")) as found:
        yield found


def require_harmless(page: Page) -> None:
    page.wait_for_timeout(300)  # for what is fetched, drawn, or refused by the policy, which the fixture sees
    assert page.locator(INJECTED).count() == 0


def test_no_script_runs_in_any_view(context, address, tmp_path):
    shutil.copy(ROOT / "docs/affect-plane.png", tmp_path / f"{IMAGE}.png")
    (tmp_path / f"broken {IMAGE}.png").write_bytes(b"none")
    page = context()
    page.goto(address)
    page.set_input_files("input[type=file]", [*tmp_path.glob("*.png")])
    expect(page.locator(".song-row")).to_have_count(len(HOSTILE))
    expect(page.locator(".failed")).to_contain_text(f"broken {IMAGE}")
    assert set(HOSTILE) == set(page.locator(".song-row .title").all_inner_texts())
    require_harmless(page)
    page.locator(".song-row .play").first.click()
    from_menu(page.locator(".song-row").last, "Never again")
    page.wait_for_selector(".told")
    require_harmless(page)
    page.locator("button.tool").first.click()
    expect(page.locator(".said li")).to_have_count(2)
    require_harmless(page)
    page.keyboard.press("Escape")
    views = page.locator("header nav a")
    for index in range(views.count()):
        views.nth(index).click()
        page.wait_for_load_state("networkidle")
        require_harmless(page)
    page.goto(f"{address}?login={IMAGE}#{IMAGE}")
    page.wait_for_selector(".song-row")
    require_harmless(page)
