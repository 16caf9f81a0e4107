"""Affect: a point in the plane of valence and arousal, and the scales that sources write it on."""

import math
from dataclasses import dataclass

from img2music.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Affect:
    """A point in the circumplex of affect (Russell 1980), on the unit scale.

    Attributes
    ----------
    valence : float
        Unpleasant (0) to pleasant (1), 0.5 neutral.
    arousal : float
        Calm (0) to excited (1), 0.5 neutral.

    Raises
    ------
    UsageError
        If a coordinate is not a finite number in [0, 1].
    """

    valence: float
    arousal: float

    def __post_init__(self) -> None:
        for name in ("valence", "arousal"):
            value = float(getattr(self, name))
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise UsageError(f"{name} must be a number from 0 to 1 (0.5 is neutral), not {value:g}.")
            object.__setattr__(self, name, value)

    def distance(self, other: "Affect") -> float:
        """Euclidean distance to another affect, in [0, sqrt(2)]."""
        return math.hypot(self.valence - other.valence, self.arousal - other.arousal)
