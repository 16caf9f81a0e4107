"""Recommending from a library that stays open."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from img2music.affect import Affect
from img2music.app.feedback import LibraryFeedback
from img2music.app.recommending import Recommender, recommend
from img2music.errors import UsageError
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore
from img2music.matching.query import QueryKind
from img2music.options import RecommendOptions
from tests.conftest import Locations
from tests.support.songs import library, put, record

POINT = Affect(0.5, 0.5)


@pytest.fixture
def store(tmp_path: Path, at: Locations) -> Iterator[LibraryStore]:
    records = [
        record(f"/{i:03}.mp3", i / 100, i / 100, title=str(i), genre="jazz" if i % 2 else "rock") for i in range(100)
    ]
    with library(at(tmp_path / "l.db"), records) as opened:
        yield opened


def titles(recommender: Recommender, **wishes: object) -> list[str | None]:
    options = RecommendOptions(top=3, match="absolute", **wishes)
    return [match.track.title for match in recommender.recommend([POINT], options).matches]


def test_what_was_read_is_kept_until_the_library_or_the_conditions_change(
    store: LibraryStore, tmp_path: Path, at: Locations
) -> None:
    recommender = Recommender(store)
    assert titles(recommender) == ["50", "49", "51"]
    kept = recommender._matcher(RecommendOptions(match="absolute"))
    assert titles(recommender) == ["50", "49", "51"]
    assert recommender._matcher(RecommendOptions(match="absolute", top=1)) is kept
    assert titles(recommender, where=TrackFilter(genre="jazz")) == ["49", "51", "47"]
    assert recommender._matcher(RecommendOptions(match="absolute", top=1)) is kept
    for genre in "abcd":
        recommender._matcher(RecommendOptions(match="absolute", where=TrackFilter(not_genre=genre)))
    assert recommender._matcher(RecommendOptions(match="absolute", top=1)) is not kept
    with LibraryStore.open(at(tmp_path / "l.db")) as another:
        put(another, [record("/new.mp3", 0.5, 0.5, title="new")])
    assert titles(recommender) == ["50", "new", "49"]
    put(store, [record("/own.mp3", 0.501, 0.5, title="own")])
    assert titles(recommender) == ["50", "new", "own"]


def test_what_people_say_counts_at_once_and_places_no_song_anew(store: LibraryStore) -> None:
    recommender, feedback = Recommender(store), LibraryFeedback(store)
    options = RecommendOptions(match="absolute")
    assert titles(recommender) == ["50", "49", "51"]
    _, before = recommender._matcher(options)
    feedback.never("/050.mp3")
    assert titles(recommender) == ["49", "51", "48"]
    assert recommender._matcher(options)[1].placed is before.placed
    feedback.undo()
    assert titles(recommender) == ["50", "49", "51"]
    put(store, [record("/own.mp3", 0.501, 0.5, title="own")])
    assert titles(recommender) == ["50", "own", "49"]
    assert recommender._matcher(options)[1].placed is not before.placed


def test_several_threads_may_recommend_from_one_library(store: LibraryStore) -> None:
    recommender = Recommender(store)
    points = [Affect(i / 20, 1 - i / 20) for i in range(20)]
    alone = [recommender.recommend([point]) for point in points]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda point: Recommender(store).recommend([point]), points)) == alone
        assert list(pool.map(lambda point: recommender.recommend([point]), points)) == alone


def test_files_points_and_tracks_are_asked_for_in_any_order(store: LibraryStore, tmp_path: Path, at: Locations) -> None:
    Image.new("RGB", (80, 60), (200, 30, 30)).save(tmp_path / "photo.png")
    track = next(store.tracks([50]))
    steps: list[object] = []
    found = recommend(at(tmp_path / "l.db"), [POINT, tmp_path / "photo.png", track, "gone.jpg"], progress=steps.append)
    assert [each.query.kind for each in found] == [QueryKind.POINT, QueryKind.IMAGE, QueryKind.SONG]
    assert track.id not in [match.track.id for match in found[2].matches]
    assert [error.path for error in found.errors] == ["gone.jpg"]
    assert len(steps) == 4
    assert found[1].query.spread is not None
    with pytest.raises(UsageError, match="`valence` and `arousal`, or `emotion`"):
        recommend(at(tmp_path / "l.db"), [])


def test_a_folder_of_the_library_goes_without_a_folder_of_music(
    store: LibraryStore, tmp_path: Path, at: Locations
) -> None:
    options = RecommendOptions(where=TrackFilter(folder="/music/jazz"))
    with pytest.raises(UsageError, match="either `folder` or `music`"):
        recommend(at(tmp_path / "l.db"), [POINT], options, music=tmp_path)


def test_songs_are_recommended_without_the_libraries_of_films() -> None:
    asked = "import sys, img2music.app.recommending; sys.exit(bool({'scenedetect', 'av', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
