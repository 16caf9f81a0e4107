"""Regressors as ONNX files of a model's folder: written, checked, opened and run."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.files import ONNX, write_atomically
from img2music.research.songs.export import INPUT
from img2music.research.songs.groups import plain_name

LARGEST_NETWORK = 2_000_000_000


def write_network(file: Path, content: bytes) -> dict[str, str]:
    """Write a regressor."""
    write_atomically(content, file, ONNX)
    return {"file": file.name, "sha256": hashlib.sha256(content).hexdigest()}


def read_file(folder: Path, name: object, largest: int) -> bytes:
    """Read a file of a model's folder."""
    file = folder / plain_name(name)
    try:
        if not file.is_file():
            raise ModelError(f"{printable(str(folder))} holds no {file.name}: no song model, or not a whole one.")
        if file.stat().st_size > largest:
            raise ModelError(f"{printable(str(file))} is too large for what it should be.")
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{printable(str(file))} can't be read: {error.strerror or error}.") from None


def open_network(folder: Path, stored: Mapping[str, Any], columns: int) -> Any:
    """Open a regressor, if it is whole and takes as many inputs as it should."""
    import onnxruntime

    content = read_file(folder, stored["file"], LARGEST_NETWORK)
    where = printable(str(folder / stored["file"]))
    if hashlib.sha256(content).hexdigest() != stored["sha256"]:
        raise ModelError(f"{where} is not the file that the model was saved with; train it again.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime has no common base for what it raises
        first = str(error).splitlines()[:1]
        raise ModelError(f"{where} can't be loaded as an ONNX model: {''.join(first)}") from None
    given, taken = session.get_inputs(), session.get_outputs()
    if [(one.name, one.type, one.shape[1:]) for one in given] != [(INPUT, "tensor(float)", [columns])] or len(
        taken
    ) != 1:
        raise ModelError(f"{where} is no regressor of {columns} inputs.")
    return session


def run_network(session: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Predict."""
    try:
        (predicted,) = session.run(None, {INPUT: inputs})
    except Exception as error:  # noqa: BLE001 - onnxruntime has no common base for what it raises
        raise ModelError(f"The song model fails: {''.join(str(error).splitlines()[:1])}") from None
    if predicted.shape != (len(inputs), 1) or not np.isfinite(predicted).all():
        raise ModelError("The song model gives what are no predictions; train it again.")
    return np.asarray(predicted[:, 0], dtype=np.float32)
