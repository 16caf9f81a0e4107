"""Beats of the music under a slideshow."""

import itertools
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from img2music.soundtrack.beats import listen
from img2music.soundtrack.cue_sheet import Cue

PART = 120.0
"""Seconds of music that are in memory at once."""


def beats_under(cues: Iterable[Cue]) -> NDArray[np.float64]:
    """Find the beats of the passages under a film.

    Parameters
    ----------
    cues : iterable of Cue
        In order.

    Returns
    -------
    ndarray of float64, shape (n,)
        Seconds of the film, ascending; none where a passage has no steady beat.

    """
    found: list[NDArray[np.float64]] = []
    for cue in cues:
        length = cue.passage.end - cue.passage.start
        edges = np.linspace(cue.passage.start, cue.passage.end, math.ceil(length / PART) + 1).tolist()
        found += [
            listen(cue.track.path, [part]).times + (cue.start - cue.passage.start) for part in itertools.pairwise(edges)
        ]
    return np.concatenate(found) if found else np.zeros(0)
