"""Which photo is seen when, and the beats below."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueTrack
from img2music.soundtrack.slideshow.plan import Schedule, beat_note, beats_under, lasting, on_beats
from tests.support.sounds import clicks, encode, noise

schedules = st.builds(
    lasting,
    st.integers(1, 12).flatmap(lambda count: st.floats(1.0, 6.0).map(lambda seconds: [seconds] * count))
    | st.lists(st.floats(1.0, 12.0), min_size=1, max_size=8),  # clips among photos
    st.sampled_from([10, 24, 30, 60]),
    st.sampled_from([0.0, 0.3, 1.0, 5.0]),
)


@settings(max_examples=30)
@given(schedules)
def test_every_photo_is_seen_in_order_and_moves_steadily(schedule: Schedule) -> None:
    seen = list(schedule.pictures())
    assert len(seen) == schedule.changes[-1]
    assert [number for number, _ in itertools.groupby(each.photo for each in seen)] == list(
        range(len(schedule.changes) - 1)
    )
    shares: dict[int, list[float]] = {}
    for each in seen:
        assert 0.0 <= each.mixed <= 1.0
        assert 0.0 < each.light <= 1.0
        shares.setdefault(each.photo, []).append(each.share)
        if each.mixed:
            shares.setdefault(each.photo + 1, []).append(each.following)
    for photo, moments in shares.items():
        steps = np.diff(moments)
        assert steps == pytest.approx(1.0 / schedule.rate / schedule.seconds(photo), rel=1e-6)
        assert moments[0] < 0.5 < moments[-1] or len(moments) < 3


@settings(max_examples=30)
@given(schedules)
def test_the_middle_of_a_cross_fade_is_the_change(schedule: Schedule) -> None:
    seen = list(schedule.pictures())
    for photo, change in enumerate(schedule.changes[1:-1].tolist()):
        at = seen[change]
        assert (at.photo, at.mixed) == ((photo, pytest.approx(0.5)) if schedule.fade else (photo + 1, 0.0))


@given(schedules, st.floats(0.2, 5.0), st.floats(0.0, 1.0))
def test_changes_come_to_beats_that_are_near(schedule: Schedule, interval: float, first: float) -> None:
    beats = np.arange(first, schedule.duration, interval)
    moved = on_beats(schedule, beats, np.zeros(0))
    assert moved.changes[[0, -1]].tolist() == schedule.changes[[0, -1]].tolist()
    assert (np.diff(moved.changes) > 0).all()
    halves = np.array(moved.fades) / 2
    assert (np.diff(moved.times) >= halves[1:] + halves[:-1] - 1e-9).all()  # one cross-fade after another
    if interval <= 0.4:
        away = np.abs(moved.times[1:-1, None] - beats).min(axis=1, initial=np.inf)
        inside = (moved.times[1:-1] > first) & (moved.times[1:-1] < (beats[-1] if len(beats) else 0.0))
        assert (away[inside] <= 0.5 / schedule.rate + 1e-9).all()


def test_photos_change_with_the_songs() -> None:
    schedule = lasting([2.0] * 4, 30, 2 / 3)
    moved = on_beats(schedule, np.array([1.9, 3.9, 6.3]), np.array([4.1, 6.5]))
    assert moved.times.tolist() == pytest.approx([0.0, 1.9, 4.1, 6.3, 8.0])
    unmoved = on_beats(schedule, np.zeros(0), np.zeros(0))
    assert unmoved.times.tolist() == schedule.times.tolist()


@given(schedules, st.floats(0.2, 5.0), st.data())
def test_no_clip_is_seen_for_longer_than_it_lasts(schedule: Schedule, interval: float, data: st.DataObject) -> None:
    beats, lengths = np.arange(0.1, schedule.duration, interval), np.diff(schedule.times)
    most = [length + data.draw(st.sampled_from([0.0, 0.2, np.inf])) for length in lengths.tolist()]
    moved = on_beats(schedule, beats, beats[::3], most)
    assert (np.diff(moved.times) <= np.array(most) + 1.0 / schedule.rate).all()


@given(schedules, st.floats(0.2, 5.0), st.data())
def test_a_clip_that_is_seen_whole_stays_so_on_beats(schedule: Schedule, interval: float, data: st.DataObject) -> None:
    beats, lengths = np.arange(0.1, schedule.duration, interval), np.diff(schedule.times)
    whole = np.array([data.draw(st.booleans()) for _ in lengths])
    moved = on_beats(schedule, beats, beats[::3], np.where(whole, lengths, np.inf).tolist())
    assert (np.abs(np.diff(moved.times) - lengths)[whole] <= 1.0 / schedule.rate).all()
    assert moved.changes[[0, -1]].tolist() == schedule.changes[[0, -1]].tolist()
    assert (np.diff(moved.changes) > 0).all()


def test_a_whole_clip_moves_to_a_beat_with_where_it_goes() -> None:
    schedule = lasting([4.0, 6.0, 4.0, 4.0], 30, 1.0)
    moved = on_beats(schedule, np.array([3.5, 10.0, 13.6]), np.zeros(0), [np.inf, 6.0, np.inf, np.inf])
    assert moved.times.tolist() == pytest.approx([0.0, 4.0, 10.0, 13.6, 18.0])  # its end is on a beat as it is
    moved = on_beats(schedule, np.array([3.5, 13.6]), np.zeros(0), [np.inf, 6.0, np.inf, np.inf])
    assert moved.times.tolist() == pytest.approx([0.0, 3.5, 9.5, 13.6, 18.0])


def test_the_film_goes_dark_at_its_end() -> None:
    seen = list(lasting([4.0, 4.0], 30, 1.0).pictures())
    assert seen[0].light == 1.0
    assert seen[-1].light < 0.1
    assert [each.light for each in seen].count(1.0) > 190


@pytest.mark.slow
def test_beats_are_told_on_the_films_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img2music.soundtrack.slideshow.plan.PART", 8.0)  # so that there are several
    song = CueTrack(str(encode(tmp_path / "song.flac", clicks(100.0, 40.0, 44_100), "flac")))
    cues = [Cue(start, start + 15.0, song, Passage(7.0, 22.0)) for start in (0.0, 15.0)]
    found = beats_under(cues).times
    assert (np.diff(found) > 0.3).all()
    true = np.concatenate([start + np.arange(0.1, 40.0, 0.6) - 7.0 for start in (0.0, 15.0)])
    assert np.abs(found[:, None] - true).min(axis=1).max() < 0.015
    assert len(found) >= 40


@pytest.mark.slow
def test_where_there_is_no_beat_none_is_made_up(tmp_path: Path) -> None:
    song = CueTrack(str(encode(tmp_path / "song.flac", noise(20.0), "flac")))
    found = beats_under([Cue(3.0, 18.0, song, Passage(2.0, 17.0))])
    assert len(found.times) == 0
    assert beat_note([7.0, 11.0], found, 25).startswith("0 of 2 changes of photos are on beats; not at 0:07, 0:11: of ")
