"""Solves for the head of a network whose backbone stays as it is, and judges networks with such heads fold by fold."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError
from img2music.parallel import in_order, processors
from img2music.research.images.evaluation import Judged, judge_recipe, require_folds
from img2music.research.images.head import Head, RidgeHead
from img2music.research.images.networks.architecture import Network, build
from img2music.research.images.networks.exporting import Exported, export, require_writable
from img2music.research.images.networks.preparation import Target, split
from img2music.research.images.networks.running import command_of
from img2music.research.images.networks.settings import PRETRAINED, RANDOM, Device, HeadKind, Settings
from img2music.research.images.networks.torch_import import import_torch
from img2music.research.images.networks.training import Progress, Trained, choose_device
from img2music.research.images.rated_images import RatedImages
from img2music.vision.model import read_pixels

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

READING = "Reading images"
REPORTED = ("network", "weights", "batch_size", "validation", "by_theme", "size", "seed")
"""Settings that a head that is solved for has."""


@dataclass(frozen=True)
class Solved(Trained):
    """A network with a head that was solved for."""

    head: HeadKind
    ridge: float  # the ridge constant that was chosen
    components: int | None  # principal components that the kernel compares images by; None for a head that has none
    seconds: float  # that it took


def train_head(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    output: Path,
    *,
    name: str = "",
    data: str = "",
    device: Device = Device.AUTO,
    progress: Progress | None = None,
) -> tuple[Solved, Exported]:
    """Solve for a head on the training images, and write the network with it as a model file."""
    require_writable(output)
    solved = solve(images, settings, head, device=device, progress=progress)
    exported = export(
        solved,
        images,
        output,
        name=name or output.stem,
        data=data,
        command=command_of(settings, output.name, data, name, head),
        course={"head": course_of(solved)},
    )
    return solved, exported


def solve(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    *,
    device: Device = Device.AUTO,
    progress: Progress | None = None,
) -> Solved:
    """Solve for a head on the training images, as `train_head` does."""
    start = time.monotonic()
    training, validation = split(images, settings)
    network = build(settings)
    paths = [images.paths[index] for index in training]
    features = extract(network, paths, settings, device=device, progress=progress)
    found = fit(head, features, images, training)
    network.module.head = to_module(found)
    return Solved(
        settings,
        network,
        Target((0.0, 0.0), (1.0, 1.0)),
        validation,
        head,
        found.ridge,
        len(found.shift) if isinstance(found, Head) else None,
        time.monotonic() - start,
    )


def judge_head(
    images: RatedImages,
    settings: Settings,
    head: HeadKind,
    *,
    folds: int,
    device: Device = Device.AUTO,
    progress: Progress | None = None,
) -> Judged:
    """Solve for a head fold by fold, on features that are read once, and compare with the ratings."""
    if head is HeadKind.LINEAR:
        raise UsageError(
            "--head linear is trained step by step, which is not done fold by fold: judge it with img2music train "
            "image on images kept apart, or its model with --model; or choose --head ridge or kernel."
        )
    require_folds(images, folds)
    network = build(settings)
    features = extract(network, images.paths, settings, device=device, progress=progress)
    return judge_recipe(
        features,
        images,
        folds=folds,
        seed=settings.seed,
        fit=lambda training: fit(head, features[training], images, training),
        recipe=_recipe(settings, head),
    )


def extract(
    network: Network,
    paths: Sequence[Path],
    settings: Settings,
    *,
    device: Device = Device.AUTO,
    progress: Progress | None = None,
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
            if progress is not None:
                progress(READING, done, len(paths))
    backbone.to("cpu")
    features = np.concatenate(rows)
    if not np.isfinite(features).all():
        raise ModelError(
            f"{settings.network} gives features that are no numbers; are its --weights what they should be?"
        )
    return features


def fit(head: HeadKind, features: NDArray[np.float32], images: RatedImages, training: Indices) -> RidgeHead | Head:
    """Fit a head to the images with these indices, whose features are given.

    The ridge constant is chosen by leaving out theme after theme of these images; no other is looked at.
    """
    affect = images.affect[training]
    themes = [images.themes[index] for index in training]
    if head is HeadKind.RIDGE:
        return RidgeHead.fit(features, affect, themes)
    return Head.fit(features, affect, (features.shape[1],), themes)


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
    for tensor, values in {"reduction": head.reduction, "shift": head.shift, **asdict(head.forms)}.items():
        module.register_buffer(tensor, torch.from_numpy(values).float())
    return module


def course_of(solved: Solved) -> dict[str, Any]:
    """Give what was solved for, as JSON has it."""
    return {"kind": solved.head, "ridge": solved.ridge, "components": solved.components}


def report(solved: Solved, exported: Exported) -> dict[str, Any]:
    """Give what was trained as JSON has it (docs/schemas/train-image-head.json), without the schema's name."""
    settings = solved.settings
    return {
        "scale": "unit",
        **{key: getattr(settings, key) for key in REPORTED},
        "head": course_of(solved),
        "seconds": solved.seconds,
        "model": asdict(exported),
    }


def _recipe(settings: Settings, head: HeadKind) -> str:
    weights = settings.weights if settings.weights in (PRETRAINED, RANDOM) else Path(settings.weights).name
    network = settings.network if weights == PRETRAINED else f"{settings.network} (weights: {weights})"
    return f"{network}, {head} head"
