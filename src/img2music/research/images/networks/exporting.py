"""Writes a trained network as a model file that every command reads, and checks it against PyTorch."""

import importlib.util
import io
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, ModelError
from img2music.files import ONNX, require_outputs
from img2music.inference import first_line, open_session
from img2music.parallel import in_order, processors
from img2music.research.accuracy import correlation
from img2music.research.evaluation import Floats
from img2music.research.images import model_file
from img2music.research.images.datasets import RatedImages
from img2music.research.images.networks.architecture import Network
from img2music.research.images.networks.preparation import Target
from img2music.research.images.networks.settings import HeadKind, options_of
from img2music.research.images.networks.steps import Trained
from img2music.research.images.networks.torch_import import import_torch
from img2music.research.onnx_graph import OPSET
from img2music.vision.model import read_pixels

TOLERANCE = 1e-4
"""Most that ONNX Runtime may differ from PyTorch."""

COMPARED = 8


@dataclass(frozen=True, slots=True)
class Validation:
    """How well readings of one axis follow the ratings of validation images, on the unit scale."""

    r: float | None  # Pearson's correlation; None where one side is constant
    rmse: float
    mse: float
    baseline_mse: float  # of always reading the mean of the training images' ratings


@dataclass(frozen=True, slots=True)
class Exported:
    """What a model file reads in the validation images, shown as every command does: whole, in a square."""

    valence: Validation
    arousal: Validation
    difference: float  # greatest difference from PyTorch, in affect before it is clipped, over a few of them


def export(
    trained: Trained, images: RatedImages, output: Path, name: str, *, head: HeadKind, course: Mapping[str, Any]
) -> Exported:
    """Write the model file, once it has been checked."""
    network, settings = trained.network, trained.settings
    graph = to_onnx(network, trained.target)
    held_out = images.take(trained.validation)
    pixels = np.stack([read_pixels(path, network.side)[0] for path in held_out.paths[:COMPARED]])
    session = open_session(graph)
    difference = compare(network, trained.target, session, pixels)

    def read(path: Path) -> NDArray[np.float32]:
        return np.asarray(session.run(["affect"], {"image": read_pixels(path, network.side)[0][None]})[0][0])

    said = np.stack(list(in_order(read, held_out.paths, processors()))).astype(np.float64)
    means = np.delete(images.affect, trained.validation, axis=0).mean(axis=0).tolist()
    valence, arousal = (_validation(*axis) for axis in zip(said.T, held_out.affect.T, means, strict=True))
    found = Exported(valence, arousal, difference)
    described = model_file.metadata(
        [images],
        output,
        name,
        options=options_of(settings, head),
        learned=f": {len(images.paths) - len(said)} images to learn from, {len(said)} to validate with",
        licence=f"weights of the backbone: {network.licence}",
        metrics={**describe(found, trained), **course},
        unseen=said,
        network=settings.network,
        seed=str(settings.seed),
    )
    import onnx

    model_file.write(onnx.load_model(io.BytesIO(graph)), described, output)
    return found


def _validation(said: Floats, rated: Floats, mean: float) -> Validation:
    mse = float(np.mean((said - rated) ** 2))
    return Validation(correlation(said, rated), mse**0.5, mse, float(np.mean((mean - rated) ** 2)))


def describe(found: Exported, trained: Trained) -> dict[str, Any]:
    """Give the figures of a model file as JSON has them."""
    return {
        "validation": {
            "images": len(trained.validation),
            "split": "by theme" if trained.settings.by_theme else "random",
            "valence": asdict(found.valence),
            "arousal": asdict(found.arousal),
        },
        "onnx_difference": found.difference,
    }


def to_onnx(network: Network, target: Target) -> bytes:
    """Turn a network into an ONNX model without metadata."""
    torch = import_torch()
    _require_exporter()
    sample = torch.zeros(2, network.side, network.side, 3, dtype=torch.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own, about itself
            program = torch.onnx.export(
                _reader(network, target),
                (sample,),
                input_names=["image"],
                output_names=["affect", "features", "unclipped"],
                dynamic_shapes=({0: torch.export.Dim("n")},),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
        model = program.model_proto
        for node in model.graph.node:  # where in whose files each was made
            del node.metadata_props[:]
        return bytes(model.SerializeToString())
    except Exception as error:  # the exporter and protobuf have no common base for what they raise
        raise ModelError(f"PyTorch can't export this network to ONNX: {first_line(error)}") from error


def require_writable(output: Path) -> None:
    """Find what would fail only after hours of training now."""
    _require_exporter()
    require_outputs([(output, ONNX)])


def _require_exporter() -> None:
    if any(importlib.util.find_spec(package) is None for package in ("onnx", "onnxscript")):
        raise MissingExtraError("Exporting a network", "torch")


def compare(network: Network, target: Target, session: Any, pixels: NDArray[np.uint8]) -> float:
    """Compare the ONNX model with the network."""
    torch = import_torch()
    (ours,) = session.run(["unclipped"], {"image": pixels})
    with torch.inference_mode():
        theirs = _reader(network, target)(torch.from_numpy(pixels))[2].numpy()
    difference = float(np.abs(ours - theirs).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The ONNX model differs from PyTorch by {difference:.2g}, which is more than {TOLERANCE:g}; "
            "it was not written."
        )
    return difference


def _reader(network: Network, target: Target) -> Any:
    """Wrap the network so that it takes pictures and gives affect on the unit scale."""
    torch = import_torch()
    mean, sd = network.of_8_bits()
    low = torch.tensor(target.low)
    width = torch.tensor(target.high) - low

    def forward(reader: Any, image: Any) -> tuple[Any, Any, Any]:
        pixels = (image.permute(0, 3, 1, 2).float() - mean) / sd
        features = reader.network.backbone(pixels)
        affect = low + reader.network.head(features) * width
        return affect.clamp(0, 1), features, affect

    # A class statement would need torch when this module is imported.
    reader = type("Reader", (torch.nn.Module,), {"forward": forward})()
    reader.network = network.module
    return reader.eval()
