"""What is asked for in words and numbers."""

import math

import pytest

from img2music.affect import CIRCUMPLEX_WORDS, EMOTIONS, SYNONYMS, Affect
from img2music.errors import UsageError
from img2music.matching.explanations import AXES
from img2music.matching.query import affect_of, asked_affects


def test_emotions_and_words() -> None:
    assert affect_of("Sadness").word in {"sad", "upset", "unpleasant"}
    for word in ("pleasant", "excited", "tense", "gloomy", "serene", "drowsy"):
        assert affect_of(word).word == word
        assert math.isclose(affect_of(word).intensity, 0.6)
    with pytest.raises(UsageError, match="happiness"):
        affect_of("hapiness")
    with pytest.raises(UsageError, match="such as anger, disgust"):
        affect_of("xyzzy")


def test_the_words_that_the_program_says_itself_are_queries() -> None:
    said = {word for axis in AXES for word in axis} | set(CIRCUMPLEX_WORDS) | set(EMOTIONS)
    for word in said | {"joy", "angry", "relaxed", "energetic", "melancholy", "afraid", "sleepy"}:
        assert isinstance(affect_of(word.title()), Affect)
    for (low, high), axis in zip(AXES, ("valence", "arousal"), strict=True):
        assert getattr(affect_of(low), axis) < 0.4
        assert getattr(affect_of(high), axis) > 0.6
    assert affect_of("angry") == EMOTIONS["anger"]
    assert not set(SYNONYMS) & {*CIRCUMPLEX_WORDS, *EMOTIONS}
    assert set(SYNONYMS.values()) <= {*CIRCUMPLEX_WORDS, *EMOTIONS}


def test_a_point_is_asked_for_by_numbers_or_a_word() -> None:
    assert asked_affects(None, None, None) == ()
    assert asked_affects(0.2, 0.8, None) == (Affect(0.2, 0.8),)
    assert asked_affects(None, None, "joy") == (EMOTIONS["happiness"],)
    with pytest.raises(UsageError, match="`valence` and `arousal` belong together"):
        asked_affects(0.2, None, None)
    with pytest.raises(UsageError, match="either `emotion` or"):
        asked_affects(0.2, 0.8, "joy")
