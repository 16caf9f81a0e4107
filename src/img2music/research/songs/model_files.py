"""Files of a song model's folder: each is checked before it is believed, and none can hold code that runs."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.files import JSON, ONNX, FileKind, write_atomically
from img2music.inference import open_session

LARGEST_NETWORK, LARGEST_JSON = 2_000_000_000, 200_000_000
"""Bytes of a file."""
INPUT = "inputs"
"""What all regressors call what they take."""

Shape = TypeVar("Shape")


def checked(found: object, kind: type[Shape], where: Path) -> Shape:
    """Make a shape of what JSON held."""
    try:
        return msgspec.convert(found, kind)
    except ValueError as error:
        raise ModelError(
            f"{printable(str(where))} is not what it should be ({error}); train the model again."
        ) from None


def finite(found: object, *shape: int) -> NDArray[np.float64]:
    """Make an array of numbers that JSON held; a `ValueError` tells that they are none, or not so many."""
    numbers = np.array(found, dtype=np.float64).reshape(shape)
    if not np.isfinite(numbers).all():
        raise ValueError("it holds what are no numbers")
    return numbers


def inside(folder: Path, name: object) -> Path:
    """Give a file of a model's folder, never one outside it."""
    if not isinstance(name, str) or Path(name).name != name or name in {"", ".."}:
        raise ModelError(f"The model names a file outside its folder: {name!r}.")
    return folder / name


def read_file(folder: Path, name: object, largest: int = LARGEST_NETWORK) -> bytes:
    """Read a file of a model's folder."""
    file = inside(folder, name)
    try:
        if not file.is_file():
            raise ModelError(f"{printable(str(folder))} holds no {name}: no song model, or not a whole one.")
        if file.stat().st_size > largest:
            raise ModelError(f"{printable(str(file))} is too large for what it should be.")
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{printable(str(file))} can't be read: {error.strerror or error}.") from None


def read_json(folder: Path, name: object) -> Any:
    """Read JSON of a model's folder."""
    content = read_file(folder, name, LARGEST_JSON)
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{printable(str(folder))}: {name} is damaged ({error}).") from None


def _refuse(number: str) -> None:
    raise ValueError(f"{number} is no number")


def write_json(value: object, file: Path, kind: FileKind = JSON, indent: int | None = None) -> None:
    """Write JSON."""
    write_atomically(json.dumps(value, indent=indent, allow_nan=False).encode() + b"\n", file, kind)


@dataclass(frozen=True)
class NetworkFile:
    """A regressor as ONNX."""

    file: str
    sha256: str

    @classmethod
    def write(cls, file: Path, content: bytes, **more: float) -> Self:
        """Write it."""
        write_atomically(content, file, ONNX)
        return cls(file.name, hashlib.sha256(content).hexdigest(), **more)

    def open(self, folder: Path, columns: int) -> "OpenNetwork":
        """Open it, if it is whole and takes as many inputs as it should."""
        where = printable(str(folder / self.file))
        content = read_file(folder, self.file)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelError(f"{where} is not the file that the model was saved with; train it again.")
        session = open_session(content, where)
        takes = [(one.name, one.type, one.shape[1:]) for one in session.get_inputs()]
        if takes != [(INPUT, "tensor(float)", [columns])] or len(session.get_outputs()) != 1:
            raise ModelError(f"{where} is no regressor of {columns} inputs.")
        return OpenNetwork(session)


@dataclass(frozen=True)
class OpenNetwork:
    """A regressor that runs."""

    session: Any

    def predict(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict, shape (n,)."""
        try:
            (predicted,) = self.session.run(None, {INPUT: inputs})
        except Exception as error:  # noqa: BLE001 - onnxruntime has no common base for what it raises
            raise ModelError(f"The song model fails: {''.join(str(error).splitlines()[:1])}") from None
        if predicted.shape != (len(inputs), 1) or not np.isfinite(predicted).all():
            raise ModelError("The song model gives what are no predictions; train it again.")
        return np.asarray(predicted[:, 0], dtype=np.float32)
