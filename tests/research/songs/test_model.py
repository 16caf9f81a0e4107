"""A model that an earlier version wrote is read as it was; `test_song_models` has what is trained anew."""

import json
from pathlib import Path

import numpy as np
import pytest

from img2music.research.songs.groups import LyricSource, Sources, TrainingPart
from img2music.research.songs.inputs import make_groups, restore_group
from img2music.research.songs.judging import Training
from img2music.research.songs.model import SongModel
from tests.support.made_songs import made_songs

FROZEN = Path(__file__).parent / "frozen"


def test_a_model_of_an_earlier_version_reads_what_it_read():
    expected = json.loads((FROZEN / "expected.json").read_text())
    model = SongModel.load(FROZEN)
    assert model.inputs == (
        "music",
        "lyric-affect",
        "lyric-embedding",
        "lyric-style",
        "lyric-words",
        "title-words",
        "artist",
        "other-songs",
    )
    np.testing.assert_allclose(model.predict(made_songs(12, seed=77)), expected["affect"], atol=1e-6)
    assert model.name == expected["name"]  # by which a library's tracks are marked


def test_what_an_earlier_version_trained_on_and_chose_is_known():
    training = Training.read(FROZEN)
    assert training.source.lyrics.components == 2
    assert training.chosen["arousal"].bases[1].settings == {"n_estimators": 3, "num_leaves": 4, "learning_rate": 0.3}


@pytest.mark.parametrize("name", ["lyric-affect", "lyric-embedding", "lyric-style", "title-words"])
def test_a_group_that_was_saved_gives_the_same(name, tmp_path):
    songs = made_songs(30)
    (group,) = make_groups([name], Sources(LyricSource(components=2)))
    targets = np.linspace(0, 1, len(songs))[:, None]
    group.fit(songs, TrainingPart(targets, ("valence",), [np.arange(15), np.arange(15, 30)], by_artist=False))
    facts = json.loads(json.dumps(group.save(tmp_path)))
    assert np.array_equal(restore_group(name, facts, tmp_path).transform(songs[:5]), group.transform(songs[:5]))
