import numpy as np
import pytest
from onnx import TensorProto, helper

from img2music.inference import open_session
from img2music.research.images.head import RIDGE, CodeNames, Codes, Forms, kernel, solve
from img2music.research.images.spread import HALF_WIDTH, Spread
from img2music.research.onnx_graph import GraphBuilder

ONE_SET = np.zeros(900, dtype=np.intp)
ALIKE = np.ones(900)


def sample(count: int, seed: int = 0) -> tuple[Codes, np.ndarray, list[str]]:
    """Codes, ratings whose noise grows along the first of the unit vectors, and themes of three images each."""
    random = np.random.default_rng(seed)
    units = random.normal(size=(count, 6))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    noise = 0.08 * np.exp(1.2 * units[:, :1])
    affect = 0.5 + 0.1 * units[:, 1:3] + noise * random.normal(size=(count, 2))
    return Codes(units, random.normal(size=(count, 2))), affect, [f"theme {number // 3}" for number in range(count)]


def test_the_errors_are_those_of_fits_without_the_theme() -> None:
    codes, affect, themes = sample(30)
    theme_of = np.unique(themes, return_inverse=True)[1]
    compared = kernel(codes, ONE_SET[:30])
    centred = affect - affect.mean(axis=0)
    _, errors = solve(compared, centred, RIDGE, themes)
    for theme in range(10):
        test, train = np.flatnonzero(theme_of == theme), np.flatnonzero(theme_of != theme)
        dual = np.linalg.solve(compared[np.ix_(train, train)] + RIDGE * np.eye(len(train)), centred[train])
        assert errors[test] == pytest.approx(centred[test] - compared[np.ix_(test, train)] @ dual, abs=1e-9)


def test_it_tells_where_errors_are_large_and_its_interval_holds() -> None:
    codes, affect, themes = sample(900)
    spread = Spread.fit(codes, affect, ONE_SET[: len(affect)], ALIKE[: len(affect)], themes).predict(codes)
    truth = 0.08 * np.exp(1.2 * codes.units[:, 0])
    for axis in (0, 1):
        assert np.corrcoef(np.log(spread[:, axis]), np.log(truth))[0, 1] > 0.8

    unseen, rated, _ = sample(3000, seed=1)
    random = np.abs(rated - 0.5 - 0.1 * unseen.units[:, 1:3])
    held = random <= HALF_WIDTH * Spread.fit(
        codes, affect, ONE_SET[: len(affect)], ALIKE[: len(affect)], themes
    ).predict(unseen)
    assert held.mean(axis=0) == pytest.approx([0.8, 0.8], abs=0.04)


def test_it_is_that_of_the_first_set() -> None:
    """People of the second set agree on nothing; the interval of the first stays what it is."""
    codes, affect, themes = sample(900)
    sets = np.arange(900) % 2
    affect[sets == 1] = np.random.default_rng(0).uniform(size=(450, 2))
    unseen, rated, _ = sample(3000, seed=1)
    spread = Spread.fit(codes, affect, sets, ALIKE, themes).predict(unseen)
    held = np.abs(rated - 0.5 - 0.1 * unseen.units[:, 1:3]) <= HALF_WIDTH * spread
    assert held.mean(axis=0) == pytest.approx([0.8, 0.8], abs=0.1)


def test_the_graph_computes_the_same() -> None:
    codes, affect, themes = sample(90)
    spread = Spread.fit(codes, affect, ONE_SET[: len(affect)], ALIKE[: len(affect)], themes)
    graph = GraphBuilder()
    spread.add_to(graph, CodeNames("units", "words"), "spread")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "spread",
            [
                helper.make_tensor_value_info("units", TensorProto.FLOAT, ["n", 6]),
                helper.make_tensor_value_info("words", TensorProto.FLOAT, ["n", 2]),
            ],
            [helper.make_tensor_value_info("spread", TensorProto.FLOAT, ["n", 2])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    (found,) = open_session(model.SerializeToString()).run(
        ["spread"], {name: values.astype(np.float32) for name, values in codes._asdict().items()}
    )
    assert found == pytest.approx(spread.predict(codes), rel=2e-3)


def test_forms_are_the_folded_sum_of_kernels() -> None:
    codes, affect, _ = sample(20)
    average = np.array([0.4, 0.6])
    assert Forms.fold(codes, affect, average).of(codes) == pytest.approx(kernel(codes, ONE_SET[:20]) @ affect + average)
