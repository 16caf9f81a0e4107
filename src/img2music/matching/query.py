"""What songs are looked for: a picture, a song, numbers or an emotion."""

import difflib
import math
from dataclasses import dataclass
from enum import StrEnum

from img2music.affect import CIRCUMPLEX_WORDS, EMOTIONS, SYNONYMS, Affect
from img2music.distribution import AffectDistribution
from img2music.errors import UsageError, printable
from img2music.track import Track

WORD_INTENSITY = 0.6
"""Intensity that a word of the circumplex stands for; that of the basic emotions' coordinates is 0.32 to 0.64."""

MOODS = tuple(sorted({*EMOTIONS, *CIRCUMPLEX_WORDS, *SYNONYMS}))
"""Every word that `affect_of` knows."""


class QueryKind(StrEnum):
    """Where the affect of a query comes from."""

    IMAGE = "image"
    SONG = "song"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Query:
    """An affect that songs are looked for, and where it comes from.

    Attributes
    ----------
    kind : QueryKind
    affect : Affect
    path : str or None
        The file; None for numbers.
    among : AffectDistribution or None
        For an image, the natural images among which relative matching ranks it.
    track : Track or None
        For a song that the library holds, that track; it and its duplicates are not recommended.
    spread : tuple of (float, float) or None
        For an image, a standard deviation with each axis of the affect, if the model gives one.
    note : str or None
        How much of a damaged file was read.
    """

    kind: QueryKind
    affect: Affect
    path: str | None = None
    among: AffectDistribution | None = None
    track: Track | None = None
    spread: tuple[float, float] | None = None
    note: str | None = None

    @property
    def name(self) -> str:
        """What to call it in an explanation."""
        names = {QueryKind.IMAGE: "the photo", QueryKind.SONG: "the song", QueryKind.NUMBERS: "what you asked for"}
        return names[self.kind]


def affect_of(name: str) -> Affect:
    """The affect that a word stands for."""
    word = name.strip().lower()
    word = SYNONYMS.get(word, word)
    if word in EMOTIONS:
        return EMOTIONS[word]
    if word in CIRCUMPLEX_WORDS:
        angle = 2.0 * math.pi * CIRCUMPLEX_WORDS.index(word) / len(CIRCUMPLEX_WORDS)
        radius = WORD_INTENSITY * math.sqrt(0.5)
        return Affect(0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle))
    known = difflib.get_close_matches(word, MOODS) or [*EMOTIONS, *CIRCUMPLEX_WORDS]
    raise UsageError(f"{printable(name)!r} is no emotion known here: give another, such as {', '.join(known)}.")


def asked_affects(valence: float | None, arousal: float | None, emotion: str | None) -> tuple[Affect, ...]:
    """What a person asks for without a file."""
    if emotion is not None:
        if valence is not None or arousal is not None:
            raise UsageError("Give either --emotion or --valence and --arousal.")
        return (affect_of(emotion),)
    if valence is None and arousal is None:
        return ()
    if valence is None or arousal is None:
        raise UsageError("--valence and --arousal belong together: give both, from 0 to 1.")
    return (Affect(valence, arousal),)
