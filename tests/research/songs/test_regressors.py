import numpy as np
import onnxruntime
import pytest

from img2music.research.songs.model_files import INPUT
from img2music.research.songs.regressors import FIELD, SHARES, as_single, make, to_onnx
from img2music.research.songs.search import ORIGINAL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made():
    random = np.random.default_rng(1)
    inputs = as_single(np.column_stack([random.normal(size=(120, 4)), random.integers(0, 12, 120) / 11]))
    target = 0.5 + 0.1 * inputs[:, 0] + 0.05 * np.sin(3 * inputs[:, 1]) + random.normal(0, 0.02, 120)
    return inputs, target


def test_the_field_is_wide_and_holds_the_originals():
    assert len(FIELD) >= 12
    assert {name for names in ORIGINAL.values() for name in names} <= set(FIELD)


@pytest.mark.parametrize("name", FIELD)
def test_onnx_predicts_what_the_regressor_does(name, made):
    inputs, target = made
    regressor = make(name, {}, seed=3, rows=90).fit(inputs[:90], target[:90])
    session = onnxruntime.InferenceSession(to_onnx(regressor, inputs.shape[1]))
    (predicted,) = session.run(None, {INPUT: inputs.astype(np.float32)})
    assert predicted.shape == (120, 1)
    assert np.abs(predicted[:, 0] - regressor.predict(inputs)).max() < 1e-5
    assert np.corrcoef(predicted[90:, 0], target[90:])[0, 1] > 0.3


@pytest.mark.parametrize("name", FIELD)
def test_few_songs_are_enough(name, made):
    inputs, target = made
    highest = {key: reach.high for key, reach in FIELD[name].space.items() if key in SHARES}
    regressor = make(name, highest, seed=0, rows=24).fit(inputs[:24], target[:24])
    assert np.isfinite(regressor.predict(inputs)).all()


@pytest.mark.parametrize("name", [name for name, family in FIELD.items() if family.space])
def test_both_ends_of_what_is_tuned_can_be_fitted(name, made):
    inputs, target = made
    for end in ("low", "high"):
        settings = {
            key: int(getattr(reach, end)) if reach.whole else getattr(reach, end)
            for key, reach in FIELD[name].space.items()
        }
        assert np.isfinite(make(name, settings, seed=0, rows=len(target)).fit(inputs, target).predict(inputs)).all()
