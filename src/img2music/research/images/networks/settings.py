"""What a network is trained by."""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from img2music.errors import UsageError

DEFAULT_NETWORK = "efficientnet_lite"
"""The network that needs no torch: `images.training` trains a head on its features."""

TORCHVISION = ("vgg16_bn", "vgg19_bn", "resnet50", "resnet101", "alexnet", "densenet161", "densenet201")
"""The networks of the original Img2Music project (E = MusiC^2, DSL 23-1), by torchvision's names."""

EFFICIENTNET_LITES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
"""Small networks whose weights registry packages carry."""

TIMM = "timm:"
"""What stands before the name of a network of timm."""

PRETRAINED = "pretrained"
RANDOM = "none"


class Learning(StrEnum):
    """Which weights learn."""

    FROZEN = "frozen"
    FINETUNE = "finetune"


class HeadKind(StrEnum):
    """How the head is found.

    ``linear``: step by step, as the original does. ``ridge`` and ``kernel`` are solved for in one go, on the features
    of a backbone that stays as it is: ridge regression, and that with the quadratic kernel of the shipped model
    (`images.head`).
    """

    LINEAR = "linear"
    RIDGE = "ridge"
    KERNEL = "kernel"


class Recipe(StrEnum):
    """How they learn.

    ``original``: SGD with momentum, the learning rate a tenth every 7 epochs. ``modern``: AdamW (Loshchilov & Hutter
    2019, "Decoupled weight decay regularization", ICLR), the learning rate along half a cosine, bfloat16 on a GPU
    that has it.
    """

    ORIGINAL = "original"
    MODERN = "modern"


class Normalization(StrEnum):
    """What is stretched to [0, 1], which the network learns to say.

    ``minmax``: from the least to the greatest of the training images' ratings. ``scale``: all that can be rated.
    """

    MINMAX = "minmax"
    SCALE = "scale"


class Device(StrEnum):
    """Where it is trained."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Settings:
    """One training run; the defaults are those of the original."""

    network: str  # one of `TORCHVISION` or `EFFICIENTNET_LITES`, or timm: and a name
    weights: str = PRETRAINED  # where the backbone's weights come from: `PRETRAINED`, `RANDOM`, or the path of a file
    learning: Learning = Learning.FROZEN
    recipe: Recipe = Recipe.ORIGINAL
    normalization: Normalization = Normalization.MINMAX
    lr: float = 1e-4  # learning rate at the start
    momentum: float = 0.9  # of SGD
    batch_size: int = 32  # images a step
    epochs: int = 50  # passes over the training images
    validation: float = 0.2  # share of the images that are kept for validation
    by_theme: bool = False  # whether all images of a theme are on the same side of the split
    size: int | None = None  # width and height of the network's input in pixels; None for what it was made for
    seed: int = 0  # of the split, the head's first weights, the order of the images and their crops

    def __post_init__(self) -> None:
        if not 0 < self.lr < math.inf:
            raise UsageError(f"A learning rate (`lr`) is greater than 0; {self.lr:g} is not.")
        if self.epochs < 1:
            raise UsageError(f"Training takes at least one epoch, not {self.epochs}.")

    @property
    def label(self) -> str:
        """Name of the run among others that differ in learning, learning rate and epochs."""
        return f"{self.learning}-lr{self.lr:g}-{self.epochs}epochs"

    @property
    def weights_name(self) -> str:
        """Where the weights come from, without the folder of a file."""
        return self.weights if self.weights in (PRETRAINED, RANDOM) else Path(self.weights).name


def options_of(settings: Settings, head: HeadKind) -> dict[str, object]:
    """Give the options of the command that trains a network with these settings and this head, by name."""
    stepwise = {
        "recipe": settings.recipe,
        "normalization": settings.normalization,
        "lr": f"{settings.lr:g}",
        "momentum": f"{settings.momentum:g}",
        "epochs": settings.epochs,
    }
    return {
        "network": settings.network,
        "weights": settings.weights_name,
        "learning": settings.learning,
        "head": head,
        **(stepwise if head is HeadKind.LINEAR else {}),
        "batch-size": settings.batch_size,
        "validation": f"{settings.validation:g}",
        "seed": settings.seed,
        "group-by-theme": settings.by_theme or None,
        "size": settings.size or None,
    }
