"""What every passage of every track costs under every span of a film: by its affect curve, and by its tempo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.distribution import AffectDistribution

CELLS_AT_ONCE = 65_536  # cells of music that are compared with the film at once: what stays in a processor's cache
TRACKS_AT_ONCE = 8192  # tracks whose costs are in memory at once, at least
TOLERANCE = 0.05  # seconds by which a passage may reach beyond the end of its track, which lengths in tags are off by
BEATS_PER_SHOT, SHOT = 8.0, 4.0
"""A shot of 4 seconds wants two bars of four beats: 120 beats a minute, where a film cuts neither slowly nor fast."""

SILENT = 2.0
"""Where silence lies on both axes of the space of the match: farther from any film than all that sounds."""

SLOWEST, FASTEST = 60.0, 180.0  # beats a minute that are wanted at least and at most
UNKNOWN = 0.5  # octaves that music of unknown tempo counts as off
PRICE = 0.1
"""What music twice as fast or half as fast as wanted costs, as distance in every second: as much as a scene that fits
0.1 worse."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of film that one cue may lie under."""

    first: int  # boundary of the film at which it begins
    last: int  # and at which it ends


@dataclass(frozen=True)
class FilmCurve:
    """A film's affect curve in the space of the match, and where cues may change."""

    cells: NDArray[np.float32]  # positions, one for every step seconds
    # Seconds at which a cue may begin or end, ascending; 0 and the film's length among them
    boundaries: NDArray[np.float64]
    step: float  # seconds a cell

    @property
    def edges(self) -> NDArray[np.int64]:
        """The boundaries as numbers of cells, ascending: each at its nearest."""
        return np.minimum(np.round(self.boundaries / self.step).astype(np.int64), len(self.cells))

    def times(self, span: Span) -> tuple[float, float]:
        """Seconds at which a span begins and ends."""
        return float(self.boundaries[span.first]), float(self.boundaries[span.last])

    def seconds(self, span: Span) -> float:
        """Length of a span."""
        return float(self.boundaries[span.last] - self.boundaries[span.first])


def wanted_tempo(shot: float) -> float:
    """Tempo that a pace of cutting wants.

    Half the length of shots wants 1.4 times the tempo: shots last 8 beats where they last 4 seconds, fewer where they
    are shorter, and more where they are longer.
    """
    tempo = 60.0 * BEATS_PER_SHOT / SHOT * (SHOT / shot) ** 0.5
    return float(np.clip(tempo, SLOWEST, FASTEST))


class Pace:
    """What tracks cost under parts of a film by their tempo."""

    def __init__(self, cuts: NDArray[np.float64], tempos: NDArray[np.float64]) -> None:
        self._cuts = cuts
        self._octaves = np.log2(np.where(tempos > 0.0, tempos, np.nan))

    def prices(self, start: float, end: float, tracks: slice) -> NDArray[np.float32]:
        """Price some tracks under a part of the film."""
        inside = np.searchsorted(self._cuts, end - 1e-3) - np.searchsorted(self._cuts, start + 1e-3)
        wanted = np.log2(wanted_tempo((end - start) / (1 + int(inside))))
        off = np.nan_to_num(np.abs(self._octaves[tracks] - wanted), nan=UNKNOWN)
        return np.asarray(PRICE * (end - start) * off, dtype=np.float32)


class TrackCurves:
    """The affect curves of tracks in the space of the match, ready to be laid under a film."""

    def __init__(
        self,
        durations: Sequence[float] | NDArray[np.float64],
        curves: Sequence[NDArray[np.void]],
        library: AffectDistribution | None,
        step: float,
        inside: float,
        *,
        inside_second: float = 0.0,
        pace: Pace | None = None,
    ) -> None:
        self.durations = np.asarray(durations, dtype=np.float64)
        self.step = step
        self.pace = pace
        counts = np.array([len(curve) for curve in curves])
        points = np.concatenate(curves)
        positions = np.column_stack([points["valence"], points["arousal"]])
        if library is not None:
            positions = library.ranks(positions)
        cells = np.ceil(self.durations / step).astype(np.int64) + 2  # rounding may reach beyond the end
        self._first = np.concatenate([[0], np.cumsum(cells)])  # cell of each track, all in a row
        self._curve_first = np.concatenate([[0], np.cumsum(counts)])
        self._points, self._positions = points, positions
        track = np.repeat(np.arange(len(counts)), counts)
        # One long axis of time for all tracks; before a track's first window and after its last the curve is level.
        offset = self._first[:-1] * step
        middle = np.clip((points["start"] + points["end"]) / 2, 0.0, self.durations[track]) + offset[track]
        first, last = self._curve_first[:-1], self._curve_first[1:] - 1
        axis = np.concatenate([offset, middle, self._first[1:] * step - 1e-6])
        order = np.argsort(axis, kind="stable")
        wanted = (np.arange(self._first[-1]) + 0.5) * step
        self._cells = np.empty((2, len(wanted)), dtype=np.float32)
        positions = np.where((points["arousal"] == 0.0)[:, np.newaxis], SILENT, positions)
        for number in range(2):
            values = np.concatenate([positions[first, number], positions[:, number], positions[last, number]])
            self._cells[number] = np.interp(wanted, axis[order], values[order])
        self._start_seconds, self._start_first = self._starts(track)
        start_track = np.repeat(np.arange(len(counts)), np.diff(self._start_first))
        self._start_cells = self._first[start_track] + np.round(self._start_seconds / step).astype(np.int64)
        self._left = self.durations[start_track] - self._start_seconds  # seconds to the track's end
        self._start_price = np.where(self._start_seconds > 0.0, inside, 0.0).astype(np.float32)
        self._inside_second = inside_second

    def __len__(self) -> int:
        """Count the tracks."""
        return len(self.durations)

    def costs(self, film: FilmCurve, spans: Sequence[Span]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Find what each track costs under each span, with the passage of it that costs least.

        A passage costs its distance from the film, cell by cell, in seconds times distance, what it costs to begin
        within its track, and what the track costs by its tempo. It begins at the border of a window of the track's
        curve.
        """
        begin, first, parts = 0, 0, []
        while first < len(self):
            last = int(np.searchsorted(self._first, self._first[first] + CELLS_AT_ONCE, side="right")) - 1
            last = max(last, first + 1)
            parts.append(self._costs_of(film, spans, first, last))
            if last - begin >= TRACKS_AT_ONCE or last == len(self):
                yield begin, np.concatenate(parts, axis=1)
                begin, parts = last, []
            first = last

    def _costs_of(self, film: FilmCurve, spans: Sequence[Span], first: int, last: int) -> NDArray[np.float32]:
        origin = self._first[first]
        sums = _diagonal_sums(film, self._cells[:, origin : self._first[last]])
        sums *= np.float32(self.step)
        chosen = slice(self._start_first[first], self._start_first[last])
        cells, left, price = self._start_cells[chosen] - origin, self._left[chosen], self._start_price[chosen]
        groups = self._start_first[first:last] - self._start_first[first]
        edges = film.edges
        begun = [price - row[cells] for row in sums]
        within = self._start_seconds[chosen] > 0.0
        cost = np.empty(len(cells), dtype=np.float32)
        result = np.empty((len(spans), last - first), dtype=np.float32)
        for row, span in enumerate(spans):
            ends = cells + (edges[span.last] - edges[span.first])
            np.take(sums[span.last], ends, mode="clip", out=cost)
            np.add(cost, begun[span.first], out=cost)
            if self._inside_second:
                np.add(cost, np.float32(self._inside_second * film.seconds(span)), out=cost, where=within)
            np.copyto(cost, np.inf, where=left < film.seconds(span) - TOLERANCE)
            np.minimum.reduceat(cost, groups, out=result[row])
            if self.pace is not None:
                result[row] += self.pace.prices(*film.times(span), slice(first, last))
        return result

    def passage(self, film: FilmCurve, span: Span, track: int) -> tuple[float, float]:
        """Find the passage of one track that costs least under a span."""
        edges = film.edges
        seen = film.cells[edges[span.first] : edges[span.last]]
        chosen = slice(self._start_first[track], self._start_first[track + 1])
        best, least = 0.0, np.inf
        fits = self._left[chosen] >= film.seconds(span) - TOLERANCE
        for start, cell, price in zip(
            self._start_seconds[chosen][fits],
            self._start_cells[chosen][fits],
            self._start_price[chosen][fits],
            strict=True,
        ):
            heard = self._cells[:, cell : cell + len(seen)].T
            cost = float(np.sqrt(((seen[: len(heard)] - heard) ** 2).sum(axis=1)).sum()) * self.step + float(price)
            if start > 0.0:
                cost += self._inside_second * film.seconds(span)
            if cost < least - 1e-6:
                best, least = float(start), cost
        if self.pace is not None:
            least += float(self.pace.prices(*film.times(span), slice(track, track + 1))[0])
        return best, least

    def positions(self, track: int, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where a track stands at some times."""
        chosen = slice(self._curve_first[track], self._curve_first[track + 1])
        middle = (self._points["start"][chosen] + self._points["end"][chosen]) / 2
        return np.column_stack([np.interp(times, middle, self._positions[chosen, axis]) for axis in range(2)])

    def _starts(self, track: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Where passages may start: at the start of a track and at the borders of its windows."""
        count = len(self.durations)
        owner = np.concatenate([np.arange(count), track, track])
        time = np.concatenate([np.zeros(count), self._points["start"], self._points["end"]]).round(3)
        keep = (time >= 0.0) & (time < np.maximum(self.durations[owner], 1e-3))
        starts = np.unique(np.column_stack([owner[keep], time[keep]]), axis=0)
        first = np.searchsorted(starts[:, 0], np.arange(count + 1))
        return np.ascontiguousarray(starts[:, 1]), first


def _diagonal_sums(film: FilmCurve, music: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum distances along every way in which film and music run side by side.

    Row b, column u holds the distances of all cells before boundary b of the film from the cells of the music beside
    them, when cell u of the music begins at that boundary. So the cost of a passage is the difference of two entries.
    """
    edges = film.edges
    rows = np.zeros((len(edges), music.shape[1] + 1), dtype=np.float32)
    now, following = np.zeros_like(rows[0]), np.zeros_like(rows[0])
    distance, other = np.empty(music.shape[1], dtype=np.float32), np.empty(music.shape[1], dtype=np.float32)
    row = int(np.searchsorted(edges, 0, side="right"))
    for number, (valence, arousal) in enumerate(film.cells[: edges[-1]]):
        np.subtract(music[0], valence, out=distance)
        np.multiply(distance, distance, out=distance)
        np.subtract(music[1], arousal, out=other)
        np.multiply(other, other, out=other)
        np.add(distance, other, out=distance)
        np.sqrt(distance, out=distance)
        np.add(now[:-1], distance, out=following[1:])
        following[0] = 0.0
        now, following = following, now
        while row < len(edges) and edges[row] == number + 1:
            rows[row] = now
            row += 1
    return rows
