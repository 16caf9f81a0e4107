import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from img2music.soundtrack.ducking import DOWN, PAUSE, UP, ducked


def level(points: list[tuple[float, float]], time: float) -> float:
    return float(np.interp(time, *zip(*points, strict=True)))


def test_music_is_low_under_speech_and_in_its_pauses_and_as_before_elsewhere() -> None:
    points = ducked(((10.0, 16.0), (18.0, 22.0), (40.0, 50.0)), 12.0)
    for low in (9.9, 10.0, 13.0, 17.0, 22.0, 22.5, 40.0, 50.0):
        assert level(points, low) == -12.0
    for time in (0.0, 9.3, 24.0, 30.0, 39.3, 52.0, 100.0):
        assert level(points, time) == 0.0


def test_nothing_is_lowered_without_speech_or_depth() -> None:
    assert ducked((), 12.0) == []
    assert ducked(((1.0, 2.0),), 0.0) == []


@given(st.lists(st.tuples(st.floats(0.0, 8.0), st.floats(0.1, 9.0)), max_size=8), st.floats(0.5, 60.0))
def test_levels_go_forward_in_time_and_never_beyond_the_depth(gaps: list[tuple[float, float]], depth: float) -> None:
    time, speech = 0.0, []
    for gap, lasts in gaps:
        speech.append((time + gap, time + gap + lasts))
        time = speech[-1][1]
    points = ducked(tuple(speech), depth)
    for (before, low), (after, high) in itertools.pairwise(points):
        assert after > before
        assert abs(high - low) <= depth
    assert {value for _, value in points} <= {0.0, -depth}
    for start, end in speech:
        assert all(level(points, moment) == pytest.approx(-depth) for moment in (start, (start + end) / 2, end))
    assert PAUSE > DOWN + UP
