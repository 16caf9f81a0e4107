import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.cli.tables import length_text
from img2music.errors import UsageError
from img2music.filters import TrackFilter
from tests.support.songs import make_record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90-120", (90, 120)),
        (" 90 - 120 ", (90, 120)),
        ("90..120", (90, 120)),
        ("90\u2013120", (90, 120)),
        ("90-", (90, None)),
        ("90..", (90, None)),
        ("-120", (None, 120)),
        ("..120", (None, 120)),
        ("99.5", (99.5, 99.5)),
    ],
)
def test_ranges(text, expected):
    assert TrackFilter(tempo=text).tempo == expected


@pytest.mark.parametrize("text", ["", "-", "..", "fast", "120-90", "90-120-130", "1e3", "nan", "--5"])
def test_what_is_no_range(text):
    with pytest.raises(UsageError, match="tempo"):
        TrackFilter(tempo=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2:00-5:00", (120, 300)),
        ("2:00-", (120, None)),
        ("..1:02:03", (None, 3723)),
        ("90-200", (90, 200)),
        ("0:30.5-", (30.5, None)),
    ],
)
def test_lengths(text, expected):
    assert TrackFilter(duration=text).duration == expected


@pytest.mark.parametrize("text", ["5:00-2:00", "1:2:3:4", ":30", "long"])
def test_what_is_no_length(text):
    with pytest.raises(UsageError, match="duration"):
        TrackFilter(duration=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D minor", (2, 0)),
        ("d MINOR", (2, 0)),
        ("F# major", (6, 1)),
        ("Bb", (10, None)),
        ("B", (11, None)),
        ("b", (11, None)),
        ("Am", (9, 0)),
        ("Cb major", (11, 1)),
        ("E\u266d min", (3, 0)),
        ("G sharp moll", (8, 0)),
    ],
)
def test_keys(text, expected):
    assert TrackFilter(key=text).key == expected


@pytest.mark.parametrize("text", ["", "H minor", "minor", "D minorish", "C##"])
def test_what_is_no_key(text):
    with pytest.raises(UsageError, match="key"):
        TrackFilter(key=text)


@given(key=st.integers(0, 11), mode=st.integers(0, 1))
def test_a_key_that_is_printed_is_read_back(key, mode):
    printed = make_record(key=key, mode=mode).analysis.features.key_name
    assert TrackFilter(key=printed).key == (key, mode)


@given(seconds=st.integers(0, 10**6))
def test_a_length_that_is_printed_is_read_back(seconds):
    assert TrackFilter(duration=length_text(seconds)).duration == (seconds, seconds)


def test_nothing_typed_means_any():
    assert not TrackFilter().narrows
    assert TrackFilter(genre=[], year=None) == TrackFilter()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"genre": "jazz"}, {"genre": ("jazz",)}),
        ({"not_artist": ["Abba", "Queen"]}, {"not_artist": ("Abba", "Queen")}),
        ({"year": 1990}, {"year": (1990, 1990)}),
        ({"year": range(1955, 1966)}, {"year": (1955, 1965)}),
        ({"year": (None, 1979)}, {"year": (None, 1979)}),
        ({"tempo": "80-110"}, {"tempo": (80, 110)}),
        ({"tempo": 99.5}, {"tempo": (99.5, 99.5)}),
        ({"duration": "2:00-5:00"}, {"duration": (120, 300)}),
        ({"key": "D minor"}, {"key": (2, 0)}),
        ({"folder": "/music"}, {"folder": ("/music",)}),
    ],
)
def test_conditions_are_given_as_people_write_them(written, kept):
    where = TrackFilter(**written)
    assert {name: getattr(where, name) for name in kept} == kept
    assert TrackFilter(**kept) == where
    assert where.narrows


@pytest.mark.parametrize(
    "wrong",
    [
        {"genre": 5},
        {"year": (1999, 1990)},
        {"year": True},
        {"tempo": ("80", "90")},
        {"key": (12, 1)},
        {"key": "D mayor"},
        {"instrumental": "yes"},
        {"genre": "x" * 501},
        {"genre": [f"genre {number}" for number in range(101)]},
        {"not_artist": [f"artist {number}" for number in range(101)]},
        {"folder": [f"/{number}" for number in range(101)]},
        {"genre": "\0" * 500},
        {"year": "1" * 500},
        {"year": 10**500},
        {"year": range(10**30)},
        {"tempo": "9" * 500},
        {"tempo": "9" * 20},
        {"tempo": float("nan")},
        {"duration": "9" * 500 + ":00"},
        {"duration": "9:" * 500},
        {"key": "C" * 500},
        {"key": [0] * 500},
    ],
)
def test_conditions_that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"`{name}`") as told:
        TrackFilter(**wrong)
    assert len(str(told.value)) < 250
    with pytest.raises(ValueError, match=name):
        TrackFilter(**wrong)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1999", (1999, 1999)),
        ("1990-1999", (1990, 1999)),
        ("..1979", (None, 1979)),
        ("90s", (1990, 1999)),
        ("1990s", (1990, 1999)),
        ("'80S", (1980, 1989)),
        ("80s-90s", (1980, 1999)),
        ("1985-90s", (1985, 1999)),
        ("00s", (2000, 2009)),
        ("20s", (2020, 2029)),
        ("30s", (1930, 1939)),
        ("2010s..", (2010, None)),
        ("-70s", (None, 1979)),
    ],
)
def test_years_and_decades(text: str, years: tuple[float | None, float | None]) -> None:
    assert TrackFilter(year=text).year == years


@pytest.mark.parametrize("text", ["90", "90-99", "95s", "90s-80s", "nineties", "1990.5", "19990", "", "s"])
def test_what_is_no_year_is_told_with_years(text: str) -> None:
    with pytest.raises(UsageError, match=r"`year`.*(1990-1999, 90s, 2010- or \.\.1980|ends before it starts)"):
        TrackFilter(year=text)
