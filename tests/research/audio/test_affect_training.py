"""The affect model: its file, and that training finds what is there to find."""

from pathlib import Path

import numpy as np
import pytest

from img2music.errors import InputError, ModelError
from img2music.music.audio.affect_model import INPUTS, AffectModel, shipped_model
from img2music.research.audio.affect_training import (
    SHARED,
    RatedMusic,
    evaluate_affect_model,
    read_emotify,
    read_pmemo,
    train_affect_model,
)
from img2music.research.audio.model_file import save


def invented(count: int, seed: int) -> RatedMusic:
    """Songs whose valence follows mode and whose arousal follows attack, with noise."""
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(count, len(INPUTS)))
    signals = inputs[:, [INPUTS.index("mode"), INPUTS.index("attack")]]
    ratings = 0.5 + 0.1 * signals + random.normal(0, 0.02, (count, 2))
    shared = random.normal(size=(count, len(SHARED)))
    return RatedMusic(inputs, shared, ratings, tuple("abcd"[n % 4] for n in range(count)))


def test_training_finds_what_is_there() -> None:
    model = train_affect_model(invented(400, 1))
    unseen = invented(200, 2)
    points = [model.affect(inputs) for inputs in unseen.inputs]
    predicted = np.array([(point.valence, point.arousal) for point in points])
    for axis in range(2):
        assert np.corrcoef(predicted[:, axis], unseen.ratings[:, axis])[0, 1] > 0.85
        assert predicted[:, axis].mean() == pytest.approx(0.5, abs=0.05)
        assert 0.1 < predicted[:, axis].std() < 0.25


def test_a_few_odd_ratings_of_arousal_move_little() -> None:
    songs = invented(400, 9)
    odd = np.argsort(songs.inputs[:, INPUTS.index("register")])[-12:]
    songs.ratings[odd, 1] = 2.0
    coefficients = dict(zip(INPUTS, train_affect_model(songs).arousal, strict=True))
    assert abs(coefficients["register"]) < 0.1 * coefficients["attack"]


def test_evaluation_sees_no_song_twice() -> None:
    random = np.random.default_rng(3)
    heard, listed = (
        RatedMusic(songs.inputs, songs.shared, random.normal(0.5, 0.1, songs.ratings.shape), songs.groups)
        for songs in (invented(120, 4), invented(120, 8))
    )
    rows = {name: correlations for name, *correlations in evaluate_affect_model(heard, listed)}
    assert len(rows) == 13
    assert all(abs(r) < 0.3 for pair in rows.values() for r in pair)


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    model = train_affect_model(invented(100, 5))
    save(model, tmp_path / "model.json")
    loaded = AffectModel.load(tmp_path / "model.json")
    inputs = invented(1, 6).inputs[0]
    assert loaded.affect(inputs).distance(model.affect(inputs)) < 1e-4
    save(loaded, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"name": "music-affect/5", "mean": [], "scale": [], "valence": [], "arousal": []}'],
)
def test_a_bad_model_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="train it again"):
        AffectModel.load(path)
    with pytest.raises(ModelError):
        AffectModel.load(tmp_path / "missing.json")


def test_a_window_differs_from_its_track_by_what_is_heard_in_it() -> None:
    model = train_affect_model(invented(400, 7))
    track = invented(1, 8).inputs[0]
    window = track.copy()
    assert model.affect(track, window) == model.affect(track)
    window[INPUTS.index("attack")] += 2
    assert model.affect(track, window).arousal > model.affect(track).arousal + 0.05
    window = track.copy()
    window[INPUTS.index("musicnn_0")] += 5  # is the track's in each of its windows
    assert model.affect(track, window) == model.affect(track)


def test_extreme_inputs_stay_on_the_scale() -> None:
    for value in (-1e9, 0.0, 1e9):
        affect = shipped_model().affect(np.full(len(INPUTS), value))
        assert 0 <= affect.valence <= 1


def test_data_is_read_as_it_is_distributed(shared_data: Path) -> None:
    pmemo = read_pmemo(shared_data / "songs" / "pmemo_x_spotify.csv")
    assert len(pmemo.ratings) > 450
    assert pmemo.ratings.min() >= 0
    assert pmemo.ratings.max() <= 1
    raw = pmemo.shared[:, [SHARED.index("valence"), SHARED.index("energy")]]
    r = [np.corrcoef(raw[:, axis], pmemo.ratings[:, axis])[0, 1] for axis in range(2)]
    assert r == pytest.approx([0.404, 0.594], abs=0.01)


def test_wrong_tables_are_named(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("artist,valence_mean\nx,1\n")
    with pytest.raises(InputError, match="line 1 lacks arousal_mean"):
        read_pmemo(table)
    gems = tmp_path / "gems.csv"
    head = "track id,amazement,tenderness,calmness,power,joyful_activation,tension,sadness\n"
    for content, told in (
        (None, "gems.csv"),
        ("track id,amazement\n1,0.5\n", "no column 'tenderness'"),
        (f"{head}1,0,0,0,0,0,0,much\n", "line 2, column 'sadness'"),
        (head, "has no tracks|no rows"),
        (f"{head}1,0,0,0,0,0,0,\n", "lacks a number"),
        (f"{head}401,0,0,0,0,0,0,0\n", "names no track"),
        (f"{head}102,0,0,0,0,0,0,0\n", "rock: There is no track 2"),
    ):
        if content is not None:
            gems.write_text(content)
        with pytest.raises(InputError, match=told):
            read_emotify(tmp_path)
