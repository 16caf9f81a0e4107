"""Beats under a slideshow."""

from pathlib import Path

import numpy as np
import pytest

from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueTrack
from img2music.soundtrack.slideshow.rhythm import beats, beats_under
from tests.sounds import chords, clicks, encode, noise, tone


@pytest.mark.parametrize("tempo", [66.0, 90.0, 120.0, 160.0])
def test_beats_of_clicks(tempo: float) -> None:
    found = beats(clicks(tempo, 20.0, 44_100)[0], 44_100)
    true = np.arange(0.1, 19.9, 60.0 / tempo)
    assert len(found) >= len(true) - 2
    assert np.abs(found[:, None] - true).min(axis=1).max() < 0.01


@pytest.mark.parametrize(
    "sound",
    [noise(10.0), tone(220.0, 10.0), np.zeros((1, 441_000), np.float32), clicks(90.0, 0.5, 44_100)],
    ids=["noise", "tone", "silence", "short"],
)
def test_where_there_is_no_beat_none_is_made_up(sound: np.ndarray) -> None:
    assert len(beats(sound[0], 44_100)) == 0


def test_chords_that_change_are_beats() -> None:
    found = beats(chords([(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)] * 4, 0.6, 44_100)[0], 44_100)
    assert np.abs(found[:, None] - np.arange(0.0, 9.6, 0.6)).min(axis=1).max() < 0.06


def test_beats_are_told_on_the_films_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img2music.soundtrack.slideshow.rhythm.PART", 8.0)  # so that there are several
    song = CueTrack(1, str(encode(tmp_path / "song.flac", clicks(100.0, 40.0, 44_100), "flac")))
    cues = [Cue(start, start + 15.0, None, None, song, Passage(7.0, 22.0)) for start in (0.0, 15.0)]
    found = beats_under(cues)
    assert (np.diff(found) > 0.3).all()
    true = np.concatenate([start + np.arange(0.1, 40.0, 0.6) - 7.0 for start in (0.0, 15.0)])
    assert np.abs(found[:, None] - true).min(axis=1).max() < 0.015
    assert len(found) >= 40
