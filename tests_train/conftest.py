"""A small set in the layout of OASIS, whose ratings can be learned: bright is pleasant, red is exciting."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from img2music.research.images.datasets import RatedImages, load
from tests.conftest import no_choices, no_web_settings, shared_data  # noqa: F401  # fixtures here, too

COUNT = 64
THEMES = 16


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    (folder / "images").mkdir()
    random = np.random.default_rng(0)
    with (folder / "OASIS.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "Theme", "Valence_mean", "Arousal_mean"])
        for number in range(COUNT):
            bright, red = random.uniform(0.1, 0.9, 2)
            grain = random.normal(0, 20, (120, 160, 3))
            pixels = 255 * np.array([bright * red, bright * (1 - red), bright / 2]) + grain
            theme = f"Colour {chr(65 + number % THEMES)} {number // THEMES + 1}"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{theme}.jpg", quality=90)
            writer.writerow([number, theme, 1 + 6 * bright, 1 + 6 * red])
    return folder


@pytest.fixture(scope="session")
def images(folder: Path) -> RatedImages:
    return load(folder)
