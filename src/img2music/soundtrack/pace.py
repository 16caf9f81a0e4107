"""Tempo of music against the pace of cutting: quick cuts want quick music."""

import numpy as np
from numpy.typing import NDArray

BEATS_PER_SHOT, SHOT = 8.0, 4.0
"""A shot of 4 seconds wants two bars of four beats: 120 beats a minute, where a film cuts neither slowly nor fast."""

SLOWEST, FASTEST = 60.0, 180.0
"""Beats a minute that are wanted at least and at most."""

UNKNOWN = 0.5
"""Octaves that music of unknown tempo counts as off."""

PRICE = 0.1
"""What music twice as fast or half as fast as wanted costs, as distance in every second: as much as a scene that fits
0.1 worse."""


def wanted_tempo(shot: float) -> float:
    """Tempo that a pace of cutting wants.

    Half the length of shots wants 1.4 times the tempo: shots last 8 beats where they last 4 seconds, fewer where they
    are shorter, and more where they are longer.
    """
    tempo = 60.0 * BEATS_PER_SHOT / SHOT * (SHOT / shot) ** 0.5
    return float(np.clip(tempo, SLOWEST, FASTEST))


class Pace:
    """What tracks cost under parts of a film by their tempo."""

    def __init__(self, cuts: NDArray[np.float64], tempos: NDArray[np.float64]) -> None:
        self._cuts = cuts
        self._octaves = np.log2(np.where(tempos > 0.0, tempos, np.nan))

    def prices(self, start: float, end: float, tracks: slice) -> NDArray[np.float32]:
        """Price some tracks under a part of the film."""
        inside = np.searchsorted(self._cuts, end - 1e-3) - np.searchsorted(self._cuts, start + 1e-3)
        wanted = np.log2(wanted_tempo((end - start) / (1 + int(inside))))
        off = np.nan_to_num(np.abs(self._octaves[tracks] - wanted), nan=UNKNOWN)
        return np.asarray(PRICE * (end - start) * off, dtype=np.float32)
