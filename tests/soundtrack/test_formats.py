"""The registry of formats: what it lists is what commands and files know."""

import csv
from pathlib import Path

import pytest

from img2music.app.cues import sheet_files
from img2music.cli.cues import cues
from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.files import require_outputs
from img2music.soundtrack.formats import FORMATS, CueFormat
from tests.conftest import ROOT
from tests.soundtrack.test_cue_sheet import SHEET
from tests.support.sounds import encode, tone
from tests.support.soundtracks import cue, sheet


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


def test_each_song_is_listed_once_with_its_rights(tmp_path: Path) -> None:
    song = encode(tmp_path / "a.flac", tone(440.0, 1.0), "flac", copyright="2001 Verve", isrc="USRC17607839")
    cues = (cue(0.0, 10.0, song), cue(10.0, 14.5, Path("/gone.mp3")), cue(20.0, 25.0, song, 30.0))
    FORMATS["songs.csv"].save(sheet(30.0, *cues), tmp_path / "film.songs.csv")
    with (tmp_path / "film.songs.csv").open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["cues"], first["seconds"], first["path"]) == ("1; 3", "15.0", str(song))
    assert (first["copyright"], first["isrc"], first["license"]) == ("2001 Verve", "USRC17607839", "")
    assert (second["cues"], second["path"], second["copyright"]) == ("2", "/gone.mp3", "")


def test_a_format_without_its_extra_is_refused_early() -> None:
    with pytest.raises(MissingExtraError, match="soundtrack"):
        CueFormat("a", FORMATS["json"].kind, "formats:as_json", needs="no_such_package").require()
