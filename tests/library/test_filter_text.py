import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.errors import UsageError
from img2music.library.filter_text import (
    parse_key,
    parse_length_range,
    parse_range,
    parse_year_range,
    track_filter,
)
from img2music.library.listing import length_text
from tests.support.records import make_record


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
    assert parse_range(text, "--tempo") == expected


@pytest.mark.parametrize("text", ["", "-", "..", "fast", "120-90", "90-120-130", "1e3", "nan", "--5"])
def test_what_is_no_range(text):
    with pytest.raises(UsageError, match="--tempo"):
        parse_range(text, "--tempo")


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
    assert parse_length_range(text) == expected


@pytest.mark.parametrize("text", ["5:00-2:00", "1:2:3:4", ":30", "long"])
def test_what_is_no_length(text):
    with pytest.raises(UsageError, match="--length"):
        parse_length_range(text)


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
    assert parse_key(text) == expected


@pytest.mark.parametrize("text", ["", "H minor", "minor", "D minorish", "C##"])
def test_what_is_no_key(text):
    with pytest.raises(UsageError, match="--key"):
        parse_key(text)


@given(key=st.integers(0, 11), mode=st.integers(0, 1))
def test_a_key_that_is_printed_is_read_back(key, mode):
    printed = make_record(key=key, mode=mode).analysis.features.key_name
    assert parse_key(printed) == (key, mode)


@given(seconds=st.integers(0, 10**6))
def test_a_length_that_is_printed_is_read_back(seconds):
    assert parse_length_range(length_text(seconds)) == (seconds, seconds)


def test_nothing_typed_means_any():
    where = track_filter()
    assert where == type(where)()


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
    assert parse_year_range(text) == years
    assert track_filter(year=text).year == years


@pytest.mark.parametrize("text", ["90", "90-99", "95s", "90s-80s", "nineties", "1990.5", "19990", "", "s"])
def test_what_is_no_year_is_told_with_years(text: str) -> None:
    with pytest.raises(UsageError, match=r"--year.*(1990-1999, 90s, 2010- or \.\.1980|ends before it starts)"):
        parse_year_range(text)
