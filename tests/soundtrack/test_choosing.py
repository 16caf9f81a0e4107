import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from img2music.soundtrack.choosing import MEMORY, Chosen, Prices, choose, shortlist, ways
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


def exhaustive(costs, artists, prices, allowed=lambda _: True):
    """The least total of all choices, by trying each."""
    last = max(span.last for span in costs)
    best = np.inf
    for spans in splittings(last):
        if all(span in costs for span in spans) and allowed(spans):
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


@st.composite
def lengths(draw):
    """Seconds that spans lack, of which some are impossible; the whole is possible."""
    end = draw(st.integers(1, 7))
    spans = [Span(a, b) for a, b in itertools.combinations(range(end + 1), 2)]
    lacking = {span: draw(st.sampled_from([0.0, 0.0, 1.0, 2.5, None])) for span in spans}
    return {span: lack for span, lack in lacking.items() if lack is not None} | {Span(0, end): draw(st.floats(0, 9))}


def least_short(missing, count):
    """All ways that lack least, and of these those whose number of cues is nearest, by trying each."""
    end = max(span.last for span in missing)
    possible = [spans for spans in splittings(end) if all(span in missing for span in spans)]
    lack = min(sum(missing[span] for span in spans) for spans in possible)
    fitting = [spans for spans in possible if sum(missing[span] for span in spans) <= lack + 1e-6]
    if count is None:
        return fitting
    nearest = min({len(spans) for spans in fitting}, key=lambda n: (abs(n - count), n))
    return [spans for spans in fitting if len(spans) == nearest]


@settings(max_examples=200, deadline=None)
@given(lengths(), st.one_of(st.none(), st.integers(1, 9)))
def test_ways_are_those_that_lack_least_and_have_about_so_many_cues(missing, count):
    kept = ways(missing, count)
    wanted: dict[Span, set[int]] = {}
    for spans in least_short(missing, count):
        for number, span in enumerate(spans, 1):
            wanted.setdefault(span, set()).add(0 if count is None else number)
    assert {span: set(numbers) for span, numbers in kept.items()} == wanted


@settings(max_examples=60, deadline=None)
@given(films(), PRICES, st.integers(1, 5), st.sampled_from([0.0, 2.0, 3.0]))
def test_a_choice_of_so_many_cues_equals_an_exhaustive_search(film, prices, count, least):
    costs, artists = film
    missing = {
        span: max(0.0, least - (span.last - span.first)) for span, cost in costs.items() if np.isfinite(cost).any()
    }
    end = max(span.last for span in costs)
    numbers = ways(missing, count) if any(span.last == end for span in missing) else {}
    assume(numbers)
    shortlists = {}
    for span in numbers:
        tracks = shortlist(costs[span], artists)
        shortlists[span] = (tracks, costs[span][tracks].astype(np.float64))
    chosen = choose(shortlists, artists, prices, numbers)
    assert chosen is not None
    allowed = [[*spans] for spans in least_short(missing, count)]
    assert [each.span for each in chosen] in allowed
    paid = [float(costs[each.span][each.track]) for each in chosen]
    assert total(chosen, paid, artists, prices) == pytest.approx(
        exhaustive(costs, artists, prices, allowed.__contains__)
    )


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
