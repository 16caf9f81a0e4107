"""Affect: a point in the plane of valence and arousal, the scales that sources write it on, and its words."""

import math
import re
from dataclasses import dataclass

from img2music.arguments import require_kind
from img2music.errors import UsageError, shown


@dataclass(frozen=True, slots=True, order=True)
class Affect:
    """A point in the circumplex of affect (Russell 1980), on the unit scale.

    Raises
    ------
    UsageError
        If a coordinate is not a finite number in [0, 1].

    References
    ----------
    Russell, J. A. (1980). A circumplex model of affect. Journal of Personality and Social Psychology 39(6).
    """

    valence: float
    """Unpleasant (0) to pleasant (1), 0.5 neutral."""
    arousal: float
    """Calm (0) to excited (1), 0.5 neutral."""

    def __post_init__(self) -> None:
        for name in ("valence", "arousal"):
            require_kind(name, getattr(self, name), float)
            value = float(getattr(self, name))
            if not 0.0 <= value <= 1.0:  # also refuses NaN
                raise UsageError(f"{name} must be a number from 0 to 1 (0.5 is neutral), not {value:g}.")
            object.__setattr__(self, name, value)

    def distance(self, other: "Affect") -> float:
        """Euclidean distance to another affect, in [0, sqrt(2)]."""
        return math.hypot(self.valence - other.valence, self.arousal - other.arousal)

    @property
    def angle(self) -> float:
        """Direction from neutral in degrees, [0, 360): 0 pleasant, 90 excited, 180 unpleasant, 270 calm."""
        return math.degrees(math.atan2(self.arousal - 0.5, self.valence - 0.5)) % 360.0

    @property
    def intensity(self) -> float:
        """Distance from neutral as a share of the greatest possible (a corner of the plane), [0, 1]."""
        return math.hypot(self.valence - 0.5, self.arousal - 0.5) / math.sqrt(0.5)

    @property
    def word(self) -> str:
        """One plain word for it, such as "serene", "tense" or "gloomy"; "neutral" close to the centre."""
        if self.intensity < NEUTRAL_INTENSITY:
            return "neutral"
        sector = 360.0 / len(CIRCUMPLEX_WORDS)
        return CIRCUMPLEX_WORDS[round(self.angle / sector) % len(CIRCUMPLEX_WORDS)]

    def emotions(self) -> dict[str, float]:
        """Probabilities of Ekman's six basic emotions and neutral.

        Each emotion is a round normal distribution about its coordinates (`EMOTIONS`), all equally likely
        beforehand; the probabilities follow from Bayes' rule. In two dimensions anger, fear and disgust lie
        close together (what parts them is dominance), so they share their probability.
        """
        weights = {
            name: math.exp(-((self.distance(centre) / EMOTION_SPREAD) ** 2) / 2.0) for name, centre in EMOTIONS.items()
        }
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}


NEUTRAL_INTENSITY = 0.08
"""Below this intensity a point is called neutral: a twelfth of the way to a corner, under what people tell apart."""

CIRCUMPLEX_WORDS = (
    *("pleasant", "happy", "excited", "exhilarated", "intense", "tense", "distressed", "upset"),
    *("unpleasant", "sad", "gloomy", "weary", "drowsy", "peaceful", "serene", "content"),
)
"""Words every 22.5 degrees from pleasant, counter-clockwise. Russell (1980) fixes every other one: pleasure 0,
excitement 45, arousal 90, distress 135, displeasure 180, depression 225, sleepiness 270, relaxation 315 degrees."""

SYNONYMS = {
    synonym: word
    for word, synonyms in {
        "anger": "angry furious aggressive",
        "disgust": "disgusted",
        "fear": "afraid fearful scared",
        "happiness": "joy joyful",
        "surprise": "surprised astonished",
        "sadness": "sorrow sorrowful",
        "pleasant": "pleased glad bright",
        "happy": "cheerful delighted merry playful",
        "excited": "euphoric thrilled exciting",
        "exhilarated": "energetic lively upbeat",
        "intense": "powerful dramatic epic",
        "tense": "nervous anxious restless",
        "distressed": "frustrated annoyed",
        "sad": "unhappy miserable",
        "gloomy": "sombre somber melancholy melancholic depressed mournful dark",
        "weary": "bored tired droopy",
        "drowsy": "sleepy",
        "peaceful": "calm tranquil quiet gentle soothing dreamy nostalgic",
        "serene": "relaxed relaxing chill mellow",
        "content": "satisfied tender romantic",
    }.items()
    for synonym in synonyms.split()
}
"""Other words that people say, each with the basic emotion or the word of the circumplex for which it is taken: our
choice, near the direction that Russell (1980) found where the word is one of his 28."""

EMOTIONS = {
    "anger": Affect((1 - 0.51) / 2, (1 + 0.59) / 2),
    "disgust": Affect((1 - 0.60) / 2, (1 + 0.35) / 2),
    "fear": Affect((1 - 0.64) / 2, (1 + 0.60) / 2),
    "happiness": Affect((1 + 0.76) / 2, (1 + 0.48) / 2),
    "sadness": Affect((1 - 0.63) / 2, (1 - 0.27) / 2),
    "surprise": Affect((1 + 0.40) / 2, (1 + 0.67) / 2),
    "neutral": Affect(0.5, 0.5),
}
"""Coordinates of the basic emotions (Ekman 1992): mean pleasure and arousal of "angry", "disgusted", "fearful",
"joyful", "sad" and "surprised" on [-1, 1] in Russell, J. A. & Mehrabian, A. (1977), Evidence for a three-factor
theory of emotions, Journal of Research in Personality 11(3), 273-294; neutral is the origin."""

EMOTION_SPREAD = 0.15
"""Standard deviation of an emotion about its coordinates, unit scale: our choice, 0.3 on [-1, 1]: wide
enough that neighbouring emotions share probability, narrow enough that happiness and sadness do not."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a source writes affect: the same interval for valence and arousal."""

    name: str
    low: float
    """The lower end of the interval."""
    high: float
    """The upper end."""

    def to_unit(self, valence: float, arousal: float) -> Affect:
        """Convert from this scale.

        Raises
        ------
        UsageError
            If a coordinate is outside the scale or not a number.
        """
        for name, value in (("valence", valence), ("arousal", arousal)):
            if not self.low <= value <= self.high:
                raise UsageError(f"{name} {value:g} is outside the scale {self.name} ({self.low:g} to {self.high:g}).")
        span = self.high - self.low
        return Affect((valence - self.low) / span, (arousal - self.low) / span)

    def from_unit(self, affect: Affect) -> tuple[float, float]:
        """Convert to this scale: valence and arousal."""
        # Weighted ends, not low + span * x: the ends of the interval come out exactly.
        return (
            self.low * (1.0 - affect.valence) + self.high * affect.valence,
            self.low * (1.0 - affect.arousal) + self.high * affect.arousal,
        )

    @staticmethod
    def parse(text: str) -> "Scale":
        """Read a scale from its name, in any case, or from its ends with a hyphen between: ``"1-7"``, ``"-1-1"``.

        Raises
        ------
        UsageError
            If it is neither.
        """
        name = text.strip().lower()
        if name in SCALES:
            return SCALES[name]
        number = r"-?\d{1,9}(?:\.\d{1,9})?"
        ends = re.fullmatch(rf"({number})\s*(?:-|\.\.|to)\s*({number})", name)
        if ends and float(ends[1]) < float(ends[2]):
            return Scale(name, float(ends[1]), float(ends[2]))
        known = ", ".join(SCALES)
        raise UsageError(f"{shown(text)} is no scale: give its ends, such as 1-7, or one of {known}.")


SCALES = {
    scale.name: scale
    for scale in (
        Scale("unit", 0.0, 1.0),
        Scale("oasis", 1.0, 7.0),  # Kurdi, Lozano & Banaji (2017)
        Scale("deam", 1.0, 9.0),  # Aljanaki, Yang & Soleymani (2017)
        Scale("emotion6", 1.0, 9.0),  # Peng et al. (2015)
        Scale("nrc-vad-1", 0.0, 1.0),  # Mohammad (2018)
        Scale("nrc-vad-2", -1.0, 1.0),  # Mohammad (2025)
        Scale("spotify", 0.0, 1.0),  # Spotify Web API, audio features
    )
}
"""The named scales. DEAM and Emotion6 ask for 1 to 9; NRC-VAD moved from [0, 1] to [-1, 1] with version 2."""
