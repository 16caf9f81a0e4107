"""Rated images -> batches: the split, what the network is to say, and how pictures are cropped."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from img2music.errors import UsageError
from img2music.media.images import read_image
from img2music.research.evaluation import Floats, Indices
from img2music.research.images.datasets import RatedImages
from img2music.research.images.networks.architecture import Network
from img2music.research.images.networks.settings import Normalization, Settings
from img2music.research.images.networks.torch_import import import_torch, import_torchvision

LEAST_IMAGES = 10
RESIZED = 256 / 224
"""Shorter side of a validation image to the side of the crop from its middle."""


@dataclass(frozen=True)
class Target:
    """What the network says, in terms of the unit scale: ``affect = low + said * (high - low)``, one each axis."""

    low: tuple[float, float]  # valence and arousal on the unit scale
    high: tuple[float, float]  # valence and arousal on the unit scale

    @classmethod
    def of(cls, normalization: Normalization, affect: Floats) -> "Target":
        """Choose it by the training images' ratings, shape (n, 2), on the unit scale."""
        if normalization is Normalization.SCALE:
            return cls((0.0, 0.0), (1.0, 1.0))
        (v_low, a_low), (v_high, a_high) = affect.min(axis=0).tolist(), affect.max(axis=0).tolist()
        if v_low == v_high or a_low == a_high:
            raise UsageError("All ratings of an axis are the same; min-max can't stretch them (`normalization=scale`).")
        return cls((v_low, a_low), (v_high, a_high))

    def normalize(self, affect: Floats) -> Floats:
        """Give what the network should say, shape (n, 2)."""
        return (affect - self.low) / np.subtract(self.high, self.low)


def split(images: RatedImages, settings: Settings) -> tuple[Indices, Indices]:
    """Split images at random into those to learn from and those to validate with."""
    count = len(images.paths)
    if count < LEAST_IMAGES:
        raise UsageError(f"Training takes at least {LEAST_IMAGES} rated images; there are {count}.")
    wrong = np.flatnonzero(~((images.affect >= 0) & (images.affect <= 1)).all(axis=1))
    if wrong.size:
        raise UsageError(f"The rating of {images.paths[wrong[0]].name} is not a number within its scale.")
    random = np.random.default_rng(settings.seed)
    wanted = max(2, round(settings.validation * count))
    if settings.by_theme:
        names, theme_of = np.unique(np.array(images.themes), return_inverse=True)
        if len(names) < 2:
            raise UsageError("All images are of one theme; they can't be split by theme.")
        order = random.permutation(len(names))
        filled = np.cumsum(np.bincount(theme_of)[order])
        themes = min(int(np.searchsorted(filled, wanted)) + 1, len(names) - 1)
        chosen = np.isin(theme_of, order[:themes])
    else:
        chosen = np.zeros(count, dtype=bool)
        chosen[random.permutation(count)[:wanted]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def fingerprint(images: RatedImages) -> str:
    """Tell sets of rated images apart, by the files' names and the ratings."""
    digest = hashlib.sha256(np.ascontiguousarray(images.affect, dtype="<f8").tobytes())
    digest.update("\0".join(path.name for path in images.paths).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


@dataclass(frozen=True)
class PreparedImages:
    """Images as a network takes them in; PyTorch's loaders read it by index."""

    paths: Sequence[Path]
    targets: Floats  # what the network should say
    transform: Any  # pillow image to float32 tensor
    least_side: int  # JPEGs may be decoded at a reduced scale, down to this side

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        torch = import_torch()
        pixels = self.transform(read_image(self.paths[index], least_side=self.least_side))
        return pixels, torch.tensor(self.targets[index], dtype=torch.float32)


def prepare(images: RatedImages, chosen: Indices, target: Target, network: Network, *, learn: bool) -> PreparedImages:
    """Prepare images as the original does."""
    transforms = import_torchvision().transforms
    side = network.side
    if learn:
        steps = [transforms.RandomResizedCrop(side), transforms.RandomHorizontalFlip()]
    else:
        steps = [transforms.Resize(round(side * RESIZED)), transforms.CenterCrop(side)]
    steps += [transforms.ToTensor(), transforms.Normalize(network.mean, network.sd)]
    return PreparedImages(
        paths=[images.paths[index] for index in chosen],
        targets=target.normalize(images.affect[chosen]),
        transform=transforms.Compose(steps),
        least_side=2 * side,
    )
