"""The library on the page: from an empty one to songs, jobs that are watched over a reload, cancelled and resumed."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from demo.media import music_folder
from tests.e2e.browser import require_accessible, serve
from tests.support.sounds import chords, encode

pytestmark = pytest.mark.slow

FAILURES, COPIES = "Files that could not be read", "Several files of one recording"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    music = home / "music"
    music.mkdir()
    shutil.copy(music_folder() / "calm/calm_acoustic_1.opus", music / "calm.opus")
    shutil.copy(music / "calm.opus", music / "copy.opus")
    (music / "bad.mp3").write_bytes(b"no music")
    for i in range(12):
        encode(music / f"{i}.flac", chords([(50 + i, 54 + i, 57 + i)], 20.0), "flac", 16_000)
    yield from serve(home, "--music", str(music))


def test_a_newcomer_gets_to_songs_and_a_job_goes_on_over_reload_and_cancelling(context, address):
    page = context()
    page.goto(address)
    page.get_by_role("link", name="Listen to my music").click()
    require_accessible(page, "en-US", width=1280)
    page.get_by_role("button", name="Listen to my music").click()
    expect(page.get_by_role("listitem", name="Listen: running")).to_be_visible(timeout=30_000)
    page.reload()
    other = page.context.new_page()
    other.goto(f"{address}#library")
    expect(page.get_by_role("listitem", name="Listen: running")).to_be_visible()
    other.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("listitem", name="Listen: cancelled")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("listitem", name="Listen: done")).to_be_visible(timeout=120_000)
    expect(other.get_by_role("listitem", name="Listen: done")).to_be_visible()
    expect(page.get_by_role("region", name=FAILURES)).to_contain_text("bad.mp3")
    expect(page.get_by_role("region", name=COPIES)).to_contain_text("copy.opus")
    page.get_by_role("button", name="Log").first.click()
    expect(page.locator(".log")).to_contain_text("bad.mp3")
    page.get_by_role("link", name="Find").click()
    page.get_by_role("button", name="peaceful").click()
    expect(page.locator(".song-row").first).to_be_visible()


def test_the_library_goes_out_and_moods_are_tried(context, address):
    page = context()
    page.goto(f"{address}#library")
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename.endswith(".jsonl")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("listitem", name="Write moods into files: done")).to_be_visible(timeout=30_000)
    page.set_input_files(
        "input[type=file]", {"name": "songs.csv", "mimeType": "text/csv", "buffer": b"no,table\n1,2\n"}
    )
    expect(page.get_by_role("listitem", name="Import: failed")).to_be_visible(timeout=30_000)
    page.get_by_role("listitem", name="Import: failed").get_by_role("button", name="Forget").click()
    expect(page.get_by_role("listitem", name="Import: failed")).to_have_count(0)


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_library_keeps_nobody_out(context, address, theme, language):
    page = context(locale=language, color_scheme=theme, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page.goto(f"{address}#library")
    page.wait_for_selector(".facts dd")
    require_accessible(page, language)
