"""A track's valence from its sound and its words together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

WEIGHT = 0.3
"""Of the words in a track's valence. On 76 songs of PMEmo whose lyrics are at hand, r with people's valence rises from
0.479 to 0.544 by it; arousal gains nothing, so that words do not move it (docs/models/text-affect.md)."""
LYRICS_MEAN, LYRICS_SPREAD = 0.488, 0.039
"""Mean and standard deviation of the valence that text-affect/1 reads in 4,051 English song lyrics: they are brought to
`SPREAD` around 0.5, as what is heard is."""
OTHER_READERS = {"text-affect-multilingual/1": (0.478, 0.046)}
"""The same two figures of other models, by name: in 500 of these lyrics, drawn at random."""
SPREAD = 0.2
"""Standard deviation of the valence that music-affect/5 hears in the songs it learned from."""


def fuse(heard: ArrayLike, read: ArrayLike) -> NDArray[np.float64]:
    """Join the valence that is heard in tracks with that which is read in their lyrics; NaN or None for no lyrics."""
    heard, read = np.asarray(heard, dtype=np.float64), np.asarray(read, dtype=np.float64)
    # A few lines can read more extreme than any whole song; they say no more than the end of the scale.
    words = np.clip(0.5 + SPREAD * (read - LYRICS_MEAN) / LYRICS_SPREAD, 0.0, 1.0)
    return np.where(np.isnan(read), heard, (1.0 - WEIGHT) * heard + WEIGHT * words)


def on_common_scale(read: float, model: str) -> float:
    """Bring the valence that a model reads in lyrics to the scale of text-affect/1."""
    mean, spread = OTHER_READERS.get(model, (LYRICS_MEAN, LYRICS_SPREAD))
    return LYRICS_MEAN + (read - mean) * LYRICS_SPREAD / spread
