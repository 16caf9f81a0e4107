"""What a film shows and feels like: its shots and its affect along time, from one pass over its pictures."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.media.video import VideoFile, VideoInfo
from img2music.parallel import in_order, processors
from img2music.soundtrack.shots import HEIGHT, WIDTH, ShotFinder, Transition, boundaries
from img2music.vision.model import ImageModel

SAMPLE_EVERY = 0.5
"""Seconds from one picture that is read for its affect to the next."""

BATCH = 8
"""Pictures that the image model reads at once, at most."""

BATCH_PIXELS = 2**22
"""Pixels that it reads at once, at most."""

SMOOTHING = 1.5
"""Standard deviation in seconds of the normal curve that smooths the affect of a shot along time."""

Progress = Callable[[float, float], None]
"""Called with how many seconds of the film are read, and with its stated length."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What lies between two transitions."""

    start: float  # seconds
    end: float  # seconds
    affect: Affect  # median of its samples outside of transitions


@dataclass(frozen=True)
class Film:
    """A film that was read."""

    path: str  # the file, as os.fsdecode gives it
    info: VideoInfo  # what it says of itself
    duration: float  # seconds from the first picture to the end of the last
    times: NDArray[np.float64] = field(repr=False)  # seconds of each picture
    shots: tuple[Shot, ...]  # in order, without gaps
    transitions: tuple[Transition, ...]  # between the shots, and at the film's ends
    # The affect curve: seconds, valence and arousal (unit scale) every `SAMPLE_EVERY`, smoothed within each shot and
    # mixed in dissolves
    curve: NDArray[np.float64] = field(repr=False)

    def frame(self, time: float) -> int:
        """Number of the first picture that is shown at or after a time (its count, at the film's end)."""
        return int(np.searchsorted(self.times, time - 1e-4))


def read_film(path: str | os.PathLike[str], model: ImageModel, progress: Progress | None = None) -> Film:
    """Decode a film once, find its shots and read its affect."""
    with VideoFile(path) as video:
        info = replace(video.info, rate=video.survey.rate)
        finder = ShotFinder(info.rate)
        times: list[float] = []

        def samples() -> Iterator[NDArray[np.uint8]]:
            for frame in video.frames():
                finder.add(frame.time, frame.pixels(WIDTH, HEIGHT, quick=True))
                if not times or frame.time >= times[-1] + SAMPLE_EVERY - 1e-3:
                    times.append(frame.time)
                    yield frame.pixels(model.side, model.side)
                    if progress is not None:
                        progress(frame.time, video.end)

        size = max(1, min(BATCH, BATCH_PIXELS // model.side**2))
        # Decoding goes on while the model reads.
        read = list(in_order(model.predict, _batches(samples(), size), max(1, processors() - 1)))
        transitions = finder.transitions()
        duration = video.end
        if progress is not None:
            progress(duration, duration)
        points = np.column_stack([times, np.concatenate(read)]).astype(np.float64)
    shown = np.array(finder.times)
    # A shot begins with a picture, also where the middle of a dissolve lies between two.
    starts = sorted({float(shown[np.searchsorted(shown, start - 1e-4)]) for start in boundaries(transitions, duration)})
    spans = list(zip(starts, [*starts[1:], duration], strict=True))
    clear = ~_in_transition(points[:, 0], transitions)
    return Film(
        path=os.fsdecode(path),
        info=info,
        duration=duration,
        times=shown,
        shots=tuple(_shot(span, points, clear) for span in spans),
        transitions=tuple(transitions),
        curve=smooth(points, spans, clear),
    )


def smooth(
    points: NDArray[np.float64], spans: Sequence[tuple[float, float]], clear: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Smooth an affect curve within shots; what is read in a transition gives way to what lies around it."""
    result = points.copy()
    settled = np.zeros(len(points), dtype=np.bool_)
    for start, end in spans:
        within = np.flatnonzero((points[:, 0] >= start) & (points[:, 0] < end))
        known = within[clear[within]]
        if len(known):
            result[known, 1:] = _smoothed(points[known])
            settled[known] = True
        else:
            settled[within] = True  # a shot within transitions: as it was read
    if settled.any() and not settled.all():
        for axis in (1, 2):
            result[~settled, axis] = np.interp(points[~settled, 0], points[settled, 0], result[settled, axis])
    return result


def _smoothed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Valence and arousal, each point averaged with those up to four standard deviations away."""
    count, reach = len(points), round(4.0 * SMOOTHING / SAMPLE_EVERY)
    total, weight = np.zeros((count, 2)), np.zeros((count, 1))
    for offset in range(-min(reach, count - 1), min(reach, count - 1) + 1):
        here = slice(max(0, -offset), count - max(0, offset))
        there = slice(max(0, offset), count - max(0, -offset))
        share = np.exp(-0.5 * ((points[there, :1] - points[here, :1]) / SMOOTHING) ** 2)
        total[here] += share * points[there, 1:]
        weight[here] += share
    return np.asarray(total / weight)


def _shot(span: tuple[float, float], points: NDArray[np.float64], clear: NDArray[np.bool_]) -> Shot:
    start, end = span
    within = (points[:, 0] >= start) & (points[:, 0] < end)
    chosen = within & clear
    if not chosen.any():
        chosen = within
    if not chosen.any():  # shorter than the samples are apart
        chosen = np.zeros(len(points), dtype=np.bool_)
        chosen[int(np.abs(points[:, 0] - (start + end) / 2).argmin())] = True
    valence, arousal = np.median(points[chosen, 1:], axis=0).tolist()
    return Shot(start, end, Affect(valence, arousal))


def _in_transition(times: NDArray[np.float64], transitions: Sequence[Transition]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), dtype=np.bool_)
    for each in transitions:
        inside |= (times > each.start) & (times < each.end)
    return inside


def _batches(samples: Iterator[NDArray[np.uint8]], size: int) -> Iterator[NDArray[np.uint8]]:
    batch: list[NDArray[np.uint8]] = []
    for sample in samples:
        batch.append(sample)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
