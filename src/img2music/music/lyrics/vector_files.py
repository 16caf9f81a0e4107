"""Reading word vectors in the two formats of Google's word2vec, and keeping arrays on disk."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, ModelError
from img2music.files import FileKind, write_atomically

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


ARRAYS = FileKind("a file of arrays by img2music", (".npz",), rb"PK\x03\x04.{26}about\.npy")


def write_arrays(path: Path, kind: str, facts: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays and facts about them in one file, which nothing is run from to read it."""
    stream = io.BytesIO()
    about = np.frombuffer(json.dumps({"kind": kind, **facts}, ensure_ascii=False).encode(), dtype=np.uint8)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in {"about": about, **arrays}.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)
    write_atomically(stream.getvalue(), path, ARRAYS)


def read_arrays(path: Path, kind: str) -> tuple[dict[str, object], dict[str, NDArray[Any]]]:
    """Read what `write_arrays` wrote."""
    found, facts, arrays = _read_arrays(path, kind)
    if found != kind:
        raise ModelError(f"{path} is a {found} file, not a {kind} file.")
    return facts, arrays


def kind_of(path: Path) -> str:
    """Say what kind of file `write_arrays` wrote."""
    return _read_arrays(path, "model")[0]


def _read_arrays(path: Path, kind: str) -> tuple[str, dict[str, object], dict[str, NDArray[Any]]]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(arrays.pop("about").tobytes())
        return str(facts.pop("kind")), facts, arrays
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ModelError(f"{path} is not a readable {kind} file ({reason}).") from None


def check_arrays(
    path: Path,
    kind: str,
    arrays: Mapping[str, NDArray[Any]],
    shapes: Mapping[str, tuple[tuple[int, ...], type[np.generic]]],
) -> None:
    """See that a model file holds what its kind holds."""
    for name in {*shapes, *arrays}:
        shape, kept_as = shapes.get(name, (None, None))
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != kept_as or not np.isfinite(array).all():
            raise ModelError(f"{path} is not a whole {kind} model ({name}); train it again.")
