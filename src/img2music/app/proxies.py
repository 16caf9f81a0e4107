"""Small copies of films that browsers don't play."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music import locations
from img2music.files import make_folder
from img2music.media.film_writer import write_pictures
from img2music.media.sound_writer import Sound
from img2music.media.video import VideoFile
from img2music.progress import Progress
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.own_sound import FilmTrack

HEIGHT = 480
"""Pixels of the height of a copy, at most."""
FASTEST = 30
"""Pictures a second, at most."""
FOLDER = "proxies"


def proxy_of(path: str, folder: Path) -> Path:
    """Where the copy of a film is that is kept in a folder of sent films, once it is made; of the film as it is now."""
    size, changed = locations.state(path)
    return folder / FOLDER / f"{_name(path)}-{size}-{changed}.mp4"


def remove_proxies(path: str, folder: Path, keep: Path | None = None) -> None:
    """Remove the copies of a film as it was at any time, but for one."""
    for each in (folder / FOLDER).glob(f"{_name(path)}-*.mp4"):
        if each != keep:
            with suppress(OSError):
                each.unlink(missing_ok=True)


def _name(path: str) -> str:
    return hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()


def make_proxy(path: str, folder: Path, progress: Progress) -> Path:
    """Make the copy of a film."""
    output = proxy_of(path, folder)
    make_folder(output.parent)
    for left in output.parent.glob(".*.part*"):  # by a job that was killed; one runs at a time
        left.unlink(missing_ok=True)
    track = FilmTrack.of(path)
    with VideoFile(path) as film:
        seconds = film.survey.duration
        rate = max(1, min(FASTEST, round(film.survey.rate)))
        count = max(1, round(seconds * rate))
        with VideoFile(path) as another:
            first = another.first()
        height = min(HEIGHT, first.height) // 2 * 2 or 2
        size = max(2, round(height * first.proportion / 2) * 2), height
        sound = None
        if track is not None:
            samples = round(count / rate * RATE)
            sound = Sound(RATE, "stereo", samples, FilmTrack(path, "stereo").blocks([(0, samples)]))
        pictures = _pictures(film, size, rate, count)
        write_pictures(pictures, output, rate=rate, size=size, count=count, sound=sound, progress=progress)
    remove_proxies(path, folder, keep=output)
    return output


def _pictures(film: VideoFile, size: tuple[int, int], rate: int, count: int) -> Iterator[Sequence[NDArray[np.uint8]]]:
    """The pictures that are seen at even distances of time, as their planes."""
    made, last = 0, None
    for frame in film.frames():
        while last is not None and made < count and made / rate < frame.time - 1e-6:
            yield last
            made += 1
        last = _planes(frame.pixels(*size, quick=True))
    while last is not None and made < count:
        yield last
        made += 1


def _planes(pixels: NDArray[np.uint8]) -> Sequence[NDArray[np.uint8]]:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    frame: Any = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    stacked = frame.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    ).to_ndarray()
    return [stacked]
