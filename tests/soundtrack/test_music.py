import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from img2music.soundtrack.music import FilmCurve, Music, Span

from img2music.distribution import AffectDistribution
from img2music.library.record import CURVE_DTYPE
from img2music.soundtrack import music as music_module


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
    music = Music(durations, curves, None, step, inside=0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(music_module, "CELLS_AT_ONCE", 10**6 if at_once else 40)
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
                assert start + film.seconds(span) <= durations[track] + music_module.TOLERANCE


def test_a_passage_is_found_where_the_music_moves_as_the_film_does():
    # The film turns from calm to lively; so does the track, after two minutes.
    windows = [(8.0 * n, 8.0 * n + 8.0, 0.5, 0.1 if n < 15 else 0.9) for n in range(30)]
    film = FilmCurve(np.array([[0.5, 0.1]] * 12 + [[0.5, 0.9]] * 12, dtype=np.float32), np.array([0.0, 48.0]), step=2.0)
    music = Music([240.0], [curve(*windows)], None, 2.0, inside=0.1)
    start, cost = music.passage(film, Span(0, 1), 0)
    assert start == 96.0
    assert cost < 4.0


def test_the_start_of_a_track_is_preferred_among_equals():
    film = FilmCurve(np.full((10, 2), 0.5, dtype=np.float32), np.array([0.0, 20.0]), step=2.0)
    level = curve(*[(8.0 * n, 8.0 * n + 8.0, 0.5, 0.5) for n in range(10)])
    assert Music([80.0], [level], None, 2.0, inside=0.2).passage(film, Span(0, 1), 0) == (0.0, 0.0)


def test_a_track_that_is_too_short_can_not_be_laid():
    film = FilmCurve(np.full((10, 2), 0.5, dtype=np.float32), np.array([0.0, 20.0]), step=2.0)
    short = Music([3.0], [curve((0.0, 3.0, 0.5, 0.5))], None, 2.0, inside=0.2)
    assert np.isinf(next(short.costs(film, [Span(0, 1)]))[1]).all()
    assert short.passage(film, Span(0, 1), 0) == (0.0, np.inf)


def test_relative_positions_are_ranks_in_the_library():
    library = AffectDistribution.of([0.4, 0.5, 0.6, 0.7], [0.1, 0.2, 0.3, 0.4])
    music = Music([60.0], [curve((0.0, 60.0, 0.65, 0.15))], library, 2.0, inside=0.0)
    assert music.positions(0, np.array([5.0, 50.0])).tolist() == [[0.75, 0.25]] * 2
