"""What an image model says about itself, and how fast it is here."""

import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from img2music.vision.model import ImageModel

TIMED_RUNS = 15
WARM_UP = 3

SAID = ("data", "licence", "scale", "seed", "command")
"""Entries of the metadata that a card states."""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The facts of a model's card: ``img2music/model/1``."""

    schema: Literal["img2music/model/1"] = field(default="img2music/model/1", init=False)
    model: str  # name and version, as analyses state it
    path: str  # the file
    bytes: int  # size of the file
    side: int  # width and height in pixels of what the network sees
    # What it was trained on, under which terms, with which scale, seed and command; None where it does not say
    data: str | None
    licence: str | None
    scale: str | None
    seed: str | None
    command: str | None
    metrics: Any  # what was measured on images that it had not seen, as JSON; None where it does not say
    # Time to read one image on one thread of this machine, decoding apart: the median of `TIMED_RUNS`
    milliseconds: float


def describe(path: Path) -> ModelDescription:
    """Load a model, read its metadata and measure its speed."""
    model = ImageModel.load(path, threads=1)
    return ModelDescription(
        model=model.name,
        path=str(path),
        bytes=path.stat().st_size,
        side=model.side,
        **{name: model.metadata.get(name) for name in SAID},
        metrics=_parsed(model.metadata.get("metrics")),
        milliseconds=_latency(model),
    )


def _latency(model: ImageModel) -> float:
    # Noise, since no network is slow on a picture of one colour only because its numbers are tiny.
    pixels = np.random.default_rng(0).integers(0, 256, (1, model.side, model.side, 3), dtype=np.uint8)
    times = []
    for _ in range(WARM_UP + TIMED_RUNS):
        start = time.perf_counter()
        model.predict(pixels)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[WARM_UP:])


def _parsed(text: str | None) -> Any:
    try:
        metrics = json.loads(text) if text else None
        json.dumps(metrics, allow_nan=False)  # refuses what Python reads and JSON has not
    except (ValueError, RecursionError):
        return None
    return metrics
