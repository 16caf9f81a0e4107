import copy
import csv
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.matching.passages import Passage
from img2music.options import Captions, OriginalSound
from img2music.soundtrack.cue_sheet import (
    Alternative,
    Cue,
    CueSheet,
    CueTrack,
    FilmFile,
    OwnSound,
    Scene,
    SheetPhoto,
    SheetSlideshow,
    Shot,
    TimeSpan,
)
from img2music.soundtrack.formats import CSV_COLUMNS, FORMATS, as_csv
from img2music.soundtrack.swapping import load
from tests.conftest import ROOT

NON_UTF8 = os.fsdecode(b"/music/caf\xe9.mp3")
SONG = CueTrack(NON_UTF8, "Title\n2", "Artist", None, 200.0, id=7)
OTHER = CueTrack("/music/b.mp3", "Other", None, None, 100.0, id=8)
SHOT = Shot(0.0, 12.5, Affect(0.5, 0.25), start_frame=0, end_frame=313)
RUNNER_UP = Alternative(OTHER, Passage(0.0, 12.5), 0.25)
SHEET = CueSheet(
    FilmFile("/films/a.mp4", 30.0, 29.97003, 899),
    (
        Scene(0.0, 12.5, Affect(0.5, 0.25), (SHOT,), start_frame=0, end_frame=375),
        Scene(12.5, 30.0, Affect(0.125, 0.75), start_frame=375, end_frame=899),
    ),
    (
        Cue(
            *(0.0, 12.5, SONG, Passage(8.25, 20.75), 1.0, 2.0, -1.5, 0.125, "why", (RUNNER_UP,)),
            start_frame=0, end_frame=375,
        ),
        Cue(
            *(12.5, 30.0, OTHER, Passage(0.0, 17.5), 2.0, 4.0, 0.0, 0.25, "because"),
            start_frame=375, end_frame=899,
        ),
    ),
)  # fmt: skip


def written(tmp_path: Path, document: object) -> Path:
    file = tmp_path / "cues.json"
    file.write_text(json.dumps(document))
    return file


def test_a_cue_sheet_is_read_back_as_it_was(tmp_path: Path) -> None:
    FORMATS["json"].save(SHEET, tmp_path / "cues.json")
    assert load(tmp_path / "cues.json") == SHEET


OWN = OwnSound(OriginalSound.DUCK, 9.0, -2.5, (TimeSpan(1.0, 2.5), TimeSpan(4.0, 6.0)))
SHOW = SheetSlideshow(
    *(160, 90, (SheetPhoto(NON_UTF8, 0.0, 0), SheetPhoto("/b.jpg", 4.0, 120))),
    cross_fade=0.5,
    captions=Captions.TITLE,
)


@pytest.mark.parametrize(
    "more", [{"original": OWN}, {"original": OwnSound(OriginalSound.DROP, 0.0)}, {"slideshow": SHOW}]
)
def test_so_are_the_films_own_sound_and_its_photos(tmp_path: Path, more: dict[str, Any]) -> None:
    sheet = replace(SHEET, **more)
    jsonschema.validate(sheet.to_dict(), json.loads((ROOT / "docs" / "schemas" / "cues.json").read_text()))
    FORMATS["json"].save(sheet, tmp_path / "cues.json")
    assert load(tmp_path / "cues.json") == sheet


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"original": {"use": "mute", "duck_db": 1}}, "Invalid enum value 'mute' - at \"$.original.use\""),
        ({"original": {"use": "duck", "duck_db": -1}}, '>= 0.0 - at "$.original.duck_db"'),
        (
            {"original": {"use": "duck", "duck_db": 9, "speech": [{"start": 3, "end": 2}]}},
            'starts at 3 s - at "$.original.speech[0]"',
        ),
        ({"slideshow": {"width": 16, "height": 9, "photos": []}}, 'length >= 1 - at "$.slideshow.photos"'),
        (
            {"slideshow": {"width": 16, "height": 9, "photos": [{"start": 0}]}},
            '"path" - at "$.slideshow.photos[0]"',
        ),
        ({"slideshow": {"width": 16, "height": 9, "photos": [{"path": "a", "start": 30}]}}, "photo 1 starts at 30 s"),
        (
            {"slideshow": {"width": 16, "height": 9, "photos": [{"path": "a", "start": 4}, {"path": "b", "start": 4}]}},
            "photo 2 starts at 4 s, not after photo 1",
        ),
        ({"slideshow": {"photos": [{"path": "a", "start": 0}]}}, 'missing required field "width"'),
    ],
)
def test_what_can_not_be_of_them_is_told(tmp_path: Path, part: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        load(written(tmp_path, SHEET.to_dict() | part))


def test_its_json_is_as_documented() -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "cues.json").read_text())
    jsonschema.validate(SHEET.to_dict(), schema)
    assert list(SHEET.to_dict()) == ["schema", "film", "scenes", "cues"]


@given(st.floats(0.001, 1e4), st.floats(1.0, 1e4))
def test_times_are_kept_to_the_millisecond(start: float, seconds: float) -> None:
    cue = Cue(start, start + seconds, replace(SONG, duration=None), Passage(0.0, seconds))
    (made,) = CueSheet(FilmFile("/a", 1e6, 25.0, 9), (), (cue,)).to_dict()["cues"]
    assert made["start"] == pytest.approx(start, abs=5.1e-4)
    assert made["end"] == pytest.approx(start + seconds, abs=5.1e-4)


def test_csv_has_a_line_a_cue() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(SHEET).decode("utf-8"), newline="")))
    assert list(lines[0]) == ["cue", *CSV_COLUMNS]
    assert [line["passage_start"] for line in lines] == ["8.25", "0.0"]
    assert lines[0]["title"] == "Title\n2"


def test_the_mean_distance_weighs_by_length() -> None:
    assert SHEET.distance == pytest.approx((0.125 * 12.5 + 0.25 * 17.5) / 30)
    bare = CueSheet(SHEET.film, (), (Cue(0.0, 1.0, SONG, Passage(0.0, 1.0)),))
    assert bare.distance is None


def test_an_edited_sheet_may_be_short(tmp_path: Path) -> None:
    cue = {"start": 1, "end": 11, "track": {"path": "song.mp3"}, "passage": {"start": 0, "end": 10}}
    file = written(
        tmp_path,
        {
            "schema": "img2music/cues/1",
            "film": {"path": "a.mp4", "duration": 12, "fps": 25},
            "scenes": [],
            "cues": [cue],
            "note": "mine",
        },
    )
    sheet = load(file)
    assert sheet.cues == (Cue(1.0, 11.0, CueTrack("song.mp3"), Passage(0.0, 10.0)),)


def change(path: str, value: object):
    """The sheet with one value replaced, or left out where it is None."""
    document = copy.deepcopy(SHEET.to_dict())
    *way, last = path.split(".")
    part = document
    for step in way:
        part = part[int(step)] if step.isdigit() else part[step]
    place = int(last) if last.isdigit() else last
    if value is None:
        del part[place]
    else:
        part[place] = value
    return document


WRONG = {
    "of another version": (change("schema", "img2music/cues/2"), "no cue sheet of this version"),
    "without a film": (change("film", None), 'missing required field "film"'),
    "without cues": (change("cues", None), 'missing required field "cues"'),
    "with a film of no length": (change("film.duration", 0), '> 0.0 - at "$.film.duration"'),
    "with a rate in words": (change("film.fps", "PAL"), 'Expected "float", got "str" - at "$.film.fps"'),
    "with a number that is too large": (change("film.fps", 10**400), 'Number out of range - at "$.film.fps"'),
    "with a cue without a track": (change("cues.1.track", None), 'missing required field "track" - at "$.cues[1]"'),
    "with a track without a path": (
        change("cues.1.track.path", None),
        'field "path" - at "$.cues[1].track"',
    ),
    "with a path that no file has": (change("cues.1.track.path", "a\0b"), "not one that a file can have"),
    "with a path longer than any": (change("cues.1.track.path", "/9" * 3000), "not one that a file can have"),
    "with a path of half a character": (
        change("cues.1.track.path", "\ud800"),
        "not one that a file can have",
    ),
    "with a film of half a character": (change("film.path", "\ud800"), "not one that a file can have"),
    "with an alternative that is a text": (
        change("cues.0.alternatives", ["#7"]),
        '"str" - at "$.cues[0].alternatives[0]"',
    ),
    "with an alternative that is nothing": (
        change("cues.0.alternatives", [None]),
        'at "$.cues[0].alternatives[0]"',
    ),
    "with a start that is no number": (change("cues.0.start", "0:00"), 'got "str" - at "$.cues[0].start"'),
    "with infinity": (change("cues.0.start", float("inf")), "not JSON in UTF-8 with finite numbers"),
    "with a negative fade": (change("cues.0.fade_in", -1), '>= 0.0 - at "$.cues[0].fade_in"'),
    "with a passage of another length": (change("cues.0.passage.end", 50), "12.5 s and its passage 41.75 s"),
    "with a passage past the end of its track": (
        change("cues.1.passage", {"start": 90, "end": 107.5}),
        "ends at 107.5 s, and its track at 100 s",
    ),
    "with a cue that ends before it starts": (
        change("cues.1.end", 3),
        'but starts at 12.5 s - at "$.cues[1]"',
    ),
    "with cues over each other": (
        change("cues.1", change("cues.1.start", 10)["cues"][1] | {"passage": {"start": 0, "end": 20}}),
        "cue 2 starts at 10 s, before cue 1 ends",
    ),
    "with a cue after the film": (
        change("cues.1", SHEET.to_dict()["cues"][1] | {"end": 40, "passage": {"start": 0, "end": 27.5}}),
        "after the film's end at 30 s",
    ),
    "with an affect beyond the scale": (
        change("scenes.0.affect.valence", 4.5),
        "number from 0 to 1",
    ),
    "with half a frame": (change("cues.0.start_frame", 0.5), 'got "float" - at "$.cues[0].start_frame"'),
    "that is a list": ([1, 2], "no cue sheet"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_sheet_that_can_not_be_is_refused_in_one_clear_line(tmp_path: Path, name: str) -> None:
    document, said = WRONG[name]
    with pytest.raises(InputError) as error:
        load(written(tmp_path, document))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"schema": ', b'{"a": "\xff"}', b"9" * 5000], ids=range(6)
)
def test_what_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cues.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="is no cue sheet: it is not JSON") as told:
        load(file)
    assert "codec" not in told.value.reason
    assert len(told.value.reason) < 100


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read: No such file"):
        load(tmp_path / "none.json")
