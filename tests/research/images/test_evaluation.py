from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import SCALES
from img2music.errors import UsageError
from img2music.research.evaluation import fold_means, grouped_folds, random_folds
from img2music.research.images.datasets import RatedImages
from img2music.research.images.efficientnet import DEPTHS
from img2music.research.images.evaluation import Evaluation, judge_recipe, split
from img2music.research.images.training import Learned
from img2music.research.onnx_graph import GraphBuilder


@given(st.integers(2, 200), st.integers(2, 12), st.integers(0, 5))
def test_random_folds(count: int, folds: int, seed: int) -> None:
    parts = random_folds(count, folds, seed)
    assert sorted(np.concatenate(parts)) == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(st.lists(st.integers(0, 15), min_size=2, max_size=120), st.integers(2, 5), st.integers(0, 5))
def test_grouped_folds(numbers: list[int], folds: int, seed: int) -> None:
    themes = [f"theme {number}" for number in numbers]
    parts = grouped_folds(themes, folds, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(themes)))
    seen = [{themes[index] for index in part} for part in parts]
    assert sum(map(len, seen)) == len(set(themes))
    largest = max(themes.count(theme) for theme in themes)
    assert max(map(len, parts)) - min(map(len, parts)) <= largest


def test_the_seed_decides() -> None:
    themes = [str(number // 2) for number in range(100)]
    for folds in (lambda seed: random_folds(100, 10, seed), lambda seed: grouped_folds(themes, 10, seed)):
        assert all(np.array_equal(left, right) for left, right in zip(folds(1), folds(1), strict=True))
        assert not all(np.array_equal(left, right) for left, right in zip(folds(1), folds(2), strict=True))


def evaluate(features: np.ndarray, rated: RatedImages, **more: int) -> Evaluation:
    return judge_recipe(features, rated, Learned([rated], [features], GraphBuilder()).fit, **more).evaluation


def images(affect: np.ndarray, themes: list[str]) -> RatedImages:
    return RatedImages(tuple(Path(str(index)) for index in range(len(themes))), affect, tuple(themes))


@pytest.mark.slow
def test_themes_that_tell_the_rating() -> None:
    """Random folds may learn a theme's rating from its other images; grouped ones may not."""
    random = np.random.default_rng(0)
    numbers = np.repeat(np.arange(60), 5)
    marks = random.normal(size=(60, sum(DEPTHS)))
    ratings = random.uniform(0.1, 0.9, size=(60, 2))
    features = (marks[numbers] + 0.1 * random.normal(size=(300, sum(DEPTHS)))).astype(np.float32)
    found = evaluate(features, images(ratings[numbers], [f"t{number}" for number in numbers]), folds=6, seed=3)
    assert (found.images, found.themes, found.folds, found.seed) == (300, 60, 6, 3)
    for axis in ("valence", "arousal"):
        assert getattr(found.random, axis).r > 0.9
        assert getattr(found.random, axis).accuracy > 0.9
        assert getattr(found.grouped, axis).r < 0.4
        baseline = getattr(found.random, f"baseline_{axis}")
        assert baseline.r is None
        assert baseline.r2 == pytest.approx(0, abs=0.05)
        assert baseline.mse == pytest.approx(baseline.rmse**2)
        assert baseline.mse > 5 * getattr(found.random, axis).mse


def test_constant_ratings() -> None:
    features = np.random.default_rng(0).normal(size=(20, sum(DEPTHS))).astype(np.float32)
    found = evaluate(features, images(np.full((20, 2), 0.75), [str(index) for index in range(20)]), folds=4)
    assert found.random.valence.r is None
    assert found.random.valence.mse == pytest.approx(0)
    assert found.random.valence.accuracy == 1


@pytest.mark.parametrize("folds", [1, 0, -1, 7])
def test_folds(folds: int) -> None:
    rated = images(np.full((6, 2), 0.5), ["a", "b", "c", "a", "b", "c"])
    with pytest.raises(UsageError, match="from 2 to the number of images, 6"):
        evaluate(np.zeros((6, sum(DEPTHS)), np.float32), rated, folds=folds)


def test_sets_without_themes_have_no_folds_by_theme() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(20, sum(DEPTHS))).astype(np.float32)
    found = evaluate(features, images(random.uniform(size=(20, 2)), [str(index) for index in range(20)]), folds=4)
    assert found.grouped is None
    assert found.random is not None


def test_one_image_can_not_be_judged() -> None:
    with pytest.raises(UsageError, match="single image can't be judged"):
        evaluate(np.zeros((1, sum(DEPTHS)), np.float32), images(np.full((1, 2), 0.5), ["a"]))


def test_categories_and_intervals_of_a_split() -> None:
    random = np.random.default_rng(0)
    rated = random.uniform(size=(60, 2))
    # The model is right about cats, and says the opposite of dogs.
    kinds = ["cat", "dog", ""] * 20
    predicted = np.where(np.array(kinds)[:, None] == "dog", 1 - rated, rated)
    themes = [str(number // 6) for number in range(60)]
    rows = replace(images(rated, themes), categories=tuple(kinds), scales=(SCALES["emotion6"],))
    found = split(predicted, np.full((60, 2), 0.5), rows, by_theme=True, seed=0)
    assert {name: category.images for name, category in found.categories.items()} == {"cat": 20, "dog": 20}
    for axis in ("valence", "arousal"):
        assert getattr(found.categories["cat"], axis).ccc == pytest.approx(1)
        assert getattr(found.categories["dog"], axis).r == pytest.approx(-1)
        assert getattr(found, f"baseline_{axis}").intervals is None
        assert getattr(found, axis).own_scale.mae == pytest.approx(8 * getattr(found, axis).mae)
    assert found.valence.intervals != split(predicted, rated, rows, by_theme=False, seed=0).valence.intervals


def test_means_of_folds_leave_the_fold_out() -> None:
    affect = np.array([[0.0, 0.2], [0.2, 0.2], [1.0, 0.8]])
    parts = [np.array([0, 1]), np.array([2])]
    assert np.allclose(fold_means(affect, parts), [[1, 0.8], [1, 0.8], [0.1, 0.2]])
