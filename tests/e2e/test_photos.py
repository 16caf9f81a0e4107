"""Photos of services, and those that Google and Apple give out, through the real command."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from img2music.media.video import survey_of
from tests.e2e.command import environment, img2music, words
from tests.support.photo_services import KEY, PASSWORD, TOKEN, ImmichServer, PhotoPrismServer, Picture, immich_error
from tests.support.servers import Server
from tests.support.songs import library, record

pytestmark = pytest.mark.slow

PICTURES = [
    Picture("c.jpg", (250, 220, 60), (1600, 1200), taken="2021-01-01T10:00:00", description="A sunny day"),
    Picture("b.heic", (30, 30, 40), (1600, 1200), taken="2021-03-01T10:00:00"),
    Picture("clip.mov", kind="VIDEO"),
    Picture("a.png", (40, 160, 60), (1600, 1200), taken="2021-02-01T10:00:00"),
]


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    library(
        tmp_path / "library.db", [record(f"/music/{n}.mp3", n / 20, n / 20, title=str(n)) for n in range(20)]
    ).close()
    return tmp_path / "library.db"


@pytest.fixture
def immich(tmp_path: Path) -> Iterator[ImmichServer]:
    with ImmichServer({"Summer": PICTURES}) as server:
        connect(tmp_path, server, "immich", KEY)
        yield server


def connect(home: Path, server: Server, kind: str, secret: str) -> None:
    folder = home / ".config" / "img2music"
    folder.mkdir(parents=True)
    known = {kind: {"kind": kind, "url": server.url, "user": None, "settings": {}, "secret": secret}}
    (folder / "connections.json").write_text(json.dumps(known))
    (folder / "connections.json").chmod(0o600)


def fetched(server: ImmichServer) -> int:
    return sum("/assets/" in asked.path for asked in server.asked)


def test_an_album_is_read_like_a_folder(songs: Path, immich: ImmichServer, tmp_path: Path) -> None:
    immich.spoiled[PICTURES[1].id] = immich_error(404, "Asset media not found")
    ask = ("recommend", "immich:album/Summer", "--library", songs, "--top", "2")
    done = img2music(*ask, "--format", "table", home=tmp_path).sound(1)
    assert "\nc.jpg: " in f"\n{done.out}"
    assert "\na.png: " in done.out
    assert ".cache" not in done.out
    assert "immich:album/Summer/b.heic: immich: it answers with 404: Asset media not found." in done.err
    immich.spoiled.clear()
    done = img2music(*ask, "--format", "json", home=tmp_path).sound(0)
    asked = [Path(each["query"]["path"]).name for each in done.json["recommendations"]]
    assert asked == ["c.jpg", "b.heic", "a.png"]
    assert fetched(immich) == 4  # each once, and the one that failed again
    analyzed = img2music("analyze", "immich:search/trees", "--format", "json", home=tmp_path).sound(0)
    assert [item["path"] for item in analyzed.json["items"]] == [f"immich:search/trees/{name}" for name in asked]
    assert fetched(immich) == 4
    for told in (done.out, done.err, analyzed.out):
        assert KEY not in told
    refused = img2music("analyze", "immich:album/Summer", "--explain", "why.png", home=tmp_path).sound(2)
    assert "A picture can be explained that is a file" in refused.err
    missing = img2music("recommend", "immich:album/Sumer", "--library", songs, home=tmp_path).sound(2)
    assert "immich:album/Sumer: immich has no album of this name; there is 'Summer'." in missing.err


def test_a_slideshow_of_an_album(tmp_path: Path) -> None:
    with PhotoPrismServer({"Summer": PICTURES}) as server:
        connect(tmp_path, server, "photoprism", PASSWORD)
        look = ("--silent", "--size", "64", "--fps", "10", "--seconds-per-photo", "1")
        made = ("--order", "date", "--captions", "title", "--sheet-output", "sheet.json", "--output", "film.mp4")
        done = img2music("slideshow", "photoprism:album/Summer", *made, *look, home=tmp_path).sound(0)
        assert [line.split()[-1] for line in done.out.splitlines() if ":0" in line] == ["c.jpg", "a.png", "b.heic"]
        sheet = json.loads((tmp_path / "sheet.json").read_text())
        shown = [Path(photo["path"]) for photo in sheet["slideshow"]["photos"]]
        assert [path.name for path in shown] == ["c.jpg", "a.png", "b.heic"]
        assert survey_of(tmp_path / "film.mp4").duration == pytest.approx(3.0)
        assert all(PASSWORD not in told and TOKEN not in told for told in (done.out, done.err))
        shown[0].unlink()  # to make room, say
        img2music("slideshow", "--sheet", "sheet.json", "--output", "again.mp4", home=tmp_path).sound(0)
        assert survey_of(tmp_path / "again.mp4").duration == pytest.approx(3.0)
        assert shown[0].is_file()


def test_killed_in_the_middle_it_goes_on(songs: Path, immich: ImmichServer, tmp_path: Path) -> None:
    immich.answers = 5  # the lists, and one or two photos
    ask = ("recommend", "immich:album/Summer", "--library", songs, "--format", "json")
    process = subprocess.Popen(words(*ask), cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(immich.asked) <= immich.answers and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    copies = [file for file in (tmp_path / "cache").glob("**/photo-*/*/*") if file.suffix in (".jpg", ".heic", ".png")]
    for copy in copies:
        Image.open(copy).load()  # whole, or not there
    immich.answers = 1_000_000
    done = img2music(*ask, home=tmp_path).sound(0)
    assert len(done.json["recommendations"]) == 3
    assert len(copies) + fetched(immich) >= 3


def test_a_takeout_is_shown_in_the_order_of_its_dates(tmp_path: Path) -> None:
    folder = tmp_path / "Takeout" / "Google Photos" / "Trip"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps({"title": "Trip", "description": ""}))
    for number, name in enumerate(("c", "a", "b")):
        Image.new("RGB", (64, 48), (80 * number, 90, 100)).save(folder / f"{name}.jpg")
        told = {
            "title": f"{name}.jpg",
            "description": f"Day {number}",
            "photoTakenTime": {"timestamp": f"{number + 1}000000"},
        }
        (folder / f"{name}.jpg.supplemental-metadata.json").write_text(json.dumps(told))
    Image.new("RGB", (64, 48), "white").save(folder / "a-bearbeitet.jpg")
    look = ("--silent", "--size", "64", "--fps", "10", "--seconds-per-photo", "1", "--captions", "title")
    made = ("--order", "date", "--sheet-output", "sheet.json", "--output", "film.mp4")
    done = img2music("slideshow", "Takeout", *made, *look, home=tmp_path).sound(0)
    sheet = json.loads((tmp_path / "sheet.json").read_text())
    shown = [Path(photo["path"]).name for photo in sheet["slideshow"]["photos"]]
    assert shown == ["c.jpg", "a-bearbeitet.jpg", "b.jpg"]
    assert "do not tell when they were taken" not in done.err


def test_a_watch_ends_when_it_is_asked_to(songs: Path, immich: ImmichServer, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 48), "red").save(tmp_path / "photos" / "a.png")
    ask = ("watch", "photos", "immich:album/Summer", "--playlist", "Wall", "--library", songs, "--settle", "0.1")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        with (tmp_path / "told").open("wb") as told:
            process = subprocess.Popen(words(*ask), cwd=tmp_path, env=environment(tmp_path), stderr=told)
        until = time.monotonic() + 60
        while b"Wall: " not in (tmp_path / "told").read_bytes() and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(30) == (-number if number == signal.SIGKILL else 0)
        line = (tmp_path / "told").read_text()
        expected = "10 of them new" if number == signal.SIGTERM else "as it was"
        assert line == f"img2music: Wall: 10 songs for 4 pictures, {expected}.\n"
    immich.answers = len(immich.asked)  # from now on it keeps waiting
    process = subprocess.Popen(words(*ask), cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(immich.asked) <= immich.answers and time.monotonic() < until:
        time.sleep(0.02)
    for _ in range(2):  # a second time for those who can't wait for what it waits for
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(10) == -signal.SIGTERM
    finally:
        process.kill()
    shown = img2music("playlist", "show", "Wall", "--library", songs, "--format", "json", home=tmp_path).sound(0)
    assert len(shown.json["songs"]) == 10
    lacking = img2music("watch", "absent", "--playlist", "Wall", "--library", songs, home=tmp_path).sound(2)
    assert lacking.err == "img2music: absent: there is no such folder.\n"
