"""Ken Burns: where in a frame a photo is shown, and which part of it moves through there."""

import math
from dataclasses import dataclass
from typing import NamedTuple

FILLS_FROM = 0.7
"""Share of a photo that must stay visible for it to fill the frame: so 4:3 and 3:2 fill 16:9, 1:1 and 3:4 don't."""

PANORAMA = 2.2
"""Longer by shorter side from which on a photo is a panorama, through which the view pans: no phone's screen is one."""

STRIP = 4.0  # thinnest that a photo beside its backdrop gets: the frame's side, divided by this
RIM = 0.85  # a backdrop that leaves this share of the frame, or more, to a panorama is none
ZOOM_RATE, MOST_ZOOM = 0.03, 1.2  # by how much a photo is enlarged a second, and at most: faster looks hurried
FITTED_ZOOM = 1.05  # by how much one beside its backdrop is at most, where nothing should be cut off
PAN_SPEED = 0.05  # frames a second by which the view of a photo moves at most, besides zooming
PANORAMA_SPEED = 0.15
"""Likewise through a panorama: what is seen crosses the frame in 7 seconds, about as fast as film makers pan."""

RAMP = 0.25  # share of the time in which a movement gets going, and in which it ends


class Window(NamedTuple):
    """Part of a photo, in pixels of the upright photo."""

    left: float
    top: float
    width: float
    height: float


class Box(NamedTuple):
    """Part of a frame, in its pixels; all even numbers, since colour has half the resolution of light."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Motion:
    """How one photo is shown."""

    box: Box  # where in the frame; around it is a backdrop
    start: Window  # what is seen at the start, of the proportions of box
    end: Window  # and at the end

    def at(self, share: float) -> Window:
        """Tell what is seen when a share of the time is over.

        Between start and end the window's corners lie on the straight lines between those of the two, so that it never
        leaves the photo; it gets going and ends gently, and is enlarged by an equal factor in equal times.
        """
        eased = ease(share)
        growth = math.log(self.end.width / self.start.width)
        part = eased if abs(growth) < 1e-6 else math.expm1(growth * eased) / math.expm1(growth)
        return Window(*(first + (last - first) * part for first, last in zip(self.start, self.end, strict=True)))


def ease(share: float) -> float:
    """Tell how much of a movement is done: slow at first and at last (`RAMP`), and of even speed between."""
    if share > 0.5:
        return 1.0 - ease(1.0 - share)
    speed = 1.0 / (1.0 - RAMP)
    if share >= RAMP:
        return speed * (share - RAMP / 2)
    return speed * (share - RAMP / math.pi * math.sin(math.pi * share / RAMP)) / 2


# Zoom (0: as much as can be seen, 1: closest) and place (0: left or top border, 1: right or bottom) at start and end.
# Nearer to the top, where people's heads are. Neighbouring photos move in different ways.
Place = tuple[float, float, float]
PATTERNS: tuple[tuple[Place, Place], ...] = (
    ((0.0, 0.5, 0.25), (1.0, 0.35, 0.2)),
    ((1.0, 0.65, 0.2), (0.0, 0.5, 0.25)),
    ((1.0, 0.1, 0.25), (1.0, 0.9, 0.25)),
    ((0.0, 0.5, 0.25), (1.0, 0.65, 0.2)),
    ((1.0, 0.35, 0.2), (0.0, 0.5, 0.25)),
    ((1.0, 0.5, 0.6), (1.0, 0.5, 0.05)),
    ((1.0, 0.9, 0.25), (1.0, 0.1, 0.25)),
)


def plan_motion(
    photo: tuple[int, int], frame: tuple[int, int], seconds: float, number: int, *, still: bool = False
) -> Motion:
    """Decide how a photo is shown.

    It fills the frame if at least `FILLS_FROM` of it can be seen at once. Else it is fitted into the frame as a whole;
    a panorama is shown as large as the view can pan through it in the time there is.
    """
    if still:
        box, window = unmoved(photo, frame)
        return Motion(box, window, window)
    wide = photo[0] / photo[1] / (frame[0] / frame[1])  # above 1: more so than the frame
    if min(wide, 1 / wide) >= FILLS_FROM:
        box, zoom = Box(0, 0, *frame), min(1.0 + ZOOM_RATE * seconds, MOST_ZOOM)
        start, end = PATTERNS[number % len(PATTERNS)]
    elif max(photo) / min(photo) >= PANORAMA:
        box, zoom = _fitted(frame, _bounded(wide, 1.0 + PANORAMA_SPEED * seconds)), 1.0
        start, end = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)  # to the right, or upwards
        if number % 2:
            start, end = end, start
    else:
        box, zoom = _fitted(frame, wide), min(1.0 + ZOOM_RATE * seconds, FITTED_ZOOM)
        start, end = (0.0, 0.5, 0.5), (1.0, 0.5, 0.4)
        if number % 2:
            start, end = end, start
    speed = PAN_SPEED if zoom > 1.0 else PANORAMA_SPEED
    return Motion(
        box, *_slowed(_window(photo, box, zoom, start), _window(photo, box, zoom, end), photo, speed * seconds)
    )


def unmoved(picture: tuple[int, int], frame: tuple[int, int]) -> tuple[Box, Window]:
    """Decide where in the frame what does not move is shown, and which part of it: a clip, or a photo that is still."""
    wide = picture[0] / picture[1] / (frame[0] / frame[1])
    if min(wide, 1 / wide) >= FILLS_FROM:
        box = Box(0, 0, *frame)
        return box, _window(picture, box, 1.0, (0.0, 0.5, 0.25))
    box = _fitted(frame, min(max(wide, 1.0 / STRIP), STRIP))
    return box, _window(picture, box, 1.0, (0.0, 0.5, 0.5))


def _bounded(wide: float, travel: float) -> float:
    """Proportions of a view that sees all of a panorama while it moves ``travel`` times its own width or height.

    As a factor of the frame's; a backdrop that would be no more than a rim is left out.
    """
    view = min(max(1.0, wide / travel), STRIP) if wide > 1.0 else max(min(1.0, wide * travel), 1.0 / STRIP)
    return 1.0 if min(view, 1.0 / view) >= RIM else view


def _fitted(frame: tuple[int, int], wide: float) -> Box:
    """The largest box in the middle of a frame whose proportions are ``wide`` times the frame's."""
    width = min(frame[0], even(frame[0] * min(1.0, wide)))
    height = min(frame[1], even(frame[1] * min(1.0, 1.0 / wide)))
    return Box((frame[0] - width) // 4 * 2, (frame[1] - height) // 4 * 2, width, height)


def even(length: float) -> int:
    """Round pixels to an even number, 2 at least."""
    return max(2, 2 * round(length / 2))


def _window(photo: tuple[int, int], box: Box, zoom: float, place: Place) -> Window:
    closer, across, down = place
    largest = min(photo[0] / box.width, photo[1] / box.height) / (1.0 + (zoom - 1.0) * closer)
    width, height = min(box.width * largest, photo[0]), min(box.height * largest, photo[1])
    return Window((photo[0] - width) * across, (photo[1] - height) * down, width, height)


def _slowed(start: Window, end: Window, photo: tuple[int, int], most: float) -> tuple[Window, Window]:
    """Bring two windows nearer, so that the middle moves no more than so many times the smaller one's size."""
    width, height = min(start.width, end.width), min(start.height, end.height)
    across = (end.left - start.left + (end.width - start.width) / 2) / width
    down = (end.top - start.top + (end.height - start.height) / 2) / height
    moved = math.hypot(across, down)
    if moved <= most:
        return start, end
    excess = (1.0 - most / moved) / 2

    def nearer(window: Window, sign: float) -> Window:
        left = window.left + sign * excess * across * width
        top = window.top + sign * excess * down * height
        left, top = min(max(0.0, left), photo[0] - window.width), min(max(0.0, top), photo[1] - window.height)
        return Window(left, top, window.width, window.height)

    return nearer(start, 1.0), nearer(end, -1.0)
