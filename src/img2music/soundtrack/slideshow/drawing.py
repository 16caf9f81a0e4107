"""Photos to the pictures of a film: planes of light and colour, as video has them."""

import math
import os
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2music.errors import require_extra
from img2music.media.images import read_image
from img2music.parallel import in_order
from img2music.soundtrack.slideshow.captions import Overlay
from img2music.soundtrack.slideshow.motion import Box, Motion, Window, even, plan_motion
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule, Seen

with require_extra("Drawing the pictures of a film", "soundtrack"):
    import cv2

MARGIN = 3  # pixels around what is seen that a filter may look at
BACKDROP_SIDE = 96  # pixels of a backdrop's longer side while it is blurred
BACKDROP_BLUR = 0.05  # standard deviation of its blur, as a share of the longer side
BACKDROP_LIGHT = 0.75  # how much of its light a backdrop keeps, so that the photo before it stands out
SHADOW_LIGHT = 0.6  # how much of a backdrop's light is left right beside the photo
SHADOW_WIDTH = 0.02  # standard deviation of the shadow's edge, as a share of the frame's shorter side
BLACK, WHITE, GREY = 16, 235, 128  # light of black and of white, and colour of what has none


def _conversion() -> NDArray[np.float32]:
    """Matrix from R'G'B' of 0 to 255 to Y'CbCr (Recommendation ITU-R BT.709-6, items 3.2 to 3.4, in 8 bits)."""
    light = np.array([0.2126, 0.7152, 0.0722])
    blue = (np.array([0.0, 0.0, 1.0]) - light) / 1.8556
    red = (np.array([1.0, 0.0, 0.0]) - light) / 1.5748
    rows = np.stack([light * 219.0, blue * 224.0, red * 224.0]) / 255.0
    return np.column_stack([rows, [BLACK, GREY, GREY]]).astype(np.float32)


FROM_RGB = _conversion()

Plane = NDArray[np.uint8]


class Planes(NamedTuple):
    """A picture as H.264 has it (4:2:0): light in full, colour in half resolution."""

    light: Plane  # Y', of BT.709: 16 for black to 235 for white
    blue: Plane  # Cb, 128 for grey
    red: Plane  # Cr, 128 for grey

    @classmethod
    def black(cls, width: int, height: int) -> "Planes":
        """Make a black picture."""
        blue, red = np.full((2, height // 2, width // 2), GREY, dtype=np.uint8)
        return cls(np.full((height, width), BLACK, dtype=np.uint8), blue, red)

    def dimmed(self, light: float) -> "Planes":
        """Make it darker."""
        if light >= 1.0:
            return self
        base = zip(self, (BLACK, GREY, GREY), strict=True)
        return Planes(*(cv2.convertScaleAbs(plane, alpha=light, beta=level * (1.0 - light)) for plane, level in base))

    def mixed(self, other: "Planes", share: float) -> "Planes":
        """Mix with another picture."""
        if share <= 0.0:
            return self
        if share >= 1.0:
            return other
        pairs = zip(self, other, strict=True)
        return Planes(*(cv2.addWeighted(mine, 1.0 - share, theirs, share, 0.0) for mine, theirs in pairs))


def write(caption: Overlay, picture: Planes, strength: float = 1.0) -> None:
    """Write a caption on a picture: white letters, and darkness around them."""
    rows = slice(caption.top, caption.top + len(caption.cover))
    light, below = picture.light[rows].astype(np.float32), 1.0 - strength * caption.cover
    letters = (WHITE - BLACK) * strength * caption.letters
    picture.light[rows] = np.rint(BLACK + (light - BLACK) * below + letters)
    half = slice(rows.start // 2, rows.stop // 2)
    kept = cv2.resize(below, (picture.blue.shape[1], half.stop - half.start), interpolation=cv2.INTER_AREA)
    for plane in (picture.blue, picture.red):
        plane[half] = np.rint(GREY + (plane[half].astype(np.float32) - GREY) * kept)


class DrawnPhoto:
    """A photo, ready to be drawn at any moment of its time.

    Only what will be seen of it is kept, at the resolution in which it is seen closest.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: tuple[int, int],
        frame: tuple[int, int],
        *,
        seconds: float,
        number: int,
    ) -> None:
        scale = min(1.0, _scale(plan_motion(size, frame, seconds, number)))
        photo = read_image(path, least_side=max(1, math.ceil(min(size) * scale)))  # all the pixels that will be seen
        size = photo.info["original_size"]  # another file may have its name by now
        self._motion = plan_motion(size, frame, seconds, number)
        box, scale = self._motion.box, _scale(self._motion)
        self._seen = _seen(self._motion, size, MARGIN / scale)
        wanted = (even(self._seen.width * scale), even(self._seen.height * scale))
        self._photo = from_rgb(np.asarray(_part(photo, size, self._seen, wanted)))
        whole = (box.width, box.height) == frame
        self._backdrop = Planes.black(*frame) if whole else _backdrop(photo, box, frame)

    def draw(self, share: float) -> Planes:
        """Draw what is seen when a share of the photo's time is over."""
        window, box = self._motion.at(share), self._motion.box
        picture = Planes(*(plane.copy() for plane in self._backdrop))
        for mine, theirs in zip(picture, self._photo, strict=True):
            by = 1 if mine is picture.light else 2
            rows = slice(box.top // by, (box.top + box.height) // by)
            columns = slice(box.left // by, (box.left + box.width) // by)
            mine[rows, columns] = self._warped(theirs, window, (box.width // by, box.height // by), colour=by == 2)
        return picture

    def _warped(self, plane: Plane, window: Window, size: tuple[int, int], *, colour: bool) -> Plane:
        """Part of a plane, also from between its pixels: so movement is smooth, however slow."""
        scale_x, scale_y = plane.shape[1] / self._seen.width, plane.shape[0] / self._seen.height
        step_x, step_y = window.width * scale_x / size[0], window.height * scale_y / size[1]
        # A sample of light stands for the middle of its pixel; one of colour for the left edge of its two by two, as
        # players expect (H.264, figure E-1, type 0): a quarter of its own width left of their middle.
        left = (window.left - self._seen.left) * scale_x + (0.25 if colour else 0.5) * step_x - 0.5
        top = (window.top - self._seen.top) * scale_y + 0.5 * step_y - 0.5
        matrix = np.array([[step_x, 0.0, left], [0.0, step_y, top]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped: Plane = cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return warped


def _scale(motion: Motion) -> float:
    """Pixels of the frame for each of the photo, where it is seen closest."""
    return motion.box.width / min(motion.start.width, motion.end.width)


def _seen(motion: Motion, size: tuple[int, int], margin: float) -> Window:
    """All of a photo that comes into view, and a margin."""
    windows = np.array([motion.start, motion.end])
    first = np.maximum(0.0, windows[:, :2].min(axis=0) - margin)
    last = np.minimum(size, (windows[:, :2] + windows[:, 2:]).max(axis=0) + margin)
    return Window(*first.tolist(), *(last - first).tolist())


def _part(photo: Image.Image, size: tuple[int, int], part: Window, wanted: tuple[int, int]) -> Image.Image:
    """Part of a photo, in as many pixels as wanted; colours of sRGB are those of BT.709.

    ``size`` is the original's, of which the decoded photo may have only an eighth.
    """
    across, down = photo.width / size[0], photo.height / size[1]
    right, bottom = part.left + part.width, part.top + part.height
    box = (part.left * across, part.top * down, right * across, bottom * down)
    return photo.resize(wanted, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _backdrop(photo: Image.Image, box: Box, frame: tuple[int, int]) -> Planes:
    """The photo itself, filling the frame, blurred and dark, with a soft shadow around the box."""
    shrink = BACKDROP_SIDE / max(frame)
    small = max(2, round(frame[0] * shrink)), max(2, round(frame[1] * shrink))
    size = photo.info["original_size"]
    share = min(size[0] / frame[0], size[1] / frame[1])
    width, height = min(frame[0] * share, size[0]), min(frame[1] * share, size[1])
    middle = Window((size[0] - width) / 2, (size[1] - height) / 2, width, height)
    filled = np.asarray(_part(photo, size, middle, small), dtype=np.float32)
    blurred = cv2.GaussianBlur(filled, (0, 0), BACKDROP_BLUR * BACKDROP_SIDE)
    colours = cv2.resize(blurred, frame, interpolation=cv2.INTER_CUBIC) * BACKDROP_LIGHT
    shadow = np.zeros(frame[::-1], dtype=np.float32)
    shadow[box.top : box.top + box.height, box.left : box.left + box.width] = 1.0 - SHADOW_LIGHT
    shadow = cv2.GaussianBlur(shadow, (0, 0), SHADOW_WIDTH * min(frame), borderType=cv2.BORDER_REPLICATE)
    return from_rgb(colours * (1.0 - shadow)[:, :, None], dither=True)


def from_rgb(rgb: NDArray[np.uint8] | NDArray[np.float32], *, dither: bool = False) -> Planes:
    """Planes of BT.709; with noise of a step that keeps a smooth gradient from falling into bands."""
    light, *colours = cv2.split(cv2.transform(rgb, FROM_RGB))
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    planes = [light, *(cv2.resize(colour, half, interpolation=cv2.INTER_AREA) for colour in colours)]
    if dither:
        noise = np.random.default_rng(0)
        planes = [plane + noise.random(plane.shape, dtype=np.float32) - 0.5 for plane in planes]
    return Planes(*(np.rint(plane).clip(0, 255).astype(np.uint8) for plane in planes))


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
