"""Make the shipped MusiCNN file from the checkpoint in the package ``musicnn``, without TensorFlow.

Download version 0.1.0 of that package, without what it depends on, then
``python tools/musicnn_export.py musicnn-0.1.0-py3-none-any.whl musicnn.onnx``.
"""

import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from img2music.errors import InputError
from img2music.files import ONNX, write_atomically
from img2music.music.audio.musicnn import EMBEDDING, N_MELS, TAGS
from img2music.research.onnx_graph import GraphBuilder, require_onnx, tensor

FOLDER = "musicnn/MSD_musicnn"
"""Of the checkpoint within the package: the network for the 50 commonest tags of the Million Song Dataset."""
BATCH_NORM_EPSILON = 1e-3
IR_VERSION = 9
DEAD = 1e-4
"""Sum of the weights of a filter under which it died in training; the living have 0.04 and more."""
FOOTER = 48  # bytes at the end of a table of LevelDB's format
# Numbers of fields in tensor_bundle.proto and tensor_shape.proto; 1 stands for float32 in types.proto.
ENTRY_TYPE, ENTRY_SHAPE, ENTRY_OFFSET, ENTRY_SIZE, SHAPE_DIMENSION, DIMENSION_SIZE, FLOAT = 1, 2, 4, 5, 2, 1, 1

Weights = dict[str, NDArray[np.float32]]


def read_checkpoint(index: bytes, data: bytes) -> Weights:
    """Read the float32 tensors of a TensorFlow checkpoint of version 2 in one shard."""
    table = memoryview(index)
    _, offset = varint(table, len(table) - FOOTER)
    _, offset = varint(table, offset)
    weights = {}
    for _, handle in _block(table, offset):
        for name, entry in _block(table, 0, handle):
            values = dict(fields(entry))
            if name and values.get(ENTRY_TYPE) == FLOAT:
                start, size = values.get(ENTRY_OFFSET, 0), values[ENTRY_SIZE]
                assert isinstance(start, int)
                assert isinstance(size, int)
                tensor = np.frombuffer(data, "<f4", size // 4, start)
                weights[name.decode()] = tensor.reshape(_shape(values.get(ENTRY_SHAPE)))
    return weights


def _block(table: memoryview, at: int, handle: memoryview | None = None) -> Iterator[tuple[bytes, memoryview]]:
    """Keys and values of the block to which a handle (in the table at an offset, or by itself) points."""
    source = table if handle is None else handle
    start, at = varint(source, at)
    size, _ = varint(source, at)
    block = table[start : start + size]
    (restarts,) = struct.unpack("<I", block[-4:])
    offset, key = 0, b""
    while offset < size - 4 * (restarts + 1):
        shared, offset = varint(block, offset)
        own, offset = varint(block, offset)
        length, offset = varint(block, offset)
        key = key[:shared] + bytes(block[offset : offset + own])
        offset += own
        yield key, block[offset : offset + length]
        offset += length


def _shape(shape: int | memoryview | None) -> list[int]:
    assert not isinstance(shape, int)
    sizes = []
    for number, dimension in fields(shape or memoryview(b"")):
        if number == SHAPE_DIMENSION and not isinstance(dimension, int):
            sizes.append(dict(fields(dimension)).get(DIMENSION_SIZE, 0))
    return [size for size in sizes if isinstance(size, int)]


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Split a message of protocol buffers."""
    offset = 0
    while offset < len(message):
        tag, offset = varint(message, offset)
        kind = tag & 7
        if kind == 0:
            value, offset = varint(message, offset)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, offset = varint(message, offset)
        else:
            size = {1: 8, 5: 4}[kind]
        yield tag >> 3, message[offset : offset + size]
        offset += size


def varint(message: memoryview, offset: int) -> tuple[int, int]:
    """Read a number of variable length: the number, and the offset behind it."""
    value = shift = 0
    while True:
        byte = message[offset]
        value |= (byte & 0x7F) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 0x80:
            return value, offset


class _Graph(GraphBuilder):
    """The network as an ONNX graph; layers are named as TensorFlow numbered them."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self._weights = weights

    def norm(self, number: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Scale and shift of a batch normalization."""
        prefix = "batch_normalization" + (f"_{number}" if number else "")
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (self._weights[f"{prefix}/{part}"] for part in parts)
        scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
        return scale, beta - mean * scale

    def normalized(self, values: str, norm: tuple[NDArray[Any], NDArray[Any]], output: str | None = None) -> str:
        scale, shift = map(self.single, norm)
        return self.add("Add", self.add("Mul", values, scale), shift, output=output)

    def layer(self, kind: str, number: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Kernel and bias of a layer."""
        prefix = kind + (f"_{number}" if number else "")
        return self._weights[f"{prefix}/kernel"], self._weights[f"{prefix}/bias"]

    def front(self, mel: str, number: int, pads: tuple[int, int]) -> tuple[str, NDArray[Any]]:
        """The most that each filter of one of the five kinds finds at any pitch, and how the layer is made of it.

        Most filters died in training: whatever they hear, they say the same. So only the living are convolved, beside
        one that always says 1; the layer is linear in what these say.
        """
        kernel, bias = self.layer("conv2d", number)  # of shape (time, mel, 1, filters)
        scale, shift = self.norm(number + 1)
        living = np.abs(kernel).sum(axis=(0, 1, 2)) > DEAD
        made = np.zeros((np.count_nonzero(living) + 1, len(living)))
        made[np.arange(len(made) - 1), np.flatnonzero(living)] = 1.0
        made[-1] = np.where(living, 0.0, np.maximum(bias, 0.0) * scale + shift)
        kernel = np.concatenate([kernel[..., living], np.zeros_like(kernel[..., :1])], axis=-1)
        bias, scale, shift = (np.append(part[living], last) for part, last in ((bias, 1.0), (scale, 1.0), (shift, 0.0)))
        # The maximum is taken before ReLU and normalization, both monotone, where it is cheaper. Normalization
        # turns the order around where its scale is negative; there the convolution's sign is turned, and back.
        sign = np.where(scale < 0, -1.0, 1.0)
        filters = self.single((kernel * sign).transpose(3, 2, 1, 0))
        found = self.add("Conv", mel, filters, self.single(bias * sign), pads=[0, pads[0], 0, pads[1]])
        most = self.add("ReduceMax", found, self.constant(np.array([2])), keepdims=0)
        turned = self.add("Relu", self.add("Mul", most, self.single(sign.reshape(1, -1, 1))))
        return self.normalized(turned, (scale.reshape(1, -1, 1), shift.reshape(1, -1, 1))), made

    def middle(self, values: str, number: int, made: NDArray[Any] | None = None) -> str:
        kernel, bias = self.layer("conv2d", number)  # of shape (time, channels, 1, filters)
        filters = kernel[:, :, 0].transpose(2, 1, 0)
        if made is not None:
            filters = np.einsum("ci,oit->oct", made, filters)
        found = self.add("Relu", self.add("Conv", values, self.single(filters), self.single(bias), pads=[3, 3]))
        scale, shift = self.norm(number + 1)
        return self.normalized(found, (scale.reshape(1, -1, 1), shift.reshape(1, -1, 1)))


def build(weights: Weights) -> bytes:
    """Build the network up to its embedding and its tags."""
    require_onnx("Making a network's file")
    graph = _Graph(weights)
    values = graph.add("Unsqueeze", graph.normalized("mel", graph.norm(0)), graph.constant(np.array([1])))
    # TensorFlow's "same" padding of an even kernel has one more at the end.
    pads = ((3, 3), (3, 3), (63, 64), (31, 32), (15, 16))
    found, parts = zip(*(graph.front(values, n, pad) for n, pad in enumerate(pads)), strict=True)
    made = block_diag(*parts)
    front = graph.add("Concat", *found, axis=1)
    first = graph.middle(front, 5, made)
    second = graph.add("Add", graph.middle(first, 6), first)
    third = graph.add("Add", graph.middle(second, 7), second)
    every = graph.add("Concat", front, first, second, third, axis=1)
    time = graph.constant(np.array([2]))
    pooled = [graph.add(kind, every, time, keepdims=0) for kind in ("ReduceMax", "ReduceMean")]
    scale, shift = graph.norm(9)
    dense, bias = graph.layer("dense", 0)  # its inputs are the maximum and the mean of each channel in turn
    made = block_diag(made, np.eye(dense.shape[0] // 2 - made.shape[1]))
    shifted = bias + shift @ dense
    dense = dense * scale[:, np.newaxis]
    rows = np.concatenate([made @ dense[0::2], made @ dense[1::2]])
    hidden = graph.add("Gemm", graph.add("Concat", *pooled, axis=1), graph.single(rows), graph.single(shifted))
    scale, shift = graph.norm(10)
    rectified = graph.add("Relu", hidden)
    embedding = graph.normalized(rectified, (scale[np.newaxis], shift[np.newaxis]), output="embedding")
    dense, bias = graph.layer("dense", 1)
    graph.add("Gemm", embedding, graph.single(dense), graph.single(bias), output="tags")
    mel = tensor("mel", np.float32, "n", N_MELS, "m")
    model = graph.model("musicnn", [mel], {"embedding": EMBEDDING, "tags": TAGS}, ir_version=IR_VERSION)
    return bytes(model.SerializeToString())


def main(wheel: str, out: str) -> None:
    """Read the checkpoint in a wheel and write the network's file."""
    try:
        with zipfile.ZipFile(wheel) as package:
            parts = [package.read(f"{FOLDER}/{name}") for name in (".index", ".data-00000-of-00001")]
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"Is not the wheel of musicnn 0.1.0 ({error}).", wheel) from error
    write_atomically(build(read_checkpoint(*parts)), Path(out), ONNX)


if __name__ == "__main__":
    main(*sys.argv[1:])
