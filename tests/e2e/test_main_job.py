"""The main job with the real command, on the demo's free photos and music."""

import csv
import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from demo.media import copy_photos, music_folder
from tests.e2e.command import ROOT, img2music

pytestmark = pytest.mark.slow

SCHEMAS = ROOT / "docs" / "schemas"
PIECES = ("calm/calm_acoustic_1.opus", "energetic/energetic_electronic_2.opus", "happy/happy_electronic_1.opus")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A user's home with photos, music, and the default library filled from it."""
    home = tmp_path_factory.mktemp("home")
    copy_photos(home / "photos")
    for piece in PIECES:
        target = home / "music" / piece
        target.parent.mkdir(parents=True)
        target.write_bytes((music_folder() / piece).read_bytes())
    outcome = img2music("scan", home / "music", home=home)
    assert "3 analysed" in outcome.sound(0).err
    return home


def validated(outcome, name):
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.validate(outcome.json, schema)
    assert outcome.json["schema"] == schema["title"]
    return outcome.json


def test_analyze_reads_photos_and_music(home):
    outcome = img2music("analyze", home / "photos", home / "music" / PIECES[0], home=home)
    report = validated(outcome.sound(0), "analyze")
    assert [item["kind"] for item in report["items"]] == ["image"] * 8 + ["audio"]
    astronaut = report["items"][0]
    assert Path(astronaut["path"]).name == "astronaut.png"
    assert (astronaut["width"], astronaut["height"]) == (512, 512)
    assert all(0 < astronaut["spread"][axis] < 0.5 for axis in ("valence", "arousal"))
    assert report["items"][-1]["duration"] == pytest.approx(32, abs=1)
    assert not report["errors"]


def test_analyze_table_is_for_people(home):
    outcome = img2music("analyze", "photos", "--format", "table", home=home).sound(0)
    assert re.search(r"coffee\.png +0\.\d\d +0\.\d\d +\w+", outcome.out)


def test_tracks_are_listed(home):
    report = validated(img2music("tracks", home=home).sound(0), "tracks")
    assert [Path(track["path"]).name for track in report["tracks"]] == [Path(piece).name for piece in PIECES]


def test_library_info_counts_the_tracks(home):
    report = validated(img2music("library", "info", home=home).sound(0), "library-info")
    assert (report["present"], report["missing"], report["failures"]) == (3, 0, 0)


def test_recommendation_for_a_photo(home):
    report = validated(img2music("recommend", home / "photos" / "coffee.png", home=home).sound(0), "recommend")
    assert report["match"] == "relative"
    (found,) = report["recommendations"]
    assert [match["rank"] for match in found["matches"]] == [1, 2, 3]
    distances = [match["distance"] for match in found["matches"]]
    assert distances == sorted(distances)
    for match in found["matches"]:
        assert match["similarity"] == pytest.approx(1 / (1 + match["distance"]))
        assert 0 <= match["passage"]["start"] < match["passage"]["end"] <= match["track"]["duration"]
        assert match["reason"]


def test_a_calm_wish_is_not_answered_with_the_energetic_piece(home):
    report = img2music("recommend", "--valence", "0.5", "--arousal", "0.0", home=home).sound(0).json
    assert "energetic" not in report["recommendations"][0]["matches"][0]["track"]["path"]
    report = img2music("recommend", "--valence", "0.5", "--arousal", "1.0", home=home).sound(0).json
    assert "calm" not in report["recommendations"][0]["matches"][0]["track"]["path"]


def test_a_song_is_not_recommended_for_itself(home):
    song = home / "music" / PIECES[0]
    report = validated(img2music("recommend", song, home=home).sound(0), "recommend")
    assert str(song) not in [match["track"]["path"] for match in report["recommendations"][0]["matches"]]


def test_one_playlist_through_all_photos(home):
    target = home / "trip.m3u8"
    img2music("recommend", home / "photos", "--together", "--output", target, home=home).sound(0)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    songs = [home / line for line in lines if not line.startswith("#")]
    assert len(songs) == len(set(songs)) == 3
    assert all(song.is_file() for song in songs)


def test_csv_has_a_line_a_match(home):
    outcome = img2music("recommend", home / "photos", "--top", "2", "--format", "csv", home=home).sound(0)
    assert len(list(csv.DictReader(io.StringIO(outcome.out)))) == 16


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_plot_of_the_affect_plane(home, suffix):
    target = home / f"plane.{suffix}"
    img2music("recommend", home / "photos", "--plot", target, home=home).sound(0)
    if suffix == "png":
        with Image.open(target) as image:
            assert min(image.size) > 500
            assert len(image.convert("RGB").getcolors(1 << 20) or []) > 1000  # thumbnails, not an empty frame
    else:
        drawing = target.read_text()
        assert "8 photos among 3 songs" in drawing
        assert drawing.count("<image ") >= 8


def test_music_of_one_folder_without_a_library(home, tmp_path):
    outcome = img2music("recommend", home / "photos" / "cat.png", "--music", home / "music" / "calm", home=tmp_path)
    (match,) = outcome.sound(0).json["recommendations"][0]["matches"]
    assert Path(match["track"]["path"]).name == Path(PIECES[0]).name
    assert not (tmp_path / "data").exists()


def test_doctor_finds_all_well(home):
    report = validated(img2music("doctor", home=home).sound(0), "doctor")
    assert {check["name"]: check["status"] for check in report["checks"]}["audio analyzer"] == "ok"
