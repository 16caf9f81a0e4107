"""Writing arrays to disk, as `img2music.music.lyrics.vector_files` reads them."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.files import FileKind, write_atomically

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
