"""What the shipped model is said to look at does move its readings."""

from pathlib import Path

import numpy as np

from benchmarks.explain import movements
from img2music.research.images.datasets import load
from img2music.vision.explain import affect_maps
from img2music.vision.model import ImageModel, read_pixels


def test_top_regions_of_oasis_move_the_shipped_model_more_than_random_ones(shared_data: Path) -> None:
    """The maps are made with blur, and what they point at is filled with one colour; more in the benchmark."""
    model = ImageModel.load()
    random = np.random.default_rng(5)
    paths = load(shared_data / "oasis").paths
    moved = []
    for index in random.permutation(len(paths))[:10]:
        pixels, _ = read_pixels(paths[index], model.side)
        _, *maps = affect_maps(model, pixels)
        moved.append([movements(model, pixels, maps, axis=axis, share=0.25, random=random) for axis in (0, 1)])
    for top, other in np.mean(moved, axis=0):
        assert top > other
