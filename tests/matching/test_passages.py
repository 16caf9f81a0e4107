"""The passage that fits best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.matching.passages import LENGTH, Passage, best_passage, clock


def curve(*windows: tuple[float, float, float]) -> list[CurvePoint]:
    return [CurvePoint(start, end, Affect(valence, 0.5)) for start, end, valence in windows]


def best(points: list[CurvePoint], valence: float, duration: float) -> Passage:
    positions = [(point.affect.valence, point.affect.arousal) for point in points]
    return best_passage(points, positions, (valence, 0.5), duration)


def test_a_short_track_is_its_own_passage() -> None:
    assert best(curve((0, 20, 0.5)), 0.9, 20.0) == Passage(0.0, 20.0)
    assert best([], 0.9, 200.0) is None


def test_finds_the_window_that_fits() -> None:
    points = curve((0, 30, 0.2), (30, 60, 0.9), (60, 90, 0.4))
    assert best(points, 0.85, 90.0) == Passage(30.0, 60.0)
    assert best(points, 0.1, 90.0) == Passage(0.0, 30.0)
    assert best(points, 0.45, 90.0) == Passage(60.0, 90.0)


def test_short_windows_are_taken_together() -> None:
    points = curve(*[(10.0 * i, 10.0 * i + 10, v) for i, v in enumerate([0.1, 0.9, 0.1, 0.8, 0.8, 0.8, 0.1])])
    assert best(points, 0.9, 70.0) == Passage(30.0, 60.0)


def test_a_lone_window_is_in_the_middle_of_what_was_not_heard() -> None:
    points = curve((10, 20, 0.1), (100, 110, 0.9), (190, 200, 0.1))
    found = best(points, 0.9, 210.0)
    assert found.start <= 100.0
    assert found.end >= 110.0


def test_silence_is_no_passage_even_for_what_is_calm() -> None:
    # A song, five minutes of nothing, and a hidden track; heard in part.
    affects = [(0.7, 0.6), *[(0.5, 0.0)] * 6, (0.9, 0.9)]
    points = [CurvePoint(50.0 * i, 50.0 * i + 8, Affect(*affect)) for i, affect in enumerate(affects)]
    assert [point.silent for point in points] == [False, *[True] * 6, False]
    for target in affects:
        found = best_passage(points, affects, target, 400.0)
        assert not any(point.silent and point.start < found.end and point.end > found.start for point in points)


def test_of_equals_the_earliest() -> None:
    assert best(curve((0, 100, 0.5)), 0.5, 100.0) == Passage(0.0, 30.0)


@given(
    st.lists(st.tuples(st.floats(0, 300), st.floats(1, 40), st.floats(0, 1)), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(0.1, 400),
)
def test_is_always_within_the_track(windows: list[tuple[float, float, float]], valence: float, duration: float) -> None:
    points = curve(*[(start, start + length, v) for start, length, v in windows])
    found = best(points, valence, duration)
    assert 0.0 <= found.start < found.end <= duration
    assert found.end - found.start == pytest.approx(min(LENGTH, duration), abs=1e-9)


@pytest.mark.parametrize(("seconds", "text"), [(7.4, "0:07"), (187, "3:07"), (3723, "1:02:03"), (59.6, "1:00")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
