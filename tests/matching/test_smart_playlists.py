"""Smart playlists: what Navidrome would find by their rules, asked of SQLite in the way in which its source asks."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.connectors.tag_writing import Moods
from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.filters import TrackFilter
from img2music.library.heard import HeardLibrary
from img2music.library.search import AffectIndex
from img2music.library.store import LibraryStore
from img2music.matching.matcher import Matcher
from img2music.matching.person import Person
from img2music.matching.playlists import FORMATS
from img2music.matching.query import Query, QueryKind, affect_of
from img2music.matching.ranking import TrackIndex
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.matching.smart_playlists import Searched
from img2music.options import MatchMode, RecommendOptions
from tests.conftest import ROOT
from tests.support.navidrome import AXES, selected
from tests.support.songs import library, record, track

SIZE = 120


def tags_of(points: np.ndarray) -> list[dict[str, Any]]:
    """What is written into the files of songs."""
    moods = [Moods(v, a, Affect(v, a).word, None, None) for v, a in points.tolist()]
    return [
        {"img2music_valence": each.text("valence"), "img2music_arousal": each.text("arousal"), "mood": each.mood}
        for each in moods
    ]


def searched_for(
    points: np.ndarray,
    positions: Sequence[tuple[float, float]],
    top: int,
    mode: MatchMode = MatchMode.RELATIVE,
    *,
    allowed: np.ndarray | None = None,
    where: TrackFilter = TrackFilter(),
) -> Recommendations:
    """Recommendations of so many songs, of which no more is known than that they were recommended."""
    index = AffectIndex(points, AffectDistribution.of(*points.T) if mode is MatchMode.RELATIVE else None)
    searched = Searched(TrackIndex(np.arange(len(points)), [(None, index)]), index, allowed, where)
    songs = [track(n, f"/music/{n}.flac", affect=Affect(*points[n % len(points)])) for n in range(top)]
    matches = tuple(Match(n, song, (0.5, 0.5), 0.0, 1.0, None, "near") for n, song in enumerate(songs, start=1))
    lists = tuple(
        Recommendation(Query(QueryKind.POINT, Affect(*at)), at, matches if n == 0 else ())
        for n, at in enumerate(positions)
    )
    return Recommendations(mode, True, lists, (), (), searched)


UNIT = st.integers(0, 10**4).map(lambda n: n / 10**4)  # so that distances are the same, or clearly others
POINT = st.tuples(UNIT, UNIT)
GRIDS = st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.integers(0, 200).map(lambda n: n / 200))  # many ties


@given(
    st.lists(POINT | GRIDS, min_size=1, max_size=40),
    st.lists(POINT, min_size=1, max_size=3),
    st.integers(1, 45),
    st.sampled_from(MatchMode),
    st.booleans(),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150)
def test_rules_find_exactly_the_songs_that_are_near(  # noqa: PLR0917 - what is drawn
    points, positions, top, mode, numeric, chance
) -> None:
    plane = np.array(points)
    allowed = np.array([chance.random() < 0.7 for _ in points])
    allowed[chance.randrange(len(points))] = True
    found = searched_for(plane, positions, top, mode, allowed=allowed)
    tags = tags_of(plane)
    chosen = set(selected(tags, FORMATS["nsp"].write(found, None), numeric=numeric))

    # A song is as far as the nearest of those that its tags do not tell from it, axis by axis.
    places = found.__dict__["_searched"].files.positions(slice(None))
    steps = [[song[name] for song in tags] for name in AXES]
    far = np.full(len(plane), np.inf)
    for at in positions:
        own = np.abs(places - at)
        least = [{step: min(own[k, n] for k in range(len(plane)) if axis[k] == step) for step in axis}
                 for n, axis in enumerate(steps)]  # fmt: skip
        far = np.minimum(far, [max(least[n][steps[n][k]] for n in range(2)) for k in range(len(plane))])
    nearest_first = sorted({round(distance, 9) for distance in far})
    counts = [int((allowed & (far <= distance + 1e-8)).sum()) for distance in nearest_first]
    fitting = [n for n, count in enumerate(counts) if count <= top]
    last = max(fitting, default=0)
    if counts[last] == 0:
        last = next(n for n, count in enumerate(counts) if count)
    assert chosen == {k for k in range(len(plane)) if far[k] <= nearest_first[last] + 1e-8}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryStore]:
    rng = np.random.default_rng(7)
    songs = [
        record(
            f"/music/{n:03}.flac",
            float(valence),
            float(arousal),
            title=f"Song {n}",
            artist=f"Artist {n % 11}",
            album=f"Album {n % 7}",
            genre=["Jazz", "Post-Rock", None, "jazz fusion"][n % 4],
            label=["Blue Note", None][n % 2],
            year=None if n % 5 == 0 else 1960 + n % 50,
            tempo=60.0 + n,
            duration=100.0 + 3 * n,
        )
        for n, (valence, arousal) in enumerate(zip(rng.beta(4, 6, SIZE), rng.beta(9, 3, SIZE), strict=True))
    ]
    with library(tmp_path_factory.mktemp("library") / "l.db", songs) as opened:
        yield opened


def found_in(store: LibraryStore, query: Query, **wishes: Any) -> Recommendations:
    options = RecommendOptions(**wishes)
    return Matcher(store, options.match, options.where).recommend([query], options)


def told_of(store: LibraryStore) -> tuple[list[int], list[dict[str, Any]]]:
    """The songs of a library as Navidrome knows them, once they are tagged."""
    tracks = list(store.tracks())
    moods = tags_of(np.array([(each.affect.valence, each.affect.arousal) for each in tracks]))
    others = [
        {
            "artist": each.artist,
            "album": each.album,
            "genre": each.genre,
            "recordlabel": each.label,
            "year": each.year or 0,
            "bpm": round(each.features.tempo or 0),
            "duration": each.duration,
        }
        for each in tracks
    ]
    return [each.id for each in tracks], [{**mood, **other} for mood, other in zip(moods, others, strict=True)]


CALM = Query(QueryKind.POINT, affect_of("calm"))


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"genre": "jazz"},
        {"genre": ("rock", "FUSION"), "not_artist": ("Artist 3", "Artist 10")},
        {"not_genre": "jazz", "label": "blue"},
        {"not_label": "blue", "not_album": "Album 2"},
        {"album": ("Album 1", "Album 2"), "artist": "artist 1"},
        {"year": "1970-1989"},
        {"year": "..1979", "duration": "2:00-"},
        {"tempo": "90-120"},
        {"tempo": "100-", "duration": "..5:00"},
    ],
)
def test_conditions_go_along(store: LibraryStore, wishes: dict[str, Any]) -> None:
    where = TrackFilter(**wishes)
    found = found_in(store, CALM, top=SIZE, per_artist=0, where=where)
    ids, songs = told_of(store)
    wanted = set(store.ids(where).tolist())
    assert 0 < len(wanted) < SIZE or not wishes
    assert {ids[n] for n in selected(songs, FORMATS["nsp"].write(found, None))} == wanted
    some = found_in(store, CALM, top=5, per_artist=0, where=where)
    few = selected(songs, FORMATS["nsp"].write(some, None))
    assert 0 < len(few) <= 5
    assert {ids[n] for n in few} <= wanted
    assert json.loads(FORMATS["nsp"].write(some, None))["limit"] == 5


def test_a_word_for_the_mood_needs_no_configuration(store: LibraryStore) -> None:
    found = found_in(store, Query(QueryKind.POINT, Affect(0.9, 0.9)), top=10, where=TrackFilter(genre="jazz"))
    _, songs = told_of(store)
    written = FORMATS["mood.nsp"].write(found, None)
    words = {songs[n]["mood"] for n in selected(songs, written)}
    assert b"img2music_" not in written
    assert words <= {match.track.affect.word for match in found.matches}
    chosen = {n for n, song in enumerate(songs) if song["mood"] in words and "jazz" in (song["genre"] or "").lower()}
    assert set(selected(songs, written)) == chosen
    assert {key: json.loads(written)[key] for key in ("sort", "limit")} == {"sort": "random", "limit": 10}


@pytest.mark.parametrize("name", ["nsp", "mood.nsp"])
def test_golden(name: str, golden: Callable[[str, bytes], None]) -> None:
    grid = np.array([(v / 10, a / 10) for v in range(1, 10) for a in range(1, 10)])
    where = TrackFilter(genre=('R&B "90s"', "소울"), not_artist="a // b", year="..1999", duration="90-", key="D minor")
    asked_for = [(0.25, 0.3), (0.7, 0.85)]
    found = searched_for(grid, asked_for, 12, MatchMode.ABSOLUTE, where=where)
    golden(f"songs.{name}", FORMATS[name].write(found, Path("/music")))
    (lost,) = [note for note in FORMATS[name].notes(found) if "no rule" in note]
    assert "`key`" in lost
    assert "`year`" not in lost


@pytest.mark.parametrize("name", ["nsp", "mood.nsp"])
def test_what_a_person_should_know(store: LibraryStore, name: str) -> None:
    where = TrackFilter(instrumental=True, key="C major", genre="jazz")
    found = found_in(store, CALM, top=4, per_artist=1, where=where)
    notes = list(FORMATS[name].notes(found))
    assert any('Tags.img2music_valence.Aliases = ["img2music_valence"]' in note for note in notes) is (name == "nsp")
    (lost,) = [note for note in notes if "no rule for" in note]
    assert all(f"`{each}`" in lost for each in ("instrumental", "key", "per_artist"))
    assert "`genre`" not in lost
    assert any("4 of 4 songs lack the tags" in note for note in notes)
    plain = found_in(store, CALM, top=4, where=TrackFilter(speech=True))
    assert not any("no rule" in note or "leave out" in note for note in FORMATS[name].notes(plain))


@pytest.mark.parametrize("name", ["nsp", "mood.nsp"])
def test_what_is_unwanted_is_told(store: LibraryStore, name: str) -> None:
    person = Person(never=frozenset([1]))
    options = RecommendOptions(top=4, where=TrackFilter(speech=True))
    found = Matcher(store, options.match, options.where, person).recommend([CALM], options)
    assert "Navidrome does not leave out songs that you never want." in FORMATS[name].notes(found)
    heard = HeardLibrary(store, np.array([1, 2]), np.full((2, 2), 0.1))
    assert any("is not in their tags" in note for note in FORMATS[name].notes(found_in(heard, CALM)))
    assert not any("is not in their tags" in note for note in FORMATS[name].notes(found))


def test_the_lines_of_configuration_are_documented(store: LibraryStore) -> None:
    page = (ROOT / "docs" / "server-playlists.md").read_text(encoding="utf-8")
    for axis in ("valence", "arousal"):
        assert f'Tags.img2music_{axis}.Aliases = ["img2music_{axis}"]' in page


@given(st.binary(max_size=30).filter(lambda name: b"\0" not in name), st.text(max_size=20))
def test_names_hold_anything(name: bytes, text: str) -> None:
    query = Query(QueryKind.IMAGE, Affect(0.5, 0.5), os.fsdecode(b"/photos/" + name))
    plane = np.array([(0.5, 0.5)])
    wanted = TrackFilter(genre=text) if text.strip() and text.isprintable() else TrackFilter()
    found = searched_for(plane, [(0.5, 0.5)], 1, where=wanted)
    found = Recommendations(
        found.match, True, (Recommendation(query, (0.5, 0.5), found.matches),), (), (), found.__dict__["_searched"]
    )
    for form in (FORMATS["nsp"], FORMATS["mood.nsp"]):
        written = form.write(found, None)
        document = json.loads(written.decode("ascii"))
        assert document["comment"].isprintable()
        assert not wanted.genre or {"contains": {"genre": text}} in document["all"]


def test_a_list_of_songs_is_no_rule() -> None:
    plane = np.array([(0.5, 0.5)])
    matches = searched_for(plane, [(0.5, 0.5)], 1).recommendations
    for name in ("nsp", "mood.nsp"):
        with pytest.raises(UsageError, match="rule for what is asked for"):
            FORMATS[name].write(Recommendations(MatchMode.ABSOLUTE, True, matches), None)
        with pytest.raises(UsageError, match="No song was recommended"):
            FORMATS[name].write(searched_for(plane, [(0.5, 0.5)], 0), None)
        assert FORMATS[name].write(searched_for(plane, [], 0), None) == b""


def test_more_than_navidrome_reads_is_refused() -> None:
    rng = np.random.default_rng(1)
    many = [(x, y) for x, y in rng.random((1500, 2)).tolist()]
    with pytest.raises(UsageError, match="100 KiB"):
        FORMATS["nsp"].write(searched_for(rng.random((3000, 2)), many, 1500), None)
