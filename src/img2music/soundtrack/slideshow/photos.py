"""Photos of a slideshow: which there are, what they feel like, and in which order they come."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.connectors.folders import FolderWalk, is_film_name, is_image_name, is_picture
from img2music.connectors.service_photos import READING, fetch_photos, names_photos
from img2music.errors import InputError, MissingExtraError
from img2music.matching.query_reading import shown_once
from img2music.media.film_survey import Survey
from img2music.media.images import opened
from img2music.media.photo_info import read_photo_info
from img2music.media.sidecars import is_trashed
from img2music.media.video import VideoFile
from img2music.media.xmp import PhotoInfo
from img2music.options import PhotoOrder
from img2music.progress import Progress, unwatched
from img2music.vision.model import ImageModel

RAW = frozenset({"arw", "cr2", "cr3", "dng", "nef", "nrw", "orf", "pef", "raf", "rw2", "sr2", "srw"})
"""Extensions (lower case, without the dot) of raw photos, which a slideshow can't show."""

LIVE = 4.0
"""Seconds that the clip of a live photo lasts at most, which lies beside the photo under the same name: phones take 1.5
before and after it."""


@dataclass(frozen=True, slots=True)
class GivenPhoto:
    """A file that is to be shown."""

    path: str
    film: bool = False  # whether it is a clip


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What a film has that is among the photos."""

    survey: Survey
    curve: NDArray[np.float64] = field(repr=False)  # its affect: seconds, valence and arousal, ascending
    # Second of it that is seen when it begins to come in; below 0, its first picture stands still until then
    start: float = 0.0


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a slideshow, or a clip."""

    path: str  # the file, as os.fsdecode gives it
    size: tuple[int, int]  # width and height, upright, in pixels
    affect: Affect
    taken: datetime  # when it was taken, by the camera's clock; else when its file was last changed
    dated: bool  # whether the photo itself tells when it was taken
    title: str | None  # what it is called in its metadata
    note: str | None = None  # how much of a damaged photo was read
    clip: Clip | None = None  # None for a photo
    caption: str | None = None  # what somebody wrote for it; None: nothing is said

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        return os.path.splitext(os.path.basename(self.path))[0]  # noqa: PTH119, PTH122 - names may be any bytes


@dataclass(frozen=True)
class Album:
    """What there is to be shown."""

    files: list[GivenPhoto]
    errors: list[InputError]
    raw: list[str]  # raw photos in the folders
    films: list[str]  # films in the folders, where only photos are wanted
    live: list[str]  # films in the folders that belong to a photo


def list_photos(
    paths: Sequence[str | os.PathLike[str]],
    *,
    output: str | None = None,
    photos_only: bool = False,
    least: int = READING,
    progress: Progress = unwatched,
) -> Album:
    """List photos and films, and look into the beginning of each, which takes a few milliseconds.

    The ``output`` of an earlier run, in one of the folders, is no clip. Photos of a service are fetched, as large as
    ``least`` says.
    """
    found = Album([], [], [], [], [])
    for path in map(os.fsdecode, paths):
        if names_photos(path):
            for each in fetch_photos(path, least, progress):
                if isinstance(each, InputError):
                    found.errors.append(each)
                else:
                    _look(GivenPhoto(each.path), found)
        elif os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            _look_into(path, found, output, photos_only=photos_only)
        else:
            _look(GivenPhoto(path, is_film_name(path) and not is_picture(path)), found)
    if not found.files:
        if not found.errors:
            raise InputError("There are only films here, and no photo.", found.films[0])
        raise nothing_to_show(found.errors)
    return found


def _look_into(path: str, found: Album, output: str | None, *, photos_only: bool) -> None:
    """Add what can be shown of a folder, and below it."""
    walk = FolderWalk([path], lambda name: is_image_name(name) or is_film_name(name) or _is_raw(name))
    names = [file.path for file in walk]
    stems = {_stem(name) for name in names if is_image_name(name)}
    given = [name for name in names if not _is_raw(name) and not _same(name, output)]
    given = [name for name in given if is_image_name(name) or not is_trashed(name)]
    found.raw.extend(filter(_is_raw, names))
    shown = shown_once([name for name in given if is_image_name(name)])
    for name in (shown.get(name, name) for name in given if name in shown or not is_image_name(name)):
        if not is_film_name(name):
            _look(GivenPhoto(name), found)
        elif photos_only:
            found.films.append(name)
        else:
            _look(GivenPhoto(name, film=True), found, live=_stem(name) in stems)
    found.errors.extend(InputError(f"can't be read: {reason}.", where) for where, reason in walk.unreadable)
    if not given and not walk.unreadable:
        found.errors.append(InputError("there is no picture in this folder or below it.", path))


def _look(given: GivenPhoto, found: Album, *, live: bool = False) -> None:
    """Add what can be shown to what was found."""
    try:
        if given.film:
            with VideoFile(given.path) as film:
                if live and film.stated_duration < LIVE:
                    found.live.append(given.path)
                    return
        elif _is_raw(given.path) and not is_picture(given.path):
            raise InputError("is a raw photo, not one that can be read.", given.path)
        else:
            with opened(given.path):
                pass
        found.files.append(given)
    except InputError as error:
        found.errors.append(error)
    except MissingExtraError as error:
        found.errors.append(InputError(f"{error}", given.path))


def _stem(name: str) -> str:
    return os.path.splitext(name)[0].casefold()  # noqa: PTH122 - names may be any bytes


def _same(name: str, output: str | None) -> bool:
    with suppress(OSError):
        return output is not None and os.path.samefile(name, output)  # noqa: PTH121 - names may be any bytes
    return False


def nothing_to_show(errors: Sequence[InputError]) -> InputError:
    """Say in one line that not one photo can be read."""
    if len(errors) == 1:
        return errors[0]
    return InputError(f"Not one of the {len(errors)} photos and films can be read, such as {errors[0]}")


def _is_raw(name: str) -> bool:
    return os.path.splitext(name)[1][1:].lower() in RAW  # noqa: PTH122 - names may be any bytes


def read_photos(files: Sequence[str], model: ImageModel) -> tuple[list[Photo], list[InputError]]:
    """Read photos."""
    photos: list[Photo] = []
    errors: list[InputError] = []
    for path, analysis in zip(files, model.analyze(files), strict=True):
        if isinstance(analysis, InputError):
            errors.append(analysis)
            continue
        info = read_photo_info(path)
        size, dated = (analysis.width, analysis.height), info.taken is not None
        photos.append(Photo(path, size, analysis.affect, when(info, path), dated, info.title, analysis.note))
    return photos, errors


def when(info: PhotoInfo, path: str) -> datetime:
    """Tell when a photo or clip was taken; where it does not say so, when its file was last changed."""
    try:
        return info.taken or datetime.fromtimestamp(os.stat(path).st_mtime)  # noqa: PTH116 - in local time, as cameras
    except (OSError, ValueError, OverflowError):
        return datetime.min


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
