"""The score command, on a real film and a real library."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from PIL import Image

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.media.video import survey_of
from img2music.soundtrack.swapping import load
from tests.cli.conftest import Shell
from tests.conftest import Locations
from tests.media.test_film_writer import digest
from tests.soundtrack.test_film import grain
from tests.support.films import Still, make_film
from tests.support.small_models import colour_model, written
from tests.support.songs import library as make_library
from tests.support.songs import record
from tests.support.sounds import clicks, encode, tone
from tests.support.soundtracks import RATE, metered

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[str, str]]

SECONDS = 12.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, places: Locations) -> Path:
    folder = tmp_path_factory.mktemp("score")
    make_film(folder / "film.mp4", [Still(grain(0.6, 0.1), SECONDS / 2), Still(grain(0.7, 0.9), SECONDS / 2)])
    written(folder, colour_model())
    songs = []
    for name, mood, tempo in (("calm", (0.6, 0.1), 90.0), ("lively", (0.7, 0.9), 120.0)):
        path = encode(folder / f"{name}.flac", clicks(tempo, 20.0, 44_100) + tone(220.0, 20.0, amplitude=0.1), "flac")
        curve = [CurvePoint(at, at + 4.0, Affect(*mood)) for at in np.arange(0.0, 20.0, 4.0).tolist()]
        songs.append(record(str(path), *mood, duration=20.0, curve=curve, title=name))
    make_library(places(folder / "library.db"), songs).close()
    make_library(places(folder / "empty.db"), []).close()
    jingle = encode(folder / "jingle.flac", clicks(120.0, 3.0, 44_100), "flac")
    tagged = mutagen.File(jingle)
    tagged["title"] = "Jingle"
    tagged.save()
    make_library(places(folder / "short.db"), [record(str(jingle), 0.5, 0.5, duration=3.0, title="jingle")]).close()
    Image.new("RGB", (64, 48)).save(folder / "photo.mp4", format="PNG")
    return folder


@pytest.fixture
def run(folder: Path, places: Locations, monkeypatch: pytest.MonkeyPatch, shell: Shell) -> Run:
    """Run the command as the shell does, in the folder, and check its exit code."""

    def run_command(*arguments: object, code: int = 0, film: str = "film.mp4", library: str = "library.db"):
        words = ["score", film, "--image-model", "colours.onnx", "--match", "absolute", "--least-scene", 4]
        words = ["score", film] if "--sheet" in arguments else [*words, "--library", places(folder / library)]
        monkeypatch.chdir(folder)
        printed, told = shell(*words, *arguments, code=code)
        return printed.decode(), told

    return run_command


def samples(path: Path) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    with av.open(str(path)) as container:
        same = av.AudioResampler("flt", "stereo", RATE)
        parts = [each.to_ndarray() for frame in container.decode(audio=0) for each in same.resample(frame)]
    return np.concatenate(parts, axis=1).reshape(-1, 2)


def test_a_film_is_scored_and_scored_again_from_its_sheet(run: Run, folder: Path, tmp_path: Path) -> None:
    first, sheet, second = tmp_path / "first.mp4", tmp_path / "cues.json", tmp_path / "second.mkv"
    printed, told = run("--output", first, "--sheet-output", sheet, "--cues", "scene", "--plot", tmp_path / "film.png")
    assert "calm" in printed
    assert "lively" in printed
    assert told.count("written to") == 3
    assert digest(first) == digest(folder / "film.mp4")
    assert survey_of(first).duration == pytest.approx(SECONDS, abs=0.001)
    sound = samples(first)
    assert 0 <= len(sound) - SECONDS * RATE < 1024
    loudness, peak = metered([sound])
    assert abs(loudness + 16.0) < 0.5
    assert peak <= -1.0
    assert [cue.track.title for cue in load(sheet).cues] == ["calm", "lively"]

    seams = tmp_path / "seams.mp4"
    told = run("--sheet", sheet, "--output", seams, "--preview-seams", "--use", "2=1", "--use", "1=1")[1]
    assert survey_of(seams).duration == pytest.approx(8.0)
    assert "cue 2 has another song: #1 calm" in told
    assert "cue 1 has another song: #2 lively" in told
    edited = json.loads(sheet.read_text())
    edited["cues"] = edited["cues"][:1]
    edited["cues"][0]["gain_db"] = 3.0
    sheet.write_text(json.dumps(edited))
    words = ("--stems", tmp_path, "--loudness", -20)
    told = run("--sheet", sheet, "--output", second, "--audio-only", tmp_path / "music.flac", *words)[1]
    stem = tmp_path / "film-music.wav"
    assert f"written to {stem}" in told
    assert not (tmp_path / "film-film.wav").exists()  # it has no sound of its own
    assert np.abs(samples(stem) - samples(tmp_path / "music.flac")).max() < 2e-6
    assert digest(second) == digest(folder / "film.mp4")
    music = samples(tmp_path / "music.flac")
    assert len(music) == SECONDS * RATE
    assert np.abs(music[: 4 * RATE]).max() > 0.01
    assert np.abs(music[8 * RATE :]).max() == 0.0  # the cue that was taken out
    assert abs(metered([music])[0] + 20.0) < 0.5


BAD = {
    "photo": (["--output", "out.mp4"], {"film": "photo.mp4"}, "picture, not a film"),
    "no film": (["--output", "out.mp4"], {"film": "none.mp4"}, "no such file"),
    "nothing to write": ([], {}, "give --output, --audio-only or --stems"),
    "ending": (["--output", "out.txt"], {}, "must end in .mp4, .mov, .mkv or .webm"),
    "ending of the sheet": (["--output", "out.mp4", "--sheet-output", "a.doc"], {}, "a cue sheet must end in .json"),
    "ending of sound": (["--audio-only", "out.mp4"], {}, "must end in .flac"),
    "folder": (["--output", "nowhere/out.mp4"], {}, "there is no such folder"),
    "the film": (["--output", "film.mp4"], {}, "is the film itself"),
    "twice": (
        ["--output", "out.mp4", "--sheet-output", "./out.mp4.json", "--plot", "film.gif"],
        {},
        "a plot must end in",
    ),
    "a song": (["--audio-only", "calm.flac", "--cues", "one", "--ban", "lively"], {}, "is the song itself"),
    "a song by its tags": (["--audio-only", "jingle.flac", "--force"], {}, "is a song, as its tags say"),
    "one short song": (["--output", "out.mp4", "--speech"], {"library": "short.db"}, "too short"),
    "no songs": (["--output", "out.mp4"], {"library": "empty.db"}, "has no songs yet"),
    "no sheet": (["--output", "out.mp4", "--sheet", "photo.mp4"], {}, "is no cue sheet"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_clear_line_and_nothing_written(run: Run, folder: Path, name: str) -> None:
    arguments, rest, said = BAD[name]
    before = {path: path.read_bytes() for path in folder.iterdir() if ".db" not in path.name}
    _, told = run(*arguments, code=2, **rest)
    assert said in told
    assert len(told.splitlines()) == 1
    assert {path: path.read_bytes() for path in folder.iterdir() if ".db" not in path.name} == before


def test_a_link_to_the_film_is_the_film(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "soft.mp4").symlink_to(folder / "film.mp4")
    (tmp_path / "hard.mp4").hardlink_to(folder / "film.mp4")
    for name in ("soft.mp4", "hard.mp4"):
        assert "is the film itself" in run("--output", tmp_path / name, code=2)[1]


def test_a_sheet_goes_without_options_that_choose(run: Run, tmp_path: Path) -> None:
    told = run("--sheet", "cues.json", "--pin", "1=calm", "--output", tmp_path / "out.mp4", code=2)[1]
    assert "--sheet goes without --pin" in told


@pytest.fixture
def sheet(folder: Path, tmp_path: Path) -> Path:
    cue = {"start": 0.0, "end": SECONDS, "track": {"path": str(folder / "calm.flac")}}
    cue["passage"] = {"start": 0.0, "end": SECONDS}
    film = {"path": "elsewhere.mp4", "duration": SECONDS, "fps": 25.0}
    file = tmp_path / "cues.json"
    file.write_text(json.dumps({"schema": "img2music/cues/1", "film": film, "scenes": [], "cues": [cue]}))
    return file


def test_a_sheet_of_another_film(run: Run, folder: Path, sheet: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "other.mp4", [Still(grain(0.6, 0.1), 2.0)])
    told = run("--sheet", sheet, "--output", tmp_path / "out.mp4", film=str(tmp_path / "other.mp4"), code=2)[1]
    assert "lasts 0:02, and the cue sheet is for a film of 0:12" in told


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_killed_command_leaves_nothing_under_the_name(
    folder: Path, sheet: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    command = [sys.executable, "-m", "img2music", "score", str(folder / "film.mp4"), "--sheet", str(sheet)]
    # A slow encoder, so that it is still at work.
    with subprocess.Popen([*command, "--output", str(results / "out.webm")], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not any(results.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(sent)
        process.communicate()
    assert process.returncode == code
    left = [path.name for path in results.iterdir()]
    assert "out.webm" not in left
    assert left == [] or sent is signal.SIGKILL
