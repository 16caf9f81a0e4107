"""The recommend command, on a real library and real photos."""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import jsonschema
import numpy as np
import pytest
from PIL import Image

from img2music.cli.recommend import recommend
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.matching.playlists import FORMATS
from img2music.options import ScanOptions
from tests.cli.conftest import Shell
from tests.conftest import ROOT, Locations
from tests.support.library_sounds import write_sound
from tests.support.songs import library as make_library
from tests.support.songs import record, song

pytestmark = pytest.mark.slow

NON_UTF8 = os.fsdecode(b"caf\xe9 1.mp3")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    printed: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.printed.decode("utf-8")


Run = Callable[..., Result]


def asked(shape: dict[str, Any]) -> list[str]:
    """Names of the files that songs were recommended for."""
    return [Path(each["query"]["path"]).name for each in shape["recommendations"]]


def songs(result: Result, query: int = 0) -> list[str]:
    """Names of the files that were recommended for a query."""
    matches = json.loads(result.stdout)["recommendations"][query]["matches"]
    return [Path(match["track"]["path"]).name for match in matches]


@pytest.fixture
def run(shell: Shell) -> Run:
    """Run the command as the shell does, and check its exit code."""

    def run_command(*arguments: object, code: int = 0) -> Result:
        return Result(*shell("recommend", *arguments, code=code))

    return run_command


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Path | str:
    rng = np.random.default_rng(9)
    records = [
        record(f"/music/{i}.mp3", float(v), float(a), title=f"Song {i}", artist=f"Artist {i % 9}", year=1960 + i)
        for i, (v, a) in enumerate(rng.random((60, 2)))
    ]
    records.append(record(f"/music/{NON_UTF8}", 0.99, 0.99, title="\nNew\tline 🎵"))
    make_library(at(tmp_path / "library.db"), records).close()
    return at(tmp_path / "library.db")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "later").mkdir(parents=True)
    for name, colour in (("b.png", (200, 30, 30)), ("a.jpg", (30, 120, 220)), ("later/c.webp", (90, 200, 90))):
        Image.new("RGB", (80, 60), colour).save(folder / name)
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_a_damaged_photo_is_used_with_a_note(run: Run, library: Path | str, photos: Path) -> None:
    (photos / "a.jpg").write_bytes((photos / "a.jpg").read_bytes()[:-2])
    result = run(photos / "a.jpg", "--library", library, "--format", "json")
    assert f"{photos / 'a.jpg'}: damaged or cut short; read as far as it goes." in result.stderr


def test_json_has_the_documented_shape(run: Run, library: Path | str, photos: Path) -> None:
    shape = json.loads(run(photos, "--library", library, "--top", 4).stdout)
    jsonschema.validate(shape, json.loads((ROOT / "docs/schemas/recommend.json").read_text(encoding="utf-8")))
    assert asked(shape) == ["a.jpg", "b.png", "c.webp"]
    assert all(len(each["matches"]) == 4 for each in shape["recommendations"])
    assert shape["match"] == "relative"
    assert shape["errors"] == []


def test_bad_photos_are_reported_and_the_rest_is_done(run: Run, library: Path | str, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (photos / "empty.png").touch()
    result = run(photos, photos / "gone.jpg", "--library", library, "--format", "json", code=1)
    shape = json.loads(result.stdout)
    assert len(shape["recommendations"]) == 3
    names = [Path(error["path"]).name for error in shape["errors"]]
    assert names == ["broken.jpg", "empty.png", "gone.jpg"]
    assert all(name in result.stderr for name in names)


def test_nothing_that_can_be_done(run: Run, library: Path | str, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty", photos / "notes.txt", "--library", library, code=2)
    assert json.loads(result.stdout)["recommendations"] == []
    assert "no picture and no song in this folder" in result.stderr
    for wrong in (
        (),
        ("--valence", 0.5),
        ("--valence", 2, "--arousal", 0.5),
        ("--emotion", "hunger"),
        ("--emotion", "anger", "--valence", 1, "--arousal", 1),
        ("--emotion", "anger", "--genre", "polka"),
        ("--emotion", "anger", "--plot", tmp_path / "plot.gif"),
        ("--emotion", "anger", "--output", tmp_path / "list.doc"),
        ("--emotion", "anger", "--output", tmp_path / "gone" / "list.csv"),
        ("--emotion", "anger", "--top", 0),
        ("--emotion", "anger", "--music", tmp_path),
    ):
        run(*wrong, "--library", library, code=2)


def test_an_empty_library_says_what_to_do(run: Run, photos: Path, tmp_path: Path, at: Locations) -> None:
    LibraryStore.open(at(tmp_path / "empty.db"), create=True).close()
    assert "scan a folder" in run(photos, "--library", at(tmp_path / "empty.db"), code=2).stderr
    assert "scan some music into it" in run(photos, "--library", tmp_path / "missing.db", code=2).stderr


def test_numbers_and_emotions(run: Run, library: Path | str) -> None:
    assert songs(run("--valence", 1, "--arousal", 1, "--library", library))[0] == NON_UTF8
    (found,) = json.loads(run("--emotion", "Happiness", "--library", library).stdout)["recommendations"]
    emotions = found["query"]["emotions"]
    assert max(emotions, key=emotions.get) == "happiness"


def test_words_are_completed() -> None:
    (option,) = (each for each in recommend.params if each.name == "emotion")
    found = option.shell_complete(click.Context(recommend), "me")
    assert [item.value for item in found] == ["melancholic", "melancholy", "mellow", "merry"]


def test_every_format_may_be_asked_for() -> None:
    (option,) = (each for each in recommend.params if "--format" in each.opts)
    assert [str(choice) for choice in option.type.choices] == ["table", *FORMATS]


def test_every_format_prints_and_is_written_by_its_ending(
    run: Run, library: Path | str, photos: Path, tmp_path: Path
) -> None:
    for name in FORMATS:
        printed = run(photos, "--library", library, "--format", name).printed
        file = tmp_path / f"list.{name}"
        assert run(photos, "--library", library, "--output", file).printed == b""
        assert file.read_bytes() == printed
    rows = list(csv.DictReader(io.StringIO((tmp_path / "list.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 30
    assert [row["rank"] for row in rows[:10]] == [str(rank) for rank in range(1, 11)]
    assert ElementTree.parse(tmp_path / "list.xspf").getroot().tag == "{http://xspf.org/ns/0/}playlist"


def test_a_playlist_of_files_takes_songs_with_a_file(run: Run, tmp_path: Path, at: Locations) -> None:
    asked = ("--emotion", "happiness", "--library", at(tmp_path / "l.db"), "--match", "absolute")
    near, far = song("spotify:a", 0.88, 0.74, title="Table"), record("/music/a.mp3", 0.1, 0.1, title="File")
    make_library(at(tmp_path / "l.db"), [far], [near]).close()
    assert "Table" in run(*asked, "--top", 1, "--format", "xspf").stdout
    for name in ("a.m3u8", "a.m3u", "a.pls"):
        told = run(*asked, "--top", 1, "--output", tmp_path / name).stderr
        assert "/music/a.mp3" in (tmp_path / name).read_text()
        assert told.count("\n") == 1
    assert "no place in m3u8" in run(*asked, "--no-files", "--format", "m3u8", code=2).stderr
    make_library(at(tmp_path / "t.db"), [], [near]).close()
    said = run(
        "--emotion", "happiness", "--library", at(tmp_path / "t.db"), "--output", tmp_path / "b.m3u8", code=2
    ).stderr
    assert "has a file" in said
    assert not (tmp_path / "b.m3u8").exists()


def test_lists_are_full_or_say_why_not(run: Run, tmp_path: Path, at: Locations) -> None:
    records = [record(f"/m/{i}.mp3", i / 40, i / 40, artist="Bach", album="Mass") for i in range(30)]
    records += [record("/m/x.mp3", 0.5, 0.5, artist="Liszt"), record("/m/y.mp3", 0.5, 0.4, duration=3.0)]
    make_library(at(tmp_path / "l.db"), records).close()

    def listed(*options: object) -> tuple[int, str]:
        result = run("--valence", 0.5, "--arousal", 0.5, "--library", at(tmp_path / "l.db"), *options)
        return len(songs(result)), result.stderr

    assert listed()[0] == 10
    assert "Left out as no music: 1 shorter than 5 seconds" in listed()[1]
    for options in (("--artist", "bach"), ("--album", "mass"), ("--folder", "/m", "--together")):
        assert listed(*options)[0] == 10
    count, told = listed("--per-artist", 2)
    assert count == 3
    assert "Only 3 of 10 songs: 31 may be chosen, and none comes twice nor more than 2 of one artist" in told
    assert "Only 1 of 10 songs: 1 may be chosen" in listed("--artist", "liszt")[1]
    assert listed("--top", 32, "--speech") == (32, "")


def test_the_table_is_readable(run: Run, library: Path | str, photos: Path) -> None:
    result = run(photos / "a.jpg", "--valence", 1, "--arousal", 1, "--library", library, "--format", "table")
    assert "a.jpg: " in result.stdout
    assert "of your library" in result.stdout
    assert "0:00-0:30" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_filters_and_limits_hold(run: Run, library: Path | str) -> None:
    options = ("--emotion", "anger", "--library", library, "--year", "1970-1989", "--per-artist", 1, "--top", 50)
    found = songs(run(*options))
    assert len(found) == 9
    assert all(10 <= int(Path(name).stem) < 30 for name in found)


def test_together_is_one_playlist(run: Run, library: Path | str, photos: Path) -> None:
    shape = json.loads(run(photos, "--library", library, "--together", "--top", 6).stdout)
    assert asked(shape) == ["a.jpg", "b.png", "c.webp"]
    ranks = [[match["rank"] for match in each["matches"]] for each in shape["recommendations"]]
    assert ranks == [[1, 2], [3, 4], [5, 6]]
    text = run(photos, "--library", library, "--together", "--format", "m3u8").stdout
    assert text.count("#EXTINF") == 10


@pytest.mark.parametrize("name", ["plane.png", "plane.svg"])
def test_plot(run: Run, name: str, library: Path | str, photos: Path, tmp_path: Path) -> None:
    run(photos, "--library", library, "--plot", tmp_path / name)
    assert (tmp_path / name).stat().st_size > 10_000


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "music"
    folder.mkdir()
    for i in range(3):
        write_sound(folder / f"{i}.wav", 200.0 + 150.0 * i)
    (folder / "broken.mp3").write_bytes(b"no sound")
    return folder


@pytest.mark.sqlite("the library that a folder gets in the cache")
def test_a_folder_of_music_is_scanned_first_and_only_once(run: Run, music: Path, photos: Path, tmp_path: Path) -> None:
    shape = json.loads(run(photos / "a.jpg", "--music", music, "--speech", code=1).stdout)
    assert [Path(error["path"]).name for error in shape["errors"]] == ["broken.mp3"]
    again = json.loads(run(photos / "a.jpg", "--music", music, "--speech").stdout)
    assert again["recommendations"] == shape["recommendations"]
    tracks = [match["track"] for match in again["recommendations"][0]["matches"]]
    assert sorted(Path(track["path"]).name for track in tracks) == ["0.wav", "1.wav", "2.wav"]
    assert len(list((tmp_path / "cache" / "img2music").glob("folder-*.db"))) == 1


def test_a_folder_of_the_library_is_not_listened_to_again(
    run: Run, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Locations
) -> None:
    monkeypatch.setenv("IMG2MUSIC_LIBRARY", str(at(tmp_path / "library.db")))
    (tmp_path / "link").symlink_to(music)
    outside = record("/elsewhere/x.mp3", 0.5, 0.5)
    make_library(at(tmp_path / "library.db"), [outside]).close()
    with LibraryStore.open(at(tmp_path / "library.db")) as store:
        scan(store, [music], ScanOptions(jobs=1))
    for folder in (music, tmp_path / "link"):
        found = songs(run("--emotion", "anger", "--music", folder, "--speech"))
        assert sorted(found) == ["0.wav", "1.wav", "2.wav"]
    shutil.copyfile(music / "0.wav", music / "new.wav")
    run("--emotion", "anger", "--music", music, "--speech")
    with LibraryStore.open(at(tmp_path / "library.db")) as store:
        assert store.count() == 5
    assert not (tmp_path / "cache" / "img2music").exists()
    run("--emotion", "anger", "--music", music, "--folder", music, code=2)


def test_the_folder_of_an_album_stands_for_its_songs(run: Run, library: Path | str, music: Path, photos: Path) -> None:
    (music / "CD2").mkdir()
    (music / "0.wav").rename(music / "CD2" / "0.wav")
    (music / "broken.mp3").unlink()
    for name in ("Folder.jpg", "CD2/cover.jpg", "AlbumArt_{4F}_Small.jpg"):
        shutil.copyfile(photos / "a.jpg", music / name)
    result = run(music, "--library", library)
    assert asked(json.loads(result.stdout)) == ["1.wav", "2.wav", "0.wav"]
    assert "3 pictures are covers or copies" in result.stderr
    assert "One playlist for 3 songs" in run(music, "--together", "--library", library, "--format", "table").stdout
    shutil.copyfile(photos / "a.jpg", photos / "folder.jpg")
    result = run(photos, "--library", library)
    assert asked(json.loads(result.stdout)) == ["a.jpg", "b.png", "c.webp"]
    assert "1 pictures are covers or copies" in result.stderr


@pytest.mark.sqlite("the library that a folder gets in the cache")
def test_a_folder_without_music(run: Run, photos: Path, music: Path, tmp_path: Path) -> None:
    assert "no such folder" in run("--emotion", "anger", "--music", tmp_path / "gone", code=2).stderr
    assert "no music in this folder" in run("--emotion", "anger", "--music", photos, code=2).stderr
    for file in music.glob("*.wav"):
        file.unlink()
    assert "broken.mp3" in run("--emotion", "anger", "--music", music, code=2).stderr


@pytest.mark.sqlite("the library that a folder gets in the cache")
def test_a_song_is_a_query_and_not_its_own_answer(run: Run, music: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    shutil.copyfile(music / "1.wav", copy)
    write_sound(tmp_path / "new.wav", 300.0)
    result = run(copy, tmp_path / "new.wav", "--music", music, "--speech", code=1)
    assert sorted(songs(result)) == ["0.wav", "2.wav"]
    assert sorted(songs(result, 1)) == ["0.wav", "1.wav", "2.wav"]
    assert "the song" in result.stdout
    listened = run(tmp_path / "photo.txt", copy, "--music", music, "--speech", code=1)
    assert "photo.txt" in listened.stderr
