import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from img2music.inference import open_session
from img2music.research.images.head import GAMMA, RIDGE, SHARES, Codes, Head, RidgeHead, choose_ridge, kernel, noise_of
from img2music.research.onnx_graph import GraphBuilder


def sample(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of two depths, 30 and 20 long, and ratings that follow them."""
    random = np.random.default_rng(seed)
    features = random.gamma(1.0, size=(count, 50))
    affect = 0.5 + 0.1 * np.tanh(features[:, [0, 40]] - 1)
    return features, affect


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 80), st.integers(0, 1000))
def test_it_is_kernel_ridge_regression(count: int, seed: int) -> None:
    features, affect = sample(count + 10, seed)
    seen, unseen, affect = features[:count], features[count:], affect[:count]
    scale = (seen.std(axis=0) + 1e-6) * np.sqrt(2 * np.repeat([30, 20], [30, 20]))
    # All principal components together only turn the space, except that what is outside them is dropped.
    axes = np.linalg.svd((seen - seen.mean(axis=0)) / scale, full_matrices=False)[2][: count - 1]

    def units(rows: np.ndarray) -> np.ndarray:
        rows = (rows - seen.mean(axis=0)) / scale @ axes.T
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (1 + GAMMA * units(left) @ units(right).T) ** 2

    mean = affect.mean(axis=0)
    dual = np.linalg.solve(kernel(seen, seen) + RIDGE * np.eye(count), affect - mean)
    wanted = np.clip(kernel(unseen, seen) @ dual + mean, 0, 1)
    assert Head.fit(seen, affect, (30, 20)).predict(unseen) == pytest.approx(wanted, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 60), st.integers(0, 1000))
def test_word_norms_have_a_kernel_of_their_own(count: int, seed: int) -> None:
    features, affect = sample(count + 10, seed)
    norms = np.random.default_rng(seed).uniform(size=(count + 10, 2))
    seen, unseen, affect = slice(0, count), slice(count, None), affect[:count]
    alone = Head.fit(features[seen], affect, (30, 20))
    standard = (norms - norms[seen].mean(axis=0)) / (norms[seen].std(axis=0) + 1e-6)

    def compared(left: slice) -> np.ndarray:
        units = [alone.codes(features[which]).units for which in (left, seen)]
        return (1 + GAMMA * units[0] @ units[1].T) ** 2 + standard[left] @ standard[seen].T

    mean = affect.mean(axis=0)
    dual = np.linalg.solve(compared(seen) + RIDGE * np.eye(count), affect - mean)
    wanted = np.clip(compared(unseen) @ dual + mean, 0, 1)
    both = np.hstack([features, norms])
    assert Head.fit(both[seen], affect, (30, 20)).predict(both[unseen]) == pytest.approx(wanted, abs=1e-6)


def test_sets_share_what_they_agree_on() -> None:
    """Two sets of people, the second more pleased and moved by another feature too: each is read as it rates."""
    random = np.random.default_rng(0)
    features = random.normal(size=(700, 50))
    shared, own = np.tanh(features[:, 0]), np.tanh(features[:, 40])
    affect = np.stack(
        [np.stack([0.5 + 0.1 * shared, 0.4 + 0.1 * shared]), np.stack([0.7 + 0.1 * shared, 0.6 + 0.1 * own])]
    )
    sets = np.arange(700) % 2
    rated = affect[sets, :, np.arange(700)]
    few = np.r_[0:60:2, 1:500:2]  # 30 of the first set, 250 of the second
    both = Head.fit(features[few], rated[few], (30, 20), sets=sets[few])
    alone = Head.fit(features[0:60:2], rated[0:60:2], (30, 20))
    unseen = both.codes(features[500:])
    read = [forms.of(unseen) for forms in both.forms]

    def r(found: np.ndarray, one: int, axis: int) -> float:
        return np.corrcoef(found[:, axis], affect[one, axis, 500:])[0, 1]

    assert r(read[0], 0, 0) > r(alone.predict(features[500:]), 0, 0) + 0.1
    assert r(read[1], 1, 1) > 0.5
    assert r(read[1], 1, 1) > r(read[0], 1, 1)
    assert read[1].mean(axis=0) - read[0].mean(axis=0) == pytest.approx([0.2, 0.2], abs=0.05)
    assert both.predict(features[500:]) == pytest.approx(np.clip(read[0], 0, 1))


def test_what_few_people_rated_weighs_less() -> None:
    features, affect = sample(60)
    few = np.r_[np.full(30, noise_of(1)), np.full(30, noise_of(1000))]
    missed = np.abs(Head.fit(features, affect, (30, 20), noise=few).predict(features) - affect)
    alike = np.abs(Head.fit(features, affect, (30, 20)).predict(features) - affect)
    assert missed[:30].mean() > 1.2 * alike[:30].mean()
    assert missed[30:].mean() == pytest.approx(alike[30:].mean(), rel=0.1)
    assert noise_of(None) == 1


def test_norms_reach_where_features_say_nothing() -> None:
    features, _ = sample(300)
    norms = np.random.default_rng(1).uniform(0.3, 0.6, size=(300, 2))
    head = Head.fit(np.hstack([features, norms])[:200], norms[:200], (30, 20))
    assert head.predict(np.hstack([features, norms])[200:]) == pytest.approx(norms[200:], abs=0.04)


def test_it_learns() -> None:
    features, affect = sample(600)
    predicted = Head.fit(features[:500], affect[:500], (30, 20)).predict(features[500:])
    for axis in (0, 1):
        assert np.corrcoef(predicted[:, axis], affect[500:, axis])[0, 1] > 0.6


def test_predictions_stay_on_the_unit_scale() -> None:
    features, _ = sample(100)
    # So much more extreme than ratings that the ridge does not hold it within the scale.
    affect = 3 * (features[:, [0, 40]] > 1) - 1.0
    head = Head.fit(features, affect, (30, 20))
    predicted = head.predict(np.vstack([features, 1e6 * features, 0 * features]))
    assert predicted.min() == 0
    assert predicted.max() == 1


@pytest.mark.parametrize("words", [0, 2])
def test_the_graph_computes_the_same(words: int) -> None:
    features, affect = sample(300)
    norms = np.random.default_rng(1).uniform(size=(300, words))
    inputs = {"features": features, "norms": norms} if words else {"features": features}
    both = np.hstack([features, norms])
    head = Head.fit(both, affect, (30, 20), sets=np.arange(300) % 2)
    graph = GraphBuilder()
    head.add_to(graph, "features", "norms" if words else None, ["affect", "affect_second"])
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "head",
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", values.shape[1]])
                for name, values in inputs.items()
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in ("affect", "affect_second")],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    session = open_session(model.SerializeToString())
    found = session.run(None, {name: values.astype(np.float32) for name, values in inputs.items()})
    assert found[0] == pytest.approx(head.predict(both), abs=1e-3)
    assert found[1] == pytest.approx(np.clip(head.forms[1].of(head.codes(both)), 0, 1), abs=1e-3)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_images_that_are_all_the_same() -> None:
    same = np.ones((4, 50))
    affect = np.array([[0.1, 0.2], [0.3, 0.4], [0.1, 0.2], [0.3, 0.4]])
    for count in (1, 4):
        head = Head.fit(same[:count], affect[:count], (30, 20))
        assert head.predict(same) == pytest.approx(np.tile(affect[:count].mean(axis=0), (4, 1)))


@settings(max_examples=10, deadline=None)
@given(st.integers(6, 40), st.integers(2, 5), st.integers(0, 1000))
def test_the_chosen_ridge_is_the_best_on_themes_left_out(count: int, many: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 4))
    affect = np.clip(0.5 + 0.1 * rows[:, :2] + 0.05 * random.normal(size=(count, 2)), 0, 1)
    themes = [f"theme {number % many}" for number in range(count)]
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    compared = kernel(Codes(units, np.empty((count, 0))), np.zeros(count, dtype=np.intp))
    targets = affect - affect.mean(axis=0)
    chosen = choose_ridge(compared, targets, themes)

    def missed(ridge: float) -> float:
        total = 0.0
        for theme in range(many):
            test = np.arange(count) % many == theme
            inner = compared[np.ix_(~test, ~test)] + ridge * np.eye((~test).sum())
            dual = np.linalg.solve(inner, targets[~test])
            total += ((compared[np.ix_(test, ~test)] @ dual - targets[test]) ** 2).sum()
        return total

    choices = SHARES * np.trace(compared) / count
    assert np.abs(choices / chosen - 1).min() < 1e-9
    assert missed(chosen) == pytest.approx(min(map(missed, choices)), rel=1e-6)


def test_noise_calls_for_a_larger_ridge() -> None:
    features, affect = sample(200)
    themes = [f"theme {number // 2}" for number in range(200)]
    noise = np.random.default_rng(1).uniform(0, 1, affect.shape)
    for fit in (RidgeHead.fit, lambda *given: Head.fit(*given[:2], (30, 20), themes=given[2])):
        assert fit(features, affect, themes).ridge < fit(features, noise, themes).ridge


def test_all_images_of_one_theme_are_left_out_one_by_one() -> None:
    features, affect = sample(60)
    one = RidgeHead.fit(features, affect, ["theme"] * 60)
    assert one.ridge == RidgeHead.fit(features, affect, [str(number) for number in range(60)]).ridge


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 80), st.integers(0, 1000))
def test_it_is_ridge_regression(count: int, seed: int) -> None:
    features, affect = sample(count + 10, seed)
    seen, unseen, affect = features[:count], features[count:], affect[:count]
    head = RidgeHead.fit(seen, affect, [str(number) for number in range(count)])
    scale = (seen.std(axis=0) + 1e-6) * np.sqrt(50)
    rows, mean = (seen - seen.mean(axis=0)) / scale, affect.mean(axis=0)
    slopes = np.linalg.solve(rows.T @ rows + head.ridge * np.eye(50), rows.T @ (affect - mean))
    wanted = np.clip((unseen - seen.mean(axis=0)) / scale @ slopes + mean, 0, 1)
    assert head.predict(unseen) == pytest.approx(wanted, abs=1e-6)
