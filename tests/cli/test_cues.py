"""The cues command, on sheets as people edit them, and Library.spot."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import opentimelineio as otio
import pytest

import img2music
from img2music.errors import InputError, UsageError
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.formats import FORMATS
from img2music.soundtrack.swapping import load
from tests.cli.conftest import Shell
from tests.conftest import Locations
from tests.soundtrack.test_cue_sheet import SHEET
from tests.soundtrack.test_film import grain
from tests.soundtrack.test_spotting import SONGS
from tests.support.films import Still, make_film
from tests.support.small_models import colour_model, written
from tests.support.songs import library as make_library

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet whose film and songs are there, though they can't be read."""
    for name in ("a.mp4", "a.ogg"):
        (tmp_path / name).write_bytes(b"nothing")
    cues = tuple(replace(cue, track=replace(cue.track, path=str(tmp_path / "a.ogg"))) for cue in SHEET.cues)
    whole = CueSheet(replace(SHEET.film, path=str(tmp_path / "a.mp4")), SHEET.scenes, cues)
    FORMATS["json"].save(whole, tmp_path / "cues.json")
    return tmp_path / "cues.json"


@pytest.fixture
def run(shell: Shell) -> Run:
    def run_command(*arguments: object, code: int = 0) -> tuple[str, str]:
        printed, told = shell("cues", *arguments, code=code)
        return printed.decode(), told

    return run_command


def test_a_sheet_is_checked_shown_and_written(run: Run, sheet: Path) -> None:
    assert json.loads(run(sheet)[0]) == load(sheet).to_dict()
    assert "0:30: 1 shot, 2 scenes, 2 cues" in run(sheet, "--format", "table")[0]
    files = [sheet.parent / f"out.{ending}" for ending in ("otio", "edl", "txt")]
    printed, told = run(sheet, *(word for file in files for word in ("--output", file)))
    assert (printed, told.splitlines()) == ("", [f"img2music: written to {file}" for file in files])
    assert len(list(otio.adapters.read_from_file(str(files[0])).find_clips())) == 4
    assert files[2].read_text().startswith("0:00 ")


def test_an_older_file_is_replaced_only_if_asked(run: Run, sheet: Path) -> None:
    files = [sheet.parent / f"out.{form}" for form in FORMATS]
    words = [word for file in files for word in ("--output", file)]
    run(sheet, *words)
    before = {file: file.read_bytes() for file in files}
    assert f"out.{[*FORMATS][-1]} are there already: give --force" in run(sheet, *words, code=2)[1]
    run(sheet, *words, "--force")
    (sheet.parent / "out.otio").write_text('{"timeline": "of another program"}')
    assert "is not an OpenTimelineIO timeline" in run(sheet, *words, "--force", code=2)[1]
    assert [file for file in files if file.read_bytes() != before[file]] == [sheet.parent / "out.otio"]


def test_missing_files_are_told(run: Run, sheet: Path) -> None:
    (sheet.parent / "a.ogg").unlink()
    printed, told = run(sheet, "--format", "xml", code=1)
    assert printed.startswith("<?xml")
    assert [line.split(":")[1].strip() for line in told.splitlines()] == ["cue 1", "cue 2"]


@pytest.mark.parametrize(
    ("output", "said"),
    [("cues.json", "is the cue sheet itself"), ("a.mp4", "is the film itself"), ("nowhere/a.otio", "no such folder")],
)
def test_what_is_read_is_not_written_over(run: Run, sheet: Path, output: str, said: str) -> None:
    before = sheet.read_bytes()
    told = run(sheet, "--output", sheet.parent / output, "--format", "otio", code=2)[1]
    assert said in told
    assert len(told.splitlines()) == 1
    assert sheet.read_bytes() == before


def test_bad_usage_is_one_line(run: Run, sheet: Path) -> None:
    same = sheet.parent / "a.edl"
    assert "have the same name" in run(sheet, "--output", same, "--output", same, code=2)[1]
    other = sheet.parent / "b.otio"
    assert "goes with one file" in run(sheet, "--output", same, "--output", other, "--format", "edl", code=2)[1]
    assert not same.exists()
    sheet.write_text("start,end")
    assert "it is not JSON" in run(sheet, code=2)[1]


@pytest.mark.slow
def test_a_library_spots_a_film(tmp_path: Path, at: Locations) -> None:
    make_film(tmp_path / "film.mp4", [Still(grain(0.6, 0.1), 6.0), Still(grain(0.7, 0.9), 6.0)])
    make_library(at(tmp_path / "library.db"), SONGS).close()
    written(tmp_path, colour_model())
    with img2music.Library.open(at(tmp_path / "library.db"), read_only=True) as library:
        found = library.spot(
            tmp_path / "film.mp4",
            cues="scene",
            least_scene=5.0,
            match="absolute",
            pins={2: "Tears"},
            image_model=tmp_path / "colours.onnx",
        )
        with pytest.raises(UsageError, match="`cues` must be"):
            library.spot(tmp_path / "film.mp4", cues="some")  # type: ignore[arg-type]
    assert [cue.track.title for cue in found.sheet.cues][1] == "Tears"
    found.save(tmp_path / "film.otio")
    timeline = otio.adapters.read_from_file(str(tmp_path / "film.otio"))
    assert [round(clip.range_in_parent().start_time.value) for clip in timeline.find_clips()] == [0, 0, 150]
    found.save(tmp_path / "film.otio")  # in the place of an older one
    with pytest.raises(UsageError, match="is the film itself"):
        found.save(tmp_path / "film.mp4", "otio")
    (tmp_path / "other.csv").write_text("title,artist\n")
    with pytest.raises(InputError, match="is not a cue sheet as CSV"):
        found.save(tmp_path / "other.csv")
    assert (tmp_path / "other.csv").read_text() == "title,artist\n"
