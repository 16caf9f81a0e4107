"""What songs are looked for: a picture, a song, or a point of the affect plane by its numbers or a word."""

import difflib
import math
import os
from dataclasses import dataclass, field
from enum import StrEnum

from img2music.affect import CIRCUMPLEX_WORDS, EMOTIONS, SYNONYMS, Affect
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
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Query:
    """What songs are looked for."""

    kind: QueryKind
    """"image", "song" or "point"."""
    affect: Affect
    """What it feels like, on the unit scale."""
    path: str | None = None
    """The file; None for a point, and for a picture that came from memory."""
    spread: Affect | None = None
    """For an image, a standard deviation with each axis of its affect, if the model gives one."""
    note: str | None = None
    """How much of a damaged file was read."""
    track: Track | None = None
    """The song, with id 0 if the library does not hold it; neither it nor its duplicates are recommended."""
    word: str = field(init=False)
    """One plain word for the affect, such as "serene"."""
    emotions: dict[str, float] = field(init=False, compare=False)
    """Probabilities of the basic emotions and neutral."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", self.affect.word)
        object.__setattr__(self, "emotions", self.affect.emotions())

    def __repr__(self) -> str:
        return f"<Query: {self}>"

    def __str__(self) -> str:
        name = "" if self.path is None else f"{os.path.basename(self.path)}: "  # noqa: PTH119 - names may be any bytes
        return f"{name}{self.word} (valence {self.affect.valence:.2f}, arousal {self.affect.arousal:.2f})"

    @property
    def name(self) -> str:
        """What to call it in an explanation."""
        names = {QueryKind.IMAGE: "the photo", QueryKind.SONG: "the song", QueryKind.POINT: "what you asked for"}
        return names[self.kind]


def affect_of(name: str) -> Affect:
    """The affect that a word in `MOODS` stands for, in any case.

    A basic emotion has its coordinates from the literature; another word stands in its direction of the circumplex at
    intensity `WORD_INTENSITY`.
    """
    if not isinstance(name, str):
        raise UsageError(f"`emotion` must be a word, not {printable(repr(name))}.")
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
    """What a person asks for without a file: one affect, or none where nothing is given."""
    if emotion is not None:
        if valence is not None or arousal is not None:
            raise UsageError("Give either `emotion` or `valence` and `arousal`.")
        return (affect_of(emotion),)
    if valence is None and arousal is None:
        return ()
    if valence is None or arousal is None:
        raise UsageError("`valence` and `arousal` belong together: give both, from 0 to 1.")
    return (Affect(valence, arousal),)
