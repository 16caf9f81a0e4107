"""Bad tables of songs through the real command: what is wrong is told by line and column, the rest is imported."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from img2music.library.store import LibraryStore
from tests.conftest import ROOT
from tests.e2e.bad_tables import HEADER, TABLES, A
from tests.e2e.command import Outcome, img2music

pytestmark = pytest.mark.slow

SHAPE = json.loads((ROOT / "docs" / "schemas" / "import.json").read_text(encoding="utf-8"))


def titles(library: Path) -> list[str]:
    with LibraryStore.open(library, read_only=True) as store:
        return sorted(track.shown_title for track in store.tracks())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with nothing in it; making one takes longer than a table here."""
    path = tmp_path_factory.mktemp("empty") / "library.db"
    LibraryStore.open(path, create=True).close()
    return path


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table(name: str, empty: Path, tmp_path: Path) -> None:
    table, library = TABLES[name], tmp_path / "library.db"
    shutil.copy(empty, library)
    (tmp_path / name).write_bytes(table.content)
    outcome = img2music("import", "table", name, "--library", library, "--format", "json", home=tmp_path)
    outcome.sound(2 if not table.titles else 1 if table.says else 0)
    lines = outcome.err.splitlines()
    assert bool(lines) == bool(table.says)
    assert all(line.startswith(f"img2music: {name}: ") for line in lines)
    assert re.search(table.says, outcome.err), outcome
    if table.titles:
        jsonschema.validate(outcome.json, SHAPE)
        assert outcome.json["new"] == len(table.titles)
        assert titles(library) == table.titles


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, says in (("nowhere.csv", "no such file"), ("folder", "a folder"), ("/dev/zero", "device")):
        outcome = img2music("import", "table", name, home=tmp_path).sound(2)
        assert re.search(rf"{name}: .*{says}", outcome.err), outcome


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("title", "FIELD=COLUMN"),
        ("=title", "FIELD=COLUMN"),
        ("mood=valence", "There is no 'mood' to map a column to; there is: title, artist"),
        ("title=nothing", r"there is no column 'nothing' for title; there is: title, artist"),
    ],
)
def test_wrong_mappings(option: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text(f"{HEADER}\n{A}\n")
    outcome = img2music("import", "table", "songs.csv", "--map", option, home=tmp_path).sound(2)
    assert re.search(says, outcome.err), outcome
    assert not (tmp_path / "data").exists()


def job(*arguments: str | Path, home: Path) -> Outcome:
    return img2music(*arguments, "--library", home / "library.db", home=home)


def test_from_a_table_to_playlists(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text(
        "name,by,happy,loud,track_uri\n"
        "Joga,Bjork,0.3,0.6,spotify:track:6f807x0ima9a1j3VPbc7VN\n"
        "Air,Bach,0.6,0.1,\n"
        "Air,BACH,0.6,0.1,\n"
    )
    mapping = ["title=name", "artist=by", "valence=happy", "energy=loud"]
    options = [word for pair in mapping for word in ("--map", pair)]
    done = job("import", "table", "songs.csv", *options, "--format", "table", home=tmp_path).sound(0)
    assert re.search(r"new songs +2 ", done.out)
    assert re.search(r"rows merged into an earlier one +1 ", done.out)
    again = job("import", "table", "songs.csv", *options, home=tmp_path).sound(0).json
    assert (again["new"], again["updated"]) == (0, 2)

    point = ("recommend", "--valence", "0.3", "--arousal", "0.6", "--match", "absolute", "--top", "2")
    shape = json.loads((ROOT / "docs" / "schemas" / "recommend.json").read_text(encoding="utf-8"))
    found = job(*point, "--format", "json", home=tmp_path).sound(0).json
    jsonschema.validate(found, shape)
    assert [match["track"]["title"] for match in found["recommendations"][0]["matches"]] == ["Joga", "Air"]
    assert "Joga - Bjork" in job(*point, "--format", "table", home=tmp_path).sound(0).out
    assert ",,Joga,Bjork,," in job(*point, "--format", "csv", home=tmp_path).sound(0).out
    refused = job(*point, "--format", "m3u8", home=tmp_path).sound(2)
    assert refused.out == ""
    assert "None of the library's 2 songs has a file" in refused.err
    for kind in ("xspf", "jspf"):
        playlist = job(*point, "--format", kind, home=tmp_path).sound(0)
        assert "spotify:track:6f807x0ima9a1j3VPbc7VN" in playlist.out
        assert playlist.err == ""
    job(*point, "--plot", tmp_path / "plane.png", home=tmp_path).sound(0)
    assert "has a file" in job(*point, "--files", home=tmp_path).sound(2).err

    tracks = job("tracks", "--format", "json", home=tmp_path).sound(0).json
    jsonschema.validate(tracks, json.loads((ROOT / "docs" / "schemas" / "tracks.json").read_text(encoding="utf-8")))
    assert "no file" in job("tracks", "--format", "table", home=tmp_path).sound(0).out
    assert "spotify:6f807x0ima9a1j3VPbc7VN" in job("tracks", "--format", "csv", home=tmp_path).sound(0).out
    info = job("library", "info", "--format", "json", home=tmp_path).sound(0).json
    jsonschema.validate(info, json.loads((ROOT / "docs" / "schemas" / "library-info.json").read_text(encoding="utf-8")))
    assert (info["present"], info["without_file"]) == (2, 2)
    job("library", "verify", home=tmp_path).sound(0)
    job("library", "export", "out.jsonl", home=tmp_path).sound(0)
    copied = img2music("library", "import", "out.jsonl", "--library", "two.db", home=tmp_path).sound(0)
    assert "2 tracks imported" in copied.err
    assert titles(tmp_path / "two.db") == ["Air", "Joga"]


def test_a_real_table(shared_data: Path, tmp_path: Path) -> None:
    for name, new in (("spotify_songs.csv", 28_352), ("song_lyric.csv", None)):
        done = job("import", "table", shared_data / "songs" / name, home=tmp_path).sound(0, 1)
        jsonschema.validate(done.json, SHAPE)
        assert new is None or (done.json["new"], done.json["duplicates"], done.json["left_out"]) == (new, 4476, 5)
    found = job("recommend", "--emotion", "happiness", "--genre", "rock", home=tmp_path).sound(0).json
    assert len(found["recommendations"][0]["matches"]) == 10
