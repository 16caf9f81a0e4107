"""Command lines that make no sense, tables that can't be used, results that have nowhere to go."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.bad_images import encoded
from tests.e2e.bad_sounds import chords, encode
from tests.e2e.bad_usage import IMPORTS, RATED_CSVS, USAGE
from tests.e2e.command import HANG, Outcome, environment, img2music, words

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """A folder with a photo, a song, a library and some traps, which no command here may change."""

    folder: Path

    def snapshot(self) -> dict[str, bytes | None]:
        """Names of all files, and what is in them (the library's own logs aside)."""
        paths = sorted(self.folder.rglob("*"))
        return {
            str(path): path.read_bytes() if path.is_file() else None
            for path in paths
            if not path.name.endswith(("-wal", "-shm")) and "cache" not in path.parts
        }

    def run(self, line: str, **more: str) -> Outcome:
        filled = [word.format(library="library.db", photo="photo.jpg") for word in shlex.split(line)]
        return img2music(*filled, home=self.folder, **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    for name in ("music", "empty_folder", "empty_folder.png", "forbidden"):
        (folder / name).mkdir()
    (folder / "photo.jpg").write_bytes(encoded("JPEG"))
    encode(folder / "music" / "song.flac", "flac", chords(6))
    img2music("scan", "music", "--library", "library.db", home=folder).sound(0)
    (folder / "forbidden").chmod(0o555)
    yield Place(folder)
    (folder / "forbidden").chmod(0o755)


@pytest.mark.parametrize("line", USAGE)
def test_wrong_usage(line: str, place: Place) -> None:
    before = place.snapshot()
    outcome = place.run(line).sound(2)
    assert re.search(USAGE[line], outcome.err, re.IGNORECASE | re.DOTALL), outcome
    after = place.snapshot()
    changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    assert not changed, "a command that could do nothing changed something"


@pytest.mark.parametrize("line", ["", "import", "library", "models", "evaluate", "train"])
def test_bare_command_shows_its_help(line: str, place: Place) -> None:
    outcome = place.run(line)
    assert outcome.code in {0, 2}
    assert "--help" in outcome.out + outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("name", RATED_CSVS)
def test_rated_tables(name: str, place: Place, tmp_path: Path) -> None:
    text, says = RATED_CSVS[name]
    table, songs = tmp_path / name, tmp_path / "songs.csv"
    table.write_text(text.format(photo=place.folder / "photo.jpg"), "utf-8")
    rows = [f"{place.folder / 'music' / 'song.flac'},0.{share},0.{share}" for share in (2, 8)]
    songs.write_text("\n".join(["file,valence,arousal", *rows]) + "\n")
    scales = ("--images-scale", "0-1", "--tracks-scale", "0-1")
    tables = ("--images", table, "--tracks", songs)
    outcome = img2music("evaluate", "match", *tables, *scales, home=place.folder).sound(2)
    assert re.search(says, outcome.err, re.IGNORECASE | re.DOTALL), outcome
    assert name in outcome.err or "0 photos" in outcome.err or "1 photos" in outcome.err


@pytest.mark.parametrize("name", IMPORTS)
def test_import_of_what_is_no_export(name: str, place: Place, tmp_path: Path) -> None:
    """Nothing is taken from it, and the library stays as it was."""
    path, library = tmp_path / name, tmp_path / "library.db"
    library.write_bytes((place.folder / "library.db").read_bytes())
    path.write_bytes(os.fsencode(IMPORTS[name]))
    outcome = img2music("library", "import", path, "--library", library, home=tmp_path).sound(2)
    assert name in outcome.err
    listed = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0)
    assert len(listed.json["tracks"]) == 1


def test_import_with_one_damaged_line(place: Place, tmp_path: Path) -> None:
    exported, library = tmp_path / "music.jsonl", tmp_path / "library.db"
    img2music("library", "export", exported, "--library", place.folder / "library.db", home=tmp_path).sound(0)
    lines = exported.read_text().splitlines(keepends=True)
    for damage in (lines[-1][: len(lines[-1]) // 2], re.sub(r'"valence":[\d.]+', '"valence":7', lines[-1])):
        exported.write_text("".join([*lines, damage]))
        outcome = img2music("library", "import", exported, "--library", library, home=tmp_path).sound(1, 2)
        assert re.search(rf"line {len(lines) + 1}\b", outcome.err), outcome


def test_huge_top_is_all_there_is(place: Place) -> None:
    line = "recommend --valence 0.5 --arousal 0.5 --library {library} --format json --top 1000000000"
    (found,) = place.run(line).sound(0).json["recommendations"]
    assert len(found["matches"]) == 1


def test_photos_may_come_twice(place: Place) -> None:
    outcome = place.run("recommend photo.jpg photo.jpg --library {library} --together --format json").sound(0)
    assert len(outcome.json["recommendations"]) == 2


def test_empty_name_of_a_library_is_the_default(place: Place) -> None:
    outcome = place.run("tracks", IMG2MUSIC_LIBRARY="").sound(2)
    assert "scan" in outcome.err


@pytest.mark.parametrize("command", ["analyze photo.jpg", "tracks --library library.db", "--help"])
@pytest.mark.parametrize("form", ["json", "table"])
def test_reader_that_goes_away(command: str, form: str, place: Place) -> None:
    """``img2music ... | head -0``: no traceback."""
    options = [] if command == "--help" else ["--format", form]
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(
        words(*command.split(), *options),
        cwd=place.folder,
        env=environment(place.folder),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=HANG,
        check=False,
    )
    os.close(write)
    assert result.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["analyze photo.jpg", "tracks --library library.db"])
def test_stdout_on_a_full_disk(command: str, place: Place) -> None:
    """The results are lost: exit code 2 and a line that says so."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            words(*command.split(), "--format", "json"),
            cwd=place.folder,
            env=environment(place.folder),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
            check=False,
        )
    assert result.returncode == 2, result
    (line,) = result.stderr.splitlines()
    assert line.startswith("img2music: ")
    assert "No space left" in line


def test_output_into_a_device_or_pipe_leaves_it_one(place: Place, tmp_path: Path) -> None:
    """A file is replaced whole; what is no file must not be."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    line = f"recommend --valence 0.5 --arousal 0.5 --library {{library}} --format json --output {pipe}"
    outcome = place.run(line).sound(0, 2)
    os.close(reader)
    assert pipe.is_fifo()
    assert outcome.code == 0 or "pipe" in outcome.err


def test_output_through_a_link_keeps_the_link(place: Place, tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text('{"schema": "img2music/recommend/1"}')
    link.symlink_to(target)
    line = f"recommend --valence 0.5 --arousal 0.5 --library {{library}} --format json --force --output {link}"
    place.run(line).sound(0)
    assert link.is_symlink()
    assert "recommendations" in target.read_text()
