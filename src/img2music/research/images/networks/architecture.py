"""Builds a network: a backbone that turns pixels into features, and a head that turns features into affect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from img2music.errors import ModelError, UsageError, printable
from img2music.inference import first_line
from img2music.research.images.networks import efficientnet_lite
from img2music.research.images.networks.settings import (
    EFFICIENTNET_LITES,
    PRETRAINED,
    RANDOM,
    TIMM,
    TORCHVISION,
    Learning,
    Settings,
)
from img2music.research.images.networks.torch_import import import_timm, import_torch, import_torchvision

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)
SIDE = 224
VGG_HIDDEN = 500
"""Width of the original's hidden layer behind VGG."""


# torchvision's files of DenseNet's weights call a layer "norm.1" that its code calls "norm1".
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


@dataclass(frozen=True)
class Network:
    """A network in PyTorch."""

    # backbone: float32 pixels, shape (n, 3, side, side), to features, shape (n, features); head: features to normalised
    # affect, shape (n, 2)
    module: Any
    features: int  # length of the feature vector
    side: int  # width and height of the input in pixels
    mean: tuple[float, ...]  # by which pixels on [0, 1] are normalised, one a channel
    sd: tuple[float, ...]  # by which pixels on [0, 1] are normalised, one a channel
    licence: str  # of the pretrained weights, as far as it is known

    def of_8_bits(self) -> tuple[Any, Any]:
        """Give ``mean`` and ``sd`` for pixels from 0 to 255, as tensors of shape (1, 3, 1, 1)."""
        torch = import_torch()
        mean, sd = (255 * torch.tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.sd))
        return mean, sd


def build(settings: Settings) -> Network:
    """Build a network with the weights that the settings name; the head's are random."""
    torch = import_torch()
    torch.manual_seed(settings.seed)
    if settings.network.startswith(TIMM):
        backbone, side, mean, sd, licence = _of_timm(settings)
    elif settings.network in TORCHVISION:
        backbone, side, mean, sd = _of_torchvision(settings), SIDE, IMAGENET_MEAN, IMAGENET_SD
        licence = "BSD-3-Clause (torchvision)"
    elif settings.network in EFFICIENTNET_LITES:
        backbone, side = _of_lite(settings)
        mean, sd = efficientnet_lite.MEAN, efficientnet_lite.SD
        licence = f"Apache-2.0 ({efficientnet_lite.NETWORKS[settings.network].package})"
    else:
        names = ", ".join((*TORCHVISION, *EFFICIENTNET_LITES))
        raise UsageError(f"There is no network {settings.network!r}; choose one of {names}, or timm:NAME.")
    side = settings.size or side
    backbone.eval()
    try:
        with torch.inference_mode():
            features = backbone(torch.zeros(1, 3, side, side))
        _, length = features.shape
    except (RuntimeError, AssertionError, ValueError) as error:
        raise UsageError(
            f"{settings.network} gives no features for images of {side} x {side} pixels: {first_line(error)}"
        ) from error
    if settings.network.startswith("vgg"):
        head = torch.nn.Sequential(torch.nn.Linear(length, VGG_HIDDEN), torch.nn.Linear(VGG_HIDDEN, 2))
    else:
        head = torch.nn.Linear(length, 2)
    for weight in backbone.parameters():
        weight.requires_grad_(settings.learning is Learning.FINETUNE)
    module = torch.nn.Sequential()
    module.add_module("backbone", backbone)
    module.add_module("head", head)
    return Network(module.eval(), length, side, mean, sd, licence)


def _of_torchvision(settings: Settings) -> Any:
    torch, torchvision = import_torch(), import_torchvision()
    # Without it, random weights that nothing has normalised yet give features of 100,000 (Goyal et al. 2017, "Accurate,
    # large minibatch SGD", section 5.1).
    start = {"zero_init_residual": True} if settings.network.startswith("resnet") else {}
    weights = "IMAGENET1K_V1" if settings.weights == PRETRAINED else None
    try:
        network = torchvision.models.get_model(settings.network, weights=weights, progress=False, **start)
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a damaged download is a RuntimeError
        raise _not_downloaded(settings.network, error) from error
    # Where the classifier is: the last layer of VGG's and AlexNet's three, the only one of the others.
    classifier = next(name for name in ("classifier.6", "classifier", "fc") if _has(network, name))
    if settings.weights not in (PRETRAINED, RANDOM):
        found = _read(settings.weights)
        _load(network, {OLD_DENSENET.sub(r"\1", name): weight for name, weight in found.items()}, settings, classifier)
    network.set_submodule(classifier, torch.nn.Identity())
    return network


def _has(network: Any, name: str) -> bool:
    try:
        network.get_submodule(name)
    except AttributeError:
        return False
    return True


def _of_timm(settings: Settings) -> tuple[Any, int, tuple[float, ...], tuple[float, ...], str]:
    timm = import_timm()
    name = settings.network.removeprefix(TIMM)
    if not timm.is_model(name):
        raise UsageError(f"timm has no network {name!r}; timm.list_models() lists them.")
    try:
        network = timm.create_model(name, pretrained=settings.weights == PRETRAINED, num_classes=0)
    except Exception as error:  # whatever the hub's client and its libraries raise
        raise _not_downloaded(settings.network, error) from error
    if settings.weights not in (PRETRAINED, RANDOM):
        _load(network, _read(settings.weights), settings, network.default_cfg["classifier"])
    config = network.default_cfg
    licence = config.get("license") or "not stated by timm"
    return network, int(config["input_size"][-1]), tuple(config["mean"]), tuple(config["std"]), f"{licence} (timm)"


def _of_lite(settings: Settings) -> tuple[Any, int]:
    network, side = efficientnet_lite.create(settings.network)
    if settings.weights != RANDOM:
        pretrained = settings.weights == PRETRAINED
        found = efficientnet_lite.pretrained_weights(settings.network) if pretrained else _read(settings.weights)
        weights = efficientnet_lite.named_as_in_timm(found, network)
        _load(network, weights, settings, efficientnet_lite.CLASSIFIER)
    return network, side


def _not_downloaded(network: str, error: Exception) -> ModelError:
    return ModelError(
        f"The pretrained weights of {network} can't be had ({first_line(error)}); "
        "give a file (`weights=FILE`), or random ones (`weights=none`)."
    )


def _load(network: Any, weights: Mapping[str, Any], settings: Settings, classifier: str | tuple[str, ...]) -> None:
    """Put weights into the network; the classifier's may be missing or other."""
    classifiers = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    left_out = tuple(f"{layer}." for layer in classifiers)
    other = f"{printable(settings.weights)} has the weights of another network than {settings.network}"
    kept = {name: weight for name, weight in weights.items() if not name.startswith(left_out)}
    try:
        missing, unexpected = network.load_state_dict(kept, strict=False)
    except RuntimeError as error:  # shapes that differ
        raise ModelError(f"{other}.") from error
    for name in missing:
        if not name.startswith(left_out):
            raise ModelError(f"{other}: it lacks {name}.")
    for name in unexpected:
        raise ModelError(f"{other}: it has {name}.")


def _read(file: str) -> Mapping[str, Any]:
    """Read weights from a file that ``torch.save`` or safetensors wrote."""
    torch = import_torch()
    try:
        if file.endswith(".safetensors"):
            from safetensors.torch import load_file

            found: Any = load_file(file)
        else:
            found = torch.load(Path(file), map_location="cpu", weights_only=True)
    except Exception as error:  # pickle, zip and safetensors have no common base
        raise ModelError(f"{printable(file)} is not a file of weights that can be read: {first_line(error)}") from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(torch.is_tensor(value) for value in found.values()):
        raise ModelError(f"{printable(file)} is not a file of weights: it holds no tensors by name.")
    return found
