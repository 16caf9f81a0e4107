"""Every network: one epoch, a checkpoint, on with it, the model file, and what it reads."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from img2music.inference import open_session
from img2music.research.images.datasets import RatedImages
from img2music.research.images.head import Head
from img2music.research.images.networks import saving
from img2music.research.images.networks.architecture import IMAGENET_MEAN, IMAGENET_SD, build
from img2music.research.images.networks.settings import TORCHVISION, Learning, Normalization, Recipe, Settings
from img2music.research.images.networks.steps import train
from img2music.vision.model import FORMAT, ImageAnalysis, ImageModel, read_pixels
from tests_train.commands import ROOT, train_image

FEATURES = {
    "vgg16_bn": 4096,
    "vgg19_bn": 4096,
    "resnet50": 2048,
    "resnet101": 2048,
    "alexnet": 4096,
    "densenet161": 2208,
    "densenet201": 1920,
}


# Two at the size that they were made for; the others at a third of the work.
SIZES = {"alexnet": None, "resnet50": None}


@pytest.mark.parametrize("network", TORCHVISION)
def test_networks_of_the_original(network: str, folder: Path, images: RatedImages, tmp_path: Path) -> None:
    output = tmp_path / "model.onnx"
    training = tmp_path / "model-training"
    size = SIZES.get(network, 128)
    sized = ("--size", size) if size else ()
    # Without the model file, which takes longest to write, since the second epoch replaces it.
    first = Settings(network, weights="none", epochs=1, size=size)
    one = train(images, first, training / "checkpoints", training / "logs")
    two = json.loads(train_image(folder, output, network, "--epochs", 2, "--resume", *sized))
    with (training / "logs" / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[0]["validation_loss"]) == one.best.validation_loss
    assert min(float(row["validation_loss"]) for row in rows) == two["runs"][0]["validation_loss"]
    assert list((training / "logs").glob("events.out.tfevents.*"))

    model = ImageModel.load(output)
    assert model.metadata["network"] == network
    found = list(model.analyze(images.paths[:4]))
    assert all(isinstance(item, ImageAnalysis) for item in found)

    # What the file reads, against the network as the checkpoint has it, on a picture that the export did not look at.
    settings = replace(first, epochs=2)
    state = saving.load(training / "checkpoints" / saving.BEST, settings)
    theirs = build(settings)
    assert theirs.features == FEATURES[network]
    theirs.module.head.load_state_dict(state["weights"])
    pixels = np.random.default_rng(1).integers(0, 256, (2, theirs.side, theirs.side, 3), dtype=np.uint8)
    unclipped, features = open_session(output).run(["unclipped", "features"], {"image": pixels})
    with torch.inference_mode():
        normal = (torch.from_numpy(pixels) / 255 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_SD)
        wanted = theirs.module.backbone(normal.permute(0, 3, 1, 2))
        said = theirs.module.head(wanted).numpy()
    assert features == pytest.approx(wanted.numpy(), abs=1e-4)
    learned = np.delete(images.affect, _validation(images, settings), axis=0)
    low, high = learned.min(axis=0), learned.max(axis=0)
    assert unclipped == pytest.approx(low + said * (high - low), abs=1e-4)
    assert two["model"]["difference"] <= 1e-4


def _validation(images: RatedImages, settings: Settings) -> np.ndarray:
    from img2music.research.images.networks.preparation import split

    return split(images, settings)[1]


def test_heads_are_those_of_the_original() -> None:
    vgg = build(Settings("vgg16_bn", weights="none", size=64)).module.head
    assert [(layer.in_features, layer.out_features) for layer in vgg] == [(4096, 500), (500, 2)]
    resnet = build(Settings("resnet50", weights="none", size=64)).module.head
    assert (resnet.in_features, resnet.out_features) == (2048, 2)


def test_a_network_of_timm(folder: Path, images: RatedImages, tmp_path: Path) -> None:
    """A small sibling of the ConvNeXt that is for those who have its weights."""
    output = tmp_path / "atto.onnx"
    options = ("--epochs", 2, "--recipe", "modern", "--lr", 1e-3, "--group-by-theme", "--normalization", "scale")
    report = json.loads(train_image(folder, output, "timm:convnext_atto", *options, "--learning", "finetune"))
    assert report["model"]["difference"] <= 1e-4
    model = ImageModel.load(output)
    assert model.name == "atto/1"
    assert str(ROOT).encode() not in output.read_bytes()
    metadata = model.metadata
    assert metadata["format"] == FORMAT
    learned = "48 images to learn from, 16 to validate with"
    assert metadata["data"] == f"OASIS (Kurdi, Lozano & Banaji 2017): {learned}"
    assert metadata["scale"] == "unit: (x - 1) / 6 of the ratings from 1 to 7; valence, arousal"
    assert metadata["command"].startswith("img2music train image --data oasis")
    assert "--out atto.onnx --network timm:convnext_atto --weights none --learning finetune" in metadata["command"]
    metrics = json.loads(metadata["metrics"])
    assert metrics["validation"]["split"] == "by theme"
    assert metrics["validation"]["valence"] == report["model"]["valence"]
    assert 0 <= model.reference.valence[0] <= model.reference.valence[-1] <= 1
    graph = onnx.load(output)
    onnx.checker.check_model(graph, full_check=True)

    # Its features are there to judge and to learn from.
    session = open_session(output)
    pixels = np.stack([read_pixels(path, 224)[0] for path in images.paths[:40]])
    (features,) = session.run(["features"], {"image": pixels})
    assert features.shape == (40, 320)
    head = Head.fit(features[:30], images.affect[:30], (320,))
    assert np.isfinite(head.predict(features[30:])).all()
    # The recorded command is one that runs.
    again = tmp_path / "again"
    again.mkdir()
    words = metadata["command"].split()[3:]
    words[words.index("--data") + 1] = str(folder)
    words[words.index("--out") + 1] = str(again / "atto.onnx")
    from tests_train.commands import run

    run("train", "image", *words)
    assert ImageModel.load(again / "atto.onnx").metadata["metrics"] == metadata["metrics"]


@pytest.mark.parametrize(
    ("file", "key"), [("state.pth", None), ("nested.pth", "state_dict"), ("state.safetensors", None)]
)
def test_weights_from_a_file(file: str, key: str | None, tmp_path: Path) -> None:
    from img2music.research.images.networks.torch_import import import_torchvision

    torch.manual_seed(1)
    source = import_torchvision().models.resnet50()
    path = tmp_path / file
    if file.endswith("safetensors"):
        from safetensors.torch import save_file

        save_file(source.state_dict(), path)
    else:
        torch.save({key: source.state_dict()} if key else source.state_dict(), path)
    ours = build(Settings("resnet50", weights=str(path), size=64))
    assert torch.equal(ours.module.backbone.layer4[0].conv1.weight, source.layer4[0].conv1.weight)


def test_weights_of_densenet_with_their_old_names(tmp_path: Path) -> None:
    import re

    from img2music.research.images.networks.torch_import import import_torchvision

    source = import_torchvision().models.densenet201()
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name): weight
        for name, weight in source.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "old.pth")
    ours = build(Settings("densenet201", weights=str(tmp_path / "old.pth"), size=64))
    for name, weight in ours.module.backbone.state_dict().items():
        assert torch.equal(weight, source.state_dict()[name])


def test_settings_change_what_they_say(images: RatedImages) -> None:
    frozen = build(Settings("alexnet", weights="none", size=64))
    assert not any(weight.requires_grad for weight in frozen.module.backbone.parameters())
    assert all(weight.requires_grad for weight in frozen.module.head.parameters())
    same = build(Settings("alexnet", weights="none", size=64, learning=Learning.FINETUNE, recipe=Recipe.MODERN))
    assert all(weight.requires_grad for weight in same.module.parameters())
    assert torch.equal(frozen.module.head.weight, same.module.head.weight)
    other = build(replace(Settings("alexnet", weights="none", size=64), seed=1, normalization=Normalization.SCALE))
    assert not torch.equal(frozen.module.head.weight, other.module.head.weight)
