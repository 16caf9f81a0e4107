import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from img2music.soundtrack.music import FilmCurve, Music, Span
from img2music.soundtrack.pace import FASTEST, PRICE, SLOWEST, UNKNOWN, Pace, wanted_tempo

from img2music.distribution import AffectDistribution
from img2music.library.record import CURVE_DTYPE
from img2music.soundtrack.choosing import Prices, choose, total
from img2music.soundtrack.spotting import Candidates, Options, shortlists
from tests.soundtrack.test_choosing import exhaustive


@pytest.mark.parametrize(("shot", "tempo"), [(4.0, 120.0), (2.0, 169.7), (8.0, 84.9), (0.5, 180.0), (60.0, 60.0)])
def test_quick_cuts_want_quick_music(shot: float, tempo: float) -> None:
    assert wanted_tempo(shot) == pytest.approx(tempo, abs=0.1)


@given(st.floats(0.04, 3600.0), st.floats(0.04, 3600.0))
def test_slower_cuts_never_want_quicker_music(one: float, other: float) -> None:
    slow, quick = max(one, other), min(one, other)
    assert SLOWEST <= wanted_tempo(slow) <= wanted_tempo(quick) <= FASTEST


def test_prices_are_octaves_of_tempo_along_the_film() -> None:
    pace = Pace(np.array([0.0, 4.0, 8.0, 12.0]), np.array([120.0, 60.0, 240.0, np.nan, 0.0]))
    found = pace.prices(0.0, 16.0, slice(0, 5))
    assert found == pytest.approx(16.0 * PRICE * np.array([0.0, 1.0, 1.0, UNKNOWN, UNKNOWN]))
    assert pace.prices(8.0, 12.0, slice(1, 2)) == pytest.approx([4.0 * PRICE])


@given(st.lists(st.sampled_from([60.0, 90.0, 120.0, 180.0, np.nan]), min_size=2, max_size=4), st.integers(0, 9))
def test_the_choice_by_tempo_equals_an_exhaustive_search(tempos: list[float], seed: int) -> None:
    chance = np.random.default_rng(seed)
    count, boundaries = len(tempos), np.array([0.0, 12.0, 26.0, 40.0])
    curves = []
    for _ in range(count):
        curve = np.zeros(5, dtype=CURVE_DTYPE)
        curve["start"] = np.arange(5) * 10.0
        curve["end"] = curve["start"] + 10.0
        curve["valence"], curve["arousal"] = chance.random((2, 5))
        curves.append(curve)
    film = FilmCurve(chance.random((40, 2)).astype(np.float32), boundaries, 1.0)
    pace = Pace(np.array([0.0, 3.0, 6.0, 12.0, 26.0, 27.0, 28.0]), np.array(tempos))
    durations = np.full(count, 50.0)
    music = Music(durations, curves, None, 1.0, 0.25, pace=pace)
    tracks = Candidates(
        ids=np.arange(count),
        durations=durations,
        artists=np.arange(count),
        curves=curves,
        allowed=np.ones(count, dtype=np.bool_),
        pins={},
        library=AffectDistribution.of(np.linspace(0, 1, 5), np.linspace(0, 1, 5)),
        filtered=False,
        tempos=np.array(tempos),
    )
    spans = [Span(a, b) for a, b in itertools.combinations(range(4), 2)]
    costs = {
        span: np.array([music.passage(film, span, track)[1] for track in range(count)], dtype=np.float32)
        for span in spans
    }
    prices = Prices()
    chosen = choose(shortlists(film, music, tracks, np.arange(3), Options()), tracks.artists, prices)
    assert chosen is not None
    best = exhaustive(costs, tracks.artists, prices)
    paid = [float(costs[each.span][each.track]) for each in chosen]
    assert total(chosen, paid, tracks.artists, prices) == pytest.approx(best, abs=1e-3)
