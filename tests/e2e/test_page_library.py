"""The library on the page: from an empty one to songs, jobs that are watched over a reload, cancelled and resumed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from demo.media import music_folder
from tests.e2e.browser import require_accessible, require_accessible_also_wide, serve
from tests.e2e.command import img2music
from tests.support.sounds import chords, encode

pytestmark = pytest.mark.slow

ELSEWHERE = """async title => {
    const body = new FormData();
    body.set("file", new File([`title,artist,valence,energy\\n${title},Ann,0.79,0.21\\n`], "later.csv"));
    await fetch("api/jobs/import", {method: "POST", body, headers: {"X-Img2music": "1"}});
}"""
"""An import that is begun beside the page."""
BAD = re.compile(r"bad\.mp3\s*It is damaged, or no sound file\.")
FAILURES, COPIES = "Files that could not be read", "Several files of one recording"


def some_music(home: Path) -> Path:
    """A song, a copy of it, and a file that is none."""
    music = home / "music"
    music.mkdir()
    shutil.copy(music_folder() / "calm/calm_acoustic_1.opus", music / "calm.opus")
    shutil.copy(music / "calm.opus", music / "copy.opus")
    (music / "bad.mp3").write_bytes(b"no music")
    return music


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of who has listened to that."""
    home = tmp_path_factory.mktemp("home")
    music = some_music(home)
    img2music("scan", music, "--jobs", "1", home=home).sound(0, 1)
    yield from serve(home, "--music", str(music))


@pytest.fixture
def new_address(tmp_path: Path) -> Iterator[str]:
    """The server of who has more music, and an empty library."""
    music = some_music(tmp_path)
    for i in range(40):
        encode(music / f"{i}.flac", chords([(50 + i, 54 + i, 57 + i)], 20.0), "flac", 16_000)
    yield from serve(tmp_path, "--music", str(music))


def test_a_newcomer_gets_to_songs_and_a_job_goes_on_over_reload_and_cancelling(context, new_address):
    page = context()
    page.goto(new_address)
    page.get_by_role("link", name="Go and scan it").click()
    require_accessible(page, "en-US", width=1280)
    page.get_by_role("button", name="Scan my music").click()
    expect(page.get_by_role("listitem", name="Scan: running")).to_be_visible(timeout=30_000)
    page.reload()
    other = page.context.new_page()
    other.goto(new_address)  # which says what is going on, and lets people in with the first songs
    expect(other.get_by_role("heading", name="Your songs are being analysed")).to_be_visible()
    expect(other.get_by_text(re.compile(r"^\d+ of 43$"))).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("listitem", name="Scan: cancelled")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Go on").click()
    other.get_by_role("button", name="peaceful").click(timeout=60_000)
    expect(other.locator(".song-row").first).to_be_visible()
    other.get_by_role("link", name="Library", exact=True).first.click()
    expect(page.get_by_role("listitem", name="Scan: done")).to_be_visible(timeout=120_000)
    expect(other.get_by_role("listitem", name="Scan: done")).to_be_visible()
    expect(page.get_by_role("region", name=FAILURES)).to_contain_text(BAD)
    expect(page.get_by_role("region", name=COPIES)).to_contain_text("copy.opus")
    page.get_by_role("button", name="Log").first.click()
    # It was looked into now, or before the scan was cancelled.
    expect(page.locator(".log")).to_contain_text(re.compile(r"bad\.mp3|1 failed before"))
    page.get_by_role("link", name="Find songs").click()
    page.get_by_role("button", name="peaceful").click()
    expect(page.locator(".song-row").first).to_be_visible()


def test_the_library_goes_out_and_moods_are_tried(context, address):
    page = context()
    page.goto(f"{address}#library")
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename.endswith(".jsonl")
    page.get_by_role("button", name="Try writing them").click()
    tried = page.get_by_role("listitem", name="Try moods in files: done")
    expect(tried.locator(".log")).to_contain_text("calm.opus", timeout=30_000)
    assert page.get_by_role("listitem", name="Write moods into files").count() == 0
    expect(tried).not_to_contain_text("changed")
    page.reload()  # what was tried is told as that
    tried.get_by_role("button", name="Write them").click()
    expect(page.get_by_role("listitem", name="Write moods into files: done")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Try taking them out").click()
    tried = tried.filter(has=page.get_by_role("button", name="Take them out"))
    tried.get_by_role("button", name="Take them out").click(timeout=30_000)
    expect(page.get_by_role("listitem", name="Write moods into files: done")).to_have_count(2, timeout=60_000)
    page.set_input_files(
        "input[type=file]", {"name": "songs.csv", "mimeType": "text/csv", "buffer": b"no,table\n1,2\n"}
    )
    expect(page.get_by_role("listitem", name="Import: failed")).to_be_visible(timeout=30_000)
    page.get_by_role("listitem", name="Import: failed").get_by_role("button", name="Remove from this list").click()
    expect(page.get_by_role("listitem", name="Import: failed")).to_have_count(0)


def test_a_list_is_new_when_a_job_ends_that_was_begun_elsewhere(context, address):
    page = context()
    page.goto(address)
    page.get_by_role("button", name="peaceful").click()
    expect(page.locator(".song-row").first).to_be_visible()
    assert page.locator(".song-row .title", has_text="Found later").count() == 0
    page.get_by_role("link", name="Library", exact=True).click()
    page.wait_for_selector(".facts dd")
    page.get_by_role("link", name="Find", exact=True).click()
    page.evaluate(ELSEWHERE, "Found later")
    expect(page.locator(".song-row .title", has_text="Found later")).to_be_visible(timeout=30_000)


def test_a_refused_stream_is_opened_again(context, address):
    page = context()
    refused = []

    def refuse(route):
        refused.append(route)
        route.fulfill(status=502, body="")

    page.route("**/api/jobs/events", refuse, times=1)
    page.goto(f"{address}#library")
    page.wait_for_selector(".facts dd")
    page.wait_for_timeout(500)
    assert len(refused) == 1
    imports = page.get_by_role("listitem", name="Import: done")
    before = imports.count()
    page.evaluate(ELSEWHERE, "Found at last")
    expect(imports).to_have_count(before + 1, timeout=30_000)


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_library_keeps_nobody_out(context, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page.goto(f"{address}#library")
    page.wait_for_selector(".facts dd")
    page.get_by_role("button", name=re.compile("Try writing|쓰기 시험")).click()
    page.wait_for_selector(".jobs .done .log", timeout=30_000)
    require_accessible_also_wide(page, language)


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nor_does_an_empty_one_nor_one_that_fails(context, tmp_path, theme, language):
    for empty in serve(tmp_path):
        page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740})
        page.goto(f"{empty}#library")
        expect(page.locator("pre")).to_contain_text("img2music serve --music")
        require_accessible(page, language)
        bad = {"name": "songs.csv", "mimeType": "text/csv", "buffer": b"no,table\n1,2\n"}
        page.set_input_files("input[type=file]", bad)
        page.wait_for_selector(".jobs .failed", timeout=30_000)
        told = "The file could not be imported." if language == "en-US" else "파일을 가져오지 못했습니다."
        expect(page.locator(".jobs .failed .wrong")).to_have_text(told)
        require_accessible(page, language)
