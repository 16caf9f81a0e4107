import csv
import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from img2music.errors import ModelError
from img2music.music.song import Song
from img2music.research.songs.column_inputs import EIGHT, ColumnScaling, columns_of
from img2music.research.songs.inputs import restore_group

UNIT = st.floats(0, 1, allow_subnormal=False)


@settings(deadline=None)  # numpy warms up
@given(arrays(np.float64, st.tuples(st.integers(1, 20), st.just(8)), elements=UNIT))
def test_what_it_is_fitted_on_fills_the_unit_interval(values):
    scaled = ColumnScaling.fit(values, EIGHT).transform(values)
    assert np.isfinite(scaled).all()
    assert (np.abs(scaled - 0.5) < 0.5 + 1e-9).all()
    differing = np.ptp(values, axis=0) > 1e-6
    assert np.allclose(scaled[:, differing].min(axis=0), 0, atol=1e-9)
    assert np.allclose(scaled[:, differing].max(axis=0), 1, atol=1e-9)


def test_only_the_training_part_counts():
    train = np.array([[0.1] * 8, [0.5] * 8])
    scaling = ColumnScaling.fit(train, EIGHT)
    beyond = scaling.transform(np.array([[0.9] * 8]))
    assert beyond[0, 0] == pytest.approx(2.0)  # not squeezed into what was not known
    assert beyond[0, EIGHT.index("speechiness")] > 1


def test_a_constant_column_says_nothing_and_a_missing_one_stays_missing():
    scaling = ColumnScaling.fit(np.full((3, 8), 0.3), EIGHT)
    assert (scaling.transform(np.full((1, 8), 0.7)) == 0).all()
    assert np.isnan(scaling.transform(np.full((1, 8), np.nan))).all()


def test_restored_scaling_is_the_same_and_rubbish_is_refused(tmp_path):
    scaling = ColumnScaling.fit(np.random.default_rng(0).uniform(size=(9, 8)), EIGHT)
    facts = json.loads(json.dumps(asdict(scaling)))
    songs = [Song(row=2, **dict.fromkeys(EIGHT, 0.5))]
    restored = restore_group("music", facts, tmp_path)
    assert np.array_equal(restored.transform(songs), scaling.transform(columns_of(songs, EIGHT)))
    for name, wrong in (
        ("names", ["danceability", "valuation"]),
        ("names", []),
        ("low", [0.0]),
        ("low", None),
        ("high", ["x"] * 8),
        ("high", [float("nan")] * 8),
        ("floor", [-9.0] * 8),
    ):
        with pytest.raises(ModelError):
            restore_group("music", facts | {name: wrong}, tmp_path)
    with pytest.raises(ModelError):
        restore_group("music", {}, tmp_path)


def test_it_gives_the_originals_own_table(shared_data):
    with (shared_data / "songs" / "song_lyric.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    songs = [Song(row=row, **{name: float(cells[name]) for name in EIGHT}) for row, cells in enumerate(rows)]
    theirs = np.loadtxt(
        shared_data / "songs" / "song_music_8_characteristics.csv", delimiter=",", skiprows=1, encoding="utf-8"
    )
    values = columns_of(songs, EIGHT)
    assert np.abs(ColumnScaling.fit(values, EIGHT).transform(values) - theirs).max() < 1e-7
