import pickle

import numpy as np
import pytest

from img2music.errors import ModelError
from img2music.music.lyrics.vector_files import read_arrays, write_arrays


def test_arrays_come_back_and_the_same_content_is_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_arrays(tmp_path / name, "test", {"words": ["caf\u00e9"]}, {"a": np.arange(6.0).reshape(2, 3)})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    facts, arrays = read_arrays(tmp_path / "one", "test")
    assert facts == {"words": ["caf\u00e9"]}
    assert arrays["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ModelError, match="is a test file, not a other file"):
        read_arrays(tmp_path / "one", "other")


def test_damaged_files_are_refused_and_nothing_is_run(tmp_path):
    good = tmp_path / "good"
    write_arrays(good, "test", {}, {"a": np.zeros(1000)})
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (ran.touch, ())

    trapped = tmp_path / "trapped.npz"
    np.savez(trapped, about=np.array([Trap()], dtype=object))
    pickled = tmp_path / "pickled"
    pickled.write_bytes(pickle.dumps(Trap()))
    short = tmp_path / "short"
    short.write_bytes(good.read_bytes()[:-30])
    flipped = tmp_path / "flipped"
    content = bytearray(good.read_bytes())
    content[60] ^= 255
    flipped.write_bytes(bytes(content))
    empty = tmp_path / "empty"
    empty.touch()
    for path in (trapped, pickled, short, flipped, empty, tmp_path, tmp_path / "none"):
        with pytest.raises(ModelError):
            read_arrays(path, "test")
    assert not ran.exists()


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"a": np.zeros(3)},
        {"a": np.zeros(2, np.int8)},
        {"a": np.array([np.nan, 0])},
        {"a": np.zeros(2), "b": np.zeros(2)},
    ],
)
def test_a_model_holds_what_its_kind_holds(tmp_path, arrays):
    write_arrays(tmp_path / "model", "test", {}, arrays)
    with pytest.raises(ModelError, match="not a whole test model"):
        read_arrays(tmp_path / "model", "test", {"a": ((2,), np.float64)})
