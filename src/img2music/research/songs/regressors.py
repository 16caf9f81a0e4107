"""The field of regressors: scikit-learn's and LightGBM's, each with the settings that tuning may choose."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from img2music.errors import MissingExtraError

EXTRA = "automl"
PACKAGES = ("lightgbm", "onnx", "onnxmltools", "optuna", "skl2onnx", "sklearn")

TREES = 150

Settings = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Range:
    """What tuning may choose one setting from."""

    low: float  # both ends included
    high: float  # both ends included
    log: bool = False  # whether orders of magnitude are drawn evenly, not values
    whole: bool = False  # whether only whole numbers are meant


@dataclass(frozen=True, slots=True)
class Family:
    """Regressors of one class."""

    kind: str  # what they have in common with others: how they draw the line
    module: str  # where its class is, and what it is called there
    name: str  # where its class is, and what it is called there
    fixed: Mapping[str, Any]  # arguments that are always given
    space: Mapping[str, Range]  # what may be tuned; empty where there is nothing to
    standardized: bool = False  # whether its inputs are brought to mean 0 and standard deviation 1: trees need not
    seeded: bool = True  # whether chance has a part


FOREST_SPACE = {"min_samples_leaf": Range(1, 12, log=True, whole=True), "max_features": Range(0.15, 0.8)}

FIELD: Mapping[str, Family] = {
    "linear": Family("linear", "sklearn.linear_model", "LinearRegression", {}, {}, standardized=True, seeded=False),
    "ridge": Family(
        "linear", "sklearn.linear_model", "Ridge", {"alpha": 10.0}, {"alpha": Range(1e-1, 1e4, log=True)}, True, False
    ),
    "elastic-net": Family(
        "linear",
        "sklearn.linear_model",
        "ElasticNet",
        {"alpha": 0.01, "max_iter": 5000},
        {"alpha": Range(1e-4, 0.1, log=True), "l1_ratio": Range(0.05, 0.95)},
        standardized=True,
        seeded=False,
    ),
    "bayesian-ridge": Family(
        "linear", "sklearn.linear_model", "BayesianRidge", {}, {}, standardized=True, seeded=False
    ),
    "huber": Family(
        "linear",
        "sklearn.linear_model",
        "HuberRegressor",
        {"max_iter": 500},
        {"epsilon": Range(1.05, 3.0), "alpha": Range(1e-4, 100.0, log=True)},
        standardized=True,
        seeded=False,
    ),
    "k-nearest": Family(
        "neighbours",
        "sklearn.neighbors",
        "KNeighborsRegressor",
        {"n_neighbors": 20, "algorithm": "brute"},
        {"n_neighbors": Range(5, 80, log=True, whole=True)},
        standardized=True,
        seeded=False,
    ),
    "svr": Family(
        "kernel",
        "sklearn.svm",
        "SVR",
        {"C": 0.1, "epsilon": 0.06},
        {
            "C": Range(0.02, 5.0, log=True),
            "epsilon": Range(0.01, 0.2, log=True),
            "gamma": Range(2e-4, 0.1, log=True),
        },
        standardized=True,
        seeded=False,
    ),
    "mlp": Family(
        "network",
        "sklearn.neural_network",
        "MLPRegressor",
        {"hidden_layer_sizes": (32,), "alpha": 1.0, "early_stopping": True, "max_iter": 200},
        {"alpha": Range(1e-2, 30.0, log=True), "learning_rate_init": Range(3e-4, 1e-2, log=True)},
        standardized=True,
    ),
    "random-forest": Family(
        "forest",
        "sklearn.ensemble",
        "RandomForestRegressor",
        {"n_estimators": TREES, "min_samples_leaf": 2, "max_features": 0.4},
        FOREST_SPACE,
    ),
    "extra-trees": Family(
        "forest",
        "sklearn.ensemble",
        "ExtraTreesRegressor",
        {"n_estimators": TREES, "min_samples_leaf": 2, "max_features": 0.6},
        FOREST_SPACE,
    ),
    "adaboost": Family(
        "boosting",
        "sklearn.ensemble",
        "AdaBoostRegressor",
        {"n_estimators": 50, "learning_rate": 0.1},
        {"n_estimators": Range(20, 80, whole=True), "learning_rate": Range(0.01, 1.0, log=True)},
    ),
    "gradient-boosting": Family(
        "boosting",
        "sklearn.ensemble",
        "GradientBoostingRegressor",
        {
            "n_estimators": 800,
            "learning_rate": 0.012,
            "max_depth": 5,
            "subsample": 0.5,
            "max_features": 0.35,
            "min_samples_leaf": 15,
        },
        {
            "n_estimators": Range(150, 1000, log=True, whole=True),
            "learning_rate": Range(0.006, 0.04, log=True),
            "max_depth": Range(1, 6, whole=True),
            "subsample": Range(0.3, 0.8),
            "max_features": Range(0.15, 0.7),
            "min_samples_leaf": Range(3, 40, log=True, whole=True),
        },
    ),
    "histogram-boosting": Family(
        "boosting",
        "sklearn.ensemble",
        "HistGradientBoostingRegressor",
        {
            "max_iter": 300,
            "learning_rate": 0.03,
            "max_leaf_nodes": 12,
            "max_features": 0.5,
            "min_samples_leaf": 20,
            "early_stopping": False,
        },
        {
            "max_iter": Range(100, 500, log=True, whole=True),
            "learning_rate": Range(0.01, 0.06, log=True),
            "max_leaf_nodes": Range(3, 24, log=True, whole=True),
            "min_samples_leaf": Range(5, 60, log=True, whole=True),
            "l2_regularization": Range(1e-2, 100.0, log=True),
            "max_features": Range(0.15, 1.0),
        },
    ),
    "lightgbm": Family(
        "boosting",
        "lightgbm",
        "LGBMRegressor",
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
            "n_estimators": Range(150, 1000, log=True, whole=True),
            "learning_rate": Range(0.006, 0.04, log=True),
            "num_leaves": Range(3, 32, log=True, whole=True),
            "min_child_samples": Range(5, 60, log=True, whole=True),
            "reg_lambda": Range(1e-2, 100.0, log=True),
            "subsample": Range(0.4, 1.0),
            "colsample_bytree": Range(0.15, 1.0),
        },
    ),
}
"""All regressors, by the names that reports use. What is fixed is also where tuning begins."""

SHARES = {"min_samples_leaf": 20, "min_child_samples": 20, "n_neighbors": 4}
"""Settings that count songs, and the part of all that each may be at most: a twentieth, a quarter."""

GENTLE: Mapping[str, Settings] = {
    "gradient-boosting": {"n_estimators": 150, "learning_rate": 0.02, "max_depth": 2, "max_features": 0.7},
    "histogram-boosting": {"max_iter": 150, "learning_rate": 0.02, "max_leaf_nodes": 4},
    "lightgbm": {"n_estimators": 150, "learning_rate": 0.02, "num_leaves": 4},
    "random-forest": {"min_samples_leaf": 12},
    "extra-trees": {"min_samples_leaf": 12},
}
"""Where tuning of a meta-learner begins: little is left to learn from three predictions."""


def require_training() -> None:
    """Refuse, before a table is read, what the extra is needed for."""
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError("Training on tables", EXTRA)


def make(name: str, settings: Settings, seed: int, rows: int) -> Any:
    """Make a regressor that is not fitted yet."""
    import importlib

    family = FIELD[name]
    try:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        kind = getattr(importlib.import_module(family.module), family.name)
    except ImportError:
        raise MissingExtraError("Training on tables", EXTRA) from None
    arguments = {**family.fixed, **settings} | ({"random_state": seed} if family.seeded else {})
    for limited, share in SHARES.items():
        if limited in arguments:
            arguments[limited] = max(1, min(int(arguments[limited]), rows // share))
    regressor = kind(**arguments)
    return make_pipeline(StandardScaler(), regressor) if family.standardized else regressor
