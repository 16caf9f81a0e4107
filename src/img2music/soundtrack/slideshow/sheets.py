"""The film that a slideshow will be, and the cue sheet that tells how to make it again."""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from img2music.options import AnyPath, FilmShape, SlideshowOptions
from img2music.soundtrack.cue_sheet import Cue, CueSheet, FilmFile, OwnSound, Scene, SheetPhoto, SheetSlideshow
from img2music.soundtrack.film import SAMPLE_EVERY, Film, group, scene_of, shot_at
from img2music.soundtrack.slideshow.clips import fitted
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule, at_times


def frame_of(options: SlideshowOptions) -> tuple[int, int]:
    """Width and height of a film in pixels, even numbers."""
    short, long = 2 * round(options.size / 2), 2 * round(options.size * 8 / 9)
    shapes = {FilmShape.WIDE: (long, short), FilmShape.TALL: (short, long), FilmShape.SQUARE: (short, short)}
    return shapes[options.shape]


def film_of(photos: Sequence[Photo], schedule: Schedule, output: AnyPath) -> Film:
    """The film as it will be, for those who choose its music."""
    path, count = os.path.abspath(os.fsdecode(output)), int(schedule.changes[-1])  # noqa: PTH100 - may be any bytes
    times, affects = np.arange(count) / schedule.rate, [photo.affect for photo in photos]
    spans = zip(itertools.pairwise(schedule.times.tolist()), affects, strict=True)
    return Film(
        file=FilmFile(path, schedule.duration, float(schedule.rate), count),
        times=times,
        shots=tuple(shot_at(times, *span, affect) for span, affect in spans),
        transitions=(),
        curve=_curve(photos, schedule),
    )


def _curve(photos: Sequence[Photo], schedule: Schedule) -> NDArray[np.float64]:
    """Affect along time: of each photo one, of a clip as it goes; in a cross-fade of both, as far as each is seen."""
    moments = np.arange(0.0, schedule.duration, SAMPLE_EVERY)
    found = np.column_stack([moments, np.zeros((len(moments), 2))])
    for number, photo in enumerate(photos):
        first, last = schedule.span(number)
        within = slice(*np.searchsorted(moments, [first, last]).tolist())
        into, out = (max(fade, 1e-9) for fade in schedule.fades[number : number + 2])
        rising = (moments[within] - first) / into if number else np.ones(1)
        falling = (last - moments[within]) / out if number + 1 < len(photos) else np.ones(1)
        share = np.clip(rising, 0.0, 1.0) * np.clip(falling, 0.0, 1.0)
        for axis, level in ((1, photo.affect.valence), (2, photo.affect.arousal)):
            seen: NDArray[np.float64] | float = level
            if photo.clip is not None:
                seen = np.interp(moments[within] - first + photo.clip.start, *photo.clip.curve[:, (0, axis)].T)
            found[within, axis] += share * seen
    return found


def sheet_of(
    film: Film,
    photos: Sequence[Photo],
    schedule: Schedule,
    options: SlideshowOptions,
    *,
    cues: tuple[Cue, ...] = (),
    scenes: Sequence[Scene] | None = None,
    size: tuple[int, int] | None = None,
    original: OwnSound | None = None,
) -> CueSheet:
    """What tells of the photos and the music, so that the same film can be made of it."""
    show = SheetSlideshow(
        *(size or frame_of(options)),
        seen_photos(photos, schedule),
        cross_fade=schedule.fade,
        captions=options.captions,
        still=options.still,
    )
    grouped = tuple(group(film.shots) if scenes is None else scenes)
    return CueSheet(film.file, grouped, cues, slideshow=show, original=original)


def seen_photos(photos: Sequence[Photo], schedule: Schedule) -> tuple[SheetPhoto, ...]:
    """Photos, with when they are seen."""
    starts = zip(schedule.times.tolist(), schedule.changes.tolist(), strict=True)
    return tuple(
        SheetPhoto(os.path.abspath(photo.path), *start, _clip_start(photo, fade), caption=photo.caption)  # noqa: PTH100
        for photo, start, fade in zip(photos, starts, schedule.fades, strict=False)
    )


def laid_out(sheet: CueSheet, read: Callable[[str], Photo]) -> tuple[list[Photo], Schedule]:
    """The photos of a sheet, of which each was ``read``, and when they are seen."""
    show = sheet.slideshow
    assert show is not None
    starts = np.array([0.0, *(photo.start for photo in show.photos[1:]), sheet.film.duration])
    schedule = at_times(starts, round(sheet.film.fps), show.cross_fade)
    photos = []
    for each, fade in zip(show.photos, schedule.fades, strict=False):
        photo = replace(read(each.path), caption=each.caption)
        if photo.clip is not None and each.clip_start is not None:
            photo = replace(photo, clip=replace(photo.clip, start=each.clip_start - fade / 2))
        photos.append(photo)
    return fitted(photos, schedule), schedule


def _clip_start(photo: Photo, fade: float) -> float | None:
    return None if photo.clip is None else max(0.0, photo.clip.start + fade / 2)


def regrouped(scenes: Sequence[Scene], film: Film) -> list[Scene]:
    """The same scenes of shots that begin a little earlier or later."""
    remaining = iter(film.shots)
    return [
        replace(scene_of(tuple(itertools.islice(remaining, len(scene.shots)))), affect=scene.affect) for scene in scenes
    ]
