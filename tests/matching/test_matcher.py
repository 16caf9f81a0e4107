"""Recommendations from a real library."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.distribution import AffectDistribution
from img2music.errors import LibraryError, UsageError
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore
from img2music.matching.matcher import Matcher
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Recommendations
from img2music.options import MatchMode, RecommendOptions
from tests.conftest import ROOT
from tests.support.songs import library, record, song

SIZE = 300
PHOTOS = AffectDistribution.of(np.linspace(0.2, 0.9, 50), np.linspace(0.1, 0.7, 50))

SHAPE = json.loads((ROOT / "docs/schemas/recommend.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """Affects of a library that crowds in a part of the plane, as real ones do."""
    rng = np.random.default_rng(4)
    return np.column_stack([rng.beta(4, 6, SIZE), rng.beta(9, 3, SIZE)])


@pytest.fixture(scope="module")
def store(points: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryStore]:
    records = [
        record(
            f"/music/{i:03}.flac",
            float(valence),
            float(arousal),
            title=f"Song {i}",
            artist=f"Artist {i % 40}",
            genre="jazz" if i % 3 == 0 else "rock",
            tempo=60.0 + i / 2,
        )
        for i, (valence, arousal) in enumerate(points)
    ]
    with library(tmp_path_factory.mktemp("library") / "l.db", records) as opened:
        yield opened


def recommend_for(store: LibraryStore, queries: list[Query], **wishes: Any) -> Recommendations:
    options = RecommendOptions(**wishes)
    return Matcher(store, options.match, options.where).recommend(queries, options, PHOTOS)


def photo(valence: float, arousal: float, path: str = "/photos/a.jpg") -> Query:
    return Query(QueryKind.IMAGE, Affect(valence, arousal), path)


def numbers(valence: float, arousal: float) -> Query:
    return Query(QueryKind.POINT, Affect(valence, arousal))


def numbers_of(recommendation) -> list[list[int]]:
    return [[int(match.track.path[7:10]) for match in query.matches] for query in recommendation]


def test_absolute_is_the_originals_brute_force(store: LibraryStore, points: np.ndarray) -> None:
    found = recommend_for(store, [photo(0.3, 0.6)], match=MatchMode.ABSOLUTE, top=20, per_artist=0)
    distances = np.hypot(points[:, 0] - 0.3, points[:, 1] - 0.6)
    assert numbers_of(found) == [np.argsort(distances, kind="stable")[:20].tolist()]
    for match in found.matches:
        assert match.distance == pytest.approx(match.track.affect.distance(Affect(0.3, 0.6)))
        assert match.similarity == 1.0 / (1.0 + match.distance)


def test_relative_is_brute_force_over_ranks(store: LibraryStore, points: np.ndarray) -> None:
    found = recommend_for(store, [photo(0.6, 0.3)], top=20, per_artist=0)
    ranks = (np.argsort(np.argsort(points, axis=0), axis=0) + 0.5) / SIZE
    asked = PHOTOS.ranks([(0.6, 0.3)])[0]
    expected = np.argsort(np.hypot(*(ranks - asked).T), kind="stable")[:20]
    assert numbers_of(found) == [expected.tolist()]


def test_relative_spreads_photos_over_more_songs_than_absolute(store: LibraryStore) -> None:
    rng = np.random.default_rng(8)
    photos = [photo(float(v), float(a)) for v, a in rng.uniform((0.2, 0.1), (0.9, 0.7), (200, 2))]
    first = {
        matching: {query.matches[0].track.id for query in recommend_for(store, photos, match=matching, top=1)}
        for matching in MatchMode
    }
    assert len(first[MatchMode.RELATIVE]) > 2 * len(first[MatchMode.ABSOLUTE])


def test_numbers_ask_for_the_rim_of_the_library(store: LibraryStore, points: np.ndarray) -> None:
    (happiest,) = recommend_for(store, [numbers(1.0, 1.0)], top=1)
    ranks = (np.argsort(np.argsort(points, axis=0), axis=0) + 0.5) / SIZE
    assert happiest.matches[0].track.path == f"/music/{np.argmin(np.hypot(*(1 - ranks).T)):03}.flac"


@pytest.mark.parametrize("per_artist", [None, 1, 3])
def test_at_most_so_many_per_artist(store: LibraryStore, per_artist: int | None) -> None:
    found = recommend_for(store, [photo(0.5, 0.5)], top=40, per_artist=per_artist)
    artists = [match.track.artist for match in found.matches]
    assert len(artists) == 40
    assert max(artists.count(artist) for artist in artists) <= (per_artist or 2)


def test_filters_hold_and_change_no_distance(store: LibraryStore) -> None:
    where = TrackFilter(genre=("jazz",), tempo=(80, 150))
    everything = recommend_for(store, [photo(0.5, 0.4)], top=SIZE, per_artist=0).matches
    expected = [m for m in everything if m.track.genre == "jazz" and 80 <= m.track.features.tempo <= 150]
    found = recommend_for(store, [photo(0.5, 0.4)], top=SIZE, per_artist=0, where=where).matches
    assert [(m.track.id, m.distance) for m in found] == [(m.track.id, m.distance) for m in expected]
    assert len(expected) == 47


def test_a_song_of_the_library_is_ranked_in_it_and_left_out(store: LibraryStore) -> None:
    song = store.find("/music/017.flac")
    query = Query(QueryKind.SONG, song.affect, song.path, track=song)
    matches = recommend_for(store, [query], top=SIZE, per_artist=0).matches
    assert len(matches) == SIZE - 1
    assert song.id not in {match.track.id for match in matches}
    assert matches[0].distance < 0.1
    assert "like the song" in matches[0].reason


def test_duplicates_are_collapsed(tmp_path: Path) -> None:
    records = [
        record("/a.flac", 0.5, 0.5, title="Air", artist="Bach", duration=200.0),
        record("/b.mp3", 0.51, 0.5, title="AIR", artist="bach", duration=201.5),
        record("/c.mp3", 0.52, 0.5, content="same"),
        record("/d.mp3", 0.53, 0.5, content="same"),
        record("/e.mp3", 0.54, 0.5),
        record("/gone.mp3", 0.5, 0.5, missing=True),
    ]
    with library(tmp_path / "l.db", records) as store:
        found = recommend_for(store, [numbers(0.0, 0.5)], per_artist=0).matches
        assert [match.track.path for match in found] == ["/a.flac", "/c.mp3", "/e.mp3"]
        copy = store.find("/d.mp3")
        query = Query(QueryKind.SONG, copy.affect, copy.path, track=copy)
        assert {m.track.path for m in recommend_for(store, [query]).matches} <= {
            "/a.flac",
            "/b.mp3",
            "/e.mp3",
        }


def test_of_copies_the_albums_is_recommended(tmp_path: Path) -> None:
    records = [
        record("/Backup/a.mp3", 0.5, 0.5, sound="s", title="A", album="Album", artist="X"),
        record("/Music/A/a.mp3", 0.6, 0.5, sound="s", title="Another", album="Album", artist="Y"),  # words moved it
        record("/Downloads/b (2).mp3", 0.5, 0.6, sound="t", genre="jazz"),
        record("/Downloads/b.mp3", 0.5, 0.6, sound="t"),
        record("/gone/b.mp3", 0.5, 0.6, sound="t", missing=True),
    ]

    def found(where: TrackFilter | None = None, *, together: bool = False) -> set[str | None]:
        wishes = {"per_artist": 0, "where": where or TrackFilter(), "together": together}
        return {match.track.path for match in recommend_for(store, [numbers(0.5, 0.5)], **wishes).matches}

    with library(tmp_path / "l.db", records) as store:
        assert found() == found(together=True) == {"/Music/A/a.mp3", "/Downloads/b.mp3"}
        assert found(TrackFilter(artist=("x",))) == {"/Backup/a.mp3"}
        assert found(TrackFilter(genre=("jazz",))) == {"/Downloads/b (2).mp3"}


def test_the_passage_fits_the_query_in_the_space_of_the_match(tmp_path: Path) -> None:
    curve = [CurvePoint(60.0 * i, 60.0 * i + 30.0, Affect(v, 0.5)) for i, v in enumerate([0.3, 0.45, 0.6])]
    records = [record(f"/{i}.mp3", 0.4 + i / 100, 0.5) for i in range(11)]
    records.append(record("/long.mp3", 0.45, 0.5, duration=180.0, curve=curve))
    with library(tmp_path / "l.db", records) as store:

        def start(valence: float, matching: MatchMode) -> float:
            matches = recommend_for(store, [numbers(valence, 0.5)], match=matching, top=12).matches
            return next(match.passage.start for match in matches if match.track.path == "/long.mp3")

        # The library spans valence 0.4 to 0.5: its most pleasant 0.6 has rank 1, its least 0.3 rank 0.
        assert [start(v, MatchMode.RELATIVE) for v in (0.0, 0.55, 1.0)] == [0.0, 60.0, 120.0]
        assert [start(v, MatchMode.ABSOLUTE) for v in (0.0, 0.45, 1.0)] == [0.0, 60.0, 120.0]


def test_json_has_the_documented_shape(store: LibraryStore) -> None:
    shape = json.loads(recommend_for(store, [photo(0.5, 0.5), numbers(0.9, 0.1)], top=3).to_json())
    jsonschema.validate(shape, SHAPE)
    first, second = shape["recommendations"]
    assert (first["query"]["path"], second["query"]["path"]) == ("/photos/a.jpg", None)
    assert [match["rank"] for match in first["matches"]] == [1, 2, 3]
    assert sum(first["query"]["emotions"].values()) == pytest.approx(1.0)


def test_together_is_one_playlist_in_the_photos_order(store: LibraryStore) -> None:
    photos = [photo(0.2, 0.1, "/1.jpg"), photo(0.9, 0.7, "/2.jpg"), photo(0.5, 0.4, "/3.jpg")]
    found = recommend_for(store, photos, together=True, top=9)
    assert [each.query for each in found] == photos
    assert [[match.rank for match in each.matches] for each in found] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert [match.rank for match in found.matches] == list(range(1, 10))
    assert all(match.distance < 0.2 for match in found.matches)
    jsonschema.validate(json.loads(found.to_json()), SHAPE)


def test_together_gives_every_photo_a_song_or_says_why_not(tmp_path: Path) -> None:
    records = [record(f"/{i}.mp3", i / 10, i / 10, artist="Bach") for i in range(5)]
    photos = [photo(0.2 + i / 20, 0.3, f"/{i}.jpg") for i in range(8)]
    with library(tmp_path / "l.db", records) as store:
        found = recommend_for(store, photos, together=True, per_artist=0, top=1)
        assert len(found.matches) == 5
        assert "Only 5 of 8 songs" in found.notes[0]
        assert not recommend_for(store, photos[:5], together=True, per_artist=0, top=1).notes
        assert len(recommend_for(store, photos, together=True, per_artist=3).matches) == 3


def test_the_playlist_of_all_lists_names_each_song_once(store: LibraryStore) -> None:
    found = recommend_for(store, [photo(0.5, 0.5), photo(0.5, 0.5), photo(0.9, 0.1)], top=5)
    ids = [match.track.id for match in found.matches]
    assert len(ids) == len(set(ids)) == 10
    assert ids[:5] == [match.track.id for match in found[0].matches]


def test_says_what_to_do(store: LibraryStore, tmp_path: Path) -> None:
    with library(tmp_path / "empty.db", []) as empty, pytest.raises(LibraryError, match="scan a folder"):
        recommend_for(empty, [photo(0.5, 0.5)])
    with pytest.raises(UsageError, match="passes the filters"):
        recommend_for(store, [photo(0.5, 0.5)], where=TrackFilter(genre="polka"))


def test_songs_without_a_file_are_recommended_with_the_others(tmp_path: Path) -> None:
    files = [record(f"/music/{i}.mp3", i / 10, 0.5, title=f"File {i}", artist=f"Artist {i}") for i in range(10)]
    songs = [song(f"spotify:{i}", i / 10 + 0.01, 0.5, title=f"Row {i}", artist=f"Other {i}") for i in range(10)]
    songs.append(song("song:x", 0.81, 0.5, title="FILE 8", artist="artist 8", duration=None))
    with library(tmp_path / "l.db", files, songs) as opened:
        found = recommend_for(opened, [numbers(0.83, 0.5)], match="absolute", top=4)
        only = recommend_for(opened, [numbers(0.83, 0.5)], match="absolute", top=2, where=TrackFilter(file=True))
    jsonschema.validate(json.loads(found.to_json()), SHAPE)
    titles = [match.track.title for match in found.matches]
    assert titles == ["Row 8", "FILE 8", "File 9", "Row 9"]  # of a song's file and its row, the nearer one
    first, _, heard, _ = found.matches
    assert (first.track.path, first.track.identifier, first.passage) == (None, "spotify:8", None)
    assert (heard.track.path, heard.track.identifier) == ("/music/9.mp3", None)
    assert heard.passage is not None
    assert heard.passage.end == 30.0
    assert [match.track.title for match in only.matches] == ["File 8", "File 9"]


def unsure(spread: float) -> Query:
    return Query(QueryKind.IMAGE, Affect(0.45, 0.55), "/photos/a.jpg", spread=Affect(spread, spread))


def test_an_unsure_picture_is_matched_nearer_to_the_middle(store: LibraryStore) -> None:
    def stands(spread: float) -> tuple[float, float]:
        (found,) = recommend_for(store, [unsure(spread)])
        assert found.matches[0].distance == min(match.distance for match in found.matches)
        return found.position

    sure, less, least = stands(0.01), stands(0.2), stands(0.9)
    for axis in range(2):
        assert abs(sure[axis] - 0.5) > abs(less[axis] - 0.5) > abs(least[axis] - 0.5)
    (absolute,) = recommend_for(store, [unsure(0.2)], match="absolute")
    assert absolute.position == (0.45, 0.55)


def test_the_region_of_an_unsure_picture_is_told(store: LibraryStore) -> None:
    def across(spread: float, match: str) -> list[float]:
        (found,) = recommend_for(store, [unsure(spread)], match=match)
        assert found.region is not None
        return np.ptp(found.region, axis=0).tolist()

    for match in ("relative", "absolute"):
        assert np.less(across(0.02, match), across(0.1, match)).all()
    queries = [unsure(0.0), Query(QueryKind.IMAGE, Affect(0.45, 0.55), "/photos/a.jpg"), numbers(0.5, 0.5)]
    assert [found.region for found in recommend_for(store, queries)] == [None] * 3


def test_songs_of_a_table_are_ranked_among_themselves(tmp_path: Path) -> None:
    """What a table calls 0.7 may be as calm as what is heard as 0.3: ranks must not mix the two measures."""
    steps = np.linspace(-0.1, 0.1, 21)
    heard = [record(f"/music/{i:03}.flac", 0.3 + step, 0.4 + step, title=f"heard {i}") for i, step in enumerate(steps)]
    tabled = [song(f"spotify:{i:03}", 0.6 + step, 0.8 + step, title=f"table {i}") for i, step in enumerate(steps)]
    with library(tmp_path / "l.db", heard, tabled) as mixed, library(tmp_path / "f.db", heard) as alone:
        (found,) = recommend_for(mixed, [numbers(0.5, 0.5)], top=2)
        assert {match.track.title for match in found.matches} == {"heard 10", "table 10"}
        assert found.matches[0].distance == found.matches[1].distance
        of_mixed, of_alone = (
            recommend_for(store, [photo(0.3, 0.4)], top=5, where=TrackFilter(file=True)) for store in (mixed, alone)
        )
        assert numbers_of(of_mixed) == numbers_of(of_alone)
