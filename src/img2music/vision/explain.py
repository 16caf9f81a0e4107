"""Which regions of a picture raise or lower its affect, by occlusion.

Zeiler & Fergus (2014), "Visualizing and Understanding Convolutional Networks", ECCV, section 4.2: cover a part of the
picture, and see how the reading changes. It asks nothing of a network but readings, so that it works with every model
in ONNX form, and its unit is that of affect.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from img2music import shapes
from img2music.affect import Affect
from img2music.arguments import checked
from img2music.media.images import held, picture_name, read_image
from img2music.media.picture_source import PictureSource
from img2music.parallel import in_order, processors
from img2music.vision.model import ImageModel, read_pixels

Floats = NDArray[np.float32]

POSITIONS = 9
"""Places of the patch along each side; two neighbours share three quarters of it, and more. 81 readings in all."""

PATCH = 0.25
"""Side of the patch, as a share of the picture's. Of a half of that the network hardly takes notice."""

BLUR = 0.1
"""Standard deviation of the blur, as a share of the picture's side: things are gone, colours and light are left. A
patch of one colour would be a thing of its own, which the network reads as well."""

PHOTO_SIDE = 640
"""Longest side of the picture in an `Explanation`, in pixels."""


@dataclass(frozen=True, slots=True)
class ExplanationShape:
    """``img2music/explain/1``."""

    schema: Literal["img2music/explain/1"]
    path: str
    """The file; "picture" where there is none."""
    affect: Affect
    """What the model reads in the whole picture."""
    word: str
    """One plain word for it."""
    model: str
    """Name and version of the model."""
    valence: list[list[float]]
    """What each part of the upright picture does to the reading, on the unit scale: positive where it raises it. Rows
    from above, columns from the left; the mean of each of 9 x 9 equal parts."""
    arousal: list[list[float]]
    """The same of arousal."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(shapes.Result):
    """What each region of a picture does to its affect."""

    path: str
    """The file, as ``os.fsdecode`` gives it; "picture" where there is none."""
    affect: Affect
    """What the model reads in the whole picture."""
    model: str
    """Name and version of the model."""
    valence: Floats
    """How much the region about each pixel raises (positive) or lowers (negative) the reading: that of the whole
    picture less that without the region, on the unit scale, averaged over the patches that cover the pixel, those
    about it more than those that just reach it. The square is the whole upright picture, as the model sees it."""
    arousal: Floats
    """The same of arousal."""
    photo: NDArray[np.uint8]
    """The upright picture, scaled down to at most `PHOTO_SIDE`."""

    @checked
    def plot(self, file: str | os.PathLike[str]) -> tuple[str, ...]:
        """Draw the picture, and what raises and lowers its valence and its arousal."""
        from img2music.vision.explanation_plot import draw

        return draw(self, Path(file))

    def to_dict(self) -> dict[str, Any]:
        """The shape ``img2music/explain/1``, of builtin types."""
        grids = _grid(self.valence), _grid(self.arousal)
        word = self.affect.word
        return shapes.to_dict(ExplanationShape("img2music/explain/1", self.path, self.affect, word, self.model, *grids))

    def __repr__(self) -> str:
        return f"<Explanation {self.path!r}: {self.affect.word}>"


def _grid(values: Floats) -> list[list[float]]:
    """Means of equal parts of a map."""
    rows = [np.array_split(row, POSITIONS, axis=1) for row in np.array_split(values, POSITIONS)]
    return [[round(float(part.mean()), 4) for part in row] for row in rows]


def explain(model: ImageModel, picture: PictureSource) -> Explanation:
    """Tell which regions of a picture raise or lower its affect."""
    name = picture_name(picture)
    picture = held(picture, name)
    pixels, _ = read_pixels(picture, model.side, name=name)
    base, valence, arousal = affect_maps(model, pixels)
    photo = read_image(picture, PHOTO_SIDE, name=name)
    photo.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    return Explanation(name, Affect(*base.tolist()), model.name, valence, arousal, np.asarray(photo))


def affect_maps(model: ImageModel, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    """Cover a picture patch by patch, and see how its affect changes."""
    side = model.side
    patch = max(1, round(PATCH * side))
    starts = np.linspace(0, side - patch, POSITIONS).round().astype(int)
    corners = [(top, left) for top in starts for left in starts]
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(BLUR * side)))

    def read_without(corner: tuple[int, int]) -> Floats:
        top, left = corner
        covered = pixels.copy()
        region = np.s_[top : top + patch, left : left + patch]
        covered[region] = blurred[region]
        reading: Floats = model.predict(covered[None])[0]
        return reading

    affect = model.predict(pixels[None])[0]
    changes = affect - np.stack(list(in_order(read_without, corners, processors())))
    slope = np.hanning(patch + 2)[1:-1].astype(np.float32)  # without its ends, which are 0
    weight = np.outer(slope, slope)[:, :, None]
    total = np.zeros((side, side, 2), dtype=np.float32)
    weights = np.zeros((side, side, 1), dtype=np.float32)
    for (top, left), change in zip(corners, changes, strict=True):
        region = np.s_[top : top + patch, left : left + patch]
        total[region] += weight * change
        weights[region] += weight
    mean = total / weights
    return affect, mean[:, :, 0], mean[:, :, 1]
