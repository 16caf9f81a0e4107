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
from img2music.media.video import VideoFile, VideoFrame
from img2music.parallel import in_order
from img2music.soundtrack.slideshow.captions import Overlay
from img2music.soundtrack.slideshow.motion import Box, Motion, Window, even, plan_motion, unmoved
from img2music.soundtrack.slideshow.photos import Clip, Photo
from img2music.soundtrack.slideshow.plan import Schedule, Seen

with require_extra("Drawing the pictures of a film", "soundtrack"):
    import cv2

MARGIN = 3  # pixels around what is seen that a filter may look at
BACKDROP_SIDE = 96  # pixels of a backdrop's longer side while it is blurred
BACKDROP_BLUR = 0.05  # standard deviation of its blur, as a share of the longer side
BACKDROP_LIGHT = 0.75  # how much of its light a backdrop keeps, so that the photo before it stands out
SHADOW_LIGHT = 0.6  # how much of a backdrop's light is left right beside the photo
SHADOW_WIDTH = 0.02  # standard deviation of the shadow's edge, as a share of the frame's shorter side
SAME_TIME = 0.002  # seconds by which a picture of a clip may be later than it is wanted: times are rounded
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
        still: bool = False,  # whether it does not move
    ) -> None:
        scale = min(1.0, _scale(plan_motion(size, frame, seconds, number, still=still)))
        photo = read_image(path, least_side=max(1, math.ceil(min(size) * scale)))  # all the pixels that will be seen
        size = photo.info["original_size"]  # another file may have its name by now
        self._motion = plan_motion(size, frame, seconds, number, still=still)
        box, scale = self._motion.box, _scale(self._motion)
        self._seen = _seen(self._motion, size, MARGIN / scale)
        wanted = (even(self._seen.width * scale), even(self._seen.height * scale))
        self._photo = from_rgb(np.asarray(_part(photo, size, self._seen, wanted)))
        self._backdrop = Planes.black(*frame)
        if (box.width, box.height) != frame:
            around = Backdrop(box, frame)
            self._backdrop = around.drawn(np.asarray(_part(photo, size, _middle(size, frame), around.size)))

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

    def close(self) -> None:
        """Nothing is open."""

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


class Backdrop:
    """What is around a photo or clip that does not fill the frame: itself, filling it, blurred and a little darker."""

    def __init__(self, box: Box, frame: tuple[int, int]) -> None:
        self._frame = frame
        shadow = np.zeros(frame[::-1], dtype=np.float32)
        shadow[box.top : box.top + box.height, box.left : box.left + box.width] = 1.0 - SHADOW_LIGHT
        shadow = cv2.GaussianBlur(shadow, (0, 0), SHADOW_WIDTH * min(frame), borderType=cv2.BORDER_REPLICATE)
        light = BACKDROP_LIGHT * (1.0 - shadow)
        half = cv2.resize(light, (frame[0] // 2, frame[1] // 2), interpolation=cv2.INTER_AREA)
        noise = np.random.default_rng(0)  # of a step: it keeps a smooth gradient from falling into bands
        self._planes = [
            (factor, noise.random(factor.shape, dtype=np.float32) - 0.5 + base)
            for factor, base in ((light, BLACK), (half, GREY), (half, GREY))
        ]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the small picture that it is made of."""
        shrink = BACKDROP_SIDE / max(self._frame)
        return max(2, round(self._frame[0] * shrink)), max(2, round(self._frame[1] * shrink))

    def drawn(self, small: NDArray[np.uint8]) -> Planes:
        """Draw it of a small picture of the frame's proportions, in sRGB."""
        blurred = cv2.GaussianBlur(small.astype(np.float32), (0, 0), BACKDROP_BLUR * BACKDROP_SIDE)
        planes = zip(cv2.split(cv2.transform(blurred, FROM_RGB)), (BLACK, GREY, GREY), self._planes, strict=True)
        return Planes(*(self._enlarged(plane - base, *rest) for plane, base, rest in planes))

    def _enlarged(self, plane: NDArray[np.float32], factor: NDArray[np.float32], offset: NDArray[np.float32]) -> Plane:
        large = cv2.resize(plane, factor.shape[::-1], interpolation=cv2.INTER_CUBIC)
        found: Plane = cv2.convertScaleAbs(cv2.add(cv2.multiply(large, factor), offset))
        return found


def _middle(size: tuple[int, int], frame: tuple[int, int]) -> Window:
    """The largest part in the middle of a photo that has the proportions of a frame."""
    share = min(size[0] / frame[0], size[1] / frame[1])
    width, height = min(frame[0] * share, size[0]), min(frame[1] * share, size[1])
    return Window((size[0] - width) / 2, (size[1] - height) / 2, width, height)


def from_rgb(rgb: NDArray[np.uint8]) -> Planes:
    """Planes of BT.709."""
    light, *colours = cv2.split(cv2.transform(rgb, FROM_RGB))
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    return Planes(light, *(cv2.resize(colour, half, interpolation=cv2.INTER_AREA) for colour in colours))


class DrawnClip:
    """A clip, drawn moment by moment, in order; it is opened with the first one."""

    def __init__(self, path: str, clip: Clip, frame: tuple[int, int], seconds: float) -> None:
        self._path, self._clip, self._frame, self._seconds = path, clip, frame, seconds
        self._film: VideoFile | None = None
        self._coming: Iterator[VideoFrame] = iter(())
        self._following: VideoFrame | None = None
        self._look: tuple[Box, Window, tuple[int, int], Backdrop | None] | None = None
        self._picture = Planes.black(*frame)

    def draw(self, share: float) -> Planes:
        """Draw what is seen when a share of its time is over; the last picture there is stands still."""
        time = max(0.0, self._clip.start + share * self._seconds)
        if self._film is None:
            self._open(time)
        shown = None
        while self._following is not None and (self._look is None or self._following.time <= time + SAME_TIME):
            shown, self._following = self._following, next(self._coming, None)
            self._look = self._look or self._looks(shown)
        if shown is not None:
            self._picture = self._made(shown)
        return Planes(*(plane.copy() for plane in self._picture))

    def close(self) -> None:
        """Close its file, if it is open."""
        if self._film is not None:
            self._film.close()

    def _open(self, time: float) -> None:
        self._film = VideoFile(self._path, self._clip.survey)
        self._coming = self._film.since(time)
        self._following = next(self._coming, None)
        if self._following is None:  # it can't be sought there
            self._film.close()
            self._film = VideoFile(self._path, self._clip.survey)
            self._coming = self._film.frames()
            self._following = next(self._coming, None)

    def _looks(self, first: VideoFrame) -> tuple[Box, Window, tuple[int, int], Backdrop | None]:
        """Where it is shown, which part of it, in how many pixels all of it is decoded, and what is around."""
        size = max(1, round(first.height * first.proportion)), first.height
        box, window = unmoved(size, self._frame)
        scale = box.width / window.width, box.height / window.height
        pixels = max(box.width, round(size[0] * scale[0])), max(box.height, round(size[1] * scale[1]))
        seen = Window(window.left * scale[0], window.top * scale[1], box.width, box.height)
        return box, seen, pixels, None if box[2:] == self._frame else Backdrop(box, self._frame)

    def _made(self, shown: VideoFrame) -> Planes:
        assert self._look is not None
        box, window, pixels, backdrop = self._look
        rgb = shown.pixels(*pixels)
        left, top = min(round(window.left), pixels[0] - box.width), min(round(window.top), pixels[1] - box.height)
        inner = from_rgb(np.ascontiguousarray(rgb[top : top + box.height, left : left + box.width]))
        if backdrop is None:
            return inner
        middle = _middle(pixels, self._frame)
        part = rgb[
            round(middle.top) : round(middle.top + middle.height),
            round(middle.left) : round(middle.left + middle.width),
        ]
        picture = backdrop.drawn(cv2.resize(part, backdrop.size, interpolation=cv2.INTER_AREA))
        for mine, theirs in zip(picture, inner, strict=True):
            by = 1 if mine is picture.light else 2
            mine[box.top // by :, box.left // by :][: theirs.shape[0], : theirs.shape[1]] = theirs
        return picture


def pictures(
    photos: Sequence[Photo],
    schedule: Schedule,
    frame: tuple[int, int],
    captions: Sequence[Overlay | None],
    *,
    still: bool = False,
) -> Iterator[Planes]:
    """Draw a slideshow.

    Few photos are in memory at once: the one that is seen, the next, and two that are being read. Clips are open only
    while they are seen.
    """
    near: deque[DrawnPhoto | DrawnClip] = deque()

    def ready(number: int) -> DrawnPhoto | DrawnClip:
        photo, seconds = photos[number], schedule.seconds(number)
        if photo.clip is not None:
            return DrawnClip(photo.path, photo.clip, frame, seconds)
        return DrawnPhoto(photo.path, photo.size, frame, seconds=seconds, number=number, still=still)

    def jobs() -> Iterator[partial[Planes]]:
        coming = in_order(ready, range(len(photos)), 1)
        first = 0
        for seen in schedule.pictures():
            gone = []
            while seen.photo > first:
                gone.append(near.popleft())
                first += 1
            while len(near) < (2 if seen.mixed else 1):
                near.append(next(coming))
            yield partial(_drawn, seen, list(near), captions, gone)

    try:
        yield from in_order(lambda job: job(), jobs(), 1)
    finally:
        for each in near:
            each.close()


def _drawn(
    seen: Seen,
    near: Sequence[DrawnPhoto | DrawnClip],
    captions: Sequence[Overlay | None],
    gone: Sequence[DrawnPhoto | DrawnClip] = (),
) -> Planes:
    for each in gone:
        each.close()
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
