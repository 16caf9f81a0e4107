"""A track's affect from its sound and its words together."""

from img2music.affect import Affect
from img2music.music.lyrics.affect_model import TextAffect

WEIGHT = 0.3
"""Of the words in a track's valence. On 76 songs of PMEmo whose lyrics are at hand, r with people's valence rises from
0.479 to 0.544 by it; arousal gains nothing, so that words do not move it (docs/models/text-affect.md)."""
LYRICS_MEAN, LYRICS_SPREAD = 0.488, 0.039
"""Mean and standard deviation of the valence that text-affect/1 reads in 4,051 English song lyrics: they are brought to
`SPREAD` around 0.5, as what is heard is."""
SPREAD = 0.2
"""Standard deviation of the valence that music-affect/1 hears in the songs it learned from."""


def fuse(heard: Affect, read: TextAffect | None) -> Affect:
    """Join what is heard in a track with what is read in its lyrics.

    Parameters
    ----------
    heard : Affect
        Of the sound.
    read : TextAffect or None
        Of the lyrics, by the shipped model that needs no extra; None where there are none that it can read.

    Returns
    -------
    Affect
        Its valence is the weighted mean of both, brought to the same spread; its arousal is that of the sound.
    """
    if read is None:
        return heard
    words = 0.5 + SPREAD * (read.affect.valence - LYRICS_MEAN) / LYRICS_SPREAD
    return Affect(min(max((1.0 - WEIGHT) * heard.valence + WEIGHT * words, 0.0), 1.0), heard.arousal)
