"""Image -> affect, by a network in ONNX form."""

import copy
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, MissingExtraError, ModelError, UsageError, printable, reason_of
from img2music.inference import first_line, open_session
from img2music.media.images import picture_name, read_image
from img2music.media.picture_source import PictureSource
from img2music.parallel import in_order, processors
from img2music.vision.model_files import locate

FORMAT = "img2music/image-model/1"
"""What the metadata of a model file says under ``format``."""

MOST_HELPERS = 4
"""Threads that share the work within one image, where there is no other to be read."""

MAX_SIDE = 4096
"""Most pixels a side that a network may ask for; beyond it, one image alone would fill the memory."""


@dataclass(frozen=True, slots=True)
class ImageAnalysis:
    """What one model reads in one image."""

    path: str
    """The file, as ``os.fsdecode`` gives it."""
    affect: Affect
    model: str
    """Name and version of the model, such as ``"emotion6-oasis-lite2/1"``."""
    width: int
    """Of the upright original, in pixels."""
    height: int
    """Of the upright original, in pixels."""
    spread: tuple[float, float] | None = None
    """Standard deviations of valence and arousal on the unit scale, of what people's ratings turn out to be around
    ``affect``; None if the model gives none."""
    note: str | None = None
    """How much of a damaged image was read."""


class ImageModel:
    """A network that reads the affect of images; `load` makes one. It may be used from several threads."""

    def __init__(self, path: Path, helpers: int = 1) -> None:
        name = printable(str(path))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{name} can't be read: {reason_of(error)}.") from error
        self._session = open_session(content, name, helpers)
        self._threads = 1
        try:
            metadata = dict(self._session.get_modelmeta().custom_metadata_map)
            if metadata.get("format") != FORMAT:
                raise ModelError(f"{name} is not an image model of img2music (format {FORMAT}).")
            reference = json.loads(metadata["reference"])
            self.name = f"{metadata['name']}/{metadata['version']}"
            self.digest = hashlib.blake2b(content, digest_size=16).hexdigest()  # tells it from others of its name
            self.metadata = metadata
            self.reference = AffectDistribution.of(reference["valence"], reference["arousal"])
            if "spread" in reference:
                valence, arousal = map(float, reference["spread"])
                self.reference = replace(self.reference, spread=(valence, arousal))
            self.side = _side(self._session)
        except (KeyError, ValueError, TypeError, RecursionError, UsageError) as error:
            raise ModelError(f"{name} lacks part of its description: {error}") from error
        self._outputs = ["affect"] + [node.name for node in self._session.get_outputs() if node.name == "spread"]

    @classmethod
    def load(cls, source: str | os.PathLike[str] | None = None, threads: int = 0) -> "ImageModel":
        """Load a model; as long as its file stays the same, it is loaded once."""
        if threads < 0:
            raise UsageError(f"`threads` must be 0 (one a processor) or more, not {threads}.")
        path = locate(source)
        threads = threads or processors()
        status = path.stat()
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        with _loading:
            model = copy.copy(_kept(path, stamp, min(threads, MOST_HELPERS)))
        model._threads = threads
        return model

    def read_as(self, dataset: str) -> "ImageModel":
        """Give a model that reads as the people rate whose ratings of a further set it learned from; itself if of none.

        What users are given is what people of the first set would say.
        """
        output = f"affect_{dataset}"
        if output not in {node.name for node in self._session.get_outputs()}:
            return self
        model = copy.copy(self)
        model._outputs = [output]
        return model

    def analyze(self, pictures: Iterable[PictureSource]) -> Iterator[ImageAnalysis | InputError]:
        """Read the affect of images.

        A few images are decoded and read ahead, as many as keep every thread busy, so that memory stays the same
        however many there are.
        """
        return in_order(self._analyze_or_explain, enumerate(pictures, start=1), self._threads)

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Read the affect of images that are in memory."""
        return self._run(self._outputs[:1], pixels)[0]

    def _analyze_or_explain(self, numbered: tuple[int, PictureSource]) -> ImageAnalysis | InputError:
        number, picture = numbered
        name = picture_name(picture, f"picture {number}")
        try:
            pixels, info = read_pixels(picture, self.side, name=name)
        except InputError as error:
            return error
        except MissingExtraError as error:
            return InputError(f"{error}", name)
        affect, *spreads = self._run(self._outputs, pixels[None])
        valence, arousal = affect[0].tolist()
        spread = (spreads[0][0, 0].item(), spreads[0][0, 1].item()) if spreads else None
        width, height = info["original_size"]
        return ImageAnalysis(name, Affect(valence, arousal), self.name, width, height, spread, info.get("note"))

    def _run(self, outputs: list[str], pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Run the network, whoever made it, and see to it that all outputs are a number an axis on the unit scale."""
        try:
            results = [np.asarray(result) for result in self._session.run(outputs, {"image": pixels})]
        except Exception as error:  # onnxruntime has no common base for what it raises
            raise ModelError(f"The model {printable(self.name)} fails: {first_line(error)}") from error
        for output, values in zip(outputs, results, strict=True):
            if values.shape != (len(pixels), 2) or not ((values >= 0) & (values <= 1)).all():
                raise ModelError(
                    f"The model {printable(self.name)} gives numbers that are no {output} on the unit scale."
                )
        return results


def read_pixels(
    picture: PictureSource, side: int, *, name: str | None = None
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Read an image as a network sees it: all of it, squeezed into a square.

    On OASIS, squeezing is better than cropping or padding to a square, by up to 0.008 in r.
    """
    image = read_image(picture, side, name=name)
    # The gap lets a huge picture be averaged down first; nothing below 3 times the side is touched by it.
    square = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(square), {str(key): value for key, value in image.info.items()}


_loading = threading.Lock()


@lru_cache(maxsize=4)
def _kept(path: Path, _: tuple[int, ...], helpers: int) -> ImageModel:
    """Load a model; not again as long as it is the same file."""
    return ImageModel(path, helpers)


def _side(session: Any) -> int:
    """Tell how large the images are that a network takes, and refuse one with another signature."""
    inputs = {node.name: (node.type, node.shape) for node in session.get_inputs()}
    kind, shape = inputs.pop("image", ("", []))
    if inputs or kind != "tensor(uint8)" or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        raise ValueError("its input is not 'image', uint8 of shape (n, side, side, 3).")
    if not isinstance(shape[1], int) or not 1 <= shape[1] <= MAX_SIDE:
        raise ValueError(f"its images should be from 1 to {MAX_SIDE} pixels wide and high, not {shape[1]}.")
    if "affect" not in {node.name for node in session.get_outputs()}:
        raise ValueError("it has no output 'affect'.")
    return shape[1]
