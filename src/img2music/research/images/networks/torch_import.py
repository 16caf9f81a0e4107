"""Imports torch and what belongs to it."""

import importlib.util
from pathlib import Path
from typing import Any

from img2music.errors import MissingExtraError, require_extra

PURPOSE = "Training this network"


def import_torch() -> Any:
    """Import torch."""
    with require_extra(PURPOSE, "torch"):
        import torch
    return torch


def import_torchvision() -> Any:
    """Import torchvision, also one that was built for GPUs beside a torch that was built for processors.

    That one can't load its operators, and its import stumbles over two of them, which nothing here uses.
    """
    torch = import_torch()
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        raise MissingExtraError(PURPOSE, "torch")
    if not hasattr(torch.ops.torchvision, "nms"):
        try:
            torch.ops.load_library(Path(package.origin).with_name("_C.so"))
        except OSError:
            for operator in ("nms", "qnms"):
                torch.library.define(
                    f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
                )
    import torchvision

    return torchvision


def import_timm() -> Any:
    """Import timm."""
    import_torchvision()  # which timm imports as well
    with require_extra(PURPOSE, "torch"):
        import timm
    return timm
