"""Clips: films among the photos, of which the liveliest part is seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.media.photo_info import read_film_info
from img2music.media.video import VideoFile
from img2music.options import SlideshowOptions
from img2music.soundtrack.film import Film, group
from img2music.soundtrack.liveliness import enlivened, liveliest
from img2music.soundtrack.slideshow.photos import Clip, Photo, when
from img2music.soundtrack.slideshow.plan import LEAST_SECONDS, Schedule
from img2music.soundtrack.sound import Heard


def clip_of(
    path: str,
    film: Film,
    heard: Heard,
    natural: AffectDistribution,
    *,
    seconds: float,
    start: float | None = None,
    moves: bool = True,
) -> Photo:
    """Make a clip that is seen for so many seconds of a film that was read, from its liveliest part or from ``start``.

    Its affect is read as `spot` reads it: if it ``moves`` and sounds, it is the livelier.
    """
    with VideoFile(path, film.survey) as video:
        first, info, survey = video.first(), read_film_info(video), video.survey
    size = max(1, round(first.height * first.proportion)), first.height
    lively, _ = enlivened(film, group(film.shots), heard, natural, moves=moves)
    if start is None:
        start = liveliest(film, heard, natural, seconds)
    clip, dated = Clip(survey, lively.curve, start), info.taken is not None
    return felt(Photo(path, size, Affect(0.5, 0.5), when(info, path), dated, info.title, clip=clip), seconds)


def felt(photo: Photo, seconds: float) -> Photo:
    """The clip with the affect of what is seen of it: the median along that, as of a shot."""
    assert photo.clip is not None
    curve, start = photo.clip.curve, photo.clip.start
    within = curve[(curve[:, 0] >= start - 1e-6) & (curve[:, 0] < start + seconds)]
    if not len(within):
        within = curve[[int(np.abs(curve[:, 0] - start).argmin())]]
    return replace(photo, affect=Affect(*np.median(within[:, 1:], axis=0).clip(0.0, 1.0).tolist()))


def fade_of(options: SlideshowOptions) -> float:
    """Seconds of a cross-fade between photos."""
    return min(options.cross_fade, options.seconds_per_photo / 3)


def seconds_of(duration: float, options: SlideshowOptions, fades: float = 1.0) -> float:
    """Seconds for which a film is seen, from the middle of one cross-fade to that of the next: all of it, or a part.

    The first and the last have a cross-fade on one side only: so many ``fades``, each of which counts half beside both.
    """
    return float(min(options.clip_length, max(LEAST_SECONDS, duration - fades * fade_of(options))))


def lengths(photos: Sequence[Photo], seconds: float, options: SlideshowOptions) -> list[float]:
    """Seconds for which each photo or clip is seen, where each photo is seen for so many."""
    return [
        seconds if photo.clip is None else seconds_of(photo.clip.survey.duration, options, fades)
        for photo, fades in zip(photos, _fades(len(photos)), strict=True)
    ]


def most(photos: Sequence[Photo], schedule: Schedule) -> list[float]:
    """Seconds for which each can be seen: clips as long as they last."""
    return [
        np.inf if photo.clip is None else photo.clip.survey.duration - fades * schedule.fade
        for photo, fades in zip(photos, _fades(len(photos)), strict=True)
    ]


def _fades(count: int) -> list[float]:
    """Cross-fades that each of so many photos has of its own: half of each beside it; none begins or ends the film."""
    return [((number > 0) + (number < count - 1)) / 2 for number in range(count)]


def fitted(photos: Sequence[Photo], schedule: Schedule) -> list[Photo]:
    """Photos, and clips that begin where they have enough left for their time."""
    found = []
    for number, photo in enumerate(photos):
        if photo.clip is not None:
            left = max(0.0, photo.clip.survey.duration - schedule.seconds(number))
            start = min(max(0.0, photo.clip.start), left)
            photo = felt(replace(photo, clip=replace(photo.clip, start=start)), schedule.seconds(number))  # noqa: PLW2901
        found.append(photo)
    return found
