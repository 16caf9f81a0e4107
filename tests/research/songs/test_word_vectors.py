import gzip

import numpy as np
import pytest

from img2music.errors import InputError
from img2music.research.songs.word_vectors import read_word_vectors

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
