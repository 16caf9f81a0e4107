"""Arrays on disk."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError

Shapes = Mapping[str, tuple[tuple[int, ...], type[np.generic]]]
"""By the names of arrays, their shapes and types."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)


def read_arrays(path: Path, kind: str, shapes: Shapes | None = None) -> tuple[dict[str, object], dict[str, Any]]:
    """Read a file, and see that it holds what its kind holds."""
    found, facts, arrays = read_any(path, kind)
    if found != kind:
        raise ModelError(f"{path} is a {found} file, not a {kind} file.")
    for name in {*shapes, *arrays} if shapes is not None else ():
        shape, kept_as = (shapes or {}).get(name, (None, None))
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != kept_as or not np.isfinite(array).all():
            raise ModelError(f"{path} is not a whole {kind} model ({name}); train it again.")
    return facts, arrays


def read_any(path: Path, kind: str) -> tuple[str, dict[str, object], dict[str, NDArray[Any]]]:
    """Read a file whatever its kind, which comes first; ``kind`` is what a message calls it."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(arrays.pop("about").tobytes())
        return str(facts.pop("kind")), facts, arrays
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ModelError(f"{path} is not a readable {kind} file ({reason}).") from None
