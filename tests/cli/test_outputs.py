"""What every command does with options given again, and with files that are there already."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image

import img2music
from img2music.cli.output import require_outputs
from img2music.errors import UsageError
from img2music.matching.playlists import FORMATS
from tests.cli.conftest import Shell
from tests.conftest import Locations
from tests.soundtrack.test_spotting import song
from tests.support.commands import COMMANDS
from tests.support.films import Still, make_film
from tests.support.songs import library as make_library
from tests.support.songs import record

pytestmark = pytest.mark.slow

Run = Callable[..., str]

OUTPUTS = {"audio_only", "explain", "out", "output", "outputs", "plot", "report", "sheets"}
"""Parameters that name what is written; the file of ``library export`` is one too."""


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_repeats_or_refuses(name: str) -> None:
    command = COMMANDS[name]
    for option in command.params:
        if not isinstance(option, click.Option) or option.is_eager:
            continue
        once = [option.opts[0]] if option.is_flag else [option.opts[0], "1"]
        refused = ""
        try:
            command.make_context(name, [*once, *once])
        except click.UsageError as error:
            refused = error.message
        assert ("can be given only once" in refused) is not option.multiple, option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_what_writes_can_be_forced(name: str) -> None:
    names = {param.name for param in COMMANDS[name].params}
    exports = ("library export", "feedback export", "playlist export")
    assert ("force" in names) is (bool(names & OUTPUTS) or name in exports)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Shell, at: Locations) -> Run:
    """Run the command as the shell does, where there is a small library, and give what it told."""
    make_library(
        at(tmp_path / "library.db"), [record(f"/music/{i}.mp3", i / 9, 0.5, title=str(i)) for i in range(9)]
    ).close()
    monkeypatch.setenv("IMG2MUSIC_LIBRARY", str(at(tmp_path / "library.db")))
    monkeypatch.chdir(tmp_path)

    def run_command(line: str, code: int = 0) -> str:
        return shell(*line.split(), code=code)[1]

    return run_command


JOY = "recommend --emotion happiness"


@pytest.mark.parametrize(
    "output",
    [*(f"--output list.{form}" for form in FORMATS), "--plot plane.png", "--plot plane.svg"],
)
def test_an_older_result_is_replaced_only_if_asked(run: Run, output: str, tmp_path: Path) -> None:
    line, file = f"{JOY} {output}", tmp_path / output.split()[1]
    run(line)
    written = file.read_bytes()
    file.write_bytes(written + b"\n")
    assert f"{file.name} is there already: give --force to replace it" in run(line, code=2)
    assert file.read_bytes() == written + b"\n"
    run(f"{line} --force")
    assert file.read_bytes() == written


def test_an_export_is_replaced_only_if_asked(run: Run, tmp_path: Path) -> None:
    run("library export music.jsonl")
    assert "give --force" in run("library export music.jsonl", code=2)
    run("library export music.jsonl --force")
    (tmp_path / "notes.txt").write_text("mine")
    assert "is not an exported library" in run("library export notes.txt --force", code=2)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("recommend photo.jpg --format csv --output photo.jpg", "is one of the inputs"),
        ("recommend album --plot album/inner/photo.png", "is one of the inputs"),
        ("recommend album --plot linked.png", "is one of the inputs"),
        (f"{JOY} --format m3u8 --output song.mp3", "does not fit an M3U playlist"),
        (f"{JOY} --output song.m3u8", "is not an M3U playlist"),
        (f"{JOY} --output table.csv", "is not a CSV list of matches"),
        (f"{JOY} --output settings.json", "is not a JSON list of matches"),
        (f"{JOY} --plot other.png", "is not a plot"),
        (f"{JOY} --output list.m3u8 --plot photo.jpg", "a plot must end in .png or .svg"),
        ("analyze photo.jpg --explain other.png", "is not a plot"),
        ("train image --data gone --out settings.json", "does not fit an ONNX model"),
        ("train image --data gone --network alexnet --out model.onnx", "is not an ONNX model"),
        ("train audio --emotify gone --pmemo gone.csv --out settings.json", "is not a music affect model"),
        (
            "train text --emobank gone.csv --glasgow gone.csv --out a.npz --minilm song.mp3",
            "does not fit a file of arrays",
        ),
        ("train music --table gone.csv --output album", "holds other files"),
        ("evaluate music --model gone --table gone.csv --report album", "gone is no folder"),
    ],
)
def test_nothing_else_is_ever_replaced(run: Run, line: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "album/inner").mkdir(parents=True)
    for name in ("photo.jpg", "album/inner/photo.png", "other.png"):
        Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / name)
    (tmp_path / "linked.png").hardlink_to(tmp_path / "album/inner/photo.png")
    for name in ("song.mp3", "song.m3u8"):
        (tmp_path / name).write_bytes(b"ID3\4")
    (tmp_path / "table.csv").write_text("title,rank,id\n")
    (tmp_path / "model.onnx").write_text("mine")
    (tmp_path / "settings.json").write_text('{"schema": "mine"}')
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()}
    for force in ("", " --force"):
        assert says in run(line + force, code=2)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="terminals")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_terminal_is_asked(answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.m3u8"
    file.write_text("#EXTM3U\n")
    here, there = os.openpty()
    with os.fdopen(os.dup(there)) as stdin, os.fdopen(there, "w") as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        os.write(here, f"{answer}\n".encode())
        if answer == "y":
            require_outputs([(file, FORMATS["m3u8"].kind)], force=False)
        else:
            with pytest.raises(UsageError, match="left as it was"):
                require_outputs([(file, FORMATS["m3u8"].kind)], force=False)
        shown = b""
        while b"is there already. Replace it?" not in shown:  # after what was typed, which a terminal shows too
            shown += os.read(here, 10_000)
    os.close(here)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cues": "one"}, "No song is as long as the film"),
        ({}, "too short for a scene"),
        ({"pins": {9: "Short"}}, "a film of 0:02 has at most 1 scene"),
        ({"cues": "one", "pins": {1: "Short"}}, "lasts 0:00, and the film 0:02"),
        ({"cues": "one", "pins": {1: "Short", 2: "Long"}, "least_scene": 1.0}, "only one song can be pinned"),
    ],
)
def test_impossible_cues_are_refused_before_the_film_is_read(
    wrong: dict[str, Any], says: str, tmp_path: Path, at: Locations
) -> None:
    make_film(tmp_path / "film.mp4", [Still(np.full((48, 64, 3), 90, np.uint8), 2.0)])
    songs = [song("Short", "calm", 0.5), *([song("Long", "calm", 9.0)] if "pins" in wrong else [])]
    make_library(at(tmp_path / "library.db"), songs).close()
    read: list[float] = []
    everything = img2music.TrackFilter(speech=True)  # very short songs, too
    with (
        img2music.Library.open(at(tmp_path / "library.db"), read_only=True) as library,
        pytest.raises(UsageError) as error,
    ):
        library.spot(tmp_path / "film.mp4", where=everything, progress=lambda done, _: read.append(done), **wrong)
    assert says in str(error.value)
    assert not read
