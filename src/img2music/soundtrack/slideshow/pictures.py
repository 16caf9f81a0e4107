"""All pictures of a slideshow, in order, drawn a little ahead."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

from img2music.parallel import in_order
from img2music.soundtrack.slideshow.captions import Overlay
from img2music.soundtrack.slideshow.drawing import DrawnPhoto, Planes, write
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule, Seen


def pictures(
    photos: Sequence[Photo], schedule: Schedule, frame: tuple[int, int], captions: Sequence[Overlay | None]
) -> Iterator[Planes]:
    """Draw a slideshow.

    Few photos are in memory at once: the one that is seen, the next, and two that are being read.
    """

    def ready(number: int) -> DrawnPhoto:
        photo = photos[number]
        return DrawnPhoto(photo.path, photo.size, frame, seconds=schedule.seconds(number), number=number)

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
            yield partial(_drawn, seen, list(near), captions)

    return in_order(lambda job: job(), jobs(), 1)


def _drawn(seen: Seen, near: Sequence[DrawnPhoto], captions: Sequence[Overlay | None]) -> Planes:
    picture = near[0].draw(seen.share)
    if seen.mixed:
        picture = picture.mixed(near[1].draw(seen.following), seen.mixed)
    # One caption goes before the next one comes: two over each other can't be read.
    number, strength = (
        (seen.photo, 1.0 - 2.0 * seen.mixed) if seen.mixed < 0.5 else (seen.photo + 1, 2.0 * seen.mixed - 1.0)
    )
    caption = captions[number]
    if caption is not None:
        write(caption, picture, strength)
    return picture.dimmed(seen.light)
