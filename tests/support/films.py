"""Films made of still pictures, whose changes and moods are known."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Still:
    """One scene of a film: a picture, how long, and how it comes.

    ``seconds`` goes from the middle of one change to the middle of the next; ``change`` is "cut", "dissolve" or "fade"
    (through black), and lasts ``length`` seconds.
    """

    picture: Picture
    seconds: float
    change: str = "cut"
    length: float = 0.0


@dataclass(frozen=True)
class Changed:
    """What a detector should find."""

    kind: str
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def changes(stills: Sequence[Still]) -> list[Changed]:
    """The changes of a film, in order."""
    found, time = [], 0.0
    for before, still in itertools.pairwise(stills):
        time += before.seconds
        found.append(Changed(still.change, time - still.length / 2, time + still.length / 2))
    return found


def _view(still: Still, share: float, size: tuple[int, int], motion: float, turn: int) -> NDArray[np.float32]:
    """A picture as it is seen when a share of its scene is over: slowly zoomed and moved."""
    image = Image.fromarray(still.picture)
    zoom = 1.0 / (1.0 + motion * (share if turn % 2 else 1.0 - share))
    width, height = image.width * zoom, image.height * zoom
    slide = share if turn // 2 % 2 else 1.0 - share
    left, top = (image.width - width) * slide, (image.height - height) * (1.0 - slide)
    shown = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    return np.asarray(shown, dtype=np.float32)


def pictures(
    stills: Sequence[Still], rate: float, size: tuple[int, int], *, motion: float = 0.0, noise: float = 0.0
) -> Iterator[tuple[float, Picture]]:
    """All pictures of a film with their times."""
    chance = np.random.default_rng(7)
    starts = np.concatenate([[0.0], np.cumsum([still.seconds for still in stills])])
    grain = chance.normal(0.0, noise, (8, size[1], size[0], 3)).astype(np.float32) if noise else None
    for number in range(round(starts[-1] * rate)):
        time = number / rate
        place = min(int(np.searchsorted(starts, time, side="right")) - 1, len(stills) - 1)

        def seen(index: int, time: float = time) -> NDArray[np.float32]:
            # A scene is seen a little before it begins and after it ends, in its changes.
            share = (time - starts[index] + 2.0) / (stills[index].seconds + 4.0)
            return _view(stills[index], float(np.clip(share, 0.0, 1.0)), size, motion, index)

        shown = seen(place)
        for later in (place, place + 1):
            if 0 < later < len(stills) and stills[later].change != "cut":
                length = stills[later].length
                share = (time - starts[later]) / length + 0.5
                if 0.0 < share < 1.0:
                    first, second = seen(later - 1), seen(later)
                    if stills[later].change == "dissolve":
                        shown = first * (1.0 - share) + second * share
                    else:
                        shown = first * max(0.0, 1.0 - 2.2 * share) + second * max(0.0, 2.2 * share - 1.2)
        if grain is not None:
            shown = shown + grain[number % len(grain)]
        yield time, shown.round().clip(0, 255).astype(np.uint8)


def write_film(
    path: Path,
    shown: Iterator[tuple[float, Picture]],
    *,
    rate: float = 25.0,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    turned: int = 0,
    container: str | None = None,
) -> Path:
    """Encode pictures at their times."""
    with av.open(str(path), "w", format=container) as out:
        stream: Any = None
        for time, picture in shown:
            if stream is None:
                stream = out.add_stream(codec, rate=Fraction(rate).limit_denominator(1001))
                stream.width, stream.height = picture.shape[1], picture.shape[0]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = Fraction(1, 12_000)
                stream.options = {"preset": "ultrafast", "crf": "26"} | (options or {}) if codec == "libx264" else {}
                if turned:
                    stream.set_display_rotation(turned)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time * 12_000), Fraction(1, 12_000)
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode(None))
    return path


def make_film(
    path: Path,
    stills: Sequence[Still],
    *,
    rate: float = 25.0,
    size: tuple[int, int] = (160, 90),
    motion: float = 0.0,
    noise: float = 0.0,
) -> list[Changed]:
    """Write a film and tell its changes."""
    write_film(path, pictures(stills, rate, size, motion=motion, noise=noise), rate=rate)
    return changes(stills)
