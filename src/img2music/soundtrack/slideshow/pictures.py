"""All pictures of a slideshow, in order, drawn a little ahead."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

from img2music.parallel import in_order
from img2music.soundtrack.slideshow.captions import Overlay
from img2music.soundtrack.slideshow.drawing import DrawnPhoto, Planes
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule, Seen


def pictures(
    photos: Sequence[Photo], schedule: Schedule, frame: tuple[int, int], captions: Sequence[Overlay | None]
) -> Iterator[Planes]:
    """Draw a slideshow.

    Few photos are in memory at once: the one that is seen, the next, and two that are being read.

    Parameters
    ----------
    photos : sequence of Photo
        In the order of the film.
    schedule : Schedule
    frame : (int, int)
        Width and height of the film's picture.
    captions : sequence of Overlay or None
        One a photo.

    Yields
    ------
    Planes

    Raises
    ------
    InputError
        If a photo can't be read any more.
    """

    def ready(number: int) -> DrawnPhoto:
        photo = photos[number]
        return DrawnPhoto(photo.path, photo.size, frame, schedule.seconds(number), number, captions[number])

    def jobs() -> Iterator[partial[Planes]]:
        coming = in_order(ready, range(len(photos)), 1)
        near: deque[DrawnPhoto] = deque()
        first = 0
        for seen in schedule.pictures():
            if seen.photo > first:
                near.popleft()
                first = seen.photo
            while len(near) < (2 if seen.mixed else 1):
                near.append(next(coming))
            yield partial(_drawn, seen, *near)

    return in_order(lambda job: job(), jobs(), 1)


def _drawn(seen: Seen, photo: DrawnPhoto, following: DrawnPhoto | None = None) -> Planes:
    picture = photo.draw(seen.share)
    if seen.mixed and following is not None:
        picture = picture.mixed(following.draw(seen.following), seen.mixed)
    return picture.dimmed(seen.light)
