"""The film that a slideshow will be, and the cue sheet that tells how to make it again."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from img2music.options import FilmShape, SlideshowOptions
from img2music.soundtrack.cue_sheet import Cue, CueSheet, FilmFile, Scene, SheetPhoto, SheetSlideshow
from img2music.soundtrack.film import Film, group, scene_of, shot_at
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule


def frame_of(options: SlideshowOptions) -> tuple[int, int]:
    """Width and height of a film in pixels, even numbers."""
    short, long = 2 * round(options.size / 2), 2 * round(options.size * 8 / 9)
    shapes = {FilmShape.WIDE: (long, short), FilmShape.TALL: (short, long), FilmShape.SQUARE: (short, short)}
    return shapes[options.shape]


def film_of(photos: Sequence[Photo], schedule: Schedule, output: Path) -> Film:
    """The film as it will be, for those who choose its music."""
    path, count = os.path.abspath(os.fsdecode(output)), int(schedule.changes[-1])  # noqa: PTH100 - may be any bytes
    times, affects = np.arange(count) / schedule.rate, [photo.affect for photo in photos]
    spans = zip(itertools.pairwise(schedule.times.tolist()), affects, strict=True)
    return Film(
        file=FilmFile(path, schedule.duration, float(schedule.rate), count),
        times=times,
        shots=tuple(shot_at(times, *span, affect) for span, affect in spans),
        transitions=(),
        curve=schedule.curve(affects),
    )


def sheet_of(
    film: Film,
    photos: Sequence[Photo],
    schedule: Schedule,
    options: SlideshowOptions,
    *,
    cues: tuple[Cue, ...] = (),
    scenes: Sequence[Scene] | None = None,
    size: tuple[int, int] | None = None,
) -> CueSheet:
    """What tells of the photos and the music, so that the same film can be made of it."""
    starts = zip(schedule.times.tolist(), schedule.changes.tolist(), strict=True)
    seen = tuple(
        SheetPhoto(os.path.abspath(photo.path), *start)  # noqa: PTH100 - names may be any bytes
        for photo, start in zip(photos, starts, strict=False)
    )
    show = SheetSlideshow(*(size or frame_of(options)), seen, cross_fade=schedule.fade, captions=options.captions)
    return CueSheet(film.file, tuple(group(film.shots) if scenes is None else scenes), cues, slideshow=show)


def regrouped(scenes: Sequence[Scene], film: Film) -> list[Scene]:
    """The same scenes of shots that begin a little earlier or later."""
    remaining = iter(film.shots)
    return [
        replace(scene_of(tuple(itertools.islice(remaining, len(scene.shots)))), affect=scene.affect) for scene in scenes
    ]
