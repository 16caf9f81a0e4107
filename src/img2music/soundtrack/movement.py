"""How much the pictures of a film move, and how bright they are."""

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra

with require_extra("Reading a film", "soundtrack"):
    import cv2

EVERY = 0.25  # seconds from one look at the film to the next
APART, FAR = 0.075, 0.26
"""Seconds by which two pictures that are compared lie apart, at least and at most: two pictures of 25 a second, so that
films of all rates are measured alike. Films of fewer than four pictures a second do not tell how they move."""

DETAIL, LEAST_SHARE = 1.5, 0.1
"""Levels of 255 by which a part of the picture must differ from what is around it for its flow to count, and share of
the picture that such parts are taken to have at least: where there is nothing to see, as in fog and in the dark, noise
seems to move."""

EDGE = 8  # pixels at the edges whose surroundings are not known

BLACK = 20  # levels of 255 which nothing in a black bar exceeds
MOST_BARS = 0.5  # share of the picture that black bars take at most; beyond, it is a dark picture


class MovementMeter:
    """Measures movement by optical flow (`cv2.DISOpticalFlow`, Kroeger et al. 2016), a few times a second."""

    def __init__(self) -> None:
        self.brightness: list[tuple[float, float]] = []  # seconds, and mean level from 0 to 1
        # Seconds of two pictures, and by what share of the picture its parts move in a second, on average
        self.movement: list[tuple[float, float, float]] = []
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: tuple[float, NDArray[np.uint8]] | None = None

    def add(self, time: float, picture: NDArray[np.uint8]) -> None:
        """Take the next picture, small."""
        looked = self.brightness[-1][0] if self.brightness else -EVERY
        compares = self._before is not None and time >= self._before[0] + APART - 1e-3
        looks = time >= looked + EVERY - 1e-3
        if not compares and not looks:
            return
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        inside = _without_bars(grey)
        if self._before is not None and compares:
            start, before = self._before
            self._before = None
            if time - start <= FAR:
                flow = np.asarray(self._flow.calc(before, grey, None))[inside]
                height, width = flow.shape[:2]
                way = np.hypot(flow[..., 0] / width, flow[..., 1] / height)[_detailed(grey)[inside]]
                speed = float(way.sum()) / max(len(way), LEAST_SHARE * height * width) / (time - start)
                self.movement.append((start, time, speed))
        if looks:
            self.brightness.append((time, float(grey[inside].mean()) / 255.0))
            self._before = time, grey


def _detailed(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a picture has detail that is no noise and no slope."""
    picture = grey.astype(np.float32)
    detail = cv2.GaussianBlur(picture, (0, 0), 1.0) - cv2.GaussianBlur(picture, (0, 0), 4.0)
    found = np.zeros(grey.shape, dtype=np.bool_)
    inner = (slice(EDGE, -EDGE), slice(EDGE, -EDGE))  # at its edges a slope seems to end
    found[inner] = cv2.blur(np.square(detail), (9, 9))[inner] > DETAIL**2
    return found


def _without_bars(grey: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The part of a picture between its black bars."""
    found = []
    for axis in (1, 0):
        shown = np.flatnonzero(grey.max(axis=axis) > BLACK)
        size = grey.shape[1 - axis]
        bars = len(shown) and shown[-1] + 1 - shown[0] >= (1.0 - MOST_BARS) * size
        found.append(slice(int(shown[0]), int(shown[-1]) + 1) if bars else slice(0, size))
    return found[0], found[1]
