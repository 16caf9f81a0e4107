"""Cue sheets for Python: read, checked and converted."""

from pathlib import Path

import pytest

import img2music
from img2music.app.cues import convert_cues
from img2music.app.project_files import ProjectFile
from img2music.errors import InputError, UsageError
from tests.soundtrack.test_cue_sheet import NON_UTF8, SHEET


def test_a_sheet_is_converted_and_what_is_missing_told(tmp_path: Path) -> None:
    there: list[Path] = []
    for _ in range(2):
        found = convert_cues(SHEET, [str(tmp_path / "a.csv"), tmp_path / "a.vtt"], replacing=there.extend)
    assert there == [tmp_path / "a.csv", tmp_path / "a.vtt"]  # asked before the second time
    assert found.missing == (("film", "/films/a.mp4"), ("cue 1", NON_UTF8), ("cue 2", "/music/b.mp3"))
    convert_cues(SHEET, [tmp_path / "a.json"])
    assert convert_cues(str(tmp_path / "a.json")).sheet == SHEET


def test_the_file_of_a_project_does_for_its_sheet(tmp_path: Path) -> None:
    file = tmp_path / "trip.project.json"
    file.write_text(ProjectFile(name="Trip", options={}, sheet=SHEET).to_json(), encoding="ascii")
    assert img2music.read_sheet(file) == SHEET
    convert_cues(file, [tmp_path / "a.csv"])
    convert_cues(SHEET, [tmp_path / "b.csv"])
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    for wrong in ('{"schema": "img2music/project/1"}', '{"schema": "img2music/project/2"}', "[]"):
        file.write_text(wrong)
        with pytest.raises(InputError, match=r"expected shape|is no cue sheet"):
            img2music.read_sheet(file)


def test_who_watches_may_refuse_to_replace(tmp_path: Path) -> None:
    def refuse(_: object) -> None:
        raise UsageError("it is there.")

    convert_cues(SHEET, [tmp_path / "a.txt"])
    before = (tmp_path / "a.txt").read_bytes()
    (tmp_path / "a.txt").write_bytes(before[:6])
    with pytest.raises(UsageError, match="it is there"):
        convert_cues(SHEET, [tmp_path / "a.txt"], replacing=refuse)
    assert (tmp_path / "a.txt").read_bytes() == before[:6]
