"""Writes a trained network as a model file that every command reads, and checks it against PyTorch."""

import importlib.util
import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, ModelError
from img2music.files import ONNX, require_outputs, write_atomically
from img2music.inference import open_session
from img2music.parallel import in_order, processors
from img2music.research.images.networks.architecture import Network
from img2music.research.images.networks.preparation import Target
from img2music.research.images.networks.torch_import import import_torch
from img2music.research.images.networks.training import Trained, correlation
from img2music.research.images.rated_images import RatedImages
from img2music.vision.model import FORMAT, read_pixels

TOLERANCE = 1e-4
"""Most that ONNX Runtime may differ from PyTorch."""

COMPARED = 8
QUANTILES = 101
OPSET = 18

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well readings of one axis follow people's ratings, on the unit scale."""

    r: float | None  # pearson's correlation; None where one side is constant
    rmse: float  # root of the mean squared error, and the mean squared error
    mse: float  # root of the mean squared error, and the mean squared error
    baseline_mse: float  # that of always reading the mean of the training images' ratings

    @classmethod
    def of(cls, read: Floats, rated: Floats, mean: float) -> Self:
        """Compare readings with ratings, both of shape (n,), and with the training images' mean."""
        mse = float(np.mean((read - rated) ** 2))
        return cls(correlation(read, rated), mse**0.5, mse, float(np.mean((mean - rated) ** 2)))


@dataclass(frozen=True, slots=True)
class Exported:
    """What a model file reads in the validation images, shown as every command does: whole, in a square."""

    valence: Accuracy
    arousal: Accuracy
    difference: float  # greatest difference from PyTorch, in affect before it is clipped, over a few of them


def export(
    trained: Trained,
    images: RatedImages,
    output: Path,
    *,
    name: str,
    data: str,
    command: str,
    course: Mapping[str, Any],
) -> Exported:
    """Write the model file, once it has been checked."""
    network, settings = trained.network, trained.settings
    graph = to_onnx(network, trained.target)
    paths = [images.paths[index] for index in trained.validation]
    pixels = np.stack([read_pixels(path, network.side)[0] for path in paths[:COMPARED]])
    session = open_session(graph)
    difference = compare(network, trained.target, session, pixels)

    def read(path: Path) -> NDArray[np.float32]:
        return np.asarray(session.run(["affect"], {"image": read_pixels(path, network.side)[0][None]})[0][0])

    said = np.stack(list(in_order(read, paths, processors()))).astype(np.float64)
    rated = images.affect[trained.validation]
    means = np.delete(images.affect, trained.validation, axis=0).mean(axis=0)
    valence, arousal = (Accuracy.of(said[:, axis], rated[:, axis], float(means[axis])) for axis in (0, 1))
    found = Exported(valence, arousal, difference)
    quantiles = np.quantile(said, np.linspace(0, 1, QUANTILES), axis=0).round(5)
    metadata = {
        "format": FORMAT,
        "name": name,
        "version": "1",
        "network": settings.network,
        "command": command,
        "seed": str(settings.seed),
        "data": f"{data}: {len(images.paths) - len(paths)} images to learn from, {len(paths)} to validate with",
        "licence": f"weights of the backbone: {network.licence}",
        "scale": "unit; valence, arousal",
        "metrics": json.dumps({**describe(found, trained), **course}),
        "reference": json.dumps(
            {axis: quantiles[:, column].tolist() for column, axis in enumerate(("valence", "arousal"))}
        ),
    }
    write_atomically(_with_metadata(graph, metadata), output, ONNX)
    return found


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
        return bytes(program.model_proto.SerializeToString())
    except Exception as error:  # the exporter and protobuf have no common base for what they raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelError(f"PyTorch can't export this network to ONNX: {reason}") from error


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


def _with_metadata(graph: bytes, metadata: dict[str, str]) -> bytes:
    import onnx

    model = onnx.load_model(io.BytesIO(graph))
    onnx.helper.set_model_props(model, metadata)
    model.producer_name = "img2music"
    return bytes(model.SerializeToString())
