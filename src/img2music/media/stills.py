"""Small pictures out of a film, by seeking: a strip of them is drawn in moments, also of hours."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from img2music.media.video import VideoFile, VideoFrame

FAR = 1.0
"""Seconds from one picture to the next beyond which the key picture before a time stands for it: decoding up to it
would take longer than it is looked at, and encoders put key pictures where shots begin."""
MOST_DECODED = 600
"""Pictures that are decoded in search of one."""


def stills(path: str | os.PathLike[str], times: Sequence[float], height: int) -> NDArray[np.uint8]:
    """Lay the pictures of a film at some ascending times side by side, each so many pixels high."""
    with VideoFile(path) as film:
        width = max(1, round(height * film.first().proportion))
        row = np.zeros((height, width * len(times), 3), dtype=np.uint8)
        near = len(times) > 1 and times[1] - times[0] <= FAR
        for number, frame in enumerate(_each(film, times) if near or len(times) == 1 else _keys(film, times)):
            if frame is not None:
                row[:, number * width : (number + 1) * width] = frame.pixels(width, height, quick=True)
    return row


def _keys(film: VideoFile, times: Sequence[float]) -> Iterator[VideoFrame | None]:
    film.stream.codec_context.skip_frame = "NONKEY"
    last: VideoFrame | None = None
    for time in times:
        found = next(film.pictures_from(time), None)
        last = found or last
        yield last


def _each(film: VideoFile, times: Sequence[float]) -> Iterator[VideoFrame | None]:
    """The pictures that are seen at some times, one after another."""
    frames = film.pictures_from(times[0])
    seen: VideoFrame | None = None
    following: VideoFrame | None = None
    for time in times:
        for _ in range(MOST_DECODED):
            if following is not None and following.time > time + 1e-3:
                break
            seen, following = following or seen, next(frames, None)
            if following is None:
                break
        yield seen or following
