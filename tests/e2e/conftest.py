"""A browser, and the page of a person who has photos and songs."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.media import copy_photos, music_folder
from img2music.library.schema import tracks
from img2music.library.store import LibraryStore
from tests.e2e.browser import AXE, lacking, serve
from tests.e2e.command import ROOT, img2music

SONGS = (
    "calm/calm_acoustic_1",
    "happy/happy_electronic_1",
    "tender/tender_acoustic_2",
    "energetic/energetic_electronic_2",
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        lacking("needs chromium: apt install chromium")
    if not (ROOT / "src/img2music/server/static/index.html").is_file() or not AXE.is_file():
        lacking("needs the page: make page")
    expect.set_options(timeout=30_000)  # as long as Playwright waits elsewhere; machines may be busy
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # which Chromium refuses to be, sandboxed
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=root)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a user with a photo, and songs one of which is named to do harm."""
    home = tmp_path_factory.mktemp("scanned")
    copy_photos(home / "photos")
    (home / "music").mkdir()
    for song in SONGS:
        shutil.copy(music_folder() / f"{song}.opus", home / "music")
    shutil.copy(music_folder() / "calm/calm_electronic_s411.opus", home / "music/<img src=x onerror=alert(1)>.opus")
    img2music("scan", "music", "--jobs", "1", home=home).sound(0)
    return home


@pytest.fixture(scope="module")
def home(scanned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home like that, of which the library knows the songs where they are now."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(scanned, home, dirs_exist_ok=True)
    with LibraryStore.open(home / "data/img2music/library.db") as store:
        known = list(store.tracks())
        with store.writing() as transaction:
            for track in known:
                moved = sa.update(tracks).where(tracks.c.id == track.id)
                path = home / Path(track.path).relative_to(scanned)
                transaction._connection.execute(moved.values(path=str(path)))
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    yield from serve(home)


@pytest.fixture
def context(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page by theme and language; what goes wrong in it fails the test."""
    wrong: list[str] = []
    contexts = []

    def make(**options):
        new = chromium.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(new)
        page = new.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"a script ran: {dialog.message}"))
        page.on("console", lambda line: "Content Security Policy" in line.text and wrong.append(line.text))
        return page

    yield make
    for each in contexts:
        each.close()
    assert not wrong
