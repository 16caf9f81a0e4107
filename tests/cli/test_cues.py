"""The cues command, and timelines straight from spot."""

import json
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

import img2music
from img2music.cli.app import main
from img2music.soundtrack.formats import save
from img2music.soundtrack.spotting import Options
from tests.cli.test_spot import Run, folder, run

__all__ = ["folder", "run"]


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]):
    def run_command(*arguments: object, code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["img2music", "cues", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed, told = capfdbinary.readouterr()
        assert (left.value.code or 0) == code, told.decode()
        return printed.decode(), told.decode()

    return run_command


def test_spot_writes_a_timeline_that_is_read_back(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "film.otio"
    run("--cues", "scene", "--output", output)
    timeline = otio.adapters.read_from_file(str(output))
    starts = [
        round(track.trimmed_range_of_child(clip).start_time.value)
        for track in timeline.audio_tracks()
        for clip in track.find_clips()
    ]
    assert sorted(starts) == [0, 150, 300]
    assert [round(marker.marked_range.start_time.value) for marker in timeline.tracks.markers] == [0, 150, 300]


def test_a_sheet_edited_by_hand_is_checked_and_converted(run: Run, convert: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "cues.json"
    run("--cues", "scene", "--output", sheet)
    document = json.loads(sheet.read_text())
    document["cues"].pop(1)  # no music under the second scene
    sheet.write_text(json.dumps(document))
    printed, told = convert(sheet, "--format", "table")
    assert [line.split()[:3] for line in printed.splitlines() if " - " in line] == [
        ["1", "0:00-0:06", "Quiet"],
        ["2", "0:12-0:18", "Tears"],
    ]
    assert told == ""
    assert json.loads(convert(sheet)[0])["cues"] == document["cues"]
    output = tmp_path / "film.edl"
    assert convert(sheet, "--output", output) == ("", f"img2music: written to {output}\n")
    assert len([line for line in output.read_text().splitlines() if line[:3].isdecimal()]) == 3
    document["cues"][0]["end"] = 300.0
    sheet.write_text(json.dumps(document))
    told = convert(sheet, code=2)[1]
    assert told.count("\n") == 1
    assert "cue 1 lasts 300 s" in told


def test_nothing_that_is_read_is_written_over(run: Run, convert: Run, tmp_path: Path, folder: Path) -> None:
    sheet = tmp_path / "cues.json"
    run("--cues", "one", "--output", sheet)
    before = sheet.read_bytes(), (folder / "film.mp4").read_bytes()
    for output in (sheet, folder / "film.mp4"):
        assert convert(sheet, "--output", output, "--format", "edl", code=2)[1].count("\n") == 1
    assert convert(sheet, "--output", tmp_path / "a.doc", code=2)[1].count("\n") == 1
    assert (sheet.read_bytes(), (folder / "film.mp4").read_bytes()) == before


def test_python_spots_and_saves(folder: Path, tmp_path: Path) -> None:
    with img2music.Library.open(folder / "library.db") as library:
        found = library.spot(folder / "film.mp4", Options(least_scene=5.0), image_model=folder / "colours.onnx")
    save(found.sheet, tmp_path / "film.fcpxml")
    assert len(found.sheet.scenes) == 3
    assert otio.adapters.read_from_file(str(tmp_path / "film.fcpxml"), "fcpx_xml")[0].name == "film"
