"""The registry of formats: what it lists is what commands and files know."""

from pathlib import Path

import pytest

from img2music.app.cues import sheet_files
from img2music.cli.cues import cues
from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.files import require_outputs
from img2music.soundtrack.formats import FORMATS, CueFormat
from tests.conftest import ROOT
from tests.soundtrack.test_cue_sheet import SHEET


def test_the_ending_tells_the_format() -> None:
    assert [chosen.name for _, chosen in sheet_files(["a.otio", Path("b.CSV")])] == ["otio", "csv"]
    assert [chosen.name for _, chosen in sheet_files(["a.doc"], "json")] == ["json"]
    names = ["songs.csv", "to/film.Songs.CSV", "mysongs.csv"]
    assert [chosen.name for _, chosen in sheet_files(names)] == ["songs.csv", "songs.csv", "csv"]
    for file, format_, said in (("a.doc", None, "must end in .json, .csv"), ("a.json", "table", "is no format")):
        with pytest.raises(UsageError, match=said):
            sheet_files([file], format_)


def test_several_files_have_their_own_formats() -> None:
    with pytest.raises(UsageError, match="`format` goes with one file"):
        sheet_files(["a.otio", "a.json"], "json")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_known_again_and_replaces_only_its_like(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"a.{name}"
    FORMATS[name].save(SHEET, file)
    assert require_outputs([(file, FORMATS[name].kind)]) == [file]
    file.write_bytes(b"something else")
    with pytest.raises(InputError, match="nothing else is replaced"):
        require_outputs([(file, FORMATS[name].kind)])


def test_options_and_docs_follow_from_the_registry() -> None:
    choice = next(param.type for param in cues.params if param.name == "format_")
    assert choice.choices == ("table", *FORMATS)
    text = (ROOT / "docs" / "timelines.md").read_text()
    assert [name for name in FORMATS if f".{name}" not in text] == []


def test_a_format_without_its_extra_is_refused_early() -> None:
    with pytest.raises(MissingExtraError, match="soundtrack"):
        CueFormat("a", FORMATS["json"].kind, "formats:as_json", needs="no_such_package").require()
