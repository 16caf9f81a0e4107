"""Edits of a cue sheet: each does what it says, and every sequence of them leaves a sheet that can be read back."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from img2music.options import OriginalSound
from img2music.soundtrack import editing
from img2music.soundtrack.cue_sheet import Alternative, Cue, CueSheet, CueTrack, FilmFile, Scene, Shot, TimeSpan, parse
from img2music.soundtrack.editing import EDITS, Edge, Edit, edited
from img2music.soundtrack.formats import as_json

LASTS = 60.0
SONG = 90.0


def track(number: int) -> CueTrack:
    return CueTrack(f"/music/{number}.flac", f"Song {number}", duration=SONG, id=number)


def cue(start: float, end: float, number: int, offset: float = 10.0, **rest: Any) -> Cue:
    alternatives = tuple(Alternative(track(each), Passage(0.0, end - start), 0.1) for each in (7, 8))
    return Cue(start, end, track(number), Passage(offset, offset + end - start), alternatives=alternatives, **rest)


def scene(start: float, end: float) -> Scene:
    affect, middle = Affect(0.5, 0.25), (start + end) / 2
    return Scene(start, end, affect, (Shot(start, middle, affect), Shot(middle, end, affect)))


SHEET = CueSheet(
    FilmFile("/film.mp4", LASTS, 25.0),
    (scene(0.0, 30.0), scene(30.0, LASTS)),
    (cue(0.0, 20.0, 1, fade_out=2.0), cue(20.0, 40.0, 2, fade_in=2.0), cue(45.0, LASTS, 3)),
)


class Choosing:
    """Music that is always the same."""

    def track(self, id: int) -> CueTrack:  # noqa: A002
        return track(id)

    def swapped(self, sheet: CueSheet, number: int, song: CueTrack) -> Cue:
        was = sheet.cues[number]
        end = min(was.end, was.start + (song.duration or 0.0))
        return replace(was, end=end, track=song, passage=Passage(0.0, end - was.start))

    def chosen(self, sheet: CueSheet) -> tuple[Cue, ...]:
        return sheet.cues


def done(edit: Edit, sheet: CueSheet = SHEET) -> CueSheet:
    return edited(sheet, edit, Choosing())


def places(sheet: CueSheet) -> list[tuple[float, float, float]]:
    return [(each.start, each.end, each.passage.start) for each in sheet.cues]


def test_an_edge_takes_the_neighbour_that_it_meets_along() -> None:
    moved = done(editing.Border(1, Edge.START, 25.0))
    assert places(moved) == [(0.0, 25.0, 10.0), (25.0, 40.0, 15.0), (45.0, 60.0, 10.0)]
    assert done(editing.Border(0, Edge.END, 25.0)) == moved
    assert places(done(editing.Border(1, Edge.START, 15.0)))[:2] == [(0.0, 15.0, 10.0), (15.0, 40.0, 5.0)]
    assert places(done(editing.Border(1, Edge.END, 50.0)))[1] == (20.0, 45.0, 10.0)  # not over the next
    assert places(done(editing.Border(2, Edge.START, 0.0)))[2] == (40.0, 60.0, 5.0)  # nor over the one before
    assert places(done(editing.Border(1, Edge.START, 0.0)))[1] == (0.5, 40.0, 0.0)  # its song moves along then
    assert places(done(editing.Border(2, Edge.END, 99.0)))[2] == (45.0, 60.0, 10.0)


def test_a_passage_slips_within_its_song() -> None:
    assert places(done(editing.Slip(0, 33.0)))[0] == (0.0, 20.0, 33.0)
    assert places(done(editing.Slip(0, 99.0)))[0] == (0.0, 20.0, 70.0)
    assert places(done(editing.Slip(0, -1.0)))[0] == (0.0, 20.0, 0.0)


def test_cues_are_split_joined_and_removed() -> None:
    split = done(editing.Split(0, 5.0))
    assert places(split)[:2] == [(0.0, 5.0, 10.0), (5.0, 20.0, 15.0)]
    joined = done(editing.Join(0), split)
    assert joined == SHEET
    over = done(editing.Join(1))
    assert places(over) == [(0.0, 20.0, 10.0), (20.0, 60.0, 10.0)]
    assert places(done(editing.Remove(1))) == [(0.0, 20.0, 10.0), (45.0, 60.0, 10.0)]
    for wrong in (editing.Split(0, 0.1), editing.Join(2), editing.Remove(3), editing.Swap(0), editing.Swap(0, 5)):
        with pytest.raises(UsageError):
            done(wrong)


def test_silence_is_kept_until_music_is_put_there() -> None:
    quiet = done(editing.Silence(15.0, 50.0))
    assert places(quiet) == [(0.0, 15.0, 10.0), (50.0, 60.0, 15.0)]
    assert quiet.silences == (TimeSpan(15.0, 50.0),)
    assert done(editing.Silence(45.0, 55.0), quiet).silences == (TimeSpan(15.0, 55.0),)
    assert done(editing.Border(0, Edge.END, 30.0), quiet).silences == (TimeSpan(30.0, 50.0),)
    assert places(done(editing.Silence(5.0, 10.0)))[:2] == [(0.0, 5.0, 10.0), (10.0, 20.0, 20.0)]


@pytest.mark.parametrize("seconds", [1e-6, 1e-4, 4e-4, 1e-3, 3e-3])
@pytest.mark.parametrize(
    "edits",
    [
        lambda seconds: [editing.Silence(0.0, seconds)],
        lambda seconds: [editing.Silence(0.0, 20.0), editing.Border(0, Edge.START, seconds)],
        lambda seconds: [editing.SceneBorder(1, 10.0 + seconds), editing.SceneBorder(1, 10.0)],
        lambda seconds: [editing.SceneBorder(1, 60.0 - seconds)],
        lambda seconds: [editing.Split(0, seconds)],
    ],
)
def test_what_is_shorter_than_what_is_stored_is_nothing(edits: Callable[[float], list[Edit]], seconds: float) -> None:
    sheet = SHEET
    for edit in edits(seconds):
        with contextlib.suppress(UsageError):
            sheet = done(edit, sheet)
    assert len(parse(as_json(sheet), "sheet").scenes) == len(sheet.scenes)


def test_how_it_sounds_is_kept_within_what_can_be() -> None:
    assert done(editing.Gain(1, 99.0)).cues[1].gain_db == 12.0
    faded = done(editing.Fade(2, 3.0, 99.0)).cues[2]
    assert (faded.fade_in, faded.fade_out) == (3.0, 15.0)
    original = done(editing.Sound(OriginalSound.KEEP, 5.0)).original
    assert original is not None
    assert (original.use, original.duck_db) == (OriginalSound.KEEP, 5.0)
    louder = done(editing.Sound(OriginalSound.DUCK, 5.0, 3.0)).original
    assert louder is not None
    assert louder.music_db == 3.0


def test_songs_are_swapped_pinned_and_banned() -> None:
    assert done(editing.Swap(0, 1)).cues[0].track == track(8)
    assert done(editing.Swap(0, track=5)).cues[0].track == track(5)
    assert done(editing.Pin(0)).cues[0].pinned
    banned = done(editing.Ban(2))
    assert [each.track.id for each in banned.cues] == [1, 7, 3]
    assert banned.banned == (track(2),)
    again = done(editing.Ban(7), banned)
    assert [each.track.id for each in again.cues] == [1, 8, 3]
    assert [each.track.id for each in again.cues[0].alternatives] == [8]
    assert done(editing.Ban(2, banned=False), again).banned == (track(7),)


def test_scenes_are_moved_and_corrected() -> None:
    felt = done(editing.SceneAffect(1, 0.5, 1.5))
    assert felt.scenes[1].affect == Affect(0.5, 1.0)
    moved = done(editing.SceneBorder(1, 20.0), felt)
    assert [(each.start, each.end, len(each.shots)) for each in moved.scenes] == [(0.0, 20.0, 2), (20.0, 60.0, 3)]
    assert [each.affect.arousal for each in moved.scenes] == [0.25, 1.0]
    with pytest.raises(UsageError):
        done(editing.SceneBorder(0, 5.0))


SECONDS = st.floats(-10.0, 100.0)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "cue": st.integers(0, 4),
    "alternative": st.none() | st.integers(0, 2),
    "track": st.integers(1, 9),
    "edge": st.sampled_from(Edge),
    "use": st.sampled_from(OriginalSound),
    "pinned": st.booleans(),
    "banned": st.booleans(),
    "scene": st.integers(0, 3),
}


def wishes(name: str) -> st.SearchStrategy[Edit]:
    kind = EDITS[name]
    fields = {field: VALUES.get(field, SECONDS) for field in kind.__dataclass_fields__}
    if name == "swap":
        fields["track"] = st.none() | st.integers(1, 9)
    return st.builds(kind, **fields)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(EDITS)).flatmap(wishes), max_size=12))
def test_every_sequence_leaves_a_sheet_that_can_be_read_back(edits: list[Edit]) -> None:
    sheet = SHEET
    for edit in edits:
        try:
            sheet = edited(sheet, edit, Choosing())
        except UsageError as refused:
            assert str(refused)  # noqa: PT017 - refused in words, or done
        for one in sheet.cues:
            assert one.passage.start >= 0.0
            assert one.track.duration is not None
            assert one.passage.end <= one.track.duration + 1e-6
            assert max(one.fade_in, one.fade_out) <= one.end - one.start + 1e-6
        ends = [0.0, *(one.end for one in sheet.cues)]
        assert all(one.start >= end - 0.1 for one, end in zip(sheet.cues, ends, strict=False))
        assert ends[-1] <= LASTS
        assert [sheet.scenes[0].start, sheet.scenes[0].end, sheet.scenes[1].end] == [0.0, sheet.scenes[1].start, LASTS]
        for span in sheet.silences:
            assert not any(one.start < span.end - 1e-3 and one.end > span.start + 1e-3 for one in sheet.cues)
        stored = parse(as_json(sheet), "sheet")
        assert parse(as_json(stored), "sheet") == stored
