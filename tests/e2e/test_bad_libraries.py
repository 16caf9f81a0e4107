"""Libraries that can't be used, and what befalls one while it is used: said in a line, and nothing stored is lost."""

import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.bad_libraries import LIBRARIES, URLS, BadLibrary
from tests.e2e.bad_sounds import chords, encode
from tests.e2e.command import Outcome, call, environment, img2music, words
from tests.support.commands import refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for number in range(3):
        encode(folder / f"{number}.flac", "flac", chords(3 + number))
    return folder


@pytest.fixture(scope="module")
def sound(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the music, closed."""
    path = tmp_path_factory.mktemp("sound") / "library.db"
    img2music("scan", music, "--library", path, home=path.parent).sound(0)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for path in tmp_path.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def contents(path: Path) -> bytes | None:
    return path.read_bytes() if os.path.isfile(path) and os.access(path, os.R_OK) else None  # noqa: PTH113


def tracks(library: Path, home: Path) -> list[dict]:
    return img2music("tracks", "--library", library, "--format", "json", home=home).sound(0).json["tracks"]


def check(outcome: Outcome, says: str | None, name: str) -> None:
    if says is None:
        outcome.sound(0)
        return
    outcome.sound(2)
    (line,) = outcome.err.splitlines()
    assert re.search(says, line, re.IGNORECASE), line
    assert name in line or ": track " in line
    assert outcome.out == ""


@pytest.mark.parametrize("kind", LIBRARIES, ids=lambda kind: ascii(kind.name)[1:30])
def test_bad_library(kind: BadLibrary, folder: Path, sound: Path, music: Path) -> None:
    path = folder / kind.name
    kind.make(path, sound)
    before = contents(path)
    check(img2music("tracks", "--library", path, "--format", "json", home=folder), kind.reading, kind.name)
    if kind.reading is not None:
        assert contents(path) == before
    check(img2music("scan", music, "--library", path, home=folder), kind.writing, kind.name)
    if kind.writing is not None:
        assert contents(path) == before


@pytest.mark.parametrize(("url", "says"), URLS.items())
def test_bad_library_url(url: str, says: str, tmp_path: Path) -> None:
    outcome = img2music("tracks", "--library", url, home=tmp_path).sound(2)
    (line,) = outcome.err.splitlines()
    assert re.search(says, line, re.IGNORECASE), line
    assert "secret" not in line
    assert not (tmp_path / "data").exists()


def test_no_place_for_a_library(tmp_path: Path, music: Path) -> None:
    """The data folder's name belongs to a file."""
    (tmp_path / "data").write_text("")
    outcome = img2music("scan", music, home=tmp_path).sound(2)
    assert str(tmp_path / "data") in outcome.err


def test_locked_by_another_program(tmp_path: Path, sound: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img2music.library.sqlite.BUSY_SECONDS", 1.0)
    library = Path(shutil.copy(sound, tmp_path / "library.db"))
    with closing(sqlite3.connect(library)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(tracks(library, tmp_path)) == 3
        assert "another program" in refused("scan", music, "--library", library)
    assert len(tracks(library, tmp_path)) == 3


def test_two_scans_at_once(tmp_path: Path, music: Path) -> None:
    """Both end well, or one says that another is at work; every song is there once."""
    library = tmp_path / "library.db"
    scans = [
        subprocess.Popen(
            words("scan", music, "--library", library),
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [(*scan.communicate(timeout=120), scan.returncode) for scan in scans]
    assert all("Traceback" not in err and code in {0, 2} for _, err, code in ends), ends
    assert any(code == 0 for *_, code in ends)
    assert all("another" in err for _, err, code in ends if code == 2), ends
    found = [track["path"] for track in tracks(library, tmp_path)]
    assert found == sorted(str(path) for path in music.iterdir())
    img2music("library", "verify", "--library", library, home=tmp_path).sound(0)


def test_library_deleted_while_scanning(tmp_path: Path, music: Path) -> None:
    many = tmp_path / "music"
    many.mkdir()
    for number in range(40):
        (many / f"{number}.flac").write_bytes((music / "0.flac").read_bytes() + bytes([number]))
    library = tmp_path / "library" / "library.db"
    scan = subprocess.Popen(
        words("scan", many, "--library", library), env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not library.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(library.parent)
    _, err = scan.communicate(timeout=120)
    assert "Traceback" not in err
    assert scan.returncode in {0, 2}
    img2music("scan", many, "--library", library, home=tmp_path).sound(0)
    assert len(tracks(library, tmp_path)) == 40


def test_songs_deleted_while_scanning(tmp_path: Path, music: Path) -> None:
    many, library = tmp_path / "music", tmp_path / "library.db"
    many.mkdir()
    for number in range(40):
        (many / f"{number}.flac").write_bytes((music / "0.flac").read_bytes() + bytes([number]))
    scan = subprocess.Popen(
        words("scan", many, "--library", library), env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not library.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    for path in sorted(many.iterdir())[20:]:
        path.unlink()
    _, err = scan.communicate(timeout=120)
    assert "Traceback" not in err
    assert scan.returncode in {0, 1}
    img2music("scan", many, "--library", library, home=tmp_path).sound(0)
    assert {track["path"] for track in tracks(library, tmp_path)} >= {str(path) for path in many.iterdir()}


def test_interrupted(tmp_path: Path, music: Path) -> None:
    """Ctrl-C: one line, exit code 130, and no worker is left behind."""
    many, library = tmp_path / "music", tmp_path / "library.db"
    many.mkdir()
    for number in range(60):
        (many / f"{number}.flac").write_bytes((music / "2.flac").read_bytes() + bytes([number]))
    scan = subprocess.Popen(
        words("scan", many, "--library", library, "--jobs", "2"),
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not library.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    os.killpg(scan.pid, signal.SIGINT)
    _, err = scan.communicate(timeout=60)
    assert "Traceback" not in err
    assert scan.returncode == 130, err
    assert "interrupted" in err
    deadline = time.monotonic() + 20
    while is_alive(scan.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(scan.pid)
    img2music("library", "verify", "--library", library, home=tmp_path).sound(0)


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# Disks


def on_disk(options: str, script: str, folder: Path) -> Outcome:
    """Run a shell script with a disk of its own at ``folder/disk``; ``img2music`` in it is the command."""
    disk = folder / "disk"
    disk.mkdir()
    function = f'img2music() {{ {shlex.join(words())} "$@"; }}'
    whole = f"mount -t tmpfs -o {options} none {disk} || exit 77\n{function}\n{script}"
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    outcome = call([*unshare, "sh", "-c", whole], folder)
    if outcome.code == 77 or "unshare" in outcome.err:
        pytest.skip(f"needs the right to mount a small disk: {outcome.err.strip()}")
    return outcome


@pytest.mark.skipif(sys.platform != "linux", reason="needs unshare(1) and tmpfs")
class TestDisk:
    def test_full_before_anything_is_written(self, tmp_path: Path, music: Path) -> None:
        script = "head -c 1M /dev/zero > disk/ballast 2> /dev/null; img2music scan $MUSIC --library disk/library.db"
        outcome = on_disk("size=64k", script.replace("$MUSIC", str(music)), tmp_path).sound(2)
        assert re.search("full", outcome.err.splitlines()[-1])
        assert "library.db" in outcome.err

    def test_full_in_the_middle(self, tmp_path: Path, sound: Path, music: Path) -> None:
        """What was stored before is still there, and the rest comes when there is room."""
        script = f"""
            cp {sound} disk/library.db; mkdir more
            for n in $(seq 60); do (cat {music}/0.flac; echo $n) > more/$n.flac; done
            head -c 64M /dev/zero > disk/ballast 2> /dev/null
            truncate -s -40K disk/ballast
            img2music scan more --library disk/library.db; echo $? >> codes
            rm disk/ballast
            img2music library verify --library disk/library.db > verified.txt; echo $? >> codes
            img2music scan more --library disk/library.db; echo $? >> codes
            img2music tracks --library disk/library.db --format json
        """
        outcome = on_disk("size=600k", script, tmp_path).sound(0)
        assert (tmp_path / "codes").read_text().split() == ["2", "0", "0"]
        assert "disk is full" in outcome.err
        assert len(outcome.json["tracks"]) == 63

    def test_read_only(self, tmp_path: Path, sound: Path, music: Path) -> None:
        script = f"""
            cp {sound} disk/library.db; mount -o remount,ro disk
            img2music scan {music} --library disk/library.db; echo $? >> codes
            img2music scan {music} --library disk/new.db; echo $? >> codes
            img2music library export disk/out.jsonl --library {sound}; echo $? >> codes
            img2music tracks --library disk/library.db --format json
        """
        outcome = on_disk("size=4m", script, tmp_path).sound(0)
        lines = outcome.err.splitlines()
        assert (tmp_path / "codes").read_text().split() == ["2"] * 3
        assert sum("read-only" in line.lower() or "can't be" in line for line in lines) == 3, lines
        assert len(outcome.json["tracks"]) == 3

    def test_results_on_a_full_disk(self, tmp_path: Path, sound: Path) -> None:
        """A report that does not fit leaves the old one as it was."""
        script = f"""
            echo '{{"schema": "img2music/recommend/1"}}' > disk/list.json
            head -c 1M /dev/zero > disk/ballast 2> /dev/null
            query="recommend --valence 0.5 --arousal 0.5 --library {sound} --match absolute"
            img2music $query --format json --output disk/list.json --force; echo $? >> codes
            img2music $query --plot disk/plot.png > shown.txt; echo $? >> codes
            img2music library export disk/out.jsonl --library {sound}; echo $? >> codes
            rm disk/ballast; ls -A disk; cat disk/list.json
        """
        outcome = on_disk("size=16k", script, tmp_path).sound(0)
        lines = outcome.err.splitlines()
        assert (tmp_path / "codes").read_text().split() == ["2"] * 3
        assert sum("No space left" in line or "full" in line for line in lines) == 3, lines
        assert outcome.out == 'list.json\n{"schema": "img2music/recommend/1"}\n'
