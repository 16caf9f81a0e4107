"""Names and folders that trip programs."""

import csv
import io
import json
import os
import shutil
import urllib.parse
from pathlib import Path
from xml.etree import ElementTree

import pytest

from img2music.errors import printable
from tests.e2e.bad_images import encoded, photo
from tests.e2e.bad_names import STEMS, deep, loops, remove_deep
from tests.e2e.bad_sounds import chords, encode
from tests.e2e.command import img2music

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "song.flac"
    encode(path, "flac", chords(3))
    return path


def test_names_of_images(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    good, bad = [folder / f"{stem}.jpg" for stem in STEMS], [folder / f"bad {stem}.jpg" for stem in STEMS]
    for path in good:
        path.write_bytes(encoded("JPEG", photo((64, 48))))
    for path in bad:
        path.write_text("no photo")
    named = img2music(
        "analyze", "--format", "json", "--", *[path.name for path in good + bad], home=tmp_path, cwd=folder
    ).sound(1)
    assert {item["path"] for item in named.json["items"]} == {path.name for path in good}
    assert set(named.errors) == {path.name for path in bad}
    assert len(named.err.splitlines()) == len(bad), "one line a file, whatever its name"
    for path in bad:
        assert printable(path.name) in named.err
    assert "\x1b" not in named.err + named.out
    walked = img2music("analyze", "--format", "json", folder, home=tmp_path).sound(1)
    assert {item["path"] for item in walked.json["items"]} == {str(path) for path in good}
    table = img2music("analyze", "--format", "table", folder, home=tmp_path).sound(1)
    assert "\x1b" not in table.err + table.out


def test_names_of_songs(tmp_path: Path, song: Path) -> None:
    """Every song is found, stored, listed and put on playlists under its own name."""
    folder, library = tmp_path / "music", tmp_path / "library.db"
    folder.mkdir()
    songs = {str(folder / f"{stem}.flac") for stem in STEMS}
    for number, path in enumerate(sorted(songs, key=os.fsencode)):
        Path(path).write_bytes(song.read_bytes() + bytes([number]))  # no duplicates
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0)
    listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0)
    assert {track["path"] for track in listed.json["tracks"]} == songs
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0)
    img2music("library", "verify", "--library", library, home=tmp_path).sound(0)
    img2music("tracks", "--library", library, "--format", "table", home=tmp_path).sound(0)

    query = ["recommend", "--valence", "0.5", "--arousal", "0.5", "--top", "100", "--per-artist", "0", "--speech"]
    written = {}
    for form in ("json", "csv", "m3u8", "xspf", "jspf"):
        output = tmp_path / f"list.{form}"
        img2music(*query, "--library", library, "--format", form, "--output", output, home=tmp_path).sound(0)
        written[form] = output.read_bytes().decode("utf-8")
    (found,) = json.loads(written["json"])["recommendations"]
    assert {match["track"]["path"] for match in found["matches"]} == songs
    locations = [line for line in written["m3u8"].splitlines() if line and not line.startswith("#")]
    assert {from_location(line, tmp_path) for line in locations} == songs
    xspf = [element.text for element in ElementTree.fromstring(written["xspf"]).iter("{http://xspf.org/ns/0/}location")]
    assert {from_location(str(line), tmp_path) for line in xspf} == songs
    jspf = [track["location"][0] for track in json.loads(written["jspf"])["playlist"]["track"]]
    assert {from_location(line, tmp_path) for line in jspf} == songs
    assert len(list(csv.DictReader(io.StringIO(written["csv"])))) == len(songs)

    exported, second = tmp_path / "music.jsonl", tmp_path / "second.db"
    img2music("library", "export", exported, "--library", library, home=tmp_path).sound(0)
    img2music("library", "import", exported, "--library", second, home=tmp_path).sound(0)
    again = img2music("tracks", "--library", second, "--format", "json", home=tmp_path).sound(0)
    assert {track["path"] for track in again.json["tracks"]} == songs


def from_location(location: str, folder: Path) -> str:
    if location.startswith("file://"):
        return os.fsdecode(urllib.parse.unquote_to_bytes(location.removeprefix("file://")))
    return os.path.normpath(folder / location)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_terminal_that_cannot_write_the_name(encoding: str, tmp_path: Path, song: Path) -> None:
    path, library = tmp_path / "한국어 🎵.flac", tmp_path / "library.db"
    shutil.copy(song, path)
    img2music("scan", tmp_path, "--library", library, home=tmp_path, PYTHONIOENCODING=encoding).sound(0)
    for form in ("table", "csv", "json"):
        img2music("tracks", "--library", library, "--format", form, home=tmp_path, PYTHONIOENCODING=encoding).sound(0)
    img2music("analyze", "--format", "table", path, home=tmp_path, PYTHONIOENCODING=encoding).sound(0)


def test_folders_that_lead_in_circles(tmp_path: Path, song: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.db"
    folder.mkdir()
    loops(folder)
    shutil.copy(song, folder / "song.flac")
    (folder / "song.mp3").mkdir()  # a folder named like a song
    (folder / ".hidden").mkdir()
    shutil.copy(song, folder / ".hidden" / "hidden.flac")
    (folder / "empty").mkdir()
    img2music("scan", folder, folder, folder / "self", folder / "inner", "--library", library, home=tmp_path).sound(
        0, 1
    )
    listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
    assert sum(Path(track["path"]).samefile(folder / "song.flac") for track in listed) == 1, listed
    img2music("analyze", folder, "--format", "json", home=tmp_path).sound(0, 1)


def test_folder_too_deep_for_a_path(tmp_path: Path, song: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.db"
    folder.mkdir()
    shutil.copy(song, folder / "song.flac")
    top = deep(folder)
    try:
        outcome = img2music("scan", folder, "--library", library, home=tmp_path).sound(0, 1)
        listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
        assert [track["path"] for track in listed] == [str(folder / "song.flac")], outcome
        img2music("analyze", folder, "--format", "json", home=tmp_path).sound(0, 1)
    finally:
        remove_deep(top)


def test_folder_that_may_not_be_read(tmp_path: Path, song: Path) -> None:
    """It is named; what was known of it is not forgotten."""
    folder, library = tmp_path / "music", tmp_path / "library.db"
    sealed = folder / "sealed"
    sealed.mkdir(parents=True)
    shutil.copy(song, folder / "song.flac")
    (sealed / "other.flac").write_bytes(song.read_bytes() + b"x")
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0)
    sealed.chmod(0)
    try:
        outcome = img2music("scan", folder, "--library", library, home=tmp_path).sound(1)
        assert str(sealed) in outcome.err
        assert "ermission" in outcome.err
        listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
        assert len(listed) == 2
        assert str(sealed) in img2music("analyze", folder, "--format", "json", home=tmp_path).sound(1).err
    finally:
        sealed.chmod(0o755)


def test_disk_that_is_not_there(tmp_path: Path, song: Path) -> None:
    """An empty mount point: the songs become missing, nothing is dropped, and they come back with the disk."""
    folder, away, library = tmp_path / "disk", tmp_path / "away", tmp_path / "library.db"
    folder.mkdir()
    shutil.copy(song, folder / "song.flac")
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0)
    folder.rename(away)
    gone = img2music("scan", folder, "--library", library, home=tmp_path).sound(1)
    assert str(folder) in gone.err
    folder.mkdir()
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0, 1)
    info = img2music("library", "info", "--library", library, "--format", "json", home=tmp_path).sound(0)
    assert "1" in info.out
    folder.rmdir()
    away.rename(folder)
    img2music("scan", folder, "--library", library, home=tmp_path).sound(0)
    listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
    assert [track["path"] for track in listed] == [str(folder / "song.flac")]
