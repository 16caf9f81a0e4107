import dataclasses
import typing

import pytest

from img2music import options
from img2music.errors import UsageError
from img2music.filters import FilterWishes, TrackFilter
from img2music.options import (
    CueCount,
    ExchangeOptions,
    MatchMode,
    OriginalSound,
    RecommendOptions,
    ScanOptions,
    ScoreOptions,
    SlideshowOptions,
    SpotOptions,
    TagOptions,
    with_filter,
)


def test_strings_become_enums():
    assert SpotOptions(cues="one").cues is CueCount.ONE
    assert ScoreOptions(original="drop").original is OriginalSound.DROP
    assert RecommendOptions(match="absolute").match is MatchMode.ABSOLUTE


@pytest.mark.parametrize(
    ("kind", "wrong", "told"),
    [
        (RecommendOptions, {"match": "closest"}, "`match` must be relative or absolute, not 'closest'"),
        (RecommendOptions, {"top": 0}, "`top` must be at least 1, not 0"),
        (RecommendOptions, {"top": "ten"}, "`top` must be a whole number"),
        (SpotOptions, {"least_scene": 0.5}, "`least_scene` must be from 1 to 3600"),
        (SpotOptions, {"songs": 3, "cues": "one"}, "`songs` goes without `cues=one`"),
        (SpotOptions, {"pins": ["two=#17"]}, "SCENE=TRACK"),
        (SpotOptions, {"pins": ["1=#17", "1=#18"]}, "pinned twice"),
        *(
            (kind, wrong, told)
            for kind in (ScoreOptions, SlideshowOptions)
            for wrong, told in (
                ({"original": "keep", "duck": 3}, "`duck` goes without `original=keep`"),
                ({"original": "drop", "music_db": 3}, "`music_db` goes without `original=drop`"),
            )
        ),
        (SlideshowOptions, {"silent": True, "duck": 3}, "`silent` goes without `original`"),
        (ScoreOptions, {"uses": ["6=0"]}, "`uses` '6=0' can't be read: give CUE=ALTERNATIVE"),
        (ScoreOptions, {"uses": {6: 2.5}}, "CUE=ALTERNATIVE"),
        (ScoreOptions, {"uses": ["6=1", "6=2"]}, "in cue 6 twice"),
        (ScoreOptions, {"loudness": 0}, "`loudness` must be from -36 to -8, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(kind, wrong, told):
    with pytest.raises(UsageError, match=told):
        kind(**wrong)


@pytest.mark.parametrize("pins", [{2: 17}, {2: "#17"}, [(2, "#17")], ["2=#17"], "2=#17"])
def test_songs_are_pinned_as_people_write_it(pins):
    assert SpotOptions(pins=pins).pins == ((2, "#17"),)


@pytest.mark.parametrize("uses", [{6: 2}, [(6, 2)], ["6=2"], " 6=2"])
def test_alternatives_are_used_as_people_write_it(uses):
    assert ScoreOptions(uses=uses).uses == ((6, 2),)


def test_filters_stand_beside_options():
    made = with_filter(RecommendOptions, {"top": 3, "genre": "jazz", "where": None})
    assert made == RecommendOptions(top=3, where=TrackFilter(genre="jazz"))
    with pytest.raises(UsageError, match="no option `topp`"):
        with_filter(RecommendOptions, {"topp": 3})
    with pytest.raises(UsageError, match="either `where` or `genre`"):
        with_filter(RecommendOptions, {"genre": "jazz", "where": TrackFilter(artist="Monk")})


@pytest.mark.parametrize(
    "kind", [RecommendOptions, SpotOptions, ScoreOptions, SlideshowOptions, ScanOptions, TagOptions, ExchangeOptions]
)
def test_keywords_that_are_typed_are_those_that_are_taken(kind):
    wishes = getattr(options, kind.__name__.replace("Options", "Wishes"))
    own = {field.name for field in dataclasses.fields(kind)}
    spelled = set(
        TrackFilter.__annotations__
    )  # a field of a track that is declared since needs no line there to be taken
    assert set(typing.get_type_hints(wishes)) == own | (spelled if "where" in own or kind is TagOptions else set())
    assert set(typing.get_type_hints(FilterWishes)) == spelled
