"""A music server on the page: connected, sent a playlist, sent it again under another name."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from img2music.library.mapping import Candidate, Evidence, Mapped, Verdict
from img2music.library.store import LibraryStore
from img2music.remarks import remark
from tests.e2e.browser import require_accessible, require_accessible_also_wide
from tests.e2e.test_page_playlists import keep, kept, open_playlist
from tests.support.music_servers import Supysonic, supysonic
from tests.support.photo_services import KEY, ImmichServer, Picture
from tests.support.servers import Answer

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


def get(address: str) -> dict:
    return httpx.get(address, timeout=60).json()


def post(address: str, body: dict) -> dict:
    return httpx.post(address, json=body, headers={"X-Img2music": "1"}, timeout=60).raise_for_status().json()


def keep_by_api(address: str, name: str) -> None:
    tracks = get(f"{address}api/tracks")["tracks"]
    post(f"{address}api/playlists", {"name": name, "tracks": [{"id": each["id"]} for each in tracks]})


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
        page.get_by_label("Password", exact=True).fill("wrong-one")
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("Wrong username or password")).to_be_visible()
        require_accessible_also_wide(page, "en-US")
        page.get_by_label("Password", exact=True).fill(real.password)
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("home is connected.")).to_be_visible()
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
        page.get_by_text("What differs, song by song").click()
        expect(page.locator("dialog li", has_text="only there")).to_contain_text(songs[0])
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
        page.get_by_role("button", name="Forget", exact=True).click()
        expect(page.get_by_text("home is forgotten.")).to_be_visible()


def test_songs_that_do_not_match_are_told_why_in_korean_and_settled_by_hand(context, home, address, tmp_path: Path):
    page = context(locale="ko-KR")
    keep_by_api(address, "Evening")
    with LibraryStore.open(home / "data/img2music/library.db") as store, supysonic(home / "music", tmp_path) as real:
        post(f"{address}api/connections", {"name": "home", "url": real.url, "user": real.user, "secret": real.password})
        assert get(f"{address}api/connections/home/songs")["mapped"] == 5
        (song, track), *_ = store.servers.tracks_of("home", [each.id for each in store.servers.songs("home")]).items()
        doubt = Evidence(Verdict.MAYBE, 1.0, "", (remark("lengths-differ", "2.1"),))
        store.servers.put_matched("home", [Mapped(song, (), (Candidate(track, doubt),), doubt.why)])
        page.goto(f"{address}#playlists")
        page.get_by_role("link", name="Evening").click()
        page.get_by_role("button", name="서버로 보내기").click()
        expect(page.get_by_text("길이가 2.1초 다릅니다")).to_be_visible()
        expect(page.get_by_text("4곡이 맞습니다")).to_be_visible()
        require_accessible(page, "ko-KR", 1280)
        page.get_by_role("button", name="이 노래").click()
        expect(page.get_by_text("5곡이 맞습니다")).to_be_visible()
        page.goto(f"{address}#library")
        page.get_by_role("button", name="home의 노래").click()
        page.get_by_role("button", name="고른 것 되돌리기").click()
        expect(page.get_by_role("button", name="고른 것 되돌리기")).to_have_count(0)
        expect(page.get_by_text("5곡 가운데 5곡은 라이브러리에 있고")).to_be_visible()
        require_accessible(page, "ko-KR", 1280)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="home의 좋아요").click()
        page.get_by_role("button", name="home 서버의 좋아요를 여기에").click()
        expect(page.get_by_text("0곡이 새로 좋아요가 되고")).to_be_visible()
        require_accessible(page, "ko-KR", 1280)
    page.reload()  # the server is gone
    expect(page.get_by_text("home: 연결할 수 없습니다. 주소를 확인하거나 나중에 다시 해 보세요.")).to_be_visible()


def test_photos_of_a_service_are_asked_with_and_become_an_album(context, address):
    page = context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    pictures = [Picture(f"IMG_{n}.jpg", (220 - 50 * n, 120, 60 + 60 * n), size=(640, 480)) for n in range(3)]
    with ImmichServer({"Summer": pictures}) as immich:
        page.goto(f"{address}#library/servers")
        page.get_by_label("Address").fill(immich.url)
        page.get_by_label("Name, in small letters").fill("photos")
        page.get_by_label("API key").fill(KEY)  # which is asked for, and no user
        expect(page.get_by_label("User")).to_have_count(0)
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("photos is connected.")).to_be_visible()
        page.get_by_role("link", name="Find", exact=True).click()
        page.get_by_role("button", name="From a photo service").click()
        require_accessible_also_wide(page, "en-US")
        page.get_by_role("button", name="Summer").click()
        expect(page.locator(".song-row").first).to_be_visible()
        expect(page.get_by_role("button", name="One playlist for all 3")).to_be_visible()
        page.get_by_role("link", name="Films", exact=True).click()
        page.get_by_role("button", name="From a photo service").click()
        page.get_by_role("button", name="Summer").click()
        page.wait_for_url("**/#films/*")
        expect(page.get_by_role("heading", name="Summer")).to_be_visible()
        expect(page.get_by_role("heading", name="3 photos")).to_be_visible(timeout=120_000)
        immich.albums["many"] = ("Many", [Picture(f"IMG_{n}.jpg") for n in range(20)])
        immich.spoiled = {each.id: Answer(status=404) for each in immich.albums["many"][1]}
        page.goto(f"{address}#find")
        page.get_by_role("button", name="Pick a mood or a word").click()
        page.get_by_role("button", name="From a photo service").click()
        page.get_by_role("button", name="Many").click()
        expect(page.get_by_text("photos are left out; try again later.")).to_be_visible()
        immich.scopes.clear()
        page.goto(f"{address}#find")
        page.reload()
        expect(page.locator(".song-row").first).to_be_visible()  # what was asked before is there again
        page.get_by_role("button", name="Pick a mood or a word").click()
        page.get_by_role("button", name="From a photo service").click()
        expect(page.get_by_role("dialog").get_by_text("Missing required permission: album.read")).to_be_visible()
