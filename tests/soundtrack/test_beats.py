from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from img2music.media.excerpts import Excerpt
from img2music.soundtrack.beats import REACH, beats_around, first_of_bar, last_sound, track_beats
from tests.sounds import clicks, noise, tone

RATE = 44_100


def excerpt(samples: np.ndarray, start: float = 0.0, rate: int = RATE) -> Excerpt:
    return Excerpt(start, rate, ("FC",), samples)


def drums(tempo: float, seconds: float, metre: int = 4) -> np.ndarray:
    """A drum on every beat from 0.2 s on, the first of each bar the loudest."""
    chance = np.random.default_rng(1)
    sound = chance.normal(0.0, 0.0005, round(seconds * RATE))
    time = np.arange(RATE // 5) / RATE
    drum = np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.06)
    drum += 0.3 * chance.normal(size=len(time)) * np.exp(-time / 0.01)
    for number, beat in enumerate(np.arange(0.2, seconds - 0.5, 60.0 / tempo)):
        start = round(beat * RATE)
        sound[start : start + len(drum)] += drum * (0.6 if number % metre == 0 else 0.2)
    return sound.astype(np.float32)[np.newaxis]


@pytest.mark.parametrize("tempo", [75, 96, 120, 140])
def test_beats_are_found_where_the_drum_is_struck(tempo: float) -> None:
    found = track_beats(excerpt(drums(tempo, 16.0), start=30.0))
    assert found is not None
    assert found.steady
    beats = np.arange(0.2, 15.5, 60.0 / tempo) + 30.0
    assert np.mean([np.abs(beats - time).min() < 0.02 for time in found.times]) > 0.9
    assert np.mean([np.abs(found.times - beat).min() < 0.02 for beat in beats]) > 0.9
    assert found.period == pytest.approx(60.0 / tempo, rel=0.03)


def test_the_first_beat_of_a_bar_is_told() -> None:
    found = track_beats(excerpt(drums(120, 16.0)))
    assert found is not None
    bars = (found.times[found.first] - 0.2) / 2.0
    assert len(bars) >= 6
    assert np.abs(bars - np.round(bars)).max() < 0.02


def test_what_has_no_beat_has_no_steady_one() -> None:
    for sound in (noise(16.0), tone(110.0, 16.0)):
        found = track_beats(excerpt(sound))
        assert found is None or not found.steady


@pytest.mark.parametrize(
    "sound", [np.zeros((2, 10 * RATE), np.float32), tone(440.0, 0.05), np.zeros((1, 0), np.float32)]
)
def test_silence_and_hardly_a_sound_have_no_beats(sound: np.ndarray) -> None:
    assert track_beats(excerpt(sound)) is None


@given(st.lists(st.floats(0.0, 100.0), max_size=40))
def test_first_beats_come_every_third_or_fourth(loudness: list[float]) -> None:
    apart = np.diff(np.flatnonzero(first_of_bar(np.array(loudness))))
    assert set(apart.tolist()) in (set(), {3}, {4})


def test_even_beats_have_no_bars() -> None:
    assert not first_of_bar(np.ones(30)).any()


def test_beats_around_moments_of_a_file(tmp_path: Path) -> None:
    song = tmp_path / "song.flac"
    soundfile.write(song, drums(100, 40.0)[0], RATE)
    first, middle, beyond = beats_around(str(song), [0.0, 20.0, 100.0])
    assert first is not None
    assert middle is not None
    assert beyond is None
    assert first.times[-1] < REACH < 20.0 - REACH < middle.times[0] < middle.times[-1] < 20.0 + REACH
    assert abs(middle.offset(0.2 + 33 * 0.6)) < 0.02


def test_a_song_that_cannot_be_decoded_has_no_beats(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"\0" * 1000)
    assert beats_around(str(song), [1.0, 2.0]) == [None, None]
    assert last_sound(str(song)) is None


def test_the_last_sound_comes_before_the_silence(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    sound = np.concatenate([clicks(120, 30.0, RATE)[0] + tone(220.0, 30.0)[0], np.zeros(4 * RATE, np.float32)])
    soundfile.write(song, sound, RATE)
    assert last_sound(str(song)) == pytest.approx(30.0, abs=0.1)
    soundfile.write(song, np.zeros(4 * RATE), RATE)
    assert last_sound(str(song)) is None
