import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import CIRCUMPLEX_WORDS, EMOTIONS, SCALES, Affect, Scale
from img2music.errors import UsageError

unit = st.floats(0.0, 1.0)
affects = st.builds(Affect, unit, unit)


@pytest.mark.parametrize("bad", [-0.001, 1.001, math.nan, math.inf, -math.inf])
def test_coordinates_outside_the_unit_scale_are_refused(bad):
    with pytest.raises(UsageError, match="valence"):
        Affect(bad, 0.5)
    with pytest.raises(UsageError, match="arousal"):
        Affect(0.5, bad)


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        ("oasis", 1, 0.0),
        ("oasis", 4, 0.5),
        ("oasis", 7, 1.0),
        ("deam", 5, 0.5),
        ("emotion6", 9, 1.0),
        ("nrc-vad-1", 0.25, 0.25),
        ("nrc-vad-2", -1, 0.0),
        ("nrc-vad-2", 0, 0.5),
        ("spotify", 0.8, 0.8),
    ],
)
def test_scales_reach_the_unit_scale(scale, value, expected):
    assert SCALES[scale].to_unit(value, value) == Affect(expected, expected)


@given(affects, st.sampled_from(sorted(SCALES)))
def test_scales_convert_both_ways(affect, name):
    scale = SCALES[name]
    back = scale.to_unit(*scale.from_unit(affect))
    assert back.distance(affect) < 1e-12


@pytest.mark.parametrize("name", sorted(SCALES))
def test_values_outside_a_scale_are_refused(name):
    scale = SCALES[name]
    for bad in (scale.low - 0.01, scale.high + 0.01, math.nan):
        with pytest.raises(UsageError, match=f"outside the scale {name}"):
            scale.to_unit(bad, scale.low)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("1-7", 1, 7), ("-1-1", -1, 1), ("0..1", 0, 1), ("OASIS", 1, 7), (" 1 - 9 ", 1, 9)],
)
def test_scales_are_read_from_names_and_ends(text, low, high):
    scale = Scale.parse(text)
    assert (scale.low, scale.high) == (low, high)


@pytest.mark.parametrize("text", ["", "7", "7-1", "a-b", "1-1", "nan-1"])
def test_what_is_no_scale_is_refused(text):
    with pytest.raises(UsageError, match="no scale"):
        Scale.parse(text)


@given(affects)
def test_emotions_are_probabilities(affect):
    emotions = affect.emotions()
    assert set(emotions) == {"anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"}
    assert sum(emotions.values()) == pytest.approx(1.0)
    assert all(0.0 <= p <= 1.0 for p in emotions.values())


@pytest.mark.parametrize("name", sorted(EMOTIONS))
def test_an_emotion_is_the_likeliest_where_it_stands(name):
    emotions = EMOTIONS[name].emotions()
    assert max(emotions, key=emotions.__getitem__) == name


@pytest.mark.parametrize(
    ("valence", "arousal", "word"),
    [
        (0.5, 0.5, "neutral"),
        (0.75, 0.25, "serene"),
        (0.3, 0.75, "tense"),
        (0.25, 0.25, "gloomy"),
        (0.9, 0.65, "happy"),
        (0.8, 0.8, "excited"),
        (0.9, 0.5, "pleasant"),
        (0.5, 0.05, "drowsy"),
    ],
)
def test_words_are_what_people_would_say(valence, arousal, word):
    expected = {"tense": {"tense", "distressed"}}.get(word, {word})
    assert Affect(valence, arousal).word in expected


@given(affects)
def test_angle_and_intensity_lead_back_to_the_point(affect):
    assert 0.0 <= affect.angle < 360.0
    assert 0.0 <= affect.intensity <= 1.0 + 1e-12
    radius = affect.intensity * math.sqrt(0.5)
    back = (
        0.5 + radius * math.cos(math.radians(affect.angle)),
        0.5 + radius * math.sin(math.radians(affect.angle)),
    )
    assert back == pytest.approx((affect.valence, affect.arousal), abs=1e-9)
    assert affect.word in {*CIRCUMPLEX_WORDS, "neutral"}


@given(affects, affects, affects)
def test_distance_is_a_metric(a, b, c):
    assert a.distance(b) == b.distance(a)
    assert (a.distance(b) == 0.0) == (a == b) or a.distance(b) < 1e-150
    assert a.distance(c) <= a.distance(b) + b.distance(c) + 1e-12
