"""Whether `analyze --explain` points at what moves the reading: its top region blanked, beside a random one."""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report
from img2music.research.images.datasets import load
from img2music.vision.explain import PATCH, affect_maps
from img2music.vision.model import ImageModel, read_pixels

SHARES = (0.25, 0.35)
RANDOM_REGIONS = 4
RESAMPLES = 10_000
AXES = ("valence", "arousal")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data/oasis"), help="folder of OASIS")
    parser.add_argument("--images", type=int, default=200, help="photos, drawn with the seed; 0 for all (default 200)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> Report:
    columns = ["axis", "side", "top", "random", "difference", "95 % from", "to", "top moves more"]
    report = Report("explain", columns)
    model = ImageModel.load()
    random = np.random.default_rng(options.seed)
    paths = load(options.data).paths
    chosen = random.permutation(len(paths))[: options.images or None]
    moved = []
    seconds = []
    for index in chosen:
        pixels, _ = read_pixels(paths[index], model.side)
        start = time.perf_counter()
        _, *maps = affect_maps(model, pixels)
        seconds.append(time.perf_counter() - start)
        moved.append(
            [
                [movements(model, pixels, maps, axis=axis, share=share, random=random) for axis in (0, 1)]
                for share in SHARES
            ]
        )
    table = np.array(moved)  # (photos, shares, axes, top and random)
    for number, share in enumerate(SHARES):
        for axis, name in enumerate(AXES):
            top, other = table[:, number, axis].T
            low, high = bootstrap(top - other, random)
            report.add(name, share, top.mean(), other.mean(), (top - other).mean(), low, high, (top > other).mean())
    report.note = (
        f"{len(chosen)} photos of OASIS (seed {options.seed}), model {model.name}. Mean |change| of the reading, unit "
        "scale, when a square of that share of the side is filled with the picture's mean colour (the maps are made "
        f"with blur): the square that the map points at, and the average of {RANDOM_REGIONS} at random places. "
        f"Intervals over photos, {RESAMPLES} resamples. A map takes {np.median(seconds):.2f} s (median)."
    )
    return report


def movements(
    model: ImageModel,
    pixels: NDArray[np.uint8],
    maps: list[NDArray[np.float32]],
    *,
    axis: int,
    share: float,
    random: np.random.Generator,
) -> tuple[float, float]:
    """How far one axis moves without its top region, and on average without a random one."""
    side = round(share * model.side)
    corners = random.integers(0, model.side - side + 1, (RANDOM_REGIONS, 2))
    regions = [top_region(maps[axis], share), *((slice(y, y + side), slice(x, x + side)) for y, x in corners)]
    images = np.repeat(pixels[None], 1 + len(regions), axis=0)  # the first stays whole
    for image, region in zip(images[1:], regions, strict=True):
        image[region] = pixels.mean(axis=(0, 1)).round()
    whole, *blanked = model.predict(images)[:, axis]
    top, *others = np.abs(blanked - whole)
    return float(top), float(np.mean(others))


def top_region(effect: NDArray[np.float32], share: float = PATCH) -> tuple[slice, slice]:
    """Find the square region of a picture that does most to its affect, whether it raises or lowers it."""
    height, width = (max(1, round(share * side)) for side in effect.shape)
    # Sums over all regions from a table of sums: Crow (1984), "Summed-area tables for texture mapping", SIGGRAPH.
    sums = np.pad(effect.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    regions = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = np.unravel_index(np.abs(regions).argmax(), regions.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def bootstrap(values: NDArray[np.float64], random: np.random.Generator) -> tuple[float, float]:
    """Percentile interval of a mean: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13."""
    means = values[random.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
