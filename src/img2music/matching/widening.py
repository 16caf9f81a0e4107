"""Points around a reading, as far out as it is unsure."""

import math

from img2music.affect import Affect

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
"""Turn from one point to the next that leaves no direction out (Vogel 1979, "A better way to construct the sunflower
head", Mathematical Biosciences 44, 179-189)."""


def widened(affect: Affect, spread: tuple[float, float], count: int) -> list[Affect]:
    """Points that share out a normal distribution around an affect: a spiral whose radii are its quantiles.

    The radius of the k-th of n is that inside which k/n of a two-dimensional normal distribution lie,
    sqrt(-2 ln(1 - k/n)) standard deviations (Rayleigh's distribution).
    """
    points = []
    for k in range(count):
        radius = math.sqrt(-2.0 * math.log(1.0 - k / count))
        angle = k * GOLDEN_ANGLE
        valence = affect.valence + radius * math.cos(angle) * spread[0]
        arousal = affect.arousal + radius * math.sin(angle) * spread[1]
        points.append(Affect(min(max(valence, 0.0), 1.0), min(max(arousal, 0.0), 1.0)))
    return points
