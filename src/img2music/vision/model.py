"""Image -> affect, by a network in ONNX form."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, MissingExtraError, ModelError, UsageError, printable
from img2music.media.images import read_image
from img2music.parallel import in_order, processors

FORMAT = "img2music/image-model/1"
"""What the metadata of a model file says under ``format``."""

MODELS = Path(__file__).parent / "models"
DEFAULT = "oasis-lite2-lite0"
"""Name of the model that reads images where the user has chosen none."""

MAX_SIDE = 4096
"""Most pixels a side that a network may ask for; beyond it, one image alone would fill the memory."""


@dataclass(frozen=True, slots=True)
class ImageAnalysis:
    """What one model reads in one image.

    Attributes
    ----------
    path : str
        The file, as ``os.fsdecode`` gives it.
    affect : Affect
        Affect of the image.
    model : str
        Name and version of the model, such as ``"oasis-lite2-lite0/1"``.
    width, height : int
        Size of the upright original in pixels.
    spread : tuple of (float, float), optional
        Standard deviations of valence and arousal on the unit scale, of what people's ratings turn out to be around
        ``affect``; None if the model gives none.
    note : str, optional
        How much of a damaged image was read.
    """

    path: str
    affect: Affect
    model: str
    width: int
    height: int
    spread: tuple[float, float] | None = None
    note: str | None = None


class ImageModel:
    """A network that reads the affect of images; `load` makes one."""

    def __init__(self, session: Any, metadata: dict[str, str], side: int, threads: int) -> None:
        reference = json.loads(metadata["reference"])
        self.name = f"{metadata['name']}/{metadata['version']}"
        self.metadata = metadata
        self.reference = AffectDistribution.of(reference["valence"], reference["arousal"])
        self.side = side
        self._session = session
        self._threads = threads
        self._outputs = ["affect"] + [node.name for node in session.get_outputs() if node.name == "spread"]

    @classmethod
    def load(cls, source: str | os.PathLike[str] | None = None, threads: int = 0) -> "ImageModel":
        """Load a model."""
        if threads < 0:
            raise UsageError(f"threads must be 0 (one a processor) or more, not {threads}.")
        # The registry reads models that are added to it, so it imports this module.
        from img2music.vision.registry import locate

        path = locate(source)
        session = open_session(path)
        try:
            metadata = dict(session.get_modelmeta().custom_metadata_map)
            if metadata.get("format") != FORMAT:
                raise ModelError(f"{printable(str(path))} is not an image model of img2music (format {FORMAT}).")
            return cls(session, metadata, _side(session), threads or processors())
        except (KeyError, ValueError, TypeError, RecursionError, UsageError) as error:
            raise ModelError(f"{printable(str(path))} lacks part of its description: {error}") from error

    def analyze(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[ImageAnalysis | InputError]:
        """Read the affect of images.

        A few images are decoded and read ahead, as many as keep every thread busy, so that memory stays the same
        however many there are.
        """
        return in_order(self._analyze_or_explain, paths, self._threads)

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Read the affect of images that are in memory."""
        return self._run(["affect"], pixels)[0]

    def _analyze_or_explain(self, path: str | os.PathLike[str]) -> ImageAnalysis | InputError:
        name = os.fsdecode(path)
        try:
            pixels, info = read_pixels(path, self.side)
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
            raise ModelError(f"The model {printable(self.name)} fails: {_first_line(error)}") from error
        for output, values in zip(outputs, results, strict=True):
            if values.shape != (len(pixels), 2) or not ((values >= 0) & (values <= 1)).all():
                raise ModelError(
                    f"The model {printable(self.name)} gives numbers that are no {output} on the unit scale."
                )
        return results


def read_pixels(path: str | os.PathLike[str], side: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Read an image as a network sees it: all of it, squeezed into a square.

    On OASIS, squeezing is better than cropping or padding to a square, by up to 0.008 in r.
    """
    image = read_image(path, least_side=side)
    # The gap lets a huge picture be averaged down first; nothing below 3 times the side is touched by it.
    square = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(square), {str(key): value for key, value in image.info.items()}


def open_session(model: Path | bytes) -> Any:
    """Open an ONNX model for use from several threads, one thread a run, without a word on stderr."""
    import onnxruntime

    fatal_only = 4
    onnxruntime.set_default_logger_severity(fatal_only)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = fatal_only
    # Whole images run side by side; that scales better than splitting the work within one image.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    where = "The model" if isinstance(model, bytes) else printable(str(model))
    try:
        content = model if isinstance(model, bytes) else model.read_bytes()
    except OSError as error:
        raise ModelError(f"{where} can't be read: {error.strerror}.") from error
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{where} can't be loaded as an ONNX model: {_first_line(error)}") from error


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


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
