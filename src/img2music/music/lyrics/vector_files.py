"""Arrays on disk."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError
from img2music.files import FileKind, write_atomically

Shapes = Mapping[str, tuple[tuple[int, ...], type[np.generic]]]
"""By the names of arrays, their shapes and types."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)

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


def read_arrays(path: Path, kind: str, shapes: Shapes | None = None) -> tuple[dict[str, object], dict[str, Any]]:
    """Read what `write_arrays` wrote, and see that it holds what its kind holds."""
    found, facts, arrays = _read_arrays(path, kind)
    if found != kind:
        raise ModelError(f"{path} is a {found} file, not a {kind} file.")
    for name in {*shapes, *arrays} if shapes is not None else ():
        shape, kept_as = (shapes or {}).get(name, (None, None))
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != kept_as or not np.isfinite(array).all():
            raise ModelError(f"{path} is not a whole {kind} model ({name}); train it again.")
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
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ModelError(f"{path} is not a readable {kind} file ({reason}).") from None
