"""What people say of songs and pictures, through the real command, on real files."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from tests.e2e.command import ROOT, Outcome, environment, img2music, words
from tests.support.sounds import clicks, encode, tone

pytestmark = pytest.mark.slow

SHAPE = json.loads((ROOT / "docs/schemas/feedback.json").read_text(encoding="utf-8"))
SONGS = ("Blue", "Green", "Red")


def made(home: Path) -> Path:
    """A user with three songs in their library, and a photo."""
    (home / "music").mkdir()
    for number, title in enumerate(SONGS):
        sound = tone(220 * (number + 1), 8, 16_000) + clicks(100 + 20 * number, 8)
        encode(home / "music" / f"{title}.flac", sound, "flac", 16_000, title=title, artist=title, genre="Jazz")
    Image.new("RGB", (64, 48), "orange").save(home / "photo.png")
    img2music("scan", "music", "--jobs", "1", home=home).sound(0)
    return home


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("home"))


@pytest.fixture
def home(scanned: Path) -> Iterator[Path]:
    """That user before they said anything."""
    library = scanned / "data/img2music/library.db"
    kept = library.read_bytes()
    yield scanned
    for file in (*library.parent.glob("library.db-*"), *scanned.glob("f.*")):
        file.unlink()
    library.write_bytes(kept)


def feedback(home: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> Outcome:
    return img2music("feedback", *arguments, home=home).sound(*codes)


def listed(home: Path, *arguments: str) -> list[dict]:
    found = feedback(home, "list", *arguments).json
    jsonschema.validate(found, SHAPE)
    return found["feedback"]


def chosen(home: Path, *arguments: str) -> list[str]:
    found = img2music("recommend", *arguments, home=home).sound(0).json
    return [match["track"]["title"] for each in found["recommendations"] for match in each["matches"]]


def test_a_banned_song_stays_out_until_that_is_taken_back(tmp_path):
    home = made(tmp_path)
    assert set(chosen(home, "photo.png")) == set(SONGS)
    assert "me: never Red - Red (1)" in feedback(home, "never", "music/Red.flac").err
    for asked in (["photo.png"], ["--emotion", "sad"], ["music/Blue.flac"], ["photo.png", "photo.png", "--together"]):
        assert "Red" not in chosen(home, *asked)
    feedback(home, "like", "music/Blue.flac", "--person", "anna")
    assert set(chosen(home, "photo.png", "--person", "anna")) == set(SONGS)
    feedback(home, "undo", "--person", "anna")
    playlist = img2music("recommend", "photo.png", "--format", "m3u8", "--output", "l.m3u8", home=home).sound(0)
    assert playlist.code == 0
    assert "Red.flac" not in (home / "l.m3u8").read_text()
    # Moved and tagged anew, it is the same song.
    (home / "music/new").mkdir()
    shutil.move(home / "music/Red.flac", home / "music/new/other.flac")
    img2music("scan", "music", home=home).sound(0)
    assert "Red" not in chosen(home, "photo.png")
    before = chosen(home, "photo.png")
    feedback(home, "never", "music/Blue.flac", "music/Green.flac")
    refused = img2music("recommend", "photo.png", home=home).sound(2)
    assert "you never want" in refused.err
    assert "taken back: me: never" in feedback(home, "undo").err
    feedback(home, "undo")
    assert chosen(home, "photo.png") == before
    feedback(home, "undo", "1")
    assert set(chosen(home, "photo.png")) == set(SONGS)
    assert listed(home) == []
    assert "so there is nothing to take back" in feedback(home, "undo", codes=(2,)).err


def test_a_pair_that_does_not_fit_is_kept_apart_by_the_content_of_the_picture(home):
    feedback(home, "unfit", "#1", "photo.png")
    assert len(chosen(home, "photo.png")) == 2
    shutil.copy(home / "photo.png", home / "copy.png")
    assert len(chosen(home, "copy.png")) == 2
    Image.new("RGB", (64, 48), "blue").save(home / "other.png")
    assert len(chosen(home, "other.png")) == 3
    both = img2music("recommend", "photo.png", "other.png", "--together", home=home).sound(0).json
    assert len({match["track"]["id"] for each in both["recommendations"] for match in each["matches"]}) == 3


def test_what_a_photo_feels_like_is_taken_for_granted_and_told(home):
    plain = img2music("recommend", "photo.png", home=home).sound(0)
    for colour in ("blue", "green", "red", "white"):  # one answer alone is no tendency
        Image.new("RGB", (64, 48), colour).save(home / "other.png")
        feedback(home, "affect", "other.png", "0.1", "0.9")
    feedback(home, "affect", "photo.png", "0.1", "0.9")
    feedback(home, "affect", "#2", "0.2", "0.3", "--person", "anna")
    found = img2music("recommend", "photo.png", home=home).sound(0)
    assert found.json["recommendations"][0]["query"]["affect"] == {"valence": 0.1, "arousal": 0.9}
    assert "You find pictures" in found.err
    (felt,) = img2music("recommend", "#2", "--person", "anna", home=home).sound(0).json["recommendations"]
    assert felt["query"]["affect"] == {"valence": 0.2, "arousal": 0.3}
    feedback(home, "never", "#1", "--person", "ben")
    feedback(home, "like", "#1", "--person", "ben")
    queries = img2music("recommend", "photo.png", "--person", "ben", home=home).sound(0).json["recommendations"]
    assert queries[0]["query"] == plain.json["recommendations"][0]["query"]
    entry = next(each for each in listed(home, "--person", "me") if each["picture"]["path"].endswith("photo.png"))
    assert entry["affect"] == {"valence": 0.1, "arousal": 0.9}
    assert entry["picture"]["path"] == str(home / "photo.png")
    assert entry["picture"]["affect"] == plain.json["recommendations"][0]["query"]["affect"]
    assert "anna" in feedback(home, "list", "--format", "table").out


@pytest.mark.parametrize("words", [("recommend", "photo.png"), ("recommend", "photo.png", "--music", "music")])
def test_a_person_who_said_nothing_is_refused(home, words):
    assert "nor has anybody else: check --person" in img2music(*words, "--person", "ana", home=home).sound(2).err
    feedback(home, "never", "#1", "--person", "anna")
    feedback(home, "like", "#1", "--person", "ben")
    refused = img2music(*words, "--person", "ana", home=home).sound(2)
    assert "ana has said nothing in the library" in refused.err
    assert "only anna, ben: check --person" in refused.err
    img2music(*words, home=home).sound(0)  # whoever uses the program need not have said anything
    assert "only anna, ben" in feedback(home, "list", "--person", "ana", codes=(2,)).err


def test_a_song_of_the_library_is_asked_for_by_its_number(home):
    (found,) = img2music("recommend", "#2", home=home).sound(0).json["recommendations"]
    assert found["query"]["kind"] == "song"
    assert 2 not in [match["track"]["id"] for match in found["matches"]]
    assert "no song of this number" in img2music("recommend", "#99", home=home).sound(2).err
    assert (
        "numbers are of songs of the library"
        in img2music("recommend", "#2", "--music", "music", home=home).sound(2).err
    )
    shutil.copy(home / "photo.png", home / "#2")
    (found,) = img2music("recommend", "#2", home=home).sound(0).json["recommendations"]
    assert found["query"]["kind"] == "image"  # a file of that name comes first


def test_export_and_import(home):
    feedback(home, "like", "1", "#99", codes=(1,))
    feedback(home, "affect", "photo.png", "0.1", "0.9")
    feedback(home, "export", "f.json")
    feedback(home, "export", "f.csv")
    assert (home / "f.csv").read_text().count("\n") == 3
    assert "are there already" in feedback(home, "export", "f.json", codes=(2,)).err.replace(" is there", " are there")
    before = listed(home)
    feedback(home, "undo")
    assert "1 new entries" in feedback(home, "import", "f.json").err
    again = listed(home)
    assert [{**each, "id": 0} for each in again] == [{**each, "id": 0} for each in before]
    assert "is no JSON" in feedback(home, "import", "f.csv", codes=(2,)).err


def test_what_can_not_be_said_is_told_in_one_line(home):
    for told, *arguments in (
        ("valence must be a number from 0 to 1", "affect", "photo.png", "2", "0"),
        ("no such file", "affect", "nothing.png", "0", "0"),
        ("a song is wanted", "never", "photo.png"),
        ("not an image", "fits", "1", "music/Red.flac"),
        ("must be a name", "like", "1", "--person", ""),
        ("no such library", "like", "1", "--library", "none.db"),
    ):
        assert told in feedback(home, *arguments, codes=(2,)).err


def test_killed_at_any_moment_it_is_said_or_not_and_the_library_is_sound(home):
    said = 0
    for delay in (0.4, 0.8, 1.2):
        command = words("feedback", "like", *["1", "2", "3"] * 20)
        process = subprocess.Popen(command, cwd=home, env=environment(home), stderr=subprocess.DEVNULL)
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        entries = listed(home)
        assert len(entries) >= said
        assert all(each["track"]["title"] in SONGS for each in entries)
        said = len(entries)
    img2music("library", "verify", home=home).sound(0)
    assert len(chosen(home, "photo.png")) == 3
