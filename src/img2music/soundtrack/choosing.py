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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.soundtrack.curves import Span

MEMORY = 2  # cues back to which a track or an artist counts as repeated
NEIGHBOURS = 2 * MEMORY  # cues that one cue can meet in a repeat
KEPT = 3  # histories that are kept of a cue


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid beside distance, each in seconds times distance."""

    cue: float = 1.0  # of every cue
    inside: float = 0.25  # of a passage that begins within its track and not at its start
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


@dataclass(frozen=True)
class _Reached:
    """All ways to reach a boundary: an item for each span that ends there and each track of its shortlist."""

    spans: list[Span]
    tracks: NDArray[np.int64]  # (items,)
    artists: NDArray[np.int64]  # (items,)
    values: NDArray[np.float64]  # (items, KEPT): least cost with each history
    before: NDArray[np.int64]  # (items, KEPT): the item before it; -1 for none
    history: NDArray[np.int64]  # (items, KEPT): which history of that item
    before_tracks: NDArray[np.int64]  # (items, KEPT)
    before_artists: NDArray[np.int64]  # (items, KEPT)


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
        if not np.isfinite(costs[track]):
            return np.array(found, dtype=np.int64), True
        artist = int(artists[track])
        met[artist] = met.get(artist, 0) + 1
        if met[artist] <= NEIGHBOURS + 1:
            found.append(track)
        if len(met) > NEIGHBOURS:
            return np.array(found, dtype=np.int64), True
    return np.array(found, dtype=np.int64), False


def choose(
    shortlists: Mapping[Span, tuple[NDArray[np.int64], NDArray[np.float64]]],
    artists: NDArray[np.int64],
    prices: Prices,
) -> list[Chosen] | None:
    """Choose spans and tracks at the least total price."""
    end = max(span.last for span in shortlists)
    ending: dict[int, list[Span]] = {}
    for span in sorted(shortlists, key=lambda span: (span.last, span.first)):
        ending.setdefault(span.last, []).append(span)
    reached: dict[int, _Reached] = {}
    for boundary in range(1, end + 1):
        parts = [
            part
            for span in ending.get(boundary, [])
            if len(shortlists[span][0])
            and (
                part := _extended(
                    span, *shortlists[span], artists=artists, before=reached.get(span.first), prices=prices
                )
            )
            is not None
        ]
        if parts:
            reached[boundary] = _joined(parts)
    return _traced(reached, end) if end in reached else None


def _extended(
    span: Span,
    tracks: NDArray[np.int64],
    costs: NDArray[np.float64],
    *,
    artists: NDArray[np.int64],
    before: _Reached | None,
    prices: Prices,
) -> _Reached | None:
    count = len(tracks)
    by = artists[tracks]
    own = np.asarray(costs, dtype=np.float64) + prices.cue
    shape = (count, KEPT)
    values = np.full(shape, np.inf)
    indices, histories, others, other_artists = (np.full(shape, -1, dtype=np.int64) for _ in range(4))
    if span.first == 0:
        values[:, 0] = own
    elif before is None:
        return None
    else:
        # (tracks, items before, their histories): what the one before that one costs as a repeat
        ways = before.values[None] + prices.repeat(
            tracks[:, None, None], by[:, None, None], before.before_tracks[None], before.before_artists[None]
        )
        history = ways.argmin(axis=2)
        ways = np.take_along_axis(ways, history[:, :, None], axis=2)[:, :, 0]
        ways += prices.repeat(tracks[:, None], by[:, None], before.tracks[None], before.artists[None])
        rows = np.arange(count)
        best = ways.argmin(axis=1)
        same_artist = before.artists[None] == before.artists[best][:, None]
        same_track = before.tracks[None] == before.tracks[best][:, None]
        kept = (np.zeros_like(same_track), ~same_artist | same_track, same_artist)
        for number, hidden in enumerate(kept):
            allowed = np.where(hidden, np.inf, ways)
            index = allowed.argmin(axis=1)
            values[:, number] = allowed[rows, index] + own
            indices[:, number] = index
            histories[:, number] = history[rows, index]
            others[:, number] = before.tracks[index]
            other_artists[:, number] = before.artists[index]
    return _Reached([span] * count, tracks, by, values, indices, histories, others, other_artists)


def _joined(parts: Sequence[_Reached]) -> _Reached:
    return _Reached(
        [span for part in parts for span in part.spans],
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("tracks", "artists", "values", "before", "history", "before_tracks", "before_artists")
        ),
    )


def _traced(reached: Mapping[int, _Reached], end: int) -> list[Chosen]:
    item, history = np.unravel_index(int(reached[end].values.argmin()), reached[end].values.shape)
    boundary = end
    found: list[Chosen] = []
    while boundary:
        here = reached[boundary]
        span = here.spans[int(item)]
        found.insert(0, Chosen(span, int(here.tracks[item])))
        item, history = here.before[item, history], here.history[item, history]
        boundary = span.first
    return found
