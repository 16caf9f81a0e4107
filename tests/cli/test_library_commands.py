"""The commands scan, tracks and library, as processes."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

from tests.support.library_sounds import make_music, write_sound

pytestmark = pytest.mark.slow

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def img2music(*arguments, library, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "img2music", *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, "IMG2MUSIC_LIBRARY": str(library)},
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def scanned(tmp_path_factory, places):
    folder = tmp_path_factory.mktemp("scanned")
    make_music(folder / "music", 2)
    write_sound(folder / "music" / os.fsdecode(b"\xff\n,.wav"), pitch=50)
    (folder / "music" / "bad.mp3").write_bytes(b"no music")
    done = img2music("scan", folder / "music", "--jobs", 1, library=places(folder / "library.db"), code=1)
    lines = done.stderr.splitlines()
    assert done.stdout == ""
    assert len(lines) == 2
    assert "bad.mp3" in lines[0]
    assert "3 analysed" in lines[1]
    return folder


@pytest.fixture(scope="module")
def library(scanned, places):
    return places(scanned / "library.db")


def test_scan_again_is_all_good(scanned, library):
    done = img2music("scan", scanned / "music", library=library)
    assert "3 unchanged, 1 failed before" in done.stderr


def test_scan_with_nothing_to_scan(scanned, library):
    done = img2music("scan", scanned / "none", library=library, code=2)
    assert "none: can't be read: No such file or directory" in done.stderr
    done = img2music("scan", library=library, code=2)
    done = img2music("scan", scanned / "music", library=scanned / "music" / "bad.mp3", code=2)
    assert "not an img2music library" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_tracks_as_json(library):
    report = json.loads(img2music("tracks", library=library).stdout)
    jsonschema.validate(report, json.loads((SCHEMAS / "tracks.json").read_text()))
    names = [os.fsencode(Path(track["path"]).name) for track in report["tracks"]]
    assert names == [b"000.wav", b"001.wav", b"\xff\n,.wav"]


def test_tracks_as_csv_and_table(library):
    done = img2music("tracks", "--format", "csv", library=library)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [Path(row["path"]).name for row in rows] == ["000.wav", "001.wav", "\\udcff\n,.wav"]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in ("valence", "arousal", "raw_valence"))
    done = img2music("tracks", "--format", "table", library=library)
    assert "\\udcff\\n," in done.stdout


def test_tracks_with_filters(library):
    assert len(json.loads(img2music("tracks", "--length", "-0:05", library=library).stdout)["tracks"]) == 3
    assert json.loads(img2music("tracks", "--length", "0:05-", library=library).stdout)["tracks"] == []
    assert json.loads(img2music("tracks", "--genre", "rock", library=library).stdout)["tracks"] == []
    done = img2music("tracks", "--tempo", "fast", library=library, code=2)
    assert "--tempo must be a range such as" in done.stderr


def test_info_verify_and_prune(library, tmp_path, at):
    img2music("library", "export", tmp_path / "out.jsonl", library=library)
    library = at(tmp_path / "library.db")
    done = img2music("library", "import", tmp_path / "out.jsonl", library=library)
    assert "3 tracks imported" in done.stderr
    found = json.loads(img2music("library", "info", library=library).stdout)
    assert (found["present"], found["missing"], found["failures"]) == (3, 0, 1)
    assert list(found["analyzers"].values()) == [3]
    assert "3 files checked, 0" in img2music("library", "verify", "--content", library=library).stdout

    text = (tmp_path / "out.jsonl").read_text().replace("000.wav", "not-there.wav").replace("001.wav", "gone.wav")
    lines = text.replace('"missing":false', '"missing":true', 1).splitlines()
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, "nonsense"]))
    done = img2music("library", "import", tmp_path / "in.jsonl", library=library, code=1)
    assert "line 6: not JSON" in done.stderr
    done = img2music("library", "verify", library=library, code=1)
    assert "gone.wav: can't be read" in done.stderr
    assert "Would remove 1" in img2music("library", "prune", "--dry-run", library=library).stdout
    assert "Removed 1" in img2music("library", "prune", library=library).stdout
    assert "Removed 0" in img2music("library", "prune", library=library).stdout
    done = img2music("library", "import", tmp_path / "not.db", library=library, code=2)
    assert "not.db: can't be read" in done.stderr


def test_failures_are_listed_with_their_reasons(library):
    report = json.loads(img2music("library", "failures", library=library).stdout)
    jsonschema.validate(report, json.loads((SCHEMAS / "failures.json").read_text()))
    (failure,) = report["failures"]
    assert Path(failure["path"]).name == "bad.mp3"
    assert "libav" in failure["error"]


@pytest.mark.sqlite("a file that is not there")
def test_a_library_that_is_not_there(tmp_path):
    for command in (["tracks"], ["library", "info"], ["library", "verify"], ["library", "prune"]):
        done = img2music(*command, library=tmp_path / "none.db", code=2)
        assert "scan some music into it" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_playlists_are_listed_and_taken_along(library, tmp_path):
    from img2music import Library

    file = tmp_path / "evening.m3u8"
    assert json.loads(img2music("playlist", "list", library=library).stdout)["playlists"] == []
    with Library.open(library) as opened:
        opened.playlists.save("Evening", list(opened.tracks())[:2])
    (listed,) = json.loads(img2music("playlist", "list", library=library).stdout)["playlists"]
    assert (listed["name"], listed["songs"]) == ("Evening", 2)
    table = img2music("playlist", "list", "--format", "table", library=library).stdout
    local = datetime.fromisoformat(listed["updated"]).astimezone().replace(tzinfo=None)
    assert table.split()[-3:] == ["2", *local.isoformat(" ", "minutes").split()]
    shown = json.loads(img2music("playlist", "show", "Evening", library=library).stdout)
    jsonschema.validate(shown, json.loads((SCHEMAS / "playlist.json").read_text()))
    img2music("playlist", "export", "Evening", file, library=library)
    assert file.read_text().count("#EXTINF") == 2
    done = img2music("playlist", "export", "Evening", file, library=library, code=2)
    assert "--force" in done.stderr
    img2music("playlist", "delete", "Evening", library=library)
    done = img2music("playlist", "show", "Evening", library=library, code=2)
    assert "no playlist Evening; it has none yet" in done.stderr
