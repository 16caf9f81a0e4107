import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.soundtrack.choosing import MEMORY, Chosen, Prices, choose, shortlist
from img2music.soundtrack.curves import Span

PRICES = st.builds(
    lambda cue, artist, more: Prices(cue=cue, artist=artist, track=artist + more),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.0, 0.2, 0.9]),
    st.sampled_from([0.0, 0.3, 2.0]),
)


def splittings(boundaries):
    for count in range(boundaries):
        for inner in itertools.combinations(range(1, boundaries), count):
            edges = [0, *inner, boundaries]
            yield [Span(a, b) for a, b in itertools.pairwise(edges)]


def total(chosen, costs, artists, prices):
    """What a choice costs altogether."""
    tracks = np.array([each.track for each in chosen], dtype=np.int64)
    by = artists[tracks]
    repeats = sum(
        float(prices.repeat(tracks[back:], by[back:], tracks[:-back], by[:-back]).sum())
        for back in range(1, MEMORY + 1)
    )
    return float(sum(costs)) + prices.cue * len(chosen) + repeats


def exhaustive(costs, artists, prices):
    """The least total of all choices, by trying each."""
    last = max(span.last for span in costs)
    best = np.inf
    for spans in splittings(last):
        if all(span in costs for span in spans):
            for tracks in itertools.product(range(len(artists)), repeat=len(spans)):
                paid = [float(costs[span][track]) for span, track in zip(spans, tracks, strict=True)]
                if np.isfinite(paid).all():
                    chosen = [Chosen(*pair) for pair in zip(spans, tracks, strict=True)]
                    best = min(best, total(chosen, paid, artists, prices))
    return best


@st.composite
def films(draw):
    boundaries = draw(st.integers(1, 4))
    tracks = draw(st.integers(1, 7 if boundaries < 4 else 6))
    artists = np.array(draw(st.lists(st.integers(0, 6), min_size=tracks, max_size=tracks)), dtype=np.int64)
    value = st.sampled_from([0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, np.inf])
    costs = {
        Span(a, b): np.array(draw(st.lists(value, min_size=tracks, max_size=tracks)), dtype=np.float32)
        for a, b in itertools.combinations(range(boundaries + 1), 2)
    }
    return costs, artists


@settings(max_examples=60, deadline=None)
@given(films(), PRICES)
def test_the_choice_equals_an_exhaustive_search(film, prices):
    costs, artists = film
    shortlists = {}
    for span, cost in costs.items():
        tracks = shortlist(cost, artists)
        shortlists[span] = (tracks, cost[tracks].astype(np.float64))
    chosen = choose(shortlists, artists, prices)
    best = exhaustive(costs, artists, prices)
    if chosen is None:
        assert best == np.inf
        return
    assert [each.span.first for each in chosen] == [0, *(each.span.last for each in chosen[:-1])]
    paid = [float(costs[each.span][each.track]) for each in chosen]
    assert total(chosen, paid, artists, prices) == pytest.approx(best)


def test_a_shortlist_holds_five_artists_and_five_tracks_of_each():
    artists = np.repeat(np.arange(10), 100)
    costs = np.arange(1000, dtype=np.float32)[::-1].copy()
    found = shortlist(costs, artists)
    assert artists[found].tolist() == [9] * 5 + [8] * 5 + [7] * 5 + [6] * 5 + [5]
    assert (np.diff(costs[found]) > 0).all()


def test_what_can_not_lie_there_is_on_no_shortlist():
    costs = np.full(60, np.inf, dtype=np.float32)
    costs[17] = 1.0
    assert shortlist(costs, np.arange(60)).tolist() == [17]


@pytest.mark.parametrize(("price", "tracks"), [(0.0, [0, 0, 0]), (0.2, [0, 1, 0]), (5.0, [0, 1, 2])])
def test_a_repeat_is_avoided_as_far_as_its_price_goes(price, tracks):
    # Two cues apart still counts; what comes after is compared with both before it.
    cost = np.array([0.0, 0.1, 0.35])
    spans = {Span(n, n + 1): (np.arange(3), cost) for n in range(3)}
    chosen = choose(spans, np.arange(3), Prices(cue=0.0, artist=0.0, track=price))
    assert sorted(each.track for each in chosen) == sorted(tracks)
