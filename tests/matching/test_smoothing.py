"""Neighbours feel alike, and nothing is lost or said twice."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import UsageError
from img2music.matching import smoothing
from img2music.matching.smoothing import smooth_order

units = st.floats(0.0, 1.0)
affects = st.lists(st.builds(Affect, units, units), max_size=6)


def length(songs: list[Affect], order: list[int]) -> float:
    return sum(songs[a].distance(songs[b]) for a, b in itertools.pairwise(order))


@given(affects)
def test_it_is_an_order_that_begins_as_before_and_is_nearly_the_shortest(songs: list[Affect]) -> None:
    order = smooth_order(songs)
    assert sorted(order) == list(range(len(songs)))
    if songs:
        assert order[0] == 0
        best = min(length(songs, [0, *rest]) for rest in itertools.permutations(range(1, len(songs))))
        assert length(songs, order) <= 1.5 * best + 1e-9
        assert length(songs, order) <= length(songs, list(range(len(songs)))) + 1e-9 or best < length(songs, order)


def test_songs_on_a_line_are_played_along_it() -> None:
    line = [Affect(0.1 * step, 0.5) for step in (0, 7, 3, 9, 1, 5, 2, 8, 4, 6)]
    assert [round(10 * line[each].valence) for each in smooth_order(line)] == list(range(10))


def test_a_circle_is_gone_round() -> None:
    circle = [Affect(0.5 + 0.4 * math.cos(a * 2.4), 0.5 + 0.4 * math.sin(a * 2.4)) for a in range(40)]
    side = 2 * 0.4 * math.sin(math.pi / 40)
    assert length(circle, smooth_order(circle)) < 1.6 * 39 * side


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothing, "MOST", 2)
    with pytest.raises(UsageError, match="At most 2 songs"):
        smooth_order([Affect(0.5, 0.5)] * 3)
