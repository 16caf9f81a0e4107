"""Solves for the head of a network whose backbone stays as it is, and judges networks with such heads fold by fold."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.evaluation import Indices
from img2music.research.images.datasets import RatedImages
from img2music.research.images.evaluation import READING, Judged, judge_recipe, require_folds
from img2music.research.images.head import Head, RidgeHead
from img2music.research.images.networks.architecture import Network, build
from img2music.research.images.networks.exporting import Exported, export, require_writable
from img2music.research.images.networks.preparation import Target, split
from img2music.research.images.networks.settings import PRETRAINED, Device, HeadKind, Settings
from img2music.research.images.networks.steps import Trained, choose_device
from img2music.research.images.networks.torch_import import import_torch
from img2music.shapes import to_dict
from img2music.vision.model import read_pixels


@dataclass(frozen=True, slots=True)
class SolvedHead:
    """A head that was solved for."""

    kind: HeadKind  # ridge or kernel
    ridge: float  # the constant with the least squared error on themes of the training images that were left out
    components: int | None  # principal components of the features that the kernel compares; None for ridge


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainHeadReport:
    """``img2music/train-image-head/1``; its settings are those of `Settings`."""

    schema: Literal["img2music/train-image-head/1"] = "img2music/train-image-head/1"
    scale: Literal["unit"] = "unit"
    network: str
    weights: str
    batch_size: int
    validation: float
    by_theme: bool
    size: int | None
    seed: int
    head: SolvedHead
    seconds: float
    model: Exported


@dataclass(frozen=True)
class Solved(Trained):
    """A network with a head that was solved for."""

    head: SolvedHead
    seconds: float  # that it took


def train_head(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    output: Path,
    *,
    name: str = "",
    device: Device = Device.AUTO,
    progress: Progress = unwatched,
) -> dict[str, Any]:
    """Solve for a head on the training images, write the network with it as a model file, and tell what came out.

    It is told in the documented shape ``img2music/train-image-head/1`` (docs/schemas/train-image-head.json).
    """
    require_writable(output)
    solved = solve(images, settings, head, device=device, progress=progress)
    exported = export(solved, images, output, name, head=head, course={"head": asdict(solved.head)})
    own = {field.name for field in fields(TrainHeadReport)}
    given = {name: value for name, value in asdict(settings).items() if name in own}
    return to_dict(TrainHeadReport(**given, head=solved.head, seconds=solved.seconds, model=exported))


def solve(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    *,
    device: Device = Device.AUTO,
    progress: Progress = unwatched,
) -> Solved:
    """Solve for a head on the training images."""
    start = time.monotonic()
    training, validation = split(images, settings)
    network = build(settings)
    features = extract(network, images.take(training).paths, settings, device=device, progress=progress)
    found = fit(head, features, images.take(training))
    network.module.head = to_module(found)
    components = len(found.shift) if isinstance(found, Head) else None
    solved = SolvedHead(head, found.ridge, components)
    return Solved(settings, network, Target((0.0, 0.0), (1.0, 1.0)), validation, solved, time.monotonic() - start)


def judge_head(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    *,
    folds: int,
    device: Device = Device.AUTO,
    progress: Progress = unwatched,
) -> Judged:
    """Solve for a head fold by fold, on features that are read once, and compare with the ratings."""
    if head is HeadKind.LINEAR:
        raise UsageError(
            "`head=linear` is trained step by step, which is not done fold by fold: judge it by training it on images "
            "of which some are kept apart, or its model with `model`; or choose `head=ridge` or `head=kernel`."
        )
    require_folds(images, folds)
    network = build(settings)
    features = extract(network, images.paths, settings, device=device, progress=progress)
    weights = "" if settings.weights == PRETRAINED else f" (weights: {settings.weights_name})"

    def fit_part(training: Indices) -> RidgeHead | Head:
        return fit(head, features[training], images.take(training))

    recipe = f"{settings.network}{weights}, {head} head"
    return judge_recipe(features, images, fit_part, folds=folds, seed=settings.seed, recipe=recipe)


def extract(
    network: Network,
    paths: Sequence[Path],
    settings: Settings,
    *,
    device: Device = Device.AUTO,
    progress: Progress = unwatched,
) -> NDArray[np.float32]:
    """Run a network's backbone over images, shown as every command shows them to a model: whole, in a square."""
    torch = import_torch()
    place = choose_device(device)
    backbone = network.module.backbone.to(place)
    mean, sd = (values.to(place) for values in network.of_8_bits())

    def read(path: Path) -> NDArray[np.uint8]:
        return read_pixels(path, network.side)[0]

    pictures = iter(in_order(read, paths, processors()))
    rows: list[NDArray[np.float32]] = []
    done = 0
    with torch.inference_mode():
        while batch := list(islice(pictures, settings.batch_size)):
            pixels = torch.from_numpy(np.stack(batch)).to(place).permute(0, 3, 1, 2)
            rows.append(backbone((pixels.float() - mean) / sd).float().cpu().numpy())
            done += len(batch)
            progress(Step(READING, done, len(paths), paths[done - 1].name, "images"))
    backbone.to("cpu")
    features = np.concatenate(rows)
    if not np.isfinite(features).all():
        raise ModelError(
            f"{settings.network} gives features that are no numbers; are its `weights` what they should be?"
        )
    return features


def fit(head: HeadKind, features: NDArray[np.float32], images: RatedImages) -> RidgeHead | Head:
    """Fit a head to images whose features are given.

    The ridge constant is chosen by leaving out theme after theme of these images; no other is looked at.
    """
    if head is HeadKind.RIDGE:
        return RidgeHead.fit(features, images.affect, images.themes)
    return Head.fit(features, images.affect, (features.shape[1],), themes=images.themes)


def to_module(head: RidgeHead | Head) -> Any:
    """Turn a head into a PyTorch module: float32 features, shape (n, d), to affect before it is clipped."""
    torch = import_torch()
    if isinstance(head, RidgeHead):
        linear = torch.nn.Linear(*head.slopes.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(head.slopes.T))
            linear.bias.copy_(torch.from_numpy(head.constant))
        return linear

    def forward(module: Any, features: Any) -> Any:
        units = torch.nn.functional.normalize(features @ module.reduction + module.shift)
        axes = [
            ((units @ module.quadratic[axis] + module.linear[axis]) * units).sum(1, keepdim=True) for axis in (0, 1)
        ]
        return torch.cat(axes, dim=1) + module.constant

    # A class statement would need torch when this module is imported.
    module = type("KernelHead", (torch.nn.Module,), {"forward": forward})()
    for tensor, values in {"reduction": head.reduction, "shift": head.shift, **asdict(head.forms[0])}.items():
        module.register_buffer(tensor, torch.from_numpy(values).float())
    return module
