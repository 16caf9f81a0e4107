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
from img2music.soundtrack.cue_sheet import (
    CSV_COLUMNS,
    Alternative,
    Cue,
    CueSheet,
    CueTrack,
    FilmFile,
    Original,
    OwnSound,
    SheetPhoto,
    SheetScene,
    SheetSlideshow,
    SheetSpan,
    as_csv,
    clock,
    load,
)
from img2music.soundtrack.formats import save
from tests.conftest import ROOT

NON_UTF8 = os.fsdecode(b"/music/caf\xe9.mp3")
SONG = CueTrack(7, NON_UTF8, "Title\n2", "Artist", None, 200.0)
OTHER = CueTrack(8, "/music/b.mp3", "Other", None, None, 100.0)
SHOT = SheetSpan(0.0, 12.5, 0, 313, Affect(0.5, 0.25))
RUNNER_UP = Alternative(OTHER, Passage(0.0, 12.5), 0.25)
SHEET = CueSheet(
    FilmFile("/films/a.mp4", 30.0, 29.97003, 899),
    (
        SheetScene(0.0, 12.5, 0, 375, Affect(0.5, 0.25), (SHOT,)),
        SheetScene(12.5, 30.0, 375, 899, Affect(0.125, 0.75)),
    ),
    (
        Cue(0.0, 12.5, 0, 375, SONG, Passage(8.25, 20.75), 1.0, 2.0, -1.5, 0.125, "why", (RUNNER_UP,)),
        Cue(12.5, 30.0, 375, 899, OTHER, Passage(0.0, 17.5), 2.0, 4.0, 0.0, 0.25, "because"),
    ),
)  # fmt: skip


def written(tmp_path: Path, document: object) -> Path:
    file = tmp_path / "cues.json"
    file.write_text(json.dumps(document))
    return file


def test_a_cue_sheet_is_read_back_as_it_was(tmp_path: Path) -> None:
    save(SHEET, tmp_path / "cues.json")
    assert load(tmp_path / "cues.json") == SHEET


OWN = OwnSound(Original.DUCK, 9.0, -2.5, ((1.0, 2.5), (4.0, 6.0)))
SHOW = SheetSlideshow(160, 90, 0.5, "title", (SheetPhoto(NON_UTF8, 0.0, 0), SheetPhoto("/b.jpg", 4.0, 120)))


@pytest.mark.parametrize("more", [{"original": OWN}, {"original": OwnSound(Original.DROP, 0.0)}, {"slideshow": SHOW}])
def test_so_are_the_films_own_sound_and_its_photos(tmp_path: Path, more: dict[str, Any]) -> None:
    sheet = replace(SHEET, **more)
    jsonschema.validate(sheet.to_json(), json.loads((ROOT / "docs" / "schemas" / "cues.json").read_text()))
    save(sheet, tmp_path / "cues.json")
    assert load(tmp_path / "cues.json") == sheet


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"original": {"use": "mute", "duck_db": 1}}, '"use" is not keep, duck, drop'),
        ({"original": {"use": "duck", "duck_db": -1}}, '"duck_db" is not a number of at least 0'),
        ({"original": {"use": "duck", "duck_db": 9, "speech": [{"start": 3, "end": 2}]}}, "speech 1 ends at 2 s"),
        ({"slideshow": {"width": 16, "height": 9, "photos": []}}, "the slideshow has no photos"),
        ({"slideshow": {"width": 16, "height": 9, "photos": [{"start": 0}]}}, 'photo 1 lacks "path"'),
        ({"slideshow": {"width": 16, "height": 9, "photos": [{"path": "a", "start": 30}]}}, "photo 1 starts at 30 s"),
        (
            {"slideshow": {"width": 16, "height": 9, "photos": [{"path": "a", "start": 4}, {"path": "b", "start": 4}]}},
            "photo 2 starts at 4 s, not after photo 1",
        ),
        ({"slideshow": {"photos": [{"path": "a", "start": 0}]}}, 'lacks "width" or "height"'),
    ],
)
def test_what_can_not_be_of_them_is_told(tmp_path: Path, part: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        load(written(tmp_path, SHEET.to_json() | part))


def test_its_json_is_as_documented() -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "cues.json").read_text())
    jsonschema.validate(SHEET.to_json(), schema)
    assert list(SHEET.to_json()) == ["schema", "film", "scenes", "cues"]


@given(st.floats(0.001, 1e4), st.floats(1.0, 1e4))
def test_times_are_kept_to_the_millisecond(start: float, seconds: float) -> None:
    cue = Cue(start, start + seconds, 1, 2, SONG, Passage(0.0, seconds))
    (made,) = CueSheet(FilmFile("/a", 1e6, 25.0, 9), (), (cue,)).to_json()["cues"]
    assert made["start"] == pytest.approx(start, abs=5.1e-4)
    assert made["end"] == pytest.approx(start + seconds, abs=5.1e-4)


def test_csv_has_a_line_a_cue() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(SHEET).decode("utf-8"), newline="")))
    assert tuple(lines[0]) == CSV_COLUMNS
    assert [line["passage_start"] for line in lines] == ["8.25", "0.0"]
    assert lines[0]["title"] == "Title\n2"


def test_the_mean_distance_weighs_by_length() -> None:
    assert SHEET.distance == pytest.approx((0.125 * 12.5 + 0.25 * 17.5) / 30)
    bare = CueSheet(SHEET.film, (), (Cue(0.0, 1.0, None, None, SONG, Passage(0.0, 1.0)),))
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
    assert sheet.cues == (Cue(1.0, 11.0, None, None, CueTrack(None, "song.mp3"), Passage(0.0, 10.0)),)


def change(path: str, value: object):
    """The sheet with one value replaced, or left out where it is None."""
    document = copy.deepcopy(SHEET.to_json())
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
    "without a film": (change("film", None), 'lacks "film"'),
    "without cues": (change("cues", None), 'lacks the list "cues"'),
    "with a film of no length": (change("film.duration", 0), "must be more than 0"),
    "with a rate in words": (change("film.fps", "PAL"), '"fps" is not a number'),
    "with a number that is too large": (change("film.fps", 10**400), '"fps" is not a number'),
    "with a cue without a track": (change("cues.1.track", None), 'cue 2 lacks "track"'),
    "with a track without a path": (change("cues.1.track.path", None), 'cue 2: its track lacks "path"'),
    "with a path that no file has": (change("cues.1.track.path", "a\0b"), "not a text that can be used"),
    "with a path longer than any": (change("cues.1.track.path", "/9" * 3000), "not a text that can be used"),
    "with a path of half a character": (change("cues.1.track.path", "\ud800"), "not a text that can be used"),
    "with a film of half a character": (change("film.path", "\ud800"), "not a text that can be used"),
    "with an alternative that is a text": (change("cues.0.alternatives", ["#7"]), "cue 1, alternative 1 lacks"),
    "with an alternative that is nothing": (change("cues.0.alternatives", [None]), "cue 1, alternative 1 lacks"),
    "with a start that is no number": (change("cues.0.start", "0:00"), 'cue 1: "start" is not a number'),
    "with infinity": (change("cues.0.start", float("inf")), 'cue 1: "start" is not a number'),
    "with a negative fade": (change("cues.0.fade_in", -1), 'cue 1: "fade_in" is not a number of at least 0'),
    "with a passage of another length": (change("cues.0.passage.end", 50), "12.5 s and its passage 41.75 s"),
    "with a passage past the end of its track": (
        change("cues.1.passage", {"start": 90, "end": 107.5}),
        "ends at 107.5 s, and its track at 100 s",
    ),
    "with a cue that ends before it starts": (change("cues.1.end", 3), "cue 2 ends at 3 s, but starts at 12.5 s"),
    "with cues over each other": (
        change("cues.1", change("cues.1.start", 10)["cues"][1] | {"passage": {"start": 0, "end": 20}}),
        "cue 2 starts at 10 s, before cue 1 ends",
    ),
    "with a cue after the film": (
        change("cues.1", SHEET.to_json()["cues"][1] | {"end": 40, "passage": {"start": 0, "end": 27.5}}),
        "after the film's end at 30 s",
    ),
    "with an affect beyond the scale": (change("scenes.0.affect.valence", 4.5), "numbers from 0 to 1"),
    "with half a frame": (change("cues.0.start_frame", 0.5), "not a whole number"),
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


@pytest.mark.parametrize(("seconds", "text"), [(7.4, "0:07"), (187, "3:07"), (3723, "1:02:03"), (59.6, "1:00")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
