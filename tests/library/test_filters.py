import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.library.filters import columns_needed, mask
from img2music.library.store import LibraryStore
from img2music.library.track import TrackFilter
from img2music.sources.tags import Tags
from tests.library.records import make_record, make_song

WORDS = [
    "rock",
    "ROCK",
    "Stra\u00dfe",
    "STRASSE",
    "\u00e9tude",
    "E\u0301TUDE",
    "100%",
    "a_b",
    "a/b",
    "\u0130stanbul",
    "",
    "x",
]
texts = st.none() | st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
wishes = st.lists(st.sampled_from(WORDS) | st.sampled_from(["%", "_", "/", "r", "s", "\u00df"]), max_size=2).map(tuple)


def ranges(values):
    return st.none() | st.tuples(st.none() | values, st.none() | values)


records = st.lists(
    st.builds(
        dict,
        tags=st.builds(
            Tags, artist=texts, album=texts, genre=texts, year=st.none() | st.integers(1990, 1994), title=st.none()
        ),
        tempo=st.none() | st.integers(90, 94).map(float),
        duration=st.integers(100, 104).map(float),
        instrumentalness=st.sampled_from([0.0, 0.49, 0.5, 1.0]),
        key=st.none() | st.integers(0, 3),
        mode=st.none() | st.integers(0, 1),
        missing=st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
songs = st.lists(
    st.builds(
        dict,
        tags=st.builds(
            Tags, artist=texts, album=texts, genre=texts, year=st.none() | st.integers(1990, 1994), title=st.none()
        ),
        duration=st.none() | st.integers(100, 104).map(float),
        tempo=st.none() | st.integers(90, 94).map(float),
        instrumentalness=st.none() | st.sampled_from([0.49, 0.5]),
    ),
    max_size=4,
)
filters = st.builds(
    TrackFilter,
    genre=wishes,
    artist=wishes,
    album=wishes,
    year=ranges(st.integers(1990, 1994).map(float)),
    tempo=ranges(st.integers(90, 94).map(float)),
    duration=ranges(st.integers(100, 104).map(float)),
    instrumental=st.none() | st.booleans(),
    key=st.none() | st.tuples(st.integers(0, 3), st.none() | st.integers(0, 1)),
    file=st.none() | st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=records, unheard=songs, wanted=st.lists(filters, min_size=1, max_size=4))
def test_sql_and_masks_agree(tmp_path_factory, rows, unheard, wanted):
    with LibraryStore.open(tmp_path_factory.mktemp("filters") / "library.db", create=True) as store:
        store.put(make_record(f"/{number}.mp3", **row) for number, row in enumerate(rows))
        with store.writing() as transaction:
            transaction.put_songs(make_song(f"spotify:{number}", **song) for number, song in enumerate(unheard))
        for where in wanted:
            columns = store.columns(["id", *columns_needed(where)])
            by_mask = columns["id"][mask(where, columns, len(columns["id"]))]
            assert np.array_equal(store.ids(where), by_mask)
            assert sorted(track.id for track in store.tracks(where=where)) == by_mask.tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (TrackFilter(), "abc"),
        (TrackFilter(genre=("rock",)), "a"),
        (TrackFilter(genre=("rock", "jazz")), "ab"),
        (TrackFilter(artist=("BJ\u00d6RK",)), "a"),
        (TrackFilter(artist=("bjo\u0308rk",)), "a"),
        (TrackFilter(genre=("%",)), ""),
        (TrackFilter(year=(1990, 1999)), "a"),
        (TrackFilter(year=(None, None)), "ab"),
        (TrackFilter(year=(2000, None)), "b"),
        (TrackFilter(tempo=(None, 120)), "ab"),
        (TrackFilter(duration=(200, 200)), "abc"),
        (TrackFilter(instrumental=True), "a"),
        (TrackFilter(instrumental=False), "bc"),
        (TrackFilter(key=(2, None)), "ab"),
        (TrackFilter(key=(2, 1)), "b"),
        (TrackFilter(file=True), "abc"),
        (TrackFilter(file=False), ""),
    ],
)
def test_what_a_filter_means(tmp_path, where, expected):
    with LibraryStore.open(tmp_path / "library.db", create=True) as store:
        store.put(
            [
                make_record("/a", tags=Tags(artist="Bj\u00f6rk", genre="Indie Rock", year=1999), instrumentalness=0.5),
                make_record("/b", tags=Tags(artist="x", genre="Jazz", year=2000), mode=1, instrumentalness=0.4),
                make_record("/c", tags=Tags(), tempo=None, key=None, mode=None, instrumentalness=0.0),
            ]
        )
        assert "".join(track.path[1:] for track in store.tracks(where=where)) == expected
