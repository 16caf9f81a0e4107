"""One picture at a time: read, and made small to be shown."""

import io
import os
from dataclasses import replace

from img2music.errors import InputError
from img2music.media.images import read_image
from img2music.media.picture_source import PictureSource
from img2music.options import AnyPath
from img2music.vision.explain import ExplanationShape, explain
from img2music.vision.explanation_plot import overlay
from img2music.vision.model import ImageAnalysis, ImageModel

__all__ = ["ExplanationShape", "heat", "load_image_model", "preview", "read_picture"]

JPEG_QUALITY = 85


def read_picture(path: AnyPath, image_model: AnyPath | None = None) -> ImageAnalysis:
    """Read the affect of one picture; an `InputError` if it can't be read."""
    (read,) = ImageModel.load(image_model).analyze([os.fsdecode(path)])
    if isinstance(read, InputError):
        raise read
    return read


def load_image_model(image_model: AnyPath | None = None) -> None:
    """Load what reads pictures, so that the first one does not wait for it."""
    ImageModel.load(image_model)


def preview(picture: PictureSource, side: int, *, name: str | None = None) -> bytes:
    """Make a JPEG of a picture, at most so many pixels wide and high; nothing of its metadata stays."""
    image = read_image(picture, side, name=name)
    image.thumbnail((side, side))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def heat(picture: AnyPath, name: str) -> dict[str, bytes]:
    """Tell what moved the reading of a picture: as JSON (``explanation``), and a transparent PNG of each axis."""
    found = replace(explain(ImageModel.load(), picture), path=name)
    axes = {"valence": overlay(found, found.valence), "arousal": overlay(found, found.arousal)}
    return {"explanation": found.to_json().encode(), **axes}
