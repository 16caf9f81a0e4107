import gzip
import pickle

import numpy as np
import pytest

from img2music.errors import InputError, ModelError
from img2music.music.lyrics.vector_files import check_arrays, read_arrays, read_word_vectors, write_arrays

VECTORS = {"glow": [0.5, -1.0, 2.0], "caf\u00e9": [1.0, 0.25, 0.0], "dust": [0.0, 3.0, -0.5]}


def as_text(end="\n"):
    rows = [" ".join([word, *map(str, vector)]) for word, vector in VECTORS.items()]
    return ("3 3\n" + "\n".join(rows) + end).encode()


def as_binary(between=b"\n"):
    rows = (word.encode() + b" " + np.array(vector, "<f4").tobytes() + between for word, vector in VECTORS.items())
    return b"3 3\n" + b"".join(rows)


@pytest.mark.parametrize(
    "content",
    [
        as_text(),
        as_text(" \n"),
        as_binary(),
        as_binary(b""),
        gzip.compress(as_binary(), mtime=0),
        gzip.compress(as_text(), mtime=0),
    ],
)
def test_both_formats_of_word2vec(tmp_path, content):
    path = tmp_path / "vectors.bin"
    path.write_bytes(content)
    dimensions, vectors = read_word_vectors(path, {"glow", "caf\u00e9", "unknown"})
    assert dimensions == 3
    assert {word: vector.tolist() for word, vector in vectors.items()} == {
        word: VECTORS[word] for word in ("glow", "caf\u00e9")
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "row 1"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "row 1"),
        (b"3 99999999999\n", "row 1"),
        (as_binary()[:-9], "says 3 words and ends after 2"),
        (as_text().rsplit(b"dust", maxsplit=1)[0], "says 3 words and ends after 2"),
        (b"2 3\nglow 1 2 3\ndust 1 2\n", "row 3 is not a word and 3 numbers"),
        (b"1 3\nglow 1 nan 3\n", "row 2: the vector of 'glow'"),
        (b"999999999 3\n" + b"x" * 5000, "row 2 is not a word and a vector"),
        (gzip.compress(as_binary(), mtime=0)[:-12], "can't be read|ends after"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, content, said):
    path = tmp_path / "vectors.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as error:
        read_word_vectors(path, {"glow", "dust"})
    assert "\n" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_word_vectors(tmp_path / "none", {"glow"})


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
    with pytest.raises(ModelError, match="not a whole test model"):
        check_arrays(tmp_path, "test", arrays, {"a": ((2,), np.float64)})
