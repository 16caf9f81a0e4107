from dataclasses import replace

import numpy as np
import pytest

from img2music.errors import ModelError, UsageError
from img2music.research.songs import other_songs, stacking
from img2music.research.songs.groups import Sources, TrainingPart
from img2music.research.songs.inputs import make_groups
from img2music.research.songs.judging import Training
from img2music.research.songs.model import SongModel
from img2music.research.songs.options import SplitBy, StackOptions, StackRecipe
from img2music.research.songs.other_songs import FILE, Others, OtherSongs
from img2music.research.songs.splitting import folds_of
from img2music.research.songs.stacking import SongSource, complete
from img2music.research.songs.targets import spotify_target
from tests.support.made_songs import made_songs

AXES = ("valence", "arousal")
TABLE = made_songs(90)
GLADDER = 0.15
"""How much more valence songs of some artists have, in both tables, for no reason that the features tell."""


def is_glad(song):
    return int(song.artist.split()[1]) % 5 < 2


def gladder(songs):
    return [replace(song, valence=min(song.valence + GLADDER, 1.0)) if is_glad(song) else song for song in songs]


def others_of(count=400):
    """Songs of the table's thirty artists, and of thirty more."""
    made = gladder(
        replace(song, artist=f"Artist {number % 60}", title=f"Other {number}", lyrics=None)
        for number, song in enumerate(made_songs(count, seed=5))
    )
    return [replace(song, identifier=f"spotify:{song.row}") for song in made]


OTHERS = others_of()
SONGS = gladder(TABLE)
SOURCES = Sources(others=OtherSongs(Others(OTHERS, SONGS)))


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(other_songs, "SETTINGS", {"n_estimators": 60, "learning_rate": 0.1, "num_leaves": 8})


def learning(songs, split=SplitBy.RANDOM):
    targets = np.column_stack([spotify_target(songs, axis).values for axis in AXES])
    return TrainingPart(targets, AXES, folds_of(songs, split, 3, 0), by_artist=split is SplitBy.ARTIST)


def titles(songs):
    return {song.title for song in songs}


def test_songs_of_the_table_do_not_count():
    first, second, third, fourth = TABLE[:4]
    unlike = {"danceability": 0.111, "loudness": -7.77, "speechiness": 0.222, "tempo": 99.9}
    same = [
        replace(first, **unlike, title="SONG 0 - Remastered 2011", artist="Ártist 0"),
        replace(second, **unlike, title="Song 1 (Live) [Bonus]"),
        replace(third, title="Another name", artist="Another artist"),  # but its numbers are the same
        replace(fourth, **unlike, title="Yet another", identifier="spotify:x"),
    ]
    new = [replace(first, **unlike, title="Song 0 of mine"), replace(first, **unlike, title="The same again")]
    lacking = replace(OTHERS[0], **(unlike | {"tempo": None}), title="Lacking")
    table = [*TABLE[:3], replace(fourth, identifier="spotify:x"), *TABLE[4:]]
    others = Others([*OTHERS, *same, *new, lacking], table)
    found = titles(others.songs(by_artist=False))
    assert found == titles(OTHERS) | {"Song 0 of mine"}
    assert others.shared == 2  # three have the same made-up numbers
    kept = others.songs(by_artist=True)
    assert len(kept) > 150
    assert not {song.artist for song in kept} & {song.artist for song in TABLE}
    assert titles(kept) < found


def test_too_few_are_refused():
    with pytest.raises(UsageError, match="99 whole songs that the table"):
        Others(OTHERS[:99], TABLE)
    known = [replace(song, artist="Artist 1") for song in OTHERS]
    with pytest.raises(UsageError, match="0 whole songs by other artists"):
        Others(known, TABLE)
    for inputs, sources in ((["other-songs"], Sources()), (["music"], SOURCES)):
        with pytest.raises(UsageError, match="go together"):
            make_groups(inputs, sources)


def test_targets_are_on_the_scale_of_the_table():
    others = Others(OTHERS, SONGS)
    own = np.column_stack([spotify_target(SONGS, axis).values for axis in AXES])
    assert others.targets(SONGS, AXES) == pytest.approx(own)
    assert others.targets(SONGS, ["arousal"]) == pytest.approx(own[:, 1:])


def test_a_songs_own_target_is_not_among_its_inputs():
    told = learning(SONGS)
    before = OtherSongs(Others(OTHERS, SONGS)).fit(SONGS, told)
    changed = told.targets.copy()
    changed[told.parts[0]] = 1.0 - changed[told.parts[0]]
    after = OtherSongs(Others(OTHERS, SONGS)).fit(SONGS, replace(told, targets=changed))
    assert np.array_equal(before[told.parts[0]], after[told.parts[0]])
    assert not np.array_equal(before, after)


def test_features_and_artists_tell():
    group = OtherSongs(Others(OTHERS, SONGS))
    told = learning(SONGS)
    inputs = group.fit(SONGS, told)
    assert inputs.shape == (90, len(group.columns()))
    assert np.corrcoef(inputs[:, 1], told.targets[:, 1])[0, 1] > 0.9  # arousal follows loudness
    glad = np.array([is_glad(song) for song in SONGS])
    assert inputs[glad, 2].mean() > inputs[~glad, 2].mean() + 0.05
    assert inputs[:, 4].min() > 2
    new = group.transform([replace(SONGS[0], artist="Nobody"), replace(SONGS[0], artist=None)])
    assert new[:, 2:].tolist() == [[0.0] * 3] * 2


def test_by_artist_nothing_is_known_of_artists():
    group = OtherSongs(Others(OTHERS, SONGS))
    inputs = group.fit(SONGS, learning(SONGS, SplitBy.ARTIST))
    assert np.corrcoef(inputs[:, 1], learning(SONGS).targets[:, 1])[0, 1] > 0.8
    assert not inputs[:, 2:].any()


@pytest.mark.slow
def test_a_model_with_other_songs_reads_what_it_was_trained_to(tmp_path):
    groups = make_groups(["music", "other-songs"], SOURCES)
    data = complete(SONGS, [spotify_target(SONGS, "valence")], groups)
    source = SongSource({}, None, SOURCES.lyrics)
    report = stacking.train(data, StackOptions(recipe=StackRecipe.ORIGINAL, trials=0), tmp_path, source=source)
    assert report.targets["valence"].onnx_difference.mean < 1e-4
    assert Training.read(tmp_path).source == source
    model = SongModel.load(tmp_path)
    (_, loaded), (_, live) = model._groups, groups
    assert loaded.transform(SONGS) == pytest.approx(live.transform(SONGS), abs=1e-5)
    for content in (b"[]", b'{"a": [1]}', b'{"a": [NaN, 2]}', b'{"a": [1, 0]}'):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ModelError, match="other-songs"):
            SongModel.load(tmp_path)


def test_other_songs_do_not_teach_what_people_say():
    human = replace(spotify_target(SONGS, "valence"), human=True)
    with pytest.raises(UsageError, match="Other songs teach Spotify's"):
        complete(SONGS, [human], make_groups(["other-songs"], SOURCES))
