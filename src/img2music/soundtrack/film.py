"""What a film shows and feels like: its shots, scenes and affect along time, from one pass over its pictures."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.media.film_survey import Survey
from img2music.media.video import VideoFile
from img2music.options import SpotOptions
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.soundtrack.cue_sheet import FilmFile, Scene, Shot
from img2music.soundtrack.movement import MovementMeter
from img2music.soundtrack.shots import HEIGHT, WIDTH, ShotFinder, Transition, boundaries
from img2music.vision.model import ImageModel

SAMPLE_EVERY = 0.5  # seconds from one picture that is read for its affect to the next
BATCH = 8  # pictures that the image model reads at once, at most
BATCH_PIXELS = 2**22  # pixels that it reads at once, at most
SMOOTHING = 1.5  # standard deviation in seconds of the normal curve that smooths the affect of a shot along time
PRICE = 0.06
"""What a further scene costs, in seconds times squared affect: what is won by parting two stretches of 12 seconds
whose affects lie 0.1 apart."""
FIRST_PART, NEXT_PART = 60.0, 1.5
"""Seconds of a film of which it is told first what was found, and by what factor more there must be the next time."""


@dataclass(frozen=True)
class Film:
    """A film that was read, or that will be made of photos."""

    file: FilmFile
    times: NDArray[np.float64] = field(repr=False)  # seconds of each picture
    shots: tuple[Shot, ...]  # in order, without gaps
    transitions: tuple[Transition, ...]  # between the shots, and at the film's ends
    # The affect curve: seconds, valence and arousal (unit scale) every `SAMPLE_EVERY`, smoothed within each shot and
    # mixed in dissolves
    curve: NDArray[np.float64] = field(repr=False)
    # Seconds, and by what share of the picture its parts move in a second there; outside of transitions
    movement: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)), repr=False)
    # Seconds, and mean level from 0 (black) to 1 (white)
    brightness: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)), repr=False)
    survey: Survey | None = field(default=None, repr=False)  # what its packets say; None for one that is to be made

    @property
    def duration(self) -> float:
        """Seconds from the first picture to the end of the last."""
        return self.file.duration


def frame_at(times: NDArray[np.float64], time: float) -> int:
    """Number of the first of the pictures at these times that is shown at or after a time; their count after all."""
    return int(np.searchsorted(times, time - 1e-4))


def read_film(
    video: VideoFile,
    model: ImageModel,
    progress: Progress = unwatched,
    part: Callable[[Film], object] | None = None,
) -> Film:
    """Decode a film once, find its shots and read its affect; ``part`` is told now and then how it begins."""
    path, survey = os.path.abspath(video.path), video.survey  # noqa: PTH100 - names may be any bytes
    duration = survey.duration
    finder, meter = ShotFinder(survey.rate), MovementMeter()
    times: list[float] = []

    def samples() -> Iterator[NDArray[np.uint8]]:
        for frame in video.frames():
            small = frame.pixels(WIDTH, HEIGHT, quick=True)
            finder.add(frame.time, small)
            meter.add(frame.time, small)
            if not times or frame.time >= times[-1] + SAMPLE_EVERY - 1e-3:
                times.append(frame.time)
                yield frame.pixels(model.side, model.side)
                progress(Step("Watching", frame.time, duration, path, "seconds"))

    size = max(1, min(BATCH, BATCH_PIXELS // model.side**2))
    # Decoding goes on while the model reads.
    affects: list[NDArray[np.float32]] = []
    wanted = FIRST_PART
    for batch in in_order(model.predict, _batches(samples(), size), max(1, processors() - 1)):
        affects += list(batch)
        until = times[len(affects) - 1]
        if part is not None and wanted <= until < duration / NEXT_PART:
            wanted = until * NEXT_PART
            points = np.column_stack([times[: len(affects) - 1], affects[:-1]]).astype(np.float64)
            part(_found(FilmFile(path, until, survey.rate), points, finder, meter, survey))
    progress(Step("Watching", duration, duration, path, "seconds"))
    points = np.column_stack([times, affects]).astype(np.float64)
    return _found(FilmFile(path, duration, survey.rate, len(finder.times)), points, finder, meter, survey)


def _found(
    file: FilmFile, points: NDArray[np.float64], finder: ShotFinder, meter: MovementMeter, survey: Survey
) -> Film:
    """What was found in a film, or in its beginning that is as long as the file is said to be."""
    duration, shown = file.duration, np.array(finder.times)
    shown = shown[shown < duration]
    transitions = [each for each in finder.transitions() if each.cut < duration]
    # A shot begins with a picture, also where the middle of a dissolve lies between two.
    starts = sorted({float(shown[frame_at(shown, start)]) for start in boundaries(transitions, duration)})
    spans = list(zip(starts, [*starts[1:], duration], strict=True))
    clear = ~_in_transition(points[:, 0], transitions)
    return Film(
        file=file,
        times=shown,
        shots=tuple(shot_at(shown, *span, _median(span, points, clear)) for span in spans),
        transitions=tuple(transitions),
        curve=smooth(points, spans, clear),
        movement=_within_shots(meter.movement, transitions),
        brightness=np.array(meter.brightness),
        survey=survey,
    )


def shot_at(times: NDArray[np.float64], start: float, end: float, affect: Affect) -> Shot:
    """Make a shot of a film whose pictures are shown at these times."""
    return Shot(start, end, affect, start_frame=frame_at(times, start), end_frame=frame_at(times, end))


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


def _median(span: tuple[float, float], points: NDArray[np.float64], clear: NDArray[np.bool_]) -> Affect:
    start, end = span
    within = (points[:, 0] >= start) & (points[:, 0] < end)
    chosen = within & clear
    if not chosen.any():
        chosen = within
    if not chosen.any():  # shorter than the samples are apart
        chosen = np.zeros(len(points), dtype=np.bool_)
        chosen[int(np.abs(points[:, 0] - (start + end) / 2).argmin())] = True
    return Affect(*np.median(points[chosen, 1:], axis=0).tolist())


def _in_transition(times: NDArray[np.float64], transitions: Sequence[Transition]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), dtype=np.bool_)
    for each in transitions:
        inside |= (times > each.start) & (times < each.end)
    return inside


def _within_shots(
    movement: Sequence[tuple[float, float, float]], transitions: Sequence[Transition]
) -> NDArray[np.float64]:
    """What moves between two pictures of the same shot."""
    points = np.array(movement).reshape(-1, 3)
    across = np.zeros(len(points), dtype=np.bool_)
    for each in transitions:
        across |= (points[:, 0] < each.end - 1e-4) & (points[:, 1] > each.start - 1e-4)
    return points[~across][:, (0, 2)]


def _batches(samples: Iterator[NDArray[np.uint8]], size: int) -> Iterator[NDArray[np.uint8]]:
    while batch := list(itertools.islice(samples, size)):
        yield np.stack(batch)


def group(shots: Sequence[Shot], least: float = SpotOptions.least_scene, price: float = PRICE) -> list[Scene]:
    """Merge shots into scenes.

    Of all ways to part the film at its shots, the one whose total of squared deviations from each scene's mean (every
    shot weighted by its length) and of the price of its scenes is least, among those in which no scene is shorter than
    ``least``. By dynamic programming over the shots, which finds the best of them all.
    """
    lengths = np.array([shot.end - shot.start for shot in shots])
    points = np.array([(shot.affect.valence, shot.affect.arousal) for shot in shots])
    cuts = partition(lengths, points, least, price)
    return [scene_of(shots[first:last]) for first, last in zip(cuts, [*cuts[1:], len(shots)], strict=True)]


def partition(lengths: NDArray[np.float64], points: NDArray[np.float64], least: float, price: float) -> list[int]:
    """Find where scenes begin."""
    count = len(lengths)
    ends = np.concatenate([[0.0], np.cumsum(lengths)])
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(points * lengths[:, None], axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((points**2).sum(axis=1) * lengths)])
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    before = np.zeros(count + 1, dtype=np.int64)
    for last in range(1, count + 1):
        length = ends[last] - ends[:last]
        deviation = squares[last] - squares[:last] - ((sums[last] - sums[:last]) ** 2).sum(axis=1) / length
        cost = best[:last] + np.maximum(deviation, 0.0) + price
        cost[length < least - 1e-9] = np.inf
        before[last] = int(cost.argmin())
        best[last] = cost[before[last]]
    if not np.isfinite(best[count]):
        return [0]
    starts = [int(before[count])]
    while starts[0]:
        starts.insert(0, int(before[starts[0]]))
    return starts


def scene_of(shots: Sequence[Shot]) -> Scene:
    """Make a scene of shots: its affect is their mean, each as long as it lasts."""
    lengths = [shot.end - shot.start for shot in shots]
    points = [(shot.affect.valence, shot.affect.arousal) for shot in shots]
    affect = Affect(*np.average(points, axis=0, weights=lengths).clip(0.0, 1.0).tolist())
    first, last = shots[0], shots[-1]
    frames = first.start_frame, last.end_frame
    return Scene(first.start, last.end, affect, tuple(shots), start_frame=frames[0], end_frame=frames[1])
