"""What was recommended: as Python, JSON, a notebook's HTML, and files."""

import copy
import dataclasses
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.filters import TrackFilter
from img2music.library.search import AffectIndex
from img2music.matching.passages import Passage
from img2music.matching.query import Query, QueryKind
from img2music.matching.ranking import TrackIndex
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.matching.smart_playlists import Searched
from img2music.options import MatchMode
from tests.support.songs import track, unheard

PHOTO = Query(QueryKind.IMAGE, Affect(0.7, 0.3), os.fsdecode(b"/photos/caf\xe9.jpg"), spread=Affect(0.1, 0.2))
SONGS = np.random.default_rng(0).random((1000, 2))


def found() -> Recommendations:
    tracks = (track(1, "/music/<a> & b #1.mp3", title="<i>A & b"), unheard(2, "spotify:x", title="B"))
    passages = (Passage(61.5, 91.5), None)
    matches = tuple(
        Match(rank, song, (0.7, 0.3), 0.1, 1 / 1.1, passage, "Calm like the photo")
        for rank, (song, passage) in enumerate(zip(tracks, passages, strict=True), start=1)
    )
    lists = tuple(Recommendation(query, (0.7, 0.3), matches) for query in (PHOTO, Query(QueryKind.POINT, PHOTO.affect)))
    index = AffectIndex(SONGS)
    searched = Searched(TrackIndex(np.arange(1000), [(None, index)]), index, None, TrackFilter())
    return Recommendations(MatchMode.RELATIVE, False, lists, ("A note.",), (), searched)


def test_results_compare_and_are_kept() -> None:
    assert found() == found()
    assert hash(found()) == hash(found())
    assert found() != dataclasses.replace(found(), notes=())
    assert pickle.loads(pickle.dumps(found())) == copy.deepcopy(found()) == found()


def test_results_are_sequences_and_short_to_look_at() -> None:
    whole = found()
    assert len(whole) == 2
    assert whole[0] is next(iter(whole))
    assert [match.track.id for match in whole.matches] == [1, 2]
    assert repr(whole) == "<Recommendations: 2 queries, 2 songs, 0 errors>"
    assert len(repr([whole[0], *whole.matches])) < 400


def test_results_are_json() -> None:
    failed = dataclasses.replace(found(), errors=(InputError("is no picture.", "a.txt"),))
    shape = json.loads(failed.to_json())
    assert json.loads(json.dumps(failed.to_dict())) == shape
    assert shape["schema"] == "img2music/recommend/2"
    assert shape["errors"] == [{"path": "a.txt", "error": "is no picture."}]
    first = shape["recommendations"][0]
    assert os.fsencode(first["query"]["path"]) == b"/photos/caf\xe9.jpg"
    assert first["query"]["word"] == "serene"
    assert first["query"]["spread"] == {"valence": 0.1, "arousal": 0.2}
    assert first["matches"][0]["passage"] == {"start": 61.5, "end": 91.5}
    for result, part in ((found()[0], first), (found()[0].matches[0], first["matches"][0])):
        assert json.loads(json.dumps(result.to_dict())) == part
    assert json.loads(json.dumps(dataclasses.asdict(found()))) is not None


def test_results_are_saved_by_their_ending(tmp_path: Path) -> None:
    found().save(tmp_path / "list.m3u8")
    assert "#1.mp3" in (tmp_path / "list.m3u8").read_text()
    (tmp_path / "mine.pls").write_text("mine")
    with pytest.raises(InputError, match="is not a PLS playlist"):
        found().save(tmp_path / "mine.pls")
    found().plot(tmp_path / "plane.svg")
    assert "2 queries among 1,000 songs" in (tmp_path / "plane.svg").read_text()
