"""What every trainer of image models writes: the metadata of a model file, and the file itself."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from img2music.affect import Scale
from img2music.files import ONNX, write_atomically
from img2music.research.evaluation import Floats
from img2music.research.images.datasets import RatedImages
from img2music.research.onnx_graph import PRODUCER
from img2music.vision.model import FORMAT

if TYPE_CHECKING:
    from onnx import ModelProto

QUANTILES = 101
"""Of what the model reads in images that it has not learned from: the ranks of new photos are taken among these."""


def metadata(
    sets: Sequence[RatedImages],
    output: Path,
    name: str,
    *,
    options: Mapping[str, object],
    learned: str,
    licence: str,
    metrics: dict[str, Any],
    unseen: Floats,
    spread: Floats | None = None,
    **more: str,
) -> dict[str, str]:
    """Describe a model: what it learned from, how, and what it reads in images that it has not learned from.

    ``spread`` is the standard deviation, on each axis, that it gives with a usual reading.
    """
    scales = [scale for images in sets for scale in images.scales]
    quantiles = np.quantile(unseen, np.linspace(0, 1, QUANTILES), axis=0).round(5)
    reference = {"valence": quantiles[:, 0].tolist(), "arousal": quantiles[:, 1].tolist()}
    if spread is not None:
        reference["spread"] = spread.round(5).tolist()
    return {
        "format": FORMAT,
        "name": name or output.stem,
        "version": "1",
        **more,
        "command": command(sets, output, options, name),
        "data": " and ".join(images.source for images in sets) + learned,
        "licence": licence,
        "scale": f"unit: {' and '.join(dict.fromkeys(map(_conversion, scales)))}; valence, arousal",
        "metrics": json.dumps(metrics),
        "reference": json.dumps(reference),
    }


def command(sets: Sequence[RatedImages], output: Path, options: Mapping[str, object], name: str) -> str:
    """Give the command that trains a model, without the folders of who did; None is no option."""
    of_ones_own = [images for images in sets if images.dataset == "csv"]
    scales = {images.scale.name for images in of_ones_own if len(images.scales) == 1}
    given: dict[str, object] = {
        "data": [images.source if images in of_ones_own else images.dataset for images in sets],
        "scale": scales.pop() if len(scales) == 1 else None,
        "out": output.name,
        **options,
        "name": name or None,
    }
    return "img2music train image " + shlex.join(words_of(given))


def words_of(options: Mapping[str, object]) -> list[str]:
    """Write options as a person types them: True for a flag, None for one that is absent, a list for one repeated."""
    dashes = "-" * 2
    words = []
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            words += [] if one is None else [dashes + name] if one is True else [dashes + name, str(one)]
    return words


def _conversion(scale: Scale) -> str:
    shifted = f"(x - {scale.low:g})" if scale.low > 0 else f"(x + {-scale.low:g})" if scale.low < 0 else "x"
    return f"{shifted} / {scale.high - scale.low:g} of the ratings from {scale.low:g} to {scale.high:g}"


def write(model: "ModelProto", described: dict[str, str], output: Path) -> None:
    """Write a model file in one step."""
    from onnx import helper

    helper.set_model_props(model, described)
    model.producer_name = PRODUCER
    write_atomically(model.SerializeToString(), output, ONNX)
