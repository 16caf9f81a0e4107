"""What others published on OASIS, to hold figures of our own against; never mixed with these."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Anchor:
    """One published figure."""

    what: str  # who or what reads the images
    metric: Literal["r", "mse_minmax"]  # as in `Accuracy`
    valence: float | None  # none if it was not published: see the source
    arousal: float | None  # none if it was not published: see the source
    source: str  # where it was published, and how it was had


ANCHORS: dict[str, tuple[Anchor, ...]] = {
    "oasis": (
        Anchor(
            "people, one half against the other",
            "r",
            0.984,
            0.929,
            "Kurdi, Lozano & Banaji (2017), Behavior Research Methods 49: split-half reliability",
        ),
        Anchor(
            "ConvNeXt-L, ImageNet-22k, linear on its best layer",
            "r",
            0.825,
            0.798,
            "Conwell, Graham, Boccagno & Vessel (2025), PNAS 122(4), e2306025121: linear decoding, nothing fine-tuned",
        ),
        Anchor(
            "GPT-4o",
            "r",
            0.89,
            0.81,
            "Ogg, Ashcraft, Bose, Norman-Tenazas & Wolmetz (2025), arXiv:2508.14214: asked, not trained",
        ),
        Anchor(
            "the mean of all images",
            "mse_minmax",
            0.0520,
            0.0432,
            "variance of the published ratings, the lowest as 0 and the highest as 1",
        ),
        Anchor(
            "the original's VGG19_bn recipe",
            "r",
            None,
            None,
            "not measured here; training vgg19_bn on the images tells",
        ),
    )
}
"""By the name of the data set."""
