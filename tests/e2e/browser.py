"""The page of a server of its own, and what tests do on it."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.command import ROOT, environment, words

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def lacking(what: str) -> None:
    (pytest.fail if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1" else pytest.skip)(what)


def serve(home: Path, *options: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = words("serve", "--port", str(port), "--no-open", *options)
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=home, env=environment(home), stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}api/health").close()
                break
            except OSError:
                assert server.poll() is None, (home / "log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def drop_photo(page: Page, home: Path, address: str) -> None:
    page.goto(address)
    page.set_input_files("input[type=file]", home / "photos/coffee.png")
    page.wait_for_selector(".song-row")


def titles(page: Page) -> list[str]:
    return page.locator(".song-row .title").all_inner_texts()


def from_menu(row: Locator, name: str) -> None:
    expect(row.page.locator('[aria-busy="true"]')).to_have_count(0)  # a row that becomes another song's closes its menu
    row.locator("[popovertarget]").click()
    row.get_by_role("button", name=name).click()


def require_accessible(page: Page, language: str, width: int = 360) -> None:
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    page.wait_for_timeout(300)  # colours that fade are not measured half-way
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags})", RULES)
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.documentElement.lang") == language[:2]


def require_accessible_also_wide(page: Page, language: str) -> None:
    """Judge the page as it is, and on wider screens."""
    small = page.viewport_size
    require_accessible(page, language)
    for width in (900, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        require_accessible(page, language, width)
    page.set_viewport_size(small)
