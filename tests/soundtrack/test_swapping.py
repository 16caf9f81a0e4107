"""Cue sheets in which a song was swapped by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from img2music.errors import InputError, UsageError
from img2music.matching.passages import Passage
from img2music.options import Uses
from img2music.soundtrack.cue_sheet import Alternative, Cue, CueBeats, CueSheet, CueTrack, FilmFile
from img2music.soundtrack.formats import FORMATS
from img2music.soundtrack.swapping import load, with_alternatives
from tests.support.sounds import clicks, encode, tone

RATE = 22_050


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("songs")
    levels = {"loud": (0.5, 20.0), "soft": (0.1, 20.0), "listed": (0.2, 20.0), "short": (0.5, 3.0)}
    return {
        name: encode(folder / f"{name}.flac", tone(220.0, seconds, RATE, level), "flac", RATE, title=name.upper())
        for name, (level, seconds) in levels.items()
    }


@pytest.fixture
def edited(songs: dict[str, Path], tmp_path: Path) -> Callable[..., CueSheet]:
    """A sheet of one cue, as it is read after somebody has changed its JSON."""
    listed = Alternative(CueTrack(str(songs["listed"]), "LISTED", id=9), Passage(4.0, 14.0), 0.2)
    song = CueTrack(str(songs["loud"]), "LOUD", "Artist", "Album", 20.0, id=7)
    passage = Passage(8.0, 18.0)
    cue = Cue(0.0, 10.0, song, passage, 1.0, 2.0, -9.0, 0.1, "Feels like it", (listed,), CueBeats(120.0, 0.01))
    FORMATS["json"].save(CueSheet(FilmFile("/films/a.mp4", 10.0, 25.0, 250), (), (cue,)), tmp_path / "cues.json")

    def read(change: Callable[[dict[str, Any]], object], told: list[str] | None = None) -> CueSheet:
        document = json.loads((tmp_path / "cues.json").read_text())
        change(document["cues"][0])
        (tmp_path / "edited.json").write_text(json.dumps(document))
        return load(tmp_path / "edited.json", [].append if told is None else told.append)

    return read


def path_to(song: Path) -> Callable[[dict[str, Any]], object]:
    return lambda cue: cue["track"].update(path=str(song))


def test_a_sheet_as_it_was_written_stays(edited: Callable[..., CueSheet]) -> None:
    told: list[str] = []
    (cue,) = edited(lambda _: None, told).cues
    assert (cue.gain_db, cue.why, cue.distance, cue.passage, told) == (-9.0, "Feels like it", 0.1, Passage(8, 18), [])


def test_another_song_has_its_own_gain_title_and_passage(
    edited: Callable[..., CueSheet], songs: dict[str, Path]
) -> None:
    told: list[str] = []
    soft = edited(path_to(songs["soft"]), told).cues[0]
    assert soft.track == CueTrack(str(songs["soft"]), "SOFT", None, None, pytest.approx(20.0, abs=0.05))
    assert soft.passage == Passage(0.0, 10.0)
    assert (soft.distance, soft.why) == (None, "Chosen by hand")
    assert soft.beats == CueBeats(note="no beat stands out in it")
    assert told == [f"cue 1 has another song: SOFT, from 0.0 s on, {soft.gain_db:+.1f} dB."]
    listed = edited(path_to(songs["listed"])).cues[0]
    assert soft.gain_db - listed.gain_db == pytest.approx(6.02, abs=0.1)  # one is half as loud
    assert (listed.passage, listed.distance, listed.track.id) == (Passage(4.0, 14.0), 0.2, 9)
    assert listed.alternatives == ()


def test_what_was_set_by_hand_holds(edited: Callable[..., CueSheet], songs: dict[str, Path]) -> None:
    def change(cue: dict[str, Any]) -> None:
        cue["track"]["path"] = str(songs["soft"])
        cue.update(gain_db=3.5, passage={"start": 2.0, "end": 12.0})

    cue = edited(change).cues[0]
    assert (cue.gain_db, cue.passage) == (3.5, Passage(2.0, 12.0))


def test_another_passage_has_no_distance_and_reason_of_the_old_one(edited: Callable[..., CueSheet]) -> None:
    cue = edited(lambda cue: cue.update(passage={"start": 1.0, "end": 11.0})).cues[0]
    assert (cue.gain_db, cue.distance, cue.why, cue.track.title) == (-9.0, None, "Chosen by hand", "LOUD")
    assert cue.beats == CueBeats(note="no beat stands out in it")


def test_a_sheet_that_was_swapped_can_be_swapped_again(
    edited: Callable[..., CueSheet], songs: dict[str, Path], tmp_path: Path
) -> None:
    swapped = edited(path_to(songs["soft"]))
    FORMATS["json"].save(swapped, tmp_path / "again.json")
    again = load(tmp_path / "again.json").cues[0]
    assert again.gain_db == pytest.approx(swapped.cues[0].gain_db, abs=0.001)
    assert replace(again, gain_db=0.0, track=swapped.cues[0].track) == replace(swapped.cues[0], gain_db=0.0)


def test_songs_that_only_moved_keep_everything(
    edited: Callable[..., CueSheet], songs: dict[str, Path], tmp_path: Path
) -> None:
    moved = tmp_path / "loud.flac"
    moved.write_bytes(songs["loud"].read_bytes())
    for place in (moved, Path("/nowhere/loud.flac")):
        assert edited(path_to(place)).cues[0].why == "Feels like it"


@pytest.mark.parametrize(
    ("name", "said"), [("short", "lasts 3.0 s, and its passage in cue 1 ends at 10.0 s"), ("none", "no such file")]
)
def test_a_song_that_can_not_lie_there_is_refused(
    edited: Callable[..., CueSheet], songs: dict[str, Path], name: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        edited(path_to(songs.get(name, Path("/no/such/song.flac"))))


def test_a_number_without_its_path_is_refused(edited: Callable[..., CueSheet]) -> None:
    with pytest.raises(InputError, match="names song 12, and the path of song 7"):
        edited(lambda cue: cue["track"].update(id=12))


def test_an_alternative_takes_the_place_of_a_song_and_back(
    edited: Callable[..., CueSheet], songs: dict[str, Path]
) -> None:
    sheet = edited(lambda _: None)
    told: list[str] = []
    used = with_alternatives(sheet, ((1, 1),), told.append)
    (cue,) = used.cues
    assert (cue.track.id, cue.track.title, cue.passage, cue.distance) == (9, "LISTED", Passage(4.0, 14.0), 0.2)
    assert cue.gain_db == edited(path_to(songs["listed"])).cues[0].gain_db
    assert (cue.fade_in, cue.fade_out, cue.why, cue.beats.start_offset) == (1.0, 2.0, "Chosen by hand", None)
    assert told == [f"cue 1 has another song: #9 LISTED, from 4.0 s on, {cue.gain_db:+.1f} dB."]
    (other,) = cue.alternatives
    assert (other.track, other.passage, other.distance) == (sheet.cues[0].track, Passage(8.0, 18.0), 0.1)
    again = with_alternatives(used, ((1, 1),)).cues[0]
    assert (again.track.id, again.passage, again.distance) == (7, Passage(8.0, 18.0), 0.1)
    assert again.alternatives[0].track == cue.track


def test_an_alternative_begins_on_a_beat(songs: dict[str, Path], tmp_path: Path) -> None:
    beaten = encode(tmp_path / "beaten.flac", clicks(120.0, 40.0, RATE), "flac", RATE)  # beats at 0.1, 0.6, ...
    listed = Alternative(CueTrack(str(beaten), id=9), Passage(12.2, 22.2), 0.2)
    cue = Cue(0.0, 10.0, CueTrack(str(songs["loud"])), Passage(8.0, 18.0), distance=0.1, alternatives=(listed,))
    used = with_alternatives(CueSheet(FilmFile("/films/a.mp4", 10.0, 25.0, 250), (), (cue,)), ((1, 1),)).cues[0]
    assert used.passage.start == pytest.approx(12.1, abs=0.02)
    assert abs(used.beats.start_offset) < 0.01
    assert used.distance == 0.2


@pytest.mark.parametrize(
    ("uses", "said"),
    [(((2, 1),), "no cue 2 to use another song in: the sheet has 1"), (((1, 2),), "no alternative 2: it lists 1")],
)
def test_an_alternative_that_is_not_there(edited: Callable[..., CueSheet], uses: Uses, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        with_alternatives(edited(lambda _: None), uses)
