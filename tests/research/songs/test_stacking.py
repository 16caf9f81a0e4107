import dataclasses

import numpy as np
import pytest

from img2music.affect import SCALES, Scale
from img2music.errors import UsageError
from img2music.research.songs import stacking
from img2music.research.songs.inputs import make_groups
from img2music.research.songs.options import SplitBy, StackOptions
from img2music.research.songs.splitting import artists_of, folds_of, hold_out
from img2music.research.songs.targets import SongTarget, rated_target, refuse_circular
from tests.support.made_songs import SONGS, data_of


def test_splits_are_what_they_say():
    train_places, test = hold_out(SONGS, SplitBy.ARTIST, 0.2, 1)
    artists = np.array(artists_of(SONGS))
    assert not set(artists[train_places]) & set(artists[test])
    assert sorted([*train_places, *test]) == list(range(90))
    for part in folds_of(SONGS, SplitBy.ARTIST, 4, 0):
        assert not set(artists[part]) & set(np.delete(artists, part))
    with pytest.raises(UsageError, match="number of artists, 30"):
        folds_of(SONGS, SplitBy.ARTIST, 31, 0)
    with pytest.raises(UsageError, match="too few"):
        hold_out(SONGS[:1], SplitBy.RANDOM, 0.2, 0)


def test_a_target_is_no_input():
    for name in ("valence", "energy", "moods"):
        with pytest.raises(UsageError, match=name):
            make_groups(["music", name])
    for names in (["music", "music"], [], ["music", "spotify"]):
        with pytest.raises(UsageError):
            make_groups(names)
    with pytest.raises(UsageError, match="says nothing"):
        data_of(inputs=("spotify",))
    values = np.array([0.1, 0.4, 0.3])
    with pytest.raises(UsageError, match="'energy' is a copy"):
        refuse_circular(SongTarget("arousal", values, SCALES["unit"], "", human=True), values[:, None] * -3, ["energy"])


def test_songs_that_lack_something_are_counted_and_left_out():
    songs = [dataclasses.replace(song, tempo=None) if song.row < 12 else song for song in SONGS]
    songs[50] = dataclasses.replace(songs[50], energy=None)
    data = data_of(songs)
    assert len(data.songs) == 79
    assert data.left_out == {"tempo": 10, "target arousal": 1}
    with pytest.raises(UsageError, match="most lack: tempo"):
        data_of(songs[:10])


def test_too_few_songs_are_refused(tmp_path):
    with pytest.raises(UsageError, match="28 songs are too few"):
        stacking.train(data_of(SONGS[:36]), StackOptions(), tmp_path)


def test_peoples_ratings_are_read_on_their_scale():
    scale = Scale.parse("1-9")
    target = rated_target(SONGS[:3], "valence", "mean", scale=scale, rows={2: 1.0, 3: 9.0, 4: None})
    assert target.values[:2].tolist() == [0.0, 1.0]
    assert np.isnan(target.values[2])
    with pytest.raises(UsageError, match=r"line 3, column 'mean': 9\.5 is outside"):
        rated_target(SONGS[:3], "valence", "mean", scale=scale, rows={2: 1.0, 3: 9.5})
    with pytest.raises(UsageError, match="no two values"):
        rated_target(SONGS[:3], "valence", "mean", scale=scale, rows={})
