"""Reading word vectors in the two formats of Google's word2vec."""

import gzip
import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError

LONGEST_WORD = 2000
"""Bytes; where no space comes for longer, the file is of another kind."""
DIMENSIONS = 10_000
"""More than any word vectors have; a header that says more is of another kind of file."""

Floats = NDArray[np.float32]


def read_word_vectors(path: Path, wanted: Collection[str]) -> tuple[int, dict[str, Floats]]:
    """Read the vectors of some words, without holding the others."""
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=plain))) if zipped else plain
            return _read(cast("BinaryIO", stream), wanted, path)
    except (OSError, EOFError) as error:
        raise InputError(f"can't be read: {getattr(error, 'strerror', None) or error}.", str(path)) from None


def _read(stream: BinaryIO, wanted: Collection[str], path: Path) -> tuple[int, dict[str, Floats]]:
    header = stream.readline(100).split()
    if len(header) != 2 or not all(cell.isdigit() for cell in header) or not 0 < int(header[1]) <= DIMENSIONS:
        raise InputError("row 1 is not the number of words and of dimensions; no word vectors.", str(path))
    count, dimensions = map(int, header)
    start = stream.tell()
    line = stream.readline(LONGEST_WORD + 40 * dimensions).split()
    stream.seek(start)
    entries = _text if len(line) == dimensions + 1 and _are_numbers(line[1:]) else _binary
    vectors = {}
    for row, (word, vector) in enumerate(entries(stream, count, dimensions, path), start=2):
        if word in wanted:
            if not np.isfinite(vector).all():
                raise InputError(f"row {row}: the vector of {word!r} is not of finite numbers.", str(path))
            vectors[word] = vector
    return dimensions, vectors


def _are_numbers(cells: list[bytes]) -> bool:
    try:
        list(map(float, cells))
    except ValueError:
        return False
    return True


def _text(stream: BinaryIO, count: int, dimensions: int, path: Path) -> Iterator[tuple[str, Floats]]:
    for row in range(2, count + 2):
        cells = stream.readline(LONGEST_WORD + 40 * dimensions).rstrip().split(b" ")
        if cells == [b""]:
            raise _cut_short(count, row, path)
        if len(cells) != dimensions + 1 or not _are_numbers(cells[1:]):
            raise InputError(f"row {row} is not a word and {dimensions} numbers.", str(path))
        yield cells[0].decode("utf-8", "replace"), np.array(cells[1:], dtype=np.float32)


def _binary(stream: BinaryIO, count: int, dimensions: int, path: Path) -> Iterator[tuple[str, Floats]]:
    size = 4 * dimensions
    held = b""
    for row in range(2, count + 2):
        while (end := held.find(b" ")) < 0 or len(held) < end + 1 + size:
            if end < 0 and len(held) > LONGEST_WORD:
                raise InputError(f"row {row} is not a word and a vector: of another kind, or damaged.", str(path))
            more = stream.read(1 << 20)
            if not more:
                raise _cut_short(count, row, path)
            held += more
        word = held[:end].lstrip(b"\n").decode("utf-8", "replace")
        yield word, np.frombuffer(held, dtype="<f4", count=dimensions, offset=end + 1)
        held = held[end + 1 + size :]


def _cut_short(count: int, row: int, path: Path) -> InputError:
    return InputError(f"says {count} words and ends after {row - 2}: cut short, or of another kind.", str(path))
