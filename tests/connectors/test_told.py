"""What servers tell is read whatever it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.connectors import told

Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(found=Json)
def test_whatever_is_told_is_a_value_or_none(found: Any) -> None:
    for line in (told.text(found), told.texts(found)):
        assert line is None or (line and line == line.strip() and "\n" not in line)
    assert isinstance(told.identifier(found), str)
    assert isinstance(told.within(found, "a"), dict)
    value = told.number(found)
    assert value is None or 0 <= value < 1 << 63
    length = told.seconds(found, 1000)
    assert length is None or 0 < length < 1e7
    assert 0 <= told.nanoseconds(found) < 1 << 63
    suffix = told.suffix(found)
    assert suffix is None or (suffix.isalnum() and suffix == suffix.lower())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("2023-03-14T17:51:22Z", 1678816282 * 10**9),
        ("2023-03-14T18:51:22.1128275+01:00", 1678816282 * 10**9),
        ("2023-03-14T17:51:22", 1678816282 * 10**9),
        (1678816282, 1678816282 * 10**9),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", 0),  # more than the library's whole numbers hold
        (10**400, 0),
        ("soon", 0),
        (None, 0),
    ],
)
def test_moments(found: Any, expected: int) -> None:
    assert told.nanoseconds(found) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("/a.b/Song.FLAC", "mp3"), "flac"),
        (("C:\\a.b\\Song.mp3", None), "mp3"),
        (("C:\\a.b\\Song", None), None),
        (("/a.b/Song", "M4A"), "m4a"),
        (("/a/Song. x", ".ogg"), "ogg"),
        ((None, "mov,mp4"), None),
        ((3, 4), None),
    ],
)
def test_extensions(found: tuple[Any, Any], expected: str | None) -> None:
    assert told.suffix(*found) == expected


def test_what_is_begun_is_found_by_what_it_is_to_be() -> None:
    names = {told.begun_name(name, comment) for name in ("a", "b", "\udc80") for comment in ("", "a", "b")}
    assert len(names) == 9
    assert told.begun_name("a", "b") == told.begun_name("a", "b")


@given(
    entries=st.lists(st.integers(0, 30), max_size=40),
    size=st.integers(1, 7),
    gone=st.lists(st.integers(0, 30), max_size=3),
    counts=st.booleans(),
)
def test_entries_are_walked_once_whatever_goes_meanwhile(
    entries: list[int], size: int, gone: list[int], counts: bool
) -> None:
    there = [{"id": each} for each in dict.fromkeys(entries)]
    left = iter(gone)

    def page(at: int) -> tuple[list[dict[str, Any]], int | None]:
        found = list(there[at : at + size]), len(there) if counts else None
        dropped = next(left, None)
        there[:] = [entry for entry in there if entry["id"] != dropped]
        return found

    found = [entry["id"] for entry in told.each_once(page, "id")]
    assert len(found) == len(set(found))
    if counts or not set(gone) & set(entries):
        assert {entry["id"] for entry in there} <= set(found)
