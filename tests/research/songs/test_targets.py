import numpy as np
import pytest

from img2music.affect import Scale
from img2music.connectors.tables import read_songs
from img2music.errors import InputError, UsageError
from img2music.research.ratings import read_numbers
from img2music.research.songs.targets import given_embedding, targets_of
from tests.support.made_songs import made_songs, write_table

SONGS = made_songs(6)


@pytest.fixture
def table(tmp_path):
    songs = [*SONGS]
    file = write_table(songs, tmp_path / "songs.csv", rated=["1", "9", "5", "", "3", "2"])
    return read_songs(file), file


def test_ratings_belong_to_their_songs(table):
    songs, file = table
    valence, arousal = targets_of(songs, file, ("valence", "arousal"), {"valence": "rated"}, Scale.parse("1-9"))
    assert np.allclose(valence.values, [0, 1, 0.5, np.nan, 0.25, 0.125], equal_nan=True)
    assert valence.human
    assert not arousal.human
    assert arousal.values.min() == 0
    assert arousal.values.max() == 1


@pytest.mark.parametrize(
    ("axes", "columns", "scale"),
    [
        (("valence",), {"arousal": "rated"}, "1-9"),
        (("valence",), {"valence": "rated"}, None),
        (("valence",), {}, "1-9"),
    ],
)
def test_options_that_contradict_each_other(axes, columns, scale, table):
    songs, file = table
    with pytest.raises(UsageError, match="`"):
        targets_of(songs, file, axes, columns, Scale.parse(scale) if scale else None)


def test_columns_are_found_and_their_faults_named(table, tmp_path):
    _, file = table
    assert read_numbers(file, ["rated"])["rated"] == {2: 1.0, 3: 9.0, 4: 5.0, 5: None, 6: 3.0, 7: 2.0}
    with pytest.raises(InputError, match=r"line 1: there is no column 'rating'"):
        read_numbers(file, ["rating"])
    bad = write_table(SONGS[:2], tmp_path / "bad.csv", rated=["1", "much"])
    with pytest.raises(InputError, match=r"line 3, column 'rated'.*much"):
        read_numbers(bad, ["rated"])


def test_embeddings_go_by_the_order_of_the_table(table, tmp_path):
    songs, _ = table
    file = tmp_path / "vectors.csv"
    rows = [f"{number},{number / 2}" for number in range(6)]
    file.write_text("a,b\n" + "\n".join(rows) + "\n")
    group = given_embedding(file, songs)
    assert group.transform(songs.songs)[:, 1].tolist() == [number / 2 for number in range(6)]
    assert group.lacks(SONGS[0]) is None
    for text, says in (
        ("a,b\n" + "\n".join(rows[:5]), "has 5 rows below its header, and the table has 6 songs"),
        ("a,b\n" + "\n".join([*rows[:5], "x,1"]), "line 7, column 'a'"),
        ("a,b\n" + "\n".join([*rows[:5], "1"]), "line 7: has 1 cells"),
        ("a,b\n" + "\n".join([*rows[:5], "1,"]), "line 7: a cell is empty"),
        ("", "empty"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=says):
            given_embedding(file, songs)
