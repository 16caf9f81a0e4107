"""What can't be trained is refused in one line, and nothing is half-written."""

import resource
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from img2music.errors import ModelError, UsageError
from img2music.inference import open_session
from img2music.research.images.datasets import RatedImages, load
from img2music.research.images.networks.architecture import build
from img2music.research.images.networks.exporting import compare, to_onnx
from img2music.research.images.networks.preparation import Target
from img2music.research.images.networks.settings import Device, Learning, Settings
from img2music.research.images.networks.steps import train
from img2music.vision.model import read_pixels
from tests.support.commands import refused
from tests_train.commands import command, environment

TINY = Settings("timm:test_resnet", weights="none", size=64, epochs=1)


@pytest.fixture(scope="module")
def checkpoints(images: RatedImages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    train(images, TINY, folder, folder)
    return folder


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (replace(TINY, network="alexnet"), "with `network=timm:test_resnet`, not alexnet"),
        (replace(TINY, learning=Learning.FINETUNE), "with `learning=frozen`, not finetune"),
        (replace(TINY, lr=0.1), r"with `lr=0\.0001`, not 0\.1"),
        (replace(TINY, seed=1), "with `seed=0`, not 1"),
    ],
)
def test_a_checkpoint_of_another_run(
    settings: Settings, reason: str, checkpoints: Path, images: RatedImages, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        train(images, settings, checkpoints, tmp_path / "log", resume=True)
    assert not (tmp_path / "log").exists()


def test_a_checkpoint_on_other_ratings(checkpoints: Path, images: RatedImages, tmp_path: Path) -> None:
    other = RatedImages(images.paths, images.affect[::-1].copy(), images.themes)
    with pytest.raises(UsageError, match="other images or ratings"):
        train(other, TINY, checkpoints, tmp_path, resume=True)


def test_checkpoints_are_not_overwritten_unasked(checkpoints: Path, images: RatedImages, tmp_path: Path) -> None:
    before = (checkpoints / "last.pt").read_bytes()
    with pytest.raises(UsageError, match="is there already: give `resume`"):
        train(images, TINY, checkpoints, tmp_path)
    assert (checkpoints / "last.pt").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a", "half", "tensor", "code"])
def test_a_damaged_checkpoint(content: object, checkpoints: Path, images: RatedImages, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    class Code:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    last = tmp_path / "last.pt"
    if content == "half":
        whole = (checkpoints / "last.pt").read_bytes()
        last.write_bytes(whole[: len(whole) // 2])
    elif content == "tensor":
        torch.save(torch.zeros(3), last)
    elif content == "code":
        torch.save({"format": Code()}, last)
    else:
        assert isinstance(content, bytes)
        last.write_bytes(content)
    with pytest.raises(ModelError, match=r"last\.pt is not a checkpoint"):
        train(images, TINY, tmp_path, tmp_path, resume=True)
    assert not trace.exists()


def test_nothing_to_go_on_with(images: RatedImages, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint"):
        train(images, TINY, tmp_path / "none", tmp_path, resume=True)


def test_weights_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    for save, reason in (
        (lambda: file.write_bytes(b"not weights"), "not a file of weights that can be read"),
        (lambda: torch.save([1, 2], file), "holds no tensors by name"),
        (lambda: torch.save({"a": torch.zeros(1)}, file), "weights of another network than resnet50: it lacks"),
        (lambda: torch.save(build(TINY).module.backbone.state_dict(), file), "of another network than resnet50"),
    ):
        save()
        with pytest.raises(ModelError, match=reason):
            build(Settings("resnet50", weights=str(file)))
    with pytest.raises(ModelError, match="No such file"):
        build(Settings("resnet50", weights=str(tmp_path / "missing.pth")))


def test_weights_that_can_not_be_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"pretrained weights of alexnet can't be had .*`weights=FILE`"):
        build(Settings("alexnet"))


def test_networks_that_are_none() -> None:
    for name, reason in (
        ("vgg", "no network 'vgg'; choose one of vgg16_bn"),
        ("timm:nothing", "timm has no network 'nothing'"),
        ("timm:", "timm has no network ''"),
    ):
        with pytest.raises(UsageError, match=reason):
            build(Settings(name, weights="none"))
    with pytest.raises(UsageError, match="alexnet gives no features for images of 16 x 16"):
        build(Settings("alexnet", weights="none", size=16))


def test_a_loss_that_runs_away(images: RatedImages, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no longer a number in epoch 1: give a lower `lr`"):
        train(images, replace(TINY, lr=1e30, batch_size=8), tmp_path, tmp_path)
    assert not list(tmp_path.glob("*.pt"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_no_gpu(images: RatedImages, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="torch sees no GPU"):
        train(images, TINY, tmp_path, tmp_path, device=Device.CUDA)


def test_a_model_that_differs_is_not_written(images: RatedImages) -> None:
    network, target = build(TINY), Target((0.0, 0.0), (1.0, 1.0))
    session = open_session(to_onnx(network, target))
    pixels = np.stack([read_pixels(path, 64)[0] for path in images.paths[:2]])
    assert compare(network, target, session, pixels) <= 1e-4
    with torch.no_grad():
        network.module.head.bias += 1e-3
    with pytest.raises(ModelError, match=r"differs from PyTorch by 0\.001"):
        compare(network, target, session, pixels)


def test_an_image_that_can_not_be_read(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "set"
    shutil.copytree(folder, broken)
    victim = load(broken).paths[-1]
    victim.write_bytes(victim.read_bytes()[:700])
    words = command(broken, tmp_path / "model.onnx", "alexnet", "--epochs", 1)[3:]
    assert f"{victim.name}: the image is damaged" in refused(*words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_a_folder_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    words = command(folder, tmp_path / "missing" / "model.onnx", "alexnet", "--epochs", 1)[3:]
    assert "missing/model.onnx: can't be written: there is no such folder" in refused(*words)
    assert not list(tmp_path.iterdir())


def test_a_full_disk(folder: Path, tmp_path: Path) -> None:
    """No file may be larger than 1 MB, which a checkpoint of this network is and all else is not."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    output = tmp_path / "model.onnx"
    done = subprocess.run(
        command(folder, output, "timm:test_resnet", "--learning", "finetune", "--epochs", 1),
        env=environment(),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "best.pt: can't be written: File too large." in done.stderr
    assert not list((tmp_path / "model-training" / "checkpoints").iterdir())
    assert not output.exists()
