"""A model that an earlier version wrote is read as it was; `test_song_models` has what is trained anew."""

import json
from pathlib import Path

import numpy as np

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
