"""A music server on the page: connected, sent a playlist, sent it again under another name."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import require_accessible_also_wide
from tests.e2e.test_page_playlists import keep, kept, open_playlist
from tests.support.music_servers import Supysonic, supysonic

pytestmark = pytest.mark.slow


def seen(real: Supysonic) -> list[tuple[str, str, list[str]]]:
    """The playlists that another client sees: ids, names and titles."""
    login = {"u": real.user, "p": real.password, "v": "1.12.0", "c": "other", "f": "json"}

    def ask(what: str, **params: str) -> dict:
        return httpx.get(f"{real.url}/rest/{what}", params=login | params, timeout=60).json()["subsonic-response"]

    lists = ask("getPlaylists")["playlists"].get("playlist", [])
    entries = [ask("getPlaylist", id=each["id"])["playlist"].get("entry", []) for each in lists]
    return [
        (each["id"], each["name"], [song["title"].removesuffix(".opus") for song in songs])  # which have no tags
        for each, songs in zip(lists, entries, strict=True)
    ]


def test_a_playlist_goes_to_a_server_and_is_updated_in_place(context, home, address, tmp_path: Path):
    page = context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    keep(page, home, address, "Coffee time")
    open_playlist(page, "Coffee time")
    with supysonic(home / "music", tmp_path / "supysonic") as real:
        page.get_by_role("button", name="Send to a server").click()
        page.get_by_role("link", name="Connect one").click()
        page.get_by_label("Address").fill(real.url)
        page.get_by_label("Name, in small letters").fill("home")
        page.get_by_label("User").fill(real.user)
        page.get_by_label("Password or key").fill("wrong-one")
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("Wrong username or password")).to_be_visible()
        require_accessible_also_wide(page, "en-US")
        page.get_by_label("Password or key").fill(real.password)
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("home is connected.")).to_be_visible()
        expect(page.get_by_role("button", name="Playlists of home")).to_be_visible()
        open_playlist(page, "Coffee time")
        songs = kept(page)
        page.get_by_role("button", name="Send to a server").click()
        expect(page.get_by_text("It will be made there as Coffee time.")).to_be_visible()
        expect(page.get_by_text("5 songs match")).to_be_visible()
        assert seen(real) == []
        require_accessible_also_wide(page, "en-US")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_text("Coffee time is at home now.")).to_be_visible()
        ((id_, name, there),) = seen(real)
        assert (name, there) == ("Coffee time", songs)
        page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("Name of the playlist").fill("Night")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Night", exact=True)).to_be_visible()
        page.get_by_role("button", name=f"Take {songs[0]} out").click()
        expect(page.get_by_text(f"{songs[0]} is taken out.")).to_be_visible()
        page.get_by_role("button", name="Send to a server").click()
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_text("Night is updated in place at home.")).to_be_visible()
        assert seen(real) == [(id_, "Night", songs[1:])]
        page.goto(f"{address}#library")
        page.get_by_role("button", name="Playlists of home").click()
        expect(page.get_by_text("here: Night")).to_be_visible()
        page.get_by_role("button", name="Take Night here").click()
        expect(page.get_by_text("Night is here, and the same.")).to_be_visible()
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        require_accessible_also_wide(page, "en-US")
        page.get_by_role("button", name="Forget home").click()
        expect(page.get_by_text("home is forgotten.")).to_be_visible()
