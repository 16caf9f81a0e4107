"""What is no music: ``tracks`` tells it, and every command that chooses leaves it out unless ``--speech`` is given."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import img2music
from img2music.affect import Affect
from img2music.analysis import CurvePoint
from tests.conftest import Locations
from tests.soundtrack.test_film import grain
from tests.support.commands import call
from tests.support.films import Still, make_film
from tests.support.small_models import colour_model, written
from tests.support.songs import library as make_library
from tests.support.songs import record
from tests.support.sounds import encode, tone

pytestmark = pytest.mark.slow

MOODS = {"film": (0.7, 0.9), "music": (0.1, 0.1)}
READINGS: dict[str, dict[str, Any]] = {
    "music": {},
    "noise": {"speechiness": 0.24, "tempo": 150.0, "raw_valence": 0.0, "instrumentalness": 0.83},
    "short": {"duration": 4.0},
    "speech": {"speechiness": 0.69, "tempo": 146.0, "energy": 0.06, "acousticness": 0.9, "instrumentalness": 0.08},
}
NOTE = "Left out as no music: 1 speech, 1 noise, 1 shorter than 5 seconds; --speech takes them in."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, places: Locations) -> Path:
    folder = tmp_path_factory.mktemp("no-music")
    written(folder, colour_model())
    (folder / "photos").mkdir()
    make_film(folder / "film.mp4", [Still(grain(*MOODS["film"]), 3.0)])
    for name, arousal in (("a", 0.9), ("b", 0.7)):
        Image.fromarray(grain(0.7, arousal)).resize((320, 240)).save(folder / "photos" / f"{name}.png")
    records = []
    for kind, readings in READINGS.items():
        path = encode(folder / f"{kind}.flac", tone(440.0, readings.get("duration", 8.0), 16_000), "flac", 16_000)
        mood, lasts = MOODS.get(kind, MOODS["film"]), readings.get("duration", 8.0)
        curve = [CurvePoint(0.0, lasts, Affect(*mood))]
        records.append(record(str(path), *mood, curve=curve, title=kind, **({"duration": lasts} | readings)))
    make_library(places(folder / "library.db"), records).close()
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, places: Locations) -> Path | str:
    return places(folder / "library.db")


def titles(shape: dict[str, Any]) -> set[str]:
    """Of the songs of a list of recommendations, or of a cue sheet, those that it offers instead among them."""
    chosen = [match for each in shape.get("recommendations", ()) for match in each["matches"]]
    chosen += [each for cue in shape.get("cues", ()) for each in (cue, *cue["alternatives"])]
    return {each["track"]["title"] for each in chosen}


def run(*arguments: object) -> tuple[str, str]:
    code, printed, told = call(*arguments)
    assert code == 0, told
    return printed, told


def recommended(folder: Path, library: Path | str, *speech: str) -> tuple[set[str], str]:
    printed, told = run("recommend", "--emotion", "joy", "--library", library, *speech)
    return titles(json.loads(printed)), told


def playlist(folder: Path, library: Path | str, *speech: str) -> tuple[set[str], str]:
    file = folder / "list.m3u8"
    asked = ("--emotion", "joy", "--library", library, "--output", file, "--force")
    _, told = run("recommend", *asked, *speech)
    return {Path(line).stem for line in file.read_text().splitlines() if not line.startswith("#")}, told


def together(folder: Path, library: Path | str, *speech: str) -> tuple[set[str], str]:
    asked = (folder / "photos", "--image-model", folder / "colours.onnx", "--library", library)
    printed, told = run("recommend", *asked, "--together", *speech)
    return titles(json.loads(printed)), told


def cued(command: str) -> Callable[..., tuple[set[str], str]]:
    def of_command(folder: Path, library: Path | str, *speech: str) -> tuple[set[str], str]:
        sheet = folder / "cues.json"
        outputs = (
            ("--output", sheet) if command == "spot" else ("--output", folder / "new.mp4", "--sheet-output", sheet)
        )
        chosen = ("--image-model", folder / "colours.onnx", "--match", "absolute", "--least-scene", 2)
        small = ("--size", 90, "--fps", 10, "--seconds-per-photo", 1.5) if command == "slideshow" else ()
        source = folder / ("photos" if command == "slideshow" else "film.mp4")
        where = ("--library", library, "--force")
        _, told = run(command, source, *where, *outputs, *chosen, *small, *speech)
        return titles(json.loads(sheet.read_text())), told

    return of_command


def in_python(folder: Path, library: Path | str, *speech: str) -> tuple[set[str], str]:
    with img2music.Library.open(library, read_only=True) as opened:
        found = opened.recommend(emotion="joy", speech=True) if speech else opened.recommend(emotion="joy")
        return {match.track.title or "" for each in found for match in each.matches}, "\n".join(found.notes)


COMMANDS = {
    "recommend": recommended,
    "a playlist": playlist,
    "together": together,
    **{command: cued(command) for command in ("spot", "score", "slideshow")},
    "Python": in_python,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_music_is_chosen_only_when_asked_for(folder: Path, library: Path | str, name: str) -> None:
    chosen, told = COMMANDS[name](folder, library)
    assert chosen == {"music"}
    assert NOTE in told.replace("`speech=True`", "--speech")
    chosen, told = COMMANDS[name](folder, library, "--speech")
    assert chosen == set(READINGS)
    assert "Left out" not in told


def test_tracks_tells_what_each_is(library: Path | str) -> None:
    where = ("--library", library)
    kinds = list(READINGS)  # by path
    assert [each["kind"] for each in json.loads(run("tracks", *where, "--format", "json")[0])["tracks"]] == kinds
    rows = csv.DictReader(io.StringIO(run("tracks", *where, "--format", "csv")[0]))
    assert [row["kind"] for row in rows] == kinds
    _, *lines = run("tracks", *where, "--format", "table")[0].splitlines()
    told = [line.split()[-1] for line in lines if "#" in line]
    assert told == ["major", *kinds[1:]]  # music is told by nothing: its key comes last
    listed = json.loads(run("tracks", *where, "--no-speech", "--format", "json")[0])["tracks"]
    assert [each["kind"] for each in listed] == ["music"]


def test_an_export_holds_all_that_was_heard(library: Path | str, tmp_path: Path, at: Locations) -> None:
    run("library", "export", tmp_path / "all.jsonl", "--library", library)
    run("library", "import", tmp_path / "all.jsonl", "--library", at(tmp_path / "copy.db"))
    with img2music.Library.open(at(tmp_path / "copy.db"), read_only=True) as copy:
        assert [track.kind for track in copy] == list(READINGS)
