"""Beats under a slideshow."""

from pathlib import Path

import numpy as np
import pytest
from img2music.soundtrack.slideshow.rhythm import beat_note, beats_under

from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueTrack
from tests.support.sounds import clicks, encode, noise


def test_beats_are_told_on_the_films_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img2music.soundtrack.slideshow.rhythm.PART", 8.0)  # so that there are several
    song = CueTrack(1, str(encode(tmp_path / "song.flac", clicks(100.0, 40.0, 44_100), "flac")))
    cues = [Cue(start, start + 15.0, None, None, song, Passage(7.0, 22.0)) for start in (0.0, 15.0)]
    found = beats_under(cues).times
    assert (np.diff(found) > 0.3).all()
    true = np.concatenate([start + np.arange(0.1, 40.0, 0.6) - 7.0 for start in (0.0, 15.0)])
    assert np.abs(found[:, None] - true).min(axis=1).max() < 0.015
    assert len(found) >= 40


def test_where_there_is_no_beat_none_is_made_up(tmp_path: Path) -> None:
    song = CueTrack(1, str(encode(tmp_path / "song.flac", noise(20.0), "flac")))
    found = beats_under([Cue(3.0, 18.0, None, None, song, Passage(2.0, 17.0))])
    assert len(found.times) == 0
    assert beat_note([7.0, 11.0], found, 25).startswith("0 of 2 changes of photos are on beats; not at 0:07, 0:11: of ")
