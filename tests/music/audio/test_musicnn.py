"""MusiCNN: equal to the package it comes from, and made from its checkpoint without TensorFlow."""

import json
import struct
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.music.audio import musicnn
from tests.support.sounds import chords, clicks, noise
from tools import musicnn_export
from tools.musicnn_export import fields, varint

REFERENCE = Path(__file__).parent / "musicnn_reference.json"


def reference_sound() -> NDArray[np.float32]:
    """What TensorFlow was given for `REFERENCE`."""
    sound = chords([(0, 4, 7), (5, 9, 12), (-3, 0, 4)], 1.0, 16_000) + clicks(150, 3.0, 16_000)
    return sound[0]


def test_equals_the_package_under_tensorflow() -> None:
    reference = json.loads(REFERENCE.read_text())
    tagging = musicnn.listen([reference_sound()])
    np.testing.assert_allclose(1 / (1 + np.exp(-tagging.tags)), reference["tags"], atol=1e-5)
    np.testing.assert_allclose(tagging.embedding, reference["embedding"], atol=1e-4)


@pytest.mark.slow
def test_log_mel_equals_librosas(librosa: ModuleType) -> None:
    sound = reference_sound()
    mel = librosa.feature.melspectrogram(y=sound, sr=16_000, n_fft=512, hop_length=256, n_mels=96, center=False)
    np.testing.assert_allclose(musicnn.log_mel(sound), np.log10(10_000 * mel + 1), atol=1e-4)


def test_patches_are_averaged_repeated_and_cut() -> None:
    one, other = reference_sound(), noise(3.0, 16_000)[0]
    both = musicnn.listen([one, other])
    np.testing.assert_allclose(
        both.embedding, (musicnn.listen([one]).embedding + musicnn.listen([other]).embedding) / 2, atol=1e-6
    )
    short = one[:16_000]
    assert musicnn.listen([short]).happiness == musicnn.listen([np.tile(short, 4)]).happiness


@pytest.mark.parametrize("samples", [np.zeros(1, np.float32), np.full(10, 16.0, np.float32)])
def test_extreme_sounds_give_numbers(samples: NDArray[np.float32]) -> None:
    tagging = musicnn.listen([samples])
    assert np.isfinite(tagging.embedding).all()
    assert np.isfinite(tagging.tags).all()


def invented_weights() -> musicnn_export.Weights:
    """Weights of the network's shapes, some normalizations with negative scales."""
    random = np.random.default_rng(0)
    kernels = [(7, 38, 1, 204), (7, 67, 1, 204), *((n, 1, 1, 51) for n in (128, 64, 32))]
    kernels += [(7, width, 1, 64) for width in (561, 64, 64)]
    dense = [(1506, 200), (200, 50)]
    channels = [1, *(shape[-1] for shape in kernels), 1506, 200]
    weights = {}
    for kind, shapes in (("conv2d", kernels), ("dense", dense)):
        for number, shape in enumerate(shapes):
            name = kind + (f"_{number}" if number else "")
            weights[f"{name}/kernel"] = random.normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32)
            weights[f"{name}/bias"] = random.normal(0, 0.1, shape[-1]).astype(np.float32)
    for number, size in enumerate(channels):
        name = "batch_normalization" + (f"_{number}" if number else "")
        for part in ("gamma", "beta", "moving_mean"):
            weights[f"{name}/{part}"] = random.normal(0, 1, size).astype(np.float32)
        weights[f"{name}/moving_variance"] = random.uniform(0.5, 2, size).astype(np.float32)
    return weights


def test_dead_filters_are_left_out_and_change_nothing() -> None:
    pytest.importorskip("onnx")
    import onnxruntime

    weights = invented_weights()
    for name in ("conv2d", "conv2d_2", "conv2d_4"):
        kernel = weights[f"{name}/kernel"]
        kernel[..., ::2] *= 1.5 * musicnn_export.DEAD / np.abs(kernel).sum(axis=(0, 1, 2))[::2]
    all_living = musicnn_export.build(weights)
    for name in ("conv2d", "conv2d_2", "conv2d_4"):
        weights[f"{name}/kernel"][..., ::2] /= 3
    living = musicnn_export.build(weights)
    mel = musicnn.log_mel(reference_sound())[np.newaxis]
    whole, pruned = (
        onnxruntime.InferenceSession(file).run(["embedding", "tags"], {"mel": mel}) for file in (all_living, living)
    )
    assert len(living) < 0.8 * len(all_living)
    for one, other in zip(whole, pruned, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * np.abs(one).max())


def message(*parts: tuple[int, int | bytes]) -> bytes:
    """A protocol buffer message of varints and bytes."""
    out = b""
    for number, value in parts:
        if isinstance(value, int):
            out += number_of(number << 3) + number_of(value)
        else:
            out += number_of(number << 3 | 2) + number_of(len(value)) + value
    return out


def number_of(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A block of LevelDB's table format, whose keys share their prefixes."""
    out, last = b"", b""
    for key, value in entries:
        shared = next((n for n, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last)))
        out += number_of(shared) + number_of(len(key) - shared) + number_of(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def checkpoint(tensors: dict[str, NDArray[np.float32]]) -> tuple[bytes, bytes]:
    """A checkpoint as TensorFlow writes it: the index and the data."""
    data, entries = b"", [(b"", message((1, 1)))]
    for name, tensor in sorted(tensors.items()):
        shape = b"".join(message((2, message((1, size)))) for size in tensor.shape)
        values = tensor.astype("<f4").tobytes()
        entries.append((name.encode(), message((1, 1), (2, shape), (4, len(data)), (5, len(values)))))
        data += values
    first = block(entries)
    index = block([(b"z", number_of(0) + number_of(len(first)))])
    handles = number_of(0) + number_of(0) + number_of(len(first) + 5) + number_of(len(index))
    return first + bytes(5) + index + bytes(5) + handles.ljust(40, b"\0") + bytes(8), data


def test_a_checkpoint_is_read(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    weights = invented_weights()
    index, data = checkpoint(weights)
    read = musicnn_export.read_checkpoint(index, data)
    assert read.keys() == weights.keys()
    for name, tensor in weights.items():
        np.testing.assert_array_equal(read[name], tensor)
    with zipfile.ZipFile(tmp_path / "musicnn.whl", "w") as wheel:
        wheel.writestr(f"{musicnn_export.FOLDER}/.index", index)
        wheel.writestr(f"{musicnn_export.FOLDER}/.data-00000-of-00001", data)
    musicnn_export.main(str(tmp_path / "musicnn.whl"), str(tmp_path / "musicnn.onnx"))
    assert (tmp_path / "musicnn.onnx").read_bytes() == musicnn_export.build(weights)


def test_another_file_is_not_the_wheel(tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"not a zip")
    with pytest.raises(InputError, match="musicnn"):
        musicnn_export.main(str(other), str(tmp_path / "out.onnx"))


def test_fields_of_a_message() -> None:
    assert varint(memoryview(number_of(300)), 0) == (300, 2)
    parts = [
        (number, bytes(value) if not isinstance(value, int) else value)
        for number, value in fields(memoryview(message((1, 5), (9, b"abc"))))
    ]
    assert parts == [(1, 5), (9, b"abc")]
