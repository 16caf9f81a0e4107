"""Speech is told by what it is: from hiss of any level, from tones, and from notes that are sung."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.soundtrack import speech
from img2music.soundtrack.cue_sheet import TimeSpan
from img2music.soundtrack.speech import DOWN, PAUSE, UP, SpeechFinder, ducked
from tests.support.sounds import chords
from tests.support.soundtracks import RATE, Sound, talk


def found(sound: Sound) -> tuple[TimeSpan, ...]:
    finder = SpeechFinder()
    for first in range(0, sound.shape[1], RATE):
        finder.add(sound.T[first : first + RATE])
    return finder.spans()


def hiss(*levels: float) -> Sound:
    """Four seconds of each level, in dBFS."""
    chance = np.random.default_rng(1)
    return np.concatenate([10 ** (db / 20) * chance.normal(size=4 * RATE) for db in levels]).astype(np.float32)[None]


@pytest.mark.parametrize("level", [0.2, 0.005])
def test_speech_is_found_where_it_is(level: float) -> None:
    sound = talk(14.0, ((2.0, 5.0), (9.0, 12.0)), level=level, noise=0.0005)
    spans = found(np.concatenate([sound, 0.5 * sound]))
    heard = np.zeros(1400, dtype=bool)
    for span in spans:
        heard[round(span.start * 100) : round(span.end * 100)] = True
    spoken = np.zeros(1400, dtype=bool)
    spoken[200:500] = spoken[900:1200] = True
    assert heard[spoken].mean() > 0.85
    assert not heard[~spoken & ~np.roll(spoken, 30) & ~np.roll(spoken, -30)].any()


def test_noise_and_music_are_no_speech() -> None:
    assert found(hiss(-44.0, -76.0, -50.0, -70.0, -20.0)) == ()
    notes = np.repeat(chords([(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)] * 2), 3, axis=1)
    assert found(notes) == ()


@pytest.mark.parametrize("samples", [0, 1, 100, 4_800])
def test_the_shortest_sounds(samples: int) -> None:
    assert found(np.zeros((1, samples), dtype=np.float32)) == ()


def test_parts_give_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = talk(11.0, ((1.0, 4.5), (5.5, 8.0)))
    whole = found(sound)
    monkeypatch.setattr(speech, "PART", 3.0)
    assert found(sound) == whole
    assert len(whole) >= 2


def level(points: list[tuple[float, float]], time: float) -> float:
    return float(np.interp(time, *zip(*points, strict=True)))


def test_music_is_low_under_speech_and_in_its_pauses_and_as_before_elsewhere() -> None:
    points = ducked((TimeSpan(10.0, 16.0), TimeSpan(18.0, 22.0), TimeSpan(40.0, 50.0)), 12.0)
    for low in (9.9, 10.0, 13.0, 17.0, 22.0, 22.5, 40.0, 50.0):
        assert level(points, low) == -12.0
    for time in (0.0, 9.3, 24.0, 30.0, 39.3, 52.0, 100.0):
        assert level(points, time) == 0.0


def test_nothing_is_lowered_without_speech_or_depth() -> None:
    assert ducked((), 12.0) == []
    assert ducked((TimeSpan(1.0, 2.0),), 0.0) == []


@given(st.lists(st.tuples(st.floats(0.0, 8.0), st.floats(0.1, 9.0)), max_size=8), st.floats(0.5, 60.0))
def test_levels_go_forward_in_time_and_never_beyond_the_depth(gaps: list[tuple[float, float]], depth: float) -> None:
    time, speech = 0.0, []
    for gap, lasts in gaps:
        speech.append((time + gap, time + gap + lasts))
        time = speech[-1][1]
    points = ducked([TimeSpan(*span) for span in speech], depth)
    for (before, low), (after, high) in itertools.pairwise(points):
        assert after > before
        assert abs(high - low) <= depth
    assert {value for _, value in points} <= {0.0, -depth}
    for start, end in speech:
        assert all(level(points, moment) == pytest.approx(-depth) for moment in (start, (start + end) / 2, end))
    assert PAUSE > DOWN + UP
