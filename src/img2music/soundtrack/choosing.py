"""Which track lies under which span: the exact best choice.

A choice costs what its passages cost, a price for each cue, and a price for each track or artist that comes again
within the next two cues. The program below finds the cheapest of all choices of spans and tracks.

*Few tracks need looking at.* A cue meets at most four others in those prices: two before it and two after it. Walk
through the tracks of a span from the cheapest on. After five artists have been met, one of them is none of those
four's, so any track further on can be replaced by that artist's, which costs no more and no repeat. And of one artist
the sixth track can be replaced by one of the five before it that is none of those four. What is left is the
*shortlist*.

*Few memories are enough.* What follows a cue depends on its track and on the one before. Of all that may come before,
three are kept: the cheapest, the cheapest other track of the same artist, and the cheapest of another artist. Whatever
track follows, one of the three is as good as any.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.soundtrack.curves import Span

MEMORY = 2  # cues back to which a track or an artist counts as repeated
NEIGHBOURS = 2 * MEMORY  # cues that one cue can meet in a repeat
KEPT = 3  # histories that are kept of a cue
SAME = 1e-6  # seconds by which sums differ that are the same


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid beside distance, each in seconds times distance."""

    cue: float = 2.0  # of every cue
    inside: float = 3.0  # of a passage that begins within its track and not at its start
    inside_second: float = 0.02  # of each second of such a passage, whose distance grows with its length as well
    artist: float = 0.5  # of an artist who was heard in one of the two cues before; once for each
    track: float = 2.0  # of a track that was heard in one of them, instead

    def repeat(
        self, track: NDArray[np.int64], artist: NDArray[np.int64], others: NDArray[np.int64], by: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Price of tracks beside other tracks, by broadcasting; -1 stands for none."""
        return np.where(track == others, self.track, np.where(artist == by, self.artist, 0.0))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One cue of a choice."""

    span: Span
    track: int


Reached = dict[str, NDArray[Any]]
"""All ways to reach a boundary, where cues are counted with so many of them: an item for each span that ends there and
each track of its shortlist.

By item: ``first``, its span's first boundary, ``track`` and ``artist``. By item and history: ``value``, the least cost;
``before``, the item before it, and ``history``, which of that one's; ``before_track`` and ``before_artist``.
"""


def shortlist(costs: NDArray[np.float32], artists: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tracks of a span among which the best choice is."""
    enough = 8 * (NEIGHBOURS + 1)
    if len(costs) > enough:
        few = np.argpartition(costs, enough)[:enough]
        found, complete = _walk(few, costs, artists)
        if complete:
            return found
    return _walk(np.arange(len(costs)), costs, artists)[0]


def _walk(
    tracks: NDArray[np.int64], costs: NDArray[np.float32], artists: NDArray[np.int64]
) -> tuple[NDArray[np.int64], bool]:
    met: dict[int, int] = {}
    found: list[int] = []
    for track in tracks[np.lexsort((tracks, costs[tracks]))].tolist():
        if len(met) > NEIGHBOURS or not np.isfinite(costs[track]):
            return np.array(found, dtype=np.int64), True
        artist = int(artists[track])
        met[artist] = met.get(artist, 0) + 1
        if met[artist] <= NEIGHBOURS + 1:
            found.append(track)
    return np.array(found, dtype=np.int64), len(met) > NEIGHBOURS


def ways(missing: Mapping[Span, float], count: int | None) -> dict[Span, tuple[int, ...]]:
    """Keep the spans of those ways through a film that are least too short, and tell which cues each may be.

    ``missing`` is by how many seconds each span is shorter than a cue should be. With a count the ways have as many
    cues, or, where all of those are shorter than others, the next best number; each span comes with the cues, from 1
    on, that it may be. Without, it may be any, which is 0.
    """
    end = max(span.last for span in missing)
    layers = 1 if count is None else end + 1
    step = 0 if count is None else 1
    before, after = np.full((2, end + 1, layers), np.inf)  # least seconds to and from a boundary, by number of cues
    before[0, 0] = after[end, 0] = 0.0
    spans = sorted(missing, key=attrgetter("last", "first"))
    for span in spans:
        before[span.last, step:] = np.minimum(
            before[span.last, step:], before[span.first, : layers - step] + missing[span]
        )
    for span in sorted(missing, key=attrgetter("first", "last"), reverse=True):
        after[span.first, step:] = np.minimum(
            after[span.first, step:], after[span.last, : layers - step] + missing[span]
        )
    least = before[end].min()
    if not np.isfinite(least):
        return {}
    fitting = np.flatnonzero(before[end] <= least + SAME)
    cues = int(fitting[np.abs(fitting - (count or 0)).argmin()])
    found = {}
    for span in spans:
        total = before[span.first, : cues + 1 - step] + after[span.last, : cues + 1 - step][::-1] + missing[span]
        numbers = tuple((np.flatnonzero(total <= least + SAME) + step).tolist())
        if numbers:
            found[span] = numbers
    return found


def choose(
    shortlists: Mapping[Span, tuple[NDArray[np.int64], NDArray[np.float64]]],
    artists: NDArray[np.int64],
    prices: Prices,
    numbers: Mapping[Span, Sequence[int]] | None = None,
) -> list[Chosen] | None:
    """Choose spans and tracks at the least total price; ``numbers`` as `ways` gives them, any if left out."""
    # At the film's start nothing is before: no track and no artist is -1.
    nothing = np.full((1, KEPT), -1)
    start = dict.fromkeys(("before", "history", "before_track", "before_artist"), nothing)
    start |= {"first": nothing[:, 0], "track": nothing[:, 0], "artist": nothing[:, 0]}
    reached = {(0, 0): start | {"value": np.array([[0.0] + [np.inf] * (KEPT - 1)])}}
    spans = sorted((span for span in shortlists if len(shortlists[span][0])), key=attrgetter("last", "first"))
    for boundary, ending in itertools.groupby(spans, key=attrgetter("last")):
        parts: dict[int, list[Reached]] = defaultdict(list)
        for span in ending:
            for number in (0,) if numbers is None else numbers[span]:
                before = reached.get((span.first, max(0, number - 1)))
                if before is not None:
                    found = _extended(span, *shortlists[span], artists=artists, before=before, prices=prices)
                    parts[number].append(found)
        for number, each in parts.items():
            reached[boundary, number] = {name: np.concatenate([part[name] for part in each]) for name in each[0]}
    last = max(reached)
    return _traced(reached, *last) if last[0] == max(span.last for span in shortlists) else None


def _extended(
    span: Span,
    tracks: NDArray[np.int64],
    costs: NDArray[np.float64],
    *,
    artists: NDArray[np.int64],
    before: Reached,
    prices: Prices,
) -> Reached:
    by = artists[tracks]
    own = np.asarray(costs, dtype=np.float64) + prices.cue
    # (tracks, items before, their histories): what the one before that one costs as a repeat
    ways = before["value"][None] + prices.repeat(
        tracks[:, None, None], by[:, None, None], before["before_track"][None], before["before_artist"][None]
    )
    history = ways.argmin(axis=2)
    ways = np.take_along_axis(ways, history[:, :, None], axis=2)[:, :, 0]
    ways += prices.repeat(tracks[:, None], by[:, None], before["track"][None], before["artist"][None])
    best = ways.argmin(axis=1)
    same_artist = before["artist"][None] == before["artist"][best][:, None]
    same_track = before["track"][None] == before["track"][best][:, None]
    hidden = (False, ~same_artist | same_track, same_artist)
    allowed = [np.where(each, np.inf, ways) for each in hidden]
    index = np.stack([each.argmin(axis=1) for each in allowed], axis=1)
    return {
        "first": np.full(len(tracks), span.first),
        "track": tracks,
        "artist": by,
        "value": np.stack([each.min(axis=1) for each in allowed], axis=1) + own[:, None],
        "before": index,
        "history": np.take_along_axis(history, index, axis=1),
        "before_track": before["track"][index],
        "before_artist": before["artist"][index],
    }


def _traced(reached: Mapping[tuple[int, int], Reached], boundary: int, number: int) -> list[Chosen]:
    value = reached[boundary, number]["value"]
    item, history = np.unravel_index(int(value.argmin()), value.shape)
    found: list[Chosen] = []
    while boundary:
        here = reached[boundary, number]
        first = int(here["first"][item])
        found.insert(0, Chosen(Span(first, boundary), int(here["track"][item])))
        item, history = here["before"][item, history], here["history"][item, history]
        boundary, number = first, max(0, number - 1)
    return found
