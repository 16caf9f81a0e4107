"""Reads PyTorch's legacy checkpoint files without PyTorch."""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError

# torch.serialization: MAGIC_NUMBER and PROTOCOL_VERSION of the format that came before zip files.
MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001

DTYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Tensor:
    """A tensor whose storage is written further on in the file."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def over(self, storage: NDArray[Any]) -> NDArray[Any]:
        """Give the tensor's values, copied from its storage."""
        reach = (max(extent, 1) - 1 for extent in self.shape)
        last = self.offset + sum(step * far for step, far in zip(self.stride, reach, strict=True))
        if (
            min(self.shape, default=1) < 1
            or min(self.stride, default=1) < 1
            or not 0 <= self.offset <= last < len(storage)
        ):
            raise pickle.UnpicklingError("a tensor reaches beyond its storage")
        steps = [step * storage.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(storage[self.offset :], self.shape, steps).copy()


class _Unpickler(pickle.Unpickler):
    """Builds tensors and dictionaries, and refuses everything else that a pickle could call."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a checkpoint")

    def persistent_load(self, pid: tuple[Any, ...]) -> str:
        _, kind, key, _, _, view = pid
        if view is not None:
            raise pickle.UnpicklingError("views of storages are not supported")
        self.dtypes[key] = DTYPES[kind]
        return str(key)


def _rebuild(storage: str, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, stride)


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Read the tensors of a state dictionary that ``torch.save`` wrote in its legacy format.

    Nothing in the file can run: only dictionaries and float32 and int64 tensors are built.
    """
    try:
        with path.open("rb") as file:
            magic, protocol, _ = (_Unpickler(file).load() for _ in range(3))
            if (magic, protocol) != (MAGIC_NUMBER, PROTOCOL_VERSION):
                raise pickle.UnpicklingError("another format")
            unpickler = _Unpickler(file)
            tensors: dict[str, _Tensor] = unpickler.load()
            storages = {}
            for key in _Unpickler(file).load():
                count = int.from_bytes(file.read(8), "little")
                dtype = unpickler.dtypes[key]
                storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
            return {name: tensor.over(storages[tensor.storage]) for name, tensor in tensors.items()}
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not a legacy PyTorch checkpoint that can be read: {error}") from error
