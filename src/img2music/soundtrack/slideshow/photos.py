"""Photos of a slideshow: which there are, what they feel like, and in which order they come."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from img2music.affect import Affect
from img2music.connectors.folders import FolderWalk
from img2music.connectors.service_photos import READING
from img2music.errors import InputError, MissingExtraError
from img2music.matching.query_reading import expand, once
from img2music.media.images import opened
from img2music.media.photo_info import read_photo_info
from img2music.media.sidecars import is_live
from img2music.options import PhotoOrder
from img2music.progress import Progress, unwatched
from img2music.vision.model import ImageModel

# fmt: off
OTHERS = frozenset({
    "3g2", "3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "webm", "wmv",
    "arw", "cr2", "cr3", "dng", "nef", "nrw", "orf", "pef", "raf", "rw2", "sr2", "srw",
})
# fmt: on
"""Extensions (lower case, without the dot) of what cameras keep beside photos, and a slideshow can't show: films, and
raw photos."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a slideshow."""

    path: str  # the file, as os.fsdecode gives it
    size: tuple[int, int]  # width and height, upright, in pixels
    affect: Affect
    taken: datetime  # when it was taken, by the camera's clock; else when its file was last changed
    dated: bool  # whether the photo itself tells when it was taken
    title: str | None  # what it is called in its metadata
    note: str | None = None  # how much of a damaged photo was read

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        return os.path.splitext(os.path.basename(self.path))[0]  # noqa: PTH119, PTH122 - names may be any bytes


def list_photos(
    paths: Sequence[str | os.PathLike[str]], least: int = READING, progress: Progress = unwatched
) -> tuple[list[str], list[InputError], list[str]]:
    """List photos, and look into the beginning of each, which takes about a millisecond.

    Of a service they are fetched, as large as ``least`` says.
    """
    files: list[str] = []
    errors: list[InputError] = []
    others: list[str] = []
    for path in map(os.fsdecode, paths):
        for given in once(expand(path, least=least, progress=progress)):
            try:
                if isinstance(given, InputError):
                    raise given
                if not given.picture and _is_other(given.path):
                    raise InputError("is a film or a raw photo, not a photo that can be read.", given.path)
                with opened(given.path):
                    files.append(given.path)
            except InputError as error:
                errors.append(error)
            except MissingExtraError as error:
                errors.append(InputError(f"{error}", path if isinstance(given, InputError) else given.path))
        if os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            others += [file.path for file in FolderWalk([path], _is_other) if not is_live(file.path)]
    if not files:
        raise nothing_to_show(errors)
    return files, errors, others


def nothing_to_show(errors: Sequence[InputError]) -> InputError:
    """Say in one line that not one photo can be read."""
    if len(errors) == 1:
        return errors[0]
    return InputError(f"Not one of the {len(errors)} photos can be read, such as {errors[0]}")


def _is_other(name: str) -> bool:
    return os.path.splitext(name)[1][1:].lower() in OTHERS  # noqa: PTH122 - names may be any bytes


def read_photos(files: Sequence[str], model: ImageModel) -> tuple[list[Photo], list[InputError]]:
    """Read photos."""
    photos: list[Photo] = []
    errors: list[InputError] = []
    for path, analysis in zip(files, model.analyze(files), strict=True):
        if isinstance(analysis, InputError):
            errors.append(analysis)
            continue
        info = read_photo_info(path)
        try:
            taken = info.taken or datetime.fromtimestamp(os.stat(path).st_mtime)  # noqa: PTH116 - in local time, as cameras
        except (OSError, ValueError, OverflowError):
            taken = datetime.min
        size = (analysis.width, analysis.height)
        photos.append(Photo(path, size, analysis.affect, taken, info.taken is not None, info.title, analysis.note))
    if not photos:
        raise nothing_to_show(errors)
    return photos, errors


def ordered(photos: Sequence[Photo], order: PhotoOrder) -> list[Photo]:
    """Bring photos into order."""
    if order is PhotoOrder.DATE:
        return sorted(photos, key=lambda photo: photo.taken)
    if order is PhotoOrder.MOOD:
        return [photos[index] for index in arc([photo.affect for photo in photos])]
    return list(photos)


def arc(affects: Sequence[Affect]) -> list[int]:
    """Find the shortest way from the calmest through the liveliest and back, as indices.

    Arousal never falls on the way there, and never rises on the way back: of all such round trips through the affect
    plane (bitonic tours), the shortest is found, by dynamic programming. The pleasanter half comes last.

    References
    ----------
    Bentley, J. L. (1990). Experiments on traveling salesman heuristics. SODA '90.
    Cormen, T. H. et al. (2009). Introduction to algorithms, 3rd edition, problem 15-3.
    """
    order = sorted(range(len(affects)), key=lambda index: (affects[index].arousal, affects[index].valence))
    if len(order) < 3:
        return order
    points = np.array([(affects[index].valence, affects[index].arousal) for index in order])
    there, back = _tour(points)
    pleasant_there, pleasant_back = (points[way, 0].mean() if way else 0.5 for way in (there, back))
    if back and pleasant_back < pleasant_there:
        there, back = back, there
    return [order[0], *(order[index] for index in there), order[-1], *(order[index] for index in reversed(back))]


def _tour(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[list[int], list[int]]:
    """Places on both ways between the first point and the last, ascending, of the shortest bitonic tour."""
    count = len(points)
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    # cost[i]: two ways from the first point, together through all up to `last`, where one ends, and the other at i.
    cost = np.full(count, np.inf)
    cost[0] = gaps[0, 1]
    joined = np.zeros(count, dtype=np.int64)  # at `last`, where the other way ended that then went on to it
    for last in range(2, count):
        ways = cost[: last - 1] + gaps[: last - 1, last]
        joined[last] = int(ways.argmin())
        cost[: last - 1] += gaps[last - 1, last]
        cost[last - 1] = ways[joined[last]]
    # Back from the last point, which ends both ways: at each step, `head` is on one way, and `other` ends the other.
    other = int((cost[: count - 1] + gaps[: count - 1, count - 1]).argmin())
    ways_of: tuple[list[int], list[int]] = ([], [])
    mine = 0
    for head in range(count - 1, 1, -1):
        # `head` follows head - 1 on its way, unless the other way ends there: then it follows where that one came from.
        if other == head - 1:
            ways_of[1 - mine].append(other)
            other, mine = int(joined[head]), 1 - mine
        else:
            ways_of[mine].append(head - 1)
    return ways_of[0][::-1], ways_of[1][::-1]
