import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.errors import ModelError
from img2music.music.song import Song
from img2music.research.songs.artist_inputs import SHRINKAGE, Artist
from img2music.research.songs.groups import TrainingPart
from img2music.research.songs.inputs import restore_group

NAMES = st.lists(st.sampled_from(["Ann", "ann ", "Bob", "Cid"]), min_size=4, max_size=30)


def songs_of(names):
    return [Song(row=number, title="Song", artist=name) for number, name in enumerate(names)]


def learning(targets, folds=2):
    parts = [np.arange(start, len(targets), folds) for start in range(folds)]
    return TrainingPart(np.column_stack([targets, targets]), ("valence", "arousal"), parts, by_artist=False)


@given(NAMES, st.integers(0, 2**32 - 1))
def test_a_songs_own_target_is_not_among_its_inputs(names, seed):
    targets = np.random.default_rng(seed).random(len(names))
    group = Artist("artist")
    before = group.fit(songs_of(names), learning(targets))
    assert before.shape == (len(names), len(group.columns()))
    changed = targets.copy()
    changed[::2] = 1.0 - changed[::2]  # the first fold: its own inputs must not notice
    after = Artist("artist").fit(songs_of(names), learning(changed))
    assert np.array_equal(before[::2], after[::2])


def test_known_artists_tell_and_others_do_not():
    group = Artist("artist")
    group.fit(songs_of(["Ann", "ANN", "Bob", "Bob"]), learning(np.array([0.9, 0.9, 0.1, 0.1])))
    ann, bob, new = group.transform(songs_of(["ann", "Bob", "Zoe"]))
    assert ann == pytest.approx([0.8 / (2 + SHRINKAGE), 0.8 / (2 + SHRINKAGE), 2.0])
    assert bob[0] == pytest.approx(-ann[0])
    assert new.tolist() == [0.0, 0.0, 0.0]
    assert group.lacks(Song(row=2, title="Song")) == "artist"


def test_what_is_saved_tells_the_same(tmp_path):
    group = Artist("artist")
    songs = songs_of(["Ann", "Bob", "Ann", "Zoë"])
    group.fit(songs, learning(np.array([0.9, 0.2, 0.7, 0.4])))
    facts = group.save(tmp_path)
    restored = restore_group("artist", facts, tmp_path)
    assert np.array_equal(restored.transform(songs), group.transform(songs))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"a": 1}', b'{"a": [1]}', b'{"a": [1, 2, 0]}', b'{"a": [NaN, 0, 1]}', b"\xff"]
)
def test_damaged_files_are_told(tmp_path, content):
    (tmp_path / "artist.json").write_bytes(content)
    with pytest.raises(ModelError, match="artist"):
        restore_group("artist", {"file": "artist.json", "axes": ["valence", "arousal"]}, tmp_path)
    with pytest.raises(ModelError):
        restore_group("artist", {"file": "../artist.json", "axes": []}, tmp_path)
