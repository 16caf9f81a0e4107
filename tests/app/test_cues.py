"""Cue sheets for Python: read, checked and converted."""

from pathlib import Path

import pytest

from img2music.app.cues import convert_cues
from img2music.errors import UsageError
from tests.soundtrack.test_cue_sheet import NON_UTF8, SHEET


def test_a_sheet_is_converted_and_what_is_missing_told(tmp_path: Path) -> None:
    there: list[Path] = []
    for _ in range(2):
        found = convert_cues(SHEET, [str(tmp_path / "a.csv"), tmp_path / "a.vtt"], replacing=there.extend)
    assert there == [tmp_path / "a.csv", tmp_path / "a.vtt"]  # asked before the second time
    assert found.missing == (("film", "/films/a.mp4"), ("cue 1", NON_UTF8), ("cue 2", "/music/b.mp3"))
    convert_cues(SHEET, [tmp_path / "a.json"])
    assert convert_cues(str(tmp_path / "a.json")).sheet == SHEET


def test_who_watches_may_refuse_to_replace(tmp_path: Path) -> None:
    def refuse(_: object) -> None:
        raise UsageError("it is there.")

    convert_cues(SHEET, [tmp_path / "a.txt"])
    before = (tmp_path / "a.txt").read_bytes()
    (tmp_path / "a.txt").write_bytes(before[:6])
    with pytest.raises(UsageError, match="it is there"):
        convert_cues(SHEET, [tmp_path / "a.txt"], replacing=refuse)
    assert (tmp_path / "a.txt").read_bytes() == before[:6]
