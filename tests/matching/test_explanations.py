"""What is said of a match is true."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.matching.explanations import Asked, Explanation, Likeness, Standing, explain, in_words, reasoned
from img2music.options import MatchMode
from img2music.track import Track
from tests.support.songs import features, track

STEPS = np.linspace(0.0, 0.99, 100)
LIBRARY = AffectDistribution.of(STEPS, STEPS)
UNIT = st.floats(0, 1)
POSITIONS = st.tuples(UNIT, UNIT)


def reason(asked: Asked, song: Track, position: tuple[float, float], **known: Any) -> str:
    found, said = reasoned(asked, song, position, **known)
    assert found == explain(asked, song, position, **known)
    return said


def line(
    asked: tuple[float, float],
    position: tuple[float, float],
    matching: MatchMode = MatchMode.RELATIVE,
    **others: Any,
) -> str:
    song = track(1, affect=Affect(*position), features=features(68.2, 0, 1))
    options: dict[str, Any] = {"matching": matching, "library": LIBRARY, "first": True} | others
    return reason(Asked("the photo", Affect(*asked), asked), song, position, **options)


@pytest.mark.parametrize(
    ("asked", "position", "expected"),
    [
        (
            (0.8, 0.1),
            (0.8, 0.145),
            "Calm and pleasant like the photo (serene): calmer than 85 % of your library, 68 BPM, C major",
        ),
        (
            (0.3, 0.95),
            (0.3, 0.905),
            "Lively and sombre like the photo (tense): livelier than 91 % of your library, 68 BPM, C major",
        ),
        (
            (0.9, 0.5),
            (0.85, 0.5),
            "Pleasant like the photo: more pleasant than 85 % of your library, 68 BPM, C major",
        ),
        ((0.5, 0.5), (0.5, 0.52), "Feels like the photo (neutral): in the middle of your library, 68 BPM, C major"),
        (
            (0.9, 0.1),
            (0.55, 0.15),
            (
                "The nearest your library has, but more sombre than the photo (serene): "
                "calmer than 84 % of your library, 68 BPM, C major"
            ),
        ),
    ],
)
def test_wording(asked: tuple[float, float], position: tuple[float, float], expected: str) -> None:
    assert line(asked, position) == expected


@pytest.mark.parametrize(
    ("affect", "place", "said"),
    [
        ((0.62, 0.42), (0.2, 0.4), ": more sombre than 79 % of your library, as scene 1 is than 80 % of pictures"),
        ((0.45, 0.42), (0.5, 0.84), ": livelier than 84 % of your library, as scene 1 is than 84 % of pictures"),
        ((0.3, 0.42), (0.2, 0.4), ": more sombre than 79 % of your library"),
    ],
)
def test_a_rank_against_the_word_says_whose_rank_it_is(
    affect: tuple[float, float], place: tuple[float, float], said: str
) -> None:
    song = track(1, affect=Affect(*place), features=features(None, None, None))
    asked = Asked("scene 1", Affect(*affect), (place[0] + 1e-9 - 2e-9 * (place[0] < 0.5), place[1] + 1e-9))
    assert reason(asked, song, place, matching=MatchMode.RELATIVE, library=LIBRARY).endswith(said)


def test_a_poor_match_says_so() -> None:
    far = ((0.9, 0.1), (0.4, 0.6))
    assert line(*far).startswith("The nearest your library has, but livelier and more sombre than the photo (serene)")
    assert line(*far, filtered=True).startswith("The nearest that the filters leave, but livelier")
    assert line(*far, first=False).startswith("Further off, livelier and more sombre than the photo")


def test_what_is_said_is_there_in_parts() -> None:
    song = track(1, affect=Affect(0.8, 0.145))
    asked = Asked("the photo", Affect(0.8, 0.1), (0.8, 0.1))
    near = explain(asked, song, (0.8, 0.145), matching=MatchMode.RELATIVE, library=LIBRARY, liked=True)
    assert near == Explanation(Likeness.ALIKE, False, ("calm", "pleasant"), (), Standing("calm", 85, None), True)
    assert in_words(near, asked, song, MatchMode.RELATIVE).endswith(", and you like it")
    far = explain(asked, song, (0.3, 0.7), matching=MatchMode.ABSOLUTE, library=LIBRARY, filtered=True)
    assert far == Explanation(Likeness.FURTHER, True, (), ("lively", "sombre"), None, False)


def test_absolute_matching_gives_the_affects() -> None:
    text = line((0.8, 0.1), (0.75, 0.2), MatchMode.ABSOLUTE)
    assert text == (
        "Calm and pleasant like the photo (serene): valence 0.75 and arousal 0.20 beside 0.80 and 0.10, 68 BPM, C major"
    )


def test_the_calmest_song_of_a_loud_library_is_not_called_calm() -> None:
    loud = AffectDistribution.of([0.5, 0.6], [0.8, 0.9])
    song = track(1, affect=Affect(0.6, 0.8), features=features(None, None, None))
    asked = Asked("the photo", Affect(0.6, 0.3), (0.75, 0.25))
    text = reason(asked, song, (0.75, 0.25), matching=MatchMode.RELATIVE, library=loud)
    assert text == "Pleasant like the photo (peaceful): in the middle of your library"


def test_what_is_not_known_is_not_said() -> None:
    song = track(1, affect=Affect(0.5, 0.5), features=features(None, None, None))
    alone = AffectDistribution.of([0.5], [0.5])
    asked = Asked("the photo", Affect(0.5, 0.5), (0.5, 0.5))
    assert reason(asked, song, (0.5, 0.5), matching=MatchMode.RELATIVE, library=alone) == (
        "Feels like the photo (neutral)"
    )
    song = track(1, affect=Affect(0.5, 0.5), features=features(None, 9, None))
    assert reason(asked, song, (0.5, 0.5), matching=MatchMode.RELATIVE, library=alone).endswith("(neutral): A")


@given(POSITIONS, POSITIONS, st.sampled_from(MatchMode), st.booleans())
def test_what_is_said_is_true(
    asked: tuple[float, float], position: tuple[float, float], matching: MatchMode, first: bool
) -> None:
    text = line(asked, position, matching, first=first)
    assert "\n" not in text
    song = position
    for word, axis, sign in (("calmer", 1, -1), ("livelier", 1, 1), ("more sombre", 0, -1), ("more pleasant", 0, 1)):
        if re.search(rf"{word}[^:]* than the photo", text):
            assert sign * (song[axis] - asked[axis]) > 0
        if found := re.search(rf"{word} than (\d+) %", text):
            exceeded = sign * song[axis] > sign * STEPS
            assert exceeded.sum() >= int(found[1])  # of 100 songs
    head = text.split(" like ", maxsplit=1)[0].lower()
    if " like the photo" in text:
        for word, axis, sign in (("calm", 1, -1), ("lively", 1, 1), ("sombre", 0, -1), ("pleasant", 0, 1)):
            if re.search(rf"\b{word}\b", head):
                assert sign * (song[axis] - 0.5) >= 0
                assert sign * (asked[axis] - 0.5) >= 0
