"""The spot command, on a real film and a real library."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from img2music.soundtrack.swapping import load
from tests.cli.conftest import Shell
from tests.conftest import ROOT, Locations
from tests.soundtrack.test_film import grain
from tests.soundtrack.test_spotting import SONGS, song
from tests.support.films import Still, make_film
from tests.support.small_models import colour_model, written
from tests.support.songs import library as make_library

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[str, str]]

UNHEARD = "img2music: 0 of 3 cues begin on a beat of their song; not cues 1, 2, 3: it can't be read.\n"
"""The library's songs are not there."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, places: Locations) -> Path:
    folder = tmp_path_factory.mktemp("spot")
    make_film(
        folder / "film.mp4", [Still(grain(0.6, 0.1), 6.0), Still(grain(0.7, 0.9), 6.0), Still(grain(0.1, 0.3), 6.0)]
    )
    make_library(places(folder / "library.db"), SONGS).close()
    written(folder, colour_model())
    return folder


@pytest.fixture
def run(folder: Path, places: Locations, shell: Shell) -> Run:
    """Run the command as the shell does, and check its exit code."""

    def run_command(*arguments: object, code: int = 0, film: Path | None = None, library: str = "library.db"):
        words = ["spot", film or folder / "film.mp4", "--library", places(folder / library)]
        words += ["--image-model", folder / "colours.onnx", "--match", "absolute", "--least-scene", 5, *arguments]
        printed, told = shell(*words, code=code)
        return printed.decode(), told

    return run_command


def test_json_is_the_documented_cue_sheet(run: Run, folder: Path) -> None:
    printed, told = run("--cues", "scene")
    sheet = json.loads(printed)
    jsonschema.validate(sheet, json.loads((ROOT / "docs/schemas/cues.json").read_text(encoding="utf-8")))
    assert sheet["film"]["path"] == str(folder / "film.mp4")
    assert (sheet["film"]["fps"], sheet["film"]["frames"]) == (25.0, 450)
    assert [scene["start_frame"] for scene in sheet["scenes"]] == [0, 150, 300]
    titles = [cue["track"]["title"] for cue in sheet["cues"]]
    assert titles[0].startswith("Quiet")
    assert titles[1:] == ["Dance", "Tears"]
    assert told == UNHEARD
    for scene, cuts in zip(sheet["scenes"], (0.0, 10.0, 10.0), strict=True):
        assert scene["measures"]["movement"] < 0.02
        assert scene["measures"]["cuts"] == pytest.approx(cuts)
        assert (scene["measures"]["loudness"], scene["measures"]["speech"]) == (None, None)
    alone = json.loads(run("--cues", "scene", "--pictures-only")[0])
    for scene, plain in zip(sheet["scenes"], alone["scenes"], strict=True):
        shift = scene["measures"]["arousal_shift"]
        assert scene["affect"]["arousal"] == pytest.approx(plain["affect"]["arousal"] + shift, abs=0.002)
        assert scene["affect"]["valence"] == plain["affect"]["valence"]
        assert plain["measures"] == {**scene["measures"], "arousal_shift": 0.0}


def test_a_file_is_written_and_can_be_read_back(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "cues.json"
    printed, told = run("--output", output, "--cues", "scene")
    assert printed == ""
    assert told == f"img2music: written to {output}\n{UNHEARD}"
    assert [len(load(output).scenes), len(load(output).cues)] == [3, 3]


def test_csv_and_table(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv", "--cues", "scene")[0])))
    assert [row["start_frame"] for row in rows] == ["0", "150", "300"]
    table, _ = run("--format", "table", "--cues", "scene")
    assert "0:18: 3 shots, 3 scenes, 3 cues" in table
    assert "Dance" in table
    assert "or 1: " in table


def test_a_plot_shows_scenes_and_cues(run: Run, tmp_path: Path) -> None:
    run("--plot", tmp_path / "film.png")
    with Image.open(tmp_path / "film.png") as image:
        colours = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3)[::3].tolist()}
    assert (0, 114, 178) in colours  # valence
    assert (213, 94, 0) in colours  # arousal
    # The pictures of the scenes.
    for red, green in ((0.6, 0.1), (0.7, 0.9), (0.1, 0.3)):
        assert any(abs(c[0] - 255 * red) < 15 and abs(c[1] - 255 * green) < 15 and abs(c[2] - 76) < 15 for c in colours)
    run("--plot", tmp_path / "film.svg", "--pin", "2=Tears")
    assert "Tears" in (tmp_path / "film.svg").read_text()
    assert "dashed: of the music" in (tmp_path / "film.svg").read_text()
    make_film(tmp_path / "one.mp4", [Still(grain(0.6, 0.1), 2.0)])
    run("--plot", tmp_path / "one.svg", film=tmp_path / "one.mp4")
    assert "one.mp4, 0:02: 1 shot, 1 scene, 1 cue" in (tmp_path / "one.svg").read_text()


def test_a_library_of_one_short_song(run: Run, folder: Path, places: Locations) -> None:
    make_library(places(folder / "short.db"), [song("Jingle", "lively", 3.0)]).close()
    _, told = run("--speech", library="short.db", code=2)
    assert "lasts 0:03, too short" in told


def test_a_library_without_songs(run: Run, folder: Path, places: Locations) -> None:
    make_library(places(folder / "empty.db"), []).close()
    _, told = run(library="empty.db", code=2)
    assert "has no songs yet" in told


BAD = {
    "photo": (["--cues", "auto"], "picture, not a film"),
    "pin": (["--pin", "Dance"], "give SCENE=TRACK"),
    "pin of many digits": (["--pin", f"{'9' * 5000}=Dance"], "give SCENE=TRACK"),
    "pin of scene 0": (["--pin", "0=Dance"], "give SCENE=TRACK"),
    "pinned twice": (["--pin", "1=Dance", "--pin", "1=Tears"], "pinned twice"),
    "unknown song": (["--ban", "Nobody"], "No song of the library"),
    "format": (["--output", "cues.doc"], "must end in .json, .csv, .songs.csv, .otio"),
    "folder": (["--output", "nowhere/cues.json"], "there is no such folder"),
    "plot": (["--plot", "film.jpg"], "a plot must end in .png or .svg"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_clear_line(run: Run, tmp_path: Path, name: str) -> None:
    arguments, said = BAD[name]
    photo = tmp_path / "photo.mp4"
    Image.new("RGB", (64, 48)).save(photo, format="PNG")
    _, told = run(*arguments, film=photo, code=2)
    assert said in told
    assert len(told.splitlines()) == 1


def test_the_film_is_never_written_over(run: Run, folder: Path) -> None:
    before = (folder / "film.mp4").read_bytes()
    _, told = run("--output", folder / "film.mp4", "--format", "json", code=2)
    assert "is the film itself" in told
    assert (folder / "film.mp4").read_bytes() == before
