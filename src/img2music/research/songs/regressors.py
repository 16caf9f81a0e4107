"""The field of regressors: scikit-learn's and LightGBM's, each with the settings that tuning may choose.

Fitted ones are written as ONNX, which onnxruntime runs without scikit-learn and in which no code can hide.
"""

import importlib.util
import pkgutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError
from img2music.research.songs.model_files import INPUT

OPSET = {"": 17, "ai.onnx.ml": 3}
PACKAGES = ("lightgbm", "onnx", "onnxmltools", "optuna", "skl2onnx", "sklearn")
TREES = 150

Hyperparameters = Mapping[str, int | float]


@dataclass(frozen=True, slots=True)
class Range:
    """What tuning may choose one setting from, both ends included."""

    low: float
    high: float
    log: bool = False  # whether orders of magnitude are drawn evenly, not values
    whole: bool = False  # whether only whole numbers are meant


def _log(low: float, high: float) -> Range:
    return Range(low, high, log=True)


def _counts(low: int, high: int) -> Range:
    return Range(low, high, log=True, whole=True)


@dataclass(frozen=True, slots=True)
class Family:
    """Regressors of one class."""

    kind: str  # what they have in common with others: how they draw the line
    home: str  # module and name of the class
    fixed: Mapping[str, Any] = field(default_factory=dict)  # arguments that are always given; where tuning begins
    space: Mapping[str, Range] = field(default_factory=dict)  # what may be tuned


_FOREST = {"min_samples_leaf": _counts(1, 12), "max_features": Range(0.15, 0.8)}

FIELD: Mapping[str, Family] = {
    "linear": Family("linear", "sklearn.linear_model:LinearRegression"),
    "ridge": Family("linear", "sklearn.linear_model:Ridge", {"alpha": 10.0}, {"alpha": _log(1e-1, 1e4)}),
    "elastic-net": Family(
        "linear",
        "sklearn.linear_model:ElasticNet",
        {"alpha": 0.01, "max_iter": 5000},
        {"alpha": _log(1e-4, 0.1), "l1_ratio": Range(0.05, 0.95)},
    ),
    "bayesian-ridge": Family("linear", "sklearn.linear_model:BayesianRidge"),
    "huber": Family(
        "linear",
        "sklearn.linear_model:HuberRegressor",
        {"max_iter": 500},
        {"epsilon": Range(1.05, 3.0), "alpha": _log(1e-4, 100.0)},
    ),
    "k-nearest": Family(
        "neighbours",
        "sklearn.neighbors:KNeighborsRegressor",
        {"n_neighbors": 20, "algorithm": "brute"},
        {"n_neighbors": _counts(5, 80)},
    ),
    "svr": Family(
        "kernel",
        "sklearn.svm:SVR",
        {"C": 0.1, "epsilon": 0.06},
        {"C": _log(0.02, 5.0), "epsilon": _log(0.01, 0.2), "gamma": _log(2e-4, 0.1)},
    ),
    "mlp": Family(
        "network",
        "sklearn.neural_network:MLPRegressor",
        {"hidden_layer_sizes": (32,), "alpha": 1.0, "early_stopping": True, "max_iter": 200},
        {"alpha": _log(1e-2, 30.0), "learning_rate_init": _log(3e-4, 1e-2)},
    ),
    "random-forest": Family(
        "forest",
        "sklearn.ensemble:RandomForestRegressor",
        {"n_estimators": TREES, "min_samples_leaf": 2, "max_features": 0.4},
        _FOREST,
    ),
    "extra-trees": Family(
        "forest",
        "sklearn.ensemble:ExtraTreesRegressor",
        {"n_estimators": TREES, "min_samples_leaf": 2, "max_features": 0.6},
        _FOREST,
    ),
    "adaboost": Family(
        "boosting",
        "sklearn.ensemble:AdaBoostRegressor",
        {"n_estimators": 50, "learning_rate": 0.1},
        {"n_estimators": Range(20, 80, whole=True), "learning_rate": _log(0.01, 1.0)},
    ),
    "gradient-boosting": Family(
        "boosting",
        "sklearn.ensemble:GradientBoostingRegressor",
        {
            "n_estimators": 800,
            "learning_rate": 0.012,
            "max_depth": 5,
            "subsample": 0.5,
            "max_features": 0.35,
            "min_samples_leaf": 15,
        },
        {
            "n_estimators": _counts(150, 1000),
            "learning_rate": _log(0.006, 0.04),
            "max_depth": Range(1, 6, whole=True),
            "subsample": Range(0.3, 0.8),
            "max_features": Range(0.15, 0.7),
            "min_samples_leaf": _counts(3, 40),
        },
    ),
    "histogram-boosting": Family(
        "boosting",
        "sklearn.ensemble:HistGradientBoostingRegressor",
        {
            "max_iter": 300,
            "learning_rate": 0.03,
            "max_leaf_nodes": 12,
            "max_features": 0.5,
            "min_samples_leaf": 20,
            "early_stopping": False,
        },
        {
            "max_iter": _counts(100, 500),
            "learning_rate": _log(0.01, 0.06),
            "max_leaf_nodes": _counts(3, 24),
            "min_samples_leaf": _counts(5, 60),
            "l2_regularization": _log(1e-2, 100.0),
            "max_features": Range(0.15, 1.0),
        },
    ),
    "lightgbm": Family(
        "boosting",
        "lightgbm:LGBMRegressor",
        {
            "n_estimators": 800,
            "learning_rate": 0.012,
            "num_leaves": 16,
            "min_child_samples": 20,
            "subsample": 0.7,
            "subsample_freq": 1,
            "colsample_bytree": 0.4,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
            "n_jobs": 1,
        },
        {
            "n_estimators": _counts(150, 1000),
            "learning_rate": _log(0.006, 0.04),
            "num_leaves": _counts(3, 32),
            "min_child_samples": _counts(5, 60),
            "reg_lambda": _log(1e-2, 100.0),
            "subsample": Range(0.4, 1.0),
            "colsample_bytree": Range(0.15, 1.0),
        },
    ),
}
"""All regressors, by the names that reports use."""

STANDARDIZED = frozenset({"linear", "neighbours", "kernel", "network"})
"""Kinds whose inputs are brought to mean 0 and standard deviation 1: trees need not."""

SHARES = {"min_samples_leaf": 20, "min_child_samples": 20, "n_neighbors": 4}
"""Settings that count songs, and the part of all that each may be at most: a twentieth, a quarter."""

GENTLE: Mapping[str, Hyperparameters] = {
    "gradient-boosting": {"n_estimators": 150, "learning_rate": 0.02, "max_depth": 2, "max_features": 0.7},
    "histogram-boosting": {"max_iter": 150, "learning_rate": 0.02, "max_leaf_nodes": 4},
    "lightgbm": {"n_estimators": 150, "learning_rate": 0.02, "num_leaves": 4},
    "random-forest": {"min_samples_leaf": 12},
    "extra-trees": {"min_samples_leaf": 12},
}
"""Where tuning of a meta-learner begins: little is left to learn from three predictions."""


def require_training() -> None:
    """Refuse, before a table is read, what the extra is needed for; whatever trains or judges calls it first."""
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError("Training on tables", "automl")


def make(name: str, settings: Hyperparameters, seed: int, rows: int) -> Any:
    """Make a regressor that is not fitted yet; ``rows`` are those that it will be fitted on."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    family = FIELD[name]
    arguments = {**family.fixed, **settings}
    for limited, share in SHARES.items():
        if limited in arguments:
            arguments[limited] = max(1, min(int(arguments[limited]), rows // share))
    regressor = pkgutil.resolve_name(family.home)(**arguments)
    if "random_state" in regressor.get_params():
        regressor.set_params(random_state=seed)
    return make_pipeline(StandardScaler(), regressor) if family.kind in STANDARDIZED else regressor


def to_onnx(regressor: Any, columns: int) -> bytes:
    """Write a fitted regressor as ONNX."""
    from lightgbm import LGBMRegressor
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from skl2onnx import convert_sklearn, update_registered_converter
    from skl2onnx.common.data_types import FloatTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as output_shapes
    from sklearn.ensemble import HistGradientBoostingRegressor

    converters = {HistGradientBoostingRegressor: _convert_histogram_boosting, LGBMRegressor: convert_lightgbm}
    for kind, convert in converters.items():
        update_registered_converter(kind, kind.__name__, output_shapes, convert, options={"split": None})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = convert_sklearn(
            regressor, "regressor", initial_types=[(INPUT, FloatTensorType([None, columns]))], target_opset=OPSET
        )
    return bytes(model.SerializeToString())


def as_single(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round inputs to what ONNX models take, so that a tree is taught the very numbers that it will be asked about."""
    return inputs.astype(np.float32).astype(np.float64)


def _convert_histogram_boosting(scope: Any, operator: Any, container: Any) -> None:
    """Convert scikit-learn's histogram boosting, of which skl2onnx 1.20 hands over truth values that onnx refuses."""
    from skl2onnx.operator_converters.random_forest import convert_sklearn_random_forest_regressor_converter

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(container, name)

        def add_node(self, *args: Any, nodes_missing_value_tracks_true: Sequence[bool] = (), **more: Any) -> None:
            tracks = [int(value) for value in nodes_missing_value_tracks_true]
            container.add_node(*args, **more, **({"nodes_missing_value_tracks_true": tracks} if tracks else {}))

    convert_sklearn_random_forest_regressor_converter(scope, operator, Counted())
