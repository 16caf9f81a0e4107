import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.distribution import AffectDistribution
from img2music.library.record import CURVE_DTYPE
from img2music.soundtrack import curves as curves_module
from img2music.soundtrack.choosing import Prices, choose
from img2music.soundtrack.curves import (
    FASTEST,
    PRICE,
    SLOWEST,
    UNKNOWN,
    FilmCurve,
    Pace,
    Span,
    TrackCurves,
    wanted_tempo,
)
from img2music.soundtrack.spotting import Candidates, shortlists
from tests.soundtrack.test_choosing import exhaustive, total


def curve(*windows):
    return np.array(list(windows), dtype=CURVE_DTYPE)


def random_music(chance, tracks=6):
    durations = chance.uniform(5, 90, tracks)
    curves = []
    for duration in durations:
        starts = np.sort(chance.uniform(0, duration, chance.integers(1, 8)))
        curves.append(curve(*[(s, min(s + 8.0, duration), *chance.random(2)) for s in starts]))
    return durations, curves


def random_film(chance, cells, step):
    inner = np.sort(chance.choice(np.arange(1, cells), size=min(4, cells - 1), replace=False))
    return FilmCurve(chance.random((cells, 2)).astype(np.float32), np.array([0, *inner, cells]) * step, step)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 2.0]), st.booleans())
def test_every_cost_is_that_of_the_best_passage_one_by_one(seed, step, at_once):
    chance = np.random.default_rng(seed)
    durations, curves = random_music(chance)
    film = random_film(chance, int(chance.integers(3, 30)), step)
    spans = [Span(a, b) for a in range(len(film.boundaries)) for b in range(a + 1, len(film.boundaries))]
    music = TrackCurves(durations, curves, None, step, inside=0.3, inside_second=0.02)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves_module, "CELLS_AT_ONCE", 10**6 if at_once else 40)
        parts = list(music.costs(film, spans))
    assert [first for first, _ in parts] == np.cumsum([0, *(part.shape[1] for _, part in parts[:-1])]).tolist()
    costs = np.concatenate([part for _, part in parts], axis=1)
    for row, span in enumerate(spans):
        for track in range(len(music)):
            start, cost = music.passage(film, span, track)
            assert costs[row, track] == pytest.approx(cost, abs=1e-3)
            if np.isfinite(cost):
                borders = {0.0, *curves[track]["start"].round(3), *curves[track]["end"].round(3)}
                assert start in borders
                assert start + film.seconds(span) <= durations[track] + curves_module.TOLERANCE


def test_a_passage_is_found_where_the_music_moves_as_the_film_does():
    # The film turns from calm to lively; so does the track, after two minutes.
    windows = [(8.0 * n, 8.0 * n + 8.0, 0.5, 0.1 if n < 15 else 0.9) for n in range(30)]
    film = FilmCurve(np.array([[0.5, 0.1]] * 12 + [[0.5, 0.9]] * 12, dtype=np.float32), np.array([0.0, 48.0]), step=2.0)
    music = TrackCurves([240.0], [curve(*windows)], None, 2.0, inside=0.1)
    start, cost = music.passage(film, Span(0, 1), 0)
    assert start == 96.0
    assert cost < 4.0


def test_the_start_of_a_track_is_preferred_among_equals():
    film = FilmCurve(np.full((10, 2), 0.5, dtype=np.float32), np.array([0.0, 20.0]), step=2.0)
    level = curve(*[(8.0 * n, 8.0 * n + 8.0, 0.5, 0.5) for n in range(10)])
    assert TrackCurves([80.0], [level], None, 2.0, inside=0.2).passage(film, Span(0, 1), 0) == (0.0, 0.0)


@pytest.mark.parametrize("seconds", [20.0, 200.0])
def test_what_an_opening_is_worth_grows_with_the_cue(seconds: float) -> None:
    film = FilmCurve(np.full((round(seconds / 2), 2), 0.5, dtype=np.float32), np.array([0.0, seconds]), step=2.0)
    windows = [(8.0 * n, 8.0 * n + 8.0, 0.5, 0.5 if n > 12 else 0.515) for n in range(60)]  # nearer after its opening
    off = curve(*windows)
    assert TrackCurves([480.0], [off], None, 2.0, inside=0.1).passage(film, Span(0, 1), 0)[0] > 0.0
    kept = TrackCurves([480.0], [off], None, 2.0, inside=0.1, inside_second=0.02)
    assert kept.passage(film, Span(0, 1), 0)[0] == 0.0


def test_a_track_that_is_too_short_can_not_be_laid():
    film = FilmCurve(np.full((10, 2), 0.5, dtype=np.float32), np.array([0.0, 20.0]), step=2.0)
    short = TrackCurves([3.0], [curve((0.0, 3.0, 0.5, 0.5))], None, 2.0, inside=0.2)
    assert np.isinf(next(short.costs(film, [Span(0, 1)]))[1]).all()
    assert short.passage(film, Span(0, 1), 0) == (0.0, np.inf)


def test_relative_positions_are_ranks_in_the_library():
    library = AffectDistribution.of([0.4, 0.5, 0.6, 0.7], [0.1, 0.2, 0.3, 0.4])
    music = TrackCurves([60.0], [curve((0.0, 60.0, 0.65, 0.15))], library, 2.0, inside=0.0)
    assert music.positions(0, np.array([5.0, 50.0])).tolist() == [[0.75, 0.25]] * 2


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
    music = TrackCurves(durations, curves, None, 1.0, 0.25, pace=pace)
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
    chosen = choose(shortlists(film, music, tracks, dict.fromkeys(costs)), tracks.artists, prices)
    assert chosen is not None
    best = exhaustive(costs, tracks.artists, prices)
    paid = [float(costs[each.span][each.track]) for each in chosen]
    assert total(chosen, paid, tracks.artists, prices) == pytest.approx(best, abs=1e-3)


def test_silence_lies_under_no_film_even_a_calm_one():
    film = FilmCurve(np.full((30, 2), (0.5, 0.0), np.float32), np.array([0.0, 30.0]), 1.0)
    hidden = curve((0, 8, 0.7, 0.4), (100, 108, 0.5, 0.0), (200, 208, 0.5, 0.0), (300, 308, 0.9, 0.9))
    music = TrackCurves([400.0], [hidden], None, 1.0, 0.0)
    start, _ = music.passage(film, Span(0, 1), 0)
    assert start < 30.0 or start > 270.0
    assert music.positions(0, np.array([104.0])).tolist() == [[0.5, 0.0]]  # as it is told
