import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from img2music.affect import SCALES
from img2music.research.accuracy import Accuracy, accuracy_of, accuracy_of_means

OASIS = SCALES["oasis"]
# Two decimals: what is not equal differs by something that floating point can tell.
UNIT = st.integers(0, 100).map(lambda number: number / 100)
PAIRS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(arrays(np.float64, n, elements=UNIT), arrays(np.float64, n, elements=UNIT))
)


def judge(predicted: np.ndarray, rated: np.ndarray, groups: list[str] | None = None) -> Accuracy:
    names = groups or [str(number) for number in range(len(rated))]
    return accuracy_of(predicted, rated, OASIS, names, seed=0)


@given(PAIRS)
def test_concordance_is_at_most_correlation(pair: tuple[np.ndarray, np.ndarray]) -> None:
    found = judge(*pair)
    assert (found.r is None) == (found.ccc is None) == (np.ptp(pair[0]) == 0 or np.ptp(pair[1]) == 0)
    if found.r is not None:
        assert -1 <= found.r <= 1
        assert abs(found.ccc) <= abs(found.r) + 1e-12
        assert found.r == pytest.approx(np.corrcoef(*pair)[0, 1])


@given(PAIRS)
def test_concordance_is_one_for_identity_only(pair: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, rated = pair
    assume(np.ptp(rated) > 0)
    assert judge(rated, rated).ccc == 1
    if not np.array_equal(predicted, rated):
        found = judge(predicted, rated)
        assert found.ccc is None or found.ccc < 1


@given(PAIRS)
def test_errors(pair: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, rated = pair
    found = judge(predicted, rated)
    assert found.mse == pytest.approx(np.mean((predicted - rated) ** 2))
    assert found.rmse == pytest.approx(found.mse**0.5)
    assert found.mae <= found.rmse + 1e-12
    assert found.own_scale.rmse == pytest.approx(6 * found.rmse)
    assert found.own_scale.mae == pytest.approx(6 * found.mae)
    assert found.own_scale.mse == pytest.approx(36 * found.mse)
    if np.ptp(rated):
        assert found.r2 == pytest.approx(1 - found.mse / np.var(rated))
        assert found.mse_minmax == pytest.approx(np.mean(((predicted - rated) / np.ptp(rated)) ** 2))


def test_concordance_of_a_worked_example() -> None:
    # Means 0.4 and 0.5, variances 0.08 / 3 each, covariance 0.04 / 3, all with 1 / n as Lin (1989) has it.
    found = judge(np.array([0.2, 0.4, 0.6]), np.array([0.5, 0.3, 0.7]))
    assert found.r == pytest.approx(0.5)
    assert found.ccc == pytest.approx((0.08 / 3) / (0.16 / 3 + 0.01))
    assert found.spearman == pytest.approx(0.5)


def test_spearman_sees_order_only() -> None:
    rated = np.linspace(0.1, 0.9, 20)
    assert judge(rated**3, rated).spearman == pytest.approx(1)
    assert judge(1 - rated**3, rated).spearman == pytest.approx(-1)


def test_intervals_hold_the_figure_and_narrow_with_more_images() -> None:
    random = np.random.default_rng(0)
    widths = []
    for count in (50, 800):
        rated = random.uniform(0, 1, count)
        found = judge(np.clip(rated + random.normal(0, 0.2, count), 0, 1), rated)
        for name, (low, high) in found.intervals.items():
            assert low <= getattr(found, name) <= high, name
        widths.append(found.intervals["r"][1] - found.intervals["r"][0])
    assert widths[1] < widths[0] / 2


def test_the_interval_of_a_correlation_is_near_fishers() -> None:
    random = np.random.default_rng(1)
    rated, noise = random.normal(0, 1, (2, 500))
    found = judge(0.5 + 0.1 * (rated + noise), 0.5 + 0.1 * rated)
    expected = np.tanh(np.arctanh(found.r) + np.array([-1.96, 1.96]) / np.sqrt(497))
    assert found.intervals["r"] == pytest.approx(expected, abs=0.015)


def test_images_of_a_theme_are_drawn_together() -> None:
    """Ten copies of each image tell no more than one: the interval by theme knows, that by image does not."""
    random = np.random.default_rng(0)
    rated = random.uniform(0, 1, 30)
    predicted = np.clip(rated + random.normal(0, 0.3, 30), 0, 1)
    once = judge(predicted, rated).intervals["r"]
    many = (np.repeat(predicted, 10), np.repeat(rated, 10))
    themes = [str(number) for number in np.repeat(np.arange(30), 10)]
    assert judge(*many, themes).intervals["r"] == pytest.approx(once, abs=0.03)
    narrow = judge(*many).intervals["r"]
    assert narrow[1] - narrow[0] < (once[1] - once[0]) / 2


def test_too_few_for_intervals() -> None:
    found = judge(np.array([0.4]), np.array([0.6]))
    assert (found.r, found.ccc, found.spearman, found.mse_minmax) == (None, None, None, None)
    assert found.intervals["r"] is None
    assert found.intervals["mae"] == pytest.approx((0.2, 0.2))


def test_means_have_no_correlation() -> None:
    rated = np.array([0.0, 0.25, 0.5, 1.0])
    found = accuracy_of_means(np.full(4, rated.mean()), rated, OASIS)
    assert (found.r, found.ccc, found.spearman, found.intervals) == (None, None, None, None)
    assert found.r2 == pytest.approx(0)
    assert found.mse_minmax == pytest.approx(np.var(rated))


def test_the_same_seed_gives_the_same_intervals() -> None:
    rated = np.linspace(0, 1, 40)
    predicted = rated**2
    names = [str(number) for number in range(40)]
    assert accuracy_of(predicted, rated, OASIS, names, 3) == accuracy_of(predicted, rated, OASIS, names, 3)
    assert accuracy_of(predicted, rated, OASIS, names, 3) != accuracy_of(predicted, rated, OASIS, names, 4)
